//! Observing Dropbox: one recursive cursor for the whole app folder. A record's folder is known by its id, so it may be
//! renamed or moved (R18).

use super::give::{is_touched, is_within, owner, Observed};
use super::records::Number;
use super::{Engine, Phase, Purpose};
use crate::effect::{Effect, Entry, Failure};
use crate::map::Map;
use crate::state::{StoredRecord, SCHEMA};
use crate::status::Halt;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Engine {
    pub(super) fn step_observing(&mut self) {
        let cycle = &mut self.cycle;
        if cycle.error.is_some() {
            return;
        }
        match cycle.phase {
            Phase::Wanted if !self.writing => {
                cycle.phase = Phase::Observing;
                cycle.observations += 1;
                cycle.listing_is_whole = self.index.cursor.is_none();
                let cursor = self.index.cursor.clone();
                self.task(Purpose::Observe, Effect::ObserveDropbox { cursor });
            }
            Phase::Reading => self.take_changes(),
            Phase::Giving => self.give(),
            _ => {}
        }
    }

    /// The cursor is unknown there: everything is listed anew (C8). Absence then counts as M13 at most,
    /// which is what absence in Dropbox always counts as.
    pub(super) fn reset_cursor(&mut self) {
        self.index.cursor = None;
        self.cycle.phase = Phase::Wanted;
    }

    /// Reads the records that what was observed touches; once all of them are in memory, they are given it.
    fn take_changes(&mut self) {
        let observed = self.observed();
        let mut missing = Vec::new();
        for record in &self.linked {
            if is_touched(&observed, *record) && !self.records.contains_key(*record) {
                missing.push(*record);
            }
        }
        if !missing.is_empty() {
            return self.read(missing);
        }
        self.begin_giving(observed);
    }

    /// What the entries say of the linked records' folders: none of them is touched where nothing changed, and all of
    /// them by a whole listing.
    fn observed(&self) -> Vec<Observed> {
        let cycle = &self.cycle;
        let mut observed = Vec::new();
        if !cycle.listing_is_whole && cycle.entries.is_empty() {
            return observed;
        }
        observed.resize_with(self.records.len(), Observed::default);
        // By path and by id: a path begins with a slash, and no id does.
        let mut folders: Map<String, Number> = Map::new();
        for (record, link) in self.linked.iter().zip(&self.index.links) {
            let Some(folder) = &link.folder else { continue };
            observed[record.at()].touched = cycle.listing_is_whole;
            folders.insert(folder.path_lower.clone(), *record);
            folders.insert(folder.id.to_string(), *record);
        }
        for entry in &cycle.entries {
            let path = path_of(entry);
            if let Some((_, record)) = owner(&folders, path) {
                observed[record.at()].touched = true;
            }
            match entry {
                Entry::Folder(folder) => {
                    if let Some(record) = folders.get(folder.id.as_str()) {
                        let observed = &mut observed[record.at()];
                        observed.touched = true;
                        observed.moved = Some(folder.clone());
                    }
                }
                Entry::Deleted { .. } => {
                    let below = [path, "/"].concat();
                    for (folder, record) in folders.from_key(below.as_str()) {
                        if !folder.starts_with(&below) {
                            break;
                        }
                        observed[record.at()].touched = true;
                    }
                    // In order: what was deleted after it was last seen stands nowhere.
                    for Observed { moved, .. } in &mut observed {
                        if moved.as_ref().is_some_and(|to| is_within(&to.path_lower, path)) {
                            *moved = None;
                        }
                    }
                }
                Entry::File(_) => {}
            }
        }
        observed
    }

    pub(super) fn changes_arrived(&mut self, entries: Vec<Entry>, cursor: crate::ids::Cursor) {
        let cycle = &mut self.cycle;
        // Not the index's yet: a cursor must never be saved without the trees its entries belong to.
        cycle.cursor = Some(cursor);
        cycle.entries = entries;
        cycle.phase = Phase::Reading;
    }

    pub(super) fn observe_failed(&mut self, failure: Failure) {
        match failure {
            Failure::CursorReset => self.reset_cursor(),
            Failure::NotFound => {
                self.index.halt = Some(Halt::AppFolderGone);
                self.dirty_index = true;
                self.fail(Failure::NotFound);
            }
            other => self.fail(other),
        }
    }

    pub(super) fn records_read(&mut self, records: Vec<Number>, rows: Vec<Option<StoredRecord>>) {
        for (record, stored) in records.into_iter().zip(rows) {
            // Unreadable or newer than this version: as if never seen, so a first link, which deletes nothing.
            let stored =
                stored.filter(|stored| stored.schema <= SCHEMA).unwrap_or_else(StoredRecord::fresh);
            if self.link(record).is_some() && !self.records.contains_key(record) {
                self.records.insert(record, stored);
            }
        }
    }
}

pub(super) fn path_of(entry: &Entry) -> &str {
    match entry {
        Entry::File(file) => &file.path_lower,
        Entry::Folder(folder) => &folder.path_lower,
        Entry::Deleted { path_lower } => path_lower,
    }
}
