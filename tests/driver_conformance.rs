//! Rules of the contract that need driver, clients and both services together: concurrency, sizes, names, first links.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use sandbox::teamleader::model::Kind;
use sandbox::{Effect, Fault, Options, Origin};
use serde_json::json;
use std::collections::BTreeSet;
use support::ports::content_hash;
use support::stage::{is_checkpoint, Snapshot, Stage};
use support::store::MemoryStore;
use sync_core::{Event, Failure, Halt, Record, RecordKind, Side};

/// The first upload of a document, with half a second from each request to its answer.
fn first_upload() -> Snapshot {
    let stage = Stage::new();
    stage.add_document("", "a.txt", b"the first version");
    stage.add_document("", "b.txt", b"another document");
    stage.snapshot()
}

/// Lets the button's cycle run for so long (ms), does something, and lets it come to rest.
fn meanwhile(begin: &Snapshot, after_ms: u64, act: impl FnOnce(&Stage)) -> (Stage, bool) {
    let mut stage = Stage::of(begin, None);
    stage.scene.network.set_latency_ms(500);
    let driver = stage.drive();
    driver.send(Event::Press { record: stage.record.clone(), name: "Pied Piper".into() });
    stage.scene.executor.run_for(after_ms);
    let over = !driver.is_running();
    act(&stage);
    stage.settle(&driver);
    (stage, over)
}

#[test]
fn p1_a_document_that_changes_during_its_upload() {
    let begin = first_upload();
    // As long as the first version, so that its size says nothing, and of another length.
    for version in [&b"the other version"[..], b"a longer version of it"] {
        for after_ms in (250..).step_by(250) {
            let (stage, over) = meanwhile(&begin, after_ms, |stage| {
                let (id, now_ms) = (stage.document("a.txt"), stage.scene.now_ms());
                stage.scene.world().crm.user_edit(&id, version, now_ms).unwrap();
            });
            stage.expect_both(&[("a.txt", version), ("b.txt", b"another document")]);
            let known = [&b"the first version"[..], version, b"another document"].map(content_hash);
            let world = stage.scene.world();
            let revisions = world.dropbox.accounts()[0].tree.revisions.values();
            for revision in revisions.filter(|revision| !is_checkpoint(&revision.key)) {
                let hash = revision.file.content.hash();
                let whole = known.iter().any(|known| known.as_str() == hash);
                assert!(whole, "something mixed was stored after {after_ms} ms");
            }
            if over {
                assert!(after_ms > 2_000);
                break;
            }
        }
    }
}

#[test]
fn p2_a_document_deleted_during_its_upload() {
    let begin = first_upload();
    for after_ms in (250..).step_by(250) {
        let (stage, over) = meanwhile(&begin, after_ms, |stage| {
            let id = stage.document("a.txt");
            assert!(stage.scene.world().crm.user_delete(&id));
        });
        stage.expect_both(&[("b.txt", b"another document")]);
        if over {
            assert!(after_ms > 2_000);
            break;
        }
    }
}

#[test]
fn p3_fifty_files_that_appear_during_a_run() {
    let begin = first_upload();
    for after_ms in [600, 1_200, 2_400, 3_600, 4_800] {
        let (stage, _) = meanwhile(&begin, after_ms, |stage| {
            for number in 0..50 {
                stage.put(&format!("new/{number}.txt"), format!("file {number}").as_bytes());
            }
        });
        let documents = stage.documents();
        assert_eq!(documents.len(), 52, "after {after_ms} ms: {documents:?}");
        let contents: BTreeSet<_> = documents.iter().map(|(_, hash)| hash).collect();
        assert_eq!(contents.len(), 52, "none twice");
        assert_eq!(stage.files().len(), 52);
    }
}

