//! Errors of Dropbox as the path of their `.tag`s, and what they mean for the sync.
//!
//! `error_summary` is never read: Dropbox appends dots to it on purpose.

use crate::json::Value;
use sync_core::{Failure, Reason, Side};

/// `["path", "conflict", "file"]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<String>);

impl Tags {
    /// Of an error body's `error`, or of a batch entry's `failure`.
    ///
    /// A union in a union stands under a key named like the tag; a struct is flat beside the tag, and its one
    /// union that matters is `reason`.
    pub fn of(error: &Value) -> Self {
        let mut tags = Vec::new();
        let mut value = error;
        loop {
            let tag = match value {
                Value::Text(tag) => tag.as_str(),
                _ => value.field(".tag").and_then(Value::as_text).unwrap_or_default(),
            };
            let inner = if tag.is_empty() {
                value.field("reason")
            } else {
                tags.push(tag.to_owned());
                value.field(tag).or_else(|| value.field("reason"))
            };
            match inner {
                // Text below a tag explains (`malformed_path`); it names nothing.
                Some(inner @ Value::Object(_)) => value = inner,
                _ => return Self(tags),
            }
        }
    }

    /// Of a whole error answer; empty when it is no JSON of this form.
    pub fn of_body(text: &str) -> Self {
        let body = Value::parse(text).unwrap_or_default();
        body.field("error").map_or_else(Self::default, Self::of)
    }

    /// An answer of 400: the request was not understood. Dropbox says it in plain text, without a tag.
    pub fn bad_request() -> Self {
        Self(vec!["bad request".into()])
    }

    /// The request was not understood.
    pub fn is_bad_request(&self) -> bool {
        self.starts_with(&["bad request"])
    }

    /// Whether the path begins so.
    pub fn starts_with(&self, path: &[&str]) -> bool {
        self.0.len() >= path.len() && self.0.iter().zip(path).all(|(have, want)| have == want)
    }

    /// Whether the tag occurs anywhere.
    pub fn has(&self, tag: &str) -> bool {
        self.0.iter().any(|have| have == tag)
    }

    /// It passes by itself: writes got in each other's way, or Dropbox stumbled.
    pub fn is_transient(&self) -> bool {
        self.has("too_many_write_operations") || self.starts_with(&["internal_error"])
    }

    /// What it means for the item it is about, whatever the route. Lookups first: a path in a tag's name says
    /// less than the tag below it.
    pub fn failure(&self) -> Failure {
        let has = |tag| self.has(tag);
        if has("not_found") && !has("lookup_failed") {
            Failure::NotFound
        } else if has("reset") {
            Failure::CursorReset
        } else if has("insufficient_space") || has("insufficient_quota") {
            Failure::OutOfSpace
        } else if has("disallowed_name") || has("malformed_path") {
            Failure::Refused(Reason::Name)
        } else if has("conflict") || has("lookup_failed") || has("not_file") || has("not_folder") {
            Failure::Conflict
        } else if has("too_many_files") {
            Failure::TooManyFiles
        } else if has("payload_too_large") || has("too_large") {
            Failure::Refused(Reason::TooLarge)
        } else if has("content_hash_mismatch") {
            Failure::Refused(Reason::Damaged)
        } else if has("restricted_content") {
            Failure::Refused(Reason::Restricted)
        } else if has("unsupported_file") || has("unsupported_content_type") {
            Failure::Refused(Reason::Unsupported)
        } else if self.is_transient() {
            Failure::Unavailable(Side::Dropbox)
        } else if self.0.is_empty() {
            Failure::Malformed(Side::Dropbox)
        } else {
            Failure::Refused(Reason::DropboxRefused)
        }
    }

    /// The same where only the path can be so wrong that Dropbox does not understand the request.
    pub fn path_failure(&self) -> Failure {
        if self.is_bad_request() {
            return Failure::Refused(Reason::Name);
        }
        self.failure()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, tags: &[&str], failure: Failure) {
        let parsed = Tags::of_body(body);
        assert_eq!(parsed.0, tags, "{body}");
        assert_eq!(parsed.failure(), failure, "{body}");
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
