//! Dropbox's client against scripted answers: what it sends, what it repeats, what it makes of errors.
//!
//! The shapes are those of Dropbox's specification. Against the sandbox it is tested in `dropbox_sandbox.rs`.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use sandbox::{Origin, Reply, Request, Response};
use serde_json::{json, Value};
use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use support::ports::{content_hash, Content, WorldPorts};
use support::script::{cut, json as answer, ok, text, Script, Scripted};
use sync_core::{
    Commit, ContentHash, Cursor, Delete, Entry, Failure, FileEntry, Move, Reason, Side, Staged,
    WriteMode,
};
use teamleader_dropbox::dropbox::Dropbox;
use teamleader_dropbox::wire::Wire;

type Client = Rc<Dropbox<WorldPorts<Script>>>;

/// A connected client whose service answers so.
struct Bench {
    script: Scripted,
    client: Client,
}

impl Bench {
    fn new(answer: impl FnMut(&Request) -> Reply + 'static) -> Self {
        let script = Scripted::new(answer);
        script.connect(14_400);
        let wire = Rc::new(Wire::new(script.ports.clone()));
        let client = Rc::new(Dropbox::new(wire, script.auth()));
        Self { script, client }
    }

    /// Answers the n-th request (from 0) by its number.
    fn numbered(mut answer: impl FnMut(usize, &Request) -> Reply + 'static) -> Self {
        let mut number = 0;
        Self::new(move |request| {
            number += 1;
            answer(number - 1, request)
        })
    }

    fn run<T, F: Future<Output = T>>(&mut self, act: impl FnOnce(Client) -> F) -> T {
        self.script.executor.block_on(act(self.client.clone()))
    }

    fn commit(&mut self, commits: Vec<Commit>) -> Result<Vec<Result<FileEntry, Failure>>, Failure> {
        self.run(|client| async move { client.commit(&commits).await })
    }

    fn asked(&self, index: usize) -> Request {
        self.script.script.borrow().asked[index].clone()
    }

    fn asked_json(&self, index: usize) -> Value {
        self.asked(index).json_body().unwrap()
    }

    fn count(&self) -> usize {
        self.script.script.borrow().asked.len()
    }
}

fn hash(bytes: &[u8]) -> ContentHash {
    content_hash(bytes)
}

fn file(id: &str, path: &str, bytes: &[u8]) -> Value {
    json!({
        "name": path.rsplit('/').next(), "path_lower": path.to_lowercase(), "path_display": path,
        "id": format!("id:{id}"), "client_modified": "2026-01-05T09:00:00Z",
        "server_modified": "2026-01-05T09:00:00Z", "rev": "015f00000000000000abc",
        "size": bytes.len(), "is_downloadable": true, "content_hash": hash(bytes).as_str(),
    })
}

fn tagged(tag: &str, mut value: Value) -> Value {
    value[".tag"] = tag.into();
    value
}

fn error(tags: &[&str]) -> Value {
    let mut inner: Option<Value> = None;
    for tag in tags.iter().rev() {
        let mut value = json!({ ".tag": tag });
        if let Some(inner) = inner {
            value[*tag] = inner;
        }
        inner = Some(value);
    }
    inner.unwrap()
}

fn refused(tags: &[&str]) -> Reply {
    let body = json!({ "error_summary": "never/read/..", "error": error(tags) });
    answer(409, body)
}

fn staged(name: &str, bytes: &[u8]) -> Commit {
    Commit {
        staged: Staged {
            session: format!("session-{name}"),
            size_bytes: bytes.len() as u64,
            hash: hash(bytes),
        },
        path: format!("/{name}"),
        mode: WriteMode::Add,
    }
}

fn failure(tags: &[&str]) -> Value {
    json!({ ".tag": "failure", "failure": error(tags) })
}

fn page(entries: Value, cursor: &str, has_more: bool) -> Reply {
    ok(json!({ "entries": entries, "cursor": cursor, "has_more": has_more }))
}

