//! The lists below the panel's head: problems, conflicts, documents with their marks, activity.

use super::model::{ActivityRow, ConflictRow, DocumentRow, MarkWord, ProblemRow};
use super::text::{t, Arg, Text};
use sync_core::{
    is_conflicted_copy, split_dir, Activity, Halt, Happened, Item, Mark, Place, Problem,
    ProblemKind, Reason, RecordState, RecordStatus, Side,
};

/// Problems that a person can do something about. One-way records are told of in another place.
pub(super) fn problems(record: &RecordStatus) -> Vec<ProblemRow> {
    let mut rows = Vec::new();
    for problem in &record.problems {
        let text = match problem.kind {
            ProblemKind::Refused(reason) => advice(reason),
            ProblemKind::OutOfSpace => "problem_out_of_space",
            ProblemKind::OneWay | ProblemKind::NewerInDropbox => continue,
        };
        rows.push(ProblemRow { name: with_folder(&problem.place), text: t(text) });
    }
    rows
}

/// Files that wait in Dropbox because the CRM takes none.
pub(super) fn held_back(record: &RecordStatus) -> bool {
    let waits = |problem: &Problem| {
        matches!(problem.kind, ProblemKind::OneWay | ProblemKind::NewerInDropbox)
    };
    record.problems.iter().any(waits)
}

/// Conflicted copies, each with the document it is a copy of.
pub(super) fn conflicts(record: &RecordStatus) -> Vec<ConflictRow> {
    let shown = |item: &Item| (item.place.name.clone(), item.path.clone());
    let mut rows = Vec::new();
    for copy in &record.items {
        if copy.mark != Mark::ConflictedCopy {
            continue;
        }
        let original = record.items.iter().find(|item| {
            item.place.folder == copy.place.folder
                && is_conflicted_copy(&copy.place.name, &item.place.name)
        });
        rows.push(ConflictRow {
            original: original.map_or_else(|| (String::new(), None), shown),
            copy: shown(copy),
        });
    }
    rows
}

/// All documents and files, by folder and name.
pub(super) fn documents(record: &RecordStatus, online: bool) -> Vec<DocumentRow> {
    let mut rows = Vec::new();
    for item in &record.items {
        let (mark, text) = marked(item, &record.state, online);
        rows.push(DocumentRow {
            key: key(item),
            name: item.place.name.clone(),
            folder: item.place.folder.clone(),
            mark,
            text: t(text),
            path: item.path.clone(),
            copy_back: item.document.clone().filter(|_| item.mark == Mark::CrmOnly),
        });
    }
    rows
}

fn key(item: &Item) -> String {
    match (&item.document, &item.file) {
        (Some(document), _) => document.to_string(),
        (None, Some(file)) => file.to_string(),
        (None, None) => with_folder(&item.place),
    }
}

fn marked(item: &Item, state: &RecordState, online: bool) -> (MarkWord, &'static str) {
    let moving = online && matches!(state, RecordState::Working | RecordState::Queued);
    match item.mark {
        Mark::Both => (MarkWord::Both, "mark_both"),
        // Nothing of a stopped record is on its way; what the folder held went with it.
        Mark::OnItsWay if matches!(state, RecordState::Halted(Halt::FolderRemoved)) => {
            (MarkWord::CrmOnly, "mark_crm_only")
        }
        Mark::OnItsWay if item.document.is_none() && matches!(state, RecordState::Halted(_)) => {
            (MarkWord::DropboxOnly, "mark_dropbox_only")
        }
        Mark::OnItsWay => {
            let text = match (moving, &item.document, &item.file) {
                (false, ..) => "mark_waiting",
                (true, None, _) => "mark_to_crm",
                (true, Some(_), None) => "mark_to_dropbox",
                (true, Some(_), Some(_)) => "mark_updating",
            };
            (MarkWord::OnItsWay, text)
        }
        Mark::CrmOnly => (MarkWord::CrmOnly, "mark_crm_only"),
        Mark::DropboxOnly => (MarkWord::DropboxOnly, "mark_dropbox_only"),
        Mark::ConflictedCopy => (MarkWord::Conflict, "mark_conflict"),
        Mark::Refused(reason) => (MarkWord::Refused, advice(reason)),
    }
}

