//! Whom the plugin talks to: what the manifest declares, and what stands in its code.
//!
//! This finds oversights, not malice: code can put an address together. What holds then is the page's policy, which is
//! made of the declared origins.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use crate::package::archive::Files;

/// Names of vocabularies, and documentation that the glue names: asked for by nobody.
const NAMES: &[&str] = &["http://www.w3.org/", "https://developer.mozilla.org/"];
/// What a module may compare addresses with: a service on the same machine, as developers have it.
const LOOPBACK: &[&str] = &["http://127.0.0.1", "http://localhost", "http://[::1]"];
/// Files that run, or lead somewhere.
const ENDINGS: &[&str] = &[".js", ".mjs", ".wasm", ".html", ".css"];

/// Checks every declared address; answers the places in the manifest it said something about.
pub fn check_declared(manifest: &Value, findings: &mut Vec<String>) -> Vec<String> {
    let origins = manifest["origins"].as_array().into_iter().flatten().enumerate();
    let mut declared: Vec<(String, &Value)> =
        origins.map(|(at, entry)| (format!("/origins/{at}/origin"), &entry["origin"])).collect();
    for name in ["authorizationUrl", "tokenUrl"] {
        declared.push((format!("/oauth/{name}"), &manifest["oauth"][name]));
    }
    let mut places = Vec::new();
    for (place, value) in declared {
        let Some(address) = value.as_str() else { continue };
        let finding = match address.split_once("://") {
            Some(("https", rest)) if is_private(host_of(rest)) => "a private address",
            Some(("https", _)) => continue,
            _ => "not https",
        };
        findings.push(format!("manifest.json: {address}: {finding}"));
        places.push(place);
    }
    places
}

/// Checks that code speaks of declared origins alone.
pub fn check(manifest: &Value, files: &Files, findings: &mut Vec<String>) {
    let declared: Vec<&str> = manifest["origins"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["origin"].as_str())
        .collect();
    for (name, bytes) in files {
        if !ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        // A module's texts stand one behind the other without a border.
        let borderless = name.ends_with(".wasm");
        let mut said = Vec::new();
        for address in addresses_in(bytes) {
            let excused = if borderless { [NAMES, LOOPBACK].concat() } else { NAMES.to_vec() };
            if excused.iter().any(|known| address.starts_with(known)) {
                continue;
            }
            let origin = origin_of(&address);
            let known = declared.iter().any(|one| {
                origin == *one
                    || (borderless
                        && origin
                            .strip_prefix(one)
                            .is_some_and(|rest| !rest.starts_with(['.', '-', ':'])))
            });
            if !known && !said.contains(&origin) {
                findings.push(format!(
                    "{name}: talks of {origin}, which manifest.json does not declare"
                ));
                said.push(origin);
            }
        }
    }
    for name in ["authorizationUrl", "tokenUrl"] {
        if let Some(address) = manifest["oauth"][name].as_str() {
            if !declared.contains(&origin_of(address).as_str()) {
                findings.push(format!("manifest.json: the origin of {name} is not declared"));
            }
        }
    }
}

/// Addresses with a scheme and a host that could be one.
fn addresses_in(bytes: &[u8]) -> Vec<String> {
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let scheme_begins = text[..at]
            .rfind(|c: char| !c.is_ascii_lowercase())
            .map_or(0, |last| last + text[last..].chars().next().map_or(1, char::len_utf8));
        let scheme = ["https", "http", "wss", "ws", "ftp"]
            .into_iter()
            .find(|scheme| text[scheme_begins..at].ends_with(scheme));
        let rest = &text[at + 3..];
        let in_address = |c: char| c.is_ascii_alphanumeric() || ".-_:[]/".contains(c);
        let end = rest.find(|c| !in_address(c)).unwrap_or(rest.len());
        let host = host_of(&rest[..end]);
        if let (Some(scheme), true) = (scheme, host.contains(['.', ':']) || host == "localhost") {
            found.push(format!("{scheme}://{}", &rest[..end]));
        }
    }
    found
}

fn origin_of(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    format!("{scheme}://{}", authority.trim_end_matches('.'))
}

/// The host without its port.
fn host_of(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let authority = authority.rsplit('@').next().unwrap_or("");
    match authority.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or(""),
    }
}

/// Addresses that lead into the network of whoever runs the page.
fn is_private(host: &str) -> bool {
    const ENDINGS: &[&str] =
        &["localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan", ".home.arpa"];
    if let Ok(v4) = host.parse::<Ipv4Addr>() {
        let [a, b, ..] = v4.octets();
        let shared = a == 100 && (64..128).contains(&b);
        return shared
            || a == 0
            || v4.is_private()
            || v4.is_loopback()
            || v4.is_link_local()
            || v4.is_broadcast();
    }
    if let Ok(v6) = host.parse::<Ipv6Addr>() {
        let first = v6.segments()[0];
        return v6.is_loopback()
            || v6.is_unspecified()
            || first & 0xfe00 == 0xfc00
            || first & 0xffc0 == 0xfe80;
    }
    let host = host.trim_end_matches('.');
    !host.contains('.') || ENDINGS.iter().any(|ending| host.ends_with(ending))
}
