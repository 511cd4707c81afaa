//! What people do on both sides, and what of their work is due afterwards.

use crate::content::{bytes_of, HUGE};
use crate::history::History;
use crate::ledger::{crm_contents, files, Standing};
use sandbox::teamleader::model::Subject;
use sandbox::teamleader::variants::FolderSlash;
use sandbox::World;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::Event;

const NAMES: [&str; 12] = [
    "a.txt",
    "b.txt",
    "A.txt",
    "c.pdf",
    "Ünïcode.docx",
    "U\u{308}ni\u{308}code.docx",
    "x\\y.txt",
    "😀.txt",
    "thumbs.db",
    "~$x.docx",
    "dot.",
    "d",
];
/// What a person's file system lets them put into Dropbox.
const FILE_NAMES: [&str; 7] =
    ["a.txt", "b.txt", "c.pdf", "Ünïcode.docx", "B.TXT", "d", "new file.txt"];
const FOLDERS: [&str; 6] = ["", "Contracts", "Contracts/2026", "General", "d", "Deep/er/still"];
const RECORD_NAMES: [&str; 9] =
    ["Acme", "Pied Piper", "acme", "a/b", " x ", "", "con", "..", "Ünïted 😀"];

/// A record's folder and the path below it: what a file's place is to the plugin.
type Place = (String, String);

/// What is remembered of a person's Dropbox.
#[derive(Default)]
pub struct Memory {
    /// Where each file stood, by account and id.
    stood: BTreeMap<(usize, String), BTreeSet<Place>>,
    /// What was deleted that once stood there: a file put there takes its place (K2).
    deleted: BTreeMap<(usize, Place), BTreeSet<u32>>,
    /// What a file held that was deleted: some get their id back at their old path, and are the same file then.
    held: BTreeMap<(usize, String), BTreeSet<u32>>,
}

impl History {
    /// One edit by somebody, on either side.
    pub fn edit(&mut self) {
        let subject = self.any_subject();
        if self.rng.one_in(2) {
            self.edit_crm(&subject);
        } else {
            let browser = self.any_browser();
            let account = self.browsers[browser].account;
            self.edit_dropbox(account, &subject);
        }
        self.scene.network.nudge();
        if self.rng.one_in(3) {
            let browser = self.any_browser();
            if let Some(driver) = self.driver(browser) {
                driver.send(Event::Changed { record: self.record(&subject) });
            }
        }
    }

    /// A content that nobody has had so far.
    fn fresh(&mut self) -> u32 {
        self.contents += 1;
        let number = if self.rng.one_in(25) { HUGE + self.contents } else { self.contents };
        self.ledger.borrow_mut().due.insert(number);
        number
    }

    /// A document put into the CRM.
    pub fn add_document(&mut self, subject: &Subject, folder: &str, name: &str) {
        let number = self.fresh();
        let folder = match self.scene.world().options.variants.crm.folder_slash {
            FolderSlash::Kept => folder.to_owned(),
            FolderSlash::Refused => folder.replace('/', " - "),
        };
        let now_ms = self.scene.now_ms();
        self.met(&format!("crm: add|{folder}/{name} {number}"));
        let mut bytes = bytes_of(number);
        if self.rng.one_in(40) {
            bytes.clear();
            self.ledger.borrow_mut().due.remove(&number);
        }
        self.scene.world().crm.user_add(subject, &folder, name, bytes, now_ms);
    }

    fn documents(&self, subject: &Subject) -> Vec<String> {
        let world = self.scene.world();
        world.crm.documents(subject).into_iter().map(|d| d.id.clone()).collect()
    }