#[test]
fn p6_the_same_user_in_two_browsers_has_no_twin_and_loses_nothing() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    stage.add_document("Plans", "b.txt", b"b");
    let here = stage.drive();
    stage.press(&here);
    stage.settle(&here);
    let other = MemoryStore::default();
    let tab = stage.scene.tab(&other, "anna", 7);
    stage.scene.connect(&tab, 0);
    let setup = stage.scene.setup(&tab, &stage.account);
    let (there, _) = stage.scene.drive(&tab, setup).unwrap();
    stage.press(&there);
    stage.settle(&there);
    stage.expect_both(&[("a.txt", b"a"), ("Plans/b.txt", b"b")]);
    let id = stage.document("a.txt");
    let now_ms = stage.scene.now_ms();
    stage.scene.world().crm.user_edit(&id, *b"a, edited", now_ms);
    stage.put("Plans/b.txt", b"b, edited");
    stage.put("c.txt", b"c");
    for driver in [&there, &here, &there, &here] {
        stage.settle(driver);
    }
    stage.expect_both(&[("a.txt", b"a, edited"), ("Plans/b.txt", b"b, edited"), ("c.txt", b"c")]);
}

#[test]
fn p7_the_button_during_a_timed_run_goes_first_and_nothing_is_done_twice() {
    let mut stage = Stage::new();
    let mut records = vec![stage.record.clone()];
    for number in 1..20 {
        records.push(stage.scene.add_record(RecordKind::Company, &format!("Firm {number}")));
    }
    let driver = stage.drive();
    for (number, record) in records.iter().enumerate() {
        let name = if number == 0 { "Pied Piper".into() } else { format!("Firm {number}") };
        driver.send(Event::Press { record: record.clone(), name });
    }
    stage.settle(&driver);
    for record in &records {
        let now_ms = stage.scene.now_ms();
        let subject = sandbox::teamleader::model::Subject::new(Kind::Company, record.id.clone());
        for name in ["a.txt", "b.txt"] {
            let bytes = format!("{name} of {}", record.id);
            stage.scene.world().crm.user_add(&subject, "", name, bytes.as_bytes(), now_ms);
        }
    }
    stage.scene.world().log.clear();
    stage.scene.network.set_latency_ms(300);
    driver.send(Event::Run);
    stage.scene.executor.run_for(800);
    let last = records.last().unwrap().clone();
    driver.send(Event::Press { record: last.clone(), name: "Firm 19".into() });
    stage.settle(&driver);
    let uploads: Vec<String> = stage.files().into_iter().map(|(path, _)| path).collect();
    assert_eq!(uploads.len(), 40);
    let world = stage.scene.world();
    let tree = &world.dropbox.accounts()[0].tree;
    let mut order: Vec<_> = tree.revisions.iter().map(|(rev, file)| (rev.clone(), file)).collect();
    order.retain(|(_, revision)| !is_checkpoint(&revision.key));
    assert_eq!(order.len(), 40, "nothing was written twice");
    order.sort_by(|a, b| a.0.cmp(&b.0));
    let at = order.iter().position(|(_, file)| file.key.contains(&last.id)).unwrap();
    // Four records of two documents were being worked on; it is among the next four, of sixteen that wait.
    assert!(at < 16, "the pressed record came {at}th");
}

#[test]
fn g6_an_app_folder_that_is_gone_stops_everything_before_the_first_write() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    let driver = stage.drive();
    stage.press(&driver);
    stage.settle(&driver);
    let error = json!({".tag": "path", "path": {".tag": "not_found"}});
    let fault = Fault::new(Origin::DropboxApi, "list_folder", Effect::DropboxError(error));
    stage.scene.world().plan_fault(fault);
    let before = stage.trees();
    let count = stage.request_count();
    stage.sync(&driver);
    assert_eq!(driver.status().halt, Some(Halt::AppFolderGone));
    assert_eq!(stage.trees(), before);
    assert_eq!(stage.request_count(), count + 1, "one look, nothing else");
}

