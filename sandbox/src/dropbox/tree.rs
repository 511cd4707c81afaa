//! The tree of one app folder: what stands where, every revision, and the log that cursors read.
//! Rules of writing are in `write.rs`, JSON in `metadata.rs`.

use super::names::{parent_of, Path};
use crate::content::Content;
use crate::rng::Rng;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// A file or a folder.
#[derive(Clone, Debug)]
pub struct Node {
    /// `id:…`, 25 characters.
    pub id: Arc<str>,
    /// The last component, as typed.
    pub name: Arc<str>,
    /// A file's content; `None` for a folder.
    pub file: Option<File>,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct File {
    /// Hex digits.
    pub rev: Arc<str>,
    /// Bytes and hash.
    pub content: Content,
    /// As the client said, ms since 1970.
    pub client_modified_ms: u64,
    /// When it was committed, ms since 1970.
    pub server_modified_ms: u64,
    /// Not so for documents that live on the web only.
    pub is_downloadable: bool,
}

/// One line of the log: what stands at this place from now on.
#[derive(Clone, Debug)]
pub struct Change {
    /// The place's key.
    pub key: Arc<str>,
    /// The place as typed.
    pub display: Arc<str>,
    /// `None`: nothing.
    pub node: Option<Node>,
}

/// A revision that was once current.
#[derive(Clone, Debug)]
pub struct Revision {
    /// The file it is of.
    pub id: Arc<str>,
    /// Where it stood.
    pub key: Arc<str>,
    /// Where it stood, as typed.
    pub display: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its content.
    pub file: File,
}

/// What is remembered of a deleted file or folder.
#[derive(Clone, Debug)]
pub struct Tombstone {
    /// The place as typed.
    pub display: Arc<str>,
    /// What it was.
    pub node: Node,
    /// When, ms since 1970.
    pub deleted_ms: u64,
}

/// One app folder.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// By key. The root has no node.
    pub nodes: BTreeMap<Arc<str>, Node>,
    /// Where each id stands.
    pub places: BTreeMap<Arc<str>, Arc<str>>,
    /// Every change, in order. Cursors are positions in it.
    pub log: Vec<Change>,
    /// Every revision, by rev.
    pub revisions: BTreeMap<Arc<str>, Revision>,
    /// Revs by key, oldest first.
    pub revs_by_key: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Revs by file id, oldest first.
    pub revs_by_id: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// What was deleted, by key, as long as nothing stands there again.
    pub tombstones: BTreeMap<Arc<str>, Tombstone>,
    /// Bytes of all current files.
    pub used_bytes: u64,
    /// Raised when all cursors are reset.
    pub epoch: u64,
    next_rev: u64,
}

impl Tree {
    /// What stands at a key.
    pub fn at(&self, key: &str) -> Option<&Node> {
        self.nodes.get(key)
    }

