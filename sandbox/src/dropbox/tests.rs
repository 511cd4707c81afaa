//! The emulated Dropbox against its facts, below the wire's details: write modes, cursors, uploads, locks, faults.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use crate::content::content_hash;
use crate::{Effect, Fault, Options, Origin, Reply, Request, Response, Rng, Variants, World};
use serde_json::{json, Value};
use std::collections::BTreeMap;

struct Client {
    world: World,
    token: String,
}

impl Client {
    fn new() -> Self {
        Client::with(Options::default())
    }

    fn with_variants(pairs: &[(&str, &str)]) -> Self {
        let mut options = Options::default();
        for (name, value) in pairs {
            options.variants.set(name, value).unwrap();
        }
        Client::with(options)
    }

    fn with(options: Options) -> Self {
        let mut world = World::new(options);
        let (token, _) = world.with_dropbox(|dropbox, ctx| dropbox.grant(ctx, 0));
        Client { world, token }
    }

    fn send(&mut self, request: Request) -> Response {
        match self.world.handle(&request) {
            Reply::Ready(response) => response,
            other => panic!("{other:?}"),
        }
    }

    fn request(&self, origin: Origin, route: &str) -> Request {
        Request::new(origin, "POST", &format!("/2/{route}"))
            .with_header("authorization", &format!("Bearer {}", self.token))
    }

    fn rpc(&mut self, route: &str, arg: &Value) -> (u16, Value) {
        let request = self.request(Origin::DropboxApi, route).with_json(arg);
        let response = self.send(request);
        (response.status, response.json_body().unwrap_or(Value::Null))
    }

    fn content(&mut self, route: &str, arg: &Value, body: &[u8]) -> (u16, Value) {
        let request = self
            .request(Origin::DropboxContent, route)
            .with_header("content-type", "application/octet-stream")
            .with_header("dropbox-api-arg", &arg.to_string())
            .with_body(body);
        let response = self.send(request);
        (response.status, response.json_body().unwrap_or(Value::Null))
    }

    fn put(&mut self, path: &str, content: &str, mode: Value, strict: bool) -> (u16, Value) {
        let arg = json!({"path": path, "mode": mode, "strict_conflict": strict});
        self.content("files/upload", &arg, content.as_bytes())
    }

    /// Entries from a cursor on (or of a first listing of everything), page by page.
    fn list(&mut self, cursor: Option<&str>) -> (Vec<Value>, String) {
        let (mut status, mut page) = match cursor {
            Some(cursor) => self.rpc("files/list_folder/continue", &json!({ "cursor": cursor })),
            None => {
                self.rpc("files/list_folder", &json!({"path": "", "recursive": true, "limit": 3}))
            }
        };
        let mut entries = Vec::new();
        loop {
            assert_eq!(status, 200, "{page}");
            entries.extend(page["entries"].as_array().unwrap().iter().cloned());
            let cursor = page["cursor"].as_str().unwrap().to_string();
            if page["has_more"] == false {
                return (entries, cursor);
            }
            (status, page) = self.rpc("files/list_folder/continue", &json!({ "cursor": cursor }));
        }
    }
}