#[test]
fn g10_a_listing_whose_second_page_of_three_fails_plans_nothing() {
    let mut stage = Stage::new();
    for number in 0..250 {
        stage.add_document("", &format!("{number}.txt"), format!("document {number}").as_bytes());
    }
    let driver = stage.drive();
    stage.press(&driver);
    stage.settle(&driver);
    for effect in [
        Effect::ServerError { status: 500, acted: false },
        Effect::Status { status: 403, retry_after: None, body: sandbox::BodyKind::Json },
        Effect::TruncateBody,
    ] {
        let fault = Fault {
            says: "\"number\":2".into(),
            times: 20,
            ..Fault::new(Origin::CrmApi, "files.list", effect.clone())
        };
        let before = stage.trees();
        stage.scene.world().plan_fault(fault);
        let count = stage.request_count();
        stage.sync(&driver);
        stage.scene.world().faults.clear();
        assert_eq!(stage.trees(), before, "{effect:?}");
        let world = stage.scene.world();
        let asked = world.log[count..].iter();
        let other = asked.clone().find(|entry| {
            !entry.target.ends_with("files.list") && !entry.target.contains("list_folder")
        });
        assert!(other.is_none(), "{effect:?}: {other:?}");
        drop(world);
        stage.settle(&driver);
        assert_eq!(stage.trees(), before, "{effect:?}, and then well");
    }
}

#[test]
fn l4_linked_again_after_disconnecting_deletes_nothing() {
    let mut stage = Stage::new();
    for name in ["kept.txt", "gone in the CRM.txt", "gone in Dropbox.txt", "differs.txt"] {
        stage.add_document("", name, name.as_bytes());
    }
    let driver = stage.drive();
    stage.press(&driver);
    stage.settle(&driver);
    let retiring = driver.clone();
    stage.scene.executor.block_on(async move { retiring.retire().await }).unwrap();
    let (gone, differs) = (stage.document("gone in the CRM.txt"), stage.document("differs.txt"));
    let now_ms = stage.scene.now_ms();
    stage.scene.world().crm.user_delete(&gone);
    stage.scene.world().crm.user_edit(&differs, *b"the CRM's", now_ms);
    stage.delete("gone in Dropbox.txt");
    stage.put("differs.txt", b"Dropbox's");
    let driver = stage.reopen();
    stage.press(&driver);
    stage.settle(&driver);
    stage.expect_both(&[
        ("kept.txt", b"kept.txt"),
        ("gone in the CRM.txt", b"gone in the CRM.txt"),
        ("gone in Dropbox.txt", b"gone in Dropbox.txt"),
        ("differs.txt", b"the CRM's"),
        ("differs (conflicted copy 2026-01-05).txt", b"Dropbox's"),
    ]);
}

#[test]
fn l5_another_dropbox_account_is_a_new_link_and_the_old_state_stays() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    let driver = stage.drive();
    stage.press(&driver);
    stage.settle(&driver);
    driver.stop();
    let old_state = |stage: &Stage| -> Vec<(String, String)> {
        let rows = stage.browser.rows().into_iter();
        let account = stage.account.replace(':', "%3A");
        let found: Vec<_> =
            rows.filter(|(key, _)| key.starts_with("state/") && key.contains(&account)).collect();
        assert!(found.len() >= 2, "{:?}", stage.browser.rows().keys());
        found
    };
    let before = (old_state(&stage), stage.files());
    // In the new account a file of that name stands already, with another content.
    let path = stage.path("a.txt");
    let mut world = stage.scene.world();
    world.with_dropbox(|dropbox, ctx| dropbox.user_put(ctx, 1, &path, *b"other")).unwrap();
    drop(world);
    let account = stage.scene.connect(&stage.tab, 1);
    let setup = stage.scene.setup(&stage.tab, &account);
    let (driver, _) = stage.scene.drive(&stage.tab.clone(), setup).unwrap();
    assert!(driver.status().links.is_empty(), "nothing is linked there yet");
    stage.press(&driver);
    stage.settle(&driver);
    assert_eq!((old_state(&stage), stage.files()), before);
    let hashes = |tree: Vec<(String, String)>| -> BTreeSet<String> {
        tree.into_iter().map(|(_, hash)| hash).collect()
    };
    let both = BTreeSet::from([b"a".as_slice(), b"other"].map(|b| content_hash(b).to_string()));
    assert_eq!(hashes(stage.documents()), both);
    let mut files = stage.scene.world().dropbox.tree(1);
    files.retain(|path, _| !is_checkpoint(path));
    assert_eq!(files.into_values().filter_map(|(_, hash)| hash).collect::<BTreeSet<_>>(), both);
}