/// Why a file was refused, and what to do about it.
fn advice(reason: Reason) -> &'static str {
    match reason {
        Reason::TooLarge => "refused_too_large",
        Reason::Name => "refused_name",
        Reason::Restricted => "refused_restricted",
        Reason::Unsupported => "refused_unsupported",
        Reason::Damaged => "refused_damaged",
        Reason::CrmRefused => "refused_crm",
        Reason::DropboxRefused => "refused_dropbox",
    }
}

/// What happened, newest first.
pub(super) fn activity(record: &RecordStatus) -> Vec<ActivityRow> {
    let mut rows = Vec::new();
    // Counted from the oldest: a new line on top leaves the keys of the others alone.
    let mut number = record.activity.len();
    for activity in &record.activity {
        rows.push(ActivityRow {
            key: format!("{number} {}", activity.at_ms),
            at_ms: activity.at_ms,
            text: happened(activity),
        });
        number -= 1;
    }
    rows
}

fn happened(activity: &Activity) -> Text {
    let what = &activity.what;
    let key = match what {
        Happened::Linked => "did_link",
        Happened::CopiedToDropbox => "did_copy_to_dropbox",
        Happened::UpdatedInDropbox => "did_update_in_dropbox",
        Happened::CopiedToCrm => "did_copy_to_crm",
        Happened::UpdatedInCrm => "did_update_in_crm",
        Happened::MovedInDropbox { from } if split_dir(from).1 == activity.name => {
            "did_place_in_dropbox"
        }
        Happened::MovedInDropbox { .. } => "did_move_in_dropbox",
        Happened::MovedInCrm { from } if *from == activity.name => "did_place_in_crm",
        Happened::MovedInCrm { .. } => "did_move_in_crm",
        Happened::DeletedInDropbox => "did_delete_in_dropbox",
        Happened::KeptInCrm => "did_keep_in_crm",
        Happened::KeptBoth { .. } => "did_keep_both",
        Happened::Refused(_) => "did_refuse",
        Happened::FolderMoved => "did_move_folder",
        Happened::FolderKept => "did_keep_folder",
        Happened::Halted(_) => "did_halt",
        Happened::Decided { confirmed: true } => "did_confirm",
        Happened::Decided { confirmed: false } => "did_dismiss",
    };
    // A sentence takes what it has a place for.
    let text = t(key).name(&activity.name);
    match what {
        Happened::MovedInDropbox { from } => text.with("from", Arg::Name(split_dir(from).1.into())),
        Happened::MovedInCrm { from } => text.with("from", Arg::Name(from.clone())),
        Happened::KeptBoth { copy } => text.with("copy", Arg::Name(split_dir(copy).1.into())),
        Happened::Refused(reason) => text.with("reason", Arg::Text(t(advice(*reason)))),
        Happened::Halted(halt) => text.with("reason", Arg::Text(halt_title(halt))),
        _ => text,
    }
}

/// One line on why a record stands still.
pub(super) fn halt_title(halt: &Halt) -> Text {
    match halt {
        Halt::CrmEmpty { .. } => t("halt_crm_empty"),
        Halt::ManyDeletes { delete_count, .. } => t("halt_many_deletes").count(*delete_count),
        Halt::ManyChanges { change_count, side: Side::Crm, .. } => {
            t("halt_many_changes_crm").count(*change_count)
        }
        Halt::ManyChanges { change_count, side: Side::Dropbox, .. } => {
            t("halt_many_changes_dropbox").count(*change_count)
        }
        Halt::FolderRemoved => t("folder_removed"),
        Halt::CrmForbidden => t("halt_forbidden"),
        Halt::CrmGone => t("halt_gone"),
        Halt::Malformed => t("halt_malformed"),
        Halt::AllFoldersGone => t("halt_all_folders_gone"),
        Halt::AppFolderGone => t("halt_app_folder_gone"),
    }
}

/// `folder/name`, as a person reads it.
pub(super) fn with_folder(place: &Place) -> String {
    if place.folder.is_empty() {
        place.name.clone()
    } else {
        format!("{}/{}", place.folder, place.name)
    }
}