#[test]
fn f5_a_listing_goes_on_while_there_is_more_even_through_empty_pages() {
    let mut bench = Bench::numbered(|number, _| match number {
        0 => page(json!([tagged("file", file("a", "/A.txt", b"a"))]), "c1", true),
        1 => page(json!([]), "c2", true),
        2 => page(
            json!([
                { ".tag": "deleted", "name": "b", "path_lower": "/b", "path_display": "/B" },
                { ".tag": "folder", "name": "C", "path_lower": "/c", "path_display": "/C",
                  "id": "id:c" },
                { ".tag": "something_new" },
                tagged("file", json!({
                    "name": "Paper", "path_lower": "/p", "path_display": "/P", "id": "id:p",
                    "rev": "015f000000000000000aa", "size": 0, "is_downloadable": false,
                })),
            ]),
            "c3",
            false,
        ),
        _ => unreachable!(),
    });
    let listing = bench.run(|client| async move { client.changes(None).await }).unwrap();
    assert_eq!(listing.cursor, Cursor::from("c3"));
    let [Entry::File(a), Entry::Deleted { path_lower }, Entry::Folder(c), Entry::File(paper)] =
        &listing.entries[..]
    else {
        panic!("{:?}", listing.entries);
    };
    assert_eq!((a.path_lower.as_str(), a.hash.clone()), ("/a.txt", Some(hash(b"a"))));
    assert_eq!((path_lower.as_str(), c.path_display.as_str()), ("/b", "/C"));
    assert_eq!(paper.hash, None, "it cannot be downloaded");
    let first = bench.asked_json(0);
    assert_eq!((&first["path"], &first["recursive"]), (&json!(""), &json!(true)));
    assert_eq!(first["limit"], json!(2000));
    assert_eq!(bench.asked_json(2)["cursor"], json!("c2"));
}

#[test]
fn f5_a_listing_that_never_ends_makes_no_sense() {
    let mut bench = Bench::new(|_| page(json!([]), "c1", true));
    let cursor = Cursor::from("c0");
    let listed = bench.run(|client| async move { client.changes(Some(&cursor)).await });
    assert_eq!(listed.unwrap_err(), Failure::Malformed(Side::Dropbox));
    assert!(bench.count() < 20);
}

#[test]
fn f5_wrong_types_make_no_sense() {
    for (field, value) in [("size", json!(-1)), ("rev", json!(7)), ("id", Value::Null)] {
        let mut bench = Bench::new(move |_| {
            let mut bad = tagged("file", file("a", "/a", b"a"));
            bad[field] = value.clone();
            page(json!([bad]), "c", false)
        });
        let listed = bench.run(|client| async move { client.changes(None).await });
        assert_eq!(listed.unwrap_err(), Failure::Malformed(Side::Dropbox), "{field}");
    }
}

#[test]
fn c8_a_cursor_that_is_no_longer_known_is_told() {
    let mut bench = Bench::new(|_| refused(&["reset"]));
    let cursor = Cursor::from("old");
    let listed = bench.run(|client| async move { client.changes(Some(&cursor)).await });
    assert_eq!(listed.unwrap_err(), Failure::CursorReset);
    let mut bench = Bench::new(|_| refused(&["path", "not_found"]));
    let listed = bench.run(|client| async move { client.changes(None).await });
    assert_eq!(listed.unwrap_err(), Failure::NotFound);
}

#[test]
fn c2_too_many_requests_wait_as_long_as_the_body_says_or_a_growing_while() {
    let plain = || text(429, "Too many requests");
    let named = || {
        let reason = json!({ ".tag": "too_many_requests" });
        answer(429, json!({ "error": { "reason": reason, "retry_after": 40 } }))
    };
    for (refusal, least_ms, most_ms) in [
        (&plain as &dyn Fn() -> Reply, 1_000 + 2_000, 2_000 + 4_000),
        (&named as &dyn Fn() -> Reply, 80_000, 82_000),
    ] {
        let refusals = [refusal(), refusal()];
        let mut bench = Bench::numbered(move |number, _| match refusals.get(number) {
            Some(refusal) => refusal.clone(),
            None => page(json!([]), "c", false),
        });
        let begun_ms = bench.script.executor.timeline().now_ms();
        bench.run(|client| async move { client.changes(None).await }).unwrap();
        let waited_ms = bench.script.executor.timeline().now_ms() - begun_ms;
        assert!((least_ms..=most_ms).contains(&waited_ms), "{waited_ms}");
        assert_eq!(bench.count(), 3);
    }
}

