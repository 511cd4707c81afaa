//! What the plugin needs from its surroundings, as traits: requests, a store, a clock, text, locks.
//!
//! `platform/` implements them for the browser, the tests for the in-process world. No logic lives here.

use sync_core::{ContentHash, Failure};

/// A request's or an answer's bytes.
#[derive(Clone, Debug)]
pub enum Body<C> {
    /// None.
    Empty,
    /// Text: JSON, a form.
    Text(String),
    /// Bytes that stay outside WebAssembly memory.
    Content(C),
}

/// HTTP methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
}

/// A request to either service.
#[derive(Debug)]
pub struct Request<C> {
    /// GET or POST.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The header `authorization`, another one at each try.
    pub authorization: Option<String>,
    /// What is sent.
    pub body: Body<C>,
    /// The answer's body is content (of a 2xx answer; an error's body is always text).
    pub wants_content: bool,
    /// Give up after this long without an answer.
    pub timeout_ms: u32,
}

impl<C> Request<C> {
    /// Without headers; its answer is wanted as text.
    pub fn new(method: Method, url: String, body: Body<C>, timeout_ms: u32) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            authorization: None,
            body,
            wants_content: false,
            timeout_ms,
        }
    }

    /// A POST of a body of this type; its answer is wanted as text.
    pub fn post(url: String, content_type: &str, body: Body<C>, timeout_ms: u32) -> Self {
        let mut request = Self::new(Method::Post, url, body, timeout_ms);
        request.headers.push(("content-type", content_type.into()));
        request
    }

    /// A POST of JSON; its answer is wanted as text.
    pub fn post_json(url: String, json: String, timeout_ms: u32) -> Self {
        Self::post(url, "application/json", Body::Text(json), timeout_ms)
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response<C> {
    /// HTTP status.
    pub status: u16,
    /// The header `dropbox-api-result`, the one that is read; empty where there is none.
    pub api_result: String,
    /// The body's text; empty for content.
    pub text: String,
    /// The body, if content was asked for and the status is 2xx.
    pub content: Option<C>,
}

/// No answer came: no connection, refused by CORS, the body broke off, or too late. The server may have acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer")]
pub struct TransportError;

/// Sends requests, and handles bytes that never enter WebAssembly memory.
#[allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]
pub trait Transport {
    /// A handle to bytes held by the page.
    type Content: Clone;

    /// Sends one request. Redirects are followed, cookies never sent. The answer is boxed: it passes several futures.
    async fn send(
        &self,
        request: &Request<Self::Content>,
    ) -> Result<Box<Response<Self::Content>>, TransportError>;

    /// Dropbox's content hash: SHA-256 over the SHA-256 of each 4 MiB block.
    async fn content_hash(&self, content: &Self::Content) -> Result<ContentHash, TransportError>;

    /// In bytes.
    fn size_bytes(&self, content: &Self::Content) -> u64;
}

/// Time and chance.
#[allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]
pub trait Clock {
    /// Milliseconds since 1970. It may jump.
    fn now_ms(&self) -> u64;
    /// Waits.
    async fn sleep(&self, duration_ms: u32);
    /// Any number, for jitter; not for secrets.
    fn random(&self) -> u32;
    /// Today in the user's time zone, `YYYY-MM-DD`: for names of conflicted copies.
    fn today(&self) -> String;
}

/// The store or its key failed; nothing of the transaction was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store failed")]
pub struct StoreError;

impl From<StoreError> for Failure {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

/// A key and its text, or `None` for a row that is to go.
pub type Row = (String, Option<String>);

/// Durable text by key, written in transactions.
#[allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]
pub trait Store {
    /// The value under a key.
    async fn load(&self, key: &str) -> Result<Option<String>, StoreError>;
    /// All keys that begin so, in order.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError>;
    /// Writes (or, with `None`, removes) all of these rows, or nothing; asks for each when its turn has come.
    async fn save_rows(&self, next: &mut dyn FnMut() -> Option<Row>) -> Result<(), StoreError>;
    /// The same with rows at hand.
    async fn save(&self, rows: Vec<Row>) -> Result<(), StoreError> {
        let mut rows = rows.into_iter();
        self.save_rows(&mut || rows.next()).await
    }
}

/// Secrets at rest and random secrets.
#[allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]
pub trait Secrets {
    /// Seals text with the device's key, which cannot be exported. The result is printable.
    async fn seal(&self, plain: &str) -> Result<String, StoreError>;
    /// Opens what [`Secrets::seal`] made on this device.
    async fn open(&self, sealed: &str) -> Result<String, StoreError>;
    /// Fresh random text of this many characters out of `[A-Za-z0-9]`, fit for secrets.
    fn random_text(&self, length: usize) -> String;
    /// SHA-256 of ASCII text, as base64url without padding (PKCE S256).
    async fn sha256_base64url(&self, text: &str) -> String;
}

/// One holder at a time, over all tabs of this browser.
#[allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]
pub trait Locks {
    /// A lock that is held; let go when dropped.
    type Held;
    /// Waits for the named lock.
    async fn lock(&self, name: &str) -> Self::Held;
}

/// The host's bearer token.
#[allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]
pub trait CrmTokens {
    /// A token of the signed-in user, fresh; `None` when the host has none. `refused`: the CRM answered 401 to this one.
    async fn crm_token(&self, refused: Option<&str>) -> Option<String>;
}

/// Unicode as the page knows it.
pub trait Text {
    /// Normal form C.
    fn nfc(&self, text: &str) -> String;
}

/// All of it.
pub trait Ports: Transport + Clock + Store + Secrets + Locks + CrmTokens + Text {}
impl<P: Transport + Clock + Store + Secrets + Locks + CrmTokens + Text> Ports for P {}

/// Where the services are. The default is the real ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Dropbox rpc and token endpoint, without a slash at the end: `https://api.dropboxapi.com`.
    pub api: String,
    /// Dropbox content.
    pub content: String,
    /// Dropbox longpoll.
    pub notify: String,
    /// Dropbox pages.
    pub www: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            api: "https://api.dropboxapi.com".into(),
            content: "https://content.dropboxapi.com".into(),
            notify: "https://notify.dropboxapi.com".into(),
            www: "https://www.dropbox.com".into(),
        }
    }
}
