//! C1–C18: one cycle that makes every kind of call, replayed with a fault at each of them in turn, before and after
//! the server acted. Whatever happens, a later cycle ends where no fault would have.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use sandbox::{BodyKind, Effect, Fault, LogEntry, Origin, TooManyWritesForm};
use serde_json::json;
use support::power::Cut;
use support::stage::{Snapshot, Stage, Tree};
use sync_core::{Failure, Side};

/// The cycle and how it ends when nothing goes wrong.
struct Replay {
    begin: Snapshot,
    wanted: (Tree, Tree),
    log: Vec<LogEntry>,
    steps: u64,
}

impl Replay {
    /// Both sides have changed since they were synced: uploads, an update, a deletion, moves on either side, a
    /// replacement, a new document, a conflict and a document to be compared.
    fn new() -> Self {
        let mut stage = Stage::new();
        for name in ["edit here", "edit there", "gone", "rename here", "rename there", "both"] {
            stage.add_document("", &format!("{name}.txt"), name.as_bytes());
        }
        let driver = stage.drive();
        stage.press(&driver);
        stage.settle(&driver);
        driver.stop();
        stage.scene.executor.run_for(60_000);
        let now_ms = stage.scene.now_ms();
        let ids =
            ["edit here.txt", "rename here.txt", "both.txt", "gone.txt"].map(|n| stage.document(n));
        let [edited, renamed, both, gone] = &ids;
        {
            let crm = &mut stage.scene.world().crm;
            crm.user_edit(edited, *b"edited in the CRM", now_ms);
            crm.user_rename(renamed, "renamed here.txt", now_ms);
            crm.user_edit(both, *b"the CRM's", now_ms);
            crm.user_delete(gone);
        }
        stage.add_document("Plans", "new here.txt", b"new in the CRM");
        stage.add_document("", "equal.txt", b"the same on both sides");
        stage.put("edit there.txt", b"edited in Dropbox");
        stage.put("both.txt", b"Dropbox's");
        stage.put("Sub/new there.txt", b"new in Dropbox");
        stage.put("equal.txt", b"the same on both sides");
        let (from, to) = (stage.path("rename there.txt"), stage.path("renamed there.txt"));
        let mut world = stage.scene.world();
        world.with_dropbox(|dropbox, ctx| dropbox.user_move(ctx, 0, &from, &to)).unwrap();
        world.log.clear();
        drop(world);

        let begin = stage.snapshot();
        let mut stage = Stage::of(&begin, None);
        let driver = stage.drive();
        let report = stage.sync(&driver);
        assert_eq!(report.error, None);
        let log = stage.scene.world().log.clone();
        let steps = stage.tab.ports.power().step_count();
        stage.settle(&driver);
        let wanted = stage.trees();
        stage.expect_both(&[
            ("edit here.txt", b"edited in the CRM"),
            ("edit there.txt", b"edited in Dropbox"),
            ("renamed here.txt", b"rename here"),
            ("renamed there.txt", b"rename there"),
            ("both.txt", b"the CRM's"),
            ("both (conflicted copy 2026-01-05).txt", b"Dropbox's"),
            ("Plans/new here.txt", b"new in the CRM"),
            ("Sub/new there.txt", b"new in Dropbox"),
            ("equal.txt", b"the same on both sides"),
        ]);
        Self { begin, wanted, log, steps }
    }

    /// The cycle with this effect at the calls of these numbers; then as many as it takes. Gives the first report's
    /// error.
    fn fault(&self, call: usize, times: u32, effect: &Effect) -> (Stage, Option<Failure>) {
        let mut stage = Stage::of(&self.begin, None);
        let skip = u32::try_from(call).unwrap();
        let fault = Fault { skip, times, ..Fault::new(Origin::Crm, "", effect.clone()) };
        stage.scene.world().plan_fault(Fault { origin: None, ..fault });
        let driver = stage.drive();
        let error = stage.sync(&driver).error;
        stage.scene.world().faults.clear();
        let met = stage.scene.world().log.iter().any(|entry| entry.faulted);
        assert!(met, "{effect:?} never met call {call}");
        if error == Some(Failure::Unauthorized(Side::Dropbox)) {
            // The user connects again.
            stage.scene.connect(&stage.tab, 0);
        }
        stage.settle(&driver);
        (stage, error)
    }

    /// The same end as without the fault.
    fn expect_end(&self, stage: &Stage, what: &str) {
        let (documents, files) = stage.trees();
        assert_eq!(documents, self.wanted.0, "the CRM after {what}");
        assert_eq!(files, self.wanted.1, "Dropbox after {what}");
        let world = stage.scene.world();
        let odd = world.log.iter().find(|entry| entry.unexpected.is_some() && !entry.faulted);
        assert!(odd.is_none(), "{what}: {odd:?}");
    }

    /// This effect at every call that is meant.
    fn at_each_call(&self, times: u32, effect: &Effect, meant: impl Fn(&LogEntry) -> bool) {
        let mut count = 0;
        for (call, entry) in self.log.iter().enumerate().filter(|(_, entry)| meant(entry)) {
            count += 1;
            let what = format!("{effect:?} at call {call}, {}", entry.target);
            let (stage, _) = self.fault(call, times, effect);
            self.expect_end(&stage, &what);
        }
        assert!(count > 0, "no call is of the kind that is meant");
    }
}