#[test]
fn write_modes_table() {
    // What stands there, mode, content, strict → status.
    let update_old = || json!({".tag": "update", "update": "OLD"});
    let update_now = || json!({".tag": "update", "update": "NOW"});
    let rows: Vec<(&str, Value, &str, bool, u16)> = vec![
        ("nothing", json!("add"), "x", false, 200),
        ("nothing", json!("add"), "x", true, 200),
        ("nothing", json!("overwrite"), "x", true, 200),
        ("deleted", update_now(), "x", false, 200),
        ("deleted", update_now(), "x", true, 409),
        ("folder", json!("add"), "x", false, 409),
        ("folder", json!("overwrite"), "x", false, 409),
        ("file", json!("add"), "x", false, 409),
        ("file", json!("add"), "now", false, 200),
        ("file", json!("add"), "now", true, 409),
        ("file", json!("overwrite"), "x", false, 200),
        ("file", json!("overwrite"), "x", true, 200),
        ("file", update_now(), "x", false, 200),
        ("file", update_now(), "x", true, 200),
        ("file", update_old(), "x", false, 409),
        ("file", update_old(), "now", false, 200),
        ("file", update_old(), "now", true, 409),
    ];
    for (there, mode, content, strict, expected) in rows {
        let mut client = Client::new();
        let (mut old, mut now) = (Value::Null, Value::Null);
        if there == "folder" {
            client.rpc("files/create_folder_v2", &json!({"path": "/a"}));
        }
        if there == "file" || there == "deleted" {
            old = client.put("/a", "old", json!("add"), false).1;
            now = client.put("/a", "now", json!("overwrite"), false).1;
        }
        if there == "deleted" {
            client.rpc("files/delete_v2", &json!({"path": "/a"}));
        }
        let text = mode.to_string();
        let text = text
            .replace("OLD", old["rev"].as_str().unwrap_or(""))
            .replace("NOW", now["rev"].as_str().unwrap_or(""));
        let (status, answer) =
            client.put("/a", content, serde_json::from_str(&text).unwrap(), strict);
        let row = format!("{there} {mode} {content} strict={strict}: {answer}");
        assert_eq!(status, expected, "{row}");
        if status == 200 && content == "now" {
            assert_eq!(answer["rev"], now["rev"], "identical content writes nothing: {row}");
        }
        if status == 200 && there == "file" {
            assert_eq!(answer["id"], now["id"], "the id stays: {row}");
        }
        if status == 409 {
            let kind = if there == "folder" { "folder" } else { "file" };
            assert_eq!(answer["error"]["reason"]["conflict"][".tag"], kind, "{row}");
        }
    }
}

/// Applies entries as the spec tells clients to.
fn apply(mirror: &mut BTreeMap<String, (String, Option<String>)>, entries: &[Value]) {
    for entry in entries {
        let key = entry["path_lower"].as_str().unwrap().to_string();
        let below = format!("{key}/");
        let id = entry["id"].as_str().unwrap_or("").to_string();
        match entry[".tag"].as_str().unwrap() {
            "file" => {
                mirror.retain(|other, _| !other.starts_with(&below));
                mirror.insert(key, (id, Some(entry["content_hash"].as_str().unwrap().into())));
            }
            "folder" => {
                mirror.insert(key, (id, None));
            }
            _ => {
                mirror.retain(|other, _| *other != key && !other.starts_with(&below));
            }
        }
    }
}

/// A person does something at random.
fn act(world: &mut World, rng: &mut Rng) {
    let path = |rng: &mut Rng| {
        let depth = 1 + rng.below(3);
        (0..depth).map(|_| ["/a", "/B", "/c d", "/Ü"][rng.below(4) as usize]).collect::<String>()
    };
    let (from, to, bytes) = (path(rng), path(rng), [rng.below(5) as u8; 3]);
    let choice = rng.below(6);
    // Half of it is refused (something in the way, nothing there): so be it.
    let _ = world.with_dropbox(|dropbox, ctx| match choice {
        0..=2 => dropbox.user_put(ctx, 0, &from, bytes.to_vec()).map(|_| ()),
        3 => dropbox.user_move(ctx, 0, &from, &to),
        4 => dropbox.user_delete(ctx, 0, &from),
        _ => dropbox.user_folder(ctx, 0, &from).map(|_| ()),
    });
    world.advance(1000);
}

#[test]
fn a_cursor_followed_from_anywhere_ends_at_the_tree() {
    for seed in 0..300 {
        let mut variants = Variants::drawn(seed);
        // Renames by case alone are the one thing a cursor may keep to itself.
        variants
            .set("case-only-rename", if seed % 2 == 0 { "reported" } else { "refused" })
            .unwrap();
        let mut client = Client::with(Options { seed, variants, ..Options::default() });
        let mut rng = Rng::new(seed);
        let (mut mirror, mut cursor) = (BTreeMap::new(), None);
        for _ in 0..6 {
            for _ in 0..rng.below(12) {
                act(&mut client.world, &mut rng);
            }
            let (entries, next) = client.list(cursor.as_deref());
            apply(&mut mirror, &entries);
            cursor = Some(next);
            let tree: BTreeMap<_, _> = client
                .world
                .dropbox
                .tree(0)
                .into_iter()
                .map(|(path, node)| (super::names::lower(&path), node))
                .collect();
            let variants = client.world.options.variants.to_pairs();
            assert_eq!(mirror, tree, "seed {seed}, {variants:?}");
        }
    }
}