    fn edit_crm(&mut self, subject: &Subject) {
        let ids = self.documents(subject);
        let document = self.pick(&ids);
        let now_ms = self.scene.now_ms();
        let folder = self.pick(&FOLDERS).unwrap_or_default();
        let name = self.pick(&NAMES).unwrap_or_default();
        match (self.rng.below(12), document) {
            (0..=3, _) | (_, None) => self.add_document(subject, folder, name),
            (4 | 5, Some(id)) => self.edit_document(&id),
            (6 | 7, Some(id)) => {
                self.met(&format!("crm: rename|{id} {name}"));
                self.ledger.borrow_mut().user_touched(&id);
                self.scene.world().crm.user_rename(&id, name, now_ms);
            }
            (8, Some(id)) => {
                self.met(&format!("crm: move|{id} {folder}"));
                self.ledger.borrow_mut().user_touched(&id);
                self.scene.world().crm.user_move(&id, &folder.replace('/', " - "), now_ms);
            }
            (9, Some(id)) => self.delete_document(&id),
            (10, Some(id)) if self.rng.one_in(3) => {
                // All of them, or all but one.
                self.met("crm: folder emptied");
                let spared = self.rng.one_in(2).then_some(id);
                ids.iter().filter(|id| Some(*id) != spared.as_ref()).for_each(|id| {
                    self.delete_document(id);
                });
            }
            (10, Some(_)) if ids.len() >= 10 && self.rng.one_in(2) => {
                self.met("crm: all edited");
                ids.iter().for_each(|id| self.edit_document(id));
            }
            (10, Some(id)) => self.delete_document(&id),
            (_, Some(_)) => self.rename_record(subject),
        }
    }

    fn edit_document(&mut self, id: &str) {
        let number = self.fresh();
        let now_ms = self.scene.now_ms();
        self.met(&format!("crm: edit|{id} {number}"));
        let old = self.content_of(id);
        let mut ledger = self.ledger.borrow_mut();
        ledger.user_touched(id);
        ledger.due.retain(|content| Some(*content) != old);
        self.scene.world().crm.user_edit(id, bytes_of(number), now_ms);
    }

    fn delete_document(&mut self, id: &str) {
        self.met(&format!("crm: delete|{id}"));
        if let Some(old) = self.content_of(id) {
            self.ledger.borrow_mut().due.remove(&old);
        }
        self.scene.world().crm.user_delete(id);
    }

    fn content_of(&self, id: &str) -> Option<u32> {
        let world = self.scene.world();
        crate::content::number_of(world.crm.document(id)?.content.bytes())
    }

    fn rename_record(&mut self, subject: &Subject) {
        let name = self.pick(&RECORD_NAMES).unwrap_or_default();
        let now_ms = self.scene.now_ms();
        self.met(&format!("crm: record renamed|{name}"));
        self.scene.world().crm.rename_record(subject, name, now_ms);
        for browser in 0..self.browsers.len() {
            if self.rng.one_in(2) {
                let (record, name) = (self.record(subject), self.name(subject));
                if let Some(driver) = self.driver(browser) {
                    driver.send(Event::Named { record, name });
                }
            }
        }
    }

    /// The record's folder in this Dropbox, as a key.
    fn folder(&mut self, account: usize, subject: &Subject) -> Option<String> {
        let roots: Vec<String> = {
            let world = self.scene.world();
            let nodes = &world.dropbox.accounts()[account].tree.nodes;
            let leaf = format!("/{}", subject.id.to_lowercase());
            nodes
                .iter()
                .filter(|(key, node)| node.file.is_none() && key.ends_with(&leaf))
                .map(|(key, _)| key.to_string())
                .collect()
        };
        self.pick(&roots)
    }

