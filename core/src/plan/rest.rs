//! What rests: pairs of which both sides stand as they were agreed on. Nothing is to be done for them, so the planner
//! looks at everything else alone, and a plan costs one look at each pair and little more.
//!
//! Left out is only what no step can concern: a document and a file that agree in content and place, spelled plainly,
//! whose content nothing else holds, and which no attempt speaks of. Whatever looks odd is planned with the rest.

use super::index::{hash_of, Index};
use crate::ids::{DocumentId, FileId};
use crate::path::{folds_to, split_dir, Naming};
use crate::state::{Node, Pair, SeenDocument, StoredRecord};
use crate::tree::{self, File, Nodes};
use alloc::string::String;
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

/// A file of the tree, nothing of it copied.
struct Row<'a> {
    key: &'a str,
    name: &'a str,
    node: &'a Node,
    /// Its folder among the displayed ones.
    folder: usize,
}

/// Both sides of all pairs, to be found by id.
struct Sides<'a> {
    record: &'a StoredRecord,
    naming: &'a Naming,
    rows: Vec<Row<'a>>,
    /// Folders as displayed, without a slash at the end.
    folders: Vec<String>,
    by_document: Index,
    by_file: Index,
    /// Where the next document and the next file are looked for first: both sides are often in one order.
    next: (usize, usize),
    /// The folder of the CRM that was looked at last, and whether it is spelled alike on both sides.
    last_folder: Option<(&'a str, bool)>,
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
            let same = |other: usize| record.documents[other].id == document.id;
            by_document.put_once(hash_of(document.id.as_str()), at, same).then_some(())?;
        }
        let (rows, folders) = rows(&record.nodes);
        let mut by_file = Index::new(rows.len());
        for (at, row) in rows.iter().enumerate() {
            let id = id_of(row.node)?;
            let same = |other: usize| id_of(rows[other].node) == Some(id);
            by_file.put_once(hash_of(id.as_str()), at, same).then_some(())?;
        }
        let (next, last_folder) = ((0, 0), None);
        Some(Self { record, naming, rows, folders, by_document, by_file, next, last_folder })
    }

    fn document(&self, id: &DocumentId) -> Option<usize> {
        let documents = &self.record.documents;
        self.by_document.find(hash_of(id.as_str()), |at| documents[at].id == *id)
    }

    fn file(&self, id: &FileId) -> Option<usize> {
        self.by_file.find(hash_of(id.as_str()), |at| id_of(self.rows[at].node) == Some(id))
    }

    /// `None` where two pairs speak of one thing.
    fn resting(&mut self) -> Option<Resting> {
        let record = self.record;
        let mut resting = Resting {
            documents: alloc::vec![false; record.documents.len()],
            files: alloc::vec![false; self.rows.len()],
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
        let contents = self.contents_in_motion(&resting)?;
        for (at, pair) in record.pairs.iter().enumerate() {
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
    fn contents_in_motion(&self, resting: &Resting) -> Option<Index> {
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
        for (row, rests) in self.rows.iter().zip(&resting.files) {
            if let Node::File { hash: Some(hash), .. } = row.node {
                if !rests {
                    hashes.push(hash_of(hash.as_str()));
                }
            }
        }
        let mut contents = Index::new(hashes.len());
        for (at, hash) in hashes.iter().enumerate() {
            contents.put_once(*hash, at, |_| true);
        }
        Some(contents)
    }

    /// The document and the file of a pair, if both stand as the pair has them.
    fn rests(&mut self, pair: &Pair) -> Option<(usize, usize)> {
        let (crm, dropbox) = (pair.crm.as_ref()?, pair.dropbox.as_ref()?);
        let (next_document, next_file) = self.next;
        let at = match self.record.documents.get(next_document) {
            Some(next) if next.id == crm.id => next_document,
            _ => self.document(&crm.id)?,
        };
        let file_at = match self.rows.get(next_file) {
            Some(next) if id_of(next.node) == Some(&dropbox.id) => next_file,
            _ => self.file(&dropbox.id)?,
        };
        self.next = (at + 1, file_at + 1);
        let document = &self.record.documents[at];
        let row = &self.rows[file_at];
        let Node::File { rev, hash, .. } = row.node else { return None };
        let unchanged = pair.superseded.is_empty()
            && pair.lost_path.is_none()
            && document.size_bytes == crm.size_bytes
            && document.updated_at == crm.updated_at
            && document.place == crm.place
            && *rev == dropbox.rev
            && hash.as_ref() == Some(&pair.hash);
        if !unchanged || row.name != document.nfc.name {
            return None;
        }
        let folder = self.folders[row.folder].as_str();
        let path = dropbox.path.as_str();
        let told = match folder.is_empty() {
            true => path == row.name,
            false => {
                path.len() == folder.len() + 1 + row.name.len()
                    && path.starts_with(folder)
                    && path.as_bytes()[folder.len()] == b'/'
                    && path.ends_with(row.name)
            }
        };
        let key = row.key;
        let plain = told && is_plain(&document.nfc.name) && folds_to(path, key);
        (plain && self.is_folder_of(&document.nfc.folder, file_at)).then_some((at, file_at))
    }

    /// Does a folder of the CRM stand in Dropbox under the same spelling, at this file?
    fn is_folder_of(&mut self, folder: &'a str, file: usize) -> bool {
        let plain = match self.last_folder {
            Some((last, plain)) if last == folder => plain,
            _ => {
                let slashes = !(self.naming.slash_refused && folder.contains('/'));
                let plain = slashes
                    && folder.split('/').all(is_plain)
                    && !self.naming.is_default_folder(folder);
                self.last_folder = Some((folder, plain));
                plain
            }
        };
        let displayed = self.folders[self.rows[file].folder].as_str();
        match displayed.is_empty() {
            true => self.naming.is_default_folder(folder),
            false => plain && displayed == folder,
        }
    }

    fn others(self, resting: &Resting) -> Moving<'a> {
        fn moving(rests: &[bool]) -> impl Iterator<Item = usize> + '_ {
            rests.iter().enumerate().filter(|(_, rests)| !**rests).map(|(at, _)| at)
        }
        let nodes = &self.record.nodes;
        let file = |at: usize| tree::file_at(nodes, self.rows[at].key);
        Moving {
            documents: moving(&resting.documents).map(|at| &self.record.documents[at]).collect(),
            files: moving(&resting.files).filter_map(file).collect(),
            pairs: moving(&resting.pairs).collect(),
        }
    }
}

