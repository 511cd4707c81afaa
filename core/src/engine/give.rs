//! Giving what was observed to the records it belongs to, some thousand entries at a time: a first listing may bring
//! a hundred thousand, and the page goes on meanwhile.
//!
//! Until all of it is given the old cursor stands, and so do the links. Whatever ends it before (the tab dies, the store
//! fails, a record is unlinked) is mended by observing again: the same entries, given again in order, lead to the same
//! trees.

use super::observe::path_of;
use super::records::{Marked, Number};
use super::{Engine, Phase, Purpose};
use crate::effect::{Effect, Entry, FolderEntry};
use crate::map::Map;
use crate::status::Halt;
use crate::tree;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::{self, Vec};

/// Entries on their way.
#[derive(Debug)]
pub(super) struct Giving {
    /// Those that are not given yet.
    entries: vec::IntoIter<Entry>,
    /// Linked folders by path.
    folders: Map<String, Number>,
    /// By the records' numbers.
    observed: Vec<Observed>,
    /// All entries, where some folder may have to be looked for among them.
    told: Vec<Entry>,
}

/// What the entries say of one record's folder.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// They speak of it, or of something above or below it.
    pub touched: bool,
    /// Where it stands after all of these changes, if they tell of it.
    pub moved: Option<FolderEntry>,
    /// The one that was told of at the path where it stands.
    again: Option<FolderEntry>,
    /// It is gone, as far as was given.
    lost: bool,
    /// It stands.
    stands: bool,
}

impl Engine {
    /// Every touched record is in memory.
    pub(super) fn begin_giving(&mut self, mut observed: Vec<Observed>) {
        let entries = core::mem::take(&mut self.cycle.entries);
        let whole = self.cycle.listing_is_whole;
        self.cycle.phase = Phase::Giving;
        self.see_shared(&entries, whole);
        let mut folders: Map<String, Number> = Map::new();
        // Where nothing is gone, nothing has to be looked for afterwards: the entries become the trees.
        let mut gone = entries.iter().any(is_deletion);
        for (&record, link) in self.linked.iter().zip(&self.index.links) {
            let Some(folder) = &link.folder else { continue };
            if !is_touched(&observed, record) {
                continue;
            }
            let observed = &mut observed[record.at()];
            observed.lost = whole && observed.moved.is_none();
            gone |= observed.lost;
            let to = observed.moved.as_ref().unwrap_or(folder);
            if whole || to.path_lower != folder.path_lower {
                if let Some(stored) = self.records.get_mut(record) {
                    stored.nodes.clear();
                }
            }
            folders.insert(to.path_lower.clone(), record);
        }
        let told = if gone { entries.clone() } else { Vec::new() };
        let entries = entries.into_iter();
        self.cycle.giving = Some(Box::new(Giving { entries, folders, observed, told }));
        self.give();
    }

    /// The next entries; after the last the new cursor is taken, to be saved with the trees.
    pub(super) fn give(&mut self) {
        if self.is_under_way(|purpose| matches!(purpose, Purpose::Turn)) {
            return;
        }
        let Some(mut giving) = self.cycle.giving.take() else {
            return;
        };
        self.give_some(&mut giving);
        if giving.entries.len() > 0 {
            self.cycle.giving = Some(giving);
            self.task(Purpose::Turn, Effect::Turn);
            return;
        }
        self.cycle.phase = Phase::Adopting;
        let cursor = self.cycle.cursor.take();
        if self.index.cursor != cursor {
            self.index.cursor = cursor;
            self.dirty_index = true;
        }
        let mut lost = Vec::new();
        for (record, link) in self.linked.iter().zip(&mut self.index.links) {
            // One that was linked meanwhile has no folder yet.
            let Some(observed) = giving.observed.get_mut(record.at()) else { continue };
            if let Some(to) = observed.again.take().or_else(|| observed.moved.take()) {
                link.folder = Some(to);
                observed.stands = true;
            }
            link.folder_removed &= !observed.stands;
            if observed.lost {
                lost.push(*record);
            }
        }
        for record in lost {
            if !self.follow_files(record, &giving.told) {
                if let Some(link) = self.link_mut(record) {
                    link.folder_removed = true;
                }
            }
        }
        self.given(&giving.observed);
    }

    fn give_some(&mut self, giving: &mut Giving) {
        let Giving { entries, folders, observed, .. } = giving;
        let mut last = None;
        for entry in entries.take(self.config.entries_at_once) {
            // Mostly one after the other is the same record's. No folder above this one is linked: that is still true.
            let path = path_of(&entry);
            let owned = match last {
                Some((folder, _)) if is_within(path, folder) => last,
                _ => owner(folders, path),
            };
            last = owned;
            if is_deletion(&entry) {
                self.give_deletion(path, folders, observed);
            }
            let Some((folder, record)) = owned else {
                continue;
            };
            let stands = match &entry {
                Entry::Folder(_) => true,
                Entry::File(_) => path != folder,
                Entry::Deleted { .. } => false,
            };
            if stands {
                observed[record.at()].lost = false;
                observed[record.at()].stands = true;
            }
            if path != folder {
                let relative = path[folder.len() + 1..].to_string();
                if let Some(stored) = self.records.get_mut(record) {
                    tree::apply(&mut stored.nodes, relative, entry);
                }
            } else if let Entry::Folder(entry) = entry {
                // Made again at the same path: the link takes the new id.
                observed[record.at()].again = Some(entry);
            }
        }
    }

