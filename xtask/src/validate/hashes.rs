//! Hashes: of every file in the list, of every script and of the module in the manifest.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::install::hex;
use crate::package::archive::Files;
use crate::package::contents::{integrity, is_script, SUMS};

/// Checks the list of sums: every file once, with its own.
pub fn check_sums(files: &Files, findings: &mut Vec<String>) {
    let Some(list) = files.get(SUMS) else {
        findings.push(format!("{SUMS} is missing"));
        return;
    };
    let list = String::from_utf8_lossy(list);
    let mut listed: BTreeMap<&str, &str> = BTreeMap::new();
    for line in list.lines() {
        match line.split_once("  ") {
            Some((sum, name)) if listed.insert(name, sum).is_none() => {}
            _ => findings.push(format!("{SUMS}: malformed, or twice: {line}")),
        }
    }
    for (name, bytes) in files.iter().filter(|(name, _)| *name != SUMS) {
        match listed.remove(name.as_str()) {
            None => findings.push(format!("{name}: not in {SUMS}")),
            Some(sum) if sum != hex(&Sha256::digest(bytes)) => {
                findings.push(format!("{name}: not the file that {SUMS} lists"));
            }
            Some(_) => {}
        }
    }
    for name in listed.keys() {
        findings.push(format!("{name} is missing: {SUMS} lists it"));
    }
}

/// Checks the hashes that a page can enforce.
pub fn check_integrity(manifest: &Value, files: &Files, findings: &mut Vec<String>) {
    let entry = &manifest["entry"];
    if let Some(bytes) = entry["wasm"].as_str().and_then(|wasm| files.get(wasm)) {
        if entry["wasmSha256"] != hex(&Sha256::digest(bytes)) {
            findings.push("manifest.json: wasmSha256 is not the hash of the module".into());
        }
    }
    for (name, bytes) in files.iter().filter(|(name, _)| is_script(name)) {
        match manifest["integrity"][name].as_str() {
            None => findings.push(format!("{name}: manifest.json holds no integrity of it")),
            Some(value) if value != integrity(bytes) => {
                findings
                    .push(format!("{name}: not the script whose integrity manifest.json holds"));
            }
            Some(_) => {}
        }
    }
    let named = manifest["integrity"].as_object().into_iter().flatten();
    for (name, _) in named.filter(|(name, _)| !files.contains_key(*name)) {
        findings.push(format!("{name} is missing: manifest.json holds its integrity"));
    }
}
