//! The principles, each where it would hurt most to break it (B).

use crate::model::case::{Case, A, COPY, ROOT, X, Y, Z};
use crate::model::{Fault, Variants};
use sync_core::*;

#[test]
fn b1_an_attempt_is_stored_before_each_upload_to_the_crm_and_never_replayed() {
    let mut case = Case::new(Variants::default(), &[]);
    case.put(A, X);
    case.run_until(|effect| matches!(effect, Effect::CreateDocument { .. }));
    let attempts = &case.browser.rows[&case.record].attempts;
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0].place.name, A);
    // The tab dies, and the file is gone: nobody uploads it any more.
    case.browser.crash();
    case.remove(A).run().expect(&[], &[]);
}

#[test]
fn b2_a_record_that_is_not_found_is_frozen() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.records.get_mut(&case.record).unwrap().gone = true;
    case.put("b.txt", Y).run();
    assert_eq!(case.halt(), Some(Halt::CrmGone));
    assert_eq!(case.world.files(0).len(), 2);
    case.world.records.get_mut(&case.record).unwrap().gone = false;
    case.run().expect(&[(A, X), ("b.txt", Y)], &[(A, X), ("b.txt", Y)]);
}

#[test]
fn b3_two_spellings_of_one_place_are_never_moved_to_and_fro() {
    let mut case = Case::new(Variants::default(), &[(A, X), (A, Y), ("x\\y.txt", Z)]);
    let writes = case.world.writes;
    case.run().run().run();
    assert_eq!(case.world.writes, writes);
    // What one side changes against its own last place is carried over; the other twin stays.
    case.rename("a (2).txt", "c.txt").run();
    case.expect(&[(A, X), ("c.txt", Y), ("x\\y.txt", Z)], &[(A, X), ("c.txt", Y), ("x＼y.txt", Z)]);
}

#[test]
fn b4_a_new_time_is_looked_at_before_anything_is_decided() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    let writes = case.world.writes;
    case.crm_edit(A, X).run().expect(&[(A, X)], &[(A, X)]);
    assert_eq!((case.world.writes, case.count("HashDocument")), (writes, 1));
    // Of the same size, and another content.
    case.crm_edit(A, X + 3).run().expect(&[(A, X + 3)], &[(A, X + 3)]);
}

#[test]
fn b5_a_file_edited_just_before_it_would_be_deleted_survives() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.crm_delete(A);
    case.run_until(|effect| matches!(effect, Effect::WriteFiles(_)));
    case.put(A, Y);
    case.browser.settle(&mut case.world);
    // Observed and planned anew within the cycle.
    assert_eq!(case.browser.reports.last().unwrap().error, None);
    case.expect(&[(A, Y)], &[(A, Y)]);
}

#[test]
fn b5_a_file_edited_just_before_it_would_be_written_over_survives() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.crm_edit(A, Y);
    case.run_until(|effect| matches!(effect, Effect::WriteFiles(_)));
    case.put(A, Z);
    case.browser.settle(&mut case.world);
    assert_eq!(case.browser.reports.last().unwrap().error, None);
    case.expect(&[(A, Y), (COPY, Z)], &[(A, Y), (COPY, Z)]);
}

#[test]
fn b6_a_record_with_a_change_in_dropbox_is_due_in_the_same_cycle() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    let other = case.link("r1", "Beta");
    case.world.put(0, "/companies/beta/r1/b.txt", Y).unwrap();
    // Only the first record is asked for.
    case.press();
    assert_eq!(case.world.records[&other].docs.len(), 1);
}

#[test]
fn b6_nothing_is_planned_from_an_earlier_listing() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    let listed = case.count("ListDocuments");
    case.crm_edit(A, Y).put("b.txt", Z).run();
    assert!(case.count("ListDocuments") > listed);
    case.expect(&[(A, Y), ("b.txt", Z)], &[(A, Y), ("b.txt", Z)]);
}

#[test]
fn b7_the_cursor_is_never_stored_without_the_trees() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.put("b.txt", Y);
    // The cycle fails after Dropbox was observed, is stored, and the tab dies.
    let listing = |effect: &Effect| matches!(effect, Effect::ListDocuments { .. });
    case.run_until(listing);
    case.finish(Fault::Before, listing);
    case.browser.settle(&mut case.world);
    case.browser.crash();
    case.run().expect(&[(A, X), ("b.txt", Y)], &[(A, X), ("b.txt", Y)]);
}

