//! Faults that the engine answers to by itself, and what happens at the same time (C, P).

use crate::model::case::{with_many, Case, A, COPY, ROOT, X, Y, Z};
use crate::model::{Browser, Fault, Variants, World};
use sync_core::*;

#[test]
fn c8_a_cursor_reset_lists_anew_and_deletes_nothing() {
    let mut case = Case::new(Variants::default(), &[(A, X), ("b.txt", Y)]);
    case.world.dropboxes[0].epoch += 1;
    case.remove(A).run().expect(&[(A, X), ("b.txt", Y)], &[("b.txt", Y)]);
}

#[test]
fn c11_a_full_dropbox_pauses_uploads_and_the_rest_goes_on() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.dropboxes[0].full = true;
    case.world.add(&case.record.clone(), "", "b.txt", Y);
    case.put("c.txt", Z).run();
    assert_eq!(case.status().problems[0].kind, ProblemKind::OutOfSpace);
    case.world.dropboxes[0].full = false;
    let all = [(A, X), ("b.txt", Y), ("c.txt", Z)];
    case.run().expect(&all, &all);
}

#[test]
fn p8_a_cycle_without_changes_asks_dropbox_once() {
    let mut case = with_many(50);
    let listings = case.world.listings;
    case.run();
    assert_eq!(case.world.listings - listings, 1);
}

#[test]
fn p9_nothing_is_handed_out_after_the_stop() {
    let mut case = Case::new(Variants::default(), &[]);
    case.world.add(&case.record.clone(), "", A, X);
    let now = case.world.clock;
    case.browser.send(Event::Run, now);
    case.browser.send(Event::Stop, now);
    assert!(case.browser.engine.poll_effect(now).is_none());
}

#[test]
fn p5_two_users_with_two_dropboxes_on_one_record_end_equal() {
    let record = Record::new(RecordKind::Company, "r0");
    let mut world = World::new(Variants::default(), 2);
    world.add(&record, "", A, X);
    let mut users = [Browser::new(0), Browser::new(1)];
    for user in &mut users {
        user.press(&mut world, &record);
    }
    world.put(0, &format!("{ROOT}/a.txt"), Y).unwrap();
    world.put(1, &format!("{ROOT}/a.txt"), Z).unwrap();
    for _ in 0..4 {
        for user in &mut users {
            user.run(&mut world);
        }
    }
    let docs = &world.records[&record].docs;
    let mut crm: Vec<_> = docs.values().map(|doc| (doc.place.name.clone(), doc.content)).collect();
    crm.sort();
    assert_eq!(crm, [(COPY.to_string(), Z), (A.to_string(), Y)]);
    let below = format!("{ROOT}/");
    for d in 0..2 {
        let files = world.files(d).into_iter();
        let files: Vec<_> =
            files.map(|(key, content)| (key.replace(&below, ""), content)).collect();
        assert_eq!(files, crm, "Dropbox {d}");
    }
}

#[test]
fn c8_absence_in_a_new_listing_is_a_deletion_in_dropbox_at_most() {
    let mut case = Case::new(Variants::default(), &[(A, X), ("b.txt", Y)]);
    case.world.dropboxes[0].epoch += 1;
    case.remove(A).put("c.txt", Z).run();
    case.expect(&[(A, X), ("b.txt", Y), ("c.txt", Z)], &[("b.txt", Y), ("c.txt", Z)]);
    assert_eq!(case.mark(A), Mark::CrmOnly);
}

#[test]
fn c13_what_could_not_be_stored_is_stored_later() {
    let mut case = Case::new(Variants::default(), &[(A, X), ("b.txt", Y)]);
    case.remove(A);
    let saving = |effect: &Effect| matches!(effect, Effect::Save(_));
    case.run_until(saving);
    case.finish(Fault::Before, saving);
    case.browser.settle(&mut case.world);
    assert_eq!(case.browser.reports.last().unwrap().error, Some(Failure::Store));
    case.run();
    case.browser.crash();
    // Whoever begins with what was stored knows that it was deleted there.
    assert_eq!(case.browser.rows[&case.record].nodes.len(), 1);
    case.run().expect(&[(A, X), ("b.txt", Y)], &[("b.txt", Y)]);
    assert_eq!(case.browser.rows[&case.record].nodes.len(), 1);
}

#[test]
fn c13_what_could_not_be_stored_between_two_cycles_ends_none() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.browser.send(Event::Pause(true), case.world.clock);
    case.finish(Fault::Before, |effect| matches!(effect, Effect::Save(_)));
    case.browser.settle(&mut case.world);
    let both = [(A, X), ("b.txt", Y)];
    case.put("b.txt", Y).run().expect(&both, &both);
    assert_eq!(case.browser.reports.last().unwrap().error, None);
}

#[test]
fn c16_a_clock_set_back_in_the_middle_of_a_cycle() {
    // Found by seed 0, when the wait was first counted from the cycle's beginning.
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.clock += 1_000_000;
    case.put("b.txt", Y);
    case.browser.send(Event::Run, case.world.clock);
    case.world.clock -= 500_000;
    case.browser.settle(&mut case.world);
    case.expect(&[(A, X), ("b.txt", Y)], &[(A, X), ("b.txt", Y)]);
    let due_ms = case.browser.engine.poll_timeout().unwrap();
    assert!(due_ms <= case.world.clock + 2 * 3_600_000, "{due_ms}");
}

#[test]
fn p6_the_last_document_of_a_replacement_is_never_deleted() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.put(A, Y);
    let old = case.doc(A);
    case.run_until(|effect| matches!(effect, Effect::ConfirmGone { .. }));
    // Another browser deletes the new one just then.
    let docs = &mut case.world.records.get_mut(&case.record).unwrap().docs;
    docs.retain(|id, _| *id == old);
    case.browser.settle(&mut case.world);
    assert!(case.world.records[&case.record].docs.contains_key(&old));
}

#[test]
fn p7_the_pressed_record_goes_first() {
    let mut case = Case::new(Variants::default(), &[]);
    for n in 1..9 {
        case.link(&format!("r{n}"), &format!("Firm {n}"));
    }
    case.run_until(|effect| matches!(effect, Effect::ListDocuments { .. }));
    let begun = case.world.trace.len();
    let record = Record::new(RecordKind::Company, "r8");
    case.send(Event::Press { record, name: "Firm 8".into() });
    let listed: Vec<&String> =
        case.world.trace[begun..].iter().filter(|line| line.contains("ListDocuments")).collect();
    let at = listed.iter().position(|line| line.contains("r8")).unwrap();
    // Four were begun before.
    assert!(at <= 4, "it came {at}th: {listed:#?}");
    let times = listed.iter().filter(|line| line.contains("r8")).count();
    assert_eq!(times, 1, "and was done once");
}

#[test]
fn p9_what_waits_to_be_started_is_dropped_by_the_stop() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    let engine = &mut case.browser.engine;
    engine.handle(Event::Run, 5_000);
    engine.handle(Event::Stop, 5_000);
    assert!(engine.poll_effect(5_000).is_none());
    engine.handle(Event::Run, 6_000);
    assert!(engine.poll_effect(6_000).is_none());
    assert_eq!(engine.poll_timeout(), None);
}
