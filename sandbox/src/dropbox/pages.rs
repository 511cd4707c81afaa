//! Dropbox's pages: sign-in, consent, connected apps, and what the folder viewer asks of its
//! server. `/viewer/…` is private to the viewer and no part of the public API.

use super::metadata;
use super::names::{name_of, parent_of};
use super::oauth::Ask;
use super::Dropbox;
use crate::clock::utc_z;
use crate::message::{html_escape, percent_encode, Request, Response};
use crate::world::Ctx;
use serde_json::{json, Value};

const COOKIE: &str = "dropbox_session";
const APP_NAME: &str = "Teamleader CRM";
/// Where the app folder stands in the person's Dropbox.
const APP_FOLDER: &str = "/Apps/Teamleader CRM";

const STYLE: &str = include_str!("../../www/dropbox/dropbox.css");
const VIEWER: &str = include_str!("../../www/dropbox/viewer.html");
const SCRIPT: &str = include_str!("../../www/dropbox/viewer.js");

impl Dropbox {
    pub(super) fn handle_pages(&mut self, ctx: &mut Ctx, request: &Request) -> Response {
        let path = request.path();
        let account = request.cookie(COOKIE).and_then(|c| self.browsers.get(c)).copied();
        let response = match (request.method.as_str(), path, account) {
            ("GET", "/dropbox.css", _) => Response::bytes(200, "text/css; charset=utf-8", STYLE),
            ("GET", "/viewer.js", _) => {
                Response::bytes(200, "text/javascript; charset=utf-8", SCRIPT)
            }
            ("GET", "/favicon.ico", _) => Response::empty(204),
            ("GET", "/login", _) => self.sign_in_page(&next_of(request)),
            ("POST", "/login", _) => self.sign_in(ctx, request),
            ("POST" | "GET", "/logout", _) => {
                if let Some(cookie) = request.cookie(COOKIE) {
                    self.browsers.remove(cookie);
                }
                Response::see_other("/login")
                    .with_header("set-cookie", &format!("{COOKIE}=; Path=/; Max-Age=0"))
            }
            ("GET", "/oauth2/authorize", account) => self.authorize_page(ctx, request, account),
            ("POST", "/oauth2/authorize", Some(account)) => self.consent(ctx, request, account),
            ("GET", _, None) => Response::see_other(&to_sign_in(&request.target)),
            ("GET", "/", Some(_)) => {
                Response::see_other(&format!("/home{}", APP_FOLDER.replace(' ', "%20")))
            }
            ("GET", "/account/connected_apps", Some(account)) => self.apps_page(account),
            ("POST", "/account/connected_apps", Some(account)) => {
                self.unlink(account);
                Response::see_other("/account/connected_apps")
            }
            (_, path, Some(account)) if path.starts_with("/viewer/") => {
                self.viewer(ctx, request, account)
            }
            ("GET", path, _) if path == "/home" || path.starts_with("/home/") => {
                Response::html(200, VIEWER)
            }
            _ => {
                ctx.unexpected = Some(format!("no such page: {path}"));
                Response::html(404, &page("Not found", "<h1>That page isn’t here</h1>"))
            }
        };
        response
            .with_header("cache-control", "no-store")
            .with_header("x-frame-options", "DENY")
            .with_header("referrer-policy", "strict-origin-when-cross-origin")
    }

    fn sign_in_page(&self, next: &str) -> Response {
        let buttons: String = self
            .accounts
            .iter()
            .map(|account| {
                format!(
                    "<button class=person name=account value={}><span class=avatar aria-hidden=true>{}</span>\
                     <span><strong>Sign in as {}</strong><small>{}</small></span></button>",
                    account.index,
                    &account.name[0][..1],
                    html_escape(&account.display_name()),
                    html_escape(&account.email),
                )
            })
            .collect();
        let body = format!(
            "<h1>Sign in to Dropbox</h1><p>Choose an account of this sandbox.</p>\
             <form method=post action=/login><input type=hidden name=next value=\"{}\">{buttons}</form>",
            html_escape(next)
        );
        Response::html(200, &page("Sign in", &body))
    }

    fn sign_in(&mut self, ctx: &mut Ctx, request: &Request) -> Response {
        let form = request.form();
        let value = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let account = value("account").and_then(|text| text.parse::<usize>().ok());
        let Some(account) = account.filter(|n| *n < self.accounts.len()) else {
            return Response::html(400, &page("Sign in", "<h1>There is no such account</h1>"));
        };
        let cookie = ctx.rng.token(32);
        self.browsers.insert(cookie.clone(), account);
        // Only back into these pages.
        let next = value("next").filter(|next| next.starts_with('/') && !next.starts_with("//"));
        Response::see_other(next.unwrap_or("/")).with_header(
            "set-cookie",
            &format!("{COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Lax"),
        )
    }