#[test]
fn b7_what_is_stored_between_observation_and_trees_has_the_old_cursor() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.browser.crash();
    case.put("b.txt", Y);
    // The record's trees are still being read when a press wants to be stored.
    case.run_until(|effect| matches!(effect, Effect::Load(_)));
    let record = Record::new(RecordKind::Company, "r1");
    case.world.records.entry(record.clone()).or_default();
    case.browser.send(Event::Press { record, name: "Beta".into() }, case.world.clock);
    case.finish(Fault::None, |effect| matches!(effect, Effect::Save(_)));
    case.browser.crash();
    case.run().expect(&[(A, X), ("b.txt", Y)], &[(A, X), ("b.txt", Y)]);
}

#[test]
fn b7_what_is_stored_while_entries_are_given_has_the_old_cursor() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    for name in ["b.txt", "c.txt", "d.txt", "e.txt"] {
        case.put(name, Y);
    }
    // Some have reached the record's tree and others have not, when a press wants to be stored.
    case.run_until(|effect| matches!(effect, Effect::Turn));
    let record = Record::new(RecordKind::Company, "r1");
    case.world.records.entry(record.clone()).or_default();
    case.browser.send(Event::Press { record, name: "Beta".into() }, case.world.clock);
    case.finish(Fault::None, |effect| matches!(effect, Effect::Save(_)));
    case.browser.crash();
    let all = [(A, X), ("b.txt", Y), ("c.txt", Y), ("d.txt", Y), ("e.txt", Y)];
    case.run().expect(&all, &all);
}

#[test]
fn r18_a_record_unlinked_and_linked_again_while_entries_are_given_has_a_folder_of_its_own() {
    let agreed = [(A, X), ("b.txt", Y), ("c.txt", Z)];
    let mut case = Case::new(Variants::default(), &agreed);
    assert!(case.world.rename(0, ROOT, "/Elsewhere"));
    // What tells that the folder has moved is on its way to the record.
    case.run_until(|effect| matches!(effect, Effect::Turn));
    let record = case.record.clone();
    case.browser.send(Event::Unlink { record: record.clone() }, case.world.clock);
    case.browser.send(Event::Press { record, name: "Acme".into() }, case.world.clock);
    case.browser.settle(&mut case.world);
    case.expect(&agreed, &agreed);
    let files = case.world.files(0);
    let moved = files.iter().filter(|(path, _)| path.starts_with("/elsewhere/")).count();
    assert_eq!(moved, 3, "what was there stays");
}

#[test]
fn r18_what_was_under_way_when_a_record_was_unlinked_is_not_written_for_the_next_link() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.add(&case.record.clone(), "", "b.txt", Y);
    let staging = |effect: &Effect| matches!(effect, Effect::StageDocument { .. });
    case.run_until(staging);
    let record = case.record.clone();
    case.browser.send(Event::Unlink { record: record.clone() }, case.world.clock);
    case.browser.send(Event::Press { record, name: "Acme".into() }, case.world.clock);
    // The new link's folder stands, and what is in it is not known yet.
    let listing = |effect: &Effect| matches!(effect, Effect::ListFolder { .. });
    while !case.browser.tasks.iter().any(|task| listing(&task.effect)) {
        case.finish(Fault::None, |effect| !staging(effect));
    }
    case.finish(Fault::None, staging);
    assert!(case.browser.tasks.iter().all(|task| !matches!(task.effect, Effect::WriteFiles(_))));
    case.browser.settle(&mut case.world);
    case.expect(&[(A, X), ("b.txt", Y)], &[(A, X), ("b.txt", Y)]);
}

#[test]
fn r18_a_listing_begun_before_a_record_was_unlinked_tells_the_next_link_nothing() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.add(&case.record.clone(), "", "b.txt", Y);
    let written = case.count("WriteFiles");
    let documents = |effect: &Effect| matches!(effect, Effect::ListDocuments { .. });
    case.run_until(documents);
    let record = case.record.clone();
    case.browser.send(Event::Unlink { record: record.clone() }, case.world.clock);
    case.browser.send(Event::Press { record, name: "Acme".into() }, case.world.clock);
    let folder = |effect: &Effect| matches!(effect, Effect::ListFolder { .. });
    while !case.browser.tasks.iter().any(|task| folder(&task.effect)) {
        case.finish(Fault::None, |effect| !documents(effect));
    }
    // All that can be done before it is known what stands in the folder.
    while case.browser.tasks.iter().any(|task| !folder(&task.effect)) {
        case.finish(Fault::None, |effect| !folder(effect));
    }
    assert_eq!(case.count("WriteFiles"), written, "{}", case.trace());
    case.browser.settle(&mut case.world);
    case.expect(&[(A, X), ("b.txt", Y)], &[(A, X), ("b.txt", Y)]);
}