#[test]
fn changes_during_a_first_listing_are_not_lost() {
    let mut client = Client::new();
    for name in ["/a", "/b", "/c", "/d"] {
        client.put(name, name, json!("add"), false);
    }
    let (_, page) =
        client.rpc("files/list_folder", &json!({"path": "", "recursive": true, "limit": 2}));
    client.rpc("files/delete_v2", &json!({"path": "/a"}));
    client.put("/0", "new", json!("add"), false);
    let (rest, _) = client.list(page["cursor"].as_str());
    let mut mirror = BTreeMap::new();
    apply(&mut mirror, page["entries"].as_array().unwrap());
    apply(&mut mirror, &rest);
    assert_eq!(mirror.keys().collect::<Vec<_>>(), ["/0", "/b", "/c", "/d"]);
}

#[test]
fn the_same_seed_answers_the_same() {
    let run = || {
        let mut client = Client::with(Options { seed: 5, ..Options::default() });
        let mut rng = Rng::new(9);
        (0..40).for_each(|_| act(&mut client.world, &mut rng));
        (client.list(None), client.world.state().to_string())
    };
    assert_eq!(run(), run());
}

#[test]
fn moving_a_folder_keeps_ids_and_revisions_by_variant() {
    for (variant, folder_keeps, file_keeps) in [("true", true, false), ("false", false, true)] {
        let mut client = Client::with_variants(&[
            ("folder-id-survives-move", variant),
            ("move-makes-revision", variant),
        ]);
        let file = client.put("/A/x", "x", json!("add"), false).1;
        let folder = client.rpc("files/get_metadata", &json!({"path": "/A"})).1;
        client.rpc("files/move_v2", &json!({"from_path": "/A", "to_path": "/B"}));
        let moved_folder = client.rpc("files/get_metadata", &json!({"path": "/B"})).1;
        let moved_file = client.rpc("files/get_metadata", &json!({"path": "/B/x"})).1;
        assert_eq!(folder["id"] == moved_folder["id"], folder_keeps);
        assert_eq!(file["id"], moved_file["id"]);
        assert_eq!(file["rev"] == moved_file["rev"], file_keeps);
    }
}

#[test]
fn longpoll_parks_wakes_and_ends() {
    let mut client = Client::new();
    let (_, cursor) = client.list(None);
    let poll = Request::new(Origin::DropboxNotify, "POST", "/2/files/list_folder/longpoll")
        .with_json(&json!({"cursor": cursor, "timeout": 30}));
    let begin_ms = client.world.now_ms;
    let Reply::Parked { until_ms } = client.world.handle(&poll) else { panic!("did not wait") };
    assert_eq!(until_ms, begin_ms + 30_000);
    client.world.advance(29_999);
    assert!(
        matches!(client.world.handle(&poll), Reply::Parked { until_ms: same } if same == until_ms)
    );
    client.world.advance(1);
    assert_eq!(client.send(poll.clone()).json_body().unwrap(), json!({"changes": false}));
    assert!(matches!(client.world.handle(&poll), Reply::Parked { .. }));
    client.put("/a", "x", json!("add"), false);
    assert_eq!(client.send(poll.clone()).json_body().unwrap(), json!({"changes": true}));
    let with_token = poll.with_header("authorization", "Bearer x");
    assert_eq!(client.send(with_token).status, 400);
}

#[test]
fn writes_contend_for_the_lock_only_in_time() {
    let mut client = Client::with(Options { rate_limits: true, ..Options::default() });
    assert_eq!(client.put("/a", "a", json!("add"), false).0, 200);
    let hold_ms = client.world.delay_ms;
    assert!(hold_ms > 0);
    let (status, error) = client.put("/b", "b", json!("add"), false);
    assert_eq!(
        (status, &error["error"]["reason"][".tag"]),
        (429, &json!("too_many_write_operations"))
    );
    assert_eq!(error["error"].get("retry_after"), None);
    assert_eq!(client.rpc("files/list_folder", &json!({"path": ""})).0, 200, "reads take no lock");
    client.world.advance(hold_ms);
    assert_eq!(client.put("/b", "b", json!("add"), false).0, 200);
}

