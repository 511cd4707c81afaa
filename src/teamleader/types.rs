//! Requests and answers of the CRM's endpoints, one type each. Shapes only.
//!
//! Source: Teamleader's OpenAPI document. Unknown fields are tolerated; of the fields that matter, a wrong type
//! fails the answer.

use serde::{Deserialize, Deserializer, Serialize};

/// `{"data": …}`, around every answer.
#[derive(Deserialize)]
pub(super) struct Data<T> {
    pub data: T,
}

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
#[derive(Clone, Deserialize)]
pub(super) struct FileRow {
    pub id: String,
    pub name: String,
    pub size: u64,
    pub updated_at: String,
    /// A plain string; absent and null mean none.
    #[serde(default, deserialize_with = "or_default")]
    pub folder: String,
}

/// Argument of the `.info`, `files.download` and `files.delete` endpoints.
#[derive(Serialize)]
pub(super) struct Id<'a> {
    pub id: &'a str,
}

/// Data of `files.download` and `files.upload`: an address good for a while.
#[derive(Deserialize)]
pub(super) struct Location {
    pub location: String,
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
#[derive(Deserialize)]
pub(super) struct Entity {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub title: String,
    #[serde(default, deserialize_with = "or_default")]
    pub first_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub last_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub code: String,
}

/// Data of `accounts.projects-v2-status`.
#[derive(Deserialize)]
pub(super) struct ProjectsStatus {
    pub status: String,
}

/// The body of a refusal.
#[derive(Default, Deserialize)]
pub(super) struct Errors {
    #[serde(default)]
    pub errors: Vec<ErrorRow>,
}

#[derive(Default, Deserialize)]
pub(super) struct ErrorRow {
    #[serde(default, deserialize_with = "or_default")]
    pub title: String,
    #[serde(default, deserialize_with = "or_default")]
    pub meta: ErrorMeta,
}

#[derive(Default, Deserialize)]
pub(super) struct ErrorMeta {
    #[serde(default, deserialize_with = "or_default")]
    pub field: String,
}

/// `null` as if absent.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
