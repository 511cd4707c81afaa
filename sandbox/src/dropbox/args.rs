//! Arguments of the routes. Unknown fields are refused, as the real server does (400); tags of
//! unions are read in both forms, `"add"` and `{".tag":"add"}`.

use super::wire::Fail;
use super::write::{Commit, Mode};
use crate::clock::parse_utc;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads an argument; `place` is where it stood, for the message.
pub fn read<T: DeserializeOwned>(value: Value, place: &str) -> Result<T, Fail> {
    serde_json::from_value(value).map_err(|error| Fail::Bad(format!("{place}: {error}")))
}

fn yes() -> bool {
    true
}

/// `CommitInfo` and, for `files/upload`, `content_hash`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the spec's field names")]
pub struct CommitInfo {
    pub path: String,
    #[serde(default = "add", deserialize_with = "mode")]
    pub mode: Mode,
    #[serde(default)]
    pub autorename: bool,
    #[serde(default, deserialize_with = "timestamp")]
    pub client_modified: Option<u64>,
    #[serde(default, rename = "mute")]
    pub _mute: bool,
    #[serde(default, rename = "property_groups")]
    pub _property_groups: Option<Value>,
    #[serde(default)]
    pub strict_conflict: bool,
    #[serde(default)]
    pub content_hash: Option<String>,
}

impl CommitInfo {
    /// What the tree needs to know.
    pub fn commit(&self) -> Commit {
        Commit {
            mode: self.mode.clone(),
            autorename: self.autorename,
            client_modified_ms: self.client_modified,
            strict_conflict: self.strict_conflict,
        }
    }
}

fn add() -> Mode {
    Mode::Add
}

fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mode, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let (tag, is_symbol) = match &value {
        Value::String(tag) => (tag.as_str(), true),
        other => (other[".tag"].as_str().unwrap_or(""), false),
    };
    match tag {
        "add" => Ok(Mode::Add),
        "overwrite" => Ok(Mode::Overwrite),
        "update" if is_symbol => {
            Err(D::Error::custom("mode: expected object for 'update', got symbol"))
        }
        "update" => match value["update"].as_str() {
            Some(rev) if is_rev(rev) => Ok(Mode::Update(rev.into())),
            Some(rev) => Err(D::Error::custom(format!(
                "mode: update: '{rev}' did not match pattern '[0-9a-f]+'"
            ))),
            None => Err(D::Error::custom("mode: missing 'update' key")),
        },
        _ => Err(D::Error::custom(format!("mode: invalid tag '{tag}'"))),
    }
}

/// At least nine hex digits.
pub fn is_rev(text: &str) -> bool {
    text.len() >= 9 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let parsed = parse_utc(&text).filter(|_| text.ends_with('Z'));
    parsed.map(Some).ok_or_else(|| {
        D::Error::custom(format!("time data '{text}' does not match format '%Y-%m-%dT%H:%M:%SZ'"))
    })
}

/// A union whose members carry nothing, in either form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub String);

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(tag) => Ok(Tag(tag)),
            other => match other[".tag"].as_str() {
                Some(tag) => Ok(Tag(tag.into())),
                None => Err(D::Error::custom("expected a tag")),
            },
        }
    }
}

