//! Current names of records. Each kind has its own endpoint and its own idea of a name.

use super::call::{data, maybe_data};
use super::subject::Generation;
use super::types::{id_argument, Entity, Page, PAGE_ROWS};
use super::Teamleader;
use crate::json::{Object, Write};
use crate::ports::Ports;
use sync_core::{Failure, RecordKind};

impl<P: Ports> Teamleader<P> {
    /// Names of at most 100 records of one kind, as (id, name). Records not found are absent.
    pub async fn names(
        &self,
        kind: RecordKind,
        ids: &[String],
    ) -> Result<Vec<(String, String)>, Failure> {
        if kind == RecordKind::Project {
            return self.project_names(ids).await;
        }
        let rows = self.entities(list_endpoint(kind), ids).await?;
        Ok(rows.into_iter().map(|row| named(kind, row)).collect())
    }

    /// The new generation answers in a list; the legacy list knows no ids, so those are asked one by one.
    async fn project_names(&self, ids: &[String]) -> Result<Vec<(String, String)>, Failure> {
        let (legacy, rest): (Vec<String>, Vec<String>) = ids
            .iter()
            .cloned()
            .partition(|id| self.known_generation(id) == Some(Generation::Legacy));
        let mut names = Vec::new();
        if !rest.is_empty() {
            match self.entities(Generation::New.list_endpoint(), &rest).await {
                Ok(rows) => {
                    for row in rows {
                        self.keep_generation(&row.id, Generation::New);
                        names.push(named(RecordKind::Project, row));
                    }
                }
                // The module is switched off: all are of the legacy one.
                Err(Failure::Forbidden | Failure::NotFound | Failure::Refused(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        for id in legacy.iter().chain(&rest) {
            if names.iter().any(|(named, _)| named == id) {
                continue;
            }
            let endpoint = Generation::Legacy.info_endpoint();
            let answer = self.call(endpoint, id_argument(id), false).await;
            if let Some(row) = maybe_data(answer)? {
                self.keep_generation(id, Generation::Legacy);
                names.push((id.clone(), named(RecordKind::Project, row).1));
            }
        }
        Ok(names)
    }

    /// The record that an old number belongs to (`migrate.id`); `None` if it is nobody's.
    pub async fn id_of_number(
        &self,
        kind: RecordKind,
        number: u64,
    ) -> Result<Option<String>, Failure> {
        // Projects of the new generation never had a number.
        let argument = Object(&[("type", &kind.word()), ("id", &number)]).write_text();
        let answer = self.call("migrate.id", argument, false).await;
        Ok(maybe_data(answer)?.map(|entity: Entity| entity.id))
    }

    async fn entities(&self, endpoint: &str, ids: &[String]) -> Result<Vec<Entity>, Failure> {
        let mut rows = Vec::new();
        for ids in ids.chunks(PAGE_ROWS as usize) {
            let filter = Object(&[("ids", &ids)]);
            let argument =
                Object(&[("filter", &filter), ("page", &Page { number: 1 })]).write_text();
            let page: Vec<Entity> = self.call(endpoint, argument, false).await.and_then(data)?;
            // A filter that the CRM does not know is ignored without a word: keep what was asked for.
            rows.extend(page.into_iter().filter(|row| ids.contains(&row.id)));
        }
        Ok(rows)
    }
}

/// The endpoint that lists records of this kind; of projects, those of the new generation.
pub(super) fn list_endpoint(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Contact => "contacts.list",
        RecordKind::Company => "companies.list",
        RecordKind::Project => Generation::New.list_endpoint(),
        RecordKind::Meeting => "meetings.list",
        RecordKind::Product => "products.list",
    }
}

/// A record's id, and its name as the CRM's pages show it; that may be empty.
pub(super) fn named(kind: RecordKind, row: Entity) -> (String, String) {
    let name = match kind {
        RecordKind::Contact => format!("{} {}", row.first_name, row.last_name).trim().into(),
        RecordKind::Company => row.name,
        RecordKind::Project => row.title,
        // `name` before version 2023-09-26.
        RecordKind::Meeting if row.title.is_empty() => row.name,
        RecordKind::Meeting => row.title,
        RecordKind::Product if row.name.is_empty() => row.code,
        RecordKind::Product => row.name,
    };
    (row.id, name)
}
