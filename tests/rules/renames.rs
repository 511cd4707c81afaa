//! Renames and moves, of documents, files, folders and records (R).

use crate::model::case::{row, variants, Case, A, X, Y, Z};
use crate::model::{Content, Fault, Variants};
use sync_core::*;

#[test]
fn r1_renamed_in_dropbox() {
    let act = |case: &mut Case| {
        case.rename(A, "b.txt");
    };
    row(false, &[(A, X)], act, &[("b.txt", X)], &[("b.txt", X)]);
}

#[test]
fn r2_moved_to_a_subfolder_in_dropbox() {
    let act = |case: &mut Case| {
        case.rename(A, "Box/a.txt");
    };
    row(false, &[(A, X)], act, &[("Box/a.txt", X)], &[("box/a.txt", X)]);
}

#[test]
fn r3_a_folder_renamed_in_dropbox() {
    for variants in variants(false) {
        let mut case = Case::new(variants, &[]);
        case.world.add(&case.record.clone(), "Box", "1.txt", X);
        case.world.add(&case.record.clone(), "Box", "2.txt", Y);
        case.run();
        case.rename("box", "Case").run();
        case.expect(
            &[("Case/1.txt", X), ("Case/2.txt", Y)],
            &[("case/1.txt", X), ("case/2.txt", Y)],
        );
    }
}

#[test]
fn r4_renamed_and_edited_in_dropbox() {
    let act = |case: &mut Case| {
        case.rename(A, "b.txt").put("b.txt", Y);
    };
    row(false, &[(A, X)], act, &[("b.txt", Y)], &[("b.txt", Y)]);
}

#[test]
fn r5_renamed_in_dropbox_and_edited_in_the_crm() {
    let act = |case: &mut Case| {
        case.rename(A, "b.txt").crm_edit(A, Y);
    };
    row(false, &[(A, X)], act, &[("b.txt", Y)], &[("b.txt", Y)]);
}

#[test]
fn r6_renamed_in_dropbox_and_deleted_in_the_crm() {
    let act = |case: &mut Case| {
        case.rename(A, "b.txt").crm_delete(A);
    };
    row(false, &[(A, X)], act, &[], &[]);
}

#[test]
fn r7_renamed_onto_the_name_of_a_file_deleted_there() {
    let act = |case: &mut Case| {
        case.remove("b.txt").run().rename(A, "b.txt");
    };
    let crm = [("b.txt", X), ("b (2).txt", Y)];
    row(false, &[(A, X), ("b.txt", Y)], act, &crm, &[("b.txt", X)]);
}

#[test]
fn r8_two_names_swapped_in_dropbox() {
    for same_name_is_new_version in [false, true] {
        let variants = Variants { same_name_is_new_version, ..Variants::default() };
        let mut case = Case::new(variants, &[(A, X), ("b.txt", Y)]);
        case.rename(A, "t").rename("b.txt", A).rename("t", "b.txt").run();
        let swapped = [(A, Y), ("b.txt", X)];
        case.expect(&swapped, &swapped);
    }
}

#[test]
fn r9_renamed_in_the_crm_moves_without_an_upload() {
    for variants in variants(false) {
        let mut case = Case::new(variants, &[(A, X)]);
        let id = case.world.files(0).len();
        case.crm_rename(A, "b.txt").run().expect(&[("b.txt", X)], &[("b.txt", X)]);
        assert_eq!(case.world.files(0).len(), id);
        let staged = case.world.trace.iter().filter(|line| line.contains("StageDocument")).count();
        assert_eq!(staged, 1, "only the first copy sends bytes");
    }
}

#[test]
fn r12_only_the_case_changed() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    let writes = case.world.writes;
    case.crm_rename(A, "A.txt").run().expect(&[("A.txt", X)], &[(A, X)]);
    assert_eq!(case.world.writes, writes);
}

#[test]
fn r16_both_sides_rename_and_the_crm_wins() {
    let act = |case: &mut Case| {
        case.rename(A, "d.txt").crm_rename(A, "c.txt");
    };
    row(false, &[(A, X)], act, &[("c.txt", X)], &[("c.txt", X)]);
}