#[test]
fn z1_nothing_at_all_goes_both_ways() {
    let mut stage = Stage::new();
    stage.add_document("", "empty here.txt", b"");
    let driver = stage.drive();
    stage.press(&driver);
    stage.put("empty there.txt", b"");
    stage.settle(&driver);
    stage.expect_both(&[("empty here.txt", b""), ("empty there.txt", b"")]);
}

#[test]
fn z1_where_the_crm_takes_no_empty_file_it_stays_in_dropbox_and_is_shown() {
    let mut options = Options::default();
    options.variants.set("empty-upload", "refused").unwrap();
    let mut stage = Stage::with(options);
    let driver = stage.drive();
    stage.press(&driver);
    stage.put("empty.txt", b"");
    stage.put("full.txt", b"full");
    stage.settle(&driver);
    assert_eq!((stage.documents().len(), stage.files().len()), (1, 2));
    let status = driver.record_status(&stage.record).unwrap();
    assert_eq!(status.problems.len(), 1, "{:?}", status.problems);
}

#[test]
fn z2_contents_of_four_mebibytes_and_their_neighbours_go_both_ways() {
    const BLOCK: usize = 4 * 1024 * 1024;
    let mut stage = Stage::new();
    let sizes = [BLOCK - 1, BLOCK, BLOCK + 1];
    let contents = sizes.map(|size| vec![b'a'; size]);
    for content in &contents {
        stage.add_document("", &format!("{}.bin", content.len()), content);
    }
    let driver = stage.drive();
    stage.press(&driver);
    for content in &contents {
        stage.put(&format!("there/{}.bin", content.len()), content);
    }
    stage.settle(&driver);
    let names: Vec<String> = ["", "there/"]
        .iter()
        .flat_map(|folder| sizes.map(|size| format!("{folder}{size}.bin")))
        .collect();
    let both = contents.iter().chain(&contents);
    let wanted: Vec<(&str, &[u8])> =
        names.iter().map(String::as_str).zip(both.map(Vec::as_slice)).collect();
    stage.expect_both(&wanted);
}

#[test]
fn n2_emoji_stay_and_become_plain_where_dropbox_refuses_them() {
    for (allowed, there) in [("true", "😀 deal.txt"), ("false", "_ deal.txt")] {
        let mut options = Options::default();
        options.variants.set("emoji-names-allowed", allowed).unwrap();
        let mut stage = Stage::with(options);
        stage.add_document("", "😀 deal.txt", b"done");
        let driver = stage.drive();
        stage.press(&driver);
        stage.settle(&driver);
        assert_eq!(stage.documents()[0].0, "😀 deal.txt", "the CRM's name is never rewritten");
        assert_eq!(stage.files()[0].0, stage.path(there));
        // And the pair holds: an edit comes back under the CRM's own name.
        stage.put(there, b"done twice");
        stage.settle(&driver);
        let hash = content_hash(b"done twice").to_string();
        assert_eq!(stage.documents(), [("😀 deal.txt".to_owned(), hash)]);
    }
}

