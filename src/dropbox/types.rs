//! Requests and answers of Dropbox's routes, one type each. Shapes only; what they mean stands beside.
//!
//! Source: Dropbox's Stone specification (`files.stone`, `users.stone`). Unknown fields are tolerated in answers.

use super::tags::Tags;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_core::{ContentHash, FileEntry, FileId, FolderEntry, FolderId, Revision};

/// Argument of `files/list_folder`.
#[derive(Serialize)]
pub(super) struct ListFolder<'a> {
    pub path: &'a str,
    pub recursive: bool,
    pub limit: u32,
    pub include_deleted: bool,
    pub include_mounted_folders: bool,
    pub include_non_downloadable_files: bool,
}

/// Argument of `files/list_folder/continue`.
#[derive(Serialize)]
pub(super) struct ListFolderContinue<'a> {
    pub cursor: &'a str,
}

/// Answer of both.
#[derive(Deserialize)]
pub(super) struct ListFolderPage {
    pub entries: Vec<Metadata>,
    pub cursor: String,
    pub has_more: bool,
}

/// Argument of `files/list_folder/longpoll`.
#[derive(Serialize)]
pub(super) struct Longpoll<'a> {
    pub cursor: &'a str,
    pub timeout: u32,
}

/// Answer of `files/list_folder/longpoll`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LongpollAnswer {
    /// Something changed.
    pub changes: bool,
    /// Wait so long before asking again, in seconds.
    pub backoff: Option<u32>,
}

/// A file, a folder or the absence of both.
#[derive(Deserialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub(super) enum Metadata {
    File(FileMetadata),
    Folder(FolderMetadata),
    Deleted(DeletedMetadata),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
pub(super) struct FileMetadata {
    /// Absent where the file is not mounted.
    pub path_lower: Option<String>,
    pub path_display: Option<String>,
    pub id: String,
    pub rev: String,
    pub size: u64,
    #[serde(default = "yes")]
    pub is_downloadable: bool,
    pub content_hash: Option<String>,
}

fn yes() -> bool {
    true
}

impl FileMetadata {
    /// As the engine knows it; `None` for a file without a path.
    pub fn entry(self) -> Option<FileEntry> {
        let path_lower = self.path_lower?;
        Some(FileEntry {
            path_display: self.path_display.unwrap_or_else(|| path_lower.clone()),
            path_lower,
            id: FileId(self.id),
            rev: Revision(self.rev),
            size_bytes: self.size,
            hash: self.content_hash.filter(|_| self.is_downloadable).map(ContentHash),
        })
    }
}

#[derive(Deserialize)]
pub(super) struct FolderMetadata {
    pub path_lower: Option<String>,
    pub path_display: Option<String>,
    pub id: String,
}

impl FolderMetadata {
    /// As the engine knows it; `None` for a folder without a path.
    pub fn entry(self) -> Option<FolderEntry> {
        let path_lower = self.path_lower?;
        Some(FolderEntry {
            path_display: self.path_display.unwrap_or_else(|| path_lower.clone()),
            path_lower,
            id: FolderId(self.id),
        })
    }
}

#[derive(Deserialize)]
pub(super) struct DeletedMetadata {
    pub path_lower: Option<String>,
}

/// Argument of `files/get_metadata`; of `files/download`, with `rev:…` for a path.
#[derive(Serialize)]
pub(super) struct PathArg<'a> {
    pub path: &'a str,
}

/// Argument of `files/create_folder_v2`.
#[derive(Serialize)]
pub(super) struct CreateFolder<'a> {
    pub path: &'a str,
    pub autorename: bool,
}

/// Answer of `files/create_folder_v2`.
#[derive(Deserialize)]
pub(super) struct CreatedFolder {
    pub metadata: FolderMetadata,
}

/// Argument of `files/move_v2` and `files/copy_v2`.
#[derive(Serialize)]
pub(super) struct Relocation<'a> {
    pub from_path: &'a str,
    pub to_path: &'a str,
    pub autorename: bool,
    pub allow_ownership_transfer: bool,
}

/// Answer of `files/move_v2` and `files/copy_v2`.
#[derive(Deserialize)]
pub(super) struct Relocated {
    pub metadata: Metadata,
}

/// Argument of `files/move_batch_v2`.
#[derive(Serialize)]
pub(super) struct MoveBatch<'a> {
    pub entries: Vec<RelocationPath<'a>>,
    pub autorename: bool,
    pub allow_ownership_transfer: bool,
}

#[derive(Serialize)]
pub(super) struct RelocationPath<'a> {
    pub from_path: &'a str,
    pub to_path: &'a str,
}

