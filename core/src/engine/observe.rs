//! Observing Dropbox: one recursive cursor for the whole app folder. A record's folder is known by its id, so it may be
//! renamed or moved (R18).

use super::give::owner;
use super::records::Number;
use super::{Cycle, Engine, Phase, Purpose};
use crate::effect::{Effect, Entry, Failure};
use crate::ids::Record;
use crate::map::{Map, Set};
use crate::state::{Link, StoredRecord, SCHEMA};
use crate::status::Halt;
use alloc::string::String;
use alloc::vec::Vec;

impl Engine {
    pub(super) fn step_observing(&mut self, now_ms: u64) {
        let Some(cycle) = self.cycle.as_mut() else {
            return;
        };
        if cycle.error.is_some() {
            return;
        }
        match cycle.phase {
            Phase::Observing if !cycle.asked && !self.writing => {
                cycle.asked = true;
                cycle.observations += 1;
                cycle.listing_is_whole = self.index.cursor.is_none();
                let cursor = self.index.cursor.clone();
                self.task(Purpose::Observe, Effect::ObserveDropbox { cursor });
            }
            Phase::Reading => self.take_changes(now_ms),
            Phase::Giving => self.give(now_ms),
            _ => {}
        }
    }

    /// The cursor is unknown there: everything is listed anew (C8). Absence then counts as M13 at most,
    /// which is what absence in Dropbox always counts as.
    pub(super) fn reset_cursor(&mut self) {
        self.index.cursor = None;
        if let Some(cycle) = self.cycle.as_mut() {
            cycle.asked = false;
        }
    }

    /// Reads the records that what was observed touches; once all of them are in memory, they are given it.
    fn take_changes(&mut self, now_ms: u64) {
        let Some(cycle) = self.cycle.as_mut() else {
            return;
        };
        let touched = touched(&self.linked, &self.index.links, cycle);
        let missing: Vec<Number> =
            touched.iter().filter(|record| !self.records.contains_key(**record)).copied().collect();
        if !missing.is_empty() {
            return self.read(missing);
        }
        self.begin_giving(touched, now_ms);
    }

    pub(super) fn changes_arrived(&mut self, entries: Vec<Entry>, cursor: crate::ids::Cursor) {
        if let Some(cycle) = self.cycle.as_mut() {
            // Not the index's yet: a cursor must never be saved without the trees its entries belong to.
            cycle.cursor = Some(cursor);
            cycle.entries = entries;
            cycle.phase = Phase::Reading;
        }
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
            let stored = stored
                .filter(|stored| stored.schema <= SCHEMA)
                .unwrap_or(StoredRecord { schema: SCHEMA, ..StoredRecord::default() });
            let record = self.records.number(record);
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

/// The records whose folder or files these entries speak of; all of them for a whole listing.
fn touched(linked: &[Number], links: &[Link], cycle: &Cycle) -> Set<Number> {
    let with_folder = linked
        .iter()
        .zip(links)
        .filter_map(|(number, link)| Some((*number, link.folder.as_ref()?)));
    if cycle.listing_is_whole {
        return with_folder.map(|(number, _)| number).collect();
    }
    if cycle.entries.is_empty() {
        return Set::new();
    }
    let by_path: Map<String, Number> =
        with_folder.clone().map(|(number, folder)| (folder.path_lower.clone(), number)).collect();
    let by_id: Map<_, _> = with_folder.map(|(number, folder)| (&folder.id, number)).collect();
    let mut touched = Set::new();
    for entry in &cycle.entries {
        let path = path_of(entry);
        touched.extend(owner(&by_path, path).map(|(_, record)| record));
        match entry {
            Entry::Folder(folder) => touched.extend(by_id.get(&&folder.id).copied()),
            Entry::Deleted { .. } => {
                let below = alloc::format!("{path}/");
                let covered =
                    by_path.from_key(below.as_str()).take_while(|(f, _)| f.starts_with(&below));
                touched.extend(covered.map(|(_, record)| *record));
            }
            Entry::File(_) => {}
        }
    }
    touched
}
