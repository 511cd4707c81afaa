//! Dropbox: accounts and OAuth, the app folder's tree, the routes of its HTTP API v2, its pages.

use crate::content::Bytes;
use crate::faults::Effect;
use crate::message::{Reply, Request, Response};
use crate::world::Ctx;
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// Dropbox, with two accounts.
#[derive(Clone, Debug)]
pub struct Dropbox {}

impl Dropbox {
    /// Two accounts with empty app folders.
    pub fn new(_ctx: &mut Ctx) -> Self {
        Dropbox {}
    }

    /// Answers a request to one of Dropbox's four origins, CORS included.
    pub fn handle(&mut self, ctx: &mut Ctx, request: &Request) -> Reply {
        ctx.unexpected = Some(format!("no such call: {}", request.path()));
        Reply::Ready(Response::empty(404))
    }

    /// An error in Dropbox's own dress; the call is not served.
    pub fn fault_response(
        &mut self,
        _ctx: &mut Ctx,
        _request: &Request,
        _effect: &Effect,
    ) -> Response {
        crate::world::plain_status(500, None)
    }

    /// Plays `ExpireToken`, `RevokeGrant` or `CursorReset` for this request, before it is served.
    pub fn befall(&mut self, _request: &Request, _effect: &Effect) {}

    /// Tokens for scripts: `{"account":0}` gives `{"access_token":…,"refresh_token":…,"account_id":…}`.
    pub fn control_tokens(&mut self, _ctx: &mut Ctx, _body: &Value) -> Result<Value, String> {
        Ok(json!({}))
    }

    /// A person saves a file (parents are made; a file in the way is replaced, keeping its id).
    pub fn user_put(
        &mut self,
        _ctx: &mut Ctx,
        _account: usize,
        _path: &str,
        _bytes: Bytes,
    ) -> Result<(), String> {
        Err("not there yet".into())
    }

    /// A person makes a folder.
    pub fn user_folder(
        &mut self,
        _ctx: &mut Ctx,
        _account: usize,
        _path: &str,
    ) -> Result<(), String> {
        Err("not there yet".into())
    }

    /// A person moves or renames a file or folder; the way must be free.
    pub fn user_move(
        &mut self,
        _ctx: &mut Ctx,
        _account: usize,
        _from: &str,
        _to: &str,
    ) -> Result<(), String> {
        Err("not there yet".into())
    }

    /// A person deletes a file or folder.
    pub fn user_delete(
        &mut self,
        _ctx: &mut Ctx,
        _account: usize,
        _path: &str,
    ) -> Result<(), String> {
        Err("not there yet".into())
    }

    /// Every file and folder by `path_display`; a folder's hash is `None`.
    pub fn tree(&self, _account: usize) -> BTreeMap<String, (String, Option<String>)> {
        BTreeMap::new()
    }

    /// Every account with its tree.
    pub fn state(&self) -> Value {
        json!({})
    }
}
