//! Pairs that whoever looks makes in the same way.
//!
//! Two browsers of one user know the same documents and files, each with a synced tree of its own. Where these trees
//! pair differently, each browser would carry the other's writes on, for ever. So what is equal in content and place
//! is a pair, whatever was paired before; and what is equal in content alone is paired by ids and paths.

use super::unpaired::Spots;
use super::{paired, path_key, Content, Planner};
use crate::effect::Document;
use crate::ids::ContentHash;
use crate::map::{Map, Set};
use crate::path::{alike, PlaceKey};
use crate::sort::sort_by;
use crate::state::DropboxSide;
use crate::tree::File;
use alloc::vec::Vec;

/// A document of known content; with its pair, if both of its sides stand.
struct Doc<'a> {
    at: Option<usize>,
    document: &'a Document,
    content: ContentHash,
    /// Nothing changed on either side of its pair.
    rests: bool,
}

/// A file of known content; with its pair, if both of its sides stand.
struct Held<'a> {
    at: Option<usize>,
    file: &'a File,
    hash: &'a ContentHash,
    /// As its pair has it.
    stored: Option<DropboxSide>,
    rests: bool,
}

impl<'a> Planner<'a> {
    pub(super) fn pair_equals_by_place(&mut self) {
        let (mut docs, mut held) = self.wholes();
        sort_by(&mut docs, &mut |a, b| a.document.id.cmp(&b.document.id));
        sort_by(&mut held, &mut |a, b| a.file.key.cmp(&b.file.key));
        let mut given = alloc::vec![false; held.len()];
        let mut taken = self.places_first(&docs, &held, &mut given);
        self.then_by_order(&docs, &held, &mut taken, &mut given);
        for (doc, other) in docs.iter().zip(taken) {
            match (other.map(|other| &held[other]), doc.at) {
                (Some(file), at) => {
                    if (at.is_some() || file.at.is_some()) && at != file.at {
                        self.exchange(doc, file);
                    }
                }
                (None, Some(at)) => {
                    // Another document has its file; what is left of it is as if it had never been paired.
                    self.pairs[at] = None;
                    self.used_documents.remove(&doc.document.id);
                }
                (None, None) => {}
            }
        }
        for (file, given) in held.iter().zip(given) {
            if !given {
                self.loose.insert(&file.file.id, file.file);
            }
        }
    }

    fn wholes(&self) -> (Vec<Doc<'a>>, Vec<Held<'a>>) {
        let (mut docs, mut held) = (Vec::new(), Vec::new());
        for (at, pair) in self.pairs.iter().enumerate() {
            let Some(pair) = pair.as_ref().filter(|pair| pair.superseded.is_empty()) else {
                continue;
            };
            let Some((document, file)) = self.sides(pair) else {
                continue;
            };
            let content = self.content(document, pair);
            if let (Content::Known(content), Some(hash)) = (content, &file.hash) {
                let (content, stored) = (content.clone(), pair.dropbox.clone());
                let rests = content == pair.hash && *hash == pair.hash;
                docs.push(Doc { at: Some(at), document, content, rests });
                held.push(Held { at: Some(at), file, hash, stored, rests });
            }
        }
        for document in self.moving.documents.iter().copied() {
            let free = !self.used_documents.contains(&document.id);
            if let Some(content) = document.hash.clone().filter(|_| free) {
                docs.push(Doc { at: None, document, content, rests: false });
            }
        }
        for file in self.loose.values().copied() {
            if let Some(hash) = &file.hash {
                held.push(Held { at: None, file, hash, stored: None, rests: false });
            }
        }
        (docs, held)
    }

