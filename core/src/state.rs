//! What is stored: the index (cursor and links) and, per linked record, its trees. One schema version for all.
//!
//! Observations are stored, not pending work: a plan is made anew from them. The one exception is [`Attempt`].

use crate::effect::{Document, FolderEntry, Place, Reason, WriteMode};
use crate::ids::{ContentHash, Cursor, DocumentId, FileId, Record, RecordKind, Revision};
use crate::map::Map;
use crate::path::split_dir;
use crate::status::{Activity, Halt};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// The version this code writes. A newer one is refused untouched.
pub const SCHEMA: u32 = 1;

/// The version of the checkpoint's files. A newer one is left as it is, and nothing is written.
pub const SHARED_SCHEMA: u32 = 1;

/// One row: what is true of all records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredIndex {
    /// [`SCHEMA`] of the writer.
    pub schema: u32,
    /// Position in Dropbox's changes; absent before the first observation.
    pub cursor: Option<Cursor>,
    /// All linked records.
    pub links: Vec<Link>,
    /// Kinds whose uploads the CRM refused, and when (ms). Asked again after a day.
    pub refused_kinds: Vec<(RecordKind, u64)>,
    /// The CRM refused a folder with `/` in it.
    pub slash_refused: bool,
    /// This Dropbox refuses characters outside the basic plane.
    pub astral_refused: bool,
    /// What an upload without a folder came back as, as learned.
    pub default_folder: Option<String>,
    /// The user paused the timed sync.
    pub paused: bool,
    /// When the last complete cycle ended (ms).
    pub last_cycle_ms: Option<u64>,
    /// When the next timed cycle is due (ms).
    pub due_ms: Option<u64>,
    /// What stops everything, until the user decides.
    pub halt: Option<Halt>,
    /// When names were last asked for (ms).
    pub named_ms: Option<u64>,
    /// The checkpoint in the app folder.
    pub shared: Shared,
}

impl StoredIndex {
    /// Nothing is known yet.
    #[inline(never)]
    pub fn fresh() -> Self {
        Self { schema: SCHEMA, ..Self::default() }
    }
}

/// A linked record.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Which record.
    pub record: Record,
    /// Its name in the CRM, as last heard.
    pub name: String,
    /// The CRM name after which its folder was last named.
    pub named: String,
    /// Its folder in Dropbox; absent until it was made.
    pub folder: Option<FolderEntry>,
    /// The folder was removed in Dropbox (F4).
    pub folder_removed: bool,
    /// The button was pressed and the whole record has not been done since.
    pub pressed: bool,
    /// Changes of Dropbox arrived for it that no cycle has planned yet.
    pub dirty: bool,
    /// When its documents were last listed (ms).
    pub listed_ms: u64,
    /// When it was last brought to rest (ms).
    pub settled_ms: Option<u64>,
    /// Pairs that stand on both sides.
    pub synced_count: u32,
    /// Files that stand below its folder.
    pub file_count: u32,
    /// Things to tell about it: problems and conflicts.
    pub problem_count: u32,
    /// What stops it.
    pub halt: Option<Halt>,
    /// The user confirmed this halt: it is passed once.
    pub confirmed: Option<Halt>,
    /// The user stopped it: only the button works on it before this time (ms).
    pub rests_until_ms: Option<u64>,
    /// The checkpoint has it: a later one without it says that another browser unlinked it.
    pub shared: bool,
}

impl Link {
    /// A record that nothing is known of yet; it is looked at next.
    pub fn new(record: Record, name: String) -> Self {
        Self {
            record,
            named: name.clone(),
            name,
            folder: None,
            folder_removed: false,
            pressed: false,
            dirty: true,
            listed_ms: 0,
            settled_ms: None,
            synced_count: 0,
            file_count: 0,
            problem_count: 0,
            halt: None,
            confirmed: None,
            rests_until_ms: None,
            shared: false,
        }
    }

    /// Stopped by the user, and not yet due again.
    pub fn rests(&self, now_ms: u64) -> bool {
        self.rests_until_ms.is_some_and(|until_ms| now_ms < until_ms)
    }

    /// Somebody or something waits for it.
    pub fn waits(&self) -> bool {
        (self.pressed || self.dirty) && self.halt.is_none() && self.rests_until_ms.is_none()
    }
}