/// All files, in the order of their keys, and the folders they stand in, as displayed.
fn rows(nodes: &Nodes) -> (Vec<Row<'_>>, Vec<String>) {
    let mut rows = Vec::new();
    let mut folders: Vec<String> = Vec::new();
    let mut last = None;
    for (key, node) in nodes {
        let Node::File { name, .. } = node else { continue };
        let folder = split_dir(key).0;
        if last != Some(folder) {
            last = Some(folder);
            folders.push(tree::display(nodes, folder));
        }
        rows.push(Row { key, name, node, folder: folders.len() - 1 });
    }
    (rows, folders)
}

fn id_of(node: &Node) -> Option<&FileId> {
    match node {
        Node::File { id, .. } => Some(id),
        Node::Folder { .. } => None,
    }
}

/// A component that Dropbox takes as it is, and that nobody else takes for another one.
fn is_plain(name: &str) -> bool {
    let bytes = name.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    let odd = |byte: &u8| matches!(byte, 0..=31 | b'/' | b'\\' | 127);
    // A character beyond the basic plane may be refused; its first byte in UTF-8 is 0xf0 or more.
    bytes.len() < 200
        && !matches!(first, b'.' | b'~')
        && !matches!(last, b'.' | b' ')
        && (*last < 128 || !name.ends_with(char::is_whitespace))
        && !bytes.iter().any(|byte| odd(byte) || *byte >= 0xf0)
        && !name.eq_ignore_ascii_case("desktop.ini")
        && !name.eq_ignore_ascii_case("thumbs.db")
        && (name.is_ascii() || !name.contains('␍'))
}
