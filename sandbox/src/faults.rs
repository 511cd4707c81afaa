//! Faults: which call goes wrong, when, and how. How they are applied is in `world.rs`.

use crate::message::{Origin, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One planned fault. In JSON: `{"origin":"dropbox_api","path":"files/list_folder","skip":1,
/// "times":1,"effect":"cut_after"}` or `"effect":{"status":{"status":429,"retry_after":1,"body":"json"}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only calls to this origin; absent, any.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// Part of the target; empty, any.
    #[serde(default)]
    pub path: String,
    /// Part of what the call says (`Dropbox-API-Arg`, or the body if it is small); empty, anything.
    #[serde(default)]
    pub says: String,
    /// How many matching calls pass first.
    #[serde(default)]
    pub skip: u32,
    /// How many matching calls go wrong then.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens to them.
    pub effect: Effect,
}

fn once() -> u32 {
    1
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// This status, and nothing is done.
    Status {
        /// HTTP status.
        status: u16,
        /// Seconds in `Retry-After`.
        #[serde(default)]
        retry_after: Option<u32>,
        /// Shape of the body.
        #[serde(default)]
        body: BodyKind,
    },
    /// Dropbox's namespace lock was taken; nothing is done.
    TooManyWrites(TooManyWritesForm),
    /// The connection is cut before the server acts.
    CutBefore,
    /// The server acts, and the answer is lost.
    CutAfter,
    /// A 5xx in plain text, before or after the server acted.
    ServerError {
        /// 500, 502, 503 …
        status: u16,
        /// The server did what was asked.
        acted: bool,
    },
    /// Half of the body is missing, and no length tells.
    TruncateBody,
    /// The connection is cut in the middle of the body.
    CutInBody,
    /// Dropbox refuses with this endpoint error (409), for example
    /// `{".tag":"path","path":{".tag":"restricted_content"}}`; nothing is done.
    DropboxError(Value),
    /// One entry of a Dropbox batch fails with this error, the others are done.
    DropboxEntryError {
        /// The entry's failure, as it stands under `failure`.
        failure: Value,
        /// Which entry: part of its JSON; empty, every one.
        #[serde(default)]
        says: String,
    },
    /// The access token of this call is too old from now on.
    ExpireToken,
    /// The grant behind the token of this call is gone: access and refresh tokens.
    RevokeGrant,
    /// Every cursor given out so far answers `reset` from now on.
    CursorReset,
    /// One bit of the content flips on its way, up or down.
    BadHash,
}

/// Shape of an error body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    /// The service's own JSON for this status.
    #[default]
    Json,
    /// Plain text, as a proxy in between would say it.
    Plain,
}

/// The three places where Dropbox says `too_many_write_operations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TooManyWritesForm {
    /// HTTP 429, without `retry_after` in the body.
    Status429,
    /// HTTP 409, inside the endpoint's error.
    Error409,
    /// HTTP 200, as the failure of every entry of a batch.
    BatchEntries,
}

impl Fault {
    /// A fault of the first matching call.
    pub fn new(origin: Origin, path: &str, effect: Effect) -> Self {
        Fault {
            origin: Some(origin),
            path: path.into(),
            says: String::new(),
            skip: 0,
            times: 1,
            effect,
        }
    }

    /// Whether this call is one of those meant (before `skip` and `times`).
    pub fn matches(&self, request: &Request) -> bool {
        self.origin.is_none_or(|origin| origin == request.origin)
            && request.target.contains(&self.path)
            && (self.says.is_empty() || says(request, &self.says))
    }
}

fn says(request: &Request, part: &str) -> bool {
    const SMALL_BYTES: usize = 1 << 20;
    request.header("dropbox-api-arg").is_some_and(|arg| arg.contains(part))
        || request.body.len() <= SMALL_BYTES
            && std::str::from_utf8(&request.body).is_ok_and(|body| body.contains(part))
}
