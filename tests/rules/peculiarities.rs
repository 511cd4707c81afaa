//! What the CRM does in its own way, and Dropbox's editors in theirs (K).

use crate::model::case::{row, Case, A, X, Y, Z};
use crate::model::{Fault, Variants};
use sync_core::*;

#[test]
fn k1_saved_in_the_crm_under_a_new_id_is_an_edit() {
    let act = |case: &mut Case| {
        case.crm_delete(A);
        case.world.add(&case.record.clone(), "", A, Y);
    };
    row(false, &[(A, X)], act, &[(A, Y)], &[(A, Y)]);
}

#[test]
fn k2_saved_in_dropbox_under_a_new_id_is_an_edit() {
    let act = |case: &mut Case| {
        case.remove(A).put(A, Y);
    };
    row(false, &[(A, X)], act, &[(A, Y)], &[(A, Y)]);
}

#[test]
fn k3_a_crash_between_upload_and_delete_leaves_no_twin() {
    for dies_after in 0..12 {
        let mut case = Case::new(Variants::default(), &[(A, X)]);
        case.put(A, Y);
        let now = case.world.clock;
        case.browser.send(Event::Run, now);
        for _ in 0..dies_after {
            if !case.browser.tasks.is_empty() {
                case.browser.finish(&mut case.world, 0, Fault::None);
            }
        }
        case.browser.crash();
        case.run().expect(&[(A, Y)], &[(A, Y)]);
    }
}

#[test]
fn k4_our_own_upload_is_recognised_though_dropbox_changed_again() {
    for dies_after in 0..12 {
        let mut case = Case::new(Variants::default(), &[(A, X)]);
        case.put(A, Y);
        let now = case.world.clock;
        case.browser.send(Event::Run, now);
        for _ in 0..dies_after {
            if !case.browser.tasks.is_empty() {
                case.browser.finish(&mut case.world, 0, Fault::None);
            }
        }
        case.browser.crash();
        case.put(A, Z);
        case.run().expect(&[(A, Z)], &[(A, Z)]);
    }
}

#[test]
fn k5_folders_below_folders_and_where_the_crm_refuses_the_slash() {
    for slash_refused in [false, true] {
        let variants = Variants { slash_refused, ..Variants::default() };
        let mut case = Case::new(variants, &[]);
        case.put("deep/er/a.txt", X);
        let place = if slash_refused { "deep - er/a.txt" } else { "deep/er/a.txt" };
        case.run().expect(&[(place, X)], &[("deep/er/a.txt", X)]);
    }
}

#[test]
fn k6_a_subfolder_named_like_the_default_folder_is_the_root() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.rename(A, "General/a.txt").run().expect(&[(A, X)], &[("general/a.txt", X)]);
}

#[test]
fn k7_a_document_that_a_listing_misses_is_not_deleted() {
    let mut case = Case::new(Variants::default(), &[(A, X), ("b.txt", Y)]);
    let missed = case.doc(A);
    case.world.unlisted.insert(missed);
    case.run();
    assert_eq!(case.world.files(0).len(), 2, "absence is not evidence");
    case.world.unlisted.clear();
    case.run().expect(&[(A, X), ("b.txt", Y)], &[(A, X), ("b.txt", Y)]);
}

#[test]
fn k4_a_document_edited_while_its_replacement_is_uploaded_stays_and_no_content_stands_twice() {
    // Found by seed 17320.
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.put(A, Y);
    let now = case.world.clock;
    case.browser.send(Event::Run, now);
    while !case.world.trace.iter().any(|line| line.contains("CreateDocument")) {
        case.browser.finish(&mut case.world, 0, Fault::None);
    }
    case.crm_edit(A, Z);
    case.browser.settle(&mut case.world);
    case.run().expect(&[(A, Z), (A, Y)], &[(A, Y), ("a (2).txt", Z)]);
}

#[test]
fn k6_the_account_s_own_name_of_the_default_folder_is_learned() {
    let mut case = Case::new(Variants::default(), &[]);
    case.world.default_folder = "Dossier".into();
    // An upload without a folder comes back with that name, and is no move.
    case.put(A, X).run().expect(&[(A, X)], &[(A, X)]);
    case.world.add(&case.record.clone(), "Dossier", "b.txt", Y);
    case.run().expect(&[(A, X), ("b.txt", Y)], &[(A, X), ("b.txt", Y)]);
}

#[test]
fn k6_our_upload_to_a_default_folder_of_unknown_name_is_recognised_after_a_crash() {
    for dies_after in 0..12 {
        let mut case = Case::new(Variants::default(), &[]);
        case.world.default_folder = "Dossier".into();
        case.put(A, X);
        case.browser.send(Event::Run, case.world.clock);
        for _ in 0..dies_after {
            if !case.browser.tasks.is_empty() {
                case.browser.finish(&mut case.world, 0, Fault::None);
            }
        }
        case.browser.crash();
        case.run().expect(&[(A, X)], &[(A, X)]);
    }
}

#[test]
fn k6_a_copy_put_into_another_folder_teaches_no_name_of_the_default_folder() {
    let mut case = Case::new(Variants::default(), &[]);
    case.world.add(&case.record.clone(), "Contracts", A, X);
    case.run();
    // A person copies the file to the record's root: the same name, the same content.
    case.put(A, X).run();
    case.world.add(&case.record.clone(), "Contracts", "b.txt", Y);
    let crm = [("Contracts/a.txt", X), ("Contracts/b.txt", Y), (A, X)];
    case.run().expect(&crm, &[(A, X), ("contracts/a.txt", X), ("contracts/b.txt", Y)]);
}

#[test]
fn k6_an_upload_that_became_a_version_of_a_document_in_that_folder_is_recognised() {
    // Found by seed 577: the same bytes were sent again with every cycle. And by seed 50211 of the whole system: what
    // steps aside goes to no other folder, where a file may be in its way.
    let variants = Variants { same_name_is_new_version: true, ..Variants::default() };
    let mut case = Case::new(variants, &[]);
    case.world.default_folder = "Dossier".into();
    case.world.add(&case.record.clone(), "Dossier", A, X);
    case.run();
    // A person copies the file to the record's root, which is that very folder.
    case.put(A, X).run();
    let both = [(A, X), ("a (2).txt", X)];
    case.run().expect(&both, &[(A, X), ("dossier/a (2).txt", X)]);
}

#[test]
fn k8_a_kind_is_one_way_by_its_answer_and_asked_again_once_a_day() {
    let mut case = Case::new(Variants::default(), &[]);
    case.world.variants.one_way = true;
    case.put(A, X).run().expect(&[], &[(A, X)]);
    assert!(case.status().one_way);
    assert_eq!(case.count("CreateDocument"), 1);
    case.world.variants.one_way = false;
    case.world.clock += 20 * 3_600_000;
    case.run();
    assert_eq!(case.count("CreateDocument"), 1, "not before its day is over");
    case.world.clock += 5 * 3_600_000;
    case.run().expect(&[(A, X)], &[(A, X)]);
}

#[test]
fn k4_a_document_edited_just_before_it_would_be_deleted_survives() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.put(A, Y);
    let old = case.doc(A);
    case.run_until(|effect| matches!(effect, Effect::DeleteDocument { .. }));
    // Of the same size: only the time tells.
    case.world.edit(&case.record.clone(), &old, X + 3);
    case.browser.settle(&mut case.world);
    case.run().expect(&[(A, X + 3), (A, Y)], &[(A, Y), ("a (2).txt", X + 3)]);
}