#[test]
fn r18_of_a_record_that_was_unlinked_nothing_is_deleted() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.put(A, Y);
    let old = case.doc(A);
    case.run_until(|effect| matches!(effect, Effect::ConfirmGone { .. }));
    case.browser.send(Event::Unlink { record: case.record.clone() }, case.world.clock);
    case.browser.settle(&mut case.world);
    assert!(case.world.records[&case.record].docs.contains_key(&old), "{}", case.trace());
}

#[test]
fn b8_c15_trees_of_a_newer_version_authorise_no_deletion() {
    let mut case = Case::new(Variants::default(), &[(A, X), ("b.txt", Y)]);
    case.browser.crash();
    case.browser.rows.get_mut(&case.record).unwrap().schema = SCHEMA + 1;
    case.crm_delete(A).run();
    assert_eq!(case.world.files(0).len(), 2);
}

#[test]
fn b9_p8_the_echo_of_our_own_move_is_no_work() {
    let mut case = Case::new(Variants::default(), &[(A, X), ("b.txt", Y)]);
    // The path is taken: the file goes beside it, which nobody must take for a person's rename.
    case.crm_rename(A, "b.txt").run();
    case.expect(&[("b.txt", X), ("b.txt", Y)], &[("b (2).txt", X), ("b.txt", Y)]);
}

#[test]
fn p7_a_record_that_is_opened_and_changed_at_once_is_read_once_and_listed_once() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    let other = case.link("r2", "Beta");
    case.run().browser.crash();
    let list = |effect: &Effect| matches!(effect, Effect::ListDocuments { .. });
    // While a cycle runs for another record.
    case.browser.send(Event::Changed { record: other }, case.world.clock);
    while !case.browser.tasks.iter().any(|task| list(&task.effect)) {
        case.browser.finish(&mut case.world, 0, Fault::None);
    }
    let (record, name) = (case.record.clone(), "Acme".into());
    case.browser.send(Event::Named { record: record.clone(), name }, case.world.clock);
    case.browser.send(Event::Changed { record }, case.world.clock);
    let under_way = |case: &Case, meant: fn(&Effect) -> bool| {
        case.browser.tasks.iter().filter(|task| meant(&task.effect)).count()
    };
    let load = |effect: &Effect| matches!(effect, Effect::Load(_));
    let mut most = (0, 0);
    while !case.browser.tasks.is_empty() {
        most = (most.0.max(under_way(&case, load)), most.1.max(under_way(&case, list)));
        // The listing last: whatever else is under way may come back before it.
        let at = case.browser.tasks.iter().position(|task| !list(&task.effect)).unwrap_or(0);
        case.browser.finish(&mut case.world, at, Fault::None);
    }
    assert_eq!(most, (1, 2), "loads and listings at once, of two records:\n{}", case.trace());
}

#[test]
fn p7_what_somebody_has_opened_is_listed_first_and_hurried_only_if_it_changed() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    // More than are looked at together; the last of them is opened.
    let others = ["r2", "r3", "r4", "r5", "r6"].map(|id| case.link(id, id));
    case.run().browser.crash();
    case.world.verbose = true;
    case.send(Event::Named { record: others[4].clone(), name: "r6".into() });
    let before = case.world.trace.len();
    case.run();
    let listings: Vec<&str> = case.world.trace[before..]
        .iter()
        .filter_map(|line| line.split_once(" ListDocuments ")?.1.split_once(" ->"))
        .map(|(asked, _)| asked)
        .collect();
    assert_eq!(listings.len(), 6, "{listings:?}");
    assert!(listings[0].contains("\"r6\""), "{listings:?}");
    assert!(listings.iter().all(|asked| asked.contains("urgent: false")), "{listings:?}");
}
