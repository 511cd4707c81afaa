//! WebCrypto: hashes of documents, the device's key, random secrets.
//!
//! The key is AES-GCM, 256 bits, and cannot be exported: it rests in IndexedDB as an opaque `CryptoKey`, and
//! what it sealed can be opened by this origin in this browser profile alone.

use super::bytes::{copied, from_base64, to_base64, to_base64url};
use super::indexed_db::Database;
use super::{object, sure, window};
use crate::json::hex;
use crate::ports::{StoreError, TransportError};
use js_sys::{Array, ArrayBuffer, Object, Promise, Reflect, Uint8Array};
use sync_core::ContentHash;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Crypto, CryptoKey, SubtleCrypto};

/// Dropbox hashes documents in blocks of so many bytes.
const BLOCK_BYTES: u32 = 4 * 1024 * 1024;
/// Of an AES-GCM nonce (NIST SP 800-38D, 8.2).
const NONCE_BYTES: usize = 12;
/// Where the device's key rests.
const KEY_NAME: &str = "device";

fn crypto() -> Crypto {
    sure(window().crypto(), "`missing` was asked before")
}

fn subtle() -> SubtleCrypto {
    crypto().subtle()
}

/// SHA-256 of a view into the page's memory; begun at once.
fn sha256(view: &Object) -> Result<Promise, JsValue> {
    subtle().digest_with_str_and_buffer_source("SHA-256", view)
}

/// Dropbox's content hash: SHA-256 over the SHA-256 of each 4 MiB block, in lower-case hex. Blocks are hashed side
/// by side; only digests enter WebAssembly memory.
pub(super) async fn content_hash(content: &ArrayBuffer) -> Result<ContentHash, TransportError> {
    let hashing = {
        let blocks: Array = JsFuture::from(sha256_of_blocks(content)?).await?.unchecked_into();
        let mut digests = Vec::new();
        for block in blocks.iter() {
            digests.extend(copied(&block));
        }
        sha256(&Uint8Array::from(digests.as_slice()))?
    };
    let whole = JsFuture::from(hashing).await?;
    let mut digits = String::new();
    for byte in copied(&whole) {
        hex(&mut digits, byte);
    }
    Ok(ContentHash(digits))
}

fn sha256_of_blocks(content: &ArrayBuffer) -> Result<Promise, JsValue> {
    let size_bytes = content.byte_length();
    let blocks = Array::new();
    for index in 0..size_bytes.div_ceil(BLOCK_BYTES) {
        let offset = index * BLOCK_BYTES;
        let length = BLOCK_BYTES.min(size_bytes - offset);
        let view = Uint8Array::new_with_byte_offset_and_length(content, offset, length);
        let digest = sha256(&view)?;
        blocks.push(&digest);
    }
    Ok(Promise::all(&blocks))
}

/// Of PKCE.
pub(super) async fn sha256_base64url(text: &str) -> String {
    const WHY: &str = "SHA-256 of a few bytes cannot fail where WebCrypto exists";
    let digest = sure(sha256(&Uint8Array::from(text.as_bytes())), WHY);
    to_base64url(&copied(&sure(JsFuture::from(digest).await, WHY)))
}

/// Random characters out of `[A-Za-z0-9]`, without bias.
pub(super) fn random_text(length: usize) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0_u8; 64];
        fill(&mut bytes);
        for byte in bytes {
            // 248 is the largest multiple of 62 in a byte.
            if byte < 248 && text.len() < length {
                text.push(char::from(LETTERS[usize::from(byte % 62)]));
            }
        }
    }
    text
}

fn fill(bytes: &mut [u8]) {
    let filled = crypto().get_random_values_with_u8_array(bytes);
    sure(filled, "64 bytes are far below the 65,536 that one call may ask for");
}

fn algorithm(nonce: &[u8]) -> Object {
    let algorithm = object(&[("name", &"AES-GCM")]);
    let set = Reflect::set(&algorithm, &"iv".into(), &Uint8Array::from(nonce));
    sure(set, "a plain object takes any property");
    algorithm
}

/// The device's key; made at the first call. Two tabs at once agree: the first one stored stays.
async fn device_key(database: &Database) -> Result<CryptoKey, StoreError> {
    let mut new = JsValue::UNDEFINED;
    loop {
        let key = database.key(KEY_NAME, &new).await?;
        if !key.is_undefined() {
            return Ok(key.unchecked_into());
        }
        new = JsFuture::from(new_key()?).await?;
    }
}

fn new_key() -> Result<Promise, JsValue> {
    let how = object(&[("name", &"AES-GCM"), ("length", &256_u32)]);
    let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
    subtle().generate_key_with_object(&how, false, &uses)
}

/// Nonce and ciphertext, in base64.
pub(super) async fn seal(database: &Database, plain: &str) -> Result<String, StoreError> {
    let mut nonce = [0_u8; NONCE_BYTES];
    fill(&mut nonce);
    let sealing = {
        let key = device_key(database).await?;
        let plain = Uint8Array::from(plain.as_bytes());
        subtle().encrypt_with_object_and_buffer_source(&algorithm(&nonce), &key, &plain)?
    };
    let sealed = copied(&JsFuture::from(sealing).await?);
    Ok(to_base64(&nonce) + "." + &to_base64(&sealed))
}

/// What [`seal`] sealed on this device; nothing if it is damaged.
pub(super) async fn open(database: &Database, sealed: &str) -> Result<String, StoreError> {
    let opening = {
        let (nonce, sealed) = parts(sealed).ok_or(StoreError)?;
        let key = device_key(database).await?;
        let sealed = Uint8Array::from(sealed.as_slice());
        subtle().decrypt_with_object_and_buffer_source(&algorithm(&nonce), &key, &sealed)?
    };
    String::from_utf8(copied(&JsFuture::from(opening).await?)).map_err(|_| StoreError)
}

/// Nonce and ciphertext.
fn parts(sealed: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (nonce, sealed) = sealed.split_once('.')?;
    Some((from_base64(nonce)?, from_base64(sealed)?))
}