/// What is known of the checkpoint in the app folder, by which all browsers of one user continue each other's work.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    /// This browser's number; 0 before it has one.
    pub browser: u64,
    /// The checkpoint that the local state belongs to; 0 before the first one.
    pub generation: u64,
    /// A checkpoint whose connection ended here, in case its lease could not be told.
    pub retired: u64,
    /// Nobody wrote the lease since this browser did.
    pub mine: bool,
    /// Its files, as far as they were seen.
    pub files: Vec<SharedFile>,
    /// Unlinked here while a share still has them.
    pub unlinked: Vec<Record>,
}

/// A file of the checkpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharedFile {
    /// Without its ending.
    pub name: String,
    /// As listed last, or as written here since.
    pub seen: Option<Revision>,
    /// The one that the local state knows.
    pub known: Option<Revision>,
    /// The local state has more than it.
    pub due: bool,
}

impl SharedFile {
    /// How it is written: over what was seen of it, or not at all.
    pub(crate) fn mode(&self) -> WriteMode {
        self.seen.clone().map_or(WriteMode::Add, WriteMode::Update)
    }

    /// Its revision, if the local state does not know it.
    pub(crate) fn news(&self) -> Option<Revision> {
        self.seen.clone().filter(|_| self.seen != self.known)
    }

    /// It was written here.
    pub(crate) fn is_at(&mut self, rev: &Revision) {
        self.seen = Some(rev.clone());
        self.known = Some(rev.clone());
    }
}

/// Who may write now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Of the checkpoint.
    pub generation: u64,
    /// The browser that wrote it.
    pub holder: u64,
    /// Held or not.
    pub state: LeaseState,
    /// As in [`StoredIndex`], and as its writer learned it.
    pub slash_refused: bool,
    /// As in [`StoredIndex`].
    pub astral_refused: bool,
    /// As in [`StoredIndex`].
    pub default_folder: Option<String>,
}

/// What a lease says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseState {
    /// Anyone may take it.
    Free,
    /// Its holder works.
    Held,
    /// The connection was ended: its checkpoint authorises nothing.
    Retired,
}

/// A part of the checkpoint: what is synced of some of the records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    /// Of the checkpoint.
    pub generation: u64,
    /// Its records.
    pub records: Vec<SharedRecord>,
}

/// A record in the checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedRecord {
    /// Which record.
    pub record: Record,
    /// As in [`Link`].
    pub name: String,
    /// As in [`Link`].
    pub named: String,
    /// As in [`Link`].
    pub folder: Option<FolderEntry>,
    /// Its synced tree.
    pub pairs: Vec<Pair>,
}

/// One row per linked record: its trees.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredRecord {
    /// [`SCHEMA`] of the writer.
    pub schema: u32,
    /// What stands below its folder, by `path_lower` relative to the folder (no slash in front).
    pub nodes: Map<String, Node>,
    /// The CRM's documents, as last listed, with the hashes known for exactly these.
    pub documents: Vec<Document>,
    /// The synced tree.
    pub pairs: Vec<Pair>,
    /// Uploads to the CRM that may have happened.
    pub attempts: Vec<Attempt>,
    /// Items not to be tried again until they change.
    pub refusals: Vec<Refusal>,
    /// The last 200 things that happened, oldest first.
    pub activity: Vec<Rc<Activity>>,
}

impl StoredRecord {
    /// Nothing is known of it yet.
    pub fn fresh() -> Self {
        Self { schema: SCHEMA, ..Self::default() }
    }

    /// The document of this id, as last listed.
    pub fn document(&self, id: &DocumentId) -> Option<&Document> {
        self.documents.iter().find(|document| document.id == *id)
    }

    /// The document of this id, to be changed.
    pub fn document_mut(&mut self, id: &DocumentId) -> Option<&mut Document> {
        self.documents.iter_mut().find(|document| document.id == *id)
    }
}

