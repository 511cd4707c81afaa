//! Requests, through `fetch`. Documents stay in the page's memory as `ArrayBuffer`s.

use super::bytes::taken;
use super::{clock, object};
use crate::json::{Object, Write};
use crate::ports::{Body, Method, Request, Response, TransportError};
use futures_util::future::{select, Either};
use js_sys::{ArrayBuffer, Reflect};
use std::pin::pin;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal};

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
    let built = built(request, &abort.0.signal())?;
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
) -> Result<gloo_net::http::Request, JsValue> {
    // What a location holds is a customer's, and stays out of the browser's cache. A POST's answer is never kept, and
    // forbidden to use a cache, a browser would ask for permission (a preflight) before each request, not once.
    let (method, cache) = match request.method {
        Method::Get => ("GET", "no-store"),
        Method::Post => ("POST", "default"),
    };
    let mut headers: Vec<(&str, &dyn Write)> = Vec::new();
    for (name, value) in &request.headers {
        headers.push((name, value));
    }
    if let Some(authorization) = &request.authorization {
        headers.push(("authorization", authorization));
    }
    let init = object(&[
        ("method", &method),
        ("mode", &"cors"),
        ("credentials", &"omit"),
        ("cache", &cache),
        ("redirect", &"follow"),
        ("referrerPolicy", &"no-referrer"),
        ("headers", &Object(&headers)),
    ]);
    Reflect::set(&init, &"signal".into(), signal)?;
    let body = match &request.body {
        Body::Empty => JsValue::UNDEFINED,
        Body::Text(text) => text.into(),
        Body::Content(content) => content.into(),
    };
    Reflect::set(&init, &"body".into(), &body)?;
    // gloo-net's builder has a setter for each of them, and takes addresses apart for queries that are added to them.
    let request = web_sys::Request::new_with_str_and_init(&request.url, init.unchecked_ref())?;
    Ok(request.into())
}

async fn exchange(
    request: gloo_net::http::Request,
    wants_content: bool,
) -> Result<Box<Response<ArrayBuffer>>, TransportError> {
    let answer = request.send().await.map_err(|_| TransportError)?;
    let answer: web_sys::Response = answer.into();
    let content: ArrayBuffer = JsFuture::from(answer.array_buffer()?).await?.unchecked_into();
    let status = answer.status();
    let api_result = answer.headers().get("dropbox-api-result")?.unwrap_or_default();
    let mut response =
        Box::new(Response { status, api_result, text: String::new(), content: None });
    if wants_content && (200..300).contains(&status) {
        response.content = Some(content);
    } else if content.byte_length() <= TEXT_MOST {
        // Not by way of a string of the page's: the text would be turned into UTF-16 and back.
        response.text = String::from_utf8(taken(&content)).unwrap_or_default();
    }
    Ok(response)
}
