//! The CRM's own pages and what they ask of their server: sign-in, records, documents, the installed plugin.
//!
//! Access for applications is in `implicit.rs`, the pages of records at their public addresses in `detail_pages.rs`.
//! `/app/…` is the CRM's private interface for its pages, guarded by a session cookie; it is no part of the public API,
//! and the plugin never uses it. Every other path is a page, an asset or a file of the installed plugin.

use std::sync::Arc;

use serde_json::{json, Value};

use super::model::{date_time, Document, Kind, Record, Subject, User};
use super::package::Package;
use super::{wire, Teamleader};
use crate::{percent_decode, Request, Response};

const COOKIE: &str = "crm_session";
/// A token handed to a page lives at least this much longer.
const TOKEN_MARGIN_MS: u64 = 60_000;

const INDEX: &str = include_str!("../../www/crm/index.html");
const ASSETS: [(&str, &str, &str); 10] = [
    ("crm.css", "text/css; charset=utf-8", include_str!("../../www/crm/crm.css")),
    ("detail.css", "text/css; charset=utf-8", include_str!("../../www/crm/detail.css")),
    ("detail.js", JAVASCRIPT, include_str!("../../www/crm/detail.js")),
    ("app.js", JAVASCRIPT, include_str!("../../www/crm/app.js")),
    ("dom.js", JAVASCRIPT, include_str!("../../www/crm/dom.js")),
    ("plugin-host.js", JAVASCRIPT, include_str!("../../www/crm/plugin-host.js")),
    ("record-page.js", JAVASCRIPT, include_str!("../../www/crm/record-page.js")),
    ("documents-panel.js", JAVASCRIPT, include_str!("../../www/crm/documents-panel.js")),
    ("marketplace.js", JAVASCRIPT, include_str!("../../www/crm/marketplace.js")),
    ("tour.js", JAVASCRIPT, include_str!("../../www/crm/tour.js")),
];
/// Whose part each of the sandbox's origins plays.
const EMULATED: [(&str, u16); 6] = [
    ("https://api.focus.teamleader.eu", 1),
    ("https://files.teamleader.eu", 2),
    ("https://cdn.teamleader.eu", 2),
    ("https://api.dropboxapi.com", 11),
    ("https://content.dropboxapi.com", 12),
    ("https://notify.dropboxapi.com", 13),
];
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

impl Teamleader {
    pub(crate) fn handle_pages(&mut self, request: &Request, now_ms: u64) -> Response {
        let path = request.path();
        if let Some(response) = self.handle_authorize(request, now_ms) {
            return response.with_header("cache-control", "no-store");
        }
        let response = if let Some(action) = path.strip_prefix("/app/") {
            self.private(request, action, now_ms)
        } else if request.method != "GET" {
            Response::text(405, "Method not allowed")
        } else if let Some(name) = path.strip_prefix("/plugin/") {
            self.plugin_file(&percent_decode(name, false))
        } else if let Some(name) = path.strip_prefix("/assets/") {
            match ASSETS.iter().find(|(n, _, _)| *n == name) {
                Some((_, content_type, text)) => Response::bytes(200, content_type, *text),
                None => Response::text(404, "Not found"),
            }
        } else if path == "/favicon.ico" {
            Response::empty(204)
        } else if let Some(elsewhere) = self.other_host(request) {
            Response::see_other(&elsewhere)
        } else if let Some(page) = self.handle_detail_page(request) {
            page
        } else {
            Response::html(200, INDEX)
        };
        let response = response.with_header("content-security-policy", &self.policy(request));
        let response = response.with_header("x-content-type-options", "nosniff");
        let response = response.with_header("referrer-policy", "no-referrer");
        response.with_header("cache-control", "no-store")
    }

