//! The checkpoint in the app folder and the lease on it: several browsers of one user, after one another and at the same
//! time (P6, C14, L4).

use crate::model::case::{Case, A, X, Y, Z};
use crate::model::{Browser, Fault, Said, Variants};
use sync_core::*;

const B: &str = "b.txt";
/// Longer than a lease lives without its holder.
const DEAD_MS: u64 = 700_000;

/// Two documents on both sides, and a second browser of the same user.
fn two_browsers() -> (Case, Browser) {
    (Case::new(Variants::default(), &[(A, X), (B, Y)]), Browser::with_seed(0, 9))
}

fn lease(case: &Case) -> Lease {
    match case.world.said(0, "lease") {
        Some(Said::Lease(lease)) => lease,
        other => panic!("no lease: {other:?}"),
    }
}

/// Another browser takes the lease, and is not heard of again.
fn hold(case: &mut Case) {
    let lease = Lease { holder: 77, state: LeaseState::Held, ..lease(case) };
    case.world.say(0, "lease", Said::Lease(lease));
}

fn is_write(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::WriteFiles(_)
            | Effect::CreateDocument { .. }
            | Effect::DeleteDocument { .. }
            | Effect::EnsureFolder { .. }
            | Effect::MoveFolder { .. }
    )
}

#[test]
fn p6_another_browser_continues_instead_of_starting_over() {
    let (mut case, mut other) = two_browsers();
    case.crm_edit(A, Z).crm_delete(B);
    other.run(&mut case.world);
    let links = other.engine.status().links;
    assert_eq!(links.iter().map(|link| &link.record).collect::<Vec<_>>(), [&case.record]);
    assert_eq!(case.count("HashDocument"), 0, "nothing is downloaded to be compared");
    case.expect(&[(A, Z)], &[(A, Z)]);
}

#[test]
fn c14_a_cleared_browser_continues_with_the_marks_it_had() {
    let (mut case, cleared) = two_browsers();
    case.remove(B).run();
    assert_eq!(case.mark(B), Mark::CrmOnly);
    case.crm_edit(A, Z).run();
    case.browser = cleared;
    case.run().expect(&[(A, Z), (B, Y)], &[(A, Z)]);
    assert_eq!(case.count("HashDocument"), 0, "nothing is downloaded to be compared");
}

#[test]
fn c14_without_a_checkpoint_it_is_a_first_link() {
    let (mut case, cleared) = two_browsers();
    case.browser = cleared;
    assert!(case.world.delete(0, "/.teamleader-sync"));
    case.crm_delete(B);
    case.press();
    case.expect(&[(A, X), (B, Y)], &[(A, X), (B, Y)]);
}

#[test]
fn p6_browsers_that_take_turns_make_no_twin() {
    let (mut case, mut other) = two_browsers();
    for round in 0..6 {
        case.crm_edit(A, 100 + round * 3).put(B, 200 + round * 3);
        case.world.add(&case.record.clone(), "", A, 300 + round);
        other.run(&mut case.world);
        case.run();
    }
    let docs = case.world.records[&case.record].docs.len();
    assert_eq!((docs, case.world.files(0).len()), (8, 8));
    let writes = case.world.writes + case.world.shared_writes;
    other.run(&mut case.world);
    case.run();
    assert_eq!(case.world.writes + case.world.shared_writes, writes);
}

#[test]
fn p6_while_one_browser_works_the_other_writes_nothing() {
    let (mut case, mut other) = two_browsers();
    case.crm_edit(A, Z);
    case.run_until(is_write);
    let writes = case.world.writes;
    other.run(&mut case.world);
    assert_eq!(case.world.writes, writes);
    let report = other.reports.last().unwrap();
    assert_eq!(report.error, None, "it waits for its turn, and that is no error");
    assert!(other.engine.poll_timeout().unwrap() < case.world.clock + 600_000);
    case.browser.settle(&mut case.world);
    assert_eq!(case.world.writes, writes + 1);
    other.run(&mut case.world);
    case.expect(&[(A, Z), (B, Y)], &[(A, Z), (B, Y)]);
}

