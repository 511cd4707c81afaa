//! One small package that is accepted, and every way to spoil it: each is refused, with a line that names it.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use serde_json::{json, Value};

use super::*;
use crate::package::contents::{seal, MANIFEST, SUMS};

/// (import "wbg" "fetch" (func (type 0))), and exports of the names.
fn module(import: &str, exports: &[&str]) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let section = |id: u8, body: &[u8]| [&[id, u8::try_from(body.len()).unwrap()], body].concat();
    let imports = [&[1][..], &text("wbg"), &text(import), &[0, 0]].concat();
    let mut list = vec![u8::try_from(exports.len()).unwrap()];
    for name in exports {
        list.extend(text(name));
        list.extend([0, 0]);
    }
    [b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0", &section(2, &imports)[..], &section(7, &list)].concat()
}

const EXPORTS: &[&str] = &["sync", "start", "mountDocumentsPanel", "mountSettings"];

fn manifest() -> Value {
    serde_json::from_str(include_str!("../../../manifest.json")).unwrap()
}

/// Everything a package needs, before its hashes are written.
fn unsealed() -> Files {
    let mut files = Files::new();
    let mut put = |name: &str, bytes: &[u8]| files.insert(name.to_owned(), bytes.to_vec());
    put("plugin.js", b"fetch('https://api.dropboxapi.com/2/files');");
    put("pkg/teamleader_dropbox.js", b"export default 1;");
    put("pkg/teamleader_dropbox_bg.wasm", &module("fetch", EXPORTS));
    put("oauth.html", b"<!doctype html>");
    put("plugin.d.ts", b"export {};");
    put("sbom.cdx.json", b"{}");
    put("THIRD-PARTY-LICENSES.txt", b"");
    for locale in manifest()["locales"].as_array().unwrap() {
        put(
            &format!("translations/{}.json", locale.as_str().unwrap()),
            br#"{ "title": "Dropbox", "texts": ["a", { "one": "b", "other": "c" }] }"#,
        );
    }
    files
}

fn sealed(mut files: Files, manifest: Value) -> Files {
    seal(&mut files, manifest).unwrap();
    files
}

/// One finding, which holds these words.
#[track_caller]
fn refused(files: &Files, words: &str) {
    let found = findings(files);
    assert_eq!(found.len(), 1, "{words}: {found:#?}");
    assert!(found[0].contains(words), "{words}: {}", found[0]);
    assert!(!found[0].contains('\n'), "{}", found[0]);
}

/// A package with one more file, or with another in a file's place.
#[track_caller]
fn refused_with(name: &str, bytes: &[u8], words: &str) {
    let mut files = unsealed();
    files.insert(name.into(), bytes.to_vec());
    refused(&sealed(files, manifest()), words);
}

#[track_caller]
fn refused_manifest(change: impl FnOnce(&mut Value), words: &str) {
    let mut manifest = manifest();
    change(&mut manifest);
    refused(&sealed(unsealed(), manifest), words);
}

#[test]
fn the_package_that_the_others_are_spoiled_from_is_accepted() {
    let files = sealed(unsealed(), manifest());
    assert_eq!(findings(&files), [""; 0]);
    let archive = archive::write(&files).unwrap();
    assert_eq!(archive::read(&archive).unwrap(), files);
}

#[test]
fn the_schema_is_one() {
    let schema = json::parse(include_bytes!("../../../manifest.schema.json")).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
}

#[test]
fn malformed_json() {
    refused_with("more.json", b"{ \"a\": ", "more.json: malformed JSON");
    refused_with("more.json", b"{} trailing", "malformed JSON");
    let mut files = sealed(unsealed(), manifest());
    files.insert(MANIFEST.into(), b"{".to_vec());
    files.insert(SUMS.into(), contents::sums(&files).into_bytes());
    refused(&files, "manifest.json: malformed JSON");
}

#[test]
fn a_key_twice() {
    refused_with(
        "more.json",
        br#"{ "a": [{ "b": 1, "b": 2 }] }"#,
        "the key `b` stands there twice",
    );
}

#[test]
fn schema_violations() {
    refused_manifest(|m| m["version"] = "1.0".into(), "/version");
    refused_manifest(|m| m["id"] = "Über plugin".into(), "/id");
    refused_manifest(|m| drop(m.as_object_mut().unwrap().remove("author")), "author");
    refused_manifest(|m| m["surprise"] = 1.into(), "surprise");
    refused_manifest(|m| m["oauth"]["pkce"] = "plain".into(), "/oauth/pkce");
    refused_manifest(|m| m["mountPoints"][0]["kinds"] = json!(["deal"]), "/mountPoints/0/kinds/0");
    refused_manifest(|m| m["description"] = "<script>".into(), "/description");
    refused_manifest(|m| m["author"]["supportEmail"] = "nobody".into(), "/author/supportEmail");
}

