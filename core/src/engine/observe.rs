//! Observing Dropbox: one recursive cursor for the whole app folder, its entries given to the records they
//! belong to. A record's folder is known by its id, so it may be renamed or moved (R18).

use super::{Cycle, Engine, Phase, Purpose};
use crate::effect::{Effect, Entry, Failure};
use crate::ids::Record;
use crate::map::{Map, Set};
use crate::sort::sort_by;
use crate::state::{LinkedFolder, StoredRecord, SCHEMA};
use crate::status::Halt;
use crate::tree;
use alloc::string::{String, ToString};
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
            Phase::Reading => self.apply_changes(now_ms),
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

    /// Applies what was observed once every touched record is in memory; the new cursor is saved with the trees.
    fn apply_changes(&mut self, now_ms: u64) {
        let Some(cycle) = self.cycle.as_mut() else {
            return;
        };
        let touched = touched(&self.index.links, cycle);
        let missing: Vec<Record> =
            touched.iter().filter(|record| !self.records.contains_key(record)).cloned().collect();
        if !missing.is_empty() {
            return self.read(missing);
        }
        let entries = core::mem::take(&mut cycle.entries);
        let whole = cycle.listing_is_whole;
        cycle.phase = Phase::Adopting;
        let cursor = cycle.cursor.take();
        if self.index.cursor != cursor {
            self.index.cursor = cursor;
            self.dirty_index = true;
        }
        self.see_shared(&entries, whole);
        self.give_to_records(&entries, whole, &touched);
        for record in &touched {
            let count = self.records.get(record).map_or(0, |s| tree::count_files(&s.nodes));
            if let Some(link) = self.link_mut(record) {
                link.file_count = count;
                link.dirty = true;
            }
            self.dirty.insert(record.clone());
        }
        self.dirty_index |= !touched.is_empty();
        if self.guard_all() {
            self.index.halt = Some(Halt::AllFoldersGone);
            self.dirty_index = true;
            if let Some(cycle) = self.cycle.as_mut() {
                cycle.phase = Phase::Working;
                cycle.due.clear();
                cycle.observe_again = false;
            }
            return;
        }
        let Some(cycle) = self.cycle.as_mut() else {
            return;
        };
        for record in touched {
            // P6: nothing is planned from a CRM listing of an earlier cycle: a change makes the record due.
            let rests = self.index.links.iter().any(|l| l.record == record && l.rests(now_ms));
            if !rests && !cycle.due.contains(&record) {
                cycle.due.push_front(record);
            }
        }
        let pressed: Set<&Record> =
            self.index.links.iter().filter(|l| l.pressed).map(|l| &l.record).collect();
        let waits = |record: &Record| !pressed.contains(record);
        sort_by(cycle.due.make_contiguous(), &mut |a, b| waits(a).cmp(&waits(b)));
    }

    /// G1: every linked folder that held synced files is gone or empty.
    fn guard_all(&self) -> bool {
        let mut held = self.index.links.iter().filter(|link| link.synced_count > 0).peekable();
        self.index.links.iter().filter(|link| link.synced_count > 0).count() >= 2
            && held.peek().is_some()
            && held.all(|link| link.file_count == 0 && !link.pressed)
    }

    fn give_to_records(&mut self, entries: &[Entry], whole: bool, touched: &Set<Record>) {
        // Where each linked folder stands after these changes, by its id.
        let mut moved: Map<Record, LinkedFolder> = Map::new();
        for entry in entries {
            if let Entry::Deleted { path_lower } = entry {
                // In order: what was deleted after it was last seen stands nowhere.
                let below = alloc::format!("{path_lower}/");
                moved.retain(|_, to| {
                    to.path_lower != *path_lower && !to.path_lower.starts_with(&below)
                });
            }
            let Entry::Folder(folder) = entry else {
                continue;
            };
            for link in &self.index.links {
                let Some(known) = &link.folder else { continue };
                if known.id == folder.id {
                    moved.insert(
                        link.record.clone(),
                        LinkedFolder {
                            id: folder.id.clone(),
                            path: folder.path_display.clone(),
                            path_lower: folder.path_lower.clone(),
                        },
                    );
                }
            }
        }
        let mut lost: Set<Record> = Set::new();
        for record in touched {
            let Some(folder) = self.link(record).and_then(|link| link.folder.clone()) else {
                continue;
            };
            let target = moved.get(record).filter(|to| to.path_lower != folder.path_lower);
            if whole || target.is_some() {
                if let Some(stored) = self.records.get_mut(record) {
                    stored.nodes.clear();
                }
            }
            if whole && !moved.contains_key(record) {
                lost.insert(record.clone());
            }
            if let (Some(to), Some(link)) = (moved.get(record).cloned(), self.link_mut(record)) {
                link.folder = Some(to);
                link.folder_removed = false;
            }
        }
        let folders: Map<String, Record> = touched
            .iter()
            .filter_map(|record| {
                Some((self.link(record)?.folder.as_ref()?.path_lower.clone(), record.clone()))
            })
            .collect();
        for entry in entries {
            self.give_entry(entry, &folders, &moved, &mut lost);
        }
        for record in lost {
            if !self.follow_files(&record, entries) {
                if let Some(link) = self.link_mut(&record) {
                    link.folder_removed = true;
                }
            }
        }
    }

    fn give_entry(
        &mut self,
        entry: &Entry,
        folders: &Map<String, Record>,
        moved: &Map<Record, LinkedFolder>,
        lost: &mut Set<Record>,
    ) {
        let path = path_of(entry);
        if let Entry::Deleted { .. } = entry {
            // The folder itself or something above it.
            let below = alloc::format!("{path}/");
            let covered = folders
                .iter()
                .filter(|(folder, _)| folder.as_str() == path || folder.starts_with(&below));
            for (_, record) in covered {
                // In order: what was told of before this stands no more.
                if let Some(stored) = self.records.get_mut(record) {
                    stored.nodes.clear();
                }
                if !moved.contains_key(record) {
                    lost.insert(record.clone());
                }
            }
        }
        let Some((folder, record)) = owner(folders, path) else {
            return;
        };
        if path == folder {
            if let Entry::Folder(entry) = entry {
                // Made again at the same path: the link takes the new id.
                lost.remove(record);
                if let Some(link) = self.link_mut(record) {
                    link.folder_removed = false;
                    if let Some(known) = link.folder.as_mut() {
                        known.id = entry.id.clone();
                        known.path = entry.path_display.clone();
                    }
                }
            }
            return;
        }
        let relative = path[folder.len() + 1..].to_string();
        if !matches!(entry, Entry::Deleted { .. }) {
            lost.remove(record);
            if let Some(link) = self.link_mut(record) {
                link.folder_removed = false;
            }
        }
        if let Some(stored) = self.records.get_mut(record) {
            tree::apply(&mut stored.nodes, &relative, entry);
        }
    }

    /// R18: the folder's id is gone, but its files stand together somewhere else: the link follows them.
    fn follow_files(&mut self, record: &Record, entries: &[Entry]) -> bool {
        let Some(stored) = self.records.get(record) else {
            return false;
        };
        let known: Map<_, _> = stored
            .pairs
            .iter()
            .filter_map(|pair| pair.dropbox.as_ref())
            .map(|side| (&side.id, crate::path::fold(&side.path)))
            .collect();
        // What stands after all of these entries: one that was deleted again is nowhere to follow to.
        let mut standing = tree::Nodes::new();
        for entry in entries {
            tree::apply(&mut standing, path_of(entry), entry);
        }
        let found = standing.iter().find_map(|(path, node)| match node {
            crate::state::Node::File { id, .. } => {
                let relative = known.get(id)?;
                Some(path.strip_suffix(relative.as_str())?.strip_suffix('/')?.to_string())
            }
            crate::state::Node::Folder { .. } => None,
        });
        let Some(root) = found else { return false };
        // A file dropped into another record's folder is that record's now (R15).
        let taken = self.index.links.iter().any(|link| {
            link.record != *record
                && link.folder.as_ref().is_some_and(|folder| folder.path_lower == root)
        });
        let folder = entries.iter().rev().find_map(|entry| match entry {
            Entry::Folder(folder) if folder.path_lower == root => Some(folder.clone()),
            _ => None,
        });
        let (false, Some(folder)) = (taken, folder) else {
            return false;
        };
        let mut nodes = tree::Nodes::new();
        for entry in entries {
            if let Some(relative) = path_of(entry).strip_prefix(&alloc::format!("{root}/")) {
                tree::apply(&mut nodes, relative, entry);
            }
        }
        if let Some(stored) = self.records.get_mut(record) {
            stored.nodes = nodes;
        }
        if let Some(link) = self.link_mut(record) {
            link.folder = Some(LinkedFolder {
                id: folder.id,
                path: folder.path_display,
                path_lower: folder.path_lower,
            });
            link.folder_removed = false;
        }
        true
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
            if self.link(&record).is_some() && !self.records.contains_key(&record) {
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

/// The linked folder at or above a path.
fn owner<'f>(folders: &'f Map<String, Record>, path: &str) -> Option<(&'f str, &'f Record)> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain(core::iter::once(path.len()));
    ends.filter(|at| *at > 0)
        .find_map(|at| folders.get_key_value(&path[..at]))
        .map(|(folder, record)| (folder.as_str(), record))
}