#[test]
fn p6_a_lost_lease_stops_writing_at_once() {
    let (mut case, _) = two_browsers();
    case.crm_edit(A, Z).put(B, Z + 1);
    case.run_until(|effect| matches!(effect, Effect::StageDocument { .. }));
    let writes = case.world.writes;
    hold(&mut case);
    // The lease is renewed before anything is written after so long, and turns out to be another's.
    case.world.clock += 130_000;
    while !case.browser.tasks.is_empty() {
        assert!(case.browser.tasks.iter().all(|task| {
            !is_write(&task.effect) || matches!(task.effect, Effect::CreateDocument { .. })
        }));
        case.browser.finish(&mut case.world, 0, Fault::None);
    }
    assert!(case.world.writes - writes <= 1, "what was under way when it was lost");
    assert_eq!(case.world.met.get("lease: lost"), Some(&1));
    assert_eq!(case.browser.reports.last().unwrap().error, None);
}

#[test]
fn p6_c16_the_lease_of_a_dead_browser_ends_by_the_service_s_clock() {
    let (mut case, _) = two_browsers();
    hold(&mut case);
    case.crm_edit(A, Z);
    let writes = case.world.writes;
    case.run();
    case.world.clock += 60_000;
    case.run();
    // A clock that jumps ahead proves nothing.
    case.world.clock += DEAD_MS;
    case.world.set_back -= DEAD_MS as i64;
    case.run();
    assert_eq!(case.world.writes, writes, "held");
    case.world.clock += DEAD_MS;
    case.run().expect(&[(A, Z), (B, Y)], &[(A, Z), (B, Y)]);
    assert_eq!(case.world.met.get("lease: of a dead browser"), Some(&1));
}

#[test]
fn p6_in_the_middle_of_a_long_cycle_nothing_is_told_that_is_not_stored_yet() {
    let (mut case, mut other) = two_browsers();
    let is_staging = |effect: &Effect| matches!(effect, Effect::StageDocument { .. });
    let is_commit = |effect: &Effect| matches!(effect, Effect::WriteFiles(_));
    for name in ["c.txt", "d.txt"] {
        case.world.add(&case.record.clone(), "", name, Z);
    }
    case.run_until(is_commit);
    case.world.clock += DEAD_MS;
    case.finish(Fault::None, is_commit);
    // The record stays open, and its row unsaved, until the second document is refused.
    while case.browser.tasks.iter().any(|task| !is_staging(&task.effect)) {
        case.finish(Fault::None, |effect| !is_staging(effect));
    }
    let task = case.browser.tasks.remove(0).id;
    let outcome = Outcome::Failed(Failure::Refused(Reason::Restricted));
    case.browser.send(Event::Done { task, outcome }, case.world.clock);
    case.browser.settle(&mut case.world);
    // The other browser knows of the first one: so its deletion is one.
    case.crm_delete("c.txt");
    other.run(&mut case.world);
    assert!(
        !case.world.files(0).iter().any(|(path, _)| path.ends_with("c.txt")),
        "{}",
        case.trace()
    );
}

#[test]
fn p8_a_change_of_the_checkpoint_is_no_work() {
    let (mut case, mut other) = two_browsers();
    other.run(&mut case.world);
    hold(&mut case);
    let before = case.world.trace.len();
    other.send(Event::Look, case.world.clock);
    other.settle(&mut case.world);
    let asked = case.world.trace[before..].iter().filter(|line| !line.contains("Save(Save"));
    assert_eq!(asked.count(), 1, "one look at Dropbox: {:?}", &case.world.trace[before..]);
}

#[test]
fn p8_only_a_cycle_that_writes_takes_the_lease_and_many_records_cost_few_writes() {
    let (mut case, _) = two_browsers();
    let quiet = case.world.shared_writes;
    case.run();
    assert_eq!(case.world.shared_writes, quiet);
    for number in 0..100 {
        let record = case.link(&format!("x{number}"), "Acme");
        case.world.add(&record, "", A, X + number);
    }
    let before = case.world.shared_writes;
    case.run();
    assert!(case.world.writes > 100);
    let written = case.world.shared_writes - before;
    assert!((3..=18).contains(&written), "the lease twice, and each share once: {written}");
}

#[test]
fn l4_a_retired_checkpoint_authorises_no_deletion() {
    for told in [true, false] {
        let (mut case, _) = two_browsers();
        case.browser.disconnect(&mut case.world, told, 5);
        case.crm_delete(B);
        case.run();
        assert!(case.browser.engine.status().links.is_empty(), "nothing is linked by itself");
        case.press();
        case.expect(&[(A, X), (B, Y)], &[(A, X), (B, Y)]);
    }
}

