//! The browser's ports with a CRM that costs nothing: its answers and documents are already in the page.
//!
//! Everything else goes its usual way. With each of its answers the clock goes on by what that takes of the CRM's
//! minute, so that the budget of requests does not hold anything back.

use js_sys::ArrayBuffer;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use sync_core::{ContentHash, StoredRecord};
use teamleader_dropbox::json::Read;
use teamleader_dropbox::platform::BrowserPorts;
use teamleader_dropbox::ports::{
    Body, Clock, CrmTokens, Locks, Request, Response, Row, Secrets, Store, StoreError, Text,
    Transport, TransportError,
};

/// Where the CRM seems to be.
pub const CRM: &str = "https://at-hand.invalid";
/// What a request takes of the CRM's minute, of which at most 185 are used.
const CALL_MS: u64 = 60_000 / 185 + 1;
/// In a hurry the clock runs so many times as fast: in a timed cycle requests are spread out.
const SPEED: u64 = 1_000;
const PAGE_ROWS: usize = 100;

/// A document at hand.
pub struct Document {
    pub record: String,
    pub id: String,
    pub folder: String,
    pub name: String,
    pub size_bytes: u64,
    /// Absent where nobody asks for it.
    pub content: Option<ArrayBuffer>,
}

/// All ports of the page.
pub struct AtHand {
    pub inner: Rc<BrowserPorts>,
    pub documents: RefCell<Vec<Document>>,
    /// What the keys of the rows begin with in which the documents stand instead.
    pub rows: RefCell<Option<String>>,
    /// The CRM is at this address instead, and answers in its own time.
    pub real_crm: Cell<bool>,
    pub crm_calls: Cell<u32>,
    /// Bytes of documents that were received and have not been sent yet, and the most there were.
    pub held_bytes: Cell<u64>,
    pub most_held_bytes: Cell<u64>,
    /// When the bytes of a document were asked for, and when a commit was answered (ms).
    pub asked_ms: Cell<u64>,
    pub committed_ms: Cell<u64>,
    pub begun_ms: u64,
    pub in_a_hurry: Cell<bool>,
}

impl AtHand {
    fn answer(&self, request: &Request<ArrayBuffer>) -> Option<Response<ArrayBuffer>> {
        let path = request.url.strip_prefix(CRM)?;
        self.crm_calls.set(self.crm_calls.get() + 1);
        let documents = self.documents.borrow();
        let (text, content) = if let Some(index) = path.strip_prefix("/bytes/") {
            let document = &documents[index.parse::<usize>().ok()?];
            (String::new(), Some(document.content.clone()?))
        } else {
            let Body::Text(text) = &request.body else { return None };
            let asked: serde_json::Value = serde_json::from_str(text).ok()?;
            let text = match path {
                "/files.list" => list(&documents, &asked),
                "/files.download" => {
                    let id = asked["id"].as_str()?;
                    let index = documents.iter().position(|document| document.id == id)?;
                    json!({ "data": {
                        "location": format!("{CRM}/bytes/{index}"),
                        "expires": "2099-01-01T00:00:00+00:00",
                    }})
                    .to_string()
                }
                // Names of records: none is known, so each keeps the one it has.
                _ => json!({ "data": [] }).to_string(),
            };
            (text, None)
        };
        Some(Response { status: 200, api_result: String::new(), text, content })
    }
}

impl AtHand {
    /// A page that did not put the documents here has them as they were last stored, one record at a time: all of them
    /// would be memory that is none of the plugin's.
    async fn look_up(&self, request: &Request<ArrayBuffer>) {
        let Body::Text(text) = &request.body else { return };
        let Some(rows) = self.rows.borrow().clone() else { return };
        let asked: serde_json::Value = serde_json::from_str(text).unwrap();
        let record = asked["filter"]["subject"]["id"].as_str().unwrap();
        let row = self.inner.load(&format!("{rows}{record}")).await.unwrap();
        let stored = StoredRecord::read_text(&row.unwrap()).unwrap();
        let documents = stored.documents.into_iter().map(|document| Document {
            record: record.into(),
            id: document.id.as_str().into(),
            folder: document.place.folder,
            name: document.place.name,
            size_bytes: document.size_bytes,
            content: None,
        });
        *self.documents.borrow_mut() = documents.collect();
    }
}

