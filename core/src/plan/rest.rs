//! What rests: pairs of which both sides stand as they were agreed on. Nothing is to be done for them, so the planner
//! looks at everything else alone, and a plan costs one look at each pair and little more.
//!
//! Left out is only what no step can concern: a document and a file that agree in content and place, spelled plainly,
//! whose content nothing else holds, and which no attempt speaks of. Whatever looks odd is planned with the rest.

use super::index::{hash_of, Index};
use crate::effect::Document;
use crate::path::{below, fold, Naming};
use crate::state::{Node, Pair, StoredRecord};
use crate::tree::{self, File};
use crate::words::{folds_to, is_plain, same};
use alloc::string::String;
use alloc::vec::Vec;

/// What there is to plan.
pub(super) struct Moving<'a> {
    /// Documents, as listed.
    pub documents: Vec<&'a Document>,
    /// Files, by key.
    pub files: Vec<File>,
    /// Pairs, by their place in the synced tree.
    pub pairs: Vec<usize>,
    /// What rests, to be asked who stands where.
    sides: Sides<'a>,
    resting: Resting,
}

/// Both sides of all pairs.
struct Sides<'a> {
    record: &'a StoredRecord,
    naming: &'a Naming,
    /// Files by key, nothing of them copied.
    files: Vec<(&'a str, &'a Node)>,
    /// Where the next document and the next file are looked for first: both sides are often in one order.
    next: (usize, usize),
    /// The folders of the last document and of its file, and whether one is the other.
    last_folders: (&'a str, &'a str, bool),
}

/// Whether a pair or a document rests, by its place; and the document of a file that does.
struct Resting {
    pairs: Vec<bool>,
    documents: Vec<bool>,
    files: Vec<Option<u32>>,
}

/// A pair that rests, with what it is compared by: memory is slower than arithmetic.
struct Rest {
    pair: u32,
    document: u32,
    file: u32,
    /// Of the document's id, and of the file's.
    id_hashes: [u32; 2],
    /// Of the content's.
    content_hash: u32,
}

/// A document is looked for so far from where it should be; one that is new in the list moves all others by one.
const NEAR: usize = 4;

/// Sorts out what is to be planned.
pub(super) fn moving<'a>(record: &'a StoredRecord, naming: &'a Naming) -> Moving<'a> {
    let mut sides = Sides::new(record, naming);
    let resting = sides.resting().unwrap_or_else(|| sides.nothing());
    sides.others(resting)
}

impl<'a> Moving<'a> {
    /// The document that rests at this place (as [`Naming::place_key`] names it): its file stands there in Dropbox.
    pub fn resting_at(&self, place: &(String, String)) -> Option<&'a Document> {
        let (sides, resting) = (&self.sides, &self.resting);
        let (folder, name) = place;
        let at = sides.file(&below(folder, name))?;
        let document = &sides.record.documents[resting.files[at]? as usize];
        (sides.naming.place_key(&document.nfc) == *place).then_some(document)
    }
}

impl<'a> Sides<'a> {
    fn new(record: &'a StoredRecord, naming: &'a Naming) -> Self {
        let mut files = Vec::with_capacity(record.nodes.len());
        for (key, node) in &record.nodes {
            if matches!(node, Node::File { .. }) {
                files.push((key.as_str(), node));
            }
        }
        let (next, last_folders) = ((0, 0), ("", "", naming.is_default_folder("")));
        Self { record, naming, files, next, last_folders }
    }

    /// Which file has this key.
    fn file(&self, key: &str) -> Option<usize> {
        self.files.binary_search_by(|(other, _)| (*other).cmp(key)).ok()
    }

    /// Nothing rests.
    fn nothing(&self) -> Resting {
        Resting {
            pairs: alloc::vec![false; self.record.pairs.len()],
            documents: alloc::vec![false; self.record.documents.len()],
            files: alloc::vec![None; self.files.len()],
        }
    }

    /// `None` where two pairs speak of one thing, or something stands twice and one of the two does not rest.
    fn resting(&mut self) -> Option<Resting> {
        let record = self.record;
        let rests = self.rests()?;
        let mut resting = self.nothing();
        for rest in &rests {
            let taken = core::mem::replace(&mut resting.documents[rest.document as usize], true)
                || resting.files[rest.file as usize].replace(rest.document).is_some();
            (!taken).then_some(())?;
            resting.pairs[rest.pair as usize] = true;
        }
        let contents = self.contents_in_motion(&rests, &resting)?;
        for rest in &rests {
            let spoken_of = record.attempts.iter().any(|attempt| {
                let pair = &record.pairs[rest.pair as usize];
                let document = pair.crm.as_ref().map(|side| &side.id);
                let file = pair.dropbox.as_ref().map(|side| &side.id);
                attempt.file.is_some() && attempt.file.as_ref() == file
                    || attempt.replaces.is_some() && attempt.replaces.as_ref() == document
            });
            if spoken_of || contents.has(rest.content_hash) {
                resting.pairs[rest.pair as usize] = false;
                resting.documents[rest.document as usize] = false;
                resting.files[rest.file as usize] = None;
            }
        }
        Some(resting)
    }