#[test]
fn faults_hit_the_calls_they_name_and_no_other() {
    let mut client = Client::new();
    let mut fault = Fault::new(Origin::DropboxContent, "files/upload", Effect::CutAfter);
    (fault.skip, fault.says) = (1, "\"/b".into());
    client.world.plan_fault(fault);
    assert_eq!(client.put("/b1", "x", json!("add"), false).0, 200);
    assert_eq!(client.put("/a", "x", json!("add"), false).0, 200);
    let upload = client
        .request(Origin::DropboxContent, "files/upload")
        .with_header("content-type", "application/octet-stream")
        .with_header("dropbox-api-arg", "{\"path\":\"/b2\"}")
        .with_body(*b"x");
    assert!(matches!(client.world.handle(&upload), Reply::Cut));
    assert!(client.world.dropbox.content(0, "/b2").is_some(), "the server had acted");
    assert!(client.world.faults.is_empty());

    client.world.plan_fault(Fault::new(Origin::DropboxContent, "files/upload", Effect::BadHash));
    let hash = content_hash(b"hello");
    let arg = json!({"path": "/c", "content_hash": hash});
    let (status, error) = client.content("files/upload", &arg, b"hello");
    assert_eq!((status, &error["error"][".tag"]), (409, &json!("content_hash_mismatch")));
    client.world.plan_fault(Fault::new(Origin::DropboxApi, "", Effect::RevokeGrant));
    assert_eq!(client.rpc("files/list_folder", &json!({"path": ""})).0, 401);
    assert_eq!(client.rpc("files/list_folder", &json!({"path": ""})).0, 401, "for good");
}

#[test]
fn a_batch_fault_spares_the_other_entries() {
    let mut client = Client::new();
    for name in ["/a", "/b"] {
        client.put(name, "x", json!("add"), false);
    }
    client.world.plan_fault(Fault::new(
        Origin::DropboxApi,
        "delete_batch",
        Effect::DropboxEntryError { failure: json!({".tag": "too_many_files"}), says: "/a".into() },
    ));
    let entries = json!({"entries": [{"path": "/a"}, {"path": "/b"}]});
    let (_, result) = client.rpc("files/delete_batch", &entries);
    assert_eq!(result["entries"][0]["failure"][".tag"], "too_many_files");
    assert_eq!(result["entries"][1][".tag"], "success");
    assert!(client.world.dropbox.content(0, "/a").is_some());
}

#[test]
fn used_space_follows_every_change() {
    for seed in 0..50 {
        let mut client = Client::with(Options { seed, ..Options::default() });
        let mut rng = Rng::new(seed);
        (0..60).for_each(|_| act(&mut client.world, &mut rng));
        let tree = &client.world.dropbox.accounts()[0].tree;
        let sum: u64 =
            tree.nodes.values().filter_map(|n| n.file.as_ref()).map(|f| f.content.size()).sum();
        assert_eq!(tree.used_bytes, sum, "seed {seed}");
        for (id, key) in &tree.places {
            assert_eq!(&tree.nodes[key].id, id, "seed {seed}");
        }
        assert_eq!(tree.places.len(), tree.nodes.len(), "seed {seed}");
    }
}

#[test]
fn case_only_rename_by_variant() {
    for (variant, status, reported) in
        [("not-reported", 200, 0), ("reported", 200, 1), ("refused", 409, 0)]
    {
        let mut client = Client::with_variants(&[("case-only-rename", variant)]);
        client.put("/a.txt", "x", json!("add"), false);
        let (_, cursor) = client.list(None);
        let arg = json!({"from_path": "/a.txt", "to_path": "/A.txt", "autorename": true});
        assert_eq!(client.rpc("files/move_v2", &arg).0, status, "{variant}");
        assert_eq!(client.list(Some(&cursor)).0.len(), reported, "{variant}");
    }
}
