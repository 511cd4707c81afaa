//! Giving what was observed to the records it belongs to, some thousand entries at a time: a first listing may bring
//! a hundred thousand, and the page goes on meanwhile.
//!
//! Until all of it is given the old cursor stands, and so do the links. Whatever ends it before (the tab dies, the store
//! fails, a record is unlinked) is mended by observing again: the same entries, given again in order, lead to the same
//! trees.

use super::observe::path_of;
use super::records::Number;
use super::{Engine, Phase, Purpose};
use crate::effect::{Effect, Entry};
use crate::ids::FolderId;
use crate::map::{Map, Set};
use crate::sort::sort_by;
use crate::state::LinkedFolder;
use crate::status::Halt;
use crate::tree;
use alloc::string::{String, ToString};
use alloc::vec::{self, Vec};

/// Entries on their way.
#[derive(Debug)]
pub(super) struct Giving {
    /// Those that are not given yet.
    entries: vec::IntoIter<Entry>,
    touched: Set<Number>,
    /// Linked folders by path.
    folders: Map<String, Number>,
    /// Where each linked folder stands after all of these changes.
    moved: Map<Number, LinkedFolder>,
    /// Those that were told of at the path where their record's folder stands.
    again: Map<Number, LinkedFolder>,
    /// Whose folder is gone, as far as was given.
    lost: Set<Number>,
    /// Whose folder stands.
    stand: Set<Number>,
    /// All entries, where some folder may have to be looked for among them.
    told: Vec<Entry>,
}

impl Engine {
    /// Every touched record is in memory.
    pub(super) fn begin_giving(&mut self, touched: Set<Number>, now_ms: u64) {
        let Some(cycle) = self.cycle.as_mut() else {
            return;
        };
        let entries = core::mem::take(&mut cycle.entries);
        let whole = cycle.listing_is_whole;
        cycle.phase = Phase::Giving;
        self.see_shared(&entries, whole);
        let moved = self.folders_moved(&entries);
        let mut lost: Set<Number> = Set::new();
        let mut folders: Map<String, Number> = Map::new();
        for (record, link) in self.linked.iter().zip(&self.index.links) {
            let record = *record;
            let Some(folder) = link.folder.as_ref().filter(|_| touched.contains(&record)) else {
                continue;
            };
            let target = moved.get(&record).filter(|to| to.path_lower != folder.path_lower);
            if whole || target.is_some() {
                if let Some(stored) = self.records.get_mut(record) {
                    stored.nodes.clear();
                }
            }
            if whole && !moved.contains_key(&record) {
                lost.insert(record);
            }
            folders.insert(moved.get(&record).unwrap_or(folder).path_lower.clone(), record);
        }
        // Where nothing is gone, nothing has to be looked for afterwards: the entries become the trees.
        let told = match lost.is_empty() && !entries.iter().any(is_deletion) {
            true => Vec::new(),
            false => entries.clone(),
        };
        let entries = entries.into_iter();
        let (again, stand) = (Map::new(), Set::new());
        if let Some(cycle) = self.cycle.as_mut() {
            let giving = Giving { entries, touched, folders, moved, again, lost, stand, told };
            cycle.giving = Some(giving);
        }
        self.give(now_ms);
    }

    /// The next entries; after the last the new cursor is taken, to be saved with the trees.
    pub(super) fn give(&mut self, now_ms: u64) {
        if self.is_under_way(|purpose| matches!(purpose, Purpose::Turn)) {
            return;
        }
        let Some(mut giving) = self.cycle.as_mut().and_then(|cycle| cycle.giving.take()) else {
            return;
        };
        self.give_some(&mut giving);
        let Some(cycle) = self.cycle.as_mut() else {
            return;
        };
        if giving.entries.len() > 0 {
            cycle.giving = Some(giving);
            self.task(Purpose::Turn, Effect::Turn);
            return;
        }
        cycle.phase = Phase::Adopting;
        let cursor = cycle.cursor.take();
        if self.index.cursor != cursor {
            self.index.cursor = cursor;
            self.dirty_index = true;
        }
        let Giving { touched, mut moved, mut again, lost, stand, told, .. } = giving;
        for (record, link) in self.linked.iter().zip(&mut self.index.links) {
            if let Some(to) = again.remove(record).or(moved.remove(record)) {
                link.folder = Some(to);
                link.folder_removed = false;
            }
            if stand.contains(record) {
                link.folder_removed = false;
            }
        }
        for record in lost {
            if !self.follow_files(record, &told) {
                if let Some(link) = self.link_mut(record) {
                    link.folder_removed = true;
                }
            }
        }
        self.given(&touched, now_ms);
    }

    /// A record is unlinked: what is on its way is begun again without it.
    pub(super) fn stop_giving(&mut self) {
        if let Some(cycle) = self.cycle.as_mut().filter(|cycle| cycle.phase == Phase::Giving) {
            cycle.giving = None;
            cycle.phase = Phase::Observing;
            cycle.asked = false;
        }
    }

