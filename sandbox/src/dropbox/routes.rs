//! The gate of the HTTP API: which route, on which host, in which style, with which scope; reading
//! the argument and dressing the answer. What a route does is in `files.rs` and `batches.rs`.

use super::args::{self, Echo};
use super::wire::{self, failed, Fail};
use super::{Dropbox, MINUTE_LIMIT};
use crate::faults::{Effect, TooManyWritesForm};
use crate::message::{Origin, Reply, Request, Response};
use crate::world::Ctx;
use serde_json::{json, Value};

/// How argument and result travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// JSON in both bodies.
    Rpc,
    /// Argument in a header, bytes in the body.
    Upload,
    /// Argument and result in headers, bytes in the answer.
    Download,
}

struct Route {
    name: &'static str,
    origin: Origin,
    style: Style,
    scope: &'static str,
    /// What wraps `too_many_write_operations` in its error; empty for what takes no lock.
    lock: &'static str,
}

const READ_META: &str = "files.metadata.read";
const READ: &str = "files.content.read";
const WRITE: &str = "files.content.write";
const ACCOUNT: &str = "account_info.read";

const fn route(
    name: &'static str,
    origin: Origin,
    style: Style,
    scope: &'static str,
    lock: &'static str,
) -> Route {
    Route { name, origin, style, scope, lock }
}

const ROUTES: &[Route] = {
    use Origin::{DropboxApi as Api, DropboxContent as Content, DropboxNotify as Notify};
    use Style::{Download, Rpc, Upload};
    &[
        route("files/upload", Content, Upload, WRITE, "upload"),
        route("files/upload_session/start", Content, Upload, WRITE, ""),
        route("files/upload_session/append_v2", Content, Upload, WRITE, ""),
        route("files/upload_session/append_batch", Content, Upload, WRITE, ""),
        route("files/upload_session/finish", Content, Upload, WRITE, "plain"),
        route("files/upload_session/start_batch", Api, Rpc, WRITE, ""),
        route("files/upload_session/finish_batch_v2", Api, Rpc, WRITE, "batch"),
        route("files/upload_session/finish_batch", Api, Rpc, WRITE, "batch"),
        route("files/upload_session/finish_batch/check", Api, Rpc, WRITE, ""),
        route("files/download", Content, Download, READ, ""),
        route("files/get_metadata", Api, Rpc, READ_META, ""),
        route("files/list_folder", Api, Rpc, READ_META, ""),
        route("files/list_folder/continue", Api, Rpc, READ_META, ""),
        route("files/list_folder/get_latest_cursor", Api, Rpc, READ_META, ""),
        route("files/list_folder/longpoll", Notify, Rpc, "", ""),
        route("files/create_folder_v2", Api, Rpc, WRITE, "path"),
        route("files/create_folder_batch", Api, Rpc, WRITE, "batch"),
        route("files/create_folder_batch/check", Api, Rpc, WRITE, ""),
        route("files/delete_v2", Api, Rpc, WRITE, "plain"),
        route("files/delete_batch", Api, Rpc, WRITE, "batch"),
        route("files/delete_batch/check", Api, Rpc, WRITE, ""),
        route("files/move_v2", Api, Rpc, WRITE, "to"),
        route("files/copy_v2", Api, Rpc, WRITE, "to"),
        route("files/move_batch_v2", Api, Rpc, WRITE, "batch"),
        route("files/move_batch/check_v2", Api, Rpc, WRITE, ""),
        route("files/copy_batch_v2", Api, Rpc, WRITE, "batch"),
        route("files/copy_batch/check_v2", Api, Rpc, WRITE, ""),
        route("files/restore", Api, Rpc, WRITE, "path_write"),
        route("files/list_revisions", Api, Rpc, READ_META, ""),
        route("users/get_current_account", Api, Rpc, ACCOUNT, ""),
        route("users/get_space_usage", Api, Rpc, ACCOUNT, ""),
        route("auth/token/revoke", Api, Rpc, "", ""),
        route("check/user", Api, Rpc, ACCOUNT, ""),
    ]
};

