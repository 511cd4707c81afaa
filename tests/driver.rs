//! The driver between engine, clients, store and time, in the in-process world.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use sandbox::{Effect, Fault, Options, Origin};
use support::ports::content_hash;
use support::power::Cut;
use support::scene::Scene;
use support::stage::Stage;
use sync_core::{Event, Failure, RecordKind, SCHEMA};
use teamleader_dropbox::driver::{OpenError, Setup};

#[test]
fn m2_the_button_copies_every_document() {
    let mut stage = Stage::new();
    stage.add_document("", "offer.pdf", b"an offer");
    stage.add_document("Plans", "plan.txt", b"a plan");
    let driver = stage.drive();
    let report = stage.press(&driver);
    assert_eq!((report.to_dropbox, report.error), (2, None), "{report:?}");
    let wanted = vec![
        (stage.path("Plans/plan.txt"), content_hash(b"a plan").to_string()),
        (stage.path("offer.pdf"), content_hash(b"an offer").to_string()),
    ];
    assert_eq!(stage.files(), wanted);
    assert_eq!(report.requests as usize, stage.request_count());
    assert_eq!(driver.request_count() as usize, stage.request_count());
    let again = stage.sync(&driver);
    assert_eq!((again.to_dropbox, again.error), (0, None));
    let world = stage.scene.world();
    let odd: Vec<_> = world.log.iter().filter(|entry| entry.unexpected.is_some()).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn m3_a_file_put_into_the_folder_arrives_in_the_crm_by_longpoll() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    let setup = Setup { longpoll: true, ..stage.setup() };
    let (driver, _) = stage.scene.drive(&stage.tab.clone(), setup).unwrap();
    stage.press(&driver);
    stage.scene.executor.run_for(30_000);
    let path = stage.path("Sub/new.txt");
    stage
        .scene
        .world()
        .with_dropbox(|dropbox, ctx| dropbox.user_put(ctx, 0, &path, b"new".to_vec()))
        .unwrap();
    stage.scene.network.nudge();
    stage.scene.executor.run_for(10_000);
    let world = stage.scene.world();
    let subject = sandbox::teamleader::model::Subject::new(
        sandbox::teamleader::model::Kind::Company,
        stage.record.id.clone(),
    );
    let documents = world.crm.documents(&subject);
    assert!(documents.iter().any(|d| d.name == "new.txt" && d.folder == "Sub"));
}

#[test]
fn p7_a_second_call_joins_the_running_cycle() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    let driver = stage.drive();
    stage.press(&driver);
    let (one, two) = (driver.clone(), driver.clone());
    let (first, second) =
        stage.scene.executor.block_on(async move { futures_util::join!(one.sync(), two.sync()) });
    assert_eq!(first, second);
    assert_eq!(first.requests, 3, "one look at Dropbox, one at the record, one at its name");
}

#[test]
fn p7_a_call_during_a_cycle_over_a_part_is_followed_by_one_over_all_records() {
    let mut stage = Stage::new();
    let driver = stage.drive();
    stage.press(&driver);
    stage.settle(&driver);
    stage.add_document("", "a.txt", b"a");
    stage.scene.network.set_latency_ms(100);
    // Dropbox tells of nothing: this one looks at no record.
    driver.send(Event::Look);
    stage.scene.executor.run_for(50);
    assert!(driver.is_running());
    stage.sync(&driver);
    stage.scene.executor.run_for(60_000);
    assert_eq!(stage.files().len(), 1, "what came into the CRM is copied");
}

#[test]
fn a_due_cycle_begins_when_somebody_looks() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    let driver = stage.drive();
    stage.scene.keep_time(&stage.tab.clone(), &driver);
    stage.press(&driver);
    stage.add_document("", "b.txt", b"b");
    stage.scene.executor.run_for(2 * 3_600_000);
    assert_eq!(stage.files().len(), 2);
}

#[test]
fn p9_a_stopped_driver_asks_nothing_and_retires_its_state() {
    let mut stage = Stage::new();
    let driver = stage.drive();
    stage.press(&driver);
    for index in 0..20 {
        stage.add_document("", &format!("{index}.txt"), b"x");
    }
    stage.scene.network.set_latency_ms(100);
    let begun = stage.request_count();
    driver.send(Event::Press { record: stage.record.clone(), name: "Pied Piper".into() });
    stage.scene.executor.run_for(700);
    let before = stage.request_count();
    assert!(before > begun + 3 && driver.is_running());
    driver.stop();
    let report = stage.sync(&driver);
    assert_eq!(report.error, Some(Failure::Cancelled));
    // What had left before the stop may still arrive: at most one for each transfer under way.
    stage.scene.executor.run_for(200);
    let after = stage.request_count();
    stage.scene.executor.run_for(3_600_000);
    assert_eq!(stage.request_count(), after);
    assert!(after <= before + 6);
    assert!(stage.browser.rows().keys().any(|key| key.starts_with("state/")));
    let retiring = driver.clone();
    stage.scene.executor.block_on(async move { retiring.retire().await }).unwrap();
    assert!(!stage.browser.rows().keys().any(|key| key.starts_with("state/")));
}

