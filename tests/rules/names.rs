//! Names (N), sizes and refusals (Z), first links (L).

use crate::model::case::{Case, A, ROOT, X, Y, Z};
use crate::model::{Browser, Variants, BELOW_LIMIT, HUGE, LIMIT};
use sync_core::*;

#[test]
fn n4_two_documents_of_one_name_never_share_a_path() {
    let mut case = Case::new(Variants::default(), &[(A, X), (A, Y)]);
    case.expect(&[(A, X), (A, Y)], &[(A, X), ("a (2).txt", Y)]);
    case.press();
    case.expect(&[(A, X), (A, Y)], &[(A, X), ("a (2).txt", Y)]);
}

#[test]
fn n1_n7_names_that_dropbox_refuses() {
    let naming = Naming::default();
    for (name, written) in [
        ("a/b", "a／b"),
        ("a\\b.txt", "a＼b.txt"),
        ("tab\t.txt", "tab␉.txt"),
        ("del\u{7f}", "del␡"),
        ("end ", "end␠"),
        ("end.", "end．"),
        ("..", ".．"),
        ("Thumbs.db", "Thumbs_.db"),
        (".DS_Store", ".DS_Store_"),
        ("~$x.docx", "～$x.docx"),
        ("con", "con"),
        ("", "_"),
    ] {
        assert_eq!(naming.component(name), written, "{name:?}");
    }
}

#[test]
fn n3_at_most_255_units_and_the_extension_stays() {
    let naming = Naming::default();
    let fits = format!("{}.txt", "x".repeat(251));
    assert_eq!(naming.component(&fits), fits);
    let long = naming.component(&format!("{}.txt", "x".repeat(252)));
    assert!(long.len() <= 255 && long.ends_with(".txt"), "{long}");
}

#[test]
fn n5_names_equal_but_for_case_get_paths_of_their_own() {
    let mut case = Case::new(Variants::default(), &[(A, X), ("A.txt", Y)]);
    case.expect(&[(A, X), ("A.txt", Y)], &[(A, X), ("a (2).txt", Y)]);
}

#[test]
fn n8_record_names_of_every_kind_stay_inside_their_module() {
    let naming = Naming::default();
    let record = Record::new(RecordKind::Company, "7");
    for (name, folder) in [
        ("", "/Companies/Unnamed/7"),
        ("..", "/Companies/.．/7"),
        ("con", "/Companies/con/7"),
        ("a/b", "/Companies/a／b/7"),
        ("../../x", "/Companies/..／..／x/7"),
        (" x ", "/Companies/ x␠/7"),
    ] {
        assert_eq!(naming.record_folder(&record, name), folder, "{name:?}");
    }
    let long = naming.record_folder(&record, &"x".repeat(300));
    assert!(long.split('/').all(|part| part.len() <= 255), "{long}");
    let hostile = Record::new(RecordKind::Company, "../../etc");
    assert_eq!(naming.record_folder(&hostile, "x"), "/Companies/x/..／..／etc");
}

#[test]
fn z3_a_document_over_the_limit_is_shown_and_the_rest_goes_on() {
    let mut case = Case::new(Variants::default(), &[("big.bin", HUGE), (A, X)]);
    case.expect(&[("big.bin", HUGE), (A, X)], &[(A, X)]);
    assert_eq!(case.mark("big.bin"), Mark::Refused(Reason::TooLarge));
}

#[test]
fn z4_grown_past_the_limit_both_sides_stay_as_they_are() {
    let mut crm = Case::new(Variants::default(), &[(A, X)]);
    crm.crm_edit(A, HUGE).run().expect(&[(A, HUGE)], &[(A, X)]);
    assert_eq!(crm.mark(A), Mark::Refused(Reason::TooLarge));
    let mut dropbox = Case::new(Variants::default(), &[(A, X)]);
    dropbox.put(A, HUGE).run().expect(&[(A, X)], &[(A, HUGE)]);
    assert_eq!(dropbox.mark(A), Mark::Refused(Reason::TooLarge));
}

#[test]
fn z4_what_is_too_large_to_follow_its_file_keeps_its_place_and_others_go_beside_it() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.crm_edit(A, HUGE).rename(A, "elsewhere.txt").put(A, Y).run();
    // Nobody waits for the place that will never be free.
    let twin = "a (2).txt";
    case.expect(&[(A, HUGE), (twin, Y)], &[("elsewhere.txt", X), (twin, Y)]);
}