/// The records whose folder or files these entries speak of; all of them for a whole listing.
fn touched(links: &[crate::state::Link], cycle: &Cycle) -> Set<Record> {
    let with_folder = links.iter().filter(|link| link.folder.is_some());
    if cycle.listing_is_whole {
        return with_folder.map(|link| link.record.clone()).collect();
    }
    if cycle.entries.is_empty() {
        return Set::new();
    }
    let by_path: Map<String, Record> = with_folder
        .clone()
        .filter_map(|link| Some((link.folder.as_ref()?.path_lower.clone(), link.record.clone())))
        .collect();
    let by_id: Map<_, _> = with_folder
        .filter_map(|link| Some((link.folder.as_ref()?.id.clone(), link.record.clone())))
        .collect();
    let mut touched = Set::new();
    for entry in &cycle.entries {
        let path = path_of(entry);
        touched.extend(owner(&by_path, path).map(|(_, record)| record.clone()));
        match entry {
            Entry::Folder(folder) => touched.extend(by_id.get(&folder.id).cloned()),
            Entry::Deleted { .. } => {
                let below = alloc::format!("{path}/");
                let covered =
                    by_path.from_key(below.as_str()).take_while(|(f, _)| f.starts_with(&below));
                touched.extend(covered.map(|(_, record)| record.clone()));
            }
            Entry::File(_) => {}
        }
    }
    touched
}
