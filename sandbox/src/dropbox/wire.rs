//! HTTP as Dropbox speaks it: failures and their bodies, CORS, arguments in headers, base64.

use crate::message::{Request, Response};
use crate::world::Ctx;
use serde_json::{json, Value};

/// Why a call was not done.
#[derive(Clone, Debug)]
pub enum Fail {
    /// 400 in plain text: the client is wrong.
    Bad(String),
    /// 401 with an `AuthError`.
    Auth(Value),
    /// 409 with the endpoint's own error.
    Endpoint(Value),
    /// 429 with a reason.
    TooMany(&'static str),
    /// 5xx in plain text.
    Server(u16),
}

impl Fail {
    /// 409 with an error that is only a tag.
    pub fn tag(tag: &str) -> Self {
        Fail::Endpoint(json!({ ".tag": tag }))
    }
}

/// `{".tag":"path","path":{".tag":"not_found"}}`
pub fn nested(tag: &str, inner: Value) -> Value {
    json!({ ".tag": tag, tag: inner })
}

/// The response of a failed call.
pub fn failed(ctx: &mut Ctx, function: &str, fail: Fail) -> Response {
    match fail {
        Fail::Bad(text) => {
            ctx.unexpected = Some(text.clone());
            Response::text(400, &format!("Error in call to API function \"{function}\": {text}"))
        }
        Fail::Auth(error) => Response::json(401, &error_body(ctx, &error))
            .with_header("www-authenticate", "Bearer realm=\"https://api.dropboxapi.com/\""),
        Fail::Endpoint(error) => Response::json(409, &error_body(ctx, &error)),
        Fail::TooMany(reason) => too_many(ctx, reason, Some(1)),
        Fail::Server(status) => crate::world::plain_status(status, None),
    }
}

/// 429. The body says no `retry_after` for `too_many_write_operations`, as captured live.
pub fn too_many(ctx: &mut Ctx, reason: &str, retry_after: Option<u32>) -> Response {
    let plain = ctx.options.variants.dropbox.rate_limit_plain_text && reason == "too_many_requests";
    let response = if plain {
        Response::text(429, "too_many_requests")
    } else {
        let mut error = json!({ "reason": { ".tag": reason } });
        if let (Some(seconds), "too_many_requests") = (retry_after, reason) {
            error["retry_after"] = json!(seconds);
        }
        Response::json(429, &error_body(ctx, &error))
    };
    match retry_after {
        Some(seconds) => response.with_header("retry-after", &seconds.to_string()),
        None => response,
    }
}

/// `{"error_summary":"path/not_found/..","error":…}`: the number of dots means nothing, on purpose.
pub fn error_body(ctx: &mut Ctx, error: &Value) -> Value {
    let mut summary = String::new();
    let mut at = error;
    loop {
        let Some(tag) = at[".tag"].as_str() else {
            match at.get("reason") {
                Some(reason) => at = reason,
                None => break,
            }
            continue;
        };
        summary.push_str(tag);
        summary.push('/');
        match at.get(tag).or_else(|| at.get("reason")) {
            Some(inner @ Value::Object(_)) => at = inner,
            _ => break,
        }
    }
    for _ in 0..=ctx.rng.below(3) {
        summary.push('.');
    }
    json!({ "error_summary": summary, "error": error })
}

/// Adds what lets a page on another origin read the answer. `Retry-After` is not among it.
pub fn with_cors(ctx: &Ctx, request: &Request, response: Response) -> Response {
    let Some(origin) = request.header("origin") else { return response };
    let mut expose = String::from(
        "Accept-Ranges, Content-Range, ETag, Dropbox-API-Result, X-Dropbox-Request-Id, \
         X-Dropbox-Trace-Id",
    );
    if ctx.options.variants.dropbox.retry_after_exposed {
        expose.push_str(", Retry-After");
    }
    response
        .with_header("access-control-allow-origin", origin)
        .with_header("access-control-expose-headers", &expose)
        .with_header("vary", "Origin")
}

/// Headers a page may send. Neither `User-Agent` nor anything of one's own.
const ALLOWED_HEADERS: &str = "Authorization,Cache-Control,Content-Type,If-Modified-Since,\
If-None-Match,Range,Dropbox-API-Arg,Dropbox-API-Select-User,Dropbox-API-User-Locale,\
Dropbox-API-Select-Admin,Dropbox-API-Path-Root,X-Dropbox-Request-Id,X-Dropbox-Trace-Id,Accept,\
Accept-Language,Content-Language,Origin,Referer,Traceparent";

/// The answer to a preflight.
pub fn preflight(ctx: &mut Ctx, request: &Request) -> Response {
    if request.query_value("reject_cors_preflight").as_deref() == Some("true") {
        ctx.unexpected = Some("a preflight where reject_cors_preflight says there is none".into());
        return Response::text(400, "This request needs no preflight.");
    }
    let asked = request.header("access-control-request-headers").unwrap_or("");
    let unknown = asked.split(',').map(str::trim).find(|name| {
        !name.is_empty() && !ALLOWED_HEADERS.split(',').any(|a| a.eq_ignore_ascii_case(name))
    });
    if let Some(name) = unknown {
        // The browser refuses the request itself; this is for whoever reads the log.
        ctx.unexpected = Some(format!("a page asks to send the header {name}"));
    }
    let response = Response::empty(200)
        .with_header("access-control-allow-methods", "GET,POST")
        .with_header("access-control-allow-headers", ALLOWED_HEADERS)
        .with_header("access-control-max-age", "600");
    match request.header("origin") {
        Some(origin) => response
            .with_header("access-control-allow-origin", origin)
            .with_header("vary", "Origin"),
        None => response,
    }
}

/// JSON that fits a header: DEL and everything beyond ASCII as `\uXXXX` of its UTF-16 units.
pub fn header_json(value: &Value) -> String {
    let json = value.to_string();
    if json.is_ascii() && !json.contains('\u{7f}') {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for addresses, without padding.
pub fn base64url(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + 3);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().enumerate().fold(0u32, |w, (i, b)| w | u32::from(*b) << (16 - 8 * i));
        for i in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(word >> (18 - 6 * i) & 63) as usize]));
        }
    }
    out
}

/// Undoes [`base64url`]; `None` for anything it did not make.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        let mut word = 0u32;
        for (i, byte) in chunk.iter().enumerate() {
            let value = ALPHABET.iter().position(|a| a == byte)? as u32;
            word |= value << (18 - 6 * i);
        }
        if chunk.len() == 1 {
            return None;
        }
        out.extend((0..chunk.len() - 1).map(|i| (word >> (16 - 8 * i) & 255) as u8));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a refused text is the failure to report")]
    use super::*;

    #[test]
    fn header_json_is_ascii_in_utf16_units() {
        assert_eq!(header_json(&json!("ä😀\u{7f}")), "\"\\u00e4\\ud83d\\ude00\\u007f\"");
    }

    #[test]
    fn base64url_and_back() {
        for text in ["", "a", "ab", "abc", "äöü?~"] {
            assert_eq!(from_base64url(&base64url(text.as_bytes())).unwrap(), text.as_bytes());
        }
        assert_eq!(from_base64url("%%"), None);
    }
}