    /// Everything below a folder, parents before children.
    pub fn below<'a>(&'a self, key: &str) -> impl Iterator<Item = (&'a Arc<str>, &'a Node)> + 'a {
        // '0' follows '/' in ASCII: this range holds exactly the keys that begin with "key/".
        let (from, to) = (format!("{key}/"), format!("{key}0"));
        self.nodes.range::<str, _>((Bound::Included(from.as_str()), Bound::Excluded(to.as_str())))
    }

    /// The place as typed, from the names of what stands on the way.
    pub fn display(&self, key: &str) -> Arc<str> {
        let mut out = String::with_capacity(key.len());
        for (at, _) in key.match_indices('/').skip(1).chain([(key.len(), "")]) {
            let prefix = &key[..at];
            let name = self.nodes.get(prefix).map(|node| &*node.name);
            out.push('/');
            out.push_str(name.unwrap_or_else(|| super::names::name_of(prefix)));
        }
        out.into()
    }

    /// A fresh revision.
    pub fn new_rev(&mut self) -> Arc<str> {
        self.next_rev += 1;
        format!("6{:011x}{:08x}", self.next_rev, 0x2f5c_4a10_u32).into()
    }

    /// A fresh id.
    pub fn new_id(rng: &mut Rng) -> Arc<str> {
        format!("id:{}", rng.token(22)).into()
    }

    /// Makes the folders above a path. The error is that a file stands in the way.
    pub fn make_parents(&mut self, path: &Path, rng: &mut Rng) -> Result<(), FileInTheWay> {
        self.check_parents(path)?;
        let parent = parent_of(&path.key);
        if parent.is_empty() || self.nodes.contains_key(parent) {
            return Ok(());
        }
        // Lowering replaces a character by one that may be shorter: components pair up, bytes do not.
        let names: Vec<&str> = path.display.split('/').collect();
        for (depth, (at, _)) in path.key.match_indices('/').skip(1).enumerate() {
            let key = &path.key[..at];
            if !self.nodes.contains_key(key) {
                let node =
                    Node { id: Tree::new_id(rng), name: names[depth + 1].into(), file: None };
                self.put(key.into(), node);
            }
        }
        Ok(())
    }

    /// Whether a file stands among the ancestors.
    pub fn check_parents(&self, path: &Path) -> Result<(), FileInTheWay> {
        for (at, _) in path.key.match_indices('/').skip(1) {
            if self.nodes.get(&path.key[..at]).is_some_and(|node| node.file.is_some()) {
                return Err(FileInTheWay);
            }
        }
        Ok(())
    }

    /// Puts a node at a key whose parents stand, writes the log, and the revision of a file.
    pub fn put(&mut self, key: Arc<str>, node: Node) {
        if let Some(old) = self.nodes.get(&key) {
            self.used_bytes -= size_of_node(old);
            let id = old.id.clone();
            if id != node.id {
                self.places.remove(&id);
            }
        }
        self.used_bytes += size_of_node(&node);
        self.tombstones.remove(&key);
        self.places.insert(node.id.clone(), key.clone());
        self.nodes.insert(key.clone(), node.clone());
        let display = self.display(&key);
        if let Some(file) = &node.file {
            if !self.revisions.contains_key(&file.rev) {
                let revision = Revision {
                    id: node.id.clone(),
                    key: key.clone(),
                    display: display.clone(),
                    name: node.name.clone(),
                    file: file.clone(),
                };
                self.revs_by_key.entry(key.clone()).or_default().push(file.rev.clone());
                self.revs_by_id.entry(node.id.clone()).or_default().push(file.rev.clone());
                self.revisions.insert(file.rev.clone(), revision);
            }
        }
        self.log.push(Change { key, display, node: Some(node) });
    }

    /// Takes a file or a folder with all below it away; writes the log: one line for what was
    /// named, and one for each child only if asked.
    pub fn remove(&mut self, key: &str, now_ms: u64, log_children: bool) -> Vec<(Arc<str>, Node)> {
        let mut taken: Vec<(Arc<str>, Node)> = Vec::new();
        if let Some((key, node)) = self.nodes.get_key_value(key) {
            taken.push((key.clone(), node.clone()));
        }
        taken.extend(self.below(key).map(|(key, node)| (key.clone(), node.clone())));
        let displays: Vec<Arc<str>> = taken.iter().map(|(key, _)| self.display(key)).collect();
        for ((at, (key, node)), display) in taken.iter().enumerate().zip(displays) {
            self.nodes.remove(key);
            self.used_bytes -= size_of_node(node);
            self.places.remove(&node.id);
            let tombstone =
                Tombstone { display: display.clone(), node: node.clone(), deleted_ms: now_ms };
            self.tombstones.insert(key.clone(), tombstone);
            if at == 0 || log_children {
                self.log.push(Change { key: key.clone(), display, node: None });
            }
        }
        taken
    }
}

/// A file stands where a folder is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileInTheWay;

fn size_of_node(node: &Node) -> u64 {
    node.file.as_ref().map_or(0, |file| file.content.size())
}
