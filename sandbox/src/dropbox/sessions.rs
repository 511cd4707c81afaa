//! Upload sessions: sequential and concurrent, closed and open, seven days long.

use super::args::{AppendBatch, SessionAppend, SessionCursor, SessionFinish, SessionStart, Tag};
use super::wire::{nested, Fail};
use super::Account;
use crate::content::{content_hash, Bytes, Content};
use crate::variants::ExpiredSession;
use crate::world::Ctx;
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// One request takes no more.
pub const REQUEST_LIMIT_BYTES: usize = 150 << 20;
const LIFE_MS: u64 = 7 * 24 * 3600 * 1000;
/// Parts of a concurrent session begin and end on multiples of it.
const PART_BYTES: u64 = 4 << 20;

/// Content on its way.
#[derive(Clone, Debug)]
pub struct Session {
    concurrent: bool,
    closed: bool,
    committed: bool,
    started_ms: u64,
    /// Parts by offset. A sequential session's parts follow each other without gaps.
    parts: BTreeMap<u64, Bytes>,
}

impl Session {
    fn new(ctx: &Ctx, concurrent: bool) -> Self {
        Session {
            concurrent,
            closed: false,
            committed: false,
            started_ms: ctx.now_ms,
            parts: BTreeMap::new(),
        }
    }

    /// The first byte that is missing.
    fn length(&self) -> u64 {
        self.parts.last_key_value().map_or(0, |(at, bytes)| at + bytes.len() as u64)
    }

    fn has_gaps(&self) -> bool {
        let mut next = 0;
        self.parts.iter().any(|(at, bytes)| {
            let gap = *at != next;
            next = at + bytes.len() as u64;
            gap
        })
    }

    fn content(&self) -> Content {
        match self.parts.values().next() {
            Some(only) if self.parts.len() == 1 => Content::new(only.clone()),
            _ => Content::new(
                self.parts.values().flat_map(|b| b.iter().copied()).collect::<Vec<u8>>(),
            ),
        }
    }

    fn add(&mut self, offset: u64, body: &[u8]) {
        if !body.is_empty() {
            self.parts.insert(offset, body.into());
        }
    }
}

/// Compares the `content_hash` of one call with its bytes.
pub fn check_hash(given: Option<&str>, body: &[u8]) -> Result<(), Fail> {
    match given {
        Some(hash) if !hash.eq_ignore_ascii_case(&content_hash(body)) => {
            Err(Fail::tag("content_hash_mismatch"))
        }
        _ => Ok(()),
    }
}

fn is_concurrent(tag: Option<&Tag>) -> bool {
    tag.is_some_and(|tag| tag.0 == "concurrent")
}

impl Account {
    /// `upload_session/start`
    pub fn session_start(
        &mut self,
        ctx: &mut Ctx,
        arg: &SessionStart,
        body: &[u8],
    ) -> Result<Value, Fail> {
        let concurrent = is_concurrent(arg.session_type.as_ref());
        if concurrent && !body.is_empty() {
            return Err(Fail::tag("concurrent_session_data_not_allowed"));
        }
        if concurrent && arg.close {
            return Err(Fail::tag("concurrent_session_close_not_allowed"));
        }
        if body.len() > REQUEST_LIMIT_BYTES {
            return Err(Fail::tag("payload_too_large"));
        }
        check_hash(arg.content_hash.as_deref(), body)?;
        let mut session = Session::new(ctx, concurrent);
        session.add(0, body);
        session.closed = arg.close;
        Ok(json!({"session_id": self.new_session(ctx, session)}))
    }

    /// `upload_session/start_batch`
    pub fn session_start_batch(
        &mut self,
        ctx: &mut Ctx,
        concurrent: Option<&Tag>,
        count: u64,
    ) -> Value {
        let ids: Vec<String> = (0..count)
            .map(|_| {
                let session = Session::new(ctx, is_concurrent(concurrent));
                self.new_session(ctx, session)
            })
            .collect();
        json!({"session_ids": ids})
    }

    fn new_session(&mut self, ctx: &mut Ctx, session: Session) -> String {
        let id = format!("pid_upload_session:{}", ctx.rng.token(40));
        self.sessions.insert(id.clone(), session);
        id
    }

    /// Keeps the content of an upload that could not be committed; `upload_session/finish` may retry.
    pub fn keep_for_retry(&mut self, ctx: &mut Ctx, body: &[u8]) -> String {
        let mut session = Session::new(ctx, false);
        session.add(0, body);
        self.new_session(ctx, session)
    }

