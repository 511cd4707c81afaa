//! A Dropbox client over a script, and the shapes of Dropbox's answers.

use super::ports::{content_hash, WorldPorts};
use super::script::{json as answer, ok, Script, Scripted};
use super::told;
use sandbox::{Reply, Request};
use serde_json::{json, Value};
use std::future::Future;
use std::rc::Rc;
use sync_core::{Commit, ContentHash, Failure, FileEntry, Staged, WriteMode};
use teamleader_dropbox::dropbox::Dropbox;
use teamleader_dropbox::wire::Wire;

/// A client whose service follows a script.
pub type Client = Rc<Dropbox<WorldPorts<Script>>>;

/// A connected client whose service answers so.
pub struct Bench {
    /// The script with its tab.
    pub script: Scripted,
    /// The client.
    pub client: Client,
}

impl Bench {
    /// Answers so.
    pub fn new(answer: impl FnMut(&Request) -> Reply + 'static) -> Self {
        let script = Scripted::new(answer);
        script.connect(14_400);
        let wire = Rc::new(Wire::new(script.ports.clone()));
        let client = Rc::new(Dropbox::new(wire, script.auth()));
        Self { script, client }
    }

    /// Answers the n-th request (from 0) by its number.
    pub fn numbered(mut answer: impl FnMut(usize, &Request) -> Reply + 'static) -> Self {
        let mut number = 0;
        Self::new(move |request| {
            number += 1;
            answer(number - 1, request)
        })
    }

    /// Runs one step of the client to its end.
    pub fn run<T, F: Future<Output = T>>(&mut self, act: impl FnOnce(Client) -> F) -> T {
        self.script.executor.block_on(act(self.client.clone()))
    }

    /// Makes staged contents visible.
    pub fn commit(
        &mut self,
        commits: Vec<Commit>,
    ) -> Result<Vec<Result<FileEntry, Failure>>, Failure> {
        self.run(|client| async move { client.commit(&commits).await.map(told::files) })
    }

    /// The request of this number, from 0.
    pub fn asked(&self, index: usize) -> Request {
        self.script.script.borrow().asked[index].clone()
    }

    /// Its body.
    pub fn asked_json(&self, index: usize) -> Value {
        self.asked(index).json_body().unwrap()
    }

    /// Requests so far.
    pub fn count(&self) -> usize {
        self.script.script.borrow().asked.len()
    }
}

/// Of these bytes.
pub fn hash(bytes: &[u8]) -> ContentHash {
    content_hash(bytes)
}

/// `FileMetadata` of a file with this id, path and content.
pub fn file(id: &str, path: &str, bytes: &[u8]) -> Value {
    json!({
        "name": path.rsplit('/').next(), "path_lower": path.to_lowercase(), "path_display": path,
        "id": format!("id:{id}"), "client_modified": "2026-01-05T09:00:00Z",
        "server_modified": "2026-01-05T09:00:00Z", "rev": "015f00000000000000abc",
        "size": bytes.len(), "is_downloadable": true, "content_hash": hash(bytes).as_str(),
    })
}

/// A struct as a member of a union.
pub fn tagged(tag: &str, mut value: Value) -> Value {
    value[".tag"] = tag.into();
    value
}

/// A union in a union, one for each tag.
pub fn error(tags: &[&str]) -> Value {
    let mut inner: Option<Value> = None;
    for tag in tags.iter().rev() {
        let mut value = json!({ ".tag": tag });
        if let Some(inner) = inner {
            value[*tag] = inner;
        }
        inner = Some(value);
    }
    inner.unwrap()
}

/// 409 with this error.
pub fn refused(tags: &[&str]) -> Reply {
    let body = json!({ "error_summary": "never/read/..", "error": error(tags) });
    answer(409, body)
}

/// A commit of these bytes at `/<name>`, where nothing stands.
pub fn staged(name: &str, bytes: &[u8]) -> Commit {
    Commit {
        staged: Staged {
            session: format!("session-{name}"),
            size_bytes: bytes.len() as u64,
            hash: hash(bytes),
        },
        path: format!("/{name}"),
        mode: WriteMode::Add,
    }
}

/// The failure of one entry of a batch.
pub fn failure(tags: &[&str]) -> Value {
    json!({ ".tag": "failure", "failure": error(tags) })
}

/// A page of a listing.
pub fn page(entries: Value, cursor: &str, has_more: bool) -> Reply {
    ok(json!({ "entries": entries, "cursor": cursor, "has_more": has_more }))
}
