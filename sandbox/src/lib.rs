//! Both services in one pure [`World`]: it answers requests without sockets, clock or randomness of its own.
//!
//! The server (`main.rs`), the simulation and the tests drive the same world. It shares no code with the plugin.

pub mod teamleader;

/// Which origin a request was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The CRM's pages (+0).
    Crm,
    /// The CRM's API (+1).
    CrmApi,
    /// The CRM's upload and download locations (+2).
    CrmFiles,
    /// Dropbox's pages: sign-in, consent, folder viewer (+10).
    DropboxWww,
    /// Dropbox's rpc endpoints and the token endpoint (+11).
    DropboxApi,
    /// Dropbox's upload and download endpoints (+12).
    DropboxContent,
    /// Dropbox's longpoll endpoint (+13).
    DropboxNotify,
    /// The control port, for scripts and tests (+20).
    Control,
}

/// A request as it came off the wire.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where it was sent.
    pub origin: Origin,
    /// `GET`, `POST`, `OPTIONS` …
    pub method: String,
    /// Path and query, still percent-encoded: `/2/files/list_folder?x=y`.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The bytes.
    pub body: Vec<u8>,
}

/// What goes back over the wire.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The bytes.
    pub body: Vec<u8>,
}

/// An answer, or the wish to be asked again.
#[derive(Clone, Debug)]
pub enum Reply {
    /// The answer.
    Ready(Response),
    /// A longpoll: ask again (the same request) after any other request, or at this time (ms).
    Parked {
        /// World time in ms at which the answer will be ready at the latest.
        until_ms: u64,
    },
    /// The connection is cut without an answer (a fault), before or after the server acted.
    Cut,
}
