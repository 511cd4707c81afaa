//! Worlds with many documents, and a user who has them all in Dropbox.

use crate::support::ports::WorldPorts;
use crate::support::scene::Scene;
use crate::support::store::MemoryStore;
use sandbox::teamleader::model::{Kind, Subject};
use sandbox::{Options, Origin};
use std::rc::Rc;
use sync_core::{Event, Record, RecordKind, SyncReport};
use teamleader_dropbox::driver::Driver;

/// A world in which one user works.
pub struct Scenery {
    /// Both services and the clock.
    pub scene: Scene,
    /// The user's plugin.
    pub driver: Rc<Driver<WorldPorts>>,
    /// What is linked.
    pub records: Vec<Record>,
}

impl Scenery {
    /// A user without links, connected.
    pub fn new(options: Options) -> Self {
        let mut scene = Scene::new(options, None);
        let tab = scene.tab(&MemoryStore::default(), "anna", 1);
        let account = scene.connect(&tab, 0);
        let setup = scene.setup(&tab, &account);
        let (driver, _) = scene.drive(&tab, setup).unwrap();
        Self { scene, driver, records: Vec::new() }
    }

    /// So many records with so many small documents each, all of them copied.
    pub fn linked(record_count: usize, document_count: usize) -> Self {
        let mut this = Self::new(Options::default());
        for number in 0..record_count {
            let record = this.record(&format!("Company {number}"), document_count, 20);
            this.press(&record, &format!("Company {number}"));
        }
        // The cycles after the copy learn of our own writes, and find nothing to do.
        for _ in 0..3 {
            let report = this.sync();
            assert_eq!(report.error, None, "{report:?}");
        }
        let linked: u32 = this.driver.status().links.iter().map(|link| link.synced_count).sum();
        assert_eq!(linked as usize, record_count * document_count);
        this.scene.world().log.clear();
        this
    }

    /// A record with so many documents of this size, none like another.
    pub fn record(&mut self, name: &str, document_count: usize, size_bytes: usize) -> Record {
        let record = self.scene.add_record(RecordKind::Company, name);
        let subject = Subject::new(Kind::Company, record.id.clone());
        let now_ms = self.scene.now_ms();
        let mut world = self.scene.world();
        for number in 0..document_count {
            let mut bytes = format!("{} {number}", record.id).into_bytes();
            bytes.resize(size_bytes.max(bytes.len()), b'.');
            let folder = format!("Year {}", number % 10);
            let name = format!("Document {number}.txt");
            world.crm.user_add(&subject, &folder, &name, bytes, now_ms).unwrap();
        }
        drop(world);
        self.records.push(record.clone());
        record
    }

    /// The button.
    pub fn press(&self, record: &Record, name: &str) {
        self.driver.send(Event::Press { record: record.clone(), name: name.into() });
    }

    /// One cycle over all.
    pub fn sync(&mut self) -> SyncReport {
        let driver = self.driver.clone();
        self.scene.executor.block_on(async move { driver.sync().await })
    }

    /// Waits for what was just asked for: until nothing runs any more.
    pub fn until_idle(&mut self) {
        let driver = self.driver.clone();
        self.scene.executor.block_on(async move {
            let mut version = driver.version();
            loop {
                version = driver.changed(version).await;
                if !driver.is_running() {
                    return;
                }
            }
        });
    }

    /// What Dropbox was asked, by route, since the log was emptied.
    pub fn dropbox_requests(&self) -> Vec<String> {
        let world = self.scene.world();
        let log = world.log.iter();
        log.filter(|entry| !is_crm(entry.origin)).map(|entry| entry.target.clone()).collect()
    }

    /// How often the CRM was asked since the log was emptied.
    pub fn crm_request_count(&self) -> usize {
        self.scene.world().log.iter().filter(|entry| is_crm(entry.origin)).count()
    }
}

/// One of the CRM's origins.
pub fn is_crm(origin: Origin) -> bool {
    matches!(origin, Origin::Crm | Origin::CrmApi | Origin::CrmFiles)
}
