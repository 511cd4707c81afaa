//! The API's gate: CORS, version, bearer token, rate limit, error bodies, and which endpoint answers.
//!
//! The endpoints themselves are in `files.rs` and `records.rs`.

use serde_json::{json, Map, Value};

use super::model::{civil, Kind, Subject, User};
use super::variants::{ErrorBody, Exposed};
use super::Teamleader;
use crate::{Request, Response};

/// The latest published version of the API, in force unless a request asks for an older one.
pub(crate) const VERSION: &str = "2023-09-26";
/// Requests in a sliding minute, per integration and account.
const RATE_LIMIT: usize = 200;
const RATE_WINDOW_MS: u64 = 60_000;

/// A refusal with the documented body. Only `title` is guaranteed to a client.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub status: u16,
    pub title: String,
    /// The offending field, for a 400.
    pub field: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(status: u16, title: impl Into<String>) -> Refusal {
        Refusal { status, title: title.into(), field: None }
    }

    pub(crate) fn field(field: &'static str, title: impl Into<String>) -> Refusal {
        Refusal { status: 400, title: title.into(), field: Some(field) }
    }

    pub(crate) fn not_found(what: &str) -> Refusal {
        Refusal::new(404, format!("{what} not found"))
    }

    pub(crate) fn response(&self, body: ErrorBody) -> Response {
        let error = match body {
            ErrorBody::TitleOnly => json!({ "title": self.title }),
            ErrorBody::Full => {
                let mut meta = Map::new();
                if let Some(field) = self.field {
                    meta.insert("field".to_owned(), field.into());
                }
                json!({ "code": 0, "title": self.title, "status": self.status, "meta": meta })
            }
        };
        Response::json(self.status, &json!({ "errors": [error] }))
    }
}

/// What an endpoint answers: a body for 200, or nothing for 204.
pub(crate) type Answer = Result<Option<Value>, Refusal>;

/// What an endpoint gets to see.
pub(crate) struct Call<'a> {
    pub request: &'a Request,
    pub body: &'a Value,
    pub user: &'a User,
    pub now_ms: u64,
    /// The version in force, `YYYY-MM-DD`.
    pub version: &'a str,
}

impl Call<'_> {
    /// The string at this key.
    pub(crate) fn text(&self, key: &'static str) -> Result<&str, Refusal> {
        match &self.body[key] {
            Value::String(text) => Ok(text),
            Value::Null => Err(Refusal::field(key, format!("{key} must be present"))),
            _ => Err(Refusal::field(key, format!("{key} must be a string"))),
        }
    }

    /// The `{"type":…,"id":…}` at this value.
    pub(crate) fn subject(&self, value: &Value) -> Result<Subject, Refusal> {
        let kind = value["type"]
            .as_str()
            .ok_or_else(|| Refusal::field("subject.type", "subject.type must be present"))?;
        let id = value["id"].as_str();
        let id = id.ok_or_else(|| Refusal::field("subject.id", "subject.id must be present"))?;
        match Kind::parse(kind) {
            Some(kind) => Ok(Subject::new(kind, id)),
            None => {
                Err(Refusal::field("subject.type", format!("subject.type {kind} is not supported")))
            }
        }
    }

    /// `page.number` (from 0) and `page.size` (20 unless told, 100 at most).
    pub(crate) fn page(&self) -> Result<(usize, usize), Refusal> {
        let read = |key: &'static str, otherwise: u64| match &self.body["page"][key] {
            Value::Null => Ok(otherwise),
            value => value
                .as_u64()
                .filter(|n| *n >= 1)
                .ok_or_else(|| Refusal::field(key, format!("page.{key} must be at least 1"))),
        };
        let size = read("size", 20)?.min(100) as usize;
        let number = read("number", 1)?.min(u64::from(u32::MAX)) as usize;
        Ok((number - 1, size))
    }
}

impl Teamleader {
    pub(crate) fn handle_api(&mut self, request: &Request, now_ms: u64) -> Response {
        let asked = request.header("x-api-version").unwrap_or(VERSION);
        let version = if asked.len() == 10 && asked <= VERSION {
            asked.to_owned()
        } else {
            VERSION.to_owned()
        };
        if request.method == "OPTIONS" {
            let response = Response::empty(204).with_header("access-control-allow-origin", "*");
            let response = response.with_header("access-control-allow-methods", "GET, POST");
            let allowed = "Authorization, Content-Type, X-Api-Version";
            let response = response.with_header("access-control-allow-headers", allowed);
            return response.with_header("access-control-max-age", "600");
        }
        let mut rate = None;
        let answer = self.answer(request, now_ms, &version, &mut rate);
        let response = match answer {
            Ok(Some(body)) => Response::json(200, &body),
            Ok(None) => Response::empty(204),
            Err(refusal) => refusal.response(self.settings.variants.error_body),
        };
        let mut response = response.with_header("access-control-allow-origin", "*");
        if self.settings.variants.rate_headers == Exposed::Readable {
            let names = "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset";
            response = response.with_header("access-control-expose-headers", names);
        }
        if let Some((remaining, reset_ms)) = rate {
            response = response.with_header("x-ratelimit-limit", &RATE_LIMIT.to_string());
            response = response.with_header("x-ratelimit-remaining", &remaining.to_string());
            response = response.with_header("x-ratelimit-reset", &rate_reset(reset_ms));
        }
        response.with_header("x-api-version", &version)
    }

