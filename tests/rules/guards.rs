//! Guards: stop before the first write (G).

use crate::model::case::{with_many, Case, A, X, Y};
use crate::model::Variants;
use sync_core::*;

#[test]
fn g2_an_empty_listing_deletes_nothing() {
    let mut case = with_many(2);
    case.crm_delete("000.txt").crm_delete("001.txt").run();
    assert_eq!(case.world.files(0).len(), 2);
    assert_eq!(case.halt(), Some(Halt::CrmEmpty { synced_count: 2 }));
}

#[test]
fn g3_g4_more_than_half_and_more_than_ten_stop_the_record() {
    for (synced, deleted, stops) in [
        (30, 10, false),
        (20, 10, false),
        (19, 10, false),
        (20, 11, true),
        (24, 12, false),
        (24, 13, true),
    ] {
        let mut case = with_many(synced);
        for n in 0..deleted {
            case.crm_delete(&format!("{n:03}.txt"));
        }
        case.run();
        assert_eq!(case.halt().is_some(), stops, "{deleted} of {synced}");
        let left = if stops { synced } else { synced - deleted };
        assert_eq!(case.world.files(0).len() as u64, left, "{deleted} of {synced}");
    }
}

#[test]
fn g5_many_contents_changed_at_once_stop_the_record() {
    for side in [Side::Crm, Side::Dropbox] {
        let mut case = with_many(12);
        for n in 0..7 {
            let name = format!("{n:03}.txt");
            match side {
                Side::Crm => case.crm_edit(&name, 5000 + n),
                Side::Dropbox => case.put(&name, 5000 + n),
            };
        }
        let writes = case.world.writes;
        case.run();
        assert_eq!(
            case.halt(),
            Some(Halt::ManyChanges { change_count: 7, synced_count: 12, side })
        );
        assert_eq!(case.world.writes, writes);
    }
}

#[test]
fn g5_m9_the_same_contents_on_both_sides_stop_nothing() {
    let mut case = with_many(12);
    for n in 0..7 {
        let name = format!("{n:03}.txt");
        let larger = 5000 + n * 3; // No size stays: each counts as an edit before it is looked at.
        case.crm_edit(&name, larger).put(&name, larger);
    }
    let writes = case.world.writes;
    case.run();
    assert_eq!(case.halt(), None);
    assert_eq!(case.world.writes, writes);
}

#[test]
fn g9_forbidden_freezes_and_thaws() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.records.get_mut(&case.record).unwrap().forbidden = true;
    case.put("b.txt", Y).run();
    assert_eq!(case.halt(), Some(Halt::CrmForbidden));
    case.world.records.get_mut(&case.record).unwrap().forbidden = false;
    case.run().expect(&[(A, X), ("b.txt", Y)], &[(A, X), ("b.txt", Y)]);
}

#[test]
fn g11_confirmed_goes_through_once_and_dismissed_keeps_all() {
    for confirmed in [true, false] {
        let mut case = with_many(20);
        for n in 0..15 {
            case.crm_delete(&format!("{n:03}.txt"));
        }
        case.run();
        assert!(case.halt().is_some());
        let now = case.world.clock;
        let decide = Event::Decide { record: Some(case.record.clone()), confirmed };
        case.browser.send(decide, now);
        case.browser.settle(&mut case.world);
        assert_eq!(case.halt(), None);
        assert_eq!(case.world.files(0).len(), if confirmed { 5 } else { 20 });
        assert_eq!(case.world.records[&case.record].docs.len(), 5);
    }
}

#[test]
fn g1_every_folder_gone_stops_everything() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    let other = Record::new(RecordKind::Company, "r1");
    case.world.add(&other, "", "b.txt", Y);
    case.browser.press(&mut case.world, &other);
    assert!(case.world.delete(0, "/companies"));
    case.run();
    assert_eq!(case.browser.engine.status().halt, Some(Halt::AllFoldersGone));
}

#[test]
fn g6_an_app_folder_that_is_gone_stops_everything() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.run_until(|effect| matches!(effect, Effect::ObserveDropbox { .. }));
    let task = case.browser.tasks.remove(0);
    case.send(Event::Done { task: task.id, outcome: Outcome::Failed(Failure::NotFound) });
    assert_eq!(case.browser.engine.status().halt, Some(Halt::AppFolderGone));
    let begun = case.world.trace.len();
    case.run();
    assert_eq!(case.world.trace.len(), begun, "nothing is asked or written until somebody decides");
}

#[test]
fn g8_renames_do_not_count_as_deletions() {
    let mut case = with_many(20);
    for n in 0..20 {
        case.crm_rename(&format!("{n:03}.txt"), &format!("renamed {n:03}.txt"));
    }
    case.run();
    assert_eq!(case.halt(), None);
    let renamed = case.world.files(0).iter().filter(|(key, _)| key.contains("/renamed ")).count();
    assert_eq!((renamed, case.world.files(0).len()), (20, 20));
    assert_eq!(case.count("StageDocument"), 20, "no content was sent again");
}

#[test]
fn g8_nor_do_renames_and_deletions_in_dropbox() {
    let mut case = with_many(24);
    for n in 0..12 {
        case.rename(&format!("{n:03}.txt"), &format!("Moved/{n:03}.txt"));
    }
    case.run();
    assert_eq!(case.halt(), None);
    for n in 12..24 {
        case.remove(&format!("{n:03}.txt"));
    }
    case.run();
    assert_eq!(case.halt(), None);
    assert_eq!(case.world.records[&case.record].docs.len(), 24);
}

#[test]
fn g11_a_confirmation_is_for_one_run() {
    let mut case = with_many(40);
    for n in 0..25 {
        case.crm_delete(&format!("{n:03}.txt"));
    }
    case.run();
    case.send(Event::Decide { record: Some(case.record.clone()), confirmed: true });
    assert_eq!((case.halt(), case.world.files(0).len()), (None, 15));
    for n in 25..38 {
        case.crm_delete(&format!("{n:03}.txt"));
    }
    case.run();
    assert!(case.halt().is_some(), "the next accident is asked about again");
    assert_eq!(case.world.files(0).len(), 15);
}

#[test]
fn g11_a_plan_that_nobody_carries_out_changes_nothing() {
    let mut case = with_many(20);
    for n in 0..15 {
        case.crm_delete(&format!("{n:03}.txt"));
    }
    case.run();
    let record = case.browser.rows[&case.record].clone();
    let policy = Policy { max_size_bytes: 999, delete_guard_percent: 50, ..Policy::default() };
    let dry = plan(&record, &policy);
    assert_eq!(dry.halt, Some(Halt::ManyDeletes { delete_count: 15, synced_count: 20 }));
    assert_eq!(dry, plan(&record, &policy));
    assert_eq!(record, case.browser.rows[&case.record]);
    assert_eq!(case.status().affected.len(), 15, "and the panel can say what it is about");
}
