//! Both services as the engine sees them, and nothing of HTTP: a model to run the engine against, thousands of
//! histories a second. What it answers follows the published behaviour of both services.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unused_imports,
    reason = "test support, shared by several test programs"
)]

mod browser;
pub mod case;
mod perform;
mod rng;
mod shared;

pub use browser::{Browser, Fault, SHARED};
pub use rng::Rng;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::*;

/// A content is a label; equal labels are equal bytes. Few sizes, so that sizes often agree.
pub type Content = u64;

pub fn hash_of(content: Content) -> ContentHash {
    format!("{content:064x}").into()
}

pub fn size_of(content: Content) -> u64 {
    match content {
        HUGE.. => 52_428_801,
        LIMIT => 52_428_800,
        BELOW_LIMIT => 52_428_799,
        other => 100 + other % 3,
    }
}

/// Contents from here on are over the limit.
pub const HUGE: Content = 1 << 40;
/// The largest content that is copied.
pub const LIMIT: Content = 1 << 39;
/// One byte less.
pub const BELOW_LIMIT: Content = LIMIT - 1;

#[derive(Clone, Debug, PartialEq)]
pub struct Doc {
    pub place: Place,
    pub content: Content,
    pub stamp: u64,
}

#[derive(Clone, Debug, Default)]
pub struct CrmRecord {
    /// Told when names are asked for.
    pub name: Option<String>,
    pub docs: BTreeMap<String, Doc>,
    pub forbidden: bool,
    pub gone: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    File { name: String, id: String, rev: String, content: Content },
    Folder { name: String, id: String },
}

/// What the documentation leaves open, drawn by seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Variants {
    pub same_name_is_new_version: bool,
    pub slash_refused: bool,
    pub deleted_lists_children: bool,
    pub one_way: bool,
    /// The CRM stores names in NFC.
    pub normalises: bool,
    /// Dropbox lists a child before its parent (F5).
    pub child_first: bool,
}

/// One user's Dropbox.
#[derive(Clone, Debug, Default)]
pub struct Dropbox {
    pub things: BTreeMap<String, Thing>,
    pub log: Vec<Entry>,
    pub epoch: u64,
    pub full: bool,
    /// What each revision of the checkpoint's files says, and when it was written by the service's time.
    pub shared: BTreeMap<String, (Said, u64)>,
}

/// What a file of the checkpoint says.
#[derive(Clone, Debug)]
pub enum Said {
    Lease(Lease),
    Share(Share),
    /// Nothing that makes sense, or another account's.
    Nonsense,
    /// A newer version wrote it.
    Newer,
}

#[derive(Clone, Debug, Default)]
pub struct World {
    pub records: BTreeMap<Record, CrmRecord>,
    pub dropboxes: Vec<Dropbox>,
    pub variants: Variants,
    pub clock: u64,
    /// How far the browsers' clocks were set back; the service's goes on.
    pub set_back: i64,
    pub next: u64,
    pub writes: u64,
    /// Of the checkpoint's files.
    pub shared_writes: u64,
    pub listings: u64,
    /// How often something became of the checkpoint.
    pub met: BTreeMap<&'static str, u64>,
    /// What users and engines did, in order.
    pub trace: Vec<String>,
    /// The trace holds every effect and outcome in full.
    pub verbose: bool,
    /// Contents that an upload under a taken name replaced: the CRM keeps them as older versions.
    pub versions: BTreeSet<Content>,
    /// Documents that listings miss though they stand there: pages shift while others are added.
    pub unlisted: BTreeSet<String>,
    /// What the CRM calls the default folder.
    pub default_folder: String,
    /// Contents that neither service takes.
    pub refused: BTreeSet<Content>,
    /// Contents of which no download arrives whole.
    pub unreadable: BTreeSet<Content>,
    /// Folders hold more files than Dropbox moves at once.
    pub too_many_files: bool,
}

/// Both services' NFC, as far as the names of the histories need it.
pub fn nfc(text: &str) -> String {
    text.replace("e\u{301}", "é")
}

fn lower(path: &str) -> String {
    fold(&nfc(path))
}

impl World {
    pub fn new(variants: Variants, dropboxes: usize) -> Self {
        Self {
            variants,
            dropboxes: vec![Dropbox::default(); dropboxes],
            clock: 1_000,
            default_folder: "General".into(),
            ..Self::default()
        }
    }

    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn add(&mut self, record: &Record, folder: &str, name: &str, content: Content) -> String {
        let id = format!("doc-{:05}", self.id());
        self.clock += 1;
        let folder = if folder.is_empty() { &self.default_folder } else { folder };
        let place = Place { folder: folder.into(), name: name.into() };
        self.trace.push(format!("crm {record:?} add {id} {place:?} = {content:x}"));
        let doc = Doc { place, content, stamp: self.clock };
        self.records.entry(record.clone()).or_default().docs.insert(id.clone(), doc);
        id
    }

