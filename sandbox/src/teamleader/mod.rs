//! The CRM: [`Teamleader`] holds one account and answers its three origins.
//!
//! Here: the state, the edits that people make on the CRM's pages, and which part answers which request. The API's
//! endpoints are in `api.rs`, `files.rs` and `records.rs`, the file host in `transfer.rs`, the pages in `pages.rs`,
//! `detail_pages.rs` and `implicit.rs` (access for applications in a browser), seeding and reading the whole state in `snapshot.rs`, the demo's records in `sample.rs`. No clock of its own: every
//! call says what time it is, in milliseconds since 1970.

mod api;
mod detail_pages;
mod edits;
mod files;
mod implicit;
#[cfg(test)]
mod implicit_tests;
pub mod model;
mod package;
mod pages;
mod records;
mod sample;
mod snapshot;
#[cfg(test)]
mod tests;
mod transfer;
pub mod variants;
mod wire;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use package::Package;

use model::{default_folder, Document, Ids, Kind, Link, Record, Subject, Token, User};
use variants::CrmVariants;

use crate::{Origin, Request, Response};

/// How this CRM is set up; fixed for the life of a world.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The open points.
    pub variants: CrmVariants,
    /// Refuse uploads to kinds that the published schema does not name.
    pub strict_public_api: bool,
    /// Count requests against 200 a minute.
    pub rate_limits: bool,
    /// The first of the sandbox's ports: addresses are made from it.
    pub port_base: u16,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The package that the marketplace offers and the account begins with; `None`: no plugin.
    pub plugin: Option<PathBuf>,
    /// The account's language: names the default folder.
    pub language: String,
    /// The app key that the plugin is set up with.
    pub dropbox_app_key: String,
    /// Seconds that a bearer token lives.
    pub token_lifetime_s: u64,
    /// The integration's client id, for the implicit grant.
    pub client_id: String,
    /// Where the implicit grant may lead back to, matched exactly.
    pub redirect_uris: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            variants: CrmVariants::default(),
            strict_public_api: false,
            rate_limits: false,
            port_base: 7400,
            scheme: "http",
            plugin: None,
            language: "en".to_owned(),
            dropbox_app_key: "sandbox-app-key".to_owned(),
            token_lifetime_s: 3600,
            client_id: "sandbox-client-id".to_owned(),
            redirect_uris: Vec::new(),
        }
    }
}

/// One account of the CRM.
#[derive(Clone, Debug)]
pub struct Teamleader {
    /// How it is set up.
    pub settings: Settings,
    account_id: String,
    users: Vec<User>,
    records: BTreeMap<Subject, Record>,
    documents: BTreeMap<String, Document>,
    /// Every record's documents, in the order of making.
    by_record: BTreeMap<Subject, BTreeSet<(u64, String)>>,
    tokens: BTreeMap<String, Token>,
    sessions: BTreeMap<String, String>,
    /// User and client id: who agreed to which integration.
    agreements: BTreeSet<(String, String)>,
    links: BTreeMap<String, Link>,
    /// What the marketplace offers.
    offered: Option<PathBuf>,
    installed: Option<Arc<Package>>,
    accepted_ms: VecDeque<u64>,
    next_seq: u64,
    next_number: u64,
    ids: Ids,
}

impl Teamleader {
    /// An account with two users, Anna and Bram, and no records.
    pub fn new(settings: Settings, seed: u64) -> Teamleader {
        let mut ids = Ids::new(seed);
        let account_id = ids.uuid();
        let users = [("Anna", "Peeters", "en"), ("Bram", "de Vries", "nl-BE")]
            .into_iter()
            .map(|(first_name, last_name, language)| User {
                id: ids.uuid(),
                first_name: first_name.to_owned(),
                last_name: last_name.to_owned(),
                email: format!("{}@example.com", first_name.to_lowercase()),
                language: language.to_owned(),
            })
            .collect();
        Teamleader {
            account_id,
            users,
            records: BTreeMap::new(),
            documents: BTreeMap::new(),
            by_record: BTreeMap::new(),
            tokens: BTreeMap::new(),
            sessions: BTreeMap::new(),
            agreements: BTreeSet::new(),
            links: BTreeMap::new(),
            offered: settings.plugin.clone(),
            installed: settings
                .plugin
                .as_deref()
                .and_then(|path| Package::open(path).ok())
                .map(Arc::new),
            accepted_ms: VecDeque::new(),
            next_seq: 0,
            next_number: 100,
            ids,
            settings,
        }
    }

    /// Answers a request to [`Origin::Crm`], [`Origin::CrmApi`] or [`Origin::CrmFiles`]; other origins get 404.
    pub fn handle(&mut self, request: &Request, now_ms: u64) -> Response {
        match request.origin {
            Origin::Crm => self.handle_pages(request, now_ms),
            Origin::CrmApi => self.handle_api(request, now_ms),
            Origin::CrmFiles => self.handle_transfer(request, now_ms),
            _ => Response::text(404, "Not found"),
        }
    }

    /// The account's id.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The users, Anna first.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// Every record, by kind and id.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    /// One record.
    pub fn record(&self, subject: &Subject) -> Option<&Record> {
        self.records.get(subject)
    }

    /// A record's documents, in the order of making.
    pub fn documents(&self, subject: &Subject) -> Vec<&Document> {
        let ids = self.by_record.get(subject).into_iter().flatten();
        ids.map(|(_, id)| {
            self.documents.get(id).expect("the index names only documents that stand")
        })
        .collect()
    }

    /// One document.
    pub fn document(&self, id: &str) -> Option<&Document> {
        self.documents.get(id)
    }

    /// The name of the folder that documents without one get.
    pub fn default_folder(&self) -> &'static str {
        default_folder(&self.settings.language)
    }

    /// A bearer token for a user's id or first name (`anna`, in any case).
    pub fn issue_token(&mut self, user: &str, now_ms: u64) -> Option<(String, Token)> {
        let user_id = self
            .users
            .iter()
            .find(|u| u.id == user || u.first_name.eq_ignore_ascii_case(user))?
            .id
            .clone();
        let text = format!("tl.{}", self.ids.secret());
        let token = Token { user_id, expires_ms: now_ms + self.settings.token_lifetime_s * 1000 };
        self.tokens.insert(text.clone(), token.clone());
        Some((text, token))
    }

    /// Every bearer token answers 401 from now on.
    pub fn expire_tokens(&mut self) {
        self.tokens.clear();
    }

    /// `http://127.0.0.1:7402` for the origin at this offset, on the host that the request came to.
    pub(crate) fn base_url(&self, request: &Request, offset: u16) -> String {
        let host = request.header("host").unwrap_or("127.0.0.1");
        let name = match host.strip_prefix('[') {
            Some(rest) => &host[..rest.find(']').map_or(host.len(), |at| at + 2)],
            None => host.split(':').next().unwrap_or("127.0.0.1"),
        };
        format!("{}://{name}:{}", self.settings.scheme, self.settings.port_base + offset)
    }

    fn subject_of(&self, module: &str, id: &str) -> Option<Subject> {
        Kind::ALL
            .into_iter()
            .filter(|kind| kind.module() == module)
            .map(|kind| Subject::new(kind, id))
            .find(|subject| self.records.contains_key(subject))
    }
}