#[test]
fn c1_a_tab_that_dies_anywhere_is_made_good_by_the_next() {
    let mut step = 1;
    loop {
        for side in [Cut::Before, Cut::After] {
            let mut stage = Stage::new();
            stage.add_document("", "a.txt", b"a");
            stage.add_document("Sub", "b.txt", b"b");
            let driver = stage.drive();
            stage.tab.ports.power().cut_at(step, side);
            driver.send(Event::Press { record: stage.record.clone(), name: "Pied Piper".into() });
            stage.scene.executor.run_for(600_000);
            let died = stage.tab.ports.power().is_cut();
            drop(driver);
            stage.tab = stage.scene.tab(&stage.browser, "anna", 2);
            let driver = stage.drive();
            stage.press(&driver);
            stage.press(&driver);
            let files = stage.files();
            assert_eq!(files.len(), 2, "step {step} {side:?}: {files:?}");
            if !died {
                assert!(step > 5);
                return;
            }
        }
        step += 1;
    }
}

#[test]
fn c13_a_store_that_fails_ends_the_cycle_and_claims_nothing() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    let driver = stage.drive();
    stage.browser.fail_saves(1);
    let report = stage.press(&driver);
    assert_eq!(report.error, Some(Failure::Store));
    let report = stage.press(&driver);
    assert_eq!(report.error, None);
    assert_eq!(stage.files().len(), 1);
}

#[test]
fn c15_state_of_a_newer_version_is_refused_untouched() {
    let mut stage = Stage::new();
    let driver = stage.drive();
    stage.press(&driver);
    driver.stop();
    let rows = stage.browser.rows();
    let (key, row) = rows.iter().find(|(key, _)| key.ends_with("/index")).unwrap();
    let mut row: serde_json::Value = serde_json::from_str(row).unwrap();
    row["schema"] = (SCHEMA + 1).into();
    row["links"] = "something else by then".into();
    stage.browser.put(key, &row.to_string());
    let before = stage.browser.rows();
    let setup = stage.setup();
    let refused = stage.scene.drive(&stage.tab.clone(), setup);
    assert_eq!(refused.err(), Some(OpenError::Newer(SCHEMA + 1)));
    assert_eq!(stage.browser.rows(), before);
}

#[test]
fn c14_state_that_cannot_be_read_is_as_none_and_deletes_nothing() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    let driver = stage.drive();
    stage.press(&driver);
    driver.stop();
    let keys: Vec<String> =
        stage.browser.rows().into_keys().filter(|key| key.starts_with("state/")).collect();
    assert!(keys.len() >= 2);
    keys.iter().for_each(|key| stage.browser.put(key, "{ not JSON"));
    stage.tab = stage.scene.tab(&stage.browser, "anna", 2);
    let driver = stage.drive();
    let report = stage.press(&driver);
    assert_eq!((report.error, report.deleted, stage.files().len()), (None, 0, 1));
}

#[test]
fn g7_the_state_of_one_account_is_never_used_for_another() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    let driver = stage.drive();
    stage.press(&driver);
    // Another tab connects another Dropbox account; this driver was not told.
    stage.scene.connect(&stage.tab, 1);
    let count = stage.request_count();
    stage.tab.auth.bind(&stage.account);
    let report = stage.sync(&driver);
    assert_eq!(report.error, Some(Failure::Unauthorized(sync_core::Side::Dropbox)));
    assert_eq!(stage.request_count(), count);
}

#[test]
fn c7_a_revoked_grant_ends_the_cycle_and_keeps_the_state() {
    let mut stage = Stage::new();
    stage.add_document("", "a.txt", b"a");
    let driver = stage.drive();
    stage.press(&driver);
    let fault = Fault::new(Origin::DropboxApi, "list_folder", Effect::RevokeGrant);
    stage.scene.world().plan_fault(fault);
    let report = stage.sync(&driver);
    assert_eq!(report.error, Some(Failure::Unauthorized(sync_core::Side::Dropbox)));
    assert!(stage.browser.rows().keys().any(|key| key.starts_with("state/")));
    assert_eq!(stage.files().len(), 1);
}

#[test]
fn z5_five_hundred_documents_take_what_the_crm_s_limit_costs() {
    let mut stage = Stage::with(Options { rate_limits: true, ..Options::default() });
    for index in 0..500 {
        stage.add_document("", &format!("{index}.txt"), format!("content {index}").as_bytes());
    }
    stage.scene.network.set_latency_ms(50);
    let driver = stage.drive();
    let begun_ms = stage.scene.now_ms();
    let report = stage.press(&driver);
    let took_ms = stage.scene.now_ms() - begun_ms;
    assert_eq!((report.to_dropbox, report.error), (500, None));
    assert_eq!(stage.files().len(), 500);
    assert!(took_ms <= 165_000, "{took_ms} ms for 2.5 minutes of requests");
    let world = stage.scene.world();
    let refused = world.log.iter().filter(|entry| entry.status == 429 || entry.status == 409);
    assert_eq!(refused.count(), 0);
}

#[test]
fn the_same_seed_makes_the_same_calls_in_the_same_order() {
    let trace = |seed| {
        let mut stage = Stage::new();
        stage.scene = Scene::new(Options::default(), Some(seed));
        stage.tab = stage.scene.tab(&stage.browser, "anna", seed);
        stage.account = stage.scene.connect(&stage.tab, 0);
        stage.record = stage.scene.add_record(RecordKind::Company, "Pied Piper");
        for index in 0..12 {
            stage.add_document("", &format!("{index}.txt"), &[index]);
        }
        let driver = stage.drive();
        stage.press(&driver);
        let log = stage.scene.world().log.clone();
        log.into_iter().map(|entry| (entry.at_ms, entry.target, entry.bytes_in)).collect::<Vec<_>>()
    };
    assert_eq!(trace(7), trace(7));
    assert!((0..8).any(|seed| trace(seed) != trace(seed + 100)), "the order is drawn");
}