fn list(documents: &[Document], asked: &serde_json::Value) -> String {
    let record = asked["filter"]["subject"]["id"].as_str().unwrap_or_default();
    let page = asked["page"]["number"].as_u64().unwrap_or(1) as usize - 1;
    let rows = documents.iter().filter(|document| document.record == record);
    let rows: Vec<_> = rows
        .skip(page * PAGE_ROWS)
        .take(PAGE_ROWS)
        .map(|document| {
            json!({
                "id": document.id, "name": document.name, "folder": document.folder,
                "size": document.size_bytes, "mime_type": "application/pdf",
                "updated_at": "2026-01-05T09:00:00+00:00",
            })
        })
        .collect();
    json!({ "data": rows }).to_string()
}

impl Transport for AtHand {
    type Content = ArrayBuffer;

    async fn send(
        &self,
        request: &Request<ArrayBuffer>,
    ) -> Result<Box<Response<ArrayBuffer>>, TransportError> {
        if request.url.starts_with(CRM) {
            if request.url.ends_with("/files.list") {
                // In a task of its own, as every answer of a network.
                self.inner.sleep(0).await;
                self.look_up(request).await;
            }
            return self.answer(request).map(Box::new).ok_or(TransportError);
        }
        if request.url.ends_with("/files.download") {
            self.asked_ms.set(self.inner.now_ms());
        }
        let commits = request.url.ends_with("/finish_batch_v2");
        let sent_bytes = match &request.body {
            Body::Content(content) => u64::from(content.byte_length()),
            _ => 0,
        };
        let answer = self.inner.send(request).await;
        if let Ok(Response { content: Some(content), .. }) = answer.as_deref() {
            let held_bytes = self.held_bytes.get() + u64::from(content.byte_length());
            self.held_bytes.set(held_bytes);
            self.most_held_bytes.set(self.most_held_bytes.get().max(held_bytes));
        }
        self.held_bytes.set(self.held_bytes.get().saturating_sub(sent_bytes));
        if commits {
            self.committed_ms.set(self.inner.now_ms());
        }
        answer
    }

    async fn content_hash(&self, content: &ArrayBuffer) -> Result<ContentHash, TransportError> {
        self.inner.content_hash(content).await
    }

    fn size_bytes(&self, content: &ArrayBuffer) -> u64 {
        self.inner.size_bytes(content)
    }
}

impl Clock for AtHand {
    fn now_ms(&self) -> u64 {
        if self.real_crm.get() {
            return self.inner.now_ms();
        }
        let speed = if self.in_a_hurry.get() { SPEED } else { 1 };
        let passed_ms = (self.inner.now_ms() - self.begun_ms) * speed;
        self.begun_ms + passed_ms + u64::from(self.crm_calls.get()) * CALL_MS
    }

    async fn sleep(&self, duration_ms: u32) {
        let speed = if self.in_a_hurry.get() { SPEED as u32 } else { 1 };
        self.inner.sleep(duration_ms.div_ceil(speed)).await;
    }

    fn random(&self) -> u32 {
        self.inner.random()
    }

    fn today(&self) -> String {
        self.inner.today()
    }
}

impl Store for AtHand {
    async fn load(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.inner.load(key).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.inner.keys(prefix).await
    }

    async fn save_rows(&self, next: &mut dyn FnMut() -> Option<Row>) -> Result<(), StoreError> {
        self.inner.save_rows(next).await
    }
}

impl Secrets for AtHand {
    async fn seal(&self, plain: &str) -> Result<String, StoreError> {
        self.inner.seal(plain).await
    }

    async fn open(&self, sealed: &str) -> Result<String, StoreError> {
        self.inner.open(sealed).await
    }

    fn random_text(&self, length: usize) -> String {
        self.inner.random_text(length)
    }

    async fn sha256_base64url(&self, text: &str) -> String {
        self.inner.sha256_base64url(text).await
    }
}

impl Locks for AtHand {
    type Held = <BrowserPorts as Locks>::Held;

    async fn lock(&self, name: &str) -> Self::Held {
        self.inner.lock(name).await
    }
}

impl CrmTokens for AtHand {
    async fn crm_token(&self, refused: Option<&str>) -> Option<String> {
        self.inner.crm_token(refused).await
    }
}

impl Text for AtHand {
    fn nfc(&self, text: &str) -> String {
        self.inner.nfc(text)
    }
}