    fn give_some(&mut self, giving: &mut Giving) {
        let Giving { entries, folders, moved, again, lost, stand, .. } = giving;
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
                self.give_deletion(path, folders, moved, lost);
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
                lost.remove(&record);
                stand.insert(record);
            }
            if path != folder {
                let relative = path[folder.len() + 1..].to_string();
                if let Some(stored) = self.records.get_mut(record) {
                    tree::apply(&mut stored.nodes, relative, entry);
                }
            } else if let Entry::Folder(entry) = entry {
                // Made again at the same path: the link takes the new id.
                again.insert(record, entry.into());
            }
        }
    }

    /// Where each linked folder stands after these changes, by its id.
    fn folders_moved(&self, entries: &[Entry]) -> Map<Number, LinkedFolder> {
        let mut by_id: Map<FolderId, Vec<Number>> = Map::new();
        for (record, link) in self.linked.iter().zip(&self.index.links) {
            if let Some(known) = &link.folder {
                by_id.or_default(known.id.clone()).push(*record);
            }
        }
        let mut moved: Map<Number, LinkedFolder> = Map::new();
        for entry in entries {
            if let Entry::Deleted { path_lower } = entry {
                // In order: what was deleted after it was last seen stands nowhere.
                moved.retain(|_, to| !is_within(&to.path_lower, path_lower));
            }
            let Entry::Folder(folder) = entry else {
                continue;
            };
            for record in by_id.get(&folder.id).into_iter().flatten() {
                moved.insert(*record, folder.clone().into());
            }
        }
        moved
    }

    /// Linked folders that were deleted, or something above them.
    fn give_deletion(
        &mut self,
        path: &str,
        folders: &Map<String, Number>,
        moved: &Map<Number, LinkedFolder>,
        lost: &mut Set<Number>,
    ) {
        for (_, &record) in folders.iter().filter(|(folder, _)| is_within(folder, path)) {
            // In order: what was told of before this stands no more.
            if let Some(stored) = self.records.get_mut(record) {
                stored.nodes.clear();
            }
            if !moved.contains_key(&record) {
                lost.insert(record);
            }
        }
    }

    /// R18: the folder's id is gone, but its files stand together somewhere else: the link follows them.
    fn follow_files(&mut self, record: Number, entries: &[Entry]) -> bool {
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
            tree::apply(&mut standing, path_of(entry).to_string(), entry.clone());
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
        let taken = self.linked.iter().zip(&self.index.links).any(|(other, link)| {
            *other != record && link.folder.as_ref().is_some_and(|folder| folder.path_lower == root)
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
                tree::apply(&mut nodes, relative.to_string(), entry.clone());
            }
        }
        if let Some(stored) = self.records.get_mut(record) {
            stored.nodes = nodes;
        }
        if let Some(link) = self.link_mut(record) {
            link.folder = Some(folder.into());
            link.folder_removed = false;
        }
        true
    }

    /// The trees are as they were observed.
    fn given(&mut self, touched: &Set<Number>, now_ms: u64) {
        // P6: nothing is planned from a CRM listing of an earlier cycle: a change makes the record due.
        let mut due: Set<Number> = Set::new();
        for (record, link) in self.linked.iter().zip(&mut self.index.links) {
            if !touched.contains(record) {
                continue;
            }
            let stored = self.records.get(*record);
            link.file_count = stored.map_or(0, |stored| tree::count_files(&stored.nodes));
            link.dirty = true;
            self.dirty.insert(*record);
            if !link.rests(now_ms) {
                due.insert(*record);
            }
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
        for record in &cycle.due {
            due.remove(record);
        }
        for record in due {
            cycle.due.push_front(record);
        }
        let links = self.linked.iter().zip(&self.index.links);
        let pressed: Set<Number> =
            links.filter(|(_, link)| link.pressed).map(|(record, _)| *record).collect();
        let waits = |record: &Number| !pressed.contains(record);
        sort_by(cycle.due.make_contiguous(), &mut |a, b| waits(a).cmp(&waits(b)));
    }

    /// G1: every linked folder that held synced files is gone or empty.
    fn guard_all(&self) -> bool {
        let mut held = self.index.links.iter().filter(|link| link.synced_count > 0).peekable();
        self.index.links.iter().filter(|link| link.synced_count > 0).count() >= 2
            && held.peek().is_some()
            && held.all(|link| link.file_count == 0 && !link.pressed)
    }
}

fn is_deletion(entry: &Entry) -> bool {
    matches!(entry, Entry::Deleted { .. })
}

/// The folder itself, or something below it.
fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The linked folder at or above a path.
pub(super) fn owner<'f>(folders: &'f Map<String, Number>, path: &str) -> Option<(&'f str, Number)> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain(core::iter::once(path.len()));
    ends.filter(|at| *at > 0)
        .find_map(|at| folders.get_key_value(&path[..at]))
        .map(|(folder, record)| (folder.as_str(), *record))
}
