//! The manifest: against its schema, against itself, and against the files it names.

use serde_json::Value;

use super::{addresses, json};
use crate::package::archive::Files;

/// The schema as it stands beside the manifest in the source.
const SCHEMA: &str = include_str!("../../../manifest.schema.json");

/// What whoever installs a package wants to read before: its crates, their licences, its types.
const COMPANIONS: &[&str] = &["sbom.cdx.json", "THIRD-PARTY-LICENSES.txt", "plugin.d.ts"];

/// Checks form, references and the files that have to be there.
pub fn check(manifest: &Value, files: &Files, findings: &mut Vec<String>) {
    let spoken_for = addresses::check_declared(manifest, findings);
    check_schema(manifest, &spoken_for, findings);
    check_references(manifest, findings);
    check_files(manifest, files, findings);
}

/// `spoken_for`: places about which something clearer was said already.
fn check_schema(manifest: &Value, spoken_for: &[String], findings: &mut Vec<String>) {
    let schema = serde_json::from_str(SCHEMA).expect("a test reads the schema");
    let validator = jsonschema::draft202012::new(&schema).expect("a test compiles the schema");
    for error in validator.iter_errors(manifest) {
        let place = error.instance_path().to_string();
        if !spoken_for.contains(&place) {
            let place = if place.is_empty() { "/" } else { &place };
            findings.push(format!("manifest.json: {place}: {error}"));
        }
    }
}

fn check_references(manifest: &Value, findings: &mut Vec<String>) {
    let parameters = || manifest["parameters"].as_array().into_iter().flatten();
    let timer = &manifest["timer"]["intervalParameter"];
    if timer.is_string()
        && !parameters().any(|one| one["name"] == *timer && one["type"] == "integer")
    {
        findings.push(format!("manifest.json: {timer} is no parameter with a number"));
    }
    let (default, locales) = (&manifest["defaultLocale"], &manifest["locales"]);
    if locales.as_array().is_some_and(|locales| !locales.contains(default)) {
        findings.push(format!("manifest.json: {default} is not among the locales"));
    }
    for one in parameters() {
        let [least, value, most] = ["minimum", "default", "maximum"].map(|name| one[name].as_i64());
        if least > value || value > most {
            findings.push(format!("manifest.json: the default of {} is out of range", one["name"]));
        }
    }
}

fn check_files(manifest: &Value, files: &Files, findings: &mut Vec<String>) {
    for name in COMPANIONS.iter().filter(|name| !files.contains_key(**name)) {
        findings.push(format!("{name} is missing: every package has it"));
    }
    let entry = &manifest["entry"];
    for path in
        [&entry["module"], &entry["glue"], &entry["wasm"], &manifest["oauth"]["redirectPath"]]
    {
        if let Some(path) = path.as_str().filter(|path| !files.contains_key(*path)) {
            findings.push(format!("{path} is missing: manifest.json names it"));
        }
    }
    let words = |locale: &Value| -> Option<(String, Value)> {
        let name = format!("translations/{}.json", locale.as_str()?);
        let value = files.get(&name).and_then(|bytes| json::parse(bytes).ok());
        Some((name, value.unwrap_or_default()))
    };
    let Some((_, wanted)) = words(&manifest["defaultLocale"]) else { return };
    for (name, words) in manifest["locales"].as_array().into_iter().flatten().filter_map(words) {
        if !files.contains_key(&name) {
            findings.push(format!("{name} is missing: manifest.json names the language"));
            continue;
        }
        let mut missing = Vec::new();
        add_missing(&words, &wanted, "", &mut missing);
        if let Some(first) = missing.first() {
            findings.push(format!(
                "{name}: {} texts are missing, the first is `{first}`",
                missing.len()
            ));
        }
    }
}

/// Adds what a language says and another does not, by name or by number: in objects, in lists, and in what those hold.
fn add_missing(there: &Value, wanted: &Value, name: &str, missing: &mut Vec<String>) {
    match wanted {
        Value::Object(fields) => {
            for (field, wanted) in fields {
                add_missing(&there[field], wanted, &format!("{name}/{field}"), missing);
            }
        }
        Value::Array(texts) => {
            for (at, wanted) in texts.iter().enumerate() {
                add_missing(&there[at], wanted, &format!("{name}/{at}"), missing);
            }
        }
        Value::Null => {}
        Value::Number(_) if there == wanted => {}
        _ if there.as_str().is_some_and(|text| !text.trim().is_empty()) => {}
        _ => missing.push(name.trim_start_matches('/').to_owned()),
    }
}