#[test]
fn c3_writers_in_the_way_are_waited_for_in_every_form() {
    let mut bench = Bench::numbered(|number, _| match number {
        0 => answer(429, json!({ "error": { "reason": { ".tag": "too_many_write_operations" } } })),
        1 => refused(&["path", "too_many_write_operations"]),
        2 => ok(json!({ "entries": [
            tagged("success", file("a", "/a", b"a")),
            failure(&["too_many_write_operations"]),
            failure(&["path", "too_many_write_operations"]),
        ] })),
        3 => ok(json!({ "entries": [
            failure(&["path", "too_many_write_operations"]),
            tagged("success", file("c", "/c", b"c")),
        ] })),
        4 => ok(json!({ "entries": [tagged("success", file("b", "/b", b"b"))] })),
        _ => unreachable!(),
    });
    let commits = vec![staged("a", b"a"), staged("b", b"b"), staged("c", b"c")];
    let done = bench.commit(commits).unwrap();
    let ids: Vec<String> = done.into_iter().map(|file| file.unwrap().id.to_string()).collect();
    assert_eq!(ids, ["id:a", "id:b", "id:c"]);
    let again = bench.asked_json(3);
    let paths: Vec<&Value> =
        again["entries"].as_array().unwrap().iter().map(|e| &e["commit"]["path"]).collect();
    assert_eq!(paths, [&json!("/b"), &json!("/c")], "only those, in order");
}

#[test]
fn c3_patience_with_other_writers_ends() {
    let mut bench =
        Bench::new(|_| ok(json!({ "entries": [failure(&["too_many_write_operations"])] })));
    let done = bench.commit(vec![staged("a", b"a")]);
    assert_eq!(done.unwrap_err(), Failure::Unavailable(Side::Dropbox));
}

#[test]
fn c4_outages_are_waited_out_and_end_as_unavailable() {
    let mut bench = Bench::numbered(|number, _| match number {
        0 => text(500, "Internal Server Error"),
        1 => cut(),
        2 => text(503, "Service Unavailable"),
        _ => page(json!([]), "c", false),
    });
    bench.run(|client| async move { client.changes(None).await }).unwrap();
    let mut bench = Bench::new(|_| cut());
    let listed = bench.run(|client| async move { client.changes(None).await });
    assert_eq!(listed.unwrap_err(), Failure::Unavailable(Side::Dropbox));
}

#[test]
fn c5_a_commit_whose_answer_was_lost_recognises_itself() {
    let mut bench = Bench::numbered(|number, _| match number {
        0 => cut(),
        1 => ok(json!({ "entries": [
            failure(&["lookup_failed", "not_found"]),
            failure(&["path", "conflict", "file"]),
            failure(&["path", "conflict", "file"]),
        ] })),
        2 => ok(tagged("file", file("a", "/a", b"a"))),
        3 => ok(tagged("file", file("b", "/b", b"somebody else's"))),
        4 => refused(&["path", "not_found"]),
        _ => unreachable!(),
    });
    let commits = vec![staged("a", b"a"), staged("b", b"b"), staged("c", b"c")];
    let done = bench.commit(commits).unwrap();
    assert_eq!(done[0].as_ref().unwrap().id.as_str(), "id:a");
    assert_eq!(done[1], Err(Failure::Conflict));
    assert_eq!(done[2], Err(Failure::Conflict));
}

#[test]
fn c5_an_update_recognises_itself_by_its_new_revision() {
    for (rev, wanted) in [("015f00000000000000abc", false), ("015f00000000000000fff", true)] {
        let mut bench = Bench::numbered(move |number, _| match number {
            0 => cut(),
            1 => ok(json!({ "entries": [failure(&["path", "conflict", "file"])] })),
            _ => {
                let mut found = tagged("file", file("a", "/a", b"a"));
                found["rev"] = rev.into();
                ok(found)
            }
        });
        let mode = WriteMode::Update("015f00000000000000abc".into());
        let commit = Commit { mode, path: "id:a".into(), ..staged("a", b"a") };
        let done = bench.commit(vec![commit]).unwrap();
        assert_eq!(done[0].is_ok(), wanted);
        let sent = bench.asked_json(1);
        let commit = &sent["entries"][0]["commit"];
        let mode = json!({ ".tag": "update", "update": "015f00000000000000abc" });
        assert_eq!(commit["mode"], mode);
        assert_eq!(commit["strict_conflict"], json!(true));
        assert_eq!(commit["autorename"], json!(false));
        assert_eq!(commit["mute"], json!(true));
    }
}

