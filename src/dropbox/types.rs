//! Answers of Dropbox's routes, one type each. Shapes only; what they mean stands beside.
//!
//! Source: Dropbox's Stone specification (`files.stone`, `users.stone`). Unknown fields are tolerated in answers.

use super::tags::Tags;
use crate::json::forms::{structs, Fields, Form};
use crate::json::{Object, Read, Value, Write};
use sync_core::{
    ContentHash, Entry, FileEntry, FileId, FolderEntry, FolderId, Revision, WriteMode,
};

/// Answer of `files/list_folder` and `files/list_folder/continue`.
pub(super) struct ListFolderPage {
    pub entries: Vec<Metadata>,
    pub cursor: String,
    pub has_more: bool,
}

impl Read for ListFolderPage {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            entries: value.list("entries")?,
            cursor: value.text("cursor")?,
            has_more: value.flag("has_more")?,
        })
    }
}

/// Answer of `files/list_folder/longpoll`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongpollAnswer {
    /// Something changed.
    pub changes: bool,
    /// Wait so long before asking again, in seconds.
    pub backoff: Option<u32>,
}

impl Read for LongpollAnswer {
    fn read(value: &Value) -> Option<Self> {
        let backoff = value.number("backoff").map(|s| u32::try_from(s).unwrap_or(u32::MAX));
        Some(Self { changes: value.flag("changes")?, backoff })
    }
}

/// A file, a folder or the absence of both, as the engine knows it; `None` where it has no path: it is not mounted, so
/// it stands nowhere.
pub(super) struct Metadata(pub Option<Entry>);

impl Form for Metadata {
    fn blank() -> Self {
        Self(None)
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        self.0 = match value.word(".tag")? {
            "file" => FileMetadata::read(value)?.entry().map(Entry::File),
            "folder" => FolderMetadata::read(value)?.entry().map(Entry::Folder),
            "deleted" => {
                value.maybe_text("path_lower")?.map(|path_lower| Entry::Deleted { path_lower })
            }
            _ => None,
        };
        Some(())
    }
}

pub(super) struct FileMetadata {
    /// Absent where the file is not mounted.
    pub path_lower: Option<String>,
    pub path_display: Option<String>,
    pub id: String,
    pub rev: String,
    pub size: u64,
    pub is_downloadable: bool,
    pub content_hash: Option<String>,
}

impl Form for FileMetadata {
    fn blank() -> Self {
        Self {
            path_lower: None,
            path_display: None,
            id: String::new(),
            rev: String::new(),
            size: 0,
            is_downloadable: true,
            content_hash: None,
        }
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let mut fields = Fields::of(value);
        fields.read("path_lower", &mut self.path_lower);
        fields.read("path_display", &mut self.path_display);
        fields.read("id", &mut self.id);
        fields.read("rev", &mut self.rev);
        fields.read("size", &mut self.size);
        self.is_downloadable = value.flag("is_downloadable") != Some(false);
        fields.read("content_hash", &mut self.content_hash);
        fields.complete()
    }
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
            path: self.path_display.unwrap_or_else(|| path_lower.clone()),
            path_lower,
            id: FolderId(self.id),
        })
    }
}

/// Answer of `files/create_folder_v2`.
pub(super) struct CreatedFolder {
    pub metadata: FolderMetadata,
}

/// Answer of `files/move_v2` and `files/copy_v2`.
pub(super) struct Relocated {
    pub metadata: Metadata,
}

impl Read for Relocated {
    fn read(value: &Value) -> Option<Self> {
        Some(Self { metadata: Metadata::read(value.field("metadata")?)? })
    }
}

/// Answer of `files/upload_session/start`.
pub(super) struct SessionStarted {
    pub session_id: String,
}

/// How a file is written: argument of `files/upload`, and a part of that of `files/upload_session/finish_batch_v2`.
pub(super) struct CommitInfo<'a> {
    pub path: &'a str,
    pub mode: &'a WriteMode,
}

impl Write for CommitInfo<'_> {
    fn write(&self, out: &mut String) {
        let mode: &dyn Write = match self.mode {
            WriteMode::Add => &Object(&[(".tag", &"add")]),
            WriteMode::Update(rev) => &Object(&[(".tag", &"update"), ("update", rev)]),
        };
        Object(&[
            ("path", &self.path),
            ("mode", mode),
            ("autorename", &false),
            ("mute", &true),
            ("strict_conflict", &true),
        ])
        .write(out);
    }
}

/// Answer of a batch route, or of its check.
pub(super) enum Launch {
    /// A job; its id is said at the launch alone.
    Pending {
        async_job_id: Option<String>,
    },
    Complete {
        entries: Vec<BatchEntry>,
    },
    Failed(Tags),
    Other,
}

impl Read for Launch {
    fn read(value: &Value) -> Option<Self> {
        Some(match value.word(".tag") {
            Some("async_job_id") => {
                Self::Pending { async_job_id: Some(value.text("async_job_id")?) }
            }
            Some("in_progress") => Self::Pending { async_job_id: None },
            // `finish_batch_v2` is synchronous, so without a tag.
            Some("complete") | None => Self::Complete { entries: value.list("entries")? },
            Some("failed") => Self::Failed(Tags::of(value.field("failed")?)),
            Some(_) => Self::Other,
        })
    }
}

/// One result of a batch: the file where the entry is about one and says it, or the tags of its failure.
pub(super) struct BatchEntry(pub Result<Option<FileEntry>, Tags>);

impl Form for BatchEntry {
    fn blank() -> Self {
        Self(Ok(None))
    }

    /// Metadata of a commit is flat beside the tag, that of a move is nested under it (it has subtypes), that of a
    /// deletion under a name of its own.
    fn fill(&mut self, value: &Value) -> Option<()> {
        self.0 = match value.word(".tag")? {
            "success" => {
                let nested = value.field("success").or_else(|| value.field("metadata"));
                let file = FileMetadata::read(nested.unwrap_or(value));
                Ok(file.and_then(FileMetadata::entry))
            }
            "failure" => Err(Tags::of(value.field("failure")?)),
            _ => return None,
        };
        Some(())
    }
}

/// How full a Dropbox is, in bytes: answer of `users/get_space_usage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// In use.
    pub used_bytes: u64,
    /// There is; absent where Dropbox does not say.
    pub allocated_bytes: Option<u64>,
}

impl Read for Space {
    fn read(value: &Value) -> Option<Self> {
        let allocation = value.field("allocation")?;
        let allocated_bytes = match allocation.word(".tag")? {
            "individual" | "team" => Some(allocation.number("allocated")?),
            _ => None,
        };
        Some(Self { used_bytes: value.number("used")?, allocated_bytes })
    }
}

structs! {
    FolderMetadata { path_lower, path_display, id, }
    CreatedFolder { metadata, }
    SessionStarted { session_id, }
}
