//! Bytes and their printable forms, through the page's own `btoa` and `atob`.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A character stands for a byte here; there are none above U+00FF.
    fn btoa(binary: &str) -> String;
    #[wasm_bindgen(catch)]
    fn atob(text: &str) -> Result<String, JsValue>;
}

/// Base64, for bytes of a few kilobytes at most.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    let mut binary = String::new();
    for byte in bytes {
        binary.push(char::from(*byte));
    }
    btoa(&binary)
}

/// The bytes, unless it is no base64.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for byte in atob(text).ok()?.chars() {
        bytes.push(u8::try_from(byte).ok()?);
    }
    Some(bytes)
}

/// Base64url without padding (RFC 7636).
pub(super) fn to_base64url(bytes: &[u8]) -> String {
    let mut text = String::new();
    for character in to_base64(bytes).chars() {
        match character {
            '+' => text.push('-'),
            '/' => text.push('_'),
            '=' => {}
            other => text.push(other),
        }
    }
    text
}

/// The bytes of an `ArrayBuffer`, a few kilobytes at most: they are copied into WebAssembly memory.
pub(super) fn copied(buffer: &JsValue) -> Vec<u8> {
    Uint8Array::new(buffer).to_vec()
}

/// The bytes of an `ArrayBuffer` that nobody needs afterwards.
pub(super) fn taken(buffer: &ArrayBuffer) -> Vec<u8> {
    let bytes = copied(buffer);
    give_back(buffer);
    bytes
}

/// The page has the buffer's memory back at once, not when it next collects its garbage. Browsers that cannot do that
/// yet keep it until then.
pub(super) fn give_back(buffer: &ArrayBuffer) {
    let _: Result<ArrayBuffer, JsValue> = buffer.transfer_with_length(0);
}