/// What a route hands back.
pub enum Answer {
    /// A result in JSON.
    Json(Value),
    /// A result in JSON, called `text/plain`.
    JsonAsText(Value),
    /// A file: metadata, revision, bytes.
    File(Value, std::sync::Arc<str>, crate::content::Bytes),
    /// A longpoll waits.
    Parked(u64),
}

/// One call, past the gate.
pub struct Call<'a> {
    /// `files/upload`
    pub name: &'static str,
    /// The argument; `null` if there is none.
    pub arg: Value,
    /// Where it stood, for messages.
    pub place: &'static str,
    /// The bytes of an upload.
    pub body: &'a [u8],
    /// The caller's account.
    pub account: usize,
    /// The caller's token.
    pub token: String,
}

impl Call<'_> {
    /// The argument as its type.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, Fail> {
        args::read(self.arg.clone(), self.place)
    }

    /// The argument in words of the real server, for a check of a field.
    pub fn bad(&self, text: &str) -> Fail {
        Fail::Bad(format!("{}: {text}", self.place))
    }
}

impl Dropbox {
    /// The API's three hosts.
    pub(super) fn handle_api(&mut self, ctx: &mut Ctx, request: &Request) -> Reply {
        if request.method == "OPTIONS" {
            let refused = ctx.options.variants.dropbox.content_preflight_refused
                && request.origin != Origin::DropboxApi;
            let mut response = wire::preflight(ctx, request);
            if refused {
                response.headers.retain(|(name, _)| name != "access-control-allow-origin");
            }
            return Reply::Ready(response);
        }
        let response = if request.path() == "/oauth2/token" && request.origin == Origin::DropboxApi
        {
            self.token_endpoint(ctx, request)
        } else {
            match self.call(ctx, request) {
                Ok(reply) => return reply,
                Err(response) => response,
            }
        };
        Reply::Ready(self.dressed(ctx, request, response))
    }

    /// What every answer carries.
    pub(super) fn dressed(&mut self, ctx: &Ctx, request: &Request, response: Response) -> Response {
        self.served += 1;
        let id = format!("{:032x}", u128::from(self.served) * 0x9e37_79b9_7f4a_7c15_f39c_0c1b);
        wire::with_cors(ctx, request, response).with_header("x-dropbox-request-id", &id)
    }

    fn call(&mut self, ctx: &mut Ctx, request: &Request) -> Result<Reply, Response> {
        let name = request.path().strip_prefix("/2/").unwrap_or(request.path());
        let Some(route) = ROUTES.iter().find(|route| route.name == name) else {
            ctx.unexpected = Some(format!("unknown API function {name}"));
            return Err(Response::text(400, &format!("Unknown API function: \"{name}\"")));
        };
        if route.origin != request.origin {
            let text = "this function is served by another host";
            return Err(failed(ctx, name, Fail::Bad(text.into())));
        }
        let answer = self.gate(ctx, route, request).map_err(|fail| failed(ctx, name, fail))?;
        let response = match answer {
            Answer::Parked(until_ms) => return Ok(Reply::Parked { until_ms }),
            Answer::Json(value) => Response::json(200, &value),
            Answer::JsonAsText(value) => Response::text(200, &value.to_string()),
            Answer::File(metadata, rev, bytes) => file_response(request, &metadata, &rev, &bytes),
        };
        Ok(Reply::Ready(self.dressed(ctx, request, response)))
    }

