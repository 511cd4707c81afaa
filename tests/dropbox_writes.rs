//! Dropbox's client against scripted answers: commits, moves, deletes, copies, folders.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use serde_json::{json, Value};
use support::bench::{failure, file, refused, staged, tagged, Bench, Client};
use support::script::{cut, json as answer, ok, text};
use support::told;
use sync_core::{Commit, Failure, FileWrite, Move, Reason, Side, WriteMode};

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
        FileWrite::Move(Move { id: "id:a".into(), to: "/new/A\u{308}.txt".into() }),
        FileWrite::Move(Move { id: "id:b".into(), to: "/new.txt".into() }),
    ];
    let done = bench.run(|client| async move { client.write_files(&moves).await }).unwrap();
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
    let done = bench.delete(&["a", "b", "c", "d"], "015f00000000000000abc");
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
    let done = bench.delete(&["a"], "015f00000000000000abc");
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
    let ensure = |client: Client| async move { client.ensure_folder("/A").await.map(told::folder) };
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
        assert_eq!(told::folder(moved.unwrap()).0.id.as_str(), "id:f");
    }
    let mut bench = Bench::new(|_| refused(&["too_many_files"]));
    let moved = bench.run(|client| async move { client.move_folder("/a", "/b").await });
    assert_eq!(moved.unwrap_err(), Failure::TooManyFiles);
}