    fn edit_dropbox(&mut self, account: usize, subject: &Subject) {
        let Some(root) = self.folder(account, subject) else {
            return self.edit_crm(subject);
        };
        let below = format!("{root}/");
        let all = files(&self.scene.world(), account);
        let mine: Vec<String> =
            all.values().filter(|f| f.key.starts_with(&below)).map(|f| f.key.clone()).collect();
        let file = self.pick(&mine);
        let other = self.pick(&mine);
        let target = {
            let folder = self.pick(&FOLDERS).unwrap_or_default();
            let name = self.pick(&FILE_NAMES).unwrap_or_default();
            if folder.is_empty() {
                format!("{root}/{name}")
            } else {
                format!("{root}/{folder}/{name}")
            }
        };
        let folders: Vec<String> = self.folders_below(account, &below);
        let folder = self.pick(&folders);
        let another = self.any_subject();
        match (self.rng.below(22), file) {
            (0..=4, _) | (_, None) => self.put(account, &target, "add"),
            (5..=7, Some(file)) => self.put(account, &file, "edit"),
            (8..=10, Some(file)) => self.relocate(account, "rename", &[(&file, &target)]),
            (11 | 12, Some(file)) => self.delete(account, &file, "delete"),
            (13, Some(file)) => {
                let number = self.fresh();
                self.by_person(account, &format!("saved as new|{file} {number}"), |world| {
                    world.with_dropbox(|dropbox, ctx| {
                        dropbox.user_delete(ctx, account, &file)?;
                        dropbox.user_put(ctx, account, &file, bytes_of(number)).map(drop)
                    })
                });
            }
            (14, Some(file)) => {
                let other = other.filter(|other| *other != file).unwrap_or(target);
                let aside = format!("{root}/aside.tmp");
                let steps = [(&*file, &*aside), (&*other, &*file), (&*aside, &*other)];
                self.relocate(account, "swap", &steps);
            }
            (15, Some(file)) => match (folder, self.rng.below(3)) {
                (Some(folder), 0) => {
                    let to = format!("{folder} renamed");
                    self.relocate(account, "folder renamed", &[(&folder, &to)]);
                }
                (Some(folder), 1) => self.delete(account, &folder, "folder deleted"),
                _ => self.relocate(account, "moved away", &[(&file, &format!("/{}", name(&file)))]),
            },
            (16, Some(file)) => {
                // F1: a folder takes the file's name.
                let number = self.fresh();
                self.by_person(account, &format!("folder for file|{file} {number}"), |world| {
                    world.with_dropbox(|dropbox, ctx| {
                        dropbox.user_delete(ctx, account, &file)?;
                        let inside = format!("{file}/inside.txt");
                        dropbox.user_put(ctx, account, &inside, bytes_of(number)).map(drop)
                    })
                });
            }
            (17, Some(_)) => {
                // F2: a file takes the folder's name.
                let Some(folder) = folder else { return self.put(account, &target, "add") };
                let number = self.fresh();
                self.by_person(account, &format!("file for folder|{folder} {number}"), |world| {
                    world.with_dropbox(|dropbox, ctx| {
                        dropbox.user_delete(ctx, account, &folder)?;
                        dropbox.user_put(ctx, account, &folder, bytes_of(number)).map(drop)
                    })
                });
            }
            (18, Some(file)) => match self.folder(account, &another).filter(|to| *to != root) {
                Some(to) => {
                    let to = format!("{to}/{}", name(&file));
                    self.relocate(account, "moved to another record", &[(&file, &to)]);
                }
                None => self.put(account, &target, "add"),
            },
            (19, Some(_)) if self.rng.one_in(3) => {
                self.delete(account, &root, "record folder deleted");
            }
            (20, Some(_)) if self.rng.one_in(3) => {
                let to = format!("/Archive {}/{}", self.contents, subject.id);
                self.relocate(account, "record folder moved", &[(&root, &to)]);
            }
            (21, Some(_)) if mine.len() >= 10 && self.rng.one_in(2) => {
                self.met("dropbox: all edited");
                mine.iter().for_each(|file| self.put(account, file, "edit"));
            }
            (_, Some(_)) => self.put(account, &target, "add"),
        }
    }

    /// Deletes every linked folder at once (G1).
    pub fn empty_dropbox(&mut self, account: usize) {
        for subject in self.subjects.clone() {
            if let Some(root) = self.folder(account, &subject) {
                self.delete(account, &root, "record folder deleted");
            }
        }
    }

    fn folders_below(&self, account: usize, below: &str) -> Vec<String> {
        let world = self.scene.world();
        let nodes = &world.dropbox.accounts()[account].tree.nodes;
        let folders =
            nodes.iter().filter(|(key, node)| node.file.is_none() && key.starts_with(below));
        folders.map(|(key, _)| key.to_string()).collect()
    }