fn any(_: &LogEntry) -> bool {
    true
}

fn of_dropbox(entry: &LogEntry) -> bool {
    matches!(entry.origin, Origin::DropboxApi | Origin::DropboxContent)
}

fn batch(entry: &LogEntry) -> bool {
    ["finish_batch_v2", "move_batch_v2", "delete_batch"]
        .iter()
        .any(|route| entry.target.ends_with(route))
}

fn status(status: u16, retry_after: Option<u32>, body: BodyKind) -> Effect {
    Effect::Status { status, retry_after, body }
}

#[test]
fn the_cycle_makes_every_kind_of_call() {
    let replay = Replay::new();
    for route in [
        "/files.list",
        "/files.info",
        "/files.download",
        "/files.upload",
        "/files.delete",
        "list_folder/continue",
        "upload_session/start",
        "finish_batch_v2",
        "move_batch_v2",
        "delete_batch",
        "copy_v2",
        "files/download",
    ] {
        let found = replay.log.iter().any(|entry| entry.target.ends_with(route));
        assert!(found, "{route} among {:?}", replay.log.iter().map(|e| &e.target));
    }
}

#[test]
fn c1_a_tab_closed_at_any_request_or_transaction() {
    let replay = Replay::new();
    for step in 1..=replay.steps {
        for side in [Cut::Before, Cut::After] {
            let mut stage = Stage::of(&replay.begin, None);
            let driver = stage.drive();
            stage.tab.ports.power().cut_at(step, side);
            driver.send(sync_core::Event::Run);
            stage.scene.executor.run_for(600_000);
            assert!(stage.tab.ports.power().is_cut(), "the cycle has {} steps", replay.steps);
            let driver = stage.reopen();
            stage.settle(&driver);
            replay.expect_end(&stage, &format!("a death at step {step}, {side:?}"));
        }
    }
}

#[test]
fn c2_too_many_requests_at_any_call() {
    let replay = Replay::new();
    replay.at_each_call(1, &status(429, Some(1), BodyKind::Json), any);
    replay.at_each_call(2, &status(429, None, BodyKind::Plain), any);
}

#[test]
fn c3_other_writers_in_all_three_forms() {
    let replay = Replay::new();
    let busy = json!({".tag": "too_many_write_operations"});
    replay.at_each_call(2, &Effect::TooManyWrites(TooManyWritesForm::Status429), of_dropbox);
    replay.at_each_call(2, &Effect::DropboxError(busy), of_dropbox);
    replay.at_each_call(2, &Effect::TooManyWrites(TooManyWritesForm::BatchEntries), batch);
}

#[test]
fn c4_a_server_error_at_any_call_then_well() {
    let replay = Replay::new();
    replay.at_each_call(1, &Effect::ServerError { status: 503, acted: false }, any);
    // Longer than anybody's patience: the cycle ends, and the next one finds its way.
    replay.at_each_call(9, &Effect::ServerError { status: 500, acted: false }, any);
}

#[test]
fn c5_a_lost_answer_at_any_call_before_and_after_the_server_acted() {
    let replay = Replay::new();
    replay.at_each_call(1, &Effect::CutBefore, any);
    replay.at_each_call(1, &Effect::CutAfter, any);
    replay.at_each_call(1, &Effect::ServerError { status: 504, acted: true }, any);
    replay.at_each_call(9, &Effect::CutAfter, any);
}

#[test]
fn c6_an_access_token_that_expires_at_any_call() {
    let replay = Replay::new();
    replay.at_each_call(1, &Effect::ExpireToken, any);
}

#[test]
fn c7_a_grant_revoked_at_any_call_pauses_and_keeps_the_state() {
    let replay = Replay::new();
    for (call, entry) in replay.log.iter().enumerate().filter(|(_, entry)| of_dropbox(entry)) {
        let (stage, error) = replay.fault(call, 1, &Effect::RevokeGrant);
        assert_eq!(error, Some(Failure::Unauthorized(Side::Dropbox)), "{}", entry.target);
        replay.expect_end(&stage, &format!("a grant revoked at call {call}"));
    }
}

#[test]
fn c8_cursors_reset_at_any_call() {
    let replay = Replay::new();
    replay.at_each_call(1, &Effect::CursorReset, of_dropbox);
}

#[test]
fn c9_a_bit_flips_on_the_way_to_or_from_dropbox() {
    let replay = Replay::new();
    let content = |entry: &LogEntry| entry.origin == Origin::DropboxContent;
    replay.at_each_call(1, &Effect::BadHash, content);
}

#[test]
fn c9_a_bit_flips_on_the_way_to_the_crm_and_nothing_good_is_lost() {
    let replay = Replay::new();
    let uploads = replay.log.iter().enumerate();
    let uploads = uploads.filter(|(_, entry)| entry.target.starts_with("/upload/"));
    for (call, _) in uploads {
        // The CRM takes what arrives; only what it holds afterwards shows the damage.
        let (stage, _) = replay.fault(call, 1, &Effect::BadHash);
        for wanted in &replay.wanted.0 {
            let hash = &wanted.1;
            let found = stage.documents().iter().any(|(_, found)| found == hash);
            assert!(found, "{wanted:?} is gone after damage at call {call}");
        }
    }
}