    pub fn edit(&mut self, record: &Record, id: &str, content: Content) {
        self.clock += 1;
        self.trace.push(format!("crm edit {id} = {content:x}"));
        let stamp = self.clock;
        if let Some(doc) = self.records.get_mut(record).and_then(|r| r.docs.get_mut(id)) {
            doc.content = content;
            doc.stamp = stamp;
        }
    }

    fn upload(&mut self, record: &Record, place: &Place, content: Content) {
        let folder = match place.folder.as_str() {
            "" => self.default_folder.clone(),
            folder => folder.to_owned(),
        };
        let place = match self.variants.normalises {
            true => &Place { folder: nfc(&folder), name: nfc(&place.name) },
            false => place,
        };
        if self.variants.same_name_is_new_version {
            let old = self.records.get(record).and_then(|r| {
                r.docs
                    .iter()
                    .find(|(_, d)| d.place.folder == folder && d.place.name == place.name)
                    .map(|(id, _)| id.clone())
            });
            if let Some(id) = old {
                let before = self.records[record].docs[&id].content;
                self.versions.insert(before);
                return self.edit(record, &id, content);
            }
        }
        self.add(record, &folder, &place.name, content);
    }

    // ── Dropbox ──────────────────────────────────────────────────────────────────────────────

    pub fn put(&mut self, d: usize, path: &str, content: Content) -> Option<FileEntry> {
        let key = lower(path);
        let parents: Vec<&str> = path.match_indices('/').map(|(at, _)| &path[..at]).collect();
        for parent in parents.into_iter().filter(|p| !p.is_empty()) {
            match self.dropboxes[d].things.get(&lower(parent)) {
                Some(Thing::File { .. }) => return None,
                Some(Thing::Folder { .. }) => {}
                None => {
                    self.make_folder(d, parent);
                }
            }
        }
        let rev = format!("{:09x}", self.id());
        let (id, name) = match self.dropboxes[d].things.get(&key) {
            Some(Thing::File { id, name, .. }) => (id.clone(), name.clone()),
            Some(Thing::Folder { .. }) => return None,
            None => (format!("id:f{:05}", self.id()), nfc(split_dir(path).1)),
        };
        self.dropboxes[d].things.insert(key.clone(), Thing::File { name, id, rev, content });
        let entry = self.file_entry(d, &key).unwrap();
        self.trace.push(format!("dropbox {d} put {} {key} = {content:x}", entry.id));
        self.dropboxes[d].log.push(Entry::File(entry.clone()));
        Some(entry)
    }

    pub fn make_folder(&mut self, d: usize, path: &str) -> FolderEntry {
        let mut last = None;
        for at in path.match_indices('/').map(|(at, _)| at).chain([path.len()]).filter(|at| *at > 0)
        {
            let part = &path[..at];
            let key = lower(part);
            if !self.dropboxes[d].things.contains_key(&key) {
                let id = format!("id:d{:05}", self.id());
                let name = split_dir(part).1.to_string();
                self.dropboxes[d].things.insert(key.clone(), Thing::Folder { name, id });
                let entry = self.folder_entry(d, &key).unwrap();
                self.dropboxes[d].log.push(Entry::Folder(entry));
            }
            last = self.folder_entry(d, &key);
        }
        last.unwrap()
    }

    fn display(&self, d: usize, key: &str) -> String {
        let mut path = String::new();
        for at in key.match_indices('/').map(|(at, _)| at).chain([key.len()]).filter(|at| *at > 0) {
            match self.dropboxes[d].things.get(&key[..at]) {
                Some(Thing::File { name, .. } | Thing::Folder { name, .. }) => {
                    path.push('/');
                    path.push_str(name);
                }
                None => path.push_str("/?"),
            }
        }
        path
    }

    pub fn file_entry(&self, d: usize, key: &str) -> Option<FileEntry> {
        match self.dropboxes[d].things.get(key)? {
            Thing::File { id, rev, content, .. } => Some(FileEntry {
                path_lower: key.into(),
                path_display: self.display(d, key),
                id: id.as_str().into(),
                rev: rev.as_str().into(),
                size_bytes: size_of(*content),
                hash: Some(hash_of(*content)),
            }),
            Thing::Folder { .. } => None,
        }
    }

    fn folder_entry(&self, d: usize, key: &str) -> Option<FolderEntry> {
        match self.dropboxes[d].things.get(key)? {
            Thing::Folder { id, .. } => Some(FolderEntry {
                path_lower: key.into(),
                path: self.display(d, key),
                id: id.as_str().into(),
            }),
            Thing::File { .. } => None,
        }
    }