/// Argument of `files/delete_batch`.
#[derive(Serialize)]
pub(super) struct DeleteBatch<'a> {
    pub entries: Vec<DeleteArg<'a>>,
}

#[derive(Serialize)]
pub(super) struct DeleteArg<'a> {
    pub path: &'a str,
    pub parent_rev: &'a str,
}

/// Argument of the `…/check` routes.
#[derive(Serialize)]
pub(super) struct AsyncJob<'a> {
    pub async_job_id: &'a str,
}

/// Argument of `files/upload_session/start`.
#[derive(Serialize)]
pub(super) struct SessionStart<'a> {
    pub close: bool,
    pub content_hash: &'a str,
}

/// Answer of `files/upload_session/start`.
#[derive(Deserialize)]
pub(super) struct SessionStarted {
    pub session_id: String,
}

/// Argument of `files/upload_session/finish_batch_v2`.
#[derive(Serialize)]
pub(super) struct FinishBatch<'a> {
    pub entries: Vec<FinishArg<'a>>,
}

#[derive(Serialize)]
pub(super) struct FinishArg<'a> {
    pub cursor: SessionCursor<'a>,
    pub commit: CommitInfo<'a>,
}

#[derive(Serialize)]
pub(super) struct SessionCursor<'a> {
    pub session_id: &'a str,
    pub offset: u64,
}

#[derive(Serialize)]
pub(super) struct CommitInfo<'a> {
    pub path: &'a str,
    pub mode: Mode<'a>,
    pub autorename: bool,
    pub mute: bool,
    pub strict_conflict: bool,
}

/// `WriteMode`: `{".tag":"add"}` or `{".tag":"update","update":"<rev>"}`.
#[derive(Serialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub(super) enum Mode<'a> {
    Add,
    Update { update: &'a str },
}

/// Answer of a batch route, or of its check.
#[derive(Deserialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub(super) enum Launch<E> {
    AsyncJobId {
        async_job_id: String,
    },
    InProgress,
    Complete {
        entries: Vec<E>,
    },
    Failed {
        failed: Value,
    },
    #[serde(other)]
    Other,
}

/// Answer of `files/upload_session/finish_batch_v2`: synchronous, so without a tag.
#[derive(Deserialize)]
pub(super) struct Finished {
    pub entries: Vec<FinishEntry>,
}

/// One result of a batch.
pub(super) trait BatchEntry {
    /// What a success carries.
    type Item;
    /// The item, or the tags of the failure; `None` for a shape nobody knows.
    fn result(self) -> Option<Result<Self::Item, Tags>>;
}

/// A file, flat beside the tag.
#[derive(Deserialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub(super) enum FinishEntry {
    Success(FileMetadata),
    Failure {
        failure: Value,
    },
    #[serde(other)]
    Other,
}

impl BatchEntry for FinishEntry {
    type Item = FileEntry;
    fn result(self) -> Option<Result<FileEntry, Tags>> {
        match self {
            Self::Success(file) => file.entry().map(Ok),
            Self::Failure { failure } => Some(Err(Tags::of(&failure))),
            Self::Other => None,
        }
    }
}

/// Metadata with subtypes, so nested under the tag.
#[derive(Deserialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub(super) enum MoveEntry {
    Success {
        success: Metadata,
    },
    Failure {
        failure: Value,
    },
    #[serde(other)]
    Other,
}

impl BatchEntry for MoveEntry {
    type Item = FileEntry;
    fn result(self) -> Option<Result<FileEntry, Tags>> {
        match self {
            Self::Success { success: Metadata::File(file) } => file.entry().map(Ok),
            Self::Failure { failure } => Some(Err(Tags::of(&failure))),
            _ => None,
        }
    }
}

/// What was deleted is of no interest.
#[derive(Deserialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub(super) enum DeleteEntry {
    Success,
    Failure {
        failure: Value,
    },
    #[serde(other)]
    Other,
}

impl BatchEntry for DeleteEntry {
    type Item = ();
    fn result(self) -> Option<Result<(), Tags>> {
        match self {
            Self::Success => Some(Ok(())),
            Self::Failure { failure } => Some(Err(Tags::of(&failure))),
            Self::Other => None,
        }
    }
}

/// Answer of `users/get_space_usage`.
#[derive(Deserialize)]
pub(super) struct SpaceUsage {
    pub used: u64,
    pub allocation: Allocation,
}

#[derive(Deserialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub(super) enum Allocation {
    Individual {
        allocated: u64,
    },
    Team {
        allocated: u64,
    },
    #[serde(other)]
    Other,
}