#[test]
fn c5_a_conflict_after_a_clear_answer_is_a_conflict_without_another_look() {
    let mut bench =
        Bench::new(|_| ok(json!({ "entries": [failure(&["path", "conflict", "file"])] })));
    let done = bench.commit(vec![staged("a", b"a")]).unwrap();
    assert_eq!((done, bench.count()), (vec![Err(Failure::Conflict)], 1));
}

#[test]
fn c5_a_move_whose_answer_was_lost_recognises_itself() {
    let mut bench = Bench::numbered(|number, _| match number {
        0 => text(502, "Bad Gateway"),
        1 => ok(json!({ ".tag": "complete", "entries": [
            failure(&["relocation_error", "to", "conflict", "file"]),
            failure(&["relocation_error", "to", "conflict", "file"]),
        ] })),
        2 => ok(tagged("file", file("a", "/New/Ä.txt", b"a"))),
        3 => ok(tagged("file", file("b", "/old.txt", b"b"))),
        _ => unreachable!(),
    });
    let moves = vec![
        Move { id: "id:a".into(), to: "/new/A\u{308}.txt".into() },
        Move { id: "id:b".into(), to: "/new.txt".into() },
    ];
    let done = bench.run(|client| async move { client.move_files(&moves).await }).unwrap();
    assert!(done[0].is_ok());
    assert_eq!(done[1], Err(Failure::Conflict));
}

#[test]
fn c5_a_file_already_gone_counts_as_deleted() {
    let mut bench = Bench::numbered(|number, _| match number {
        0 => ok(json!({ ".tag": "async_job_id", "async_job_id": "job" })),
        1 => ok(json!({ ".tag": "in_progress" })),
        2 => ok(json!({ ".tag": "complete", "entries": [
            { ".tag": "success", "metadata": tagged("file", file("a", "/a", b"a")) },
            failure(&["path_lookup", "not_found"]),
            failure(&["path_write", "conflict", "file"]),
            failure(&["path_write", "no_write_permission"]),
        ] })),
        _ => unreachable!(),
    });
    let deletes: Vec<Delete> = ["a", "b", "c", "d"]
        .map(|id| Delete { id: id.into(), rev: "015f00000000000000abc".into() })
        .into();
    let done = bench.run(|client| async move { client.delete_files(&deletes).await }).unwrap();
    let wanted =
        [Ok(()), Ok(()), Err(Failure::Conflict), Err(Failure::Refused(Reason::DropboxRefused))];
    assert_eq!(done, wanted);
    assert_eq!(bench.asked_json(0)["entries"][0]["parent_rev"], "015f00000000000000abc");
    assert_eq!(bench.asked_json(1)["async_job_id"], "job");
}

#[test]
fn c3_a_job_that_met_other_writers_is_launched_again() {
    let mut bench = Bench::numbered(|number, _| match number {
        0 | 2 => ok(json!({ ".tag": "async_job_id", "async_job_id": format!("job{number}") })),
        1 => ok(json!({ ".tag": "failed", "failed": { ".tag": "too_many_write_operations" } })),
        3 => ok(json!({ ".tag": "complete", "entries": [{ ".tag": "success" }] })),
        _ => unreachable!(),
    });
    let deletes = vec![Delete { id: "id:a".into(), rev: "015f00000000000000abc".into() }];
    let done = bench.run(|client| async move { client.delete_files(&deletes).await }).unwrap();
    assert_eq!(done, [Ok(())]);
    assert_eq!(bench.asked_json(3)["async_job_id"], "job2");
}

