//! Documents and files that no pair speaks for: adopt what is equal, copy what is new, keep both where they differ.

use super::room::Occupant;
use super::{crm_side, dropbox_side, Planner};
use crate::effect::WriteMode;
use crate::ids::FileId;
use crate::map::{Map, Set};
use crate::path::{fold, is_numbered};
use crate::state::{Pair, SeenDocument};
use crate::tree::File;
use alloc::string::String;
use alloc::vec::Vec;

/// Files by folded path, and by the place in the CRM that is theirs.
struct Spots<'a> {
    by_path: Map<String, Vec<&'a File>>,
    by_place: Map<(String, String), Vec<&'a File>>,
}

impl<'a> Planner<'a> {
    pub(super) fn match_unpaired(&mut self) {
        let mut groups: Map<String, Vec<&'a SeenDocument>> = Map::new();
        for document in self.moving.documents.iter().copied() {
            if !self.used_documents.contains(&document.id) && !self.hashing.contains(&document.id) {
                let key = fold(&self.naming().path_of(&document.nfc));
                groups.or_default(key).push(document);
            }
        }
        let spots = self.spots();
        let mut conflicts = Vec::new();
        let mut uploads = Vec::new();
        for (key, group) in &groups {
            if !self.adopt_equal(&spots, key, group) {
                continue; // Waits for hashes.
            }
            for document in group {
                if self.used_documents.contains(&document.id) {
                    continue;
                }
                match self.candidates(&spots, key, document).into_iter().next() {
                    Some(file) if file.hash.is_some() => {
                        self.loose.remove(&file.id);
                        conflicts.push((*document, file)); // M5
                    }
                    _ => uploads.push(*document), // M2
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

    /// Where the files stand that nothing speaks for.
    fn spots(&self) -> Spots<'a> {
        let mut spots = Spots { by_path: Map::new(), by_place: Map::new() };
        for file in self.loose_files() {
            let place = self.naming().place_key(&self.naming().place_of(&file.path));
            spots.by_path.or_default(fold(&file.path)).push(file);
            spots.by_place.or_default(place).push(file);
        }
        spots
    }

    /// Files that may be this document's: at its path, or at a path whose CRM place is its own. By id.
    fn candidates(&self, spots: &Spots<'a>, key: &str, document: &SeenDocument) -> Vec<&'a File> {
        let place = self.naming().place_key(&document.nfc);
        let found = (spots.by_path.get(key).into_iter().flatten())
            .chain(spots.by_place.get(&place).into_iter().flatten())
            .filter(|file| self.loose.contains_key(&file.id));
        let by_id: Map<&FileId, &File> = found.map(|file| (&file.id, *file)).collect();
        by_id.values().copied().collect()
    }

    /// M4, and twins by their numbered names (N4). False while a hash is missing.
    fn adopt_equal(&mut self, spots: &Spots<'a>, key: &str, group: &[&'a SeenDocument]) -> bool {
        let mut complete = true;
        for document in group {
            let mut found = self.candidates(spots, key, document);
            let numbered = self
                .loose_files()
                .filter(|f| f.size_bytes == document.size_bytes && is_numbered(&f.path, key));
            found.extend(numbered);
            found.retain(|file| file.size_bytes == document.size_bytes && file.hash.is_some());
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
                self.used_documents.insert(&document.id);
                self.loose.remove(&file.id);
                self.pairs.push(Some(Pair {
                    crm: Some(crm_side(document)),
                    dropbox: Some(dropbox_side(file)),
                    hash: hash.clone(),
                    superseded: Vec::new(),
                    lost_path: None,
                }));
            }
        }
        complete
    }

    /// M3: files that only Dropbox has.
    fn create_new_files(&mut self) {
        let fresh: Vec<&File> = self.loose_files().collect();
        let mut given: Set<(String, String)> = Set::new();
        for file in fresh {
            let place = self.naming().place_of(&file.path);
            match self.occupant(&place, None) {
                Occupant::Nobody if !given.insert(self.naming().place_key(&place)) => {
                    self.waiting = true;
                }
                Occupant::Nobody => {
                    self.create_from_file(file, place, None);
                }
                Occupant::Leaving => self.waiting = true,
                Occupant::Document(other) if !self.is_spoken_for(other) => {
                    self.waiting = true;
                }
                Occupant::Document(_) if self.policy.one_way => {
                    self.create_from_file(file, place, None);
                }
                Occupant::Document(other) => {
                    let nobody = Pair {
                        crm: None,
                        dropbox: None,
                        hash: "".into(),
                        superseded: Vec::new(),
                        lost_path: None,
                    };
                    self.make_room(nobody, file, other);
                }
            }
        }
    }
}
