//! The world: time, randomness, log and faults around the two services.

use crate::control;
use crate::dropbox::Dropbox;
use crate::faults::{BodyKind, Effect, Fault};
use crate::message::{Origin, Reply, Request, Response};
use crate::options::Options;
use crate::rng::Rng;
use crate::teamleader::Teamleader;
use serde::Serialize;

/// Both services, and nothing outside them.
#[derive(Clone, Debug)]
pub struct World {
    /// Now, in ms since 1970. Only [`World::advance`] moves it.
    pub now_ms: u64,
    /// What the world was made with.
    pub options: Options,
    /// Source of every id, revision and token.
    pub rng: Rng,
    /// Every request so far, except preflights that were answered well and the control port's.
    pub log: Vec<LogEntry>,
    /// What browsers asked permission for and were given it: targets, in order.
    pub preflights: Vec<String>,
    /// Faults still to come.
    pub faults: Vec<Fault>,
    /// How long the service works on the last answer: the server waits so long, a simulation may.
    pub delay_ms: u64,
    /// Dropbox.
    pub dropbox: Dropbox,
    /// The CRM.
    pub crm: Teamleader,
}

/// One request in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// World time of the request, ms since 1970.
    pub at_ms: u64,
    /// `POST` …
    pub method: String,
    /// Where it went.
    pub origin: Origin,
    /// Path and query as sent.
    pub target: String,
    /// The answer's status; 0 if the connection was cut.
    pub status: u16,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the answer's body.
    pub bytes_out: u64,
    /// How long it took; the server writes it, in the pure world it is the answer's delay.
    pub ms: u64,
    /// Why a correct client would not have sent this: unknown route, bad input. Absent if it might.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexpected: Option<String>,
    /// A planned fault had its hand in it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub faulted: bool,
}

/// What a service sees of the world while it answers.
pub struct Ctx<'a> {
    /// Now, in ms since 1970.
    pub now_ms: u64,
    /// What the world was made with.
    pub options: &'a Options,
    /// Source of every id, revision and token.
    pub rng: &'a mut Rng,
    /// A fault that only the service itself can play (`TooManyWrites(BatchEntries)`, `DropboxEntryError`).
    pub effect: Option<&'a Effect>,
    /// Set by the service when a correct client would not have sent this.
    pub unexpected: Option<String>,
    /// Set by the service when it works on the answer for longer.
    pub delay_ms: u64,
}

impl World {
    /// A fresh world at `options.start_ms`.
    pub fn new(options: Options) -> Self {
        let mut rng = Rng::new(options.seed);
        let mut ctx = Ctx {
            now_ms: options.start_ms,
            options: &options,
            rng: &mut rng,
            effect: None,
            unexpected: None,
            delay_ms: 0,
        };
        let dropbox = Dropbox::new(&mut ctx);
        let mut crm = Teamleader::new(options.crm_settings(), options.seed);
        if options.sample {
            crm.load_sample(options.start_ms);
        }
        World {
            now_ms: options.start_ms,
            options,
            rng,
            log: Vec::new(),
            preflights: Vec::new(),
            faults: Vec::new(),
            delay_ms: 0,
            dropbox,
            crm,
        }
    }