/// What stands at a path below a record's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Node {
    /// A folder, by its displayed name.
    Folder {
        /// Last path component as displayed.
        name: String,
    },
    /// A file.
    File {
        /// Last path component as displayed.
        name: String,
        /// Its id.
        id: FileId,
        /// Its revision.
        rev: Revision,
        /// In bytes.
        size_bytes: u64,
        /// Its hash; absent for files that cannot be downloaded.
        hash: Option<ContentHash>,
    },
}

impl Pair {
    /// Nothing of it is lost or to be deleted.
    pub(crate) fn new(
        crm: Option<CrmSide>,
        dropbox: Option<DropboxSide>,
        hash: ContentHash,
    ) -> Self {
        Self { crm, dropbox, hash, superseded: Vec::new(), lost_path: None }
    }

    /// Both sides stand.
    pub fn is_whole(&self) -> bool {
        self.crm.is_some() && self.dropbox.is_some()
    }

    /// It is this document's.
    pub fn has_document(&self, id: &DocumentId) -> bool {
        self.crm.as_ref().is_some_and(|side| side.id == *id)
    }

    /// It is this file's.
    pub fn has_file(&self, id: &FileId) -> bool {
        self.dropbox.as_ref().is_some_and(|side| side.id == *id)
    }
}

/// How many stand on both sides.
pub(crate) fn count_whole(pairs: &[Pair]) -> u32 {
    pairs.iter().filter(|pair| pair.is_whole()).count() as u32
}

/// What both sides agreed on last, for one document and its file. One side may be gone:
/// then the pair is a mark, and the other side stays as it is until its content changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The CRM's side.
    pub crm: Option<CrmSide>,
    /// Dropbox's side.
    pub dropbox: Option<DropboxSide>,
    /// The content both had.
    pub hash: ContentHash,
    /// Documents our own upload has replaced and that are still to be deleted, as they were seen.
    pub superseded: Vec<CrmSide>,
    /// Where the lost side last stood in Dropbox, relative to the record's folder (for marks): a file that
    /// comes back there is this document's.
    pub lost_path: Option<String>,
}

/// A pair's document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrmSide {
    /// Its id.
    pub id: DocumentId,
    /// Where it stood, as the CRM said it.
    pub place: Place,
    /// In bytes.
    pub size_bytes: u64,
    /// `updated_at` when the content was `hash`.
    pub updated_at: String,
}

impl CrmSide {
    /// A document as it stands.
    pub(crate) fn of(document: &Document) -> Self {
        Self {
            id: document.id.clone(),
            place: document.place.clone(),
            size_bytes: document.size_bytes,
            updated_at: document.updated_at.clone(),
        }
    }

    /// Same id, size and time: then the content is the same.
    pub fn is_still(&self, document: &Document) -> bool {
        self.id == document.id
            && self.size_bytes == document.size_bytes
            && self.updated_at == document.updated_at
    }
}

/// A pair's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropboxSide {
    /// Its id.
    pub id: FileId,
    /// Where it stood, displayed, relative to the record's folder.
    pub path: String,
    /// The revision whose content was `hash`.
    pub rev: Revision,
}

/// An upload to the CRM that was about to be made. Stored before the call, never replayed: it only serves to
/// recognise our own document afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Where to.
    pub place: Place,
    /// What.
    pub hash: ContentHash,
    /// For which file, or for which document when the CRM itself is the source.
    pub file: Option<FileId>,
    /// The document it was to replace.
    pub replaces: Option<DocumentId>,
    /// When (ms).
    pub at_ms: u64,
}

/// An item the other side refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which item, in which state.
    pub subject: Subject,
    /// Why.
    pub reason: Reason,
}

/// An item in one state of its content and place: any change makes it another subject.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Subject {
    /// A document.
    Document {
        /// Its id.
        id: DocumentId,
        /// `updated_at`.
        updated_at: String,
        /// Its place.
        place: Place,
    },
    /// A file.
    File {
        /// Its id.
        id: FileId,
        /// Its revision.
        rev: Revision,
        /// Its path.
        path: String,
    },
}

impl Subject {
    /// A document as it stands.
    pub(crate) fn document(document: &Document) -> Self {
        Self::Document {
            id: document.id.clone(),
            updated_at: document.updated_at.clone(),
            place: document.place.clone(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Document { place, .. } => &place.name,
            Self::File { path, .. } => split_dir(path).1,
        }
    }
}
