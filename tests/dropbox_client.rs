//! Dropbox's client against scripted answers: what it reads, sends up and down, repeats, and makes of errors.
//!
//! The shapes are those of Dropbox's specification. Writes to the tree are in `dropbox_writes.rs`; against the
//! sandbox the client is tested in `dropbox_sandbox.rs`.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use sandbox::{Origin, Reply, Response};
use serde_json::{json, Value};
use std::cell::Cell;
use std::rc::Rc;
use support::bench::{file, hash, page, refused, tagged, Bench, Client};
use support::ports::Content;
use support::script::{cut, json as answer, ok, text, Scripted};
use support::told;
use sync_core::{Cursor, Entry, Failure, Reason, Side};
use teamleader_dropbox::dropbox::Dropbox;
use teamleader_dropbox::wire::Wire;

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
    let listed = bench.run(|client| async move { client.changes(None).await });
    let (entries, cursor) = told::changes(listed.unwrap());
    assert_eq!(cursor, Cursor::from("c3"));
    let [Entry::File(a), Entry::Deleted { path_lower }, Entry::Folder(c), Entry::File(paper)] =
        &entries[..]
    else {
        panic!("{entries:?}");
    };
    assert_eq!((a.path_lower.as_str(), a.hash.clone()), ("/a.txt", Some(hash(b"a"))));
    assert_eq!((path_lower.as_str(), c.path.as_str()), ("/b", "/C"));
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
