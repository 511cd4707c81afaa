//! What rests: pairs of which both sides stand as they were agreed on. Nothing is to be done for them, so the planner
//! looks at everything else alone, and a plan costs one look at each pair and little more.
//!
//! Left out is only what no step can concern: a document and a file that agree in content and place, spelled plainly,
//! whose content nothing else holds, and which no attempt speaks of. Whatever looks odd is planned with the rest.

use super::index::{hash_of, Index};
use super::words::{folds_to, is_plain, same};
use crate::ids::{DocumentId, FileId};
use crate::path::{fold, Naming};
use crate::state::{Node, Pair, SeenDocument, StoredRecord};
use crate::tree::{self, File};
use alloc::vec::Vec;

/// What there is to plan.
pub(super) struct Moving<'a> {
    /// Documents, as listed.
    pub documents: Vec<&'a SeenDocument>,
    /// Files, by key.
    pub files: Vec<File>,
    /// Pairs, by their place in the synced tree.
    pub pairs: Vec<usize>,
}

/// Both sides of all pairs, to be found by id.
struct Sides<'a> {
    record: &'a StoredRecord,
    naming: &'a Naming,
    /// Files by key, nothing of them copied.
    files: Vec<(&'a str, &'a Node)>,
    by_document: Index,
    by_file: Index,
    /// Where the next document and the next file are looked for first: both sides are often in one order.
    next: (usize, usize),
    /// The folders of the last document and of its file, and whether one is the other.
    last_folders: (&'a str, &'a str, bool),
}

/// Whether a document, a file or a pair rests, by its place.
struct Resting {
    documents: Vec<bool>,
    files: Vec<bool>,
    pairs: Vec<bool>,
}

/// Sorts out what is to be planned.
pub(super) fn moving<'a>(record: &'a StoredRecord, naming: &'a Naming) -> Moving<'a> {
    let found = Sides::new(record, naming).and_then(|mut sides| {
        let resting = sides.resting()?;
        Some(sides.others(&resting))
    });
    found.unwrap_or_else(|| Moving {
        documents: record.documents.iter().collect(),
        files: tree::files(&record.nodes).into_iter().map(|(_, file)| file).collect(),
        pairs: (0..record.pairs.len()).collect(),
    })
}

impl<'a> Sides<'a> {
    /// `None` where an id stands twice: nothing rests then.
    fn new(record: &'a StoredRecord, naming: &'a Naming) -> Option<Self> {
        let mut by_document = Index::new(record.documents.len());
        for (at, document) in record.documents.iter().enumerate() {
            let id = document.id.as_str();
            let is = |other: usize| same(record.documents[other].id.as_str(), id);
            by_document.put_once(hash_of(id), at, is).then_some(())?;
        }
        let mut files = Vec::with_capacity(record.nodes.len());
        let nodes = record.nodes.iter().map(|(key, node)| (key.as_str(), node));
        files.extend(nodes.filter(|(_, node)| matches!(node, Node::File { .. })));
        let mut by_file = Index::new(files.len());
        for (at, (_, node)) in files.iter().enumerate() {
            let id = id_of(node);
            let is = |other: usize| same(id_of(files[other].1), id);
            by_file.put_once(hash_of(id), at, is).then_some(())?;
        }
        let (next, last_folders) = ((0, 0), ("", "", naming.is_default_folder("")));
        Some(Self { record, naming, files, by_document, by_file, next, last_folders })
    }

    fn document(&self, id: &DocumentId) -> Option<usize> {
        let documents = &self.record.documents;
        let id = id.as_str();
        self.by_document.find(hash_of(id), |at| same(documents[at].id.as_str(), id))
    }

    fn file(&self, id: &FileId) -> Option<usize> {
        let id = id.as_str();
        self.by_file.find(hash_of(id), |at| same(id_of(self.files[at].1), id))
    }

    /// `None` where two pairs speak of one thing.
    fn resting(&mut self) -> Option<Resting> {
        let record = self.record;
        let mut resting = Resting {
            documents: alloc::vec![false; record.documents.len()],
            files: alloc::vec![false; self.files.len()],
            pairs: alloc::vec![false; record.pairs.len()],
        };
        for (at, pair) in record.pairs.iter().enumerate() {
            if let Some((document, file)) = self.rests(pair) {
                let taken = core::mem::replace(&mut resting.documents[document], true)
                    || core::mem::replace(&mut resting.files[file], true);
                (!taken).then_some(())?;
                resting.pairs[at] = true;
            }
        }
        let mut moving = self.contents_in_motion(&resting)?;
        // Most often nothing moves.
        let pairs = if moving.is_empty() { &[] } else { record.pairs.as_slice() };
        let mut contents = Index::new(moving.len());
        for (at, hash) in moving.drain(..).enumerate() {
            contents.put_once(hash, at, |_| true);
        }
        for (at, pair) in pairs.iter().enumerate() {
            let hash = pair.hash.as_str();
            if resting.pairs[at] && contents.find(hash_of(hash), |_| true).is_some() {
                self.wake(pair, at, &mut resting);
            }
        }
        for attempt in &record.attempts {
            for (at, pair) in record.pairs.iter().enumerate() {
                let document = pair.crm.as_ref().map(|side| &side.id);
                let file = pair.dropbox.as_ref().map(|side| &side.id);
                let spoken_of = attempt.file.is_some() && attempt.file.as_ref() == file
                    || attempt.replaces.is_some() && attempt.replaces.as_ref() == document;
                if resting.pairs[at] && spoken_of {
                    self.wake(pair, at, &mut resting);
                }
            }
        }
        Some(resting)
    }

