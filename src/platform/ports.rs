//! All ports of one page, in one value.

use super::indexed_db::Database;
use super::{clock, crypto, fetch, locks};
use crate::ports::{
    Clock, CrmTokens, Locks, Request, Response, Row, Secrets, Store, StoreError, Text, Transport,
    TransportError,
};
use js_sys::{ArrayBuffer, JsString, Promise};
use std::future::Future;
use std::rc::Rc;
use sync_core::ContentHash;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Asks the host for a token of the signed-in user: the promise of a text.
pub type TokenSource = Box<dyn Fn(Option<String>) -> Result<Promise, JsValue>>;

/// The browser as the plugin sees it.
pub struct BrowserPorts {
    database: Database,
    tokens: TokenSource,
}

impl BrowserPorts {
    /// Over an open database and the host's tokens.
    pub fn new(database: Database, tokens: TokenSource) -> Rc<Self> {
        Rc::new(Self { database, tokens })
    }
}

impl Transport for BrowserPorts {
    type Content = ArrayBuffer;

    fn send(
        &self,
        request: &Request<ArrayBuffer>,
    ) -> impl Future<Output = Result<Box<Response<ArrayBuffer>>, TransportError>> {
        fetch::send(request)
    }

    fn content_hash(
        &self,
        content: &ArrayBuffer,
    ) -> impl Future<Output = Result<ContentHash, TransportError>> {
        crypto::content_hash(content)
    }

    fn size_bytes(&self, content: &ArrayBuffer) -> u64 {
        u64::from(content.byte_length())
    }
}

impl Clock for BrowserPorts {
    fn now_ms(&self) -> u64 {
        clock::now_ms()
    }

    fn sleep(&self, duration_ms: u32) -> impl Future<Output = ()> {
        clock::sleep(duration_ms)
    }

    fn random(&self) -> u32 {
        clock::random()
    }

    fn today(&self) -> String {
        clock::today()
    }
}

impl Store for BrowserPorts {
    fn load(&self, key: &str) -> impl Future<Output = Result<Option<String>, StoreError>> {
        self.database.load(key)
    }

    fn keys(&self, prefix: &str) -> impl Future<Output = Result<Vec<String>, StoreError>> {
        self.database.keys(prefix)
    }

    fn save_rows(
        &self,
        next: &mut dyn FnMut() -> Option<Row>,
    ) -> impl Future<Output = Result<(), StoreError>> {
        self.database.save(next)
    }
}

impl Secrets for BrowserPorts {
    fn seal(&self, plain: &str) -> impl Future<Output = Result<String, StoreError>> {
        crypto::seal(&self.database, plain)
    }

    fn open(&self, sealed: &str) -> impl Future<Output = Result<String, StoreError>> {
        crypto::open(&self.database, sealed)
    }

    fn random_text(&self, length: usize) -> String {
        crypto::random_text(length)
    }

    fn sha256_base64url(&self, text: &str) -> impl Future<Output = String> {
        crypto::sha256_base64url(text)
    }
}

impl Locks for BrowserPorts {
    type Held = locks::Held;

    fn lock(&self, name: &str) -> impl Future<Output = locks::Held> {
        locks::hold(name)
    }
}

impl CrmTokens for BrowserPorts {
    async fn crm_token(&self, refused: Option<&str>) -> Option<String> {
        let asked = (self.tokens)(refused.map(String::from)).ok()?;
        JsFuture::from(asked).await.ok()?.as_string()
    }
}

impl Text for BrowserPorts {
    fn nfc(&self, text: &str) -> String {
        if text.is_ascii() {
            return text.into();
        }
        JsString::from(text).normalize("NFC").into()
    }
}