    fn entry(&self, d: usize, key: &str) -> Option<Entry> {
        self.file_entry(d, key)
            .map(Entry::File)
            .or_else(|| self.folder_entry(d, key).map(Entry::Folder))
    }

    fn below(&self, d: usize, key: &str) -> Vec<String> {
        let prefix = format!("{key}/");
        self.dropboxes[d].things.keys().filter(|k| k.starts_with(&prefix)).cloned().collect()
    }

    pub fn delete(&mut self, d: usize, key: &str) -> bool {
        let below = self.below(d, key);
        if self.dropboxes[d].things.remove(key).is_none() {
            return false;
        }
        for child in &below {
            self.dropboxes[d].things.remove(child);
        }
        self.trace.push(format!("dropbox {d} delete {key}"));
        let mut deleted = vec![key.to_string()];
        if self.variants.deleted_lists_children {
            deleted.extend(below);
        }
        let entries = deleted.into_iter().map(|path_lower| Entry::Deleted { path_lower });
        self.dropboxes[d].log.extend(entries);
        true
    }

    /// A file or a folder with all below; ids stay.
    pub fn rename(&mut self, d: usize, key: &str, to: &str) -> bool {
        let to_key = lower(to);
        let inside = to_key == key || to_key.starts_with(&format!("{key}/"));
        if inside
            || self.dropboxes[d].things.contains_key(&to_key)
            || !self.dropboxes[d].things.contains_key(key)
        {
            return false;
        }
        for at in to.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0) {
            if matches!(self.dropboxes[d].things.get(&lower(&to[..at])), Some(Thing::File { .. })) {
                return false;
            }
        }
        let parent = split_dir(to).0.to_string();
        if !parent.is_empty() {
            self.make_folder(d, &parent);
        }
        self.trace.push(format!("dropbox {d} rename {key} -> {to}"));
        let mut moved = vec![(key.to_string(), to_key.clone())];
        for child in self.below(d, key) {
            moved.push((child.clone(), format!("{to_key}{}", &child[key.len()..])));
        }
        for (from, target) in &moved {
            let mut thing = self.dropboxes[d].things.remove(from).unwrap();
            if *target == to_key {
                match &mut thing {
                    Thing::File { name, .. } | Thing::Folder { name, .. } => {
                        *name = split_dir(to).1.to_string();
                    }
                }
            }
            self.dropboxes[d].things.insert(target.clone(), thing);
        }
        self.dropboxes[d].log.push(Entry::Deleted { path_lower: key.into() });
        for (_, target) in &moved {
            let entry = self.entry(d, target).unwrap();
            self.dropboxes[d].log.push(entry);
        }
        true
    }

    pub fn find_file(&self, d: usize, wanted: &str) -> Option<String> {
        self.dropboxes[d].things.iter().find_map(|(key, thing)| match thing {
            Thing::File { id, .. } if id == wanted => Some(key.clone()),
            _ => None,
        })
    }

    fn find_any(&self, d: usize, wanted: &str) -> Option<String> {
        if !wanted.starts_with("id:") {
            return Some(lower(wanted));
        }
        self.dropboxes[d].things.iter().find_map(|(key, thing)| match thing {
            Thing::File { id, .. } | Thing::Folder { id, .. } if id == wanted => Some(key.clone()),
            _ => None,
        })
    }

    /// Its files, but for the checkpoint's.
    pub fn files(&self, d: usize) -> Vec<(String, Content)> {
        self.dropboxes[d]
            .things
            .iter()
            .filter(|(key, _)| !key.starts_with("/.teamleader-sync/"))
            .filter_map(|(key, thing)| match thing {
                Thing::File { content, .. } => Some((key.clone(), *content)),
                Thing::Folder { .. } => None,
            })
            .collect()
    }

    fn find_doc(&self, id: &str) -> Option<(&Record, &Doc)> {
        self.records.iter().find_map(|(record, r)| r.docs.get(id).map(|doc| (record, doc)))
    }

    fn document(id: &str, doc: &Doc) -> Document {
        Document {
            id: id.into(),
            place: doc.place.clone(),
            nfc: Place { folder: nfc(&doc.place.folder), name: nfc(&doc.place.name) },
            size_bytes: size_of(doc.content),
            updated_at: format!("t{}", doc.stamp),
            hash: None,
        }
    }

    fn file_result(&self, d: usize, key: &str) -> Result<FileEntry, Failure> {
        self.file_entry(d, key).ok_or(Failure::NotFound)
    }
}

/// The places and contents of a record on both sides, for comparing.
pub fn contents(world: &World, record: &Record) -> BTreeSet<Content> {
    world
        .records
        .get(record)
        .map(|r| r.docs.values().map(|d| d.content).collect())
        .unwrap_or_default()
}
