//! What stands below a record's folder in Dropbox, and how listings change it.

use crate::effect::{Entry, FileEntry};
use crate::ids::{ContentHash, FileId, Revision};
use crate::map::Map;
use crate::path::{below, split_dir};
use crate::state::Node;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The nodes of one record, by `path_lower` relative to its folder.
pub type Nodes = Map<String, Node>;

/// A file with its whole displayed path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Displayed, relative to the record's folder.
    pub path: String,
    /// The server's key, relative to the record's folder.
    pub key: String,
    /// Its id.
    pub id: FileId,
    /// Its revision.
    pub rev: Revision,
    /// In bytes.
    pub size_bytes: u64,
    /// Absent for files that cannot be downloaded.
    pub hash: Option<ContentHash>,
}

/// Puts files together with the displayed names of their folders: mostly one after the other is in the same.
pub(crate) struct Displayed<'a> {
    nodes: &'a Nodes,
    folder: (&'a str, String),
}

impl<'a> Displayed<'a> {
    pub(crate) fn new(nodes: &'a Nodes) -> Self {
        Self { nodes, folder: ("", String::new()) }
    }

    /// The file that this node is, if it is one.
    pub(crate) fn file(&mut self, key: &'a str, node: &Node) -> Option<File> {
        let Node::File { name, id, rev, size_bytes, hash } = node else { return None };
        let folder = split_dir(key).0;
        if self.folder.0 != folder {
            self.folder = (folder, display(self.nodes, folder));
        }
        Some(File {
            path: below(&self.folder.1, name),
            key: key.to_string(),
            id: id.clone(),
            rev: rev.clone(),
            size_bytes: *size_bytes,
            hash: hash.clone(),
        })
    }
}

/// All files, by key.
pub fn files(nodes: &Nodes) -> Vec<File> {
    let mut displayed = Displayed::new(nodes);
    let mut files = Vec::new();
    for (key, node) in nodes {
        if let Some(file) = displayed.file(key, node) {
            files.push(file);
        }
    }
    files
}

/// Files by their ids, each once (the last path wins if a listing ever repeats an id).
pub(crate) fn by_id(files: &[File]) -> Map<&FileId, &File> {
    let mut found = Map::new();
    for file in files {
        found.insert(&file.id, file);
    }
    found
}

/// The file of this id, wherever it stands.
pub fn file_of(nodes: &Nodes, wanted: &FileId) -> Option<File> {
    let is = |node: &Node| matches!(node, Node::File { id, .. } if id == wanted);
    let (key, node) = nodes.iter().find(|(_, node)| is(node))?;
    Displayed::new(nodes).file(key, node)
}

/// The path of the file of this id, as displayed; empty if it stands nowhere.
pub(crate) fn path_of(nodes: &Nodes, wanted: &FileId) -> String {
    file_of(nodes, wanted).map(|file| file.path).unwrap_or_default()
}

/// How many files there are.
pub fn count_files(nodes: &Nodes) -> u32 {
    nodes.values().filter(|node| matches!(node, Node::File { .. })).count() as u32
}

/// Only the last component of a `path_display` is sure: the path is put together from the nodes' own names.
pub(crate) fn display(nodes: &Nodes, key: &str) -> String {
    let mut path = String::new();
    let mut end = 0;
    for part in key.split('/') {
        end += part.len();
        if !path.is_empty() {
            path.push('/');
        }
        match nodes.get(&key[..end]) {
            Some(Node::Folder { name } | Node::File { name, .. }) => path.push_str(name),
            None => path.push_str(part),
        }
        end += 1;
    }
    path
}

/// Applies one entry. `relative` is its `path_lower` below the record's folder, never empty.
pub fn apply(nodes: &mut Nodes, relative: String, entry: Entry) {
    match entry {
        Entry::Deleted { .. } => remove(nodes, &relative),
        Entry::Folder(folder) => {
            // F5: children may have come before it; only a file standing here gives way.
            if matches!(nodes.get(&relative), Some(Node::File { .. })) {
                remove(nodes, &relative);
            }
            let name = split_dir(&folder.path).1.to_string();
            nodes.insert(relative, Node::Folder { name });
        }
        Entry::File(file) => {
            remove_below(nodes, &relative);
            put(nodes, relative, file);
        }
    }
}

/// A file as a write's answer shows it: it stands there and nowhere else.
pub fn place_file(nodes: &mut Nodes, relative: &str, file: &FileEntry) {
    let mut elsewhere = Vec::new();
    for (key, node) in nodes.iter() {
        if matches!(node, Node::File { id, .. } if *id == file.id) && key != relative {
            elsewhere.push(key.clone());
        }
    }
    remove_each(nodes, elsewhere);
    put(nodes, relative.to_string(), file.clone());
}

/// Removes a path and everything below.
pub fn remove(nodes: &mut Nodes, relative: &str) {
    nodes.remove(relative);
    remove_below(nodes, relative);
}

fn remove_below(nodes: &mut Nodes, relative: &str) {
    // What begins with the path follows it, and mostly nothing does.
    let mut next = nodes.from_key(relative).skip_while(|(key, _)| *key == relative);
    if !next.next().is_some_and(|(key, _)| key.starts_with(relative)) {
        return;
    }
    let folder = [relative, "/"].concat();
    let mut below = Vec::new();
    for (key, _) in nodes.from_key(folder.as_str()) {
        if !key.starts_with(&folder) {
            break;
        }
        below.push(key.clone());
    }
    remove_each(nodes, below);
}

fn remove_each(nodes: &mut Nodes, keys: Vec<String>) {
    for key in keys {
        nodes.remove(key.as_str());
    }
}

fn put(nodes: &mut Nodes, relative: String, file: FileEntry) {
    let name = split_dir(&file.path_display).1.to_string();
    let FileEntry { id, rev, size_bytes, hash, .. } = file;
    nodes.insert(relative, Node::File { name, id, rev, size_bytes, hash });
}
