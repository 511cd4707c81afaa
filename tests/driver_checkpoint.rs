//! The checkpoint's files in the app folder, as driver and client write and read them (P6, P8, C14, C15, L4).
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use std::rc::Rc;
use support::ports::WorldPorts;
use support::stage::Stage;
use support::store::MemoryStore;
use sync_core::{Event, Failure};
use teamleader_dropbox::driver::{Driver, Setup};

/// Two documents on both sides, at rest.
fn stage() -> (Stage, Rc<Driver<WorldPorts>>) {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    stage.add_document("", "b.txt", b"b");
    let driver = stage.drive();
    stage.press(&driver);
    stage.settle(&driver);
    (stage, driver)
}

/// Another browser of the same user.
fn other_browser(stage: &mut Stage, longpoll: bool) -> Rc<Driver<WorldPorts>> {
    let tab = stage.scene.tab(&MemoryStore::default(), "anna", 7);
    stage.scene.connect(&tab, 0);
    let setup = Setup { longpoll, ..stage.scene.setup(&tab, &stage.account) };
    stage.scene.drive(&tab, setup).unwrap().0
}

/// A file of the checkpoint by the end of its path, with what it says.
fn told(stage: &Stage, end: &str) -> Vec<(String, String)> {
    let world = stage.scene.world();
    let nodes = &world.dropbox.accounts()[0].tree.nodes;
    let files = nodes.iter().filter_map(|(key, node)| {
        let text = String::from_utf8(node.file.as_ref()?.content.bytes.to_vec()).ok()?;
        Some((key.to_string(), text))
    });
    files.filter(|(path, _)| path.contains(".teamleader-sync/") && path.ends_with(end)).collect()
}

/// Somebody makes a file of the checkpoint say something else.
fn forge(stage: &Stage, end: &str, change: impl Fn(&str) -> String) {
    for (path, text) in told(stage, end) {
        let text = change(&text);
        let mut world = stage.scene.world();
        world
            .with_dropbox(|dropbox, ctx| dropbox.user_put(ctx, 0, &path, text.as_bytes()))
            .unwrap();
    }
}

fn requests_to_dropbox(stage: &Stage) -> Vec<String> {
    let world = stage.scene.world();
    let log = world.log.iter().filter(|entry| entry.target.starts_with("/2/"));
    log.map(|entry| entry.target.trim_start_matches("/2/files/").to_owned()).collect()
}

#[test]
fn p8_a_changed_document_costs_three_requests_more_and_the_checkpoint_s_echo_one() {
    let (mut stage, driver) = stage();
    stage.add_document("", "c.txt", b"c");
    stage.scene.world().log.clear();
    stage.sync(&driver);
    let asked = requests_to_dropbox(&stage);
    let (sync, checkpoint): (Vec<_>, Vec<_>) = asked.iter().partition(|route| *route != "upload");
    assert_eq!(
        sync,
        ["list_folder/continue", "upload_session/start", "upload_session/finish_batch_v2"]
    );
    assert_eq!(checkpoint.len(), 3, "the lease is taken, the share is told, the lease is freed");
    for cost in [1, 1] {
        stage.scene.world().log.clear();
        stage.sync(&driver);
        assert_eq!(requests_to_dropbox(&stage).len(), cost);
    }
}

#[test]
fn p8_what_another_browser_tells_starts_no_cycle() {
    let (mut stage, here) = stage();
    let there = other_browser(&mut stage, true);
    stage.settle(&there);
    stage.scene.executor.run_for(60_000);
    stage.scene.world().log.clear();
    forge(&stage, "lease.json", |text| format!("{text} "));
    stage.scene.network.nudge();
    stage.scene.executor.run_for(600_000);
    let asked = requests_to_dropbox(&stage);
    let looks = asked.iter().filter(|route| !route.ends_with("longpoll"));
    assert_eq!(looks.collect::<Vec<_>>(), ["list_folder/continue"]);
    let crm = stage.scene.world().log.iter().filter(|entry| entry.target == "/files.list").count();
    assert_eq!(crm, 0);
    assert!(!there.is_running() && !here.is_running());
}