    /// Linked folders that were deleted, or something above them.
    fn give_deletion(
        &mut self,
        path: &str,
        folders: &Map<String, Number>,
        observed: &mut [Observed],
    ) {
        for (folder, &record) in folders {
            if !is_within(folder, path) {
                continue;
            }
            // In order: what was told of before this stands no more.
            if let Some(stored) = self.records.get_mut(record) {
                stored.nodes.clear();
            }
            let observed = &mut observed[record.at()];
            observed.lost |= observed.moved.is_none();
        }
    }

    /// R18: the folder's id is gone, but its files stand together somewhere else: the link follows them.
    fn follow_files(&mut self, record: Number, entries: &[Entry]) -> bool {
        let Some(stored) = self.records.get(record) else {
            return false;
        };
        // What stands after all of these entries: one that was deleted again is nowhere to follow to.
        let mut standing = tree::Nodes::new();
        for entry in entries {
            tree::apply(&mut standing, path_of(entry).to_string(), entry.clone());
        }
        let files = tree::files(&standing);
        let files = tree::by_id(&files);
        // The first one in the order of their paths.
        let mut found: Option<(&str, &str)> = None;
        for side in stored.pairs.iter().filter_map(|pair| pair.dropbox.as_ref()) {
            let Some(path) = files.get(&side.id).map(|file| file.key.as_str()) else { continue };
            let above = path.strip_suffix(crate::path::fold(&side.path).as_str());
            if let Some(root) = above.and_then(|above| above.strip_suffix('/')) {
                if found.is_none_or(|(first, _)| path < first) {
                    found = Some((path, root));
                }
            }
        }
        let Some((_, root)) = found else { return false };
        // A file dropped into another record's folder, however deep, is that record's now (R15). And a folder that holds
        // another record's would take all that comes into that one: whatever stands in both is given to the upper.
        let taken = self.linked.iter().zip(&self.index.links).any(|(other, link)| {
            let theirs = link.folder.as_ref().map(|folder| folder.path_lower.as_str());
            *other != record
                && theirs.is_some_and(|theirs| is_within(root, theirs) || is_within(theirs, root))
        });
        // The folder as it was told of last, and what stands in it.
        let (mut folder, mut nodes) = (None, tree::Nodes::new());
        let below = [root, "/"].concat();
        for entry in entries {
            match (entry, path_of(entry).strip_prefix(&below)) {
                (_, Some(relative)) => {
                    tree::apply(&mut nodes, relative.to_string(), entry.clone());
                }
                (Entry::Folder(entry), None) if entry.path_lower == root => folder = Some(entry),
                _ => {}
            }
        }
        let (false, Some(folder)) = (taken, folder) else {
            return false;
        };
        if let Some(stored) = self.records.get_mut(record) {
            stored.nodes = nodes;
        }
        if let Some(link) = self.link_mut(record) {
            link.folder = Some(folder.clone());
            link.folder_removed = false;
        }
        true
    }

    /// The trees are as they were observed.
    fn given(&mut self, observed: &[Observed]) {
        // P6: nothing is planned from a CRM listing of an earlier cycle: a change makes the record due.
        let (mut due, mut pressed) = (Marked::default(), Marked::default());
        for (record, link) in self.linked.iter().zip(&mut self.index.links) {
            if link.pressed {
                pressed.insert(*record);
            }
            if !is_touched(observed, *record) {
                continue;
            }
            self.dirty_index = true;
            let stored = self.records.get(*record);
            link.file_count = stored.map_or(0, |stored| tree::count_files(&stored.nodes));
            link.dirty = true;
            self.dirty.insert(*record);
            if !link.rests(self.now_ms) {
                due.insert(*record);
            }
        }
        if self.guard_all() {
            self.index.halt = Some(Halt::AllFoldersGone);
            self.dirty_index = true;
            self.cycle.phase = Phase::Working;
            self.cycle.due.clear();
            self.cycle.observe_again = false;
            return;
        }
        let cycle = &mut self.cycle;
        for record in &cycle.due {
            due.remove(*record);
        }
        let mut queue = due.numbers();
        queue.reverse();
        queue.append(&mut cycle.due);
        for first in [true, false] {
            for record in &queue {
                if pressed.contains(*record) == first {
                    cycle.due.push(*record);
                }
            }
        }
    }

    /// G1: every linked folder that held synced files is gone or empty.
    fn guard_all(&self) -> bool {
        let mut held = 0;
        for link in self.index.links.iter().filter(|link| link.synced_count > 0) {
            if link.file_count > 0 || link.pressed {
                return false;
            }
            held += 1;
        }
        held >= 2
    }
}

/// These changes speak of the record.
pub(super) fn is_touched(observed: &[Observed], record: Number) -> bool {
    observed.get(record.at()).is_some_and(|observed| observed.touched)
}

fn is_deletion(entry: &Entry) -> bool {
    matches!(entry, Entry::Deleted { .. })
}

/// The folder itself, or something below it.
pub(super) fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The linked folder at or above a path.
pub(super) fn owner<'f>(folders: &'f Map<String, Number>, path: &str) -> Option<(&'f str, Number)> {
    let mut from = 1;
    loop {
        let end = path.get(from..)?.find('/').map_or(path.len(), |at| from + at);
        if let Some((folder, record)) = folders.get_key_value(&path[..end]) {
            return Some((folder, *record));
        }
        from = end + 1;
    }
}