#[test]
fn c5_a_copy_whose_answer_was_lost_recognises_itself() {
    for (bytes, wanted) in [(&b"a"[..], true), (b"another", false)] {
        let mut bench = Bench::numbered(move |number, _| match number {
            0 => cut(),
            1 => refused(&["to", "conflict", "file"]),
            2 => ok(tagged("file", file("a", "/a", b"a"))),
            _ => ok(tagged("file", file("b", "/b", bytes))),
        });
        let id = "id:a".into();
        let done = bench.run(|client| async move { client.copy_file(&id, "/b").await });
        assert_eq!(done.is_ok(), wanted);
    }
}

#[test]
fn c6_an_expired_token_is_renewed_in_mid_run() {
    let mut bench = Bench::new(|request| match (request.origin, request.path()) {
        (Origin::DropboxApi, "/oauth2/token") => ok(json!({
            "access_token": "access-secret-1", "expires_in": 14400, "token_type": "bearer",
        })),
        _ if request.bearer() == Some("access-secret-0") => {
            answer(401, json!({ "error": { ".tag": "expired_access_token" } }))
        }
        _ => page(json!([]), "c", false),
    });
    bench.run(|client| async move { client.changes(None).await }).unwrap();
    assert_eq!(bench.count(), 3);
    bench.run(|client| async move { client.changes(None).await }).unwrap();
    assert_eq!(bench.count(), 4, "the new one is kept");
}

#[test]
fn c7_a_revoked_grant_is_told_and_kept_in_mind() {
    let mut bench = Bench::new(|request| match request.path() {
        "/oauth2/token" => answer(400, json!({ "error": "invalid_grant" })),
        _ => answer(401, json!({ "error": { ".tag": "invalid_access_token" } })),
    });
    let mut listed = || bench.run(|client| async move { client.changes(None).await }).unwrap_err();
    assert_eq!(listed(), Failure::Unauthorized(Side::Dropbox));
    assert_eq!(listed(), Failure::Unauthorized(Side::Dropbox));
    assert_eq!(bench.count(), 2, "a grant that is gone is not asked for again");
}

#[test]
fn c7_a_missing_scope_is_told_as_a_missing_grant() {
    let missing = json!({ ".tag": "missing_scope", "required_scope": "files.content.write" });
    for refusal in [
        answer(401, json!({ "error": missing })),
        text(400, "Your app is not permitted to access this endpoint because it does not have the required scope 'files.metadata.read'."),
        answer(403, json!({ "error": { ".tag": "no_permission" } })),
    ] {
        let mut bench = Bench::new(move |_| refusal.clone());
        let listed = bench.run(|client| async move { client.changes(None).await });
        assert_eq!(listed.unwrap_err(), Failure::Unauthorized(Side::Dropbox));
        assert_eq!(bench.count(), 1);
    }
}

fn download(bench: &mut Bench, bytes: &'static [u8]) -> Result<Content, Failure> {
    let rev = "015f00000000000000abc".into();
    bench.run(|client| async move { client.download(&rev, bytes.len() as u64, &hash(bytes)).await })
}

fn content(bytes: &[u8], promised: &[u8]) -> Reply {
    let result = file("a", "/a", promised).to_string();
    let response = Response::bytes(200, "application/octet-stream", bytes);
    Reply::Ready(response.with_header("dropbox-api-result", &result))
}

