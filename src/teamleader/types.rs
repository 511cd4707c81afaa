//! Requests and answers of the CRM's endpoints, one type each. Shapes only.
//!
//! Source: Teamleader's OpenAPI document. Unknown fields are tolerated; of the fields that matter, a wrong type
//! fails the answer.

use crate::json::{Read, Value};
use serde::Serialize;

/// What files belong to.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Subject<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub id: &'a str,
}

/// Page `number` (from 1) of `size` rows.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Page {
    pub size: u32,
    pub number: u32,
}

/// Argument of `files.list`.
#[derive(Serialize)]
pub(super) struct FilesList<'a> {
    pub filter: SubjectFilter<'a>,
    pub page: Page,
}

#[derive(Serialize)]
pub(super) struct SubjectFilter<'a> {
    pub subject: Subject<'a>,
}

/// A row of `files.list`, and the data of `files.info`.
#[derive(Clone)]
pub(super) struct FileRow {
    pub id: String,
    pub name: String,
    pub size: u64,
    pub updated_at: String,
    /// A plain string; absent and null mean none.
    pub folder: String,
}

impl Read for FileRow {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: value.text("id")?,
            name: value.text("name")?,
            size: value.number("size")?,
            updated_at: value.text("updated_at")?,
            folder: or_empty(value, "folder")?,
        })
    }
}

/// Argument of the `.info`, `files.download` and `files.delete` endpoints.
#[derive(Serialize)]
pub(super) struct Id<'a> {
    pub id: &'a str,
}

/// Data of `files.download` and `files.upload`: an address good for a while.
pub(super) struct Location {
    pub location: String,
}

impl Read for Location {
    fn read(value: &Value) -> Option<Self> {
        let location = value.text("location")?;
        // Never a path on the page's own server, and plain http on this machine alone.
        let is_elsewhere =
            ["https://", "http://127.0.0.1:"].iter().any(|begin| location.starts_with(begin));
        is_elsewhere.then_some(Self { location })
    }
}

/// Argument of `files.upload`.
#[derive(Serialize)]
pub(super) struct Upload<'a> {
    pub name: &'a str,
    pub subject: Subject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<&'a str>,
}

/// Argument of the entities' `.list` endpoints.
#[derive(Serialize)]
pub(super) struct EntitiesList<'a> {
    pub filter: IdsFilter<'a>,
    pub page: Page,
}

/// Argument of `migrate.id`.
#[derive(Serialize)]
pub(super) struct OldNumber {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub id: u64,
}

/// Argument of endpoints without one.
#[derive(Serialize)]
pub(super) struct Nothing {}

/// Argument of the same endpoints for all rows.
#[derive(Serialize)]
pub(super) struct Paging {
    pub page: Page,
}

#[derive(Serialize)]
pub(super) struct IdsFilter<'a> {
    pub ids: &'a [String],
}

/// A record of any kind: each has its own idea of a name.
pub(super) struct Entity {
    pub id: String,
    pub name: String,
    pub title: String,
    pub first_name: String,
    pub last_name: String,
    pub code: String,
}

impl Read for Entity {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: value.text("id")?,
            name: or_empty(value, "name")?,
            title: or_empty(value, "title")?,
            first_name: or_empty(value, "first_name")?,
            last_name: or_empty(value, "last_name")?,
            code: or_empty(value, "code")?,
        })
    }
}

/// Data of `accounts.projects-v2-status`.
pub(super) struct ProjectsStatus {
    pub status: String,
}

impl Read for ProjectsStatus {
    fn read(value: &Value) -> Option<Self> {
        Some(Self { status: value.text("status")? })
    }
}

/// The body of a refusal.
#[derive(Default)]
pub(super) struct Errors {
    pub errors: Vec<ErrorRow>,
}

impl Read for Errors {
    fn read(value: &Value) -> Option<Self> {
        Some(Self { errors: value.list("errors").unwrap_or_default() })
    }
}

#[derive(Default)]
pub(super) struct ErrorRow {
    pub title: String,
    pub meta: ErrorMeta,
}

impl Read for ErrorRow {
    fn read(value: &Value) -> Option<Self> {
        let meta = value.field("meta").and_then(ErrorMeta::read).unwrap_or_default();
        Some(Self { title: or_empty(value, "title").unwrap_or_default(), meta })
    }
}

#[derive(Default)]
pub(super) struct ErrorMeta {
    pub field: String,
}

impl Read for ErrorMeta {
    fn read(value: &Value) -> Option<Self> {
        Some(Self { field: or_empty(value, "field").unwrap_or_default() })
    }
}

/// Text of a field; absent and `null` as if empty.
fn or_empty(value: &Value, name: &str) -> Option<String> {
    value.maybe_text(name).map(Option::unwrap_or_default)
}
