//! One record with one user: a connected tab over the world, the button, and both trees by content.

use super::ports::{content_hash, WorldPorts};
use super::scene::{Scene, Tab};
use super::store::MemoryStore;
use sandbox::teamleader::model::{Kind, Subject};
use sandbox::{Options, World};
use std::collections::BTreeMap;
use std::rc::Rc;
use sync_core::{Event, Record, RecordKind, RecordState, SyncReport};
use teamleader_dropbox::driver::{Driver, Setup};

/// Where things stand, with the hash of their content.
pub type Tree = Vec<(String, String)>;

/// A company with documents, and a connected tab.
pub struct Stage {
    /// The world with its tabs.
    pub scene: Scene,
    /// The user's browser.
    pub browser: MemoryStore,
    /// Its tab.
    pub tab: Tab,
    /// The Dropbox account's id.
    pub account: String,
    /// The company.
    pub record: Record,
}

/// A stage at rest, to begin from again and again.
#[derive(Clone)]
pub struct Snapshot {
    world: World,
    rows: BTreeMap<String, String>,
    account: String,
    record: Record,
}

impl Stage {
    /// An ordinary world.
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    /// A world made so.
    pub fn with(options: Options) -> Self {
        let scene = Scene::new(options, None);
        let browser = MemoryStore::default();
        let tab = scene.tab(&browser, "anna", 1);
        let account = scene.connect(&tab, 0);
        let record = scene.add_record(RecordKind::Company, "Pied Piper");
        Self { scene, browser, tab, account, record }
    }

    /// As it stands; what a tab has in memory is not part of it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            world: self.scene.world().clone(),
            rows: self.browser.rows(),
            account: self.account.clone(),
            record: self.record.clone(),
        }
    }

    /// From a snapshot, with a new tab; with a seed, the order of tasks is drawn.
    pub fn of(snapshot: &Snapshot, seed: Option<u64>) -> Self {
        let scene = Scene::of(snapshot.world.clone(), seed);
        let browser = MemoryStore::of(snapshot.rows.clone());
        let tab = scene.tab(&browser, "anna", 2);
        let Snapshot { account, record, .. } = snapshot.clone();
        Self { scene, browser, tab, account, record }
    }

    /// The record in the CRM's words.
    pub fn subject(&self) -> Subject {
        Subject::new(Kind::Company, self.record.id.clone())
    }

    /// Somebody puts a document into the CRM; gives its id.
    pub fn add_document(&self, folder: &str, name: &str, bytes: &[u8]) -> String {
        let (subject, now_ms) = (self.subject(), self.scene.now_ms());
        self.scene.world().crm.user_add(&subject, folder, name, bytes, now_ms).unwrap()
    }

    /// The id of a document by its name.
    pub fn document(&self, name: &str) -> String {
        let world = self.scene.world();
        let documents = world.crm.documents(&self.subject());
        documents.iter().find(|document| document.name == name).expect(name).id.clone()
    }

    /// Somebody saves a file below the record's folder.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        let mut world = self.scene.world();
        world.with_dropbox(|dropbox, ctx| dropbox.user_put(ctx, 0, &path, bytes)).unwrap();
    }

    /// Somebody deletes a file below the record's folder.
    pub fn delete(&self, name: &str) {
        let path = self.path(name);
        let mut world = self.scene.world();
        world.with_dropbox(|dropbox, ctx| dropbox.user_delete(ctx, 0, &path)).unwrap();
    }

    /// What a driver of the tab is told.
    pub fn setup(&self) -> Setup {
        self.scene.setup(&self.tab, &self.account)
    }

    /// A driver in the tab.
    pub fn drive(&mut self) -> Rc<Driver<WorldPorts>> {
        let setup = self.setup();
        self.scene.drive(&self.tab.clone(), setup).unwrap().0
    }

    /// Another tab of the same browser with its driver; the old one is gone.
    pub fn reopen(&mut self) -> Rc<Driver<WorldPorts>> {
        self.tab.ports.power().cut();
        self.tab = self.scene.tab(&self.browser, "anna", 3);
        self.drive()
    }

    /// The button, and the cycle that follows.
    pub fn press(&mut self, driver: &Rc<Driver<WorldPorts>>) -> SyncReport {
        driver.send(Event::Press { record: self.record.clone(), name: "Pied Piper".into() });
        let driver = driver.clone();
        self.scene.executor.block_on(async move { driver.look().await })
    }

    /// One cycle.
    pub fn sync(&mut self, driver: &Rc<Driver<WorldPorts>>) -> SyncReport {
        let driver = driver.clone();
        self.scene.executor.block_on(async move { driver.sync().await })
    }

    /// Cycles until one has nothing left to do.
    pub fn settle(&mut self, driver: &Rc<Driver<WorldPorts>>) {
        for _ in 0..12 {
            let before = self.trees();
            // The rest of a cycle that is running may have looked before the last change.
            let whole = !driver.is_running();
            let report = self.sync(driver);
            if whole && report.error.is_none() && !driver.is_running() && self.trees() == before {
                return;
            }
        }
        panic!("does not settle: {:#?}", self.trees());
    }

    /// Files of the Dropbox, but for the checkpoint's.
    pub fn files(&self) -> Tree {
        let mut tree = self.scene.world().dropbox.tree(0);
        tree.retain(|path, _| !is_checkpoint(path));
        tree.into_iter().filter_map(|(path, (_, hash))| Some((path, hash?))).collect()
    }

    /// Documents of the record, `folder/name`, the default folder left out.
    pub fn documents(&self) -> Tree {
        let world = self.scene.world();
        let documents = world.crm.documents(&self.subject());
        let mut tree: Tree = documents
            .iter()
            .map(|document| {
                let place = match document.folder.as_str() {
                    "General" => document.name.clone(),
                    folder => format!("{folder}/{}", document.name),
                };
                (place, document.content.hash().to_owned())
            })
            .collect();
        tree.sort();
        tree
    }

    /// Both sides: documents, files.
    pub fn trees(&self) -> (Tree, Tree) {
        (self.documents(), self.files())
    }

    /// Both sides hold exactly these, by place and content.
    pub fn expect_both(&self, wanted: &[(&str, &[u8])]) {
        let mut wanted: Tree = wanted
            .iter()
            .map(|(place, bytes)| ((*place).to_owned(), content_hash(bytes).to_string()))
            .collect();
        wanted.sort();
        assert_eq!(self.documents(), wanted, "the CRM");
        let mut files: Tree =
            wanted.iter().map(|(place, hash)| (self.path(place), hash.clone())).collect();
        files.sort();
        let mut found = self.files();
        found.sort();
        assert_eq!(found, files, "Dropbox");
    }

    /// A path below the record's folder.
    pub fn path(&self, name: &str) -> String {
        format!("/Companies/Pied Piper/{}/{name}", self.record.id)
    }

    /// Requests so far.
    pub fn request_count(&self) -> usize {
        self.scene.world().log.len()
    }

    /// How the record is.
    pub fn state(&self, driver: &Rc<Driver<WorldPorts>>) -> RecordState {
        driver.record_status(&self.record).expect("the record is linked").state
    }
}

/// A file of the checkpoint, which is nobody's document.
pub fn is_checkpoint(path: &str) -> bool {
    path.starts_with("/.teamleader-sync/")
}
