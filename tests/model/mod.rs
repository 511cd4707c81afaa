//! Both services as the engine sees them, and nothing of HTTP: a model to run the engine against, thousands of
//! histories a second. What it answers follows the published behaviour of both services.
#![allow(clippy::unwrap_used, dead_code, reason = "test support, shared by several test programs")]

use std::collections::{BTreeMap, BTreeSet};
use sync_core::*;

/// A small seeded generator (splitmix64).
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        (!items.is_empty()).then(|| &items[self.below(items.len() as u64) as usize])
    }
}

/// A content is a label; equal labels are equal bytes. Few sizes, so that sizes often agree.
pub type Content = u64;

pub fn hash_of(content: Content) -> ContentHash {
    format!("{content:064x}").into()
}

pub fn size_of(content: Content) -> u64 {
    if content >= HUGE {
        52_428_801
    } else {
        100 + content % 3
    }
}

/// Contents from here on are over the limit.
pub const HUGE: Content = 1 << 40;

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
}

#[derive(Clone, Debug, Default)]
pub struct World {
    pub records: BTreeMap<Record, CrmRecord>,
    pub dropboxes: Vec<Dropbox>,
    pub variants: Variants,
    pub clock: u64,
    pub next: u64,
    pub writes: u64,
    pub listings: u64,
    /// What users and engines did, in order.
    pub trace: Vec<String>,
    /// The trace holds every effect and outcome in full.
    pub verbose: bool,
    /// Contents that an upload under a taken name replaced: the CRM keeps them as older versions.
    pub versions: BTreeSet<Content>,
    /// Documents that listings miss though they stand there: pages shift while others are added.
    pub unlisted: BTreeSet<String>,
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
        let folder = if folder.is_empty() { "General" } else { folder };
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
        let folder = if place.folder.is_empty() { "General" } else { &place.folder };
        let place = match self.variants.normalises {
            true => &Place { folder: nfc(folder), name: nfc(&place.name) },
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
        let folder = folder.to_string();
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
                path_display: self.display(d, key),
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

    pub fn files(&self, d: usize) -> Vec<(String, Content)> {
        self.dropboxes[d]
            .things
            .iter()
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
        }
    }

    fn file_result(&self, d: usize, key: &str) -> Result<FileEntry, Failure> {
        self.file_entry(d, key).ok_or(Failure::NotFound)
    }