#[test]
fn l4_nor_does_what_other_browsers_knew_of_it() {
    let (mut case, mut other) = two_browsers();
    other.run(&mut case.world);
    case.browser.disconnect(&mut case.world, true, 5);
    case.crm_delete(B).crm_edit(A, Z);
    other.run(&mut case.world);
    assert_eq!(
        case.world.files(0).len(),
        3,
        "as a first link: both versions of one, and the other comes back"
    );
}

#[test]
fn c14_a_checkpoint_that_makes_no_sense_authorises_nothing() {
    for name in ["lease", "d"] {
        let (mut case, _) = two_browsers();
        assert!(case.world.said(0, name).is_some());
        case.world.say(0, name, Said::Nonsense);
        case.crm_delete(B).run().expect(&[(A, X), (B, Y)], &[(A, X), (B, Y)]);
        let mut other = Browser::with_seed(0, 9);
        case.crm_delete(B);
        other.run(&mut case.world);
        assert_eq!(case.world.files(0).len(), 1, "what was agreed on since is one again");
    }
}

#[test]
fn c14_a_share_of_another_checkpoint_is_none() {
    let (mut case, mut other) = two_browsers();
    let Some(Said::Share(share)) = case.world.said(0, "d") else { panic!("no share") };
    case.world.say(0, "d", Said::Share(Share { generation: share.generation ^ 2, ..share }));
    case.crm_delete(B);
    other.press(&mut case.world, &case.record);
    case.run();
    assert_eq!(case.world.files(0).len(), 2);
}

#[test]
fn c15_a_checkpoint_of_a_newer_version_stays_as_it_is_and_nothing_is_written() {
    for name in ["lease", "d"] {
        let (mut case, mut other) = two_browsers();
        case.world.say(0, name, Said::Newer);
        case.crm_delete(B).put(A, Z);
        let writes = case.world.writes + case.world.shared_writes;
        for _ in 0..2 {
            case.run();
            other.press(&mut case.world, &case.record);
        }
        assert_eq!(case.world.writes + case.world.shared_writes, writes);
        for browser in [&case.browser, &other] {
            assert_eq!(browser.reports.last().unwrap().error, Some(Failure::Newer));
        }
    }
}

#[test]
fn p6_what_another_browser_says_deletes_nothing_in_the_crm() {
    let (mut case, mut other) = two_browsers();
    let Some(Said::Share(mut share)) = case.world.said(0, "d") else { panic!("no share") };
    let (first, second) = share.records[0].pairs.split_at_mut(1);
    first[0].superseded.push(second[0].crm.clone().unwrap());
    case.world.say(0, "d", Said::Share(share));
    other.run(&mut case.world);
    case.run().expect(&[(A, X), (B, Y)], &[(A, X), (B, Y)]);
}

#[test]
fn p6_unlinked_in_one_browser_is_unlinked_in_the_others() {
    let (mut case, mut other) = two_browsers();
    other.run(&mut case.world);
    case.send(Event::Unlink { record: case.record.clone() });
    case.run();
    case.put("c.txt", Z);
    other.run(&mut case.world);
    other.run(&mut case.world);
    assert!(other.engine.status().links.is_empty());
    assert_eq!(case.world.records[&case.record].docs.len(), 2);
    case.run();
    assert!(case.browser.engine.status().links.is_empty());
}

#[test]
fn p6_the_folder_that_the_user_put_elsewhere_is_found_by_another_browser() {
    let (mut case, mut other) = two_browsers();
    assert!(case.world.rename(0, "/companies/acme/r0", "/Clients/Acme"));
    case.crm_edit(A, Z).run();
    case.world.add(&case.record.clone(), "", "c.txt", Z + 3);
    other.run(&mut case.world);
    let files = case.world.files(0);
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/clients/acme/a.txt", "/clients/acme/b.txt", "/clients/acme/c.txt"]);
}

#[test]
fn c1_work_that_was_done_and_not_told_is_found_again_by_another_browser() {
    let (mut case, mut other) = two_browsers();
    case.crm_edit(A, Z).put(B, Z + 1);
    case.world.add(&case.record.clone(), "", "c.txt", Z + 2);
    case.run_until(|effect| matches!(effect, Effect::SaveShare { .. }));
    // Its tab dies for good before it has told what it did.
    case.world.clock += DEAD_MS;
    other.run(&mut case.world);
    case.world.clock += DEAD_MS;
    case.browser = other;
    let all = [(A, Z), (B, Z + 1), ("c.txt", Z + 2)];
    case.run().run().expect(&all, &all);
}
