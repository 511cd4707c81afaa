//! One call of Dropbox: token, retries, statuses. What an endpoint's error means stands with the endpoint.
//!
//! Repeated are 429, 5xx, lost answers and `too_many_write_operations`; a 401 renews the token once; nothing
//! else. After a lost answer the call is *unclear*: an error of the repeat may be the echo of our own write.

use super::header_json::header_json;
use super::tags::Refusal;
use super::{malformed, Dropbox};
use crate::backoff::{Backoff, Wait};
use crate::json::forms::Form;
use crate::json::{Object, Value, Write};
use crate::ports::{Body, Method, Ports, Request, Response};
use futures_util::future::LocalBoxFuture;
use futures_util::FutureExt;
use sync_core::{Failure, Revision, Side};

/// How long an rpc call may take (ms). Batches of 1000 are answered in one piece.
const RPC_TIMEOUT_MS: u32 = 120_000;

/// What came of a call that got an answer.
pub(super) struct Answer<R> {
    /// The result, or the endpoint's error.
    pub result: Result<R, Refusal>,
    /// An earlier try of this call got no answer: it may have been carried out.
    pub unclear: bool,
}

impl<R> Answer<R> {
    /// For endpoints without errors of their own to tell apart.
    pub fn plain(self) -> Result<R, Failure> {
        self.result.map_err(Refusal::failure)
    }
}

/// A call that ended.
pub(super) type Ended<C> = Result<Answer<Box<Response<C>>>, Failure>;

/// A call under way.
///
/// Boxed: every route awaits it, and one copy in the module is enough.
pub(super) type Called<'a, C> = LocalBoxFuture<'a, Ended<C>>;

/// JSON of a success; anything unexpected is [`Failure::Malformed`].
pub(super) fn read<T: Form>(text: &str) -> Result<T, Failure> {
    let mut said = T::blank();
    fill(text, None, &mut said)?;
    Ok(said)
}

/// The same of one field.
pub(super) fn part<T: Form>(text: &str, name: &str) -> Result<T, Failure> {
    let mut said = T::blank();
    fill(text, Some(name), &mut said)?;
    Ok(said)
}

pub(super) fn fill(text: &str, part: Option<&str>, form: &mut dyn Form) -> Result<(), Failure> {
    let said = Value::said(text);
    let said = match part {
        Some(name) => said.field(name),
        None => Some(&said),
    };
    said.and_then(|said| form.fill(said)).ok_or(Failure::Malformed(Side::Dropbox))
}

/// `error.retry_after` of a 429's JSON, in seconds; its text may be plain.
fn retry_after_s(text: &str) -> Option<u32> {
    let seconds = Value::said(text).field("error")?.number("retry_after")?;
    Some(u32::try_from(seconds).unwrap_or(u32::MAX))
}

impl<P: Ports> Dropbox<P> {
    /// An rpc route: JSON in, JSON out.
    pub(super) fn rpc(&self, route: &str, argument: String) -> Called<'_, P::Content> {
        let url = address(&self.endpoints().api, route);
        self.call(Request::post_json(url, argument, RPC_TIMEOUT_MS))
    }

    /// A content route that takes bytes or text, and its argument in a header: JSON out.
    pub(super) fn upload(
        &self,
        route: &str,
        argument: &str,
        body: Body<P::Content>,
        timeout_ms: u32,
    ) -> Called<'_, P::Content> {
        let url = address(&self.endpoints().content, route);
        let mut request = Request::post(url, "application/octet-stream", body, timeout_ms);
        request.headers.push(("dropbox-api-arg", header_json(argument)));
        self.call(request)
    }

    /// Exactly this revision of a file, as content or as text, with JSON in a header.
    pub(super) fn fetch(
        &self,
        rev: &Revision,
        wants_content: bool,
        timeout_ms: u32,
    ) -> Called<'_, P::Content> {
        let argument = Object(&[("path", &["rev:", &rev.0].concat())]).write_text();
        let url = address(&self.endpoints().content, "files/download");
        let mut request = Request::new(Method::Post, url, Body::Empty, timeout_ms);
        request.headers.push(("dropbox-api-arg", header_json(&argument)));
        request.wants_content = wants_content;
        self.call(request)
    }

    fn call(&self, request: Request<P::Content>) -> Called<'_, P::Content> {
        self.try_call(request).boxed_local()
    }

    /// Sends until there is an answer to be told apart by the endpoint, or patience ends.
    async fn try_call(&self, mut request: Request<P::Content>) -> Ended<P::Content> {
        let mut backoff = Backoff::new(Side::Dropbox);
        let mut unclear = false;
        let mut rejected = None;
        loop {
            let token = self.auth.token(rejected.as_ref()).await?;
            request.authorization = Some(token.bearer());
            let why = match self.wire.send(&request).await? {
                None => {
                    unclear = true;
                    Wait::Outage
                }
                Some(response) => match response.status {
                    200..=299 => return Ok(Answer { result: Ok(response), unclear }),
                    400 | 401 if rejected.is_none() && refuses_token(&response) => {
                        rejected = Some(token);
                        continue;
                    }
                    400 if !names_scope(&response.text) && !names_token(&response.text) => {
                        return Ok(Answer { result: Err(Refusal::BadRequest), unclear });
                    }
                    // A scope is missing, the account is suspended, or a fresh token is refused.
                    400 | 401 | 403 => return Err(Failure::Unauthorized(Side::Dropbox)),
                    409 => match Refusal::of_body(&response.text) {
                        Refusal::Transient => Wait::Limit(None),
                        refusal => return Ok(Answer { result: Err(refusal), unclear }),
                    },
                    429 => Wait::Limit(retry_after_s(&response.text)),
                    _ => return malformed(),
                },
            };
            backoff.wait(self.wire.ports(), why)?.await;
        }
    }
}

/// Where a route is, in version 2 of the API.
pub(super) fn address(endpoint: &str, route: &str) -> String {
    [endpoint, "/2/", route].concat()
}

/// Whether an answer of 400 or 401 is about the token.
fn refuses_token<C>(response: &Response<C>) -> bool {
    if response.status == 400 {
        return names_token(&response.text);
    }
    matches!(Refusal::of_body(&response.text), Refusal::Token)
}

/// Plain text of a 400 has no tag; these two are known by their words alone (captures of the service).
fn names_token(text: &str) -> bool {
    says(text, "OAuth 2 access token")
}

fn names_scope(text: &str) -> bool {
    says(text, "required scope")
}

/// These few words do not need the standard library's search, which is made for long texts.
fn says(text: &str, words: &str) -> bool {
    text.as_bytes().windows(words.len()).any(|part| part == words.as_bytes())
}

/// At least half a minute, and more for more bytes: 64 KiB/s is slow, not dead (ms).
pub(super) fn transfer_timeout_ms(size_bytes: u64) -> u32 {
    u32::try_from(30_000 + size_bytes / 64).unwrap_or(u32::MAX)
}
