//! Random trees: one that both sides agreed on, and what people made of it on either side since.

use proptest::prelude::*;
use sync_core::*;

const FOLDERS: [&str; 4] = ["", "Contracts", "Contracts/2026", "c.pdf"];
const NAMES: [&str; 6] = ["a.txt", "b.txt", "A.txt", "c.pdf", "a (2).txt", "x\\y.txt"];

/// A content is a number; sizes often agree.
pub type Content = u64;

/// What a person did to one document or file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Keep,
    Edit,
    /// The same edit on both sides.
    SameEdit,
    Delete,
    Rename(usize),
    Move(usize),
    RenameAndEdit(usize),
    /// Saved by deleting and creating.
    SaveAsNew,
}

/// Somewhere, and what stands there.
pub type Spot = (usize, usize);

/// What both sides agreed on, and what people did since.
#[derive(Clone, Debug)]
pub struct Story {
    pub agreed: Vec<Spot>,
    pub crm: Vec<Change>,
    pub dropbox: Vec<Change>,
    pub new_in_crm: Vec<Spot>,
    pub new_in_dropbox: Vec<Spot>,
    /// How documents and pairs are shuffled.
    pub order: u64,
}

pub fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => Just(Change::Keep),
        3 => Just(Change::Edit),
        1 => Just(Change::SameEdit),
        3 => Just(Change::Delete),
        2 => (0..NAMES.len()).prop_map(Change::Rename),
        2 => (0..FOLDERS.len()).prop_map(Change::Move),
        1 => (0..NAMES.len()).prop_map(Change::RenameAndEdit),
        1 => Just(Change::SaveAsNew),
    ]
}

pub fn story() -> impl Strategy<Value = Story> {
    let spot = || (0..FOLDERS.len(), 0..NAMES.len());
    let spots = |most| prop::collection::vec(spot(), 0..most);
    let changes = || prop::collection::vec(change(), 9);
    (spots(9), changes(), changes(), spots(4), spots(4), any::<u64>()).prop_map(
        |(agreed, crm, dropbox, new_in_crm, new_in_dropbox, order)| Story {
            agreed,
            crm,
            dropbox,
            new_in_crm,
            new_in_dropbox,
            order,
        },
    )
}

pub fn hash(content: Content) -> ContentHash {
    ContentHash(format!("{content:064x}"))
}

pub fn size(content: Content) -> u64 {
    1 + content % 3
}

/// The world of one record, as far as a planner's steps can change it.
#[derive(Clone, Debug, Default)]
pub struct Sides {
    pub record: StoredRecord,
    /// What each document holds, hashed or not.
    pub contents: Vec<(DocumentId, Content)>,
    /// Contents that people made since the sides agreed.
    pub fresh: Vec<Content>,
    next: u64,
}

impl Story {
    /// The three trees.
    pub fn tell(&self) -> Sides {
        let mut sides = Sides::default();
        let mut agreed: Vec<(DocumentId, FileId)> = Vec::new();
        for (folder, name) in &self.agreed {
            // Two documents never share a path: a second one of a name is no part of what was agreed.
            let content = sides.number();
            let place = place(*folder, *name);
            let path = Naming::default().path_of(&place);
            let Some(file) = sides.put(&path, content) else { continue };
            let document = sides.add(place, content);
            let seen = sides.record.documents.last().expect("it was just added").clone();
            let file_seen = file_of(&sides.record.nodes, &file).expect("it was put");
            sides.record.pairs.push(Pair {
                crm: Some(CrmSide {
                    id: seen.id,
                    place: seen.place,
                    size_bytes: seen.size_bytes,
                    updated_at: seen.updated_at,
                }),
                dropbox: Some(DropboxSide {
                    id: file_seen.id,
                    path: file_seen.path,
                    rev: file_seen.rev,
                }),
                hash: hash(content),
                superseded: Vec::new(),
                lost_path: None,
            });
            agreed.push((document, file));
        }
        for (at, (document, file)) in agreed.iter().enumerate() {
            sides.change_document(document, self.crm[at], at);
            sides.change_file(file, self.dropbox[at], at);
        }
        for (folder, name) in &self.new_in_crm {
            let content = sides.fresh();
            sides.add(place(*folder, *name), content);
        }
        for (folder, name) in &self.new_in_dropbox {
            let content = sides.fresh();
            let path = Naming::default().path_of(&place(*folder, *name));
            if sides.put(&path, content).is_none() {
                sides.fresh.pop();
            }
        }
        sides
    }
}

fn place(folder: usize, name: usize) -> Place {
    Place { folder: FOLDERS[folder].into(), name: NAMES[name].into() }
}

impl Sides {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn fresh(&mut self) -> Content {
        let content = self.number();
        self.fresh.push(content);
        content
    }

