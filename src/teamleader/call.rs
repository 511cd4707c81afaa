//! One call of the CRM: budget, token, retries, statuses.
//!
//! Repeated are 429, 5xx and lost answers of the JSON endpoints (each may be repeated: none of them creates a
//! document); a 401 asks the host for a fresh token once; nothing else.

use super::Teamleader;
use crate::backoff::{Backoff, Wait};
use crate::json::forms::Form;
use crate::json::Value;
use crate::ports::{Body, Method, Ports, Request};
use futures_util::future::LocalBoxFuture;
use futures_util::FutureExt;
use sync_core::{Failure, Reason, Side};

/// The version of the API this client was written for.
const API_VERSION: &str = "2023-09-26";
const TIMEOUT_MS: u32 = 60_000;

/// A refusal as the endpoint has to judge it.
#[derive(Clone, Copy)]
pub(super) struct Refusal {
    /// What it means where the endpoint does not know better.
    pub failure: Failure,
    /// It is an answer of 400.
    pub is_invalid: bool,
    /// It is one that speaks of the folder.
    pub of_folder: bool,
    /// It is one that speaks of the subject.
    pub of_subject: bool,
}

impl Refusal {
    /// The CRM's error bodies guarantee a title alone, so its words and the field it may name are all there is.
    fn invalid(said: &Value) -> Self {
        Self {
            failure: Failure::Refused(Reason::CrmRefused),
            is_invalid: true,
            of_folder: speaks_of(said, "folder"),
            of_subject: speaks_of(said, "subject"),
        }
    }

    /// No such thing, or a module that is switched off.
    pub fn is_absence(&self) -> bool {
        self.is_invalid || matches!(self.failure, Failure::NotFound | Failure::Forbidden)
    }
}

/// Whether a title or a named field contains the English word, between other letters' bounds.
fn speaks_of(said: &Value, word: &str) -> bool {
    let Some(Value::List(errors)) = said.field("errors") else { return false };
    errors.iter().any(|error| {
        let has = |text: Option<&Value>| {
            let text = text.and_then(Value::as_text).unwrap_or_default();
            let mut parts = text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric());
            parts.any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        };
        has(error.field("title")) || has(error.field("meta").and_then(|meta| meta.field("field")))
    })
}

/// A call under way.
///
/// Boxed: every endpoint awaits it, and one copy in the module is enough.
pub(super) type Called<'a> = LocalBoxFuture<'a, Result<(), Refusal>>;

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { failure, is_invalid: false, of_folder: false, of_subject: false }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        refusal.failure
    }
}

impl<P: Ports> Teamleader<P> {
    /// Asks an endpoint, and reads the `data` of its answer.
    pub(super) fn call<'a>(
        &'a self,
        endpoint: &'a str,
        argument: String,
        urgent: bool,
        data: &'a mut dyn Form,
    ) -> Called<'a> {
        self.try_call(endpoint, argument, urgent, data).boxed_local()
    }

    async fn try_call(
        &self,
        endpoint: &str,
        argument: String,
        urgent: bool,
        data: &mut dyn Form,
    ) -> Result<(), Refusal> {
        let ports = self.wire.ports();
        let url = [&*self.api_base, "/", endpoint].concat();
        let mut request = Request::post_json(url, argument, TIMEOUT_MS);
        request.headers.push(("x-api-version", API_VERSION.into()));
        let mut backoff = Backoff::new(Side::Crm);
        let mut refused: Option<String> = None;
        loop {
            self.limiter.admit(ports, urgent).await;
            let Some(token) = ports.crm_token(refused.as_deref()).await else {
                return Err(Failure::Unauthorized(Side::Crm).into());
            };
            request.authorization = Some("Bearer ".to_owned() + &token);
            let why = match self.wire.send(&request).await? {
                None => Wait::Outage,
                Some(response) => match response.status {
                    200..=299 => {
                        self.limiter.accepted(urgent, ports.now_ms());
                        let said = Value::said(&response.text);
                        return match data.fill(said.field("data").unwrap_or(&Value::Null)) {
                            Some(()) => Ok(()),
                            None => Err(Failure::Malformed(Side::Crm).into()),
                        };
                    }
                    400 => {
                        let said = Value::said(&response.text);
                        return Err(Refusal::invalid(&said));
                    }
                    401 if refused.is_none() => {
                        // The host hands out a fresh one.
                        refused = Some(token);
                        continue;
                    }
                    429 => {
                        self.limiter.refused(urgent, ports.now_ms());
                        // Three a second leave the CRM's minute: what somebody waits for stays near.
                        if urgent {
                            Wait::Turn
                        } else {
                            Wait::Limit(None)
                        }
                    }
                    status => return Err(final_failure(status).into()),
                },
            };
            backoff.wait(ports, why)?.await;
        }
    }
}

/// For the bytes at a location, without the token.
pub(super) fn download_request<C>(location: String, size_bytes: u64) -> Request<C> {
    let timeout_ms = transfer_timeout_ms(size_bytes);
    let mut request = Request::new(Method::Get, location, Body::Empty, timeout_ms);
    request.wants_content = true;
    request
}

/// Takes bytes to a location, without the token.
pub(super) fn upload_request<C>(location: String, content: C, size_bytes: u64) -> Request<C> {
    let body = Body::Content(content);
    let timeout_ms = transfer_timeout_ms(size_bytes);
    Request::post(location, "application/octet-stream", body, timeout_ms)
}

/// Whether there is an answer to a request that the CRM may have none to.
pub(super) fn found(answer: Result<(), Refusal>) -> Result<bool, Failure> {
    match answer {
        Ok(()) => Ok(true),
        Err(refusal) if refusal.is_absence() => Ok(false),
        Err(refusal) => Err(refusal.failure),
    }
}

/// Statuses that mean the same at every endpoint.
pub(super) fn final_failure(status: u16) -> Failure {
    match status {
        401 => Failure::Unauthorized(Side::Crm),
        403 => Failure::Forbidden,
        404 | 410 => Failure::NotFound,
        413 => Failure::Refused(Reason::TooLarge),
        402 | 405..=499 => Failure::Refused(Reason::CrmRefused),
        _ => Failure::Malformed(Side::Crm),
    }
}

/// At least half a minute, and more for more bytes: 64 KiB/s is slow, not dead (ms).
fn transfer_timeout_ms(size_bytes: u64) -> u32 {
    u32::try_from(30_000 + size_bytes / 64).unwrap_or(u32::MAX)
}