#[test]
fn a_reason_that_is_missing() {
    refused_manifest(|m| drop(m["origins"][0].as_object_mut().unwrap().remove("reason")), "reason");
    refused_manifest(|m| m["permissions"][0]["reason"] = "".into(), "/permissions/0/reason");
}

#[test]
fn a_manifest_that_contradicts_itself() {
    refused_manifest(|m| m["timer"]["intervalParameter"] = "often".into(), "is no parameter");
    refused_manifest(|m| m["defaultLocale"] = "pt".into(), "not among the locales");
    refused_manifest(|m| m["parameters"][1]["default"] = 5.into(), "out of range");
}

#[test]
fn files_that_are_missing() {
    let mut files = unsealed();
    files.remove("oauth.html");
    refused(&sealed(files, manifest()), "oauth.html is missing");
    let mut files = unsealed();
    files.remove("sbom.cdx.json");
    refused(&sealed(files, manifest()), "sbom.cdx.json is missing");
    refused_manifest(|m| m["entry"]["module"] = "main.js".into(), "main.js is missing");
    refused(&Files::from([(SUMS.into(), Vec::new())]), "manifest.json is missing");
}

#[test]
fn translations_that_are_missing() {
    let mut files = unsealed();
    files.remove("translations/nl.json");
    refused(&sealed(files, manifest()), "translations/nl.json is missing");
    refused_with(
        "translations/fr.json",
        br#"{ "title": " ", "texts": ["a", { "one": "b", "other": "c" }] }"#,
        "1 texts are missing, the first is `title`",
    );
    refused_with(
        "translations/fr.json",
        br#"{ "title": "Dropbox", "texts": ["a", { "one": "b" }] }"#,
        "1 texts are missing, the first is `texts/1/other`",
    );
}

#[test]
fn an_origin_that_is_used_and_not_declared() {
    let words = "talks of https://evil.example, which manifest.json does not declare";
    refused_with("plugin.js", b"fetch('https://evil.example/x')", words);
    refused_with("more.css", b"a { background: url(https://evil.example/x.png) }", words);
    refused_with(
        "more.html",
        b"<a href=\"http://api.dropboxapi.com\">",
        "talks of http://api.dropboxapi.com",
    );
    refused_with("more.js", b"'wss://api.dropboxapi.com'", "talks of wss://api.dropboxapi.com");
    refused_with(
        "more.js",
        b"'https://api.dropboxapi.com:8443'",
        "talks of https://api.dropboxapi.com:8443",
    );
    refused_with("more.js", b"'https://api.dropboxapi.com.evil.example'", "talks of");
    refused_with("more.js", b"'http://127.0.0.1:7400'", "talks of http://127.0.0.1:7400");
    let in_module = module("fetch_https://evil.example/", EXPORTS);
    let found = findings(&sealed_module(in_module));
    assert!(found.iter().any(|one| one.contains(words)), "{found:#?}");
}

#[test]
fn texts_of_a_module_have_no_border() {
    let mut files = unsealed();
    let mut bytes = files["pkg/teamleader_dropbox_bg.wasm"].clone();
    // A section of its own, as data is.
    bytes.extend([0, 47]);
    bytes.extend(*b"\x01xhttps://api.dropboxapi.comhttps://www.dropbox.c");
    files.insert("pkg/teamleader_dropbox_bg.wasm".into(), bytes);
    let found = findings(&sealed(files, manifest()));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("https://www.dropbox.c,"), "{found:#?}");
}

#[test]
fn addresses_that_are_not_https_or_not_public() {
    for address in ["http://api.dropboxapi.com", "ftp://files.example.com"] {
        refused_manifest(|m| m["origins"][0]["origin"] = address.into(), "not https");
    }
    for address in [
        "https://localhost",
        "https://127.0.0.1:8080",
        "https://10.1.2.3",
        "https://192.168.0.1",
        "https://172.20.0.1",
        "https://169.254.169.254",
        "https://100.64.0.1",
        "https://[::1]",
        "https://[fd00::1]",
        "https://nas.local",
        "https://intranet",
        "https://wiki.corp.internal",
    ] {
        refused_manifest(|m| m["origins"][0]["origin"] = address.into(), "a private address");
    }
    refused_manifest(
        |m| m["oauth"]["tokenUrl"] = "https://login.example.com/token".into(),
        "the origin of tokenUrl is not declared",
    );
}

