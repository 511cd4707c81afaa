//! A driver of the plugin in the page, connected, with documents at hand or a CRM to ask.

use crate::at_hand::{AtHand, Document, CRM};
use js_sys::ArrayBuffer;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use sync_core::{
    Config, CrmSide, DropboxSide, Entry, Event, FolderEntry, Link, Node, Outcome, Pair, Place,
    Record, RecordKind, StoredIndex, StoredRecord, SCHEMA,
};
use teamleader_dropbox::auth::{App, Auth, Owner};
use teamleader_dropbox::driver::{Driver, Setup, StateKey};
use teamleader_dropbox::dropbox::Dropbox;
use teamleader_dropbox::json::Write;
use teamleader_dropbox::platform::{now_ms, BrowserPorts, Database};
use teamleader_dropbox::ports::{Endpoints, Secrets, Store};
use teamleader_dropbox::wire::Wire;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

const APP_KEY: &str = "sandbox-app-key";
const UPDATED_AT: &str = "2026-01-05T09:00:00+00:00";

/// One user's plugin.
#[wasm_bindgen]
pub struct Session {
    ports: Rc<AtHand>,
    auth: Rc<Auth<AtHand>>,
    api_base: String,
    driver: Option<Rc<Driver<AtHand>>>,
}

fn owner() -> Owner {
    Owner { account: "account".into(), user: "user".into() }
}

fn key() -> StateKey {
    StateKey { account: "account".into(), user: "user".into(), dropbox: "dbid:bench".into() }
}

fn company(id: &str) -> Record {
    Record::new(RecordKind::Company, id)
}

#[wasm_bindgen]
impl Session {
    /// Connected with this token; without a `crm_base` the CRM is at hand.
    pub async fn open(
        api: String,
        content: String,
        dropbox_token: String,
        crm_base: Option<String>,
        crm_token: String,
    ) -> Session {
        let database = Database::open().await.unwrap();
        let token = js_sys::Promise::resolve(&JsValue::from(crm_token));
        let tokens = Box::new(move |_refused| Ok(token.clone()));
        let inner = BrowserPorts::new(database, tokens);
        let ports = Rc::new(AtHand {
            inner,
            documents: RefCell::default(),
            rows: RefCell::default(),
            real_crm: Cell::new(crm_base.is_some()),
            crm_calls: Cell::new(0),
            held_bytes: Cell::new(0),
            most_held_bytes: Cell::new(0),
            asked_ms: Cell::new(0),
            committed_ms: Cell::new(0),
            begun_ms: now_ms(),
            in_a_hurry: Cell::new(false),
        });
        let sealed = ports.seal(&dropbox_token).await.unwrap();
        let row = json!({
            "account": { "id": "dbid:bench", "name": "A Person", "email": "person@example.com" },
            "app_key": APP_KEY, "revoked": false,
            "sealed_refresh": sealed, "sealed_access": sealed,
            "expires_ms": u64::MAX / 4,
        });
        ports.save(vec![("auth/account/user".into(), Some(row.to_string()))]).await.unwrap();
        let endpoints = Endpoints { api, content, ..Endpoints::default() };
        let app = App { key: APP_KEY.into(), redirect_uri: String::new(), endpoints };
        let auth = Rc::new(Auth::new(ports.clone(), app, &owner()));
        let api_base = crm_base.unwrap_or_else(|| CRM.into());
        Session { ports, auth, api_base, driver: None }
    }

    /// Timed cycles are to be measured, in which requests to the CRM at hand are spread out: the clock runs faster.
    pub fn hurry(&self) {
        self.ports.in_a_hurry.set(true);
    }

    /// The CRM at hand has the documents that [`Session::link`] stored, in this page or another.
    pub fn recall(&self) {
        *self.ports.rows.borrow_mut() = Some(row_prefix());
    }

    /// Puts a document into the CRM at hand.
    pub fn add(
        &self,
        record: String,
        id: String,
        folder: String,
        name: String,
        content: ArrayBuffer,
    ) {
        let size_bytes = u64::from(content.byte_length());
        let content = Some(content);
        let document = Document { record, id, folder, name, size_bytes, content };
        self.ports.documents.borrow_mut().push(document);
    }

    /// Takes everything that stands in Dropbox for linked records whose documents are in the CRM at hand, and stores
    /// that as the state. `known`: with the position in Dropbox's changes; otherwise the next cycle lists all.
    pub async fn link(&self, known: bool) -> usize {
        let wire = Rc::new(Wire::new(self.ports.clone()));
        let told = Dropbox::new(wire, self.auth.clone()).changes(None).await.unwrap();
        let Outcome::Changes { entries, cursor } = told else {
            panic!("a listing tells of changes")
        };
        let mut records: Vec<(Link, StoredRecord)> = Vec::new();
        // A record's folder is told of before what is in it.
        for entry in &entries {
            match entry {
                Entry::Folder(folder) if folder.path_lower.split('/').count() == 4 => {
                    records.push((
                        link(folder),
                        StoredRecord { schema: SCHEMA, ..Default::default() },
                    ));
                }
                Entry::Folder(folder) => {
                    if let Some((link, stored)) = records.last_mut() {
                        let root = &link.folder.as_ref().unwrap().path_lower;
                        if let Some(key) = folder.path_lower.strip_prefix(&format!("{root}/")) {
                            let name = folder.path.rsplit('/').next().unwrap().into();
                            stored.nodes.insert(key.into(), Node::Folder { name });
                        }
                    }
                }
                Entry::File(file) => {
                    let (link, stored) = records.last_mut().unwrap();
                    self.adopt(link, stored, file);
                }
                Entry::Deleted { .. } => {}
            }
        }
        let mut index = StoredIndex { schema: SCHEMA, ..StoredIndex::default() };
        index.cursor = known.then_some(cursor);
        let mut rows = Vec::new();
        for (link, mut stored) in records {
            if !known {
                stored.nodes.clear();
            }
            let row = format!("{}{}", row_prefix(), link.record.id);
            rows.push((row, Some(stored.write_text())));
            index.links.push(link);
        }
        let count = index.links.iter().map(|link| link.synced_count as usize).sum();
        rows.push((format!("{}index", key().prefix()), Some(index.write_text())));
        self.ports.save(rows).await.unwrap();
        count
    }

