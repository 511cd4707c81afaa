//! Files for folders, folders for files, and what listings say of them (F).

use crate::model::case::{row, variants, Case, A, ROOT, X, Y, Z};
use crate::model::Variants;
use sync_core::*;

#[test]
fn f1_a_file_replaced_by_a_folder_of_its_name() {
    let act = |case: &mut Case| {
        case.remove(A).put("a.txt/inner.txt", Y);
    };
    let crm = [(A, X), ("a.txt/inner.txt", Y)];
    row(false, &[(A, X)], act, &crm, &[("a.txt/inner.txt", Y)]);
}

#[test]
fn f2_a_folder_replaced_by_a_file_of_its_name() {
    for variants in variants(false) {
        let mut case = Case::new(variants, &[]);
        case.world.add(&case.record.clone(), "box", "in.txt", X);
        case.run();
        case.remove("box").put("box", Y).run();
        case.expect(&[("box/in.txt", X), ("box", Y)], &[("box", Y)]);
    }
}

#[test]
fn f4_the_record_folder_removed_waits_for_the_button() {
    for variants in variants(false) {
        let mut case = Case::new(variants, &[(A, X), ("b.txt", Y)]);
        assert!(case.world.delete(0, ROOT));
        case.world.add(&case.record.clone(), "", "c.txt", Z);
        case.run().expect(&[(A, X), ("b.txt", Y), ("c.txt", Z)], &[]);
        assert_eq!(case.halt(), Some(Halt::FolderRemoved));
        case.press();
        let all = [(A, X), ("b.txt", Y), ("c.txt", Z)];
        case.expect(&all, &all);
    }
}

#[test]
fn f8_one_entry_for_a_removed_folder_of_many_files() {
    for variants in variants(false) {
        let mut case = Case::new(variants, &[]);
        for name in ["1.txt", "2.txt", "3.txt"] {
            case.world.add(&case.record.clone(), "box", name, X);
        }
        case.run();
        case.remove("box").run();
        case.expect(&[("box/1.txt", X), ("box/2.txt", X), ("box/3.txt", X)], &[]);
    }
}

#[test]
fn f3_a_file_added_to_a_folder_that_the_crm_empties_survives() {
    for variants in variants(false) {
        let mut case = Case::new(variants, &[(A, X)]);
        case.world.add(&case.record.clone(), "Box", "old.txt", Y);
        case.run();
        case.crm_delete("old.txt").put("Box/new.txt", Z).run();
        let both = [(A, X), ("Box/new.txt", Z)];
        case.expect(&both, &[(A, X), ("box/new.txt", Z)]);
    }
}

#[test]
fn f6_an_empty_folder_is_nothing() {
    let mut case = Case::new(Variants::default(), &[(A, X)]);
    case.world.make_folder(0, "/Companies/Acme/r0/Empty");
    case.run().expect(&[(A, X)], &[(A, X)]);
}

#[test]
fn f7_three_levels_made_while_nobody_looked_all_arrive() {
    let mut case = Case::new(Variants::default(), &[]);
    case.put("1/a.txt", X).put("1/2/b.txt", Y).put("1/2/3/c.txt", Z).run();
    let all = [("1/a.txt", X), ("1/2/b.txt", Y), ("1/2/3/c.txt", Z)];
    case.expect(&all, &[("1/2/3/c.txt", Z), ("1/2/b.txt", Y), ("1/a.txt", X)]);
}

fn file(path: &str, id: &str) -> Entry {
    Entry::File(FileEntry {
        path_lower: path.into(),
        path_display: path.into(),
        id: id.into(),
        rev: "1".into(),
        size_bytes: 1,
        hash: None,
    })
}

fn folder(path: &str) -> Entry {
    let id = format!("id:{path}");
    Entry::Folder(FolderEntry { path_lower: path.into(), path: path.into(), id: id.into() })
}

fn deleted(path: &str) -> Entry {
    Entry::Deleted { path_lower: path.into() }
}

/// The files that stand after these entries, in order.
fn standing(entries: &[Entry]) -> Vec<String> {
    let mut nodes = Nodes::default();
    for entry in entries {
        let path = match entry {
            Entry::File(file) => &file.path_lower,
            Entry::Folder(folder) => &folder.path_lower,
            Entry::Deleted { path_lower } => path_lower,
        };
        apply(&mut nodes, path.clone(), entry.clone());
    }
    let mut paths: Vec<String> = files(&nodes).into_iter().map(|file| file.path).collect();
    paths.sort();
    paths
}

#[test]
fn f1_f2_what_takes_a_place_takes_it_with_all_below() {
    let inside = [folder("box"), file("box/in.txt", "1"), file("box/deep/er.txt", "2")];
    let mut entries = inside.to_vec();
    entries.push(file("boxes.txt", "3"));
    entries.push(file("box", "4"));
    assert_eq!(standing(&entries), ["box", "boxes.txt"]);
    entries.push(folder("box"));
    assert_eq!(standing(&entries), ["boxes.txt"]);
}

#[test]
fn f5_a_child_told_of_before_its_parent_stands_as_if_in_order() {
    let in_order = [folder("box"), folder("box/deep"), file("box/deep/er.txt", "1")];
    let mut reversed = in_order.to_vec();
    reversed.reverse();
    assert_eq!(standing(&reversed), ["box/deep/er.txt"]);
    assert_eq!(standing(&in_order), standing(&reversed));
    for child_first in [false, true] {
        let mut case = Case::new(Variants { child_first, ..Variants::default() }, &[]);
        case.put("Box/a.txt", X).run().expect(&[("Box/a.txt", X)], &[("box/a.txt", X)]);
    }
}

#[test]
fn f8_a_deletion_covers_what_is_below_and_nothing_beside() {
    let before = [folder("box"), file("box/1", "1"), file("box/2", "2"), file("box.txt", "3")];
    let one = [&before[..], &[deleted("box")]].concat();
    let each = [&before[..], &[deleted("box/1"), deleted("box/2"), deleted("box")]].concat();
    assert_eq!(standing(&one), ["box.txt"]);
    assert_eq!(standing(&each), ["box.txt"]);
}

#[test]
fn f9_the_same_file_under_a_new_parent_is_a_move() {
    for new_place_first in [false, true] {
        let mut case = Case::new(Variants::default(), &[(A, X)]);
        let begun = case.world.dropboxes[0].log.len();
        case.rename(A, "Box/a.txt");
        if new_place_first {
            case.world.dropboxes[0].log[begun..].reverse();
        }
        case.run().expect(&[("Box/a.txt", X)], &[("box/a.txt", X)]);
        assert_eq!(case.count("CreateDocument"), 1, "made anew once, under its new place");
        assert_eq!(case.count("StageDocument"), 1, "only the first copy went to Dropbox");
    }
}
