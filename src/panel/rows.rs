//! What the lists below the panel's head tell of a record: problems, conflicts, documents with their marks, activity.

use super::icons;
use super::key::Key;
use super::text::{t, Arg, Text};
use crate::key;
use sync_core::{
    is_conflicted_copy, split_dir, Activity, Halt, Happened, Item, Mark, Place, Problem,
    ProblemKind, Reason, RecordState, RecordStatus, Side,
};

/// Problems that a person can do something about, each with what. One-way records are told of in another place.
pub(super) fn problems(record: &RecordStatus) -> Vec<(&Place, Key)> {
    let mut told = Vec::new();
    for problem in &record.problems {
        let what = match problem.kind {
            ProblemKind::Refused(reason) => advice(reason),
            ProblemKind::OutOfSpace => key!("problem_out_of_space"),
            ProblemKind::OneWay | ProblemKind::NewerInDropbox => continue,
        };
        told.push((&problem.place, what));
    }
    told
}

/// Files that wait in Dropbox because the CRM takes none.
pub(super) fn held_back(record: &RecordStatus) -> bool {
    let waits = |problem: &Problem| {
        matches!(problem.kind, ProblemKind::OneWay | ProblemKind::NewerInDropbox)
    };
    record.problems.iter().any(waits)
}

/// Conflicted copies, each with the document it is a copy of, if that still stands there.
pub(super) fn conflicts(record: &RecordStatus) -> Vec<(Option<&Item>, &Item)> {
    let mut told = Vec::new();
    for copy in &record.items {
        if copy.mark != Mark::ConflictedCopy {
            continue;
        }
        let original = record.items.iter().find(|item| {
            item.place.folder == copy.place.folder
                && is_conflicted_copy(&copy.place.name, &item.place.name)
        });
        told.push((original, copy));
    }
    told
}

/// An item's identity, stable over time.
pub(super) fn key(item: &Item) -> String {
    match (&item.document, &item.file) {
        (Some(document), _) => document.to_string(),
        (None, Some(file)) => file.to_string(),
        (None, None) => with_folder(&item.place),
    }
}

/// One of the six marks: its name in the document (`data-mark`), and its icon.
pub(super) struct Sign {
    pub word: &'static str,
    pub icon: &'static str,
}

const BOTH: Sign = Sign { word: "both", icon: icons::CHECK };
const ON_ITS_WAY: Sign = Sign { word: "on-its-way", icon: icons::SYNC };
const CRM_ONLY: Sign = Sign { word: "crm-only", icon: icons::CRM_ONLY };
const DROPBOX_ONLY: Sign = Sign { word: "dropbox-only", icon: icons::DROPBOX_ONLY };
const CONFLICT: Sign = Sign { word: "conflict", icon: icons::CONFLICT };
const REFUSED: Sign = Sign { word: "refused", icon: icons::REFUSED };

/// An item's mark, and what it says.
pub(super) fn marked(item: &Item, state: &RecordState, online: bool) -> (&'static Sign, Key) {
    let moving = online && matches!(state, RecordState::Working | RecordState::Queued);
    match item.mark {
        Mark::Both => (&BOTH, key!("mark_both")),
        // Nothing of a stopped record is on its way; what the folder held went with it.
        Mark::OnItsWay if matches!(state, RecordState::Halted(Halt::FolderRemoved)) => {
            (&CRM_ONLY, key!("mark_crm_only"))
        }
        Mark::OnItsWay if item.document.is_none() && matches!(state, RecordState::Halted(_)) => {
            (&DROPBOX_ONLY, key!("mark_dropbox_only"))
        }
        Mark::OnItsWay => {
            let text = match (moving, &item.document, &item.file) {
                (false, ..) => key!("mark_waiting"),
                (true, None, _) => key!("mark_to_crm"),
                (true, Some(_), None) => key!("mark_to_dropbox"),
                (true, Some(_), Some(_)) => key!("mark_updating"),
            };
            (&ON_ITS_WAY, text)
        }
        Mark::CrmOnly => (&CRM_ONLY, key!("mark_crm_only")),
        Mark::DropboxOnly => (&DROPBOX_ONLY, key!("mark_dropbox_only")),
        Mark::ConflictedCopy => (&CONFLICT, key!("mark_conflict")),
        Mark::Refused(reason) => (&REFUSED, advice(reason)),
    }
}