macro_rules! arguments {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty,)* })*) => {
        $($(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs, reason = "the spec's field names")]
        pub struct $name { $($(#[$attr])* pub $field: $type,)* })*
    };
}

arguments! {
    /// `files/list_folder` and `files/list_folder/get_latest_cursor`.
    ListFolder {
        path: String,
        #[serde(default)] recursive: bool,
        #[serde(default)] include_deleted: bool,
        #[serde(default, rename = "include_media_info")] _media: bool,
        #[serde(default, rename = "include_has_explicit_shared_members")] _shared: bool,
        #[serde(default = "yes", rename = "include_mounted_folders")] _mounted: bool,
        #[serde(default)] limit: Option<u64>,
        #[serde(default, rename = "shared_link")] _shared_link: Option<Value>,
        #[serde(default, rename = "include_property_groups")] _properties: Option<Value>,
        #[serde(default = "yes")] include_non_downloadable_files: bool,
        #[serde(default, rename = "include_restorable_info")] _restorable: bool,
    }
    /// `files/list_folder/continue`.
    Continue { cursor: String, }
    /// `files/list_folder/longpoll`.
    Longpoll { cursor: String, #[serde(default = "thirty")] timeout: u64, }
    /// `files/get_metadata`.
    GetMetadata {
        path: String,
        #[serde(default)] include_deleted: bool,
        #[serde(default, rename = "include_media_info")] _media: bool,
        #[serde(default, rename = "include_has_explicit_shared_members")] _shared: bool,
        #[serde(default, rename = "include_property_groups")] _properties: Option<Value>,
    }
    /// `files/download`.
    Download { path: String, #[serde(default)] rev: Option<String>, }
    /// `files/create_folder_v2`.
    CreateFolder { path: String, #[serde(default)] autorename: bool, }
    /// `files/create_folder_batch`.
    CreateFolderBatch {
        paths: Vec<String>,
        #[serde(default)] autorename: bool,
        #[serde(default)] force_async: bool,
    }
    /// `files/delete_v2`, and an entry of `files/delete_batch`.
    Delete { path: String, #[serde(default)] parent_rev: Option<String>, }
    /// `files/delete_batch`.
    DeleteBatch { entries: Vec<Delete>, }
    /// `files/move_v2`, `files/copy_v2`.
    Relocation {
        from_path: String,
        to_path: String,
        #[serde(default, rename = "allow_shared_folder")] _shared: bool,
        #[serde(default)] autorename: bool,
        #[serde(default, rename = "allow_ownership_transfer")] _transfer: bool,
    }
    /// An entry of `files/move_batch_v2`.
    RelocationPath { from_path: String, to_path: String, }
    /// `files/move_batch_v2`, `files/copy_batch_v2`.
    RelocationBatch {
        entries: Vec<RelocationPath>,
        #[serde(default)] autorename: bool,
        #[serde(default, rename = "allow_ownership_transfer")] _transfer: bool,
    }
    /// `files/restore`.
    Restore { path: String, rev: String, }
    /// `files/list_revisions`.
    ListRevisions {
        path: String,
        #[serde(default)] mode: Option<Tag>,
        #[serde(default = "ten")] limit: u64,
        #[serde(default)] before_rev: Option<String>,
        #[serde(default, rename = "include_restorable_info")] _restorable: bool,
    }
    /// `files/upload_session/start`.
    SessionStart {
        #[serde(default)] close: bool,
        #[serde(default)] session_type: Option<Tag>,
        #[serde(default)] content_hash: Option<String>,
    }
    /// `files/upload_session/start_batch`.
    SessionStartBatch { #[serde(default)] session_type: Option<Tag>, num_sessions: u64, }
    /// Where in a session.
    SessionCursor { session_id: String, offset: u64, }
    /// `files/upload_session/append_v2`.
    SessionAppend {
        cursor: SessionCursor,
        #[serde(default)] close: bool,
        #[serde(default)] content_hash: Option<String>,
    }
    /// An entry of `files/upload_session/append_batch`.
    AppendEntry { cursor: SessionCursor, length: u64, #[serde(default)] close: bool, }
    /// `files/upload_session/append_batch`.
    AppendBatch { entries: Vec<AppendEntry>, #[serde(default)] content_hash: Option<String>, }
    /// `files/upload_session/finish`, and an entry of `finish_batch_v2`.
    SessionFinish {
        cursor: SessionCursor,
        commit: CommitInfo,
        #[serde(default)] content_hash: Option<String>,
    }
    /// `files/upload_session/finish_batch_v2` and `finish_batch`.
    FinishBatch { entries: Vec<SessionFinish>, }
    /// The `…/check` routes.
    PollJob { async_job_id: String, }
    /// `check/user`.
    Echo { #[serde(default)] query: String, }
}

fn thirty() -> u64 {
    30
}

fn ten() -> u64 {
    10
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a refused argument is the failure to report")]
    use super::*;
    use serde_json::json;

    #[test]
    fn write_modes_in_both_forms() {
        let mode =
            |m: Value| read::<CommitInfo>(json!({"path": "/a", "mode": m}), "x").map(|c| c.mode);
        assert_eq!(mode(json!("add")).unwrap(), Mode::Add);
        assert_eq!(mode(json!({".tag": "overwrite"})).unwrap(), Mode::Overwrite);
        let update = json!({".tag": "update", "update": "a1c10ce0dd78"});
        assert_eq!(mode(update).unwrap(), Mode::Update("a1c10ce0dd78".into()));
        let Err(Fail::Bad(text)) = mode(json!("update")) else { panic!("taken") };
        assert_eq!(text, "x: mode: expected object for 'update', got symbol");
        assert!(mode(json!({".tag": "update", "update": "xyz"})).is_err());
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(read::<ListFolder>(json!({"path": "", "recursiv": true}), "x").is_err());
        assert!(read::<ListFolder>(json!({"path": "", "recursive": true}), "x").is_ok());
    }
}
