//! Dropbox: accounts and OAuth, the app folder's tree, the routes of its HTTP API v2, its pages.
//!
//! Here: the state, what scripts and people do directly, and which part answers which request.

pub mod args;
mod batches;
mod files;
pub mod listing;
mod metadata;
pub mod names;
pub mod oauth;
mod pages;
mod routes;
mod sessions;
#[cfg(test)]
mod tests;
pub mod tree;
mod wire;
pub mod write;

use crate::content::{Bytes, Content};
use crate::faults::Effect;
use crate::message::{Origin, Reply, Request, Response};
use crate::world::Ctx;
use oauth::Grants;
use serde_json::{json, Value};
use std::collections::{BTreeMap, VecDeque};
use tree::Tree;
use write::{path_of_user, Commit, Mode};

/// Requests a minute per account, when limits are on. The real figure is not published.
const MINUTE_LIMIT: usize = 1200;

/// Dropbox, with two accounts.
#[derive(Clone, Debug)]
pub struct Dropbox {
    accounts: Vec<Account>,
    grants: Grants,
    /// Signed-in browsers: cookie to account.
    browsers: BTreeMap<String, usize>,
    /// When each waiting longpoll ends, by cursor.
    polls: BTreeMap<String, u64>,
    served: u64,
}

/// One person's Dropbox; of it, the app folder.
#[derive(Clone, Debug)]
pub struct Account {
    /// 0 or 1.
    pub index: usize,
    /// `dbid:…`, 40 characters.
    pub account_id: String,
    /// The numeric id of old.
    pub uid: String,
    /// `["Anna", "Peeters"]`
    pub name: [&'static str; 2],
    /// Signs in with it.
    pub email: String,
    /// The app folder's namespace.
    pub namespace_id: String,
    /// The app folder.
    pub tree: Tree,
    sessions: BTreeMap<String, sessions::Session>,
    jobs: BTreeMap<String, batches::Job>,
    recent_ms: VecDeque<u64>,
    locked_until_ms: u64,
}

impl Dropbox {
    /// Two accounts with empty app folders.
    pub fn new(ctx: &mut Ctx) -> Self {
        let accounts = [["Anna", "Peeters"], ["Bram", "de Vries"]]
            .into_iter()
            .enumerate()
            .map(|(index, name)| Account {
                index,
                account_id: format!("dbid:{}", ctx.rng.token(35)),
                uid: (1_204_530_771 + index * 33).to_string(),
                name,
                email: format!("{}@example.com", name[0].to_lowercase()),
                namespace_id: (794_561_281 + index * 17).to_string(),
                tree: Tree::default(),
                sessions: BTreeMap::new(),
                jobs: BTreeMap::new(),
                recent_ms: VecDeque::new(),
                locked_until_ms: 0,
            })
            .collect();
        Dropbox {
            accounts,
            grants: Grants::default(),
            browsers: BTreeMap::new(),
            polls: BTreeMap::new(),
            served: 0,
        }
    }

    /// Answers a request to one of Dropbox's four origins, CORS included.
    pub fn handle(&mut self, ctx: &mut Ctx, request: &Request) -> Reply {
        match request.origin {
            Origin::DropboxWww => Reply::Ready(self.handle_pages(ctx, request)),
            _ => self.handle_api(ctx, request),
        }
    }

    /// An error in Dropbox's own dress; the call is not served.
    pub fn fault_response(
        &mut self,
        ctx: &mut Ctx,
        request: &Request,
        effect: &Effect,
    ) -> Response {
        self.fault(ctx, request, effect)
    }

    /// Plays `ExpireToken`, `RevokeGrant` or `CursorReset` for this request, before it is served.
    pub fn befall(&mut self, request: &Request, effect: &Effect) {
        let token = request.bearer().map(String::from).or_else(|| {
            let value = request.query_value("authorization")?;
            Some(value.strip_prefix("Bearer ")?.to_string())
        });
        // A refresh carries its token in the body.
        let token = token.or_else(|| {
            let form = request.form().into_iter().chain(request.query());
            form.into_iter().find(|(name, _)| name == "refresh_token").map(|(_, value)| value)
        });
        match (effect, token) {
            (Effect::ExpireToken, Some(token)) => self.grants.expire(&token),
            (Effect::RevokeGrant, Some(token)) => self.grants.revoke(&token),
            (Effect::CursorReset, _) => self.reset_cursors(),
            _ => {}
        }
    }

    /// Every cursor given out so far answers `reset`.
    pub fn reset_cursors(&mut self) {
        for account in &mut self.accounts {
            account.tree.epoch += 1;
        }
    }

    /// The accounts, Anna's first.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Consent without pages: `(access token, refresh token)` with all scopes of the app.
    pub fn grant(&mut self, ctx: &mut Ctx, account: usize) -> (String, String) {
        let scopes = ctx.options.dropbox_scopes.clone();
        self.grants.grant(ctx, account, scopes)
    }

    /// The user removes the app in the account's settings: `invalid_grant` from now on.
    pub fn unlink(&mut self, account: usize) {
        self.grants.revoke_account(account);
    }

    /// Tokens for scripts: `{"account":0, "scopes":[…]}` gives `{"access_token":…,
    /// "refresh_token":…, "account_id":…, "expires_ms":…}`.
    pub fn control_tokens(&mut self, ctx: &mut Ctx, body: &Value) -> Result<Value, String> {
        let account = body["account"].as_u64().unwrap_or(0) as usize;
        let who = self.accounts.get(account).ok_or("accounts are 0 and 1")?.account_id.clone();
        let scopes = match body["scopes"].as_array() {
            Some(list) => list.iter().filter_map(|s| s.as_str()).map(String::from).collect(),
            None => ctx.options.dropbox_scopes.clone(),
        };
        let (access, refresh) = self.grants.grant(ctx, account, scopes);
        let expires_ms = ctx.now_ms + ctx.options.dropbox_token_life_s * 1000;
        Ok(json!({
            "access_token": access, "refresh_token": refresh,
            "account_id": who, "expires_ms": expires_ms,
        }))
    }