#[test]
fn c9_a_damaged_download_is_repeated_then_refused() {
    let mut bench = Bench::numbered(|number, _| match number {
        0 => content(b"wrong", b"right"),
        _ => content(b"right", b"right"),
    });
    assert_eq!(&*download(&mut bench, b"right").unwrap(), b"right");
    let sent = bench.asked(0);
    assert_eq!(sent.header("dropbox-api-arg"), Some(r#"{"path":"rev:015f00000000000000abc"}"#));
    assert_eq!(sent.header("content-type"), None);
    assert!(sent.body.is_empty());

    let mut bench = Bench::new(|_| content(b"wrong", b"right"));
    let refused = Failure::Refused(Reason::Damaged);
    assert_eq!(download(&mut bench, b"right").unwrap_err(), refused);
    assert_eq!(bench.count(), 2);
    let mut bench = Bench::new(|_| content(b"other", b"other"));
    assert_eq!(download(&mut bench, b"right").unwrap_err(), Failure::Conflict);
}

#[test]
fn c9_a_damaged_upload_is_repeated_then_refused() {
    let good = Rc::new(Cell::new(1));
    let passes = good.clone();
    let mut bench = Bench::numbered(move |number, _| match number >= passes.get() {
        true => ok(json!({ "session_id": "s" })),
        false => refused(&["content_hash_mismatch"]),
    });
    let stage =
        |client: Client| async move { client.stage(&Content::from(*b"abc"), &hash(b"abc")).await };
    let staged = bench.run(stage).unwrap();
    assert_eq!((staged.session.as_str(), staged.size_bytes), ("s", 3));
    let sent = bench.asked(0);
    let argument = format!(r#"{{"close":true,"content_hash":"{}"}}"#, hash(b"abc"));
    assert_eq!(sent.header("dropbox-api-arg"), Some(argument.as_str()));
    assert_eq!(sent.header("content-type"), Some("application/octet-stream"));
    assert_eq!(&sent.body[..], b"abc");
    good.set(usize::MAX);
    assert_eq!(bench.run(stage).unwrap_err(), Failure::Refused(Reason::Damaged));
}

#[test]
fn c10_a_truncated_download_is_never_passed_on() {
    let mut bench = Bench::new(|_| content(b"ab", b"abcd"));
    assert_eq!(download(&mut bench, b"abcd").unwrap_err(), Failure::Refused(Reason::Damaged));
    let mut bench = Bench::numbered(|number, _| match number {
        0 => Reply::CutInBody(Response::bytes(200, "application/octet-stream", *b"ab")),
        _ => content(b"abcd", b"abcd"),
    });
    assert_eq!(&*download(&mut bench, b"abcd").unwrap(), b"abcd");
}

#[test]
fn c11_c12_n1_the_reasons_of_single_entries_are_told_apart() {
    let mut bench = Bench::new(|_| {
        ok(json!({ "entries": [
            tagged("success", file("a", "/a", b"a")),
            failure(&["path", "insufficient_space"]),
            failure(&["path", "disallowed_name"]),
            failure(&["path", "malformed_path"]),
            failure(&["path", "no_write_permission"]),
            failure(&["path", "brand_new_reason"]),
            failure(&["payload_too_large"]),
            failure(&["path", "conflict", "folder"]),
        ] }))
    });
    let commits: Vec<Commit> = (0..8).map(|index| staged(&index.to_string(), b"a")).collect();
    let done = bench.commit(commits).unwrap();
    assert!(done[0].is_ok());
    let failures: Vec<Failure> = done.into_iter().skip(1).map(Result::unwrap_err).collect();
    let wanted = [
        Failure::OutOfSpace,
        Failure::Refused(Reason::Name),
        Failure::Refused(Reason::Name),
        Failure::Refused(Reason::DropboxRefused),
        Failure::Refused(Reason::DropboxRefused),
        Failure::Refused(Reason::TooLarge),
        Failure::Conflict,
    ];
    assert_eq!(failures, wanted);
}

#[test]
fn c12_files_that_dropbox_keeps_to_itself_are_told_apart() {
    for (tags, reason) in [
        (&["path", "restricted_content"][..], Reason::Restricted),
        (&["unsupported_file"], Reason::Unsupported),
        (&["path", "unsupported_content_type"], Reason::Unsupported),
    ] {
        let mut bench = Bench::new(move |_| refused(tags));
        assert_eq!(download(&mut bench, b"x").unwrap_err(), Failure::Refused(reason));
    }
}

#[test]
fn n2_a_batch_dropbox_does_not_understand_costs_only_the_entry_at_fault() {
    let mut bench = Bench::new(|request| {
        let sent = request.json_body().unwrap();
        let entries = sent["entries"].as_array().unwrap();
        let paths = entries.iter().map(|entry| entry["commit"]["path"].as_str().unwrap());
        if paths.clone().any(|path| path.contains('😀')) {
            return text(400, "Error in call to API function: not part of the Unicode BMP");
        }
        let done = paths.map(|path| tagged("success", file(&path[1..], path, b"a")));
        ok(json!({ "entries": done.collect::<Vec<_>>() }))
    });
    let commits = ["a", "b", "😀", "d", "e"].map(|name| staged(name, b"a"));
    let done = bench.commit(commits.into()).unwrap();
    let good: Vec<bool> = done.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, true, false, true, true]);
    assert_eq!(done[2], Err(Failure::Refused(Reason::Name)));
}

#[test]
fn l1_a_folder_that_is_there_is_found() {
    let folder = json!({ "name": "A", "path_lower": "/a", "path_display": "/A", "id": "id:f" });
    let metadata = folder.clone();
    let mut bench = Bench::new(move |_| ok(json!({ "metadata": metadata })));
    let ensure = |client: Client| async move { client.ensure_folder("/A").await };
    let (made, existed) = bench.run(ensure).unwrap();
    assert_eq!((made.id.as_str(), existed), ("id:f", false));
    let mut bench = Bench::numbered(move |number, _| match number {
        0 => refused(&["path", "conflict", "folder"]),
        _ => ok(tagged("folder", folder.clone())),
    });
    let (found, existed) = bench.run(ensure).unwrap();
    assert_eq!((found.id.as_str(), existed), ("id:f", true));
    let mut bench = Bench::new(|_| refused(&["path", "conflict", "file"]));
    assert_eq!(bench.run(ensure).unwrap_err(), Failure::Conflict);
}

#[test]
fn r10_a_folder_move_whose_answer_was_lost_recognises_itself() {
    let folder = json!({
        ".tag": "folder", "name": "B", "path_lower": "/b", "path_display": "/B", "id": "id:f",
    });
    for (from, refusal) in
        [("id:f", &["to", "conflict", "folder"][..]), ("/a", &["from_lookup", "not_found"])]
    {
        let folder = folder.clone();
        let mut bench = Bench::numbered(move |number, _| match number {
            0 => cut(),
            1 => refused(refusal),
            _ => ok(folder.clone()),
        });
        let moved = bench.run(|client| async move { client.move_folder(from, "/B").await });
        assert_eq!(moved.unwrap().id.as_str(), "id:f");
    }
    let mut bench = Bench::new(|_| refused(&["too_many_files"]));
    let moved = bench.run(|client| async move { client.move_folder("/a", "/b").await });
    assert_eq!(moved.unwrap_err(), Failure::TooManyFiles);
}

#[test]
fn p3_a_longpoll_carries_no_authorization() {
    let mut bench = Bench::numbered(|number, _| match number {
        // It has been seen answering JSON as plain text.
        0 => text(200, r#"{"changes": true, "backoff": 7}"#),
        _ => refused(&["reset"]),
    });
    let cursor = Cursor::from("c");
    let poll = |client: Client, cursor: Cursor| async move { client.longpoll(&cursor, 60).await };
    let heard = bench.run(|client| poll(client, cursor.clone())).unwrap();
    assert_eq!((heard.changes, heard.backoff), (true, Some(7)));
    let sent = bench.asked(0);
    assert_eq!((sent.origin, sent.header("authorization")), (Origin::DropboxNotify, None));
    let heard = bench.run(|client| poll(client, cursor));
    assert_eq!(heard.unwrap_err(), Failure::CursorReset);
}

#[test]
fn p9_nothing_is_sent_after_a_stop() {
    let script = Scripted::new(|_| page(json!([]), "c", false));
    script.connect(14_400);
    let wire = Rc::new(Wire::new(script.ports.clone()));
    let client = Rc::new(Dropbox::new(wire.clone(), script.auth()));
    let mut bench = Bench { script, client };
    wire.stop();
    let listed = bench.run(|client| async move { client.changes(None).await });
    assert_eq!(listed.unwrap_err(), Failure::Cancelled);
    assert_eq!((bench.count(), wire.request_count()), (0, 0));
}

#[test]
fn the_space_in_use_is_told_for_persons_and_teams() {
    for allocation in [
        json!({ ".tag": "individual", "allocated": 9 }),
        json!({ ".tag": "team", "used": 3, "allocated": 9 }),
    ] {
        let mut bench = Bench::new(move |_| ok(json!({ "used": 2, "allocation": allocation })));
        let space = bench.run(|client| async move { client.space().await }).unwrap();
        assert_eq!((space.used_bytes, space.allocated_bytes), (2, Some(9)));
        assert_eq!(bench.asked(0).body, b"null");
    }
}
