//! Errors of Dropbox as the path of their `.tag`s, and what they mean for the sync.
//!
//! `error_summary` is never read: Dropbox appends dots to it on purpose.

use crate::json::Value;
use sync_core::{Failure, Reason, Side};

/// An error, as far as the sync tells errors apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An answer of 400: the request was not understood. Dropbox says it in plain text, without a tag.
    BadRequest,
    /// It passes by itself: writes got in each other's way, or Dropbox stumbled.
    Transient,
    /// The token is good no longer.
    Token,
    /// A folder stands where one was to be made.
    FolderThere,
    /// Something stands there.
    Conflict,
    /// An entry of a batch lies across another.
    Nested,
    /// What it means for the item it is about, whatever the route.
    Final(Failure),
}

/// What tags mean, wherever they stand; of several the first. A path in a tag's name says less than the tag below it.
const MEANINGS: [(&str, Refusal); 22] = [
    ("internal_error", Refusal::Transient),
    ("too_many_write_operations", Refusal::Transient),
    ("expired_access_token", Refusal::Token),
    ("invalid_access_token", Refusal::Token),
    ("reset", Refusal::Final(Failure::CursorReset)),
    ("insufficient_space", Refusal::Final(Failure::OutOfSpace)),
    ("insufficient_quota", Refusal::Final(Failure::OutOfSpace)),
    ("disallowed_name", Refusal::Final(Failure::Refused(Reason::Name))),
    ("malformed_path", Refusal::Final(Failure::Refused(Reason::Name))),
    ("conflict", Refusal::Conflict),
    // Of an upload session: whatever it says of it below.
    ("lookup_failed", Refusal::Final(Failure::Conflict)),
    ("not_found", Refusal::Final(Failure::NotFound)),
    ("not_file", Refusal::Final(Failure::Conflict)),
    ("not_folder", Refusal::Final(Failure::Conflict)),
    ("too_many_files", Refusal::Final(Failure::TooManyFiles)),
    ("payload_too_large", Refusal::Final(Failure::Refused(Reason::TooLarge))),
    ("too_large", Refusal::Final(Failure::Refused(Reason::TooLarge))),
    ("content_hash_mismatch", Refusal::Final(Failure::Refused(Reason::Damaged))),
    ("restricted_content", Refusal::Final(Failure::Refused(Reason::Restricted))),
    ("unsupported_file", Refusal::Final(Failure::Refused(Reason::Unsupported))),
    ("unsupported_content_type", Refusal::Final(Failure::Refused(Reason::Unsupported))),
    ("duplicated_or_nested_paths", Refusal::Nested),
];

impl Refusal {
    /// Of an error body's `error`, or of a batch entry's `failure`.
    pub fn of(error: &Value) -> Self {
        Self::of_tags(&tags(error))
    }

    /// Of a whole error answer, whatever its form.
    pub fn of_body(text: &str) -> Self {
        let body = Value::said(text);
        Self::of(body.field("error").unwrap_or(&Value::Null))
    }

    fn of_tags(tags: &[&str]) -> Self {
        if tags.starts_with(&["path", "conflict", "folder"]) {
            return Self::FolderThere;
        }
        for (tag, meaning) in &MEANINGS {
            if tags.contains(tag) {
                return *meaning;
            }
        }
        Self::Final(match tags {
            [] => Failure::Malformed(Side::Dropbox),
            _ => Failure::Refused(Reason::DropboxRefused),
        })
    }

    /// Something stands in the way.
    pub fn is_conflict(self) -> bool {
        matches!(self, Self::Conflict | Self::FolderThere)
    }

    /// What it means for the item it is about, whatever the route.
    pub fn failure(self) -> Failure {
        match self {
            Self::Final(failure) => failure,
            Self::Conflict | Self::FolderThere => Failure::Conflict,
            Self::Transient => Failure::Unavailable(Side::Dropbox),
            Self::BadRequest | Self::Token | Self::Nested => {
                Failure::Refused(Reason::DropboxRefused)
            }
        }
    }

    /// The same where only the path can be so wrong that Dropbox does not understand the request.
    pub fn path_failure(self) -> Failure {
        match self {
            Self::BadRequest => Failure::Refused(Reason::Name),
            other => other.failure(),
        }
    }
}

/// `["path", "conflict", "file"]`; none where it is no error of this form.
///
/// A union in a union stands under a key named like the tag; a struct is flat beside the tag, and its one
/// union that matters is `reason`.
fn tags(error: &Value) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut value = error;
    loop {
        let tag = match value {
            Value::Text(tag) => tag.as_str(),
            _ => value.word(".tag").unwrap_or_default(),
        };
        let inner = if tag.is_empty() {
            value.field("reason")
        } else {
            tags.push(tag);
            value.field(tag).or_else(|| value.field("reason"))
        };
        match inner {
            // Text below a tag explains (`malformed_path`); it names nothing.
            Some(inner @ Value::Object(_)) => value = inner,
            _ => return tags,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &[&str], failure: Failure) {
        let parsed = Value::said(body);
        assert_eq!(tags(parsed.field("error").unwrap_or(&Value::Null)), expected, "{body}");
        assert_eq!(Refusal::of_body(body).failure(), failure, "{body}");
    }

    #[test]
    fn every_documented_shape_is_read_by_its_tags() {
        check(
            r#"{"error_summary":"path/conflict/file/..","error":{".tag":"path","reason":{".tag":"conflict","conflict":{".tag":"file"}},"upload_session_id":"x"}}"#,
            &["path", "conflict", "file"],
            Failure::Conflict,
        );
        check(
            r#"{"error":{".tag":"path","path":{".tag":"malformed_path","malformed_path":null}}}"#,
            &["path", "malformed_path"],
            Failure::Refused(Reason::Name),
        );
        check(
            r#"{"error":{".tag":"lookup_failed","lookup_failed":{".tag":"not_found"}}}"#,
            &["lookup_failed", "not_found"],
            Failure::Conflict,
        );
        check(
            r#"{"error":{"reason":{".tag":"too_many_write_operations"}}}"#,
            &["too_many_write_operations"],
            Failure::Unavailable(Side::Dropbox),
        );
        check(r#"{"error":{".tag":"reset"}}"#, &["reset"], Failure::CursorReset);
        check(
            r#"{"error":{".tag":"path","path":{".tag":"insufficient_space"}}}"#,
            &["path", "insufficient_space"],
            Failure::OutOfSpace,
        );
        check(
            r#"{"error":{".tag":"path","path":{".tag":"restricted_content"}}}"#,
            &["path", "restricted_content"],
            Failure::Refused(Reason::Restricted),
        );
        check(
            r#"{"error":{".tag":"something_new"}}"#,
            &["something_new"],
            Failure::Refused(Reason::DropboxRefused),
        );
        check("<html>", &[], Failure::Malformed(Side::Dropbox));
    }
}