    fn wake(&self, pair: &Pair, at: usize, resting: &mut Resting) {
        resting.pairs[at] = false;
        if let Some(document) = pair.crm.as_ref().and_then(|side| self.document(&side.id)) {
            resting.documents[document] = false;
        }
        if let Some(file) = pair.dropbox.as_ref().and_then(|side| self.file(&side.id)) {
            resting.files[file] = false;
        }
    }

    /// The contents of all that does not rest. `None` where it speaks of something that does.
    fn contents_in_motion(&self, resting: &Resting) -> Option<Vec<u64>> {
        let mut hashes: Vec<u64> = Vec::new();
        for (at, pair) in self.record.pairs.iter().enumerate() {
            if resting.pairs[at] {
                continue;
            }
            hashes.push(hash_of(pair.hash.as_str()));
            let documents = pair.crm.iter().chain(&pair.superseded);
            let document = documents.filter_map(|side| self.document(&side.id));
            let file = pair.dropbox.as_ref().and_then(|side| self.file(&side.id));
            let stands = document.into_iter().any(|at| resting.documents[at]);
            if stands || file.is_some_and(|at| resting.files[at]) {
                return None;
            }
        }
        for (document, rests) in self.record.documents.iter().zip(&resting.documents) {
            if let Some(hash) = document.hash.as_ref().filter(|_| !rests) {
                hashes.push(hash_of(hash.as_str()));
            }
        }
        for ((_, node), rests) in self.files.iter().zip(&resting.files) {
            if let Node::File { hash: Some(hash), .. } = node {
                if !rests {
                    hashes.push(hash_of(hash.as_str()));
                }
            }
        }
        Some(hashes)
    }

    /// The document and the file of a pair, if both stand as the pair has them.
    fn rests(&mut self, pair: &'a Pair) -> Option<(usize, usize)> {
        let (crm, dropbox) = (pair.crm.as_ref()?, pair.dropbox.as_ref()?);
        let (next_document, next_file) = self.next;
        let at = match self.record.documents.get(next_document) {
            Some(next) if same(next.id.as_str(), crm.id.as_str()) => next_document,
            _ => self.document(&crm.id)?,
        };
        let file_at = match self.files.get(next_file) {
            Some((_, next)) if same(id_of(next), dropbox.id.as_str()) => next_file,
            _ => self.file(&dropbox.id)?,
        };
        self.next = (at + 1, file_at + 1);
        let document = &self.record.documents[at];
        let (key, node) = self.files[file_at];
        let Node::File { name, rev, hash: Some(hash), .. } = node else { return None };
        let rests = pair.superseded.is_empty()
            && pair.lost_path.is_none()
            && document.size_bytes == crm.size_bytes
            && same(&document.updated_at, &crm.updated_at)
            && same(&document.place.name, &crm.place.name)
            && same(&document.place.folder, &crm.place.folder)
            && same(rev.as_str(), dropbox.rev.as_str())
            && same(hash.as_str(), pair.hash.as_str())
            && same(name, &document.nfc.name)
            && is_plain(name)
            && folds_to(&dropbox.path, key)
            && self.is_folder_of(&document.nfc.folder, folder_of(&dropbox.path, name)?);
        rests.then_some((at, file_at))
    }

    /// Does a folder of the CRM stand in Dropbox under this very path?
    fn is_folder_of(&mut self, folder: &'a str, path: &'a str) -> bool {
        let (last_folder, last_path, was) = self.last_folders;
        if same(last_folder, folder) && same(last_path, path) {
            return was;
        }
        let default = self.naming.is_default_folder(folder);
        let plain = match path.is_empty() {
            true => default,
            false => {
                let refused = self.naming.slash_refused && folder.contains('/');
                !default && !refused && folder == path && folder.split('/').all(is_plain)
            }
        };
        let is = plain && tree::display(&self.record.nodes, &fold(path)) == path;
        self.last_folders = (folder, path, is);
        is
    }

    fn others(self, resting: &Resting) -> Moving<'a> {
        fn moving(rests: &[bool]) -> impl Iterator<Item = usize> + '_ {
            rests.iter().enumerate().filter(|(_, rests)| !**rests).map(|(at, _)| at)
        }
        let nodes = &self.record.nodes;
        let file = |at: usize| tree::file_at(nodes, self.files[at].0);
        Moving {
            documents: moving(&resting.documents).map(|at| &self.record.documents[at]).collect(),
            files: moving(&resting.files).filter_map(file).collect(),
            pairs: moving(&resting.pairs).collect(),
        }
    }
}

/// Of a file.
fn id_of(node: &Node) -> &str {
    match node {
        Node::File { id, .. } => id.as_str(),
        Node::Folder { .. } => "",
    }
}

/// The folder of a path that ends with this name.
fn folder_of<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    if same(path, name) {
        return Some("");
    }
    let (folder, rest) = path.split_at_checked(path.len().checked_sub(name.len() + 1)?)?;
    let told = !folder.is_empty() && rest.starts_with('/') && same(&rest[1..], name);
    told.then_some(folder)
}