#[test]
fn c10_half_a_body_at_any_call() {
    let replay = Replay::new();
    replay.at_each_call(1, &Effect::CutInBody, any);
    // Nobody can tell that a success without content was longer.
    let said = |entry: &LogEntry| entry.bytes_out > 2;
    replay.at_each_call(1, &Effect::TruncateBody, said);
}

#[test]
fn c11_a_dropbox_that_is_full_pauses_uploads_alone() {
    let replay = Replay::new();
    let failure = json!({".tag": "path", "path": {".tag": "insufficient_space"}});
    let effect = Effect::DropboxEntryError { failure, says: String::new() };
    let commits = |entry: &LogEntry| entry.target.ends_with("finish_batch_v2");
    for (call, _) in replay.log.iter().enumerate().filter(|(_, entry)| commits(entry)) {
        let (stage, error) = replay.fault(call, 1, &effect);
        assert_eq!(error, None, "the rest goes on");
        replay.expect_end(&stage, "a full Dropbox that has room again");
    }
}

#[test]
fn c12_content_that_dropbox_keeps_to_itself_costs_only_that_file() {
    let replay = Replay::new();
    for tag in ["restricted_content", "unsupported_file"] {
        let error = match tag {
            "unsupported_file" => json!({".tag": tag}),
            _ => json!({".tag": "path", "path": {".tag": tag}}),
        };
        let downloads = replay.log.iter().enumerate();
        let downloads = downloads.filter(|(_, e)| e.target.ends_with("files/download"));
        for (call, _) in downloads {
            let (mut stage, error) = replay.fault(call, 1, &Effect::DropboxError(error.clone()));
            assert_eq!(error, None, "the rest goes on");
            let driver = stage.reopen();
            stage.sync(&driver);
            assert_ne!(stage.documents(), replay.wanted.0, "not tried again by itself");
            stage.press(&driver);
            stage.settle(&driver);
            replay.expect_end(&stage, &format!("{tag} at call {call}, and the button"));
        }
    }
}

#[test]
fn c13_a_transaction_that_fails_ends_the_cycle_and_claims_nothing() {
    let replay = Replay::new();
    let mut failed = 0;
    for good in 0.. {
        let mut stage = Stage::of(&replay.begin, None);
        let driver = stage.drive();
        stage.browser.fail_save_after(good);
        let error = stage.sync(&driver).error;
        if error.is_none() {
            break;
        }
        failed += 1;
        assert_eq!(error, Some(Failure::Store));
        stage.settle(&driver);
        replay.expect_end(&stage, &format!("transaction {good} that failed"));
        // And a tab that begins with what was stored.
        let mut stage = Stage::of(&replay.begin, None);
        let driver = stage.drive();
        stage.browser.fail_save_after(good);
        stage.sync(&driver);
        stage.browser.fail_saves(0);
        let driver = stage.reopen();
        stage.settle(&driver);
        replay.expect_end(&stage, &format!("transaction {good} that failed, in a new tab"));
    }
    assert!(failed > 3, "{failed} transactions");
}

#[test]
fn c16_a_clock_that_jumps_changes_nothing() {
    let replay = Replay::new();
    for days in [-400, -1, 1, 400] {
        let mut stage = Stage::of(&replay.begin, None);
        stage.tab.ports.set_clock_offset_ms(days * 86_400_000);
        let driver = stage.drive();
        stage.sync(&driver);
        stage.tab.ports.set_clock_offset_ms(0);
        stage.settle(&driver);
        let dated = |tree: Tree| -> Vec<String> {
            let mut hashes: Vec<String> = tree.into_iter().map(|(_, hash)| hash).collect();
            hashes.sort();
            hashes
        };
        // The copy of a conflict is named after the day that the clock shows.
        let (documents, files) = stage.trees();
        assert_eq!(dated(documents), dated(replay.wanted.0.clone()), "{days} days");
        assert_eq!(dated(files), dated(replay.wanted.1.clone()), "{days} days");
    }
}

#[test]
fn c17_answers_out_of_order() {
    let replay = Replay::new();
    let mut overtaken = 0;
    for seed in 0..40 {
        let mut stage = Stage::of(&replay.begin, Some(seed));
        stage.scene.network.draw_latency(seed, 2_000);
        let driver = stage.drive();
        stage.sync(&driver);
        stage.settle(&driver);
        overtaken += stage.scene.network.overtaken_count();
        replay.expect_end(&stage, &format!("answers in the order of seed {seed}"));
    }
    assert!(overtaken > 40, "only {overtaken} answers were overtaken");
}

#[test]
fn c18_a_location_that_expired_before_its_use_is_asked_for_again() {
    let replay = Replay::new();
    let location = |entry: &LogEntry| entry.origin == Origin::CrmFiles;
    replay.at_each_call(1, &status(403, None, BodyKind::Json), location);
}
