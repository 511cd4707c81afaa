//! Observing Dropbox: one recursive cursor for the whole app folder. A record's folder is known by its id, so it may be
//! renamed or moved (R18).

use super::give::owner;
use super::records::{Marked, Number};
use super::{Cycle, Engine, Phase, Purpose};
use crate::effect::{Effect, Entry, Failure};
use crate::ids::Record;
use crate::map::Map;
use crate::sort::retain;
use crate::state::{Link, StoredRecord, SCHEMA};
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
        let (touched, known) = touched(&self.linked, &self.index.links, &self.cycle);
        let mut missing = touched.numbers();
        retain(&mut missing, &mut |record| !self.records.contains_key(*record));
        if !missing.is_empty() {
            return self.read(missing);
        }
        self.begin_giving(touched, &known);
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

    pub(super) fn records_read(&mut self, records: Vec<(Record, Option<StoredRecord>)>) {
        for (record, stored) in records {
            // Unreadable or newer than this version: as if never seen, so a first link, which deletes nothing.
            let stored =
                stored.filter(|stored| stored.schema <= SCHEMA).unwrap_or_else(StoredRecord::fresh);
            let record = self.records.number(&record);
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

/// The records whose folder or files these entries speak of; all of them for a whole listing. And linked folders, by path
/// and by id: a path begins with a slash, and no id does.
fn touched(linked: &[Number], links: &[Link], cycle: &Cycle) -> (Marked, Map<String, Number>) {
    let (mut touched, mut folders) = (Marked::default(), Map::new());
    if !cycle.listing_is_whole && cycle.entries.is_empty() {
        return (touched, folders);
    }
    for (record, link) in linked.iter().zip(links) {
        let Some(folder) = &link.folder else { continue };
        if cycle.listing_is_whole {
            touched.insert(*record);
        }
        folders.insert(folder.path_lower.clone(), *record);
        folders.insert(folder.id.to_string(), *record);
    }
    for entry in &cycle.entries {
        let path = path_of(entry);
        if let Some((_, record)) = owner(&folders, path) {
            touched.insert(record);
        }
        match entry {
            Entry::Folder(folder) => {
                if let Some(record) = folders.get(folder.id.as_str()) {
                    touched.insert(*record);
                }
            }
            Entry::Deleted { .. } => {
                let below = [path, "/"].concat();
                for (folder, record) in folders.from_key(below.as_str()) {
                    if !folder.starts_with(&below) {
                        break;
                    }
                    touched.insert(*record);
                }
            }
            Entry::File(_) => {}
        }
    }
    (touched, folders)
}
