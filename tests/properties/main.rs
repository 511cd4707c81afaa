//! What holds for every plan, whatever the trees: properties of the planner, over random trees.
//!
//! From one random tree two perturbed ones; see `trees`. Steps are carried out as `steps` says.
#![allow(clippy::unwrap_used, reason = "tests")]

mod anything;
mod steps;
mod trees;

use proptest::prelude::*;
use steps::{in_crm, in_dropbox, settle};
use sync_core::*;
use trees::{change, hash, story, Change, Story};

fn policy() -> Policy {
    Policy { max_size_bytes: 999, delete_guard_percent: 50, ..Policy::default() }
}

/// What fails is printed; nothing is written beside the tests.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Another order of the same things.
fn shuffled<T: Clone>(things: &[T], mut order: u64) -> Vec<T> {
    let mut left = things.to_vec();
    let mut out = Vec::new();
    while !left.is_empty() {
        let at = order % left.len() as u64;
        out.push(left.remove(at as usize));
        order = order.rotate_right(5).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    out
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_trees_whatever_confuse_the_planner(record in anything::record(), policy in anything::policy()) {
        let plan = plan(&record, &policy);
        anything::check(&record, &policy, &plan)?;
    }

    #[test]
    fn a_plan_taken_over_is_planned_again(story in story()) {
        let sides = story.tell();
        let first = plan(&sides.record, &policy());
        if first.halt.is_some() {
            return Ok(()); // Nothing of it is taken over.
        }
        let mut taken = sides.record.clone();
        first.clone().adopt_into(&mut taken.pairs);
        let second = plan(&taken, &policy());
        let mut again = taken.pairs.clone();
        second.clone().adopt_into(&mut again);
        prop_assert_eq!(&taken.pairs, &again);
        prop_assert_eq!(sorted(&first), sorted(&second));
        prop_assert_eq!(plan(&sides.record, &policy()), first, "the same trees, the same plan");
    }

    #[test]
    fn the_order_of_listings_makes_no_difference_to_the_end(story in story()) {
        let mut sides = story.tell();
        let mut other = sides.clone();
        other.record.documents = shuffled(&other.record.documents, story.order);
        other.record.pairs = shuffled(&other.record.pairs, story.order.rotate_left(7));
        let one = settle(&mut sides, &mut policy(), |_| 0, |_, _| ()).map_err(TestCaseError::fail)?;
        let two = settle(&mut other, &mut policy(), |_| 0, |_, _| ()).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&one.halt, &two.halt);
        if one.halt.is_some() {
            return Ok(()); // Somewhere on the way there: of two documents of one name, either may be in Dropbox.
        }
        prop_assert_eq!(in_crm(&sides), in_crm(&other));
        prop_assert_eq!(in_dropbox(&sides), in_dropbox(&other));
    }

    #[test]
    fn the_order_of_steps_makes_no_difference_to_the_end(story in story()) {
        let mut sides = story.tell();
        let mut other = sides.clone();
        let one = settle(&mut sides, &mut policy(), |_| 0, |_, _| ()).map_err(TestCaseError::fail)?;
        let mut order = story.order;
        let any = |count: usize| {
            order = order.rotate_right(5).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (order % count as u64) as usize
        };
        let two = settle(&mut other, &mut policy(), any, |_, _| ()).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&one.halt, &two.halt);
        if one.halt.is_some() {
            return Ok(()); // Somewhere on the way there: of two documents of one name, either may be in Dropbox.
        }
        prop_assert_eq!(in_crm(&sides), in_crm(&other));
        prop_assert_eq!(in_dropbox(&sides), in_dropbox(&other));
    }

    #[test]
    fn it_comes_to_rest_with_both_sides_equal_and_nothing_lost(story in story()) {
        let mut sides = story.tell();
        let before = sides.record.documents.len();
        let fresh = sides.fresh.clone();
        let end = settle(&mut sides, &mut policy(), |_| 0, |_, _| ()).map_err(TestCaseError::fail)?;
        for content in &fresh {
            let stands = in_crm(&sides).contains(content) || in_dropbox(&sides).contains(content);
            prop_assert!(stands, "content {content} is lost");
        }
        if end.halt.is_some() {
            return Ok(()); // Somebody has to decide first.
        }
        prop_assert!(!end.waiting, "{:#?}", end);
        prop_assert!(sides.record.documents.len() >= before, "fewer documents through Dropbox");
        // What was deleted in Dropbox stays in the CRM alone; everything else stands on both sides.
        let marks = sides.record.pairs.iter().filter(|pair| pair.dropbox.is_none());
        let kept: Vec<ContentHash> = marks.map(|pair| pair.hash.clone()).collect();
        let mut crm = in_crm(&sides);
        crm.retain(|content| !kept.contains(&hash(*content)));
        let mut dropbox = in_dropbox(&sides);
        dropbox.retain(|content| !kept.contains(&hash(*content)));
        prop_assert_eq!(crm, dropbox);
    }

    #[test]
    fn nothing_is_deleted_that_the_synced_tree_did_not_know(story in story()) {
        let mut sides = story.tell();
        let agreed = sides.record.pairs.clone();
        let mut wrong: Option<String> = None;
        settle(&mut sides, &mut policy(), |_| 0, |sides, step| {
            let known = |content: u64| agreed.iter().any(|pair| pair.hash == hash(content));
            let found = match step {
                Operation::DeleteFile { file, .. } => {
                    let pair = agreed.iter().find(|p| p.dropbox.as_ref().is_some_and(|d| d.id == *file));
                    let content = sides.content_of_file(file);
                    pair.is_none() || !content.is_some_and(known)
                }
                Operation::DeleteDocument { document, .. } => {
                    let content = sides.content(&document.id).unwrap_or_default();
                    let copies = in_crm(sides).into_iter().chain(in_dropbox(sides));
                    let copies = copies.filter(|other| *other == content).count();
                    !known(content) && copies < 2
                }
                Operation::Upload { over: Some(over), .. } => {
                    let content = sides.content_of_file(over);
                    let copies = in_dropbox(sides).into_iter().chain(in_crm(sides));
                    let copies = copies.filter(|other| Some(*other) == content).count();
                    !content.is_some_and(known) && copies < 2
                }
                _ => false,
            };
            if found {
                wrong.get_or_insert_with(|| format!("{step:?}"));
            }
        }).map_err(TestCaseError::fail)?;
        prop_assert!(wrong.is_none(), "{wrong:?}");
    }

    #[test]
    fn m12_m14_an_edit_beats_a_delete(at in 0..4usize, there in change(), in_crm_deleted in any::<bool>()) {
        let edited = match there {
            Change::RenameAndEdit(_) | Change::SaveAsNew => there,
            _ => Change::Edit,
        };
        let keep = vec![Change::Keep; 9];
        let with = |change| {
            let mut changes = keep.clone();
            changes[at] = change;
            changes
        };
        let (crm, dropbox) = if in_crm_deleted { (Change::Delete, edited) } else { (edited, Change::Delete) };
        let story = Story {
            agreed: vec![(0, 0), (0, 1), (1, 0), (1, 1)],
            crm: with(crm),
            dropbox: with(dropbox),
            new_in_crm: Vec::new(),
            new_in_dropbox: Vec::new(),
            order: 0,
        };
        let mut sides = story.tell();
        let content = sides.fresh[0];
        settle(&mut sides, &mut policy(), |_| 0, |_, _| ()).map_err(TestCaseError::fail)?;
        prop_assert!(in_crm(&sides).contains(&content) && in_dropbox(&sides).contains(&content));
    }
}

/// The steps of a plan, in an order of their own.
fn sorted(plan: &Plan) -> Vec<String> {
    let mut steps: Vec<String> = plan.operations.iter().map(|step| format!("{step:?}")).collect();
    steps.sort();
    steps
}