    fn authorize_page(
        &mut self,
        ctx: &mut Ctx,
        request: &Request,
        account: Option<usize>,
    ) -> Response {
        let ask = match Ask::read(ctx.options, request) {
            Ok(ask) => ask,
            Err(text) => {
                ctx.unexpected = Some(text.clone());
                let body = format!(
                    "<h1>Something is wrong with this app</h1><p role=alert>{}</p>",
                    html_escape(&text)
                );
                return Response::html(400, &page("Error", &body));
            }
        };
        if ask.force_reauthentication {
            // Once: the page after the sign-in asks no more.
            let next =
                request.target.replace("force_reauthentication=true", "reauthenticated=true");
            return Response::see_other(&to_sign_in(&next));
        }
        let Some(account) = account else {
            return Response::see_other(&to_sign_in(&request.target));
        };
        if !ask.force_reapprove
            && ask.redirect_uri.is_some()
            && self.grants.has(account, &ask.scopes)
        {
            return self.allow(ctx, account, ask);
        }
        let who = &self.accounts[account];
        let body = format!(
            "<h1>{APP_NAME} wants its own folder</h1>\
             <p><strong>{APP_NAME}</strong> would like access to its own folder, \
             <strong>Apps › {APP_NAME}</strong>, inside your Dropbox. It sees nothing else.</p>\
             <ul class=scopes>{}</ul>\
             <p class=who>Signed in as <strong>{}</strong> ({}). <a href=\"{}\">Use another account</a></p>\
             <form method=post action=\"{}\" class=choice>\
             <button name=choice value=deny class=secondary>Cancel</button>\
             <button name=choice value=allow class=primary>Allow</button></form>",
            ask.scopes.iter().map(|scope| format!("<li>{}</li>", scope_text(scope))).collect::<String>(),
            html_escape(&who.display_name()),
            html_escape(&who.email),
            html_escape(&to_sign_in(&request.target)),
            html_escape(&request.target),
        );
        Response::html(200, &page("Connect an app", &body))
    }

    /// The form comes back to the same address, so what is asked is read and checked again.
    fn consent(&mut self, ctx: &mut Ctx, request: &Request, account: usize) -> Response {
        let ask = match Ask::read(ctx.options, request) {
            Ok(ask) => ask,
            Err(text) => return Response::text(400, &text),
        };
        if request.form().iter().any(|(name, value)| name == "choice" && value == "allow") {
            return self.allow(ctx, account, ask);
        }
        let Some(uri) = &ask.redirect_uri else {
            return Response::html(200, &page("Cancelled", "<h1>The app was not connected</h1>"));
        };
        let mut pairs = vec![
            ("error", "access_denied"),
            (
                "error_description",
                "The user chose not to give your app access to their Dropbox account.",
            ),
        ];
        pairs.extend(ask.state.as_deref().map(|state| ("state", state)));
        Response::see_other(&with_query(uri, &pairs))
    }

    fn allow(&mut self, ctx: &mut Ctx, account: usize, ask: Ask) -> Response {
        let (uri, state) = (ask.redirect_uri.clone(), ask.state.clone());
        let code = self.grants.new_code(ctx, account, ask);
        let Some(uri) = uri else {
            let body = format!(
                "<h1>Enter this code in the app</h1><p><input readonly aria-label=\"Access code\" value=\"{code}\"></p>"
            );
            return Response::html(200, &page("Access code", &body));
        };
        let mut pairs = vec![("code", code.as_str())];
        pairs.extend(state.as_deref().map(|state| ("state", state)));
        Response::see_other(&with_query(&uri, &pairs))
    }

    fn apps_page(&self, account: usize) -> Response {
        let linked = self.grants.count(account);
        let body = match linked {
            0 => "<h1>Connected apps</h1><p>No app is connected.</p>".to_string(),
            _ => format!(
                "<h1>Connected apps</h1><p><strong>{APP_NAME}</strong>, folder Apps › {APP_NAME}</p>\
                 <form method=post class=choice><button class=secondary>Disconnect {APP_NAME}</button></form>"
            ),
        };
        let body = format!("{body}<p><a href=\"/\">Back to the files</a></p>");
        Response::html(200, &page("Connected apps", &body))
    }