    fn policy(&self, request: &Request) -> String {
        // Whatever the plugin did not declare is out of its reach.
        let declared = self.installed.iter().flat_map(|package| package.connects_to());
        let hosts: Vec<String> = declared
            .filter_map(|origin| EMULATED.iter().find(|(real, _)| *real == origin))
            .map(|(_, offset)| self.base_url(request, *offset))
            .collect();
        format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' {}; \
             style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
            hosts.join(" ")
        )
    }

    /// The same page on 127.0.0.1, for a visitor who typed `localhost`: the redirect back from Dropbox, cookies and
    /// stored state all belong to one host.
    fn other_host(&self, request: &Request) -> Option<String> {
        let host = request.header("host")?;
        let (name, port) = host.split_once(':')?;
        let base = format!("{}://127.0.0.1:{port}", self.settings.scheme);
        (name == "localhost").then(|| format!("{base}{}", request.target))
    }

    /// Takes the offered package, whatever was installed before.
    pub(super) fn install_plugin(&mut self) -> Result<(), String> {
        let path = self.offered.as_deref().ok_or("there is no plugin to install")?;
        self.installed = Some(Arc::new(Package::open(path)?));
        Ok(())
    }

    /// A file of the installed package.
    fn plugin_file(&self, name: &str) -> Response {
        let Some(bytes) = self.installed.as_ref().and_then(|package| package.file(name)) else {
            return Response::text(404, "Not found");
        };
        let content_type = match name.rsplit_once('.').map_or("", |(_, e)| e) {
            "js" | "mjs" => JAVASCRIPT,
            "css" => "text/css; charset=utf-8",
            "html" => "text/html; charset=utf-8",
            "json" => "application/json",
            "wasm" => "application/wasm",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            _ => "application/octet-stream",
        };
        Response::bytes(200, content_type, bytes)
    }

    fn private(&mut self, request: &Request, action: &str, now_ms: u64) -> Response {
        let cookie = request.cookie(COOKIE).unwrap_or("").to_owned();
        let user = self.visitor(request);
        let body: Value = if action == "documents" {
            Value::Null
        } else {
            serde_json::from_slice(&request.body).unwrap_or(Value::Null)
        };
        match (request.method.as_str(), action) {
            ("GET", "session") => {
                return Response::json(200, &self.session(request, user.as_ref()))
            }
            ("POST", "session") => return self.sign_in(request, &body),
            ("DELETE", "session") => {
                self.sessions.remove(&cookie);
                let gone = format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
                return Response::empty(204).with_header("set-cookie", &gone);
            }
            _ => {}
        }
        let Some(user) = user else {
            return Response::json(401, &json!({ "error": "Sign in first" }));
        };
        let answer = match (request.method.as_str(), action) {
            ("POST", "token") => self.page_token(&user, now_ms),
            ("GET", "records") => Some(self.page_list(request)),
            ("GET", "record") => self.page_record(request),
            ("POST", "record/rename") => self.page_rename_record(&body, now_ms),
            ("POST", "documents") => self.page_upload(request, &user, now_ms),
            ("GET", "document") => return self.page_download(request),
            ("POST", "document/change") => self.page_change_document(&body, now_ms),
            ("POST", "document/delete") => {
                let id = body["id"].as_str().unwrap_or("");
                self.user_delete(id).then(|| json!({}))
            }
            ("POST", "plugin") => {
                if body["installed"] == true {
                    if let Err(reason) = self.install_plugin() {
                        return Response::json(422, &json!({ "error": reason }));
                    }
                } else {
                    self.installed = None;
                }
                Some(json!({ "installed": self.installed.is_some() }))
            }
            _ => None,
        };
        match answer {
            Some(answer) => Response::json(200, &answer),
            None => Response::json(404, &json!({ "error": "Not found" })),
        }
    }

    fn session(&self, request: &Request, user: Option<&User>) -> Value {
        json!({
            "account": { "id": self.account_id, "name": "Lumen & Co" },
            "users": self.users.iter().map(person).collect::<Vec<Value>>(),
            "user": user.map(person),
            "default_folder": self.default_folder(),
            "plugin_installed": self.installed.as_ref().map(|package| &package.manifest),
            "plugin_offered": self.offered(),
            "app_key": self.settings.dropbox_app_key,
            "api_base": self.base_url(request, 1),
            "dropbox": {
                "www": self.base_url(request, 10), "api": self.base_url(request, 11),
                "content": self.base_url(request, 12), "notify": self.base_url(request, 13),
            },
        })
    }

    /// The manifest of what the marketplace offers, or why it offers nothing.
    fn offered(&self) -> Value {
        match self.offered.as_deref().map(Package::open) {
            Some(Ok(package)) => package.manifest,
            Some(Err(reason)) => json!({ "refused": reason }),
            None => Value::Null,
        }
    }

    fn sign_in(&mut self, request: &Request, body: &Value) -> Response {
        let wanted = body["user"].as_str().unwrap_or("");
        let Some(user) = self.users.iter().find(|u| u.id == wanted).cloned() else {
            return Response::json(400, &json!({ "error": "There is no such user" }));
        };
        let cookie = self.open_session(&user);
        let answer = Response::json(200, &self.session(request, Some(&user)));
        answer.with_header("set-cookie", &cookie)
    }

    /// Whose session the request belongs to.
    pub(super) fn visitor(&self, request: &Request) -> Option<User> {
        let user_id = self.sessions.get(request.cookie(COOKIE)?)?;
        self.users.iter().find(|user| user.id == *user_id).cloned()
    }

    /// Begins a session; the cookie that belongs to it.
    pub(super) fn open_session(&mut self, user: &User) -> String {
        let secret = self.ids.secret();
        self.sessions.insert(secret.clone(), user.id.clone());
        // An application elsewhere leads people to `/oauth2/authorize`: they are still signed in there.
        format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax")
    }

    fn page_token(&mut self, user: &User, now_ms: u64) -> Option<Value> {
        self.tokens.retain(|_, token| token.expires_ms > now_ms);
        let fresh = self
            .tokens
            .iter()
            .find(|(_, t)| t.user_id == user.id && t.expires_ms > now_ms + TOKEN_MARGIN_MS)
            .map(|(text, token)| (text.clone(), token.clone()));
        let (text, token) = match fresh {
            Some(found) => found,
            None => self.issue_token(&user.id, now_ms)?,
        };
        let expires_in = (token.expires_ms - now_ms) / 1000;
        Some(json!({ "access_token": text, "token_type": "Bearer", "expires_in": expires_in }))
    }

    fn page_list(&self, request: &Request) -> Value {
        let module = request.query_value("module").unwrap_or_default();
        let mut records: Vec<&Record> = self
            .records
            .values()
            .filter(|r| r.subject.kind.module() == module && !r.forbidden)
            .collect();
        records.sort_by_cached_key(|r| (r.display_name().to_lowercase(), r.number));
        let rows: Vec<Value> = records
            .into_iter()
            .map(|record| {
                let mut row = self.page_fields(record);
                row["documents"] = self.documents(&record.subject).len().into();
                row
            })
            .collect();
        json!({ "records": rows })
    }

    fn page_record(&self, request: &Request) -> Option<Value> {
        let record = self.record_of(request)?;
        let mut documents = self.documents(&record.subject);
        documents.sort_by_cached_key(|d| (d.folder.to_lowercase(), d.name.to_lowercase(), d.seq));
        let documents: Vec<Value> = documents.into_iter().map(page_document).collect();
        let mut fields = self.page_fields(record);
        fields["documents"] = documents.into();
        Some(fields)
    }

    fn page_fields(&self, record: &Record) -> Value {
        json!({
            "kind": record.subject.kind.name(),
            "id": record.subject.id,
            "name": record.display_name(),
            "number": record.number,
            "added_at": date_time(record.added_s),
            "updated_at": date_time(record.updated_s),
            "details": record.details,
        })
    }

    fn record_of(&self, request: &Request) -> Option<&Record> {
        let module = request.query_value("module")?;
        let id = request.query_value("id")?;
        let record = self.records.get(&self.subject_of(&module, &id)?)?;
        (!record.forbidden).then_some(record)
    }

    fn page_rename_record(&mut self, body: &Value, now_ms: u64) -> Option<Value> {
        let kind = Kind::parse(body["kind"].as_str()?)?;
        let subject = Subject::new(kind, body["id"].as_str()?);
        let name = body["name"].as_str().filter(|name| !name.is_empty())?;
        self.rename_record(&subject, name, now_ms);
        self.records.get(&subject).map(|record| self.page_fields(record))
    }

    fn page_upload(&mut self, request: &Request, user: &User, now_ms: u64) -> Option<Value> {
        let subject = self.record_of(request)?.subject.clone();
        let name = request.query_value("name").filter(|name| !name.is_empty())?;
        let folder = request.query_value("folder").unwrap_or_default();
        let id = self.user_add(&subject, &folder, &name, request.body.clone(), now_ms)?;
        let document = self.documents.get_mut(&id)?;
        document.uploaded_by = Some(user.id.clone());
        Some(page_document(document))
    }

    fn page_download(&self, request: &Request) -> Response {
        let id = request.query_value("id").unwrap_or_default();
        match self.documents.get(&id) {
            Some(document) => {
                let bytes = document.content.bytes().to_vec();
                let response = Response::bytes(200, document.mime_type, bytes);
                response.with_header("content-disposition", &wire::attachment(&document.name))
            }
            None => Response::text(404, "Not found"),
        }
    }

    fn page_change_document(&mut self, body: &Value, now_ms: u64) -> Option<Value> {
        let mut id = body["id"].as_str()?.to_owned();
        if let Some(name) = body["name"].as_str().filter(|name| !name.is_empty()) {
            if self.documents.get(&id)?.name != name {
                id = self.user_rename(&id, name, now_ms)?;
            }
        }
        if let Some(folder) = body["folder"].as_str() {
            if self.documents.get(&id)?.folder != folder {
                id = self.user_move(&id, folder, now_ms)?;
            }
        }
        self.documents.get(&id).map(page_document)
    }
}

/// A page with one card in the middle.
pub(super) fn small(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\"><title>{title} · CRM\
         </title><link rel=stylesheet href=\"/assets/crm.css\">\
         <link rel=stylesheet href=\"/assets/detail.css\"></head><body class=sign-in>\
         <main class=\"island sign-in-card\"><div class=brand><span class=brand-mark></span>\
         Lumen &amp; Co</div>{body}</main></body></html>"
    )
}

fn person(user: &User) -> Value {
    json!({
        "id": user.id, "first_name": user.first_name, "last_name": user.last_name,
        "email": user.email, "language": user.language,
    })
}

fn page_document(document: &Document) -> Value {
    json!({
        "id": document.id, "name": document.name, "folder": document.folder,
        "size": document.content.bytes().len(), "mime_type": document.mime_type,
        "updated_at": date_time(document.updated_s), "uploaded_by": document.uploaded_by,
    })
}