    fn account_mut(&mut self, account: usize) -> Result<&mut Account, String> {
        self.accounts.get_mut(account).ok_or_else(|| "accounts are 0 and 1".into())
    }

    /// A person saves a file: parents are made; a file in the way is replaced, keeping its id.
    /// Returns the file's id.
    pub fn user_put(
        &mut self,
        ctx: &mut Ctx,
        account: usize,
        path: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<String, String> {
        let path = path_of_user(ctx, path)?;
        let tree = &mut self.account_mut(account)?.tree;
        let commit = Commit::new(Mode::Overwrite);
        let key = tree
            .commit(ctx, &path, &commit, &Content::new(bytes))
            .map_err(|error| format!("{}: {error:?}", path.display))?;
        Ok(tree.nodes[&key].id.to_string())
    }

    /// A person makes a folder (one that stands is fine). Returns its id.
    pub fn user_folder(
        &mut self,
        ctx: &mut Ctx,
        account: usize,
        path: &str,
    ) -> Result<String, String> {
        let path = path_of_user(ctx, path)?;
        let tree = &mut self.account_mut(account)?.tree;
        if let Some(node) = tree.at(&path.key).filter(|node| node.file.is_none()) {
            return Ok(node.id.to_string());
        }
        let key = tree
            .create_folder(ctx, &path, false)
            .map_err(|error| format!("{}: {error:?}", path.display))?;
        Ok(tree.nodes[&key].id.to_string())
    }

    /// A person moves or renames a file or folder; the way must be free.
    pub fn user_move(
        &mut self,
        ctx: &mut Ctx,
        account: usize,
        from: &str,
        to: &str,
    ) -> Result<(), String> {
        let (from, to) = (path_of_user(ctx, from)?, path_of_user(ctx, to)?);
        let tree = &mut self.account_mut(account)?.tree;
        tree.relocate(ctx, &from.key, &to, false, false)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    /// A person deletes a file or folder.
    pub fn user_delete(&mut self, ctx: &mut Ctx, account: usize, path: &str) -> Result<(), String> {
        let path = path_of_user(ctx, path)?;
        let children = ctx.options.variants.dropbox.deleted_folder_lists_children;
        let tree = &mut self.account_mut(account)?.tree;
        match tree.remove(&path.key, ctx.now_ms, children).is_empty() {
            true => Err(format!("{}: nothing there", path.display)),
            false => Ok(()),
        }
    }

    /// Every file and folder by `path_display`, with its id; a folder's hash is `None`.
    pub fn tree(&self, account: usize) -> BTreeMap<String, (String, Option<String>)> {
        let tree = &self.accounts[account].tree;
        let entry = |key: &str, node: &tree::Node| {
            let hash = node.file.as_ref().map(|file| file.content.hash().to_string());
            (tree.display(key).to_string(), (node.id.to_string(), hash))
        };
        tree.nodes.iter().map(|(key, node)| entry(key, node)).collect()
    }

    /// A file's content; `None` if no file stands there.
    pub fn content(&self, account: usize, path: &str) -> Option<&Content> {
        let key = names::lower(path);
        Some(&self.accounts.get(account)?.tree.at(&key)?.file.as_ref()?.content)
    }

    /// Every account with its files and folders: path, id, and for files rev, size, content hash.
    pub fn state(&self) -> Value {
        let accounts: Vec<Value> = self
            .accounts
            .iter()
            .map(|account| {
                let entries: Vec<Value> = account
                    .tree
                    .nodes
                    .iter()
                    .map(|(key, node)| {
                        let mut entry = json!({
                            "path": &*account.tree.display(key),
                            "id": &*node.id,
                            "type": if node.file.is_some() { "file" } else { "folder" },
                        });
                        if let Some(file) = &node.file {
                            entry["rev"] = json!(&*file.rev);
                            entry["size"] = json!(file.content.size());
                            entry["content_hash"] = json!(file.content.hash());
                        }
                        entry
                    })
                    .collect();
                json!({
                    "account_id": account.account_id,
                    "email": account.email,
                    "linked": self.grants.count(account.index),
                    "used_bytes": account.tree.used_bytes,
                    "entries": entries,
                })
            })
            .collect();
        json!({ "accounts": accounts })
    }
}

impl Account {
    /// `Anna Peeters`
    pub fn display_name(&self) -> String {
        self.name.join(" ")
    }

    /// `FullAccount`, with everything the spec requires.
    fn full_account(&self) -> Value {
        let [given, surname] = self.name;
        json!({
            "account_id": self.account_id,
            "name": {
                "given_name": given,
                "surname": surname,
                "familiar_name": given,
                "display_name": self.display_name(),
                "abbreviated_name": format!("{}{}", &given[..1], &surname[..1].to_uppercase()),
            },
            "email": self.email,
            "email_verified": true,
            "disabled": false,
            "country": "BE",
            "locale": "en",
            "referral_link": "https://www.dropbox.com/referrals/sandbox",
            "is_paired": false,
            "account_type": {".tag": "basic"},
            "root_info": {
                ".tag": "user",
                "root_namespace_id": self.namespace_id,
                "home_namespace_id": self.namespace_id,
            },
        })
    }
}