#[test]
fn n6_names_equal_but_for_their_normal_form() {
    let mut stage = Stage::new();
    let (composed, decomposed) = ("\u{dc}ber.txt", "U\u{308}ber.txt");
    stage.add_document("", composed, b"composed");
    stage.add_document("", decomposed, b"decomposed");
    let driver = stage.drive();
    stage.press(&driver);
    stage.settle(&driver);
    let names: BTreeSet<String> = stage.documents().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, BTreeSet::from([composed.to_owned(), decomposed.to_owned()]));
    let files: Vec<String> = stage.files().into_iter().map(|(path, _)| path).collect();
    assert_eq!(files, [stage.path("\u{dc}ber (2).txt"), stage.path("\u{dc}ber.txt")]);
    // An edit of either finds its own document, and makes no third.
    for name in ["\u{dc}ber.txt", "\u{dc}ber (2).txt"] {
        let edited = format!("edited {name}");
        stage.put(name, edited.as_bytes());
        stage.settle(&driver);
        let hash = content_hash(edited.as_bytes()).to_string();
        let documents = stage.documents();
        assert_eq!(documents.len(), 2, "{documents:?}");
        assert!(documents.iter().any(|(_, found)| *found == hash));
    }
}

#[test]
fn n9_names_right_to_left_over_two_lines_and_with_markup() {
    let mut stage = Stage::new();
    let names =
        ["\u{202e}fdp.exe", "خطة العمل.pdf", "two\nlines.txt", "<img src=x onerror=alert(1)>.txt"];
    for name in names {
        stage.add_document("", name, name.as_bytes());
    }
    let driver = stage.drive();
    let report = stage.press(&driver);
    assert_eq!((report.to_dropbox, report.problems), (4, 0));
    stage.settle(&driver);
    let mut wanted: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    wanted.sort();
    let documents: Vec<String> = stage.documents().into_iter().map(|(name, _)| name).collect();
    assert_eq!(documents, wanted, "the CRM's names are never rewritten");
    let files = stage.files();
    for name in names {
        let there = stage.path(&name.replace('\n', "\u{240a}"));
        let hash = content_hash(name.as_bytes()).to_string();
        assert!(files.contains(&(there, hash)), "{name:?} among {files:?}");
    }
    let world = stage.scene.world();
    assert!(world.log.iter().all(|entry| entry.unexpected.is_none()));
}

#[test]
fn k9_projects_of_both_generations_in_one_account() {
    let mut stage = Stage::new();
    let now_ms = stage.scene.now_ms();
    let mut projects = Vec::new();
    for (kind, name) in [(Kind::Project, "Legacy"), (Kind::NextgenProject, "New")] {
        let subject = stage.scene.world().crm.add_record(kind, name, now_ms);
        stage.scene.world().crm.user_add(&subject, "", "here.txt", name.as_bytes(), now_ms);
        projects.push((subject, name));
    }
    let driver = stage.drive();
    for (subject, name) in &projects {
        let record = Record::new(RecordKind::Project, subject.id.clone());
        driver.send(Event::Press { record, name: (*name).into() });
    }
    stage.settle(&driver);
    for (subject, name) in &projects {
        let folder = format!("/Projects/{name}/{}", subject.id);
        let mut world = stage.scene.world();
        assert!(world.dropbox.content(0, &format!("{folder}/here.txt")).is_some(), "{name}");
        let there = format!("{folder}/there.txt");
        world.with_dropbox(|d, ctx| d.user_put(ctx, 0, &there, name.as_bytes())).unwrap();
    }
    stage.settle(&driver);
    for (subject, name) in &projects {
        let world = stage.scene.world();
        let names: Vec<_> = world.crm.documents(subject).iter().map(|d| d.name.clone()).collect();
        assert_eq!(names, ["here.txt", "there.txt"], "{name}");
    }
    assert!(stage.scene.world().log.iter().all(|entry| entry.unexpected.is_none()));
}

#[test]
fn c7_a_crm_that_refuses_twice_pauses_and_is_well_again_by_itself() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    let driver = stage.drive();
    let refusal = Effect::Status { status: 401, retry_after: None, body: sandbox::BodyKind::Json };
    let fault = Fault { times: 2, ..Fault::new(Origin::CrmApi, "files.list", refusal) };
    stage.scene.world().plan_fault(fault);
    let report = stage.press(&driver);
    assert_eq!(report.error, Some(Failure::Unauthorized(Side::Crm)));
    stage.settle(&driver);
    stage.expect_both(&[("a.txt", b"a")]);
}