#[test]
fn r17_one_deleted_and_another_created_is_no_rename() {
    let act = |case: &mut Case| {
        case.crm_delete(A);
        case.world.add(&case.record.clone(), "", "b.txt", X + 3);
    };
    row(false, &[(A, X)], act, &[("b.txt", X + 3)], &[("b.txt", X + 3)]);
}

#[test]
fn r10_r18_the_folder_follows_the_record_and_the_link_follows_the_folder() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    let now = case.world.clock;
    let named = Event::Named { record: case.record.clone(), name: "Beta".into() };
    case.browser.send(named, now);
    case.browser.settle(&mut case.world);
    assert_eq!(case.status().folder.as_deref(), Some("/Companies/Beta/r0"));
    assert!(case.world.rename(0, "/companies/beta", "/Companies/Mine"));
    case.run();
    assert_eq!(case.status().folder.as_deref(), Some("/Companies/Mine/r0"));
    case.world.put(0, "/companies/mine/r0/b.txt", Y).unwrap();
    case.run();
    let names: Vec<_> =
        case.world.records[&case.record].docs.values().map(|doc| doc.place.name.clone()).collect();
    assert_eq!(names, ["a.txt", "b.txt"]);
}

#[test]
fn r9_m15_gone_on_both_sides_an_equal_document_elsewhere_is_new() {
    // Found by seed 3710: our own delete was not stored before the tab died.
    let act = |case: &mut Case| {
        case.crm_rename(A, "b.txt").remove(A);
    };
    row(false, &[(A, X)], act, &[("b.txt", X)], &[("b.txt", X)]);
}

#[test]
fn r9_a_file_that_holds_another_content_is_nobodys_renamed_document() {
    // Found by seed 708: the file's content was our own upload of a document deleted since, and not heard of; it
    // replaced the renamed document.
    let act = |case: &mut Case| {
        case.crm_rename(A, "b.txt").put(A, Y);
    };
    row(false, &[(A, X)], act, &[(A, Y), ("b.txt", X)], &[(A, Y), ("b.txt", X)]);
}

#[test]
fn r7_another_file_under_the_name_of_a_kept_document_takes_the_name() {
    let act = |case: &mut Case| {
        case.remove("b.txt").run().put("b.txt", Z);
    };
    let crm = [(A, X), ("b.txt", Z), ("b (2).txt", Y)];
    row(false, &[(A, X), ("b.txt", Y)], act, &crm, &[(A, X), ("b.txt", Z)]);
}

#[test]
fn r7_a_kept_document_that_the_crm_does_not_take_again_stays_and_our_file_steps_aside() {
    let mut case = Case::new(Variants::default(), &[(A, X), ("b.txt", Y)]);
    case.world.refused.insert(Y);
    case.remove("b.txt").run().put("b.txt", Z).run();
    case.expect(&[(A, X), ("b.txt", Y), ("b (2).txt", Z)], &[(A, X), ("b (2).txt", Z)]);
    let refused = case.world.trace.iter().filter(|line| line.contains("CreateDocument")).count();
    assert_eq!(refused, 2, "asked once, and then Z: {:#?}", case.world.trace);
}

fn paths(case: &Case) -> Vec<String> {
    case.world.files(0).into_iter().map(|(path, _)| path).collect()
}

fn name(case: &mut Case, name: &str) {
    case.send(Event::Named { record: case.record.clone(), name: name.into() });
}

#[test]
fn r10_r11_records_of_one_name_are_kept_apart_by_their_ids() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    let other = case.link("r1", "Acme");
    case.world.add(&other, "", A, Y);
    case.run();
    let apart = ["/companies/acme/r0/a.txt", "/companies/acme/r1/a.txt"];
    assert_eq!(paths(&case), apart);
    // One of them gets another name: only its own folder moves.
    name(&mut case, "Beta");
    assert_eq!(case.status().folder.as_deref(), Some("/Companies/Beta/r0"));
    assert_eq!(paths(&case), ["/companies/acme/r1/a.txt", "/companies/beta/r0/a.txt"]);
    // And back to the name that the other one has.
    name(&mut case, "Acme");
    assert_eq!(paths(&case), apart);
    let contents: Vec<Content> = case.world.files(0).into_iter().map(|(_, c)| c).collect();
    assert_eq!(contents, [X, Y]);
    assert_eq!(case.count("StageDocument"), 2, "no content was sent again");
}

