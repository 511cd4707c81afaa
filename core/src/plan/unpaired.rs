//! Documents and files that no pair speaks for: adopt what is equal, copy what is new, keep both where they differ.

use super::room::Occupant;
use super::{path_key, Planner};
use crate::effect::{Document, WriteMode};
use crate::map::{Map, Set};
use crate::path::{is_numbered, Naming, PlaceKey};
use crate::sort::sort_by;
use crate::tree::File;
use alloc::vec::Vec;

/// Files of a list, found by their path (see [`path_key`]), and by the place in the CRM that is theirs.
#[derive(Default)]
pub(super) struct Spots(Map<PlaceKey, Vec<usize>>);

impl Spots {
    /// The next file of the list.
    pub(super) fn put(&mut self, naming: &Naming, file: &File, at: usize) {
        self.0.or_default(path_key(&file.path)).push(at);
        self.0.or_default(naming.path_place_key(&file.path)).push(at);
    }

    /// Those that may be this document's: at its path, or at a path whose CRM place is its own. In order.
    pub(super) fn of(&self, naming: &Naming, path: &PlaceKey, document: &Document) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for key in [path, &naming.place_key(&document.nfc)] {
            if let Some(places) = self.0.get(key) {
                found.extend_from_slice(places);
            }
        }
        sort_by(&mut found, &mut |a, b| a.cmp(b));
        found.dedup();
        found
    }
}

impl<'a> Planner<'a> {
    pub(super) fn match_unpaired(&mut self) {
        let documents = &self.moving.documents;
        let mut groups: Map<PlaceKey, Vec<usize>> = Map::new();
        for (at, document) in documents.iter().enumerate() {
            if !self.used_documents.contains(&document.id)
                && !self.hashing.contains_key(&document.id)
            {
                groups.or_default(path_key(&self.naming().path_of(&document.nfc))).push(at);
            }
        }
        let files = self.loose_files();
        let mut spots = Spots::default();
        for (at, file) in files.iter().enumerate() {
            spots.put(self.naming(), file, at);
        }
        let mut conflicts = Vec::new();
        let mut uploads = Vec::new();
        for (key, group) in &groups {
            if !self.adopt_equal(&files, &spots, key, group) {
                continue; // Waits for hashes.
            }
            for document in group.iter().map(|at| documents[*at]) {
                if self.used_documents.contains(&document.id) {
                    continue;
                }
                match self.candidates(&files, &spots, key, document).first().copied() {
                    Some(file) if file.hash.is_some() => {
                        self.loose.remove(&file.id);
                        conflicts.push((document, file)); // M5
                    }
                    _ => uploads.push(document), // M2
                }
            }
        }
        for (document, file) in conflicts {
            self.conflict(document, file);
        }
        self.create_new_files();
        for document in uploads {
            let target = self.naming().path_of(&document.nfc);
            let path = self.free_path(&target, None);
            self.upload(document, path, WriteMode::Add, None);
        }
    }

    /// Files that may be this document's and that nothing speaks for yet. By id.
    fn candidates(
        &self,
        files: &[&'a File],
        spots: &Spots,
        path: &PlaceKey,
        document: &Document,
    ) -> Vec<&'a File> {
        let mut found = Vec::new();
        for at in spots.of(self.naming(), path, document) {
            if self.loose.contains_key(&files[at].id) {
                found.push(files[at]);
            }
        }
        found
    }

    /// M4, and twins by their numbered names (N4). False while a hash is missing.
    fn adopt_equal(
        &mut self,
        files: &[&'a File],
        spots: &Spots,
        key: &PlaceKey,
        group: &[usize],
    ) -> bool {
        let mut complete = true;
        for document in group.iter().map(|at| self.moving.documents[*at]) {
            let may_be = |f: &File| f.size_bytes == document.size_bytes && f.hash.is_some();
            let mut found = Vec::new();
            for file in self.candidates(files, spots, key, document) {
                if may_be(file) {
                    found.push(file);
                }
            }
            for file in self.loose.values().copied() {
                if may_be(file) && is_numbered(&file.path, &key.1) {
                    found.push(file);
                }
            }
            if found.is_empty() {
                continue;
            }
            let Some(hash) = &document.hash else {
                if !self.too_large(document.size_bytes) {
                    self.hash(document);
                    complete = false;
                }
                continue;
            };
            if let Some(file) = found.iter().find(|file| file.hash.as_ref() == Some(hash)) {
                self.adopt(document, file, hash);
            }
        }
        complete
    }

    /// M3: files that only Dropbox has.
    fn create_new_files(&mut self) {
        let mut given: Set<PlaceKey> = Set::new();
        for file in self.loose_files() {
            let place = self.naming().place_of(&file.path);
            match self.occupant(&place, None) {
                Occupant::Nobody if !given.insert(self.naming().place_key(&place)) => {
                    self.plan.waiting = true;
                }
                Occupant::Nobody => {
                    self.create_from_file(file, place, None);
                }
                Occupant::Leaving => self.plan.waiting = true,
                Occupant::Document(other) if !self.is_spoken_for(other) => {
                    self.plan.waiting = true;
                }
                Occupant::Document(_) if self.policy.one_way => {
                    self.create_from_file(file, place, None);
                }
                Occupant::Document(other) => {
                    self.make_room(None, file, other);
                }
            }
        }
    }
}