    fn gate(&mut self, ctx: &mut Ctx, route: &Route, request: &Request) -> Result<Answer, Fail> {
        let is_get_download = route.style == Style::Download && request.method == "GET";
        if request.method != "POST" && !is_get_download {
            return Err(Fail::Bad(format!("HTTP method {} is not supported", request.method)));
        }
        if route.origin == Origin::DropboxNotify {
            if request.header("authorization").is_some() {
                return Err(Fail::Bad(
                    "Your request includes an Authorization header, but this function does not \
                     use it."
                        .into(),
                ));
            }
            if !ctx.options.variants.dropbox.longpoll {
                return Err(Fail::Server(404));
            }
            let (arg, place) = argument(route.style, request)?;
            let call =
                Call { name: route.name, arg, place, body: &[], account: 0, token: String::new() };
            return self.longpoll(ctx, &call);
        }
        let (token, caller) = self.authorize(ctx, request)?;
        if !route.scope.is_empty() {
            let scope = route.scope.to_string();
            if !ctx.options.dropbox_scopes.contains(&scope) {
                return Err(Fail::Bad(format!(
                    "Your app is not permitted to access this endpoint because it does not have \
                     the required scope '{scope}'. The owner of the app can enable the scope for \
                     the app using the Permissions tab on the App Console."
                )));
            }
            if !caller.scopes.contains(&scope) {
                let error = json!({".tag": "missing_scope", "required_scope": scope});
                return Err(Fail::Auth(error));
            }
        }
        if ctx.options.rate_limits && self.accounts[caller.account].is_over_limit(ctx.now_ms) {
            return Err(Fail::TooMany("too_many_requests"));
        }
        let (arg, place) = argument(route.style, request)?;
        if let (Some(Effect::TooManyWrites(TooManyWritesForm::Error409)), false) =
            (ctx.effect, route.lock.is_empty() || route.lock == "batch")
        {
            let tag = json!({".tag": "too_many_write_operations"});
            return Err(Fail::Endpoint(match route.lock {
                "plain" => tag,
                "upload" => json!({
                    ".tag": "path", "reason": tag,
                    "upload_session_id": self.accounts[caller.account].keep_for_retry(ctx, &request.body),
                }),
                key => wire::nested(key, tag),
            }));
        }
        let call = Call {
            name: route.name,
            arg,
            place,
            body: &request.body,
            account: caller.account,
            token,
        };
        if !route.lock.is_empty() {
            let entries = call.arg["entries"].as_array().or(call.arg["paths"].as_array());
            let entries = entries.map_or(1, Vec::len);
            self.accounts[caller.account].lock(ctx, entries)?;
        }
        self.dispatch(ctx, &call)
    }

    fn dispatch(&mut self, ctx: &mut Ctx, call: &Call) -> Result<Answer, Fail> {
        let account = &mut self.accounts[call.account];
        Ok(Answer::Json(match call.name {
            "files/upload" => account.upload(ctx, call)?,
            "files/upload_session/start" => account.session_start(ctx, &call.read()?, call.body)?,
            "files/upload_session/append_v2" => {
                account.session_append(ctx, &call.read()?, call.body)?;
                Value::Null
            }
            "files/upload_session/append_batch" => {
                account.session_append_batch(ctx, &call.read()?, call.body)?
            }
            "files/upload_session/finish" => account.finish(ctx, call)?,
            "files/upload_session/start_batch" => {
                let arg: args::SessionStartBatch = call.read()?;
                if !(1..=1000).contains(&arg.num_sessions) {
                    return Err(call.bad("num_sessions: not between 1 and 1000"));
                }
                account.session_start_batch(ctx, arg.session_type.as_ref(), arg.num_sessions)
            }
            "files/upload_session/finish_batch_v2" => account.finish_batch(ctx, call)?,
            "files/upload_session/finish_batch" => {
                let result = account.finish_batch(ctx, call)?;
                account.launched(ctx, call.name, result, false)
            }
            "files/download" => return account.download(ctx, call),
            "files/get_metadata" => account.get_metadata(ctx, call)?,
            "files/list_folder" => account.list_folder(ctx, call, false)?,
            "files/list_folder/get_latest_cursor" => account.list_folder(ctx, call, true)?,
            "files/list_folder/continue" => account.list_folder_continue(ctx, call)?,
            "files/create_folder_v2" => account.create_folder_v2(ctx, call)?,
            "files/create_folder_batch" => account.create_folder_batch(ctx, call)?,
            "files/delete_v2" => account.delete_v2(ctx, call)?,
            "files/delete_batch" => account.delete_batch(ctx, call)?,
            "files/move_v2" => account.relocate_v2(ctx, call, false)?,
            "files/copy_v2" => account.relocate_v2(ctx, call, true)?,
            "files/move_batch_v2" => account.relocate_batch(ctx, call, false)?,
            "files/copy_batch_v2" => account.relocate_batch(ctx, call, true)?,
            "files/restore" => account.restore(ctx, call)?,
            "files/list_revisions" => account.list_revisions(ctx, call)?,
            "users/get_current_account" => {
                void(call)?;
                account.full_account()
            }
            "users/get_space_usage" => {
                void(call)?;
                json!({
                    "used": account.tree.used_bytes,
                    "allocation": {
                        ".tag": "individual",
                        "allocated": ctx.options.dropbox_quota_bytes,
                    },
                })
            }
            "auth/token/revoke" => {
                void(call)?;
                self.grants.revoke(&call.token);
                Value::Null
            }
            "check/user" => {
                let echo: Echo = match &call.arg {
                    Value::Null => Echo { query: String::new() },
                    _ => call.read()?,
                };
                json!({"result": echo.query})
            }
            _ => account.poll_job(ctx, call)?,
        }))
    }