#[test]
fn r10_no_folder_is_made_beside_one_that_is_being_counted_and_moved() {
    // Found by seed 8000 of the whole system: the neighbour's new folder moved along, and its documents went elsewhere.
    for counted_first in [false, true] {
        let mut case = Case::new(Variants::default(), &[(A, X)]);
        let other = Record::new(RecordKind::Company, "r1");
        case.world.records.entry(other.clone()).or_default();
        case.world.add(&other, "", "b.txt", Y);
        let mut events = [
            Event::Press { record: other.clone(), name: "Acme".into() },
            Event::Named { record: case.record.clone(), name: "Beta".into() },
        ];
        if counted_first {
            events.reverse();
        }
        let turn = |effect: &Effect| {
            matches!(effect, Effect::EnsureFolder { .. } | Effect::CountChildren { .. })
        };
        let quick = |case: &Case| case.browser.tasks.iter().position(|task| !turn(&task.effect));
        // The first one's folder has its turn, and the other one's waits behind it.
        for event in events {
            case.browser.send(event, case.world.clock);
            while let Some(task) = quick(&case) {
                case.browser.finish(&mut case.world, task, Fault::None);
            }
        }
        while !case.browser.tasks.is_empty() {
            let turns = case.browser.tasks.iter().filter(|task| turn(&task.effect)).count();
            assert!(turns <= 1, "counted while a folder is being made:\n{}", case.trace());
            let task = quick(&case).unwrap_or(0);
            case.browser.finish(&mut case.world, task, Fault::None);
        }
        case.run();
        assert_eq!(paths(&case), ["/companies/acme/r1/b.txt", "/companies/beta/r0/a.txt"]);
        let status = case.browser.engine.record_status(&other).unwrap();
        assert_eq!(status.folder.as_deref(), Some("/Companies/Acme/r1"), "{}", case.trace());
    }
}

#[test]
fn r10_what_a_person_put_beside_the_record_s_folder_stays_where_it_is() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.put(0, "/companies/acme/notes.txt", Y).unwrap();
    case.run();
    name(&mut case, "Beta");
    assert_eq!(paths(&case), ["/companies/acme/notes.txt", "/companies/beta/r0/a.txt"]);
}

#[test]
fn r10_a_record_renamed_while_no_page_shows_it() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.records.get_mut(&case.record).unwrap().name = Some("Beta".into());
    case.world.clock += 2 * 3_600_000;
    case.run();
    assert_eq!(case.status().folder.as_deref(), Some("/Companies/Beta/r0"));
    assert_eq!(case.count("MoveFolder"), 1);
}

#[test]
fn r10_a_folder_too_large_to_move_stays_in_use() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.too_many_files = true;
    name(&mut case, "Beta");
    assert_eq!(case.status().folder.as_deref(), Some("/Companies/Acme/r0"));
    assert_eq!(case.status().activity[0].what, Happened::FolderKept);
    case.put("b.txt", Y).run().expect(&[(A, X), ("b.txt", Y)], &[(A, X), ("b.txt", Y)]);
    assert_eq!(case.count("MoveFolder"), 1, "not tried again and again");
}

#[test]
fn r13_only_the_normal_form_changed() {
    let mut case = Case::new(Variants::default(), &[("caf\u{e9}.txt", X)]);
    let writes = case.world.writes;
    case.crm_rename("caf\u{e9}.txt", "cafe\u{301}.txt").run();
    case.expect(&[("cafe\u{301}.txt", X)], &[("caf\u{e9}.txt", X)]);
    assert_eq!(case.world.writes, writes);
}

