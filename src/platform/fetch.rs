//! Requests, through `fetch`. Documents stay in the page's memory as `ArrayBuffer`s.

use super::bytes::taken;
use super::clock;
use crate::ports::{Body, Method, Request, Response, TransportError};
use futures_util::future::{select, Either};
use gloo_net::http::RequestBuilder;
use js_sys::ArrayBuffer;
use std::pin::pin;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, AbortSignal, ReferrerPolicy, RequestCache, RequestCredentials, RequestMode,
    RequestRedirect,
};

/// Ten times what either service answers at most (bytes). More stays outside, and makes no sense to whoever asked:
/// what it unfolds to could be more than WebAssembly's memory holds.
const TEXT_MOST: u32 = 16 << 20;

/// Aborts the request when nobody waits for its answer any more.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends one request and reads all of its answer. No cookies, no referrer; nothing is kept in a cache.
pub(super) async fn send(
    request: &Request<ArrayBuffer>,
) -> Result<Box<Response<ArrayBuffer>>, TransportError> {
    super::only_alive().await;
    let abort = AbortOnDrop(AbortController::new()?);
    let sleep = pin!(clock::sleep(request.timeout_ms));
    let wants_content = request.wants_content;
    let built = built(request, &abort.0.signal()).map_err(|_| TransportError)?;
    let answer = pin!(exchange(built, wants_content));
    let outcome = match select(answer, sleep).await {
        Either::Left((answer, _)) => answer,
        Either::Right(((), _)) => Err(TransportError),
    };
    drop(abort);
    super::only_alive().await;
    outcome
}

fn built(
    request: &Request<ArrayBuffer>,
    signal: &AbortSignal,
) -> Result<gloo_net::http::Request, gloo_net::Error> {
    // What a location holds is a customer's, and stays out of the browser's cache. A POST's answer is never kept, and
    // forbidden to use a cache, a browser would ask for permission (a preflight) before each request, not once.
    let (method, cache) = match request.method {
        Method::Get => (http::Method::GET, RequestCache::NoStore),
        Method::Post => (http::Method::POST, RequestCache::Default),
    };
    let mut builder = RequestBuilder::new(&request.url)
        .method(method)
        .mode(RequestMode::Cors)
        .credentials(RequestCredentials::Omit)
        .cache(cache)
        .redirect(RequestRedirect::Follow)
        .referrer_policy(ReferrerPolicy::NoReferrer)
        .abort_signal(Some(signal));
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    if let Some(authorization) = &request.authorization {
        builder = builder.header("authorization", authorization);
    }
    builder.body(match &request.body {
        Body::Empty => JsValue::UNDEFINED,
        Body::Text(text) => text.into(),
        Body::Content(content) => content.into(),
    })
}

async fn exchange(
    request: gloo_net::http::Request,
    wants_content: bool,
) -> Result<Box<Response<ArrayBuffer>>, TransportError> {
    let answer = request.send().await.map_err(|_| TransportError)?;
    let answer: web_sys::Response = answer.into();
    let content: ArrayBuffer = JsFuture::from(answer.array_buffer()?).await?.unchecked_into();
    let status = answer.status();
    let (text, content) = if wants_content && (200..300).contains(&status) {
        (String::new(), Some(content))
    } else {
        // Not by way of a string of the page's: the text would be turned into UTF-16 and back.
        let is_honest = content.byte_length() <= TEXT_MOST;
        let bytes = if is_honest { taken(&content) } else { Vec::new() };
        (String::from_utf8(bytes).unwrap_or_default(), None)
    };
    let api_result = answer.headers().get("dropbox-api-result")?.unwrap_or_default();
    Ok(Box::new(Response { status, api_result, text, content }))
}
