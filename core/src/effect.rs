//! What the engine asks of its surroundings, and what comes back. Nothing here is done here.
//!
//! An [`Effect`] is a whole step: pagination, retries after 429 and 5xx, token refresh and upload sessions
//! happen below it. What comes back is final for this cycle.

use crate::ids::{ContentHash, Cursor, DocumentId, FileId, FolderId, Record, RecordKind, Revision};
use crate::state::{Lease, Share, StoredRecord};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// One of the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Side {
    /// Teamleader.
    Crm,
    /// Dropbox.
    Dropbox,
}

/// A number for an effect under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// An effect under way.
#[derive(Clone, Debug)]
pub struct Task {
    /// Comes back with the outcome.
    pub id: TaskId,
    /// What to do.
    pub effect: Effect,
}

/// Where a document stands in the CRM, as the CRM says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The flat folder string; empty asks for the account's default folder.
    pub folder: String,
    /// The document's name.
    pub name: String,
}

/// A document as `files.list` shows it, with what is known of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// Folder and name, byte for byte as the CRM says them.
    pub place: Place,
    /// The same in Unicode NFC (computed by the driver: this crate has no tables for it).
    pub nfc: Place,
    /// In bytes.
    pub size_bytes: u64,
    /// The CRM's `updated_at`, uninterpreted.
    pub updated_at: String,
    /// The hash of exactly this (id, size, updated_at), once known. No listing tells it.
    pub hash: Option<ContentHash>,
}

impl Document {
    /// Same id, size and time: then the content is the same.
    pub fn same_stamp(&self, other: &Document) -> bool {
        self.id == other.id
            && self.size_bytes == other.size_bytes
            && self.updated_at == other.updated_at
    }
}

/// An entry of a Dropbox listing. Paths are relative to the app folder and begin with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Entry {
    /// A file stands here; whatever stood here before, and its children, do not.
    File(FileEntry),
    /// A folder stands here; children known of a folder here stay.
    Folder(FolderEntry),
    /// Nothing stands here or below.
    Deleted {
        /// `path_lower`.
        path_lower: String,
    },
}

/// A file of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// `path_lower`, from the server.
    pub path_lower: String,
    /// `path_display`; only the last component is sure to be right.
    pub path_display: String,
    /// Its id.
    pub id: FileId,
    /// Its revision.
    pub rev: Revision,
    /// In bytes.
    pub size_bytes: u64,
    /// Its content hash; absent for files that cannot be downloaded.
    pub hash: Option<ContentHash>,
}

/// A folder of a listing, and a record's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderEntry {
    /// `path_lower`, from the server.
    pub path_lower: String,
    /// `path_display`; only the last component is sure to be right.
    pub path: String,
    /// Its id.
    pub id: FolderId,
}

/// A document's bytes, sent to Dropbox and not yet visible there (a closed upload session).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// Dropbox's upload session.
    pub session: String,
    /// In bytes: the session's offset.
    pub size_bytes: u64,
    /// What the bytes hash to, computed here and verified by Dropbox.
    pub hash: ContentHash,
}

/// How a commit meets what is there. Both are strict: identical content conflicts too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// Only where nothing stands.
    Add,
    /// Only over this revision.
    Update(Revision),
}

/// Makes staged bytes visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The bytes.
    pub staged: Staged,
    /// Where to, relative to the app folder; or `id:…` for an update.
    pub path: String,
    /// What may be there.
    pub mode: WriteMode,
}

/// Moves one file, or copies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Which file.
    pub id: FileId,
    /// Where to, relative to the app folder.
    pub to: String,
}

/// Deletes one file, if it is still at this revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// Which file.
    pub id: FileId,
    /// Its revision as the plan saw it.
    pub rev: Revision,
}

/// One write to a file in Dropbox.
#[derive(Clone, Debug)]
#[repr(u32)]
pub enum FileWrite {
    /// Makes staged bytes visible.
    Commit(Commit),
    /// Moves a file.
    Move(Move),
    /// Deletes a file; one already gone counts as deleted.
    Delete(Delete),
    /// Copies a file to a path where nothing stands.
    Copy(Move),
}