#[test]
fn r14_moved_out_of_the_record_s_folder_or_out_of_the_app_folder() {
    for variants in variants(false) {
        let mut case = Case::new(variants, &[(A, X), ("b.txt", Y)]);
        assert!(case.world.rename(0, "/companies/acme/r0/a.txt", "/Elsewhere/a.txt"));
        // Out of the app folder it is a deletion to us.
        case.remove("b.txt").run().expect(&[(A, X), ("b.txt", Y)], &[]);
        assert_eq!((case.mark(A), case.mark("b.txt")), (Mark::CrmOnly, Mark::CrmOnly));
        assert_eq!(paths(&case), ["/elsewhere/a.txt"], "what went elsewhere is left alone");
    }
}

#[test]
fn r15_moved_from_one_record_s_folder_to_another_s() {
    for variants in variants(false) {
        let mut case = Case::new(variants, &[(A, X)]);
        let other = case.link("r1", "Beta");
        assert!(case.world.rename(0, "/companies/acme/r0/a.txt", "/Companies/Beta/r1/a.txt"));
        case.run().expect(&[(A, X)], &[]);
        assert_eq!(case.mark(A), Mark::CrmOnly);
        let there = case.world.records[&other].docs.values().map(|doc| doc.content);
        assert_eq!(there.collect::<Vec<_>>(), [X], "the other record got it");
    }
}

#[test]
fn r15_a_link_does_not_follow_its_files_into_another_record_s_folder() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.link("r1", "Beta");
    assert!(case.world.rename(0, "/companies/acme/r0/a.txt", "/Companies/Beta/r1/a.txt"));
    assert!(case.world.delete(0, "/companies/acme"));
    // Everything is listed anew, the other record's folder with it.
    case.world.dropboxes[0].epoch += 1;
    case.run();
    assert_eq!(case.halt(), Some(Halt::FolderRemoved));
    assert_eq!(case.world.records[&case.record].docs.len(), 1);
}

#[test]
fn r15_a_link_follows_its_files_neither_below_another_record_s_folder_nor_above_it() {
    for folder in ["/Companies/Beta/r1/Contracts", "/Companies/Beta"] {
        let mut case = Case::new(Variants::default(), &[(A, X)]);
        let other = case.link("r1", "Beta");
        case.world.make_folder(0, folder);
        assert!(case.world.rename(0, "/companies/acme/r0/a.txt", &format!("{folder}/a.txt")));
        assert!(case.world.delete(0, "/companies/acme"));
        // Everything is listed anew, the other record's folder with it.
        case.world.dropboxes[0].epoch += 1;
        case.run();
        assert_eq!(case.halt(), Some(Halt::FolderRemoved), "{folder}");
        // What is put into the other record's folder is that record's alone.
        case.world.put(0, "/companies/beta/r1/b.txt", Y).unwrap();
        case.run();
        assert!(case.world.records[&other].docs.values().any(|doc| doc.content == Y), "{folder}");
        assert_eq!(case.world.records[&case.record].docs.len(), 1, "{folder}");
    }
}

#[test]
fn r18_an_empty_folder_that_moved_is_followed_by_its_id() {
    let mut case = Case::new(Variants::default(), &[]);
    assert!(case.world.rename(0, "/companies/acme/r0", "/Mine"));
    case.run();
    assert_eq!(case.status().folder.as_deref(), Some("/Mine"));
    case.world.put(0, "/mine/a.txt", X).unwrap();
    case.run();
    assert_eq!(case.world.records[&case.record].docs.len(), 1);
}

#[test]
fn r18_a_folder_made_anew_is_followed_by_its_files() {
    let mut case = Case::new(Variants::default(), &[(A, X), ("b.txt", Y)]);
    case.world.make_folder(0, "/Mine");
    for name in [A, "b.txt"] {
        let from = format!("/companies/acme/r0/{name}");
        assert!(case.world.rename(0, &from, &format!("/Mine/{name}")));
    }
    assert!(case.world.delete(0, "/companies/acme"));
    case.run();
    assert_eq!(case.halt(), None);
    assert_eq!(case.status().folder.as_deref(), Some("/Mine"));
    case.world.put(0, "/mine/c.txt", Z).unwrap();
    case.run();
    assert_eq!(case.world.records[&case.record].docs.len(), 3);
}
