//! The bytes of a file with their Dropbox content hash, computed at most once and shared.

use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};

/// Shared bytes.
pub type Bytes = Arc<[u8]>;

/// 4 MiB: what one block of the content hash covers.
pub const BLOCK_BYTES: usize = 4 * 1024 * 1024;

/// Bytes and hash; cloning shares both.
#[derive(Clone, Debug)]
pub struct Content {
    /// The bytes.
    pub bytes: Bytes,
    hash: Arc<OnceLock<String>>,
}

impl Content {
    /// Takes the bytes; nothing is hashed yet.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Content { bytes: bytes.into(), hash: Arc::default() }
    }

    /// The content hash, 64 hex digits; computed at most once.
    pub fn hash(&self) -> &str {
        self.hash.get_or_init(|| content_hash(&self.bytes))
    }

    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// Dropbox's content hash: SHA-256 over the SHA-256 of each 4 MiB block, as 64 hex digits.
///
/// Source: dropbox.com/developers/reference/content-hash.
pub fn content_hash(bytes: &[u8]) -> String {
    let mut outer = Sha256::new();
    for block in bytes.chunks(BLOCK_BYTES) {
        outer.update(Sha256::digest(block));
    }
    hex(&outer.finalize())
}

/// Lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_vectors() {
        assert!(content_hash(b"").starts_with("e3b0c442") && content_hash(b"").ends_with("b855"));
        for (length, hash) in [
            (1, "bf5d3affb73efd2ec6c36ad3112dd933efed63c4e1cbffcfa88e2759c144f2d8"),
            (4_194_303, "49c0a79929eacf8ccbe77f99ff043ca55f97000c68bccefc644791170969a3b2"),
            (4_194_304, "907a506cf5e706bda5c7a29b43c9c65d8344bd2fa2f22339b359c214812af5a1"),
            (4_194_305, "5f858b62ccd88447586305aec6fd53c96747cfebf527cbba129a6dfed47d9624"),
            (8_388_608, "941162ca0d3fcd4e4b5bcaf179e3a156ae2b66b39e87993a7e626e61938ab2c9"),
        ] {
            assert_eq!(content_hash(&vec![b'a'; length]), hash, "{length} bytes");
        }
    }
}