#[test]
fn p6_another_browser_continues_without_moving_a_byte() {
    let (mut stage, _) = stage();
    let there = other_browser(&mut stage, false);
    stage.scene.world().log.clear();
    let report = stage.sync(&there);
    assert_eq!(report.error, None);
    assert_eq!((report.to_dropbox, report.to_crm, report.deleted), (0, 0, 0));
    assert_eq!(there.status().links[0].synced_count, 2);
    let asked = stage.scene.world().log.iter().filter(|e| e.target == "/files.download").count();
    assert_eq!(asked, 0, "nothing has to be compared");
    let gone = stage.document("b.txt");
    stage.scene.world().crm.user_delete(&gone);
    stage.settle(&there);
    stage.expect_both(&[("a.txt", b"a")]);
}

#[test]
fn l4_a_checkpoint_that_could_not_be_told_of_the_end_is_not_believed_here() {
    let (mut stage, driver) = stage();
    stage.tab.ports.set_online(false);
    stage.scene.executor.block_on(async move { driver.retire().await }).unwrap();
    assert!(told(&stage, "lease.json")[0].1.contains("Free"), "Dropbox was not reached");
    assert!(stage.browser.rows().keys().any(|key| key.starts_with("retired/")));
    assert!(!stage.browser.rows().keys().any(|key| key.starts_with("state/")));
    let gone = stage.document("b.txt");
    stage.scene.world().crm.user_delete(&gone);
    let driver = stage.reopen();
    stage.press(&driver);
    stage.settle(&driver);
    stage.expect_both(&[("a.txt", b"a"), ("b.txt", b"b")]);
}

#[test]
fn l4_p9_the_end_of_a_connection_is_told() {
    let (mut stage, driver) = stage();
    stage.scene.executor.block_on(async move { driver.retire().await }).unwrap();
    assert!(told(&stage, "lease.json")[0].1.contains("Retired"));
    assert!(stage.browser.rows().keys().all(|key| key.starts_with("auth/")));
}

#[test]
fn c14_a_checkpoint_of_another_account_or_without_sense_is_a_first_link() {
    let changes: [fn(&str) -> String; 4] = [
        |text| text.replace("\"owner\":\"state/", "\"owner\":\"state/another-"),
        |text| text.chars().take(text.len() / 2).collect(),
        |_| String::new(),
        |_| "[[[[".repeat(10_000),
    ];
    for change in changes {
        let (mut stage, _) = stage();
        forge(&stage, ".json", change);
        let gone = stage.document("b.txt");
        stage.scene.world().crm.user_delete(&gone);
        let there = other_browser(&mut stage, false);
        stage.press(&there);
        stage.settle(&there);
        stage.expect_both(&[("a.txt", b"a"), ("b.txt", b"b")]);
    }
}

#[test]
fn c15_a_checkpoint_of_a_newer_version_is_left_as_it_is_and_nothing_is_written() {
    let (mut stage, driver) = stage();
    forge(&stage, "lease.json", |text| text.replace("\"schema\":1", "\"schema\":2"));
    let gone = stage.document("b.txt");
    stage.scene.world().crm.user_delete(&gone);
    let before = (stage.files(), told(&stage, ".json"));
    for driver in [driver, other_browser(&mut stage, false)] {
        driver.send(Event::Press { record: stage.record.clone(), name: "Pied Piper".into() });
        let report = stage.sync(&driver);
        assert_eq!(report.error, Some(Failure::Newer));
    }
    assert_eq!((stage.files(), told(&stage, ".json")), before);
}

#[test]
fn g7_the_checkpoint_holds_no_secret_and_stands_apart_for_each_user() {
    let (mut stage, _) = stage();
    let tab = stage.scene.tab(&MemoryStore::default(), "bram", 7);
    stage.scene.connect(&tab, 0);
    let setup = stage.scene.setup(&tab, &stage.account);
    let (there, _) = stage.scene.drive(&tab, setup).unwrap();
    stage.sync(&there);
    assert!(there.status().links.is_empty(), "what anna linked is hers");
    stage.press(&there);
    stage.settle(&there);
    stage.expect_both(&[("a.txt", b"a"), ("b.txt", b"b")]);
    assert_eq!(told(&stage, "lease.json").len(), 2);
    for (path, text) in told(&stage, ".json") {
        assert!(!text.contains("token") && !text.contains("sl."), "{path}: {text}");
    }
}