    fn adopt(&self, link: &mut Link, stored: &mut StoredRecord, file: &sync_core::FileEntry) {
        let root = link.folder.as_ref().unwrap();
        let path = file.path_display[root.path.len() + 1..].to_owned();
        let key = file.path_lower[root.path_lower.len() + 1..].to_owned();
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let place = Place { folder: folder.into(), name: name.into() };
        let id = format!("document-{}", file.id.as_str());
        let hash = file.hash.clone().unwrap();
        stored.nodes.insert(
            key,
            Node::File {
                name: name.into(),
                id: file.id.clone(),
                rev: file.rev.clone(),
                size_bytes: file.size_bytes,
                hash: Some(hash.clone()),
            },
        );
        stored.documents.push(sync_core::Document {
            id: id.as_str().into(),
            nfc: place.clone(),
            place: place.clone(),
            size_bytes: file.size_bytes,
            updated_at: UPDATED_AT.into(),
            hash: Some(hash.clone()),
        });
        stored.pairs.push(Pair {
            crm: Some(CrmSide {
                id: id.as_str().into(),
                place,
                size_bytes: file.size_bytes,
                updated_at: UPDATED_AT.into(),
            }),
            dropbox: Some(DropboxSide {
                id: file.id.clone(),
                path: path.clone(),
                rev: file.rev.clone(),
            }),
            hash,
            superseded: Vec::new(),
            lost_path: None,
        });
        link.synced_count += 1;
        link.file_count += 1;
        self.ports.documents.borrow_mut().push(Document {
            record: link.record.id.clone(),
            id,
            folder: folder.into(),
            name: name.into(),
            size_bytes: file.size_bytes,
            content: None,
        });
    }

    /// Starts the driver over the state that is stored.
    pub async fn start(&mut self) {
        let setup = Setup {
            key: key(),
            crm_api_base: self.api_base.clone(),
            config: Config::default(),
            longpoll: false,
        };
        let driver = Driver::open(self.ports.clone(), self.auth.clone(), setup).await.unwrap();
        let driver = Rc::new(driver);
        self.driver = Some(driver.clone());
        spawn_local(async move { driver.run().await });
    }

    /// Presses the button for a record and waits until it is at rest; the answer is how many documents stand on
    /// both sides.
    pub async fn copy(&self, record: String, name: String) -> u32 {
        let driver = self.driver.clone().unwrap();
        let record = company(&record);
        driver.send(Event::Press { record: record.clone(), name });
        let mut version = driver.version();
        loop {
            version = driver.changed(version).await;
            if driver.is_running() {
                continue;
            }
            let status = driver.status();
            assert!(status.error.is_none(), "{:?}", status.error);
            let link = status.links.iter().find(|link| link.record == record);
            if let Some(link) = link.filter(|link| link.settled_ms.is_some()) {
                return link.synced_count;
            }
        }
    }

    /// One whole cycle; the answer is how many requests it took, the CRM's at hand among them.
    pub async fn sync(&self) -> u32 {
        let report = self.driver.as_ref().unwrap().sync().await;
        assert!(report.error.is_none(), "{:?}", report.error);
        report.requests
    }

    /// A cycle as Dropbox's longpoll begins it: only what changed there is looked at.
    pub async fn observe(&self) -> u32 {
        let report = self.driver.as_ref().unwrap().look().await;
        assert!(report.error.is_none() && report.halted == 0, "{report:?}");
        report.requests
    }

    /// The most bytes of documents that were held at one time.
    #[wasm_bindgen(getter, js_name = mostHeld)]
    pub fn most_held(&self) -> f64 {
        self.ports.most_held_bytes.get() as f64
    }

    /// From asking for the last document's bytes to the answer of its commit.
    #[wasm_bindgen(getter, js_name = transferMs)]
    pub fn transfer_ms(&self) -> f64 {
        (self.ports.committed_ms.get() - self.ports.asked_ms.get()) as f64
    }

    /// How often the CRM at hand was asked.
    #[wasm_bindgen(getter, js_name = crmCalls)]
    pub fn crm_calls(&self) -> u32 {
        self.ports.crm_calls.get()
    }

    /// Ends the driver; its state stays.
    pub fn stop(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.stop();
        }
    }

    /// Ends the driver and forgets its state.
    pub async fn close(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.retire().await.unwrap();
        }
    }
}

/// What the keys of companies' rows begin with.
fn row_prefix() -> String {
    format!("{}record/company/", key().prefix())
}

fn link(folder: &FolderEntry) -> Link {
    let mut parts = folder.path.rsplit('/');
    let (id, name) = (parts.next().unwrap(), parts.next().unwrap());
    Link {
        folder: Some(folder.clone()),
        dirty: false,
        settled_ms: Some(1),
        ..Link::new(company(id), name.into())
    }
}