    /// A new document, as a listing shows it.
    pub fn add(&mut self, place: Place, content: Content) -> DocumentId {
        let number = self.number();
        let id = DocumentId(format!("doc-{number:04}"));
        let folder = if place.folder.is_empty() { "General".into() } else { place.folder };
        let place = Place { folder, name: place.name };
        self.record.documents.push(Document {
            id: id.clone(),
            nfc: place.clone(),
            place,
            size_bytes: size(content),
            updated_at: format!("t{number}"),
            hash: None,
        });
        self.contents.push((id.clone(), content));
        id
    }

    /// What a document holds.
    pub fn content(&self, id: &DocumentId) -> Option<Content> {
        self.contents.iter().find(|(other, _)| other == id).map(|(_, content)| *content)
    }

    /// A file at a free path; nothing where something stands in the way.
    pub fn put(&mut self, path: &str, content: Content) -> Option<FileId> {
        if !self.is_free(path) {
            return None;
        }
        let id = FileId(format!("id:{:04}", self.number()));
        self.write(path, id.clone(), content);
        Some(id)
    }

    /// Nothing stands there, and no file where a folder has to be.
    pub fn is_free(&self, path: &str) -> bool {
        let key = fold(path);
        let nodes = &self.record.nodes;
        let mut parents = key.match_indices('/').map(|(at, _)| &key[..at]);
        nodes.get(&key).is_none()
            && parents.all(|parent| !matches!(nodes.get(parent), Some(Node::File { .. })))
    }

    /// This file stands there with this content, in a new revision, and nowhere else.
    pub fn write(&mut self, path: &str, id: FileId, content: Content) -> FileEntry {
        let rev = Revision(format!("{}", self.number()));
        let entry = FileEntry {
            path_lower: fold(path),
            path_display: path.into(),
            id,
            rev,
            size_bytes: size(content),
            hash: Some(hash(content)),
        };
        for (at, _) in path.match_indices('/') {
            let folder = &path[..at];
            let name = split_dir(folder).1.to_owned();
            self.record.nodes.insert(fold(folder), Node::Folder { name });
        }
        place_file(&mut self.record.nodes, &fold(path), &entry);
        entry
    }

    /// What a file holds.
    pub fn content_of_file(&self, id: &FileId) -> Option<Content> {
        let file = file_of(&self.record.nodes, id)?;
        u64::from_str_radix(file.hash?.as_str(), 16).ok()
    }

    pub fn forget_file(&mut self, id: &FileId) {
        if let Some(file) = file_of(&self.record.nodes, id) {
            remove(&mut self.record.nodes, &file.key);
        }
    }

    fn change_document(&mut self, id: &DocumentId, change: Change, at: usize) {
        let renamed = match change {
            Change::Rename(name) | Change::RenameAndEdit(name) => Some(NAMES[name]),
            _ => None,
        };
        let edited = match change {
            Change::Edit | Change::RenameAndEdit(_) => Some(self.fresh()),
            Change::SameEdit => Some(10_000 + at as u64),
            _ => None,
        };
        let number = self.number();
        let documents = &mut self.record.documents;
        let seen = documents.iter_mut().find(|seen| seen.id == *id).expect("it was added");
        match change {
            Change::Keep => return,
            Change::Delete => {
                documents.retain(|seen| seen.id != *id);
                return;
            }
            Change::SaveAsNew => {
                let place = seen.place.clone();
                documents.retain(|seen| seen.id != *id);
                let content = self.fresh();
                self.add(place, content);
                return;
            }
            Change::Move(folder) => seen.place.folder = FOLDERS[folder].into(),
            _ => {}
        }
        if let Some(name) = renamed {
            seen.place.name = name.into();
        }
        seen.nfc = seen.place.clone();
        seen.updated_at = format!("t{number}");
        if let Some(content) = edited {
            seen.size_bytes = size(content);
            self.contents.retain(|(other, _)| other != id);
            self.contents.push((id.clone(), content));
        }
    }

    fn change_file(&mut self, id: &FileId, change: Change, at: usize) {
        let Some(file) = file_of(&self.record.nodes, id) else { return };
        let content = self.content_of_file(id).expect("it holds something");
        let (folder, name) = split_dir(&file.path);
        let to = match change {
            Change::Rename(new) | Change::RenameAndEdit(new) => join(folder, NAMES[new]),
            Change::Move(new) => join(FOLDERS[new], name),
            _ => file.path.clone(),
        };
        match change {
            Change::Keep => {}
            Change::Delete => self.forget_file(id),
            Change::SaveAsNew => {
                self.forget_file(id);
                let content = self.fresh();
                self.put(&file.path, content);
            }
            Change::Edit | Change::SameEdit => {
                let same = 10_000 + at as u64;
                let content = if change == Change::SameEdit { same } else { self.fresh() };
                self.write(&file.path, id.clone(), content);
            }
            _ => {
                self.forget_file(id);
                let to = if self.is_free(&to) { to } else { file.path };
                let edits = matches!(change, Change::RenameAndEdit(_));
                let content = if edits { self.fresh() } else { content };
                self.write(&to, id.clone(), content);
            }
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    let name = name.replace('\\', "＼");
    if folder.is_empty() {
        name
    } else {
        format!("{folder}/{name}")
    }
}
