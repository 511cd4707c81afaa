//! Bytes and their printable forms, through the page's own `btoa` and `atob`.

use js_sys::{JsString, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    fn btoa(binary: &JsString) -> String;
    #[wasm_bindgen(catch)]
    fn atob(text: &str) -> Result<JsString, JsValue>;
}

/// Base64, for bytes of a few kilobytes at most.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.iter().map(|byte| u16::from(*byte)).collect();
    btoa(&JsString::from_char_code(&units))
}

/// The bytes, unless it is no base64.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let binary = atob(text).ok()?;
    binary.iter().map(|unit| u8::try_from(unit).ok()).collect()
}

/// Base64url without padding (RFC 7636).
pub(super) fn to_base64url(bytes: &[u8]) -> String {
    to_base64(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// The bytes of an `ArrayBuffer`, a few kilobytes at most: they are copied into WebAssembly memory.
pub(super) fn copied(buffer: &JsValue) -> Vec<u8> {
    Uint8Array::new(buffer).to_vec()
}