/// Where the bytes of a new document come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// From Dropbox, this revision.
    File {
        /// Which file.
        id: FileId,
        /// Download exactly this revision: `rev:<rev>`.
        rev: Revision,
    },
    /// From the CRM itself (renaming there means uploading again).
    Document {
        /// Which document.
        id: DocumentId,
    },
}

/// What the driver is asked to do.
#[derive(Clone, Debug)]
#[repr(u32)]
pub enum Effect {
    /// Read stored records. → [`Outcome::Records`]
    Load(Vec<Record>),
    /// Write all of it in one transaction, or none. → [`Outcome::Done`]
    Save(Save),
    /// Let the page do something else. → [`Outcome::Done`]
    Turn,
    /// All changes since the cursor (all pages); without a cursor, the whole app folder. → [`Outcome::Changes`]
    ObserveDropbox {
        /// Where to go on.
        cursor: Option<Cursor>,
    },
    /// Everything below one folder, by path relative to the app folder. → [`Outcome::Changes`]
    ListFolder {
        /// The folder.
        path: String,
    },
    /// Make the folder (and its parents), or find it. → [`Outcome::Folder`]
    EnsureFolder {
        /// The folder.
        path: String,
    },
    /// Direct children of a folder, to see whether it holds one record only. → [`Outcome::Children`]
    CountChildren {
        /// The folder.
        path: String,
    },
    /// Move a folder. → [`Outcome::Folder`]
    MoveFolder {
        /// From, by path relative to the app folder or `id:…`.
        from: String,
        /// To.
        to: String,
    },
    /// Current names of at most 100 records of one kind. Records not found are absent. → [`Outcome::Names`]
    NameRecords {
        /// Their kind.
        kind: RecordKind,
        /// Their ids.
        ids: Vec<String>,
    },
    /// A complete listing of a record's documents (all pages; duplicates by id dropped). → [`Outcome::Documents`]
    ListDocuments {
        /// Which record.
        record: Record,
        /// Somebody waits for it: before the background's request budget.
        urgent: bool,
    },
    /// Is this document truly gone (`files.info` answers 404)? → [`Outcome::Gone`]
    ConfirmGone {
        /// Which document.
        document: DocumentId,
    },
    /// Download and hash. → [`Outcome::Hashed`]
    HashDocument {
        /// Which document.
        document: DocumentId,
        /// As listed.
        size_bytes: u64,
    },
    /// Download, hash, and send into a closed upload session. → [`Outcome::Staged`]
    StageDocument {
        /// Which document.
        document: DocumentId,
        /// As listed.
        size_bytes: u64,
        /// Somebody waits for it.
        urgent: bool,
    },
    /// Write at most 1000 files of Dropbox, in order and all in one way; a copy stands alone. → [`Outcome::Files`]
    WriteFiles(Vec<FileWrite>),
    /// Upload a new document to the CRM: download the source, check it against the hash, two-step upload. → [`Outcome::Done`]
    CreateDocument {
        /// To which record.
        record: Record,
        /// Under which place.
        place: Place,
        /// Its bytes.
        source: Source,
        /// What they must hash to.
        hash: ContentHash,
        /// As listed.
        size_bytes: u64,
    },
    /// Delete a document if `files.info` still shows exactly this. A changed one is left alone: [`Failure::Conflict`].
    /// One already gone counts as done. → [`Outcome::Done`]
    DeleteDocument {
        /// As the plan saw it; its hash is not looked at, the CRM does not tell it.
        document: Document,
    },
    /// Read this revision of the lease, and how long ago it was written by the service's time. → [`Outcome::Lease`]
    LoadLease {
        /// As listed.
        rev: Revision,
        /// How to write the file whose answer tells the time; without it the age is not asked for.
        clock: Option<WriteMode>,
    },
    /// Write the lease. → [`Outcome::Saved`]
    SaveLease {
        /// What it says from then on.
        lease: Lease,
        /// Over what.
        mode: WriteMode,
    },
    /// Read this revision of a share of the checkpoint. → [`Outcome::Share`]
    LoadShare {
        /// As listed.
        rev: Revision,
    },
    /// Write a share, with the synced trees of its records as they are stored here. → [`Outcome::Saved`]
    SaveShare {
        /// Its name.
        name: String,
        /// Without the synced trees.
        share: Share,
        /// Over what.
        mode: WriteMode,
    },
}

