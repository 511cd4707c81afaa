//! Requests and answers as values, with the few readings of HTTP that both services need.
//! What the bodies mean is each service's business.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which origin a request was sent to. In JSON: `"dropbox_api"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl Origin {
    /// Every origin with its distance from the port base.
    pub const ALL: [(Origin, u16); 8] = [
        (Origin::Crm, 0),
        (Origin::CrmApi, 1),
        (Origin::CrmFiles, 2),
        (Origin::DropboxWww, 10),
        (Origin::DropboxApi, 11),
        (Origin::DropboxContent, 12),
        (Origin::DropboxNotify, 13),
        (Origin::Control, 20),
    ];

    /// Its port's distance from the port base.
    pub fn offset(self) -> u16 {
        Origin::ALL.iter().find(|(o, _)| *o == self).expect("ALL lists every origin").1
    }
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

impl Request {
    /// A request without headers and body.
    pub fn new(origin: Origin, method: &str, target: &str) -> Self {
        Request {
            origin,
            method: method.into(),
            target: target.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a header; the name in lower case.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A JSON body with its content type.
    pub fn with_json(self, value: &Value) -> Self {
        self.with_header("content-type", "application/json")
            .with_body(value.to_string().into_bytes())
    }

    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The path without the query, still percent-encoded.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or("")
    }

    /// The query's pairs, decoded.
    pub fn query(&self) -> Vec<(String, String)> {
        self.target.split_once('?').map_or_else(Vec::new, |(_, query)| pairs(query))
    }

    /// The first value of this name in the query, decoded.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query().into_iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// The pairs of a form body (`application/x-www-form-urlencoded`), decoded.
    pub fn form(&self) -> Vec<(String, String)> {
        std::str::from_utf8(&self.body).map_or_else(|_| Vec::new(), pairs)
    }

    /// The body as JSON; `None` if it is not JSON.
    pub fn json_body(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The token of `authorization: Bearer …`.
    pub fn bearer(&self) -> Option<&str> {
        let value = self.header("authorization")?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .filter(|(n, _)| n == "cookie")
            .flat_map(|(_, v)| v.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v)
    }
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

impl Response {
    /// JSON with its content type.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::bytes(status, "application/json", value.to_string().into_bytes())
    }

    /// Plain text.
    pub fn text(status: u16, text: &str) -> Self {
        Self::bytes(status, "text/plain; charset=utf-8", text.as_bytes())
    }

    /// A page.
    pub fn html(status: u16, html: &str) -> Self {
        Self::bytes(status, "text/html; charset=utf-8", html.as_bytes())
    }

    /// Bytes of any type.
    pub fn bytes(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Response {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            body: body.into(),
        }
    }

    /// No body, no content type.
    pub fn empty(status: u16) -> Self {
        Response { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A 303 to another page.
    pub fn see_other(location: &str) -> Self {
        Self::empty(303).with_header("location", location)
    }

    /// Adds a header; the name in lower case.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as JSON; `None` if it is not JSON.
    pub fn json_body(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// An answer, or what happened instead.
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
    /// The connection is cut within the body (a fault): the response holds what arrived.
    /// A browser's `fetch` reports it as a network error while the body is read.
    CutInBody(Response),
}

/// Decodes `%41` and, as forms and queries do, `+`.
pub fn percent_decode(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[i], digit(i + 1), digit(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                i += 2;
            }
            (b'+', _, _) if plus_is_space => out.push(b' '),
            (byte, _, _) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Encodes everything but unreserved characters: fit for a query value or a path component.
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Text that can stand in HTML, also inside a quoted attribute.
pub fn html_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

fn pairs(encoded: &str) -> Vec<(String, String)> {
    encoded
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name, true), percent_decode(value, true))
        })
        .collect()
}