    /// The pairs of which both sides stand as the pair has them.
    fn rests(&mut self) -> Option<Vec<Rest>> {
        let record = self.record;
        let mut rests = Vec::with_capacity(record.pairs.len());
        let mut met = alloc::vec![false; record.documents.len()];
        let mut apart = Vec::new();
        for (at, pair) in record.pairs.iter().enumerate() {
            let Some(crm) = &pair.crm else { continue };
            let first = self.next.0;
            let mut near = record.documents.iter().enumerate().skip(first).take(NEAR);
            let id = crm.id.as_str();
            match near.find(|(_, near)| same(near.id.as_str(), id)) {
                Some((document, _)) => {
                    self.next.0 = document + 1;
                    met[document] = true;
                    rests.extend(self.rest(at, pair, document));
                }
                None => apart.push(at),
            }
        }
        if apart.is_empty() {
            return Some(rests);
        }
        let far = (0..met.len()).filter(|at| !met[*at]);
        let mut by_document = Index::new(far.clone().count());
        let id = |at: usize| record.documents[at].id.as_str();
        for at in far {
            let is = |other: usize| same(id(other), id(at));
            by_document.put_once(hash_of(id(at)), at, is).then_some(())?;
        }
        for at in apart {
            let pair = &record.pairs[at];
            let wanted = pair.crm.as_ref().map_or("", |side| side.id.as_str());
            let found = by_document.find(hash_of(wanted), |at| same(id(at), wanted));
            rests.extend(found.and_then(|document| self.rest(at, pair, document)));
        }
        Some(rests)
    }

    /// The contents of all that does not rest; `None` where that speaks of something that does.
    fn contents_in_motion(&self, rests: &[Rest], resting: &Resting) -> Option<Index> {
        let record = self.record;
        let (mut ids, mut contents) = (Vec::new(), Vec::new());
        for (pair, rests) in record.pairs.iter().zip(&resting.pairs) {
            if *rests {
                continue;
            }
            for side in pair.crm.iter().chain(&pair.superseded) {
                ids.push(side.id.as_str());
            }
            ids.extend(pair.dropbox.as_ref().map(|side| side.id.as_str()));
            contents.push(hash_of(pair.hash.as_str()));
        }
        for (document, rests) in record.documents.iter().zip(&resting.documents) {
            if !*rests {
                ids.push(document.id.as_str());
                if let Some(hash) = &document.hash {
                    contents.push(hash_of(hash.as_str()));
                }
            }
        }
        for ((_, node), document) in self.files.iter().zip(&resting.files) {
            if let (Node::File { id, hash, .. }, None) = (node, document) {
                ids.push(id.as_str());
                if let Some(hash) = hash {
                    contents.push(hash_of(hash.as_str()));
                }
            }
        }
        let mut by_id = Index::new(ids.len());
        for (at, id) in ids.iter().enumerate() {
            by_id.put_once(hash_of(id), at, |other| same(ids[other], id));
        }
        for rest in rests {
            let [document, file] = rest.id_hashes;
            let is_document =
                |at: usize| same(ids[at], record.documents[rest.document as usize].id.as_str());
            let is_file = |at: usize| same(ids[at], id_of(self.files[rest.file as usize].1));
            let moves = by_id.find(document, is_document).or_else(|| by_id.find(file, is_file));
            if moves.is_some() {
                return None;
            }
        }
        Some(Index::of(&contents))
    }

    /// A pair and its document, if it rests.
    fn rest(&mut self, at: usize, pair: &'a Pair, document_at: usize) -> Option<Rest> {
        let (crm, dropbox) = (pair.crm.as_ref()?, pair.dropbox.as_ref()?);
        let file_at = match self.files.get(self.next.1) {
            Some((_, next)) if same(id_of(next), dropbox.id.as_str()) => self.next.1,
            // What stands elsewhere than the pair has it does not rest.
            _ => self.file(&fold(&dropbox.path))?,
        };
        self.next.1 = file_at + 1;
        let document = &self.record.documents[document_at];
        let (key, node) = self.files[file_at];
        let Node::File { name, id, rev, hash: Some(hash), .. } = node else { return None };
        let rests = pair.superseded.is_empty()
            && pair.lost_path.is_none()
            && document.size_bytes == crm.size_bytes
            && same(&document.updated_at, &crm.updated_at)
            && same(&document.place.name, &crm.place.name)
            && same(&document.place.folder, &crm.place.folder)
            && same(id.as_str(), dropbox.id.as_str())
            && same(rev.as_str(), dropbox.rev.as_str())
            && same(hash.as_str(), pair.hash.as_str())
            && same(name, &document.nfc.name)
            && is_plain(name)
            && folds_to(&dropbox.path, key)
            && self.is_folder_of(&document.nfc.folder, folder_of(&dropbox.path, name)?);
        rests.then(|| Rest {
            pair: at as u32,
            document: document_at as u32,
            file: file_at as u32,
            id_hashes: [hash_of(crm.id.as_str()), hash_of(dropbox.id.as_str())],
            content_hash: hash_of(hash.as_str()),
        })
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

    fn others(self, resting: Resting) -> Moving<'a> {
        let record = self.record;
        let (mut documents, mut files, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        for (document, rests) in record.documents.iter().zip(&resting.documents) {
            if !*rests {
                documents.push(document);
            }
        }
        let mut displayed = tree::Displayed::new(&record.nodes);
        for ((key, node), document) in self.files.iter().zip(&resting.files) {
            if document.is_none() {
                files.extend(displayed.file(key, node));
            }
        }
        for (at, rests) in resting.pairs.iter().enumerate() {
            if !*rests {
                pairs.push(at);
            }
        }
        Moving { documents, files, pairs, sides: self, resting }
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