    /// What the viewer asks. Paths are the person's: the app folder is `/Apps/Teamleader CRM`.
    fn viewer(&mut self, ctx: &mut Ctx, request: &Request, account: usize) -> Response {
        let body = request.json_body().unwrap_or(Value::Null);
        let path = request.query_value("path").unwrap_or_default();
        let text = |name: &str| in_app(body[name].as_str().unwrap_or(""));
        let result = match (request.method.as_str(), request.path()) {
            ("GET", "/viewer/list") => self.viewer_list(ctx, account, &path),
            ("GET", "/viewer/file") => {
                let content = in_app(&path).ok().and_then(|path| self.content(account, &path));
                return match content {
                    None => Response::text(404, "There is no such file."),
                    Some(content) => {
                        let name = percent_encode(name_of(&path));
                        Response::bytes(200, "application/octet-stream", &content.bytes[..])
                            .with_header(
                                "content-disposition",
                                &format!("attachment; filename*=UTF-8''{name}"),
                            )
                    }
                };
            }
            ("PUT", "/viewer/file") => in_app(&path)
                .and_then(|path| self.user_put(ctx, account, &path, &request.body[..]))
                .map(|id| json!({ "id": id })),
            ("POST", "/viewer/folder") => text("path")
                .and_then(|path| self.user_folder(ctx, account, &path))
                .map(|id| json!({ "id": id })),
            ("POST", "/viewer/move") => text("from")
                .and_then(|from| Ok((from, text("to")?)))
                .and_then(|(from, to)| self.user_move(ctx, account, &from, &to))
                .map(|()| json!({})),
            ("POST", "/viewer/delete") => text("path")
                .and_then(|path| self.user_delete(ctx, account, &path))
                .map(|()| json!({})),
            _ => Err("There is no such action.".into()),
        };
        match result {
            Ok(value) => Response::json(200, &value),
            Err(error) => Response::json(409, &json!({ "error": error })),
        }
    }

    fn viewer_list(&self, ctx: &Ctx, account: usize, path: &str) -> Result<Value, String> {
        let who = &self.accounts[account];
        let virtual_folder = |name: &str| json!([{"name": name, "type": "folder", "fixed": true}]);
        let entries = match path.trim_end_matches('/') {
            "" => virtual_folder("Apps"),
            "/Apps" => virtual_folder(APP_NAME),
            path => {
                let inside = in_app(path)?;
                let key = super::names::lower(&inside);
                if !key.is_empty() && who.tree.at(&key).is_none_or(|node| node.file.is_some()) {
                    return Err("This folder doesn’t exist any more.".into());
                }
                let variants = &ctx.options.variants.dropbox;
                let here = who.tree.below(&key).filter(|(below, _)| parent_of(below) == key);
                here.map(|(key, node)| {
                    let mut entry = metadata::tagged(variants, key, key, Some(node));
                    entry["type"] = entry[".tag"].take();
                    if let Some(file) = &node.file {
                        entry["modified"] = json!(utc_z(file.server_modified_ms));
                    }
                    entry
                })
                .collect()
            }
        };
        Ok(json!({
            "account": {"name": who.display_name(), "email": who.email},
            "entries": entries,
        }))
    }
}

/// A person's path as the app sees it.
fn in_app(path: &str) -> Result<String, String> {
    match path.strip_prefix(APP_FOLDER) {
        Some(inside) if inside.is_empty() || inside.starts_with('/') => Ok(inside.to_string()),
        _ => Err(format!("This sandbox only has the folder Apps › {APP_NAME}.")),
    }
}

fn next_of(request: &Request) -> String {
    request.query_value("next").unwrap_or_else(|| "/".into())
}

fn to_sign_in(target: &str) -> String {
    format!("/login?next={}", percent_encode(target))
}

fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let query: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{}", query.join("&"))
}

fn scope_text(scope: &str) -> String {
    let text = match scope {
        "account_info.read" => "See your name and email address",
        "files.metadata.read" => "See what is in its folder",
        "files.content.read" => "Read files in its folder",
        "files.content.write" => "Add, change and delete files in its folder",
        "files.metadata.write" => "Change information about files in its folder",
        other => other,
    };
    html_escape(text)
}

/// A small page around its content.
fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width,initial-scale=1\">\
         <title>{title} - Dropbox (sandbox)</title><link rel=stylesheet href=/dropbox.css>\
         <body class=small><main><p class=brand>Dropbox <span>sandbox</span></p>{body}</main></body></html>"
    )
}