    /// Carries one effect out, at once and whole.
    pub fn perform(&mut self, d: usize, effect: &Effect) -> Outcome {
        let failed = Outcome::Failed;
        match effect {
            Effect::Load(_) | Effect::Save(_) => unreachable!("the store's"),
            Effect::ObserveDropbox { cursor } => {
                self.listings += 1;
                let log = &self.dropboxes[d].log;
                let epoch = self.dropboxes[d].epoch;
                let end = Cursor(format!("{epoch}:{}", log.len()));
                let mut entries: Vec<Entry> = match cursor {
                    None => {
                        let keys: Vec<String> = self.dropboxes[d].things.keys().cloned().collect();
                        keys.iter().filter_map(|key| self.entry(d, key)).collect()
                    }
                    Some(cursor) => {
                        let (known, at) = cursor.as_str().split_once(':').unwrap();
                        if known != epoch.to_string() {
                            return failed(Failure::CursorReset);
                        }
                        log[at.parse::<usize>().unwrap()..].to_vec()
                    }
                };
                if self.variants.child_first {
                    children_first(&mut entries);
                }
                Outcome::Changes { entries, cursor: end }
            }
            Effect::ListFolder { path } => {
                let entries = self
                    .below(d, &lower(path))
                    .iter()
                    .filter_map(|key| self.entry(d, key))
                    .collect();
                Outcome::Changes { entries, cursor: Cursor(String::new()) }
            }
            Effect::EnsureFolder { path } => {
                let existed = self.dropboxes[d].things.contains_key(&lower(path));
                Outcome::Folder { folder: self.make_folder(d, path), existed }
            }
            Effect::CountChildren { path } => {
                let key = lower(path);
                let below = self.below(d, &key);
                let direct = below.iter().filter(|k| !k[key.len() + 1..].contains('/')).count();
                Outcome::Children(direct as u32)
            }
            Effect::MoveFolder { from, to } => {
                let Some(key) = self.find_any(d, from) else {
                    return failed(Failure::NotFound);
                };
                if !self.dropboxes[d].things.contains_key(&key) {
                    return failed(Failure::NotFound);
                }
                if !self.rename(d, &key, to) {
                    return failed(Failure::Conflict);
                }
                self.writes += 1;
                Outcome::Folder { folder: self.folder_entry(d, &lower(to)).unwrap(), existed: true }
            }
            Effect::NameRecords { kind, ids } => Outcome::Names(
                ids.iter()
                    .filter_map(|id| {
                        let record = self.records.get(&Record::new(*kind, id.as_str()))?;
                        Some((id.clone(), record.name.clone()?))
                    })
                    .collect(),
            ),
            Effect::ListDocuments { record, .. } => match self.records.get(record) {
                Some(r) if r.forbidden => failed(Failure::Forbidden),
                Some(r) if !r.gone => Outcome::Documents(
                    r.docs
                        .iter()
                        .filter(|(id, _)| !self.unlisted.contains(*id))
                        .map(|(id, doc)| Self::document(id, doc))
                        .collect(),
                ),
                _ => failed(Failure::NotFound),
            },
            Effect::ConfirmGone { document } => {
                Outcome::Gone(self.find_doc(document.as_str()).is_none())
            }
            Effect::HashDocument { document, .. } => match self.find_doc(document.as_str()) {
                Some((_, doc)) => {
                    Outcome::Hashed { hash: hash_of(doc.content), size_bytes: size_of(doc.content) }
                }
                None => failed(Failure::NotFound),
            },
            Effect::StageDocument { document, .. } => match self.find_doc(document.as_str()) {
                Some((_, doc)) => Outcome::Staged(Staged {
                    session: doc.content.to_string(),
                    size_bytes: size_of(doc.content),
                    hash: hash_of(doc.content),
                }),
                None => failed(Failure::NotFound),
            },
            Effect::CommitFiles(commits) => {
                Outcome::Files(commits.iter().map(|commit| self.commit(d, commit)).collect())
            }
            Effect::MoveFiles(moves) => Outcome::Files(
                moves
                    .iter()
                    .map(|m| {
                        let key = self.find_file(d, m.id.as_str()).ok_or(Failure::NotFound)?;
                        if !self.rename(d, &key, &m.to) {
                            return Err(Failure::Conflict);
                        }
                        self.writes += 1;
                        self.file_result(d, &lower(&m.to))
                    })
                    .collect(),
            ),
            Effect::DeleteFiles(deletes) => Outcome::Deleted(
                deletes
                    .iter()
                    .map(|delete| {
                        let Some(key) = self.find_file(d, delete.id.as_str()) else {
                            return Ok(());
                        };
                        if self.file_result(d, &key)?.rev != delete.rev {
                            return Err(Failure::Conflict);
                        }
                        self.writes += 1;
                        self.delete(d, &key);
                        Ok(())
                    })
                    .collect(),
            ),
            Effect::CopyFile { id, to } => {
                let Some(key) = self.find_file(d, id.as_str()) else {
                    return failed(Failure::NotFound);
                };
                if self.dropboxes[d].things.contains_key(&lower(to)) {
                    return failed(Failure::Conflict);
                }
                let Some(Thing::File { content, .. }) = self.dropboxes[d].things.get(&key).cloned()
                else {
                    return failed(Failure::NotFound);
                };
                self.writes += 1;
                Outcome::Files(vec![self.put(d, to, content).ok_or(Failure::Conflict)])
            }
            Effect::CreateDocument { record, place, source, hash, .. } => {
                if self.variants.one_way {
                    return failed(Failure::KindRefused);
                }
                if self.variants.slash_refused && place.folder.contains('/') {
                    return failed(Failure::SlashRefused);
                }
                let content = match source {
                    Source::File { id, rev } => self.find_file(d, id.as_str()).and_then(|key| {
                        match self.dropboxes[d].things.get(&key)? {
                            Thing::File { content, rev: now, .. } if *now == rev.0 => {
                                Some(*content)
                            }
                            _ => None,
                        }
                    }),
                    Source::Document { id } => {
                        self.find_doc(id.as_str()).map(|(_, doc)| doc.content)
                    }
                };
                match content {
                    Some(content) if hash_of(content) == *hash => {
                        self.writes += 1;
                        self.upload(&record.clone(), &place.clone(), content);
                        Outcome::Done
                    }
                    _ => failed(Failure::Conflict),
                }
            }
            Effect::DeleteDocument { document } => {
                let found = self.find_doc(document.id.as_str()).map(|(record, doc)| {
                    (record.clone(), Self::document(document.id.as_str(), doc) == *document)
                });
                match found {
                    None => Outcome::Done,
                    Some((_, false)) => failed(Failure::Conflict),
                    Some((record, true)) => {
                        self.writes += 1;
                        let docs = &mut self.records.get_mut(&record).unwrap().docs;
                        docs.remove(document.id.as_str());
                        Outcome::Done
                    }
                }
            }
        }
    }