    /// Dropbox's own dress for an error that is a fault.
    pub(super) fn fault(&mut self, ctx: &mut Ctx, request: &Request, effect: &Effect) -> Response {
        let name = request.path().strip_prefix("/2/").unwrap_or(request.path()).to_string();
        let response = match effect {
            Effect::TooManyWrites(_) => wire::too_many(ctx, "too_many_write_operations", Some(1)),
            Effect::DropboxError(error) => failed(ctx, &name, Fail::Endpoint(error.clone())),
            Effect::Status { status, retry_after, body: crate::BodyKind::Json } => match *status {
                401 => failed(ctx, &name, Fail::Auth(json!({".tag": "expired_access_token"}))),
                429 => wire::too_many(ctx, "too_many_requests", *retry_after),
                status => crate::world::plain_status(status, *retry_after),
            },
            Effect::Status { status, retry_after, .. } => {
                crate::world::plain_status(*status, *retry_after)
            }
            Effect::ServerError { status, .. } => crate::world::plain_status(*status, None),
            _ => crate::world::plain_status(500, None),
        };
        ctx.unexpected = None;
        self.dressed(ctx, request, response)
    }
}

impl super::Account {
    /// Counts a request; refused ones count as well.
    fn is_over_limit(&mut self, now_ms: u64) -> bool {
        while self.recent_ms.front().is_some_and(|at| at + 60_000 <= now_ms) {
            self.recent_ms.pop_front();
        }
        self.recent_ms.push_back(now_ms);
        self.recent_ms.len() > MINUTE_LIMIT
    }

    /// Takes the namespace's write lock for as long as the write works.
    fn lock(&mut self, ctx: &mut Ctx, entries: usize) -> Result<(), Fail> {
        const WRITE_MS: u64 = 60;
        const ENTRY_MS: u64 = 3;
        if !ctx.options.rate_limits {
            return Ok(());
        }
        if ctx.now_ms < self.locked_until_ms {
            return Err(Fail::TooMany("too_many_write_operations"));
        }
        let hold_ms = WRITE_MS + ENTRY_MS * entries as u64;
        self.locked_until_ms = ctx.now_ms + hold_ms;
        ctx.delay_ms += hold_ms;
        Ok(())
    }
}

fn void(call: &Call) -> Result<(), Fail> {
    match call.arg {
        Value::Null => Ok(()),
        _ => Err(call.bad("expected null")),
    }
}