/// One transaction.
#[derive(Clone, Debug, Default)]
pub struct Save {
    /// The index (cursor, links, settings), written out: a copy of it would be longer code.
    pub index: String,
    /// Its cursor.
    pub cursor: Option<Cursor>,
    /// Records to write (or to remove).
    pub records: Vec<(Record, Option<Rc<StoredRecord>>)>,
}

/// What came of an effect.
#[derive(Clone, Debug)]
#[repr(u32)]
pub enum Outcome {
    /// Of [`Effect::Load`], in its order: unreadable ones are `None`, like ones never stored.
    Records(Vec<Option<StoredRecord>>),
    /// It happened.
    Done,
    /// Of [`Effect::ObserveDropbox`] and [`Effect::ListFolder`].
    Changes {
        /// In order.
        entries: Vec<Entry>,
        /// Where to go on.
        cursor: Cursor,
    },
    /// Of [`Effect::EnsureFolder`] and [`Effect::MoveFolder`].
    Folder {
        /// The folder as it stands now.
        folder: FolderEntry,
        /// It was there before.
        existed: bool,
    },
    /// Of [`Effect::CountChildren`].
    Children(u32),
    /// Of [`Effect::NameRecords`].
    Names(Vec<(String, String)>),
    /// Of [`Effect::ListDocuments`].
    Documents(Vec<Document>),
    /// Of [`Effect::ConfirmGone`].
    Gone(bool),
    /// Of [`Effect::HashDocument`]: the hash, and the bytes' true length.
    Hashed {
        /// Of the bytes.
        hash: ContentHash,
        /// Of the bytes.
        size_bytes: u64,
    },
    /// Of [`Effect::StageDocument`].
    Staged(Staged),
    /// One result for each write of [`Effect::WriteFiles`]: the file as it stands now. Of a delete nobody looks at it.
    Files(Vec<Result<Option<Box<FileEntry>>, Failure>>),
    /// Of [`Effect::SaveLease`] and [`Effect::SaveShare`]: the file's revision now.
    Saved(Revision),
    /// Of [`Effect::LoadLease`].
    Lease {
        /// `None` for one that makes no sense or is another account's.
        lease: Option<Lease>,
        /// If it was asked for and the service said so (ms).
        age_ms: Option<u64>,
    },
    /// Of [`Effect::LoadShare`]; `None` for one that makes no sense or is another account's.
    Share(Option<Share>),
    /// It did not happen, or nobody knows whether it did.
    Failed(Failure),
}

/// Why something did not happen, by what the engine does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection, a timeout, 5xx or 429 beyond patience. It may have happened all the same. Ends the cycle.
    Unavailable(Side),
    /// The grant is gone (`invalid_grant`, revoked token, the CRM's 401 twice). Paused until connected again.
    Unauthorized(Side),
    /// 403 for this record or document.
    Forbidden,
    /// 404 for this record or document, `not_found` in Dropbox.
    NotFound,
    /// The cursor is no longer known.
    CursorReset,
    /// What was assumed no longer holds (revision, free path, session). Nothing was written: observe again.
    Conflict,
    /// This item cannot be done as it is. Not tried again until it changes.
    Refused(Reason),
    /// The Dropbox is full.
    OutOfSpace,
    /// The whole kind cannot be uploaded to: the CRM's answer to the upload says so.
    KindRefused,
    /// The CRM refuses `/` inside a folder name.
    SlashRefused,
    /// More than 10,000 files to move.
    TooManyFiles,
    /// The store could not write or read.
    Store,
    /// A newer version of the plugin wrote the checkpoint: it is left as it is, and nothing is written.
    Newer,
    /// An answer made no sense (wrong types, negative sizes, endless pages).
    Malformed(Side),
    /// Stopped by the user.
    Cancelled,
}

/// Why an item is refused; the panel has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Reason {
    /// Over 50 MB.
    TooLarge,
    /// The other side does not take this name.
    Name,
    /// Dropbox will not hand out or take this file (`restricted_content`).
    Restricted,
    /// It has no downloadable content (`unsupported_file`: a Paper document …).
    Unsupported,
    /// The bytes did not arrive whole, twice.
    Damaged,
    /// The CRM refused it (with a status of 400).
    CrmRefused,
    /// Dropbox refused it, for a reason not named above.
    DropboxRefused,
}
