//! Secrets that have no business in a package: keys, tokens, and what tells of the machine it was built on.

use crate::package::archive::Files;

/// Beginnings of tokens, how many characters follow at least, and whose they are.
const TOKENS: &[(&str, usize, &str)] = &[
    ("sl.", 60, "a Dropbox token"),
    ("ghp_", 30, "a GitHub token"),
    ("gho_", 30, "a GitHub token"),
    ("ghs_", 30, "a GitHub token"),
    ("github_pat_", 30, "a GitHub token"),
    ("npm_", 36, "an npm token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("AKIA", 16, "an AWS key"),
    ("AIza", 35, "a Google key"),
    ("eyJ", 60, "a signed token (JWT)"),
];
/// Names whose value is a secret where it is written out.
const NAMES: &[&str] = &[
    "secret",
    "password",
    "passwd",
    "api_key",
    "apikey",
    "refresh_token",
    "access_token",
    "private_key",
];
/// A written-out value is at least so long.
const VALUE_CHARACTERS_LEAST: usize = 12;
/// Files that hold keys.
const ENDINGS: &[&str] = &[".pem", ".key", ".p12", ".pfx", ".jks", "id_rsa", "id_ed25519"];

/// Checks names and contents of all files.
pub fn check(files: &Files, findings: &mut Vec<String>) {
    for (name, bytes) in files {
        if ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            findings.push(format!("{name}: a file for keys"));
            continue;
        }
        let text = String::from_utf8_lossy(bytes);
        if let Some(what) = secret_in(&text) {
            findings.push(format!("{name}: holds {what}"));
        }
    }
}

fn secret_in(text: &str) -> Option<&'static str> {
    // In halves, so that this file does not look like what it finds.
    if text.contains(concat!("PRIVATE ", "KEY-----")) {
        return Some("a private key");
    }
    if text.contains(concat!(".cargo", "/registry")) {
        return Some("paths of the machine it was built on");
    }
    for (begin, least, what) in TOKENS {
        for (at, _) in text.match_indices(begin) {
            let alone = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            let tail = token_characters(&text[at + begin.len()..]);
            if alone && tail.len() >= *least && is_mixed(tail) {
                return Some(what);
            }
        }
    }
    let lower = text.to_ascii_lowercase();
    NAMES
        .iter()
        .any(|name| lower.match_indices(name).any(|(at, _)| is_assigned(&text[at + name.len()..])))
        .then_some("a secret's value")
}

/// Whether a quoted value of one word with digits follows: `secret: "a1b2…"`.
fn is_assigned(after: &str) -> bool {
    let rest = after.trim_start_matches(['"', '\'']).trim_start();
    let Some(rest) = rest.strip_prefix([':', '=']) else { return false };
    let Some(rest) = rest.trim_start().strip_prefix(['"', '\'', '`']) else { return false };
    let value = token_characters(rest);
    value.len() >= VALUE_CHARACTERS_LEAST
        && rest[value.len()..].starts_with(['"', '\'', '`'])
        && value.contains(|c: char| c.is_ascii_digit())
}

fn token_characters(text: &str) -> &str {
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    &text[..text.find(|c| !is_token(c)).unwrap_or(text.len())]
}

/// Random text has digits and letters; words have no digits.
fn is_mixed(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit()) && text.contains(|c: char| c.is_ascii_alphabetic())
}