    /// The session, if it can still be used; the error is a `UploadSessionLookupError`.
    fn session(&mut self, ctx: &Ctx, id: &str) -> Result<&mut Session, Value> {
        let variants = &ctx.options.variants.dropbox;
        let not_found = || json!({".tag": "not_found"});
        let closed = || json!({".tag": "closed"});
        let session = self.sessions.get_mut(id).ok_or_else(not_found)?;
        if ctx.now_ms.saturating_sub(session.started_ms) >= LIFE_MS {
            return Err(match variants.expired_session {
                ExpiredSession::NotFound => not_found(),
                ExpiredSession::Closed => closed(),
            });
        }
        if session.committed {
            return Err(if variants.committed_session_closed { closed() } else { not_found() });
        }
        Ok(session)
    }

    /// `upload_session/append_v2`; the error's shape is that of `UploadSessionAppendError`.
    pub fn session_append(
        &mut self,
        ctx: &Ctx,
        arg: &SessionAppend,
        body: &[u8],
    ) -> Result<(), Fail> {
        check_hash(arg.content_hash.as_deref(), body)?;
        self.append(ctx, &arg.cursor, arg.close, body).map_err(Fail::Endpoint)
    }

    fn append(
        &mut self,
        ctx: &Ctx,
        cursor: &SessionCursor,
        close: bool,
        body: &[u8],
    ) -> Result<(), Value> {
        if body.len() > REQUEST_LIMIT_BYTES {
            return Err(json!({".tag": "payload_too_large"}));
        }
        let session = self.session(ctx, &cursor.session_id)?;
        let length = body.len() as u64;
        if session.concurrent {
            if !cursor.offset.is_multiple_of(PART_BYTES) {
                return Err(json!({".tag": "concurrent_session_invalid_offset"}));
            }
            if !length.is_multiple_of(PART_BYTES) && !close {
                return Err(json!({".tag": "concurrent_session_invalid_data_size"}));
            }
            if session.closed && close {
                return Err(json!({".tag": "closed"}));
            }
        } else {
            // Told before `closed`: a repeated last append learns that it had arrived.
            if cursor.offset != session.length() {
                let correct = session.length();
                return Err(json!({".tag": "incorrect_offset", "correct_offset": correct}));
            }
            if session.closed {
                return Err(json!({".tag": "closed"}));
            }
        }
        session.add(cursor.offset, body);
        session.closed |= close;
        Ok(())
    }

    /// `upload_session/append_batch`: the body holds the entries' bytes one after the other.
    pub fn session_append_batch(
        &mut self,
        ctx: &Ctx,
        arg: &AppendBatch,
        body: &[u8],
    ) -> Result<Value, Fail> {
        check_hash(arg.content_hash.as_deref(), body)?;
        let total: u64 = arg.entries.iter().map(|e| e.length).sum();
        if total != body.len() as u64 {
            return Err(Fail::Bad("the entries' lengths do not sum up to the body's".into()));
        }
        let mut rest = body;
        let mut results = Vec::new();
        for entry in &arg.entries {
            let (bytes, after) = rest.split_at(entry.length as usize);
            rest = after;
            results.push(match self.append(ctx, &entry.cursor, entry.close, bytes) {
                Ok(()) => json!({".tag": "success"}),
                Err(error) => json!({".tag": "failure", "failure": error}),
            });
        }
        Ok(json!({"entries": results}))
    }

    /// The content to commit, after the last bytes were added; the error is an `UploadSessionFinishError`.
    pub fn session_content(
        &mut self,
        ctx: &Ctx,
        arg: &SessionFinish,
        body: &[u8],
        must_be_closed: bool,
    ) -> Result<Content, Value> {
        let failed = |error: Value| nested("lookup_failed", error);
        let session = self.session(ctx, &arg.cursor.session_id).map_err(failed)?;
        if session.concurrent {
            if !body.is_empty() {
                return Err(json!({".tag": "concurrent_session_data_not_allowed"}));
            }
            if !session.closed {
                return Err(match must_be_closed {
                    true => failed(json!({".tag": "not_closed"})),
                    false => json!({".tag": "concurrent_session_not_closed"}),
                });
            }
            if session.has_gaps() {
                return Err(json!({".tag": "concurrent_session_missing_data"}));
            }
        } else if must_be_closed && !session.closed {
            return Err(failed(json!({".tag": "not_closed"})));
        }
        if arg.cursor.offset != session.length() {
            let correct = session.length();
            return Err(failed(json!({".tag": "incorrect_offset", "correct_offset": correct})));
        }
        if session.closed && !body.is_empty() {
            return Err(failed(json!({".tag": "closed"})));
        }
        // What is added here stays, also when the commit fails.
        session.add(arg.cursor.offset, body);
        Ok(session.content())
    }

    /// The file stands: the bytes are not needed any more.
    pub fn session_committed(&mut self, id: &str) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.committed = true;
            session.parts.clear();
        }
    }
}