/// Why a file was refused, and what to do about it.
fn advice(reason: Reason) -> Key {
    match reason {
        Reason::TooLarge => key!("refused_too_large"),
        Reason::Name => key!("refused_name"),
        Reason::Restricted => key!("refused_restricted"),
        Reason::Unsupported => key!("refused_unsupported"),
        Reason::Damaged => key!("refused_damaged"),
        Reason::CrmRefused => key!("refused_crm"),
        Reason::DropboxRefused => key!("refused_dropbox"),
    }
}

/// What happened, as a sentence.
pub(super) fn happened(activity: &Activity) -> Box<Text> {
    let what = &activity.what;
    // The name that it had before, or that the copy of it has.
    let other = match what {
        Happened::MovedInDropbox { from: path } | Happened::KeptBoth { copy: path } => {
            split_dir(path).1
        }
        Happened::MovedInCrm { from } => from,
        _ => "",
    };
    let key = match what {
        Happened::Linked => key!("did_link"),
        Happened::CopiedToDropbox => key!("did_copy_to_dropbox"),
        Happened::UpdatedInDropbox => key!("did_update_in_dropbox"),
        Happened::CopiedToCrm => key!("did_copy_to_crm"),
        Happened::UpdatedInCrm => key!("did_update_in_crm"),
        Happened::MovedInDropbox { .. } if other == activity.name => key!("did_place_in_dropbox"),
        Happened::MovedInDropbox { .. } => key!("did_move_in_dropbox"),
        Happened::MovedInCrm { .. } if other == activity.name => key!("did_place_in_crm"),
        Happened::MovedInCrm { .. } => key!("did_move_in_crm"),
        Happened::DeletedInDropbox => key!("did_delete_in_dropbox"),
        Happened::KeptInCrm => key!("did_keep_in_crm"),
        Happened::KeptBoth { .. } => key!("did_keep_both"),
        Happened::Refused(_) => key!("did_refuse"),
        Happened::FolderMoved => key!("did_move_folder"),
        Happened::FolderKept => key!("did_keep_folder"),
        Happened::Halted(_) => key!("did_halt"),
        Happened::Decided { confirmed: true } => key!("did_confirm"),
        Happened::Decided { confirmed: false } => key!("did_dismiss"),
    };
    // A sentence takes what it has a place for.
    let text = t(key).name(&activity.name);
    match what {
        Happened::Refused(reason) => text.with("reason", Arg::Text(t(advice(*reason)))),
        Happened::Halted(halt) => text.with("reason", Arg::Text(halt_title(halt))),
        _ if other.is_empty() => text,
        Happened::KeptBoth { .. } => text.with("copy", Arg::Name(other.into())),
        _ => text.with("from", Arg::Name(other.into())),
    }
}

/// One line on why a record stands still.
pub(super) fn halt_title(halt: &Halt) -> Box<Text> {
    let title = t(match halt {
        Halt::CrmEmpty { .. } => key!("halt_crm_empty"),
        Halt::ManyDeletes { .. } => key!("halt_many_deletes"),
        Halt::ManyChanges { side: Side::Crm, .. } => key!("halt_many_changes_crm"),
        Halt::ManyChanges { side: Side::Dropbox, .. } => key!("halt_many_changes_dropbox"),
        Halt::FolderRemoved => key!("folder_removed"),
        Halt::CrmForbidden => key!("halt_forbidden"),
        Halt::CrmGone => key!("halt_gone"),
        Halt::Malformed => key!("halt_malformed"),
        Halt::AllFoldersGone => key!("halt_all_folders_gone"),
        Halt::AppFolderGone => key!("halt_app_folder_gone"),
    });
    match halt {
        Halt::ManyDeletes { delete_count: count, .. }
        | Halt::ManyChanges { change_count: count, .. } => title.count(*count),
        _ => title,
    }
}

/// `folder/name`, as a person reads it.
pub(super) fn with_folder(place: &Place) -> String {
    if place.folder.is_empty() {
        place.name.clone()
    } else {
        [&*place.folder, "/", &place.name].concat()
    }
}