    fn answer(
        &mut self,
        request: &Request,
        now_ms: u64,
        version: &str,
        rate: &mut Option<(usize, u64)>,
    ) -> Answer {
        let user = self.authorized(request, now_ms)?;
        if self.settings.rate_limits {
            let (allowed, remaining, reset_ms) = self.count(now_ms);
            *rate = Some((remaining, reset_ms));
            if !allowed {
                return Err(Refusal::new(429, "Too many requests"));
            }
        }
        if !matches!(request.method.as_str(), "POST" | "GET") {
            return Err(Refusal::new(405, "Method not allowed"));
        }
        let body = if request.body.is_empty() {
            json!({})
        } else {
            serde_json::from_slice(&request.body)
                .ok()
                .filter(Value::is_object)
                .ok_or_else(|| Refusal::new(400, "The body is not a JSON object"))?
        };
        let path = request.path();
        let call = Call { request, body: &body, user: &user, now_ms, version };
        match path.trim_start_matches('/') {
            "files.list" => self.files_list(&call),
            "files.info" => self.files_info(&call),
            "files.download" => self.files_download(&call),
            "files.upload" => self.files_upload(&call),
            "files.delete" => self.files_delete(&call),
            "users.me" => self.users_me(&call),
            "accounts.projects-v2-status" => Ok(Some(
                json!({"data": {"status": "projects-v2", "will_be_automatically_switched_on": null}}),
            )),
            "migrate.id" => self.migrate_id(&call),
            other => match records_endpoint(other) {
                Some((kind, "list")) => self.records_list(&call, kind),
                Some((kind, _)) => self.records_info(&call, kind),
                None => Err(Refusal::new(404, format!("{other} is not an endpoint"))),
            },
        }
    }

    fn authorized(&self, request: &Request, now_ms: u64) -> Result<User, Refusal> {
        let refusal = || Refusal::new(401, "The access token is invalid or has expired");
        let header = request.header("authorization").ok_or_else(refusal)?;
        let text = header.strip_prefix("Bearer ").ok_or_else(refusal)?;
        let token = self.tokens.get(text).ok_or_else(refusal)?;
        if token.expires_ms <= now_ms {
            return Err(refusal());
        }
        let user = self.users.iter().find(|u| u.id == token.user_id);
        user.cloned().ok_or_else(refusal)
    }

    /// Counts a request: whether it is within the limit, how many remain, and when the oldest leaves the window.
    fn count(&mut self, now_ms: u64) -> (bool, usize, u64) {
        while let Some(&oldest) = self.accepted_ms.front() {
            if oldest + RATE_WINDOW_MS > now_ms {
                break;
            }
            self.accepted_ms.pop_front();
        }
        let allowed = self.accepted_ms.len() < RATE_LIMIT;
        if allowed {
            self.accepted_ms.push_back(now_ms);
        }
        let oldest = self.accepted_ms.front().copied().unwrap_or(now_ms);
        let remaining = RATE_LIMIT - self.accepted_ms.len();
        (allowed, remaining, oldest + RATE_WINDOW_MS)
    }
}

fn records_endpoint(path: &str) -> Option<(Kind, &str)> {
    let (resource, action) = path.rsplit_once('.')?;
    if !matches!(action, "list" | "info") {
        return None;
    }
    let kind = match resource {
        "companies" => Kind::Company,
        "contacts" => Kind::Contact,
        "projects" => Kind::Project,
        "projects-v2/projects" => Kind::NextgenProject,
        "meetings" => Kind::Meeting,
        "products" => Kind::Product,
        _ => return None,
    };
    Some((kind, action))
}

/// `2021-06-15T10:51:23.035+0100`, as the header writes it.
fn rate_reset(ms: u64) -> String {
    let (year, month, day) = civil(ms / 86_400_000);
    let rest = ms % 86_400_000;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}+0000",
        rest / 3_600_000,
        rest / 60_000 % 60,
        rest / 1000 % 60,
        rest % 1000
    )
}