#[test]
fn l2_l3_a_first_link_over_a_full_folder_is_a_union() {
    let mut case = Case::new(Variants::default(), &[(A, X), ("b.txt", Y)]);
    case.browser = Browser::new(0);
    case.world.delete(0, "/.teamleader-sync");
    case.put("c.txt", Z).crm_delete("b.txt");
    case.press();
    let all = [(A, X), ("b.txt", Y), ("c.txt", Z)];
    case.expect(&all, &all);
}

#[test]
fn n4_n5_n6_no_plan_gives_one_path_to_two_documents() {
    let names = [
        A,
        A,
        "A.txt",
        "caf\u{e9}.txt",
        "cafe\u{301}.txt",
        "x/y.txt",
        "x\u{ff0f}y.txt",
        "a (2).txt",
    ];
    let documents = names.iter().enumerate().map(|(n, name)| {
        let place = Place { folder: String::new(), name: (*name).into() };
        let nfc = Place { folder: String::new(), name: crate::model::nfc(name) };
        let id = n.to_string().into();
        Document { id, place, nfc, size_bytes: 1, updated_at: "t".into(), hash: None }
    });
    let record = StoredRecord { documents: documents.collect(), ..StoredRecord::default() };
    let plan = plan(&record, &Policy { max_size_bytes: 9, ..Policy::default() });
    let mut paths: Vec<String> = plan
        .operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Upload { path, .. } => Some(fold(path)),
            _ => None,
        })
        .collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), names.len(), "{paths:?}");
}

#[test]
fn z3_at_the_limit_it_is_copied_and_one_byte_beyond_it_is_not() {
    let sizes = [("below.bin", BELOW_LIMIT), ("at.bin", LIMIT), ("beyond.bin", HUGE)];
    let mut here = Case::new(Variants::default(), &sizes);
    here.expect(&sizes, &sizes[..2]);
    let mut there = Case::new(Variants::default(), &[]);
    for (name, content) in sizes {
        there.put(name, content);
    }
    there.run().expect(&sizes[..2], &sizes);
    let problems = there.status().problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].kind, ProblemKind::Refused(Reason::TooLarge));
}

#[test]
fn z7_what_was_refused_is_tried_again_when_it_changes_or_the_button_is_pressed() {
    for (effect, from_crm) in [("WriteFiles([Commit", true), ("CreateDocument", false)] {
        let mut case = Case::new(Variants::default(), &[]);
        case.world.refused.extend([X, Y]);
        if from_crm {
            case.world.add(&case.record.clone(), "", A, X);
        } else {
            case.put(A, X);
        }
        case.run().run().run();
        assert_eq!(case.count(effect), 1, "tried once");
        assert!(matches!(case.mark(A), Mark::Refused(_)));
        if from_crm {
            case.crm_edit(A, Y);
        } else {
            case.put(A, Y);
        }
        case.run().run();
        assert_eq!(case.count(effect), 2, "another content, another try");
        case.press();
        assert_eq!(case.count(effect), 3, "the button tries again");
        case.world.refused.clear();
        case.press();
        case.expect(&[(A, Y)], &[(A, Y)]);
    }
}

#[test]
fn z7_a_document_that_cannot_be_read_is_asked_for_once() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.unreadable.insert(Y);
    case.crm_edit(A, Y).remove(A);
    case.run().run().run();
    assert_eq!(case.count("HashDocument"), 1);
    assert!(matches!(case.mark(A), Mark::Refused(_)));
    case.press();
    assert_eq!(case.count("HashDocument"), 2, "the button tries again");
    case.world.unreadable.clear();
    case.press();
    assert_eq!(case.status().problems, []);
}

#[test]
fn l1_both_empty_the_folder_is_made() {
    let mut case = Case::new(Variants::default(), &[]);
    case.expect(&[], &[]);
    assert!(case.world.dropboxes[0].things.contains_key(ROOT));
    assert_eq!(case.status().folder.as_deref(), Some("/Companies/Acme/r0"));
    assert_eq!(case.status().state, RecordState::Settled);
}
