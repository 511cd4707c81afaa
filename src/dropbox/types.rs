//! Answers of Dropbox's routes, one type each. Shapes only; what they mean stands beside.
//!
//! Source: Dropbox's Stone specification (`files.stone`, `users.stone`). Unknown fields are tolerated in answers.

use super::tags::Refusal;
use crate::json::forms::{Fields, Form};
use crate::json::{Object, Read, Value, Write};
use sync_core::{Entry, FileEntry, FileId, FolderEntry, Revision, WriteMode};

/// Answer of `files/list_folder/longpoll`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongpollAnswer {
    /// Something changed.
    pub changes: bool,
    /// Wait so long before asking again, in seconds.
    pub backoff: Option<u32>,
}

impl Form for LongpollAnswer {
    fn blank() -> Self {
        Self { changes: false, backoff: None }
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        self.changes = value.flag("changes")?;
        self.backoff = value.number("backoff").map(|s| u32::try_from(s).unwrap_or(u32::MAX));
        Some(())
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
        let tag = value.word(".tag")?;
        if value.field("path_lower").is_none() {
            return Some(());
        }
        self.0 = match tag {
            "file" => Some(Entry::File(FileEntry::read(value)?)),
            "folder" => Some(Entry::Folder(FolderMetadata::read(value)?.0)),
            "deleted" => Some(Entry::Deleted { path_lower: value.text("path_lower")? }),
            _ => None,
        };
        Some(())
    }
}

/// A file's metadata, as the engine knows it.
impl Form for FileEntry {
    fn blank() -> Self {
        Self {
            path_lower: String::new(),
            path_display: String::new(),
            id: FileId::blank(),
            rev: Revision::blank(),
            size_bytes: 0,
            hash: None,
        }
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let mut fields = Fields::of(value);
        read_paths(&mut fields, &mut self.path_lower, &mut self.path_display);
        fields.read("id", &mut self.id);
        fields.read("rev", &mut self.rev);
        fields.read("size", &mut self.size_bytes);
        fields.read("content_hash", &mut self.hash);
        if value.flag("is_downloadable") == Some(false) {
            self.hash = None;
        }
        fields.complete()
    }
}

/// A folder as Dropbox tells of it; what is stored has a form of its own.
pub(super) struct FolderMetadata(pub FolderEntry);

impl Form for FolderMetadata {
    fn blank() -> Self {
        Self(FolderEntry::blank())
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let mut fields = Fields::of(value);
        read_paths(&mut fields, &mut self.0.path_lower, &mut self.0.path);
        fields.read("id", &mut self.0.id);
        fields.complete()
    }
}

/// Both stay empty where nothing is mounted.
fn read_paths(fields: &mut Fields<'_>, path_lower: &mut String, path_display: &mut String) {
    fields.read_if_there("path_lower", path_lower);
    fields.read_if_there("path_display", path_display);
    if path_display.is_empty() {
        path_display.clone_from(path_lower);
    }
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
#[repr(u32)]
pub(super) enum Launch {
    /// A job; its id is said at the launch alone.
    Pending {
        async_job_id: Option<String>,
    },
    Complete {
        entries: Vec<BatchEntry>,
    },
    Failed(Refusal),
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
            Some("complete") | None => {
                let Value::List(values) = value.field("entries")? else { return None };
                let mut entries = Vec::with_capacity(values.len());
                for value in values {
                    entries.push(BatchEntry::read(value)?);
                }
                Self::Complete { entries }
            }
            Some("failed") => Self::Failed(Refusal::of(value.field("failed")?)),
            Some(_) => Self::Other,
        })
    }
}

/// One result of a batch: the file where the entry is about one and says it, or why it failed.
pub(super) struct BatchEntry(pub Result<Option<Box<FileEntry>>, Refusal>);

impl Read for BatchEntry {
    /// Metadata of a commit is flat beside the tag, that of a move is nested under it (it has subtypes), that of a
    /// deletion under a name of its own.
    fn read(value: &Value) -> Option<Self> {
        Some(Self(match value.word(".tag")? {
            "success" => {
                let nested = value.field("success").or_else(|| value.field("metadata"));
                let file = Box::<FileEntry>::read(nested.unwrap_or(value));
                Ok(file.filter(|file| !file.path_lower.is_empty()))
            }
            "failure" => Err(Refusal::of(value.field("failure")?)),
            _ => return None,
        }))
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

impl Form for Space {
    fn blank() -> Self {
        Self { used_bytes: 0, allocated_bytes: None }
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let allocation = value.field("allocation")?;
        self.used_bytes = value.number("used")?;
        self.allocated_bytes = match allocation.word(".tag")? {
            "individual" | "team" => Some(allocation.number("allocated")?),
            _ => None,
        };
        Some(())
    }
}
