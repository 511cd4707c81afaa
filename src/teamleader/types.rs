//! Answers of the CRM's endpoints, one type each, and what their requests have in common. Shapes only.
//!
//! Source: Teamleader's OpenAPI document. Unknown fields are tolerated; of the fields that matter, a wrong type
//! fails the answer.

use crate::json::forms::{structs, Fields, Form};
use crate::json::{Object, Read, Value, Write};
use sync_core::map::Set;
use sync_core::Document;

/// What files belong to.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub kind: &'static str,
    pub id: &'a str,
}

impl Write for Subject<'_> {
    fn write(&self, out: &mut String) {
        Object(&[("type", &self.kind), ("id", &self.id)]).write(out);
    }
}

/// Page `number` (from 1) of a listing, as large as the CRM gives them.
pub(super) struct Page {
    pub number: u32,
}

/// Rows of a page; the most the CRM gives.
pub(super) const PAGE_ROWS: u32 = 100;

impl Write for Page {
    fn write(&self, out: &mut String) {
        Object(&[("size", &PAGE_ROWS), ("number", &self.number)]).write(out);
    }
}

/// Argument of the `.info`, `files.download` and `files.delete` endpoints.
pub(super) fn id_argument(id: &str) -> String {
    Object(&[("id", &id)]).write_text()
}

/// A document as a row of `files.list` and the data of `files.info` tell of it; what is stored has a form of its own.
pub(super) struct FileRow(pub Document);

impl Form for FileRow {
    fn blank() -> Self {
        Self(Document::blank())
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let mut fields = Fields::of(value);
        fields.read("id", &mut self.0.id);
        fields.read("name", &mut self.0.place.name);
        fields.read("size", &mut self.0.size_bytes);
        fields.read("updated_at", &mut self.0.updated_at);
        // A plain string; absent, `null` and empty mean none.
        fields.read_if_there("folder", &mut self.0.place.folder);
        fields.complete()
    }
}

/// Pages of `files.list`: goes on where the pages before ended.
pub(super) struct FilePages {
    /// Each once: pages shift while documents are added, so one may repeat rows.
    pub documents: Vec<Document>,
    seen: Set<String>,
    /// Of the last page.
    pub row_count: usize,
}

impl Form for FilePages {
    fn blank() -> Self {
        Self { documents: Vec::new(), seen: Set::new(), row_count: 0 }
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let Value::List(rows) = value else { return None };
        for row in rows {
            let FileRow(document) = FileRow::read(row)?;
            if self.seen.insert(document.id.0.clone()) {
                self.documents.push(document);
            }
        }
        self.row_count = rows.len();
        Some(())
    }
}

/// Data of `files.download` and `files.upload`: an address good for a while.
pub(super) struct Location {
    pub location: String,
}

impl Form for Location {
    fn blank() -> Self {
        Self { location: String::new() }
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let location = value.word("location")?;
        // Never a path on the page's own server, and plain http on this machine alone.
        let is_elsewhere =
            location.starts_with("https://") || location.starts_with("http://127.0.0.1:");
        self.location = location.to_owned();
        is_elsewhere.then_some(())
    }
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

/// Data of `accounts.projects-v2-status`.
pub(super) struct ProjectsStatus {
    pub status: String,
}

structs! {
    Entity { id, name optional, title optional, first_name optional, last_name optional, code optional, }
    ProjectsStatus { status, }
}