/// The argument and where it stood.
fn argument(style: Style, request: &Request) -> Result<(Value, &'static str), Fail> {
    let content_type = request.header("content-type").unwrap_or("");
    let plain: String = content_type.to_ascii_lowercase().chars().filter(|c| *c != ' ').collect();
    let hack = plain == "text/plain;charset=dropbox-cors-hack";
    match style {
        Style::Rpc => {
            if request.body.is_empty() {
                return match request.query_value("arg") {
                    Some(arg) => json_of(&arg, "URL parameter \"arg\""),
                    None => Ok((Value::Null, "request body")),
                };
            }
            if !hack && plain != "application/json" && plain != "application/json;charset=utf-8" {
                return Err(bad_content_type(
                    content_type,
                    "\"application/json\", \"application/json; charset=utf-8\", ",
                ));
            }
            let text = std::str::from_utf8(&request.body).unwrap_or("\u{fffd}");
            json_of(text, "request body")
        }
        Style::Upload => {
            if !hack && plain != "application/octet-stream" {
                return Err(bad_content_type(content_type, "\"application/octet-stream\", "));
            }
            header_argument(request)
        }
        Style::Download => {
            if hack || !request.body.is_empty() || plain.starts_with("application/json") {
                return Err(Fail::Bad(format!(
                    "Bad HTTP \"Content-Type\" header: \"{content_type}\".  This function takes no body."
                )));
            }
            header_argument(request)
        }
    }
}

fn bad_content_type(given: &str, expected: &str) -> Fail {
    Fail::Bad(format!(
        "Bad HTTP \"Content-Type\" header: \"{given}\".  Expecting one of {expected}\"text/plain; \
         charset=dropbox-cors-hack\"."
    ))
}

fn header_argument(request: &Request) -> Result<(Value, &'static str), Fail> {
    if let Some(arg) = request.header("dropbox-api-arg") {
        if !arg.is_ascii() {
            return Err(Fail::Bad(
                "HTTP header \"Dropbox-API-Arg\": could not decode input as JSON".into(),
            ));
        }
        return json_of(arg, "HTTP header \"Dropbox-API-Arg\"");
    }
    match request.query_value("arg") {
        Some(arg) => json_of(&arg, "URL parameter \"arg\""),
        None => Err(Fail::Bad(
            "Must provide HTTP header \"Dropbox-API-Arg\" or URL parameter \"arg\".".into(),
        )),
    }
}

fn json_of(text: &str, place: &'static str) -> Result<(Value, &'static str), Fail> {
    serde_json::from_str(text)
        .map(|value| (value, place))
        .map_err(|_| Fail::Bad(format!("{place}: could not decode input as JSON")))
}

/// The answer of `files/download`: whole, a range (206), or 304.
fn file_response(request: &Request, metadata: &Value, rev: &str, bytes: &[u8]) -> Response {
    let etag = format!("W/\"{rev}\"");
    if request
        .header("if-none-match")
        .is_some_and(|given| given.split(',').any(|g| g.trim() == etag))
    {
        return Response::empty(304).with_header("etag", &etag);
    }
    let range = request.header("range").map(|range| range_of(range, bytes.len()));
    let response = match range {
        None => Response::bytes(200, "application/octet-stream", bytes),
        Some(Some((from, to))) => {
            Response::bytes(206, "application/octet-stream", &bytes[from..to])
                .with_header("content-range", &format!("bytes {from}-{}/{}", to - 1, bytes.len()))
        }
        Some(None) => {
            return Response::text(416, "Requested Range Not Satisfiable")
                .with_header("content-range", &format!("bytes */{}", bytes.len()))
        }
    };
    response
        .with_header("dropbox-api-result", &wire::header_json(metadata))
        .with_header("etag", &etag)
        .with_header("accept-ranges", "bytes")
}

/// `bytes=5-9`, `bytes=5-`, `bytes=-5` as a half-open range.
fn range_of(text: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), Ok(to)) => (from, to.saturating_add(1).min(length)),
        (Ok(from), Err(_)) if to.is_empty() => (from, length),
        (Err(_), Ok(last)) if from.is_empty() => (length.saturating_sub(last), length),
        _ => return None,
    };
    (from < to).then_some((from, to))
}