    fn commit(&mut self, d: usize, commit: &Commit) -> Result<FileEntry, Failure> {
        if self.dropboxes[d].full {
            return Err(Failure::OutOfSpace);
        }
        let content: Content = commit.staged.session.parse().unwrap();
        let key = self.find_any(d, &commit.path).ok_or(Failure::Conflict)?;
        let there = self.dropboxes[d].things.get(&key).cloned();
        match (&commit.mode, there) {
            (WriteMode::Add, None) => {}
            (WriteMode::Update(rev), Some(Thing::File { rev: now, .. })) if now == rev.0 => {}
            _ => return Err(Failure::Conflict),
        }
        self.writes += 1;
        let path = if commit.path.starts_with("id:") {
            self.display(d, &key)
        } else {
            commit.path.clone()
        };
        self.put(d, &path, content).ok_or(Failure::Conflict)
    }
}

/// Exchanges each folder with the entry of its child that follows it.
fn children_first(entries: &mut [Entry]) {
    for at in 1..entries.len() {
        let Entry::Folder(parent) = &entries[at - 1] else { continue };
        let below = format!("{}/", parent.path_lower);
        if matches!(&entries[at], Entry::File(file) if file.path_lower.starts_with(&below)) {
            entries.swap(at - 1, at);
        }
    }
}

/// A browser: an engine, what it stored, and the effects under way.
pub struct Browser {
    pub engine: Engine,
    pub dropbox: usize,
    pub index: Option<StoredIndex>,
    pub rows: BTreeMap<Record, StoredRecord>,
    pub tasks: Vec<Task>,
    pub reports: Vec<SyncReport>,
}

impl Browser {
    pub fn new(dropbox: usize) -> Self {
        Self {
            engine: Engine::new(Config::default(), None),
            dropbox,
            index: None,
            rows: BTreeMap::new(),
            tasks: Vec::new(),
            reports: Vec::new(),
        }
    }

    /// The tab dies; the next one begins with what was stored.
    pub fn crash(&mut self) {
        self.engine = Engine::new(Config::default(), self.index.clone());
        self.tasks.clear();
    }

    pub fn send(&mut self, event: Event, now: u64) {
        self.engine.set_today("2026-01-31");
        self.engine.handle(event, now);
        self.collect(now);
    }

    fn collect(&mut self, now: u64) {
        while let Some(task) = self.engine.poll_effect(now) {
            self.tasks.push(task);
        }
        if let Some(report) = self.engine.poll_report() {
            self.reports.push(report);
        }
    }

    /// Ends one effect under way; `fault` says how.
    pub fn finish(&mut self, world: &mut World, at: usize, fault: Fault) {
        let task = self.tasks.remove(at);
        let outcome = match &task.effect {
            Effect::Load(records) => Outcome::Records(
                records.iter().map(|r| (r.clone(), self.rows.get(r).cloned())).collect(),
            ),
            Effect::Save(_) if fault != Fault::None => Outcome::Failed(Failure::Store),
            Effect::Save(save) => {
                self.index = save.index.clone().or(self.index.take());
                for (record, row) in &save.records {
                    match row {
                        Some(row) => self.rows.insert(record.clone(), row.clone()),
                        None => self.rows.remove(record),
                    };
                }
                Outcome::Done
            }
            effect => match fault {
                Fault::None => world.perform(self.dropbox, effect),
                Fault::Before => Outcome::Failed(Failure::Unavailable(Side::Dropbox)),
                Fault::After => {
                    world.perform(self.dropbox, effect);
                    Outcome::Failed(Failure::Unavailable(Side::Dropbox))
                }
            },
        };
        world.trace.push(if world.verbose {
            format!("  [{}] {fault:?} {:?} -> {outcome:?}", self.dropbox, task.effect)
        } else {
            format!("  [{}] {fault:?} {:?}", self.dropbox, std::mem::discriminant(&task.effect))
        });
        self.engine.handle(Event::Done { task: task.id, outcome }, world.clock);
        self.collect(world.clock);
    }

    /// Runs until nothing is under way, without faults.
    pub fn settle(&mut self, world: &mut World) {
        for _ in 0..20_000 {
            if self.tasks.is_empty() {
                return;
            }
            self.finish(world, 0, Fault::None);
        }
        panic!("does not come to rest:\n{}", world.trace[world.trace.len() - 40..].join("\n"));
    }

    pub fn run(&mut self, world: &mut World) {
        let now = world.clock;
        self.send(Event::Run, now);
        self.settle(world);
    }

    pub fn press(&mut self, world: &mut World, record: &Record) {
        let now = world.clock;
        self.send(Event::Press { record: record.clone(), name: "Acme".into() }, now);
        self.settle(world);
    }
}

/// What goes wrong with one effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Nothing happened.
    Before,
    /// It happened, and nobody heard.
    After,
}

/// The places and contents of a record on both sides, for comparing.
pub fn contents(world: &World, record: &Record) -> BTreeSet<Content> {
    world
        .records
        .get(record)
        .map(|r| r.docs.values().map(|d| d.content).collect())
        .unwrap_or_default()
}