    /// Time passes.
    pub fn advance(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    /// Plans a fault. Of several that match a call, the first planned one has it.
    pub fn plan_fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Lends a service's own methods what they need: `world.with_dropbox(|dropbox, ctx| …)`.
    pub fn with_dropbox<T>(&mut self, f: impl FnOnce(&mut Dropbox, &mut Ctx) -> T) -> T {
        let World { now_ms, options, rng, dropbox, .. } = self;
        f(
            dropbox,
            &mut Ctx { now_ms: *now_ms, options, rng, effect: None, unexpected: None, delay_ms: 0 },
        )
    }

    /// Answers one request.
    pub fn handle(&mut self, request: &Request) -> Reply {
        if request.origin == Origin::Control {
            return Reply::Ready(control::handle(self, request));
        }
        let effect = self.draw_fault(request);
        let faulted = effect.is_some();
        self.delay_ms = 0;
        let (reply, unexpected) = self.answer(request, effect);
        let (status, bytes_out) = match &reply {
            Reply::Parked { .. } => return reply,
            Reply::Ready(r) | Reply::CutInBody(r) => (r.status, r.body.len() as u64),
            Reply::Cut => (0, 0),
        };
        let is_preflight = request.method == "OPTIONS" && status < 400;
        if is_preflight {
            self.preflights.push(request.target.clone());
        }
        // What the folder viewer polls would drown everything else.
        let is_noise = is_preflight
            || request.origin == Origin::DropboxWww && request.path() == "/viewer/list";
        if !is_noise {
            self.log.push(LogEntry {
                at_ms: self.now_ms,
                method: request.method.clone(),
                origin: request.origin,
                target: request.target.clone(),
                status,
                bytes_in: request.body.len() as u64,
                bytes_out,
                ms: self.delay_ms,
                unexpected,
                faulted,
            });
        }
        reply
    }

    /// The effect that befalls this call, counting down the fault it belongs to.
    fn draw_fault(&mut self, request: &Request) -> Option<Effect> {
        if self.faults.is_empty() || request.method == "OPTIONS" {
            return None;
        }
        let at = self.faults.iter().position(|fault| fault.times > 0 && fault.matches(request))?;
        let fault = &mut self.faults[at];
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        if fault.times > 0 {
            return Some(fault.effect.clone());
        }
        Some(self.faults.remove(at).effect)
    }

    fn answer(&mut self, request: &Request, effect: Option<Effect>) -> (Reply, Option<String>) {
        let Some(effect) = effect else {
            return self.serve(request, None);
        };
        match &effect {
            Effect::CutBefore => (Reply::Cut, None),
            Effect::CutAfter => (Reply::Cut, self.serve(request, None).1),
            Effect::Status { .. }
            | Effect::TooManyWrites(crate::TooManyWritesForm::Status429)
            | Effect::DropboxError(_)
            | Effect::ServerError { acted: false, .. } => {
                (self.fault_response(request, &effect), None)
            }
            Effect::ServerError { acted: true, .. } => {
                let unexpected = self.serve(request, None).1;
                (self.fault_response(request, &effect), unexpected)
            }
            Effect::TruncateBody | Effect::CutInBody => {
                let (reply, unexpected) = self.serve(request, None);
                let Reply::Ready(mut response) = reply else {
                    return (reply, unexpected);
                };
                response.body = response.body[..response.body.len() / 2].to_vec();
                let reply = match effect {
                    Effect::TruncateBody => Reply::Ready(response),
                    _ => Reply::CutInBody(response),
                };
                (reply, unexpected)
            }
            Effect::BadHash
                if request.origin == Origin::DropboxContent && is_download(request)
                    || request.method == "GET" =>
            {
                let (reply, unexpected) = self.serve(request, None);
                let Reply::Ready(mut response) = reply else {
                    return (reply, unexpected);
                };
                response.body = with_flipped_bit(&response.body);
                (Reply::Ready(response), unexpected)
            }
            Effect::BadHash => {
                let mut request = request.clone();
                request.body = with_flipped_bit(&request.body);
                self.serve(&request, None)
            }
            Effect::ExpireToken | Effect::RevokeGrant | Effect::CursorReset => {
                match request.origin {
                    Origin::Crm | Origin::CrmApi | Origin::CrmFiles => self.crm.expire_tokens(),
                    _ => self.dropbox.befall(request, &effect),
                }
                self.serve(request, None)
            }
            Effect::TooManyWrites(_) | Effect::DropboxEntryError { .. } => {
                self.serve(request, Some(&effect))
            }
        }
    }

    fn serve(&mut self, request: &Request, effect: Option<&Effect>) -> (Reply, Option<String>) {
        let World { now_ms, options, rng, dropbox, crm, .. } = self;
        let mut ctx = Ctx { now_ms: *now_ms, options, rng, effect, unexpected: None, delay_ms: 0 };
        let reply = match request.origin {
            Origin::Crm | Origin::CrmApi | Origin::CrmFiles => {
                let response = crm.handle(request, *now_ms);
                ctx.unexpected = unexpected_by_crm(request, &response);
                Reply::Ready(response)
            }
            Origin::DropboxWww
            | Origin::DropboxApi
            | Origin::DropboxContent
            | Origin::DropboxNotify => dropbox.handle(&mut ctx, request),
            Origin::Control => unreachable!("handled before faults are drawn"),
        };
        let Ctx { unexpected, delay_ms, .. } = ctx;
        self.delay_ms = delay_ms;
        (reply, unexpected)
    }

    /// An error that the service never got to see, in the service's own dress (body, CORS).
    fn fault_response(&mut self, request: &Request, effect: &Effect) -> Reply {
        let World { now_ms, options, rng, dropbox, .. } = self;
        let mut ctx =
            Ctx { now_ms: *now_ms, options, rng, effect: None, unexpected: None, delay_ms: 0 };
        Reply::Ready(match request.origin {
            Origin::Crm | Origin::CrmApi | Origin::CrmFiles => crm_fault(effect),
            _ => dropbox.fault_response(&mut ctx, request, effect),
        })
    }

    /// Both trees as JSON, for tests: `{"now_ms":…, "dropbox":…, "crm":…}`.
    pub fn state(&self) -> serde_json::Value {
        serde_json::json!({
            "now_ms": self.now_ms,
            "dropbox": self.dropbox.state(),
            "crm": self.crm.state(),
        })
    }
}

/// The plain-text answers that need no service: what a proxy would say.
pub(crate) fn plain_status(status: u16, retry_after: Option<u32>) -> Response {
    let text = match status {
        429 => "Too many requests. Please try again later.",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Error",
    };
    let response = Response::text(status, text);
    match retry_after {
        Some(seconds) => response.with_header("retry-after", &seconds.to_string()),
        None => response,
    }
}

/// The CRM's error body, readable for pages, as its own refusals are.
fn crm_fault(effect: &Effect) -> Response {
    let response = match effect {
        Effect::Status { status, retry_after, body: BodyKind::Json } => {
            let title = match status {
                401 => "The access token is invalid or has expired",
                403 => "Access denied",
                404 => "file not found",
                429 => "Too many requests",
                _ => "Something went wrong",
            };
            let error =
                serde_json::json!({"code": 0, "title": title, "status": status, "meta": {}});
            let response = Response::json(*status, &serde_json::json!({"errors": [error]}));
            match retry_after {
                Some(seconds) => response.with_header("retry-after", &seconds.to_string()),
                None => response,
            }
        }
        Effect::Status { status, retry_after, .. } => plain_status(*status, *retry_after),
        Effect::ServerError { status, .. } => plain_status(*status, None),
        _ => plain_status(429, None),
    };
    response.with_header("access-control-allow-origin", "*")
}

/// A call that no correct client makes of the CRM's API: 400, 405, or no such endpoint.
fn unexpected_by_crm(request: &Request, response: &Response) -> Option<String> {
    let wrong = match (request.origin, response.status) {
        (Origin::CrmApi | Origin::CrmFiles, 405) => true,
        (Origin::CrmApi | Origin::CrmFiles, 400 | 404) => {
            let body = String::from_utf8_lossy(&response.body);
            body.contains("is not an endpoint")
                || body.contains("must be")
                || body.contains("not a JSON")
        }
        _ => false,
    };
    wrong.then(|| String::from_utf8_lossy(&response.body).into_owned())
}

fn is_download(request: &Request) -> bool {
    request.path().ends_with("/files/download")
}

fn with_flipped_bit(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(byte) = bytes.last_mut() {
        *byte ^= 1;
    }
    bytes
}