    fn put(&mut self, account: usize, path: &str, what: &str) {
        let number = self.fresh();
        self.by_person(account, &format!("{what}|{path} {number}"), |world| {
            world.with_dropbox(|d, ctx| d.user_put(ctx, account, path, bytes_of(number)).map(drop))
        });
    }

    fn delete(&mut self, account: usize, path: &str, what: &str) {
        self.by_person(account, &format!("{what}|{path}"), |world| {
            world.with_dropbox(|dropbox, ctx| dropbox.user_delete(ctx, account, path))
        });
    }

    fn relocate(&mut self, account: usize, what: &str, steps: &[(&str, &str)]) {
        self.by_person(account, &format!("{what}|{steps:?}"), |world| {
            world.with_dropbox(|dropbox, ctx| {
                for (from, to) in steps {
                    dropbox.user_move(ctx, account, from, to)?;
                }
                Ok(())
            })
        });
    }

    /// A person's step in Dropbox, and what it leaves due. What Dropbox refuses is not done.
    fn by_person(
        &mut self,
        account: usize,
        what: &str,
        act: impl FnOnce(&mut World) -> Result<(), String>,
    ) {
        let before = files(&self.scene.world(), account);
        self.remember(account, &before);
        let done = act(&mut self.scene.world());
        let after = files(&self.scene.world(), account);
        if done.is_ok() {
            self.met(&format!("dropbox: {what}"));
        }
        self.settle_books(account, &before, &after);
        self.remember(account, &after);
    }

    fn settle_books(
        &mut self,
        account: usize,
        before: &BTreeMap<String, Standing>,
        after: &BTreeMap<String, Standing>,
    ) {
        let crm = crm_contents(&self.scene.world(), None);
        let occupied: BTreeSet<Place> =
            after.values().filter_map(|file| self.place(&file.key)).collect();
        let mut gone = BTreeSet::new();
        for (id, file) in before {
            let content = file.content;
            match after.get(id) {
                Some(now) if now.content == content => {}
                Some(_) => gone.extend(content),
                None => {
                    let held = self.memory.held.entry((account, id.clone())).or_default();
                    held.extend(content);
                    let stood = self.memory.stood.remove(&(account, id.clone()));
                    for place in stood.unwrap_or_default() {
                        // Something else stands where it stood: both within one cycle are an edit (K2).
                        if occupied.contains(&place) {
                            gone.extend(content);
                        }
                        let deleted = self.memory.deleted.entry((account, place)).or_default();
                        deleted.extend(content);
                    }
                    // Kept in the CRM if it is there; else this was all there is of it.
                    gone.extend(content.filter(|content| !crm.contains(content)));
                }
            }
        }
        for (id, file) in after {
            if before.get(id).is_some_and(|old| old.key == file.key) {
                continue;
            }
            if !before.contains_key(id) {
                let held = self.memory.held.remove(&(account, id.clone()));
                gone.extend(held.unwrap_or_default());
            }
            if let Some(place) = self.place(&file.key) {
                gone.extend(self.memory.deleted.remove(&(account, place)).unwrap_or_default());
            }
        }
        let still: BTreeSet<u32> = after.values().filter_map(|file| file.content).collect();
        let left = before.values().filter_map(|file| file.content);
        let mut ledger = self.ledger.borrow_mut();
        ledger.user_took_out(left.filter(|content| !still.contains(content)));
        ledger.due.retain(|content| !gone.contains(content));
        // What could not be put there does not count.
        let standing = ledger.standing(&self.scene.world());
        ledger.due.retain(|content| standing.contains(content));
    }

    fn remember(&mut self, account: usize, files: &BTreeMap<String, Standing>) {
        for (id, file) in files {
            if let Some(place) = self.place(&file.key) {
                self.memory.stood.entry((account, id.clone())).or_default().insert(place);
            }
        }
    }

    fn place(&self, key: &str) -> Option<Place> {
        self.subjects.iter().find_map(|subject| {
            let folder = format!("/{}/", subject.id.to_lowercase());
            let (_, below) = key.split_once(&folder)?;
            Some((subject.id.clone(), below.to_owned()))
        })
    }
}

fn name(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}