    /// For each document the file that stands at its place with its content: of several the first path, and of
    /// several documents the lowest id.
    fn places_first(
        &mut self,
        docs: &[Doc<'a>],
        held: &[Held<'a>],
        given: &mut [bool],
    ) -> Vec<Option<usize>> {
        let mut spots = Spots::default();
        for (at, file) in held.iter().enumerate() {
            spots.put(self.naming(), file.file, at);
        }
        let mut taken = Vec::with_capacity(docs.len());
        for doc in docs {
            let path = path_key(&self.naming().path_of(&doc.document.nfc));
            let there = spots.of(self.naming(), &path, doc.document);
            let fits = |other: &usize| !given[*other] && *held[*other].hash == doc.content;
            let found = there.iter().copied().find(fits);
            if let Some(other) = found {
                given[other] = true;
            }
            taken.push(found);
        }
        self.look_for_owners(held, given);
        taken
    }

    /// A new document at the place of a file that is paired with a document of another place may be that file's: it
    /// is looked at before it counts as new.
    fn look_for_owners(&mut self, held: &[Held<'a>], given: &[bool]) {
        let mut astray: Set<PlaceKey> = Set::new();
        for (file, given) in held.iter().zip(given) {
            if !given && file.at.is_some() {
                astray.insert(self.naming().path_place_key(&file.file.path));
            }
        }
        if astray.is_empty() {
            return;
        }
        for document in self.moving.documents.iter().copied() {
            let unknown = document.hash.is_none() && !self.used_documents.contains(&document.id);
            if unknown && astray.contains(&self.naming().place_key(&document.nfc)) {
                self.hash(document);
            }
        }
    }

    /// Of the rest, what rests and is equal: documents by place and id, files by path. Everything else stays with its
    /// own file, if that is still to be had.
    fn then_by_order(
        &self,
        docs: &[Doc<'a>],
        held: &[Held<'a>],
        taken: &mut [Option<usize>],
        given: &mut [bool],
    ) {
        // The documents come by id.
        let mut rest: Map<PlaceKey, Vec<usize>> = Map::new();
        for (n, doc) in docs.iter().enumerate() {
            if taken[n].is_none() && doc.at.is_some() {
                rest.or_default(self.naming().place_key(&doc.document.nfc)).push(n);
            }
        }
        let mut take = |n: usize, fits: &dyn Fn(&Held<'a>) -> bool| {
            let found = held.iter().zip(&*given).position(|(file, given)| !given && fits(file));
            if let (None, Some(other)) = (taken[n], found) {
                given[other] = true;
                taken[n] = Some(other);
            }
        };
        let mut by_place = Vec::new();
        for there in rest.values() {
            by_place.extend_from_slice(there);
        }
        for n in by_place.iter().copied() {
            if docs[n].rests {
                take(n, &|file| file.rests && *file.hash == docs[n].content);
            }
        }
        for n in by_place {
            take(n, &|file| file.at == docs[n].at);
        }
    }

    /// The document gets the file, of equal content.
    fn exchange(&mut self, doc: &Doc<'a>, file: &Held<'a>) {
        let mut pair = paired(doc.document, file.file, &doc.content);
        if !self.agree(doc.document, file.file) {
            // Where each of them moved from is told by what its pair has.
            if let Some(stored) = &file.stored {
                pair.dropbox = Some(stored.clone());
            }
            if let Some(before) = doc.at.and_then(|at| self.pairs[at].as_ref()) {
                pair.crm = before.crm.clone();
            }
        }
        self.used_documents.insert(&doc.document.id);
        self.loose.remove(&file.file.id);
        match doc.at {
            Some(at) => self.pairs[at] = Some(pair),
            None => self.pairs.push(Some(pair)),
        }
    }

    /// Do document and file stand at the same place?
    pub(super) fn agree(&self, document: &Document, file: &File) -> bool {
        alike(&self.naming().path_of(&document.nfc), &file.path)
            || self.naming().same_place(&self.naming().place_of(&file.path), &document.nfc)
    }

    /// Two uploads of one content to one place, ours and another browser's: the lower id stays, wherever one looks.
    pub(super) fn is_higher_twin(&self, seen: &Document, document: &Document) -> bool {
        self.naming().same_place(&seen.nfc, &document.nfc)
            && seen.hash == document.hash
            && seen.id < document.id
    }
}
