//! A plugin's package as the marketplace got it: an archive whose hashes are compared with its manifest before anything
//! of it is served.
//!
//! What else a marketplace refuses is decided before a package gets here.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use flate2::read::DeflateDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384};

/// A package that may be installed.
#[derive(Clone, Debug)]
pub struct Package {
    /// `manifest.json`
    pub manifest: Value,
    files: BTreeMap<String, Vec<u8>>,
}

impl Package {
    /// Reads and checks it; an error says why it is refused.
    pub fn open(path: &Path) -> Result<Package, String> {
        let archive = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let files = unzip(&archive).ok_or("the archive is damaged")?;
        let manifest = files.get("manifest.json").ok_or("manifest.json is missing")?;
        let manifest: Value =
            serde_json::from_slice(manifest).map_err(|e| format!("manifest.json: {e}"))?;
        let package = Package { manifest, files };
        package.check()?;
        Ok(package)
    }

    /// One file.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// The declared origins that requests go to.
    pub fn connects_to(&self) -> impl Iterator<Item = &str> {
        let origins = self.manifest["origins"].as_array().into_iter().flatten();
        origins.filter(|one| one["use"] == "connect").filter_map(|one| one["origin"].as_str())
    }

    fn check(&self) -> Result<(), String> {
        let entry = &self.manifest["entry"];
        let module = entry["wasm"].as_str().and_then(|name| self.file(name));
        let module = module.ok_or("the module is missing")?;
        let hash: String = Sha256::digest(module).iter().map(|b| format!("{b:02x}")).collect();
        if entry["wasmSha256"] != hash {
            return Err("the module is not the one that the manifest names".into());
        }
        for (name, bytes) in self.files.iter().filter(|(name, _)| name.ends_with(".js")) {
            let integrity = format!("sha384-{}", base64(&Sha384::digest(bytes)));
            if self.manifest["integrity"][name] != integrity {
                return Err(format!("{name} is not the script that the manifest names"));
            }
        }
        Ok(())
    }
}

/// The files of an archive, by the list at its end.
fn unzip(archive: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let number = |at: usize, bytes: usize| -> Option<usize> {
        let field = archive.get(at..at.checked_add(bytes)?)?;
        Some(field.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    let end = archive.windows(4).rposition(|mark| mark == b"PK\x05\x06")?;
    let mut at = number(end + 16, 4)?;
    let mut files = BTreeMap::new();
    for _ in 0..number(end + 10, 2)? {
        if archive.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        let (method, packed) = (number(at + 10, 2)?, number(at + 20, 4)?);
        let (name, extra, comment) =
            (number(at + 28, 2)?, number(at + 30, 2)?, number(at + 32, 2)?);
        let local = number(at + 42, 4)?;
        let path = String::from_utf8(archive.get(at + 46..at + 46 + name)?.to_vec()).ok()?;
        let data = local + 30 + number(local + 26, 2)? + number(local + 28, 2)?;
        let data = archive.get(data..data.checked_add(packed)?)?;
        let mut bytes = Vec::new();
        match method {
            0 => bytes.extend(data),
            8 => drop(DeflateDecoder::new(data).read_to_end(&mut bytes).ok()?),
            _ => return None,
        }
        files.insert(path, bytes);
        at += 46 + name + extra + comment;
    }
    Some(files)
}

/// Of 48 bytes: no padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
    };
    bytes.chunks(3).flat_map(group).collect()
}