#[test]
fn secrets_of_every_kind() {
    let tail = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5kL7nP9rT1vX3zB5dF7hJ9lN1pR3";
    let jwt = format!("const t = 'eyJ{tail}.eyJ{tail}'");
    for (text, words) in [
        (format!("const t = 'sl.{tail}'"), "a Dropbox token"),
        (format!("const t = 'ghp_{}'", &tail[..36]), "a GitHub token"),
        ("const t = 'AKIAABCDEFGH12345678'".into(), "an AWS key"),
        (jwt, "a signed token"),
        (format!("-----BEGIN {} KEY-----", "PRIVATE"), "a private key"),
        ("const app = { clientSecret: 'k3j4h5g6f7d8s9' }".into(), "a secret's value"),
        ("{\"refresh_token\": \"k3j4h5g6f7d8s9\"}".into(), "a secret's value"),
    ] {
        refused_with("more.js", text.as_bytes(), words);
    }
    refused_with("server.pem", b"", "a file for keys");
    refused_with("pkg/.env", b"", "a hidden file");
    // Names of fields are no secrets.
    let mut files = unsealed();
    files.insert("more.js".into(), b"form.set('refresh_token', row.refresh_token)".to_vec());
    assert_eq!(findings(&sealed(files, manifest())), [""; 0]);
}

#[test]
fn a_wrong_hash() {
    let mut files = sealed(unsealed(), manifest());
    files.insert("oauth.html".into(), b"<!doctype html><p>".to_vec());
    refused(&files, "oauth.html: not the file that SHA256SUMS lists");

    // Somebody who writes the list anew still has the manifest to answer for.
    let mut files = sealed(unsealed(), manifest());
    files.insert("plugin.js".into(), b"other".to_vec());
    files.insert(SUMS.into(), contents::sums(&files).into_bytes());
    refused(&files, "plugin.js: not the script whose integrity");
    let mut files = sealed(unsealed(), manifest());
    files.insert("pkg/teamleader_dropbox_bg.wasm".into(), module("now", EXPORTS));
    files.insert(SUMS.into(), contents::sums(&files).into_bytes());
    refused(&files, "wasmSha256 is not the hash");

    let mut files = sealed(unsealed(), manifest());
    files.insert("added.txt".into(), Vec::new());
    refused(&files, "added.txt: not in SHA256SUMS");
    files.remove("added.txt");
    files.remove(SUMS);
    refused(&files, "SHA256SUMS is missing");
    files.insert("added.js".into(), Vec::new());
    files.insert(SUMS.into(), contents::sums(&files).into_bytes());
    refused(&files, "added.js: manifest.json holds no integrity");
    files.remove("added.js");
    files.remove("pkg/teamleader_dropbox.js");
    let found = findings(&files);
    assert!(found.iter().any(|one| one.contains("SHA256SUMS lists it")), "{found:#?}");
    assert!(found.iter().any(|one| one.contains("holds its integrity")), "{found:#?}");
}

fn sealed_module(bytes: Vec<u8>) -> Files {
    let mut files = unsealed();
    files.insert("pkg/teamleader_dropbox_bg.wasm".into(), bytes);
    sealed(files, manifest())
}

#[test]
fn imports_and_exports_of_the_module() {
    refused(&sealed_module(module("eval", EXPORTS)), "imports `eval`");
    refused(&sealed_module(module("fetch", &EXPORTS[1..])), "exports no `sync`");
    refused(&sealed_module(b"\0asm\x02\0\0\0".to_vec()), "no WebAssembly module");
}

#[test]
fn a_size_over_budget() {
    // Noise does not compress.
    let mut state = 1_u64;
    let noise: Vec<u8> = (0..size::BUDGET_BYTES + 1000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0] & 0x7f
        })
        .collect();
    let mut css = unsealed();
    css.insert("panel.css".into(), [noise.clone(), noise].concat());
    refused(&sealed(css, manifest()), "after gzip");
    let large = vec![b' '; UNPACKED_BYTES_MOST];
    refused_with("more.txt", &large, "are the most");
}

#[test]
fn paths_that_lead_out_of_the_package() {
    for name in ["../up.txt", "a/../../up.txt", "/up.txt", "a\\up.txt", "a//b.txt", "con:.txt"] {
        refused_with(name, b"", "leads out of the package");
    }
}

#[test]
fn a_symbolic_link_in_a_folder() {
    let folder = std::env::temp_dir().join(format!("package-link-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let link = folder.join("oauth.html");
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
    let refusal = load(&folder).map(drop).unwrap_err().to_string();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(refusal, "oauth.html: a symbolic link");
}

#[test]
fn an_archive_that_is_none() {
    let file = std::env::temp_dir().join(format!("package-none-{}.zip", std::process::id()));
    std::fs::write(&file, b"PK but no more").unwrap();
    let refusal = load(&file).map(drop).unwrap_err().to_string();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(refusal, "this is no zip archive");
}
