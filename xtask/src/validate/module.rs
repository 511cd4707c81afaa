//! The WebAssembly module: what it asks of its surroundings, and what the manifest promises of it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::package::archive::Files;
use crate::wasm_module;

/// What a module may import, one a line.
const KNOWN: &str = include_str!("../../imports.txt");

/// Checks imports and promised exports.
pub fn check(manifest: &Value, files: &Files, findings: &mut Vec<String>) {
    let Some(name) = manifest["entry"]["wasm"].as_str() else { return };
    // A module that is not there was spoken of.
    let Some(bytes) = files.get(name) else { return };
    let (Some(imports), Some(exports)) = (wasm_module::imports(bytes), wasm_module::exports(bytes))
    else {
        findings.push(format!("{name}: no WebAssembly module"));
        return;
    };
    let known: BTreeSet<&str> = KNOWN.lines().collect();
    for import in &imports {
        if !known.contains(import.as_str()) {
            findings.push(format!("{name}: imports `{import}`, which no plugin may"));
        }
    }
    let timer = manifest["timer"]["export"].as_str();
    let mounted = manifest["mountPoints"].as_array().into_iter().flatten();
    let promised = mounted.filter_map(|point| point["export"].as_str()).chain(timer);
    for export in promised.collect::<BTreeSet<&str>>() {
        if !exports.iter().any(|one| one == export) {
            findings.push(format!("{name}: exports no `{export}`, which manifest.json names"));
        }
    }
}
