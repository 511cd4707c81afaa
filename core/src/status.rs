//! What can be shown of the engine: per record and over all. Values only, no words for people.

use crate::effect::{Failure, Place, Reason};
use crate::ids::{DocumentId, FileId, Record};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// Everything a tab needs to draw itself; sent to the other tabs as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// A cycle is running.
    pub running: bool,
    /// The timed sync is paused by the user.
    pub paused: bool,
    /// What ended the last cycle early, if anything did.
    pub error: Option<Failure>,
    /// What stops everything.
    pub halt: Option<Halt>,
    /// When the last complete cycle ended (ms).
    pub last_cycle_ms: Option<u64>,
    /// When the next timed cycle is due (ms).
    pub due_ms: Option<u64>,
    /// All linked records, in the order of linking.
    pub links: Vec<LinkStatus>,
}

impl Status {
    /// A record in the list of those that are linked.
    pub fn link(&self, record: &Record) -> Option<&LinkStatus> {
        self.links.iter().find(|link| link.record == *record)
    }
}

/// A linked record in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkStatus {
    /// Which.
    pub record: Record,
    /// Its name in the CRM.
    pub name: String,
    /// How it is.
    pub state: RecordState,
    /// Documents that stand on both sides.
    pub synced_count: u32,
    /// Things to tell.
    pub problem_count: u32,
    /// When it last came to rest (ms).
    pub settled_ms: Option<u64>,
}

/// How a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum RecordState {
    /// The button was pressed; the record waits for its turn.
    Queued,
    /// Being worked on.
    Working,
    /// Nothing to do.
    Settled,
    /// Stopped.
    Halted(Halt),
}

/// One record in full.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordStatus {
    /// Which.
    pub record: Record,
    /// Its name in the CRM.
    pub name: String,
    /// How it is.
    pub state: RecordState,
    /// Its folder relative to the app folder, displayed.
    pub folder: Option<String>,
    /// The CRM refuses uploads of this kind: Dropbox → CRM is closed.
    pub one_way: bool,
    /// Work done and to do, while there is any.
    pub progress: Option<Progress>,
    /// When it last came to rest (ms).
    pub settled_ms: Option<u64>,
    /// Its documents and files, by folder and name.
    pub items: Vec<Item>,
    /// Paths that could not be done.
    pub problems: Vec<Problem>,
    /// Newest first.
    pub activity: Vec<Rc<Activity>>,
    /// What a guard's halt is about: files that would be deleted, or contents that changed, by path.
    pub affected: Vec<String>,
    /// The user stopped it, and nothing of it is under way.
    pub cancelled: bool,
}

/// A document, its file, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Folder and name in the CRM (or the ones it would have there).
    pub place: Place,
    /// The CRM's document.
    pub document: Option<DocumentId>,
    /// Dropbox's file.
    pub file: Option<FileId>,
    /// The file's path relative to the app folder.
    pub path: Option<String>,
    /// How it is.
    pub mark: Mark,
}

/// How an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Mark {
    /// In both, equal.
    Both,
    /// On its way.
    OnItsWay,
    /// Only in the CRM: deleted in Dropbox and kept here.
    CrmOnly,
    /// Only in Dropbox (kept there by the user's decision, or the CRM takes no uploads).
    DropboxOnly,
    /// A conflicted copy.
    ConflictedCopy,
    /// Refused by the other side.
    Refused(Reason),
}

/// How far a record is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Documents done in this run.
    pub done_count: u32,
    /// Documents of this run.
    pub total_count: u32,
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes of this run.
    pub total_bytes: u64,
    /// The document under way.
    pub current: Option<String>,
    /// When the run began (ms).
    pub started_ms: u64,
}

/// A path that could not be done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Its name, with its folder.
    pub place: Place,
    /// Why.
    pub kind: ProblemKind,
}

/// Why a path could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// Refused by the other side, or too large.
    Refused(Reason),
    /// The Dropbox is full.
    OutOfSpace,
    /// The CRM takes no uploads for this kind of record: stays in Dropbox only.
    OneWay,
    /// Newer in Dropbox, and the CRM takes no uploads for this kind of record.
    NewerInDropbox,
}

/// A safety stop: a status, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Halt {
    /// G2: the CRM shows no documents though this many were synced.
    CrmEmpty {
        /// How many were synced.
        synced_count: u32,
    },
    /// G3: this many files would be deleted in Dropbox.
    ManyDeletes {
        /// How many.
        delete_count: u32,
        /// Out of.
        synced_count: u32,
    },
    /// G5: this many contents changed at once on one side.
    ManyChanges {
        /// How many.
        change_count: u32,
        /// Out of.
        synced_count: u32,
        /// On which side.
        side: crate::effect::Side,
    },
    /// F4: the record's folder was removed in Dropbox.
    FolderRemoved,
    /// G9: the CRM answers 403 for the record.
    CrmForbidden,
    /// The CRM answers 404 for the record.
    CrmGone,
    /// Answers about this record made no sense.
    Malformed,
    /// G1 (over all): every linked folder is gone or empty in Dropbox.
    AllFoldersGone,
    /// G6 (over all): the app folder is gone or the app was unlinked.
    AppFolderGone,
}

/// Something that happened on a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// When (ms).
    pub at_ms: u64,
    /// To what: a document's name.
    pub name: String,
    /// What.
    pub what: Happened,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Happened {
    /// The record was linked.
    Linked,
    /// CRM → Dropbox, new there.
    CopiedToDropbox,
    /// CRM → Dropbox, over an older version.
    UpdatedInDropbox,
    /// Dropbox → CRM, new there.
    CopiedToCrm,
    /// Dropbox → CRM, in place of an older document.
    UpdatedInCrm,
    /// Moved or renamed in Dropbox, as in the CRM.
    MovedInDropbox {
        /// Path before.
        from: String,
    },
    /// Moved or renamed in the CRM, as in Dropbox.
    MovedInCrm {
        /// Name before.
        from: String,
    },
    /// Deleted in Dropbox, as in the CRM.
    DeletedInDropbox,
    /// Deleted in Dropbox by the user; the CRM keeps it.
    KeptInCrm,
    /// Both sides had changed: Dropbox's version was kept under this name.
    KeptBoth {
        /// The conflicted copy.
        copy: String,
    },
    /// It could not be done.
    Refused(Reason),
    /// The record's folder was renamed with the record.
    FolderMoved,
    /// The record was renamed and its folder was not: Dropbox refuses to move it.
    FolderKept,
    /// A safety stop.
    Halted(Halt),
    /// The user let it pass, or kept all.
    Decided {
        /// Passed.
        confirmed: bool,
    },
}

/// What one cycle did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Documents written to Dropbox.
    pub to_dropbox: u32,
    /// Documents written to the CRM.
    pub to_crm: u32,
    /// Files and documents moved or renamed.
    pub moved: u32,
    /// Files deleted in Dropbox.
    pub deleted: u32,
    /// Conflicts, each kept double.
    pub conflicts: u32,
    /// Paths that could not be done.
    pub problems: u32,
    /// Records stopped by a guard.
    pub halted: u32,
    /// Requests to both services.
    pub requests: u32,
    /// In milliseconds.
    pub duration_ms: u64,
    /// What ended the cycle early.
    pub error: Option<Failure>,
}
