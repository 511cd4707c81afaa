//! Current names of records. Each kind has its own endpoint and its own idea of a name.

use super::call::found;
use super::subject::Generation;
use super::types::{id_argument, Entity, Page};
use super::Teamleader;
use crate::json::forms::Form;
use crate::json::{Object, Write};
use crate::ports::Ports;
use sync_core::{Failure, Outcome, RecordKind};

impl<P: Ports> Teamleader<P> {
    /// Names of at most 100 records of one kind. Records not found are absent. → [`Outcome::Names`]
    pub async fn names(&self, kind: RecordKind, ids: &[String]) -> Result<Outcome, Failure> {
        // The list of legacy projects knows no ids, so those are asked one by one.
        let mut listed = Vec::new();
        for id in ids {
            if self.known_generation(id) != Some(Generation::Legacy) {
                listed.push(id.clone());
            }
        }
        let mut names = Vec::new();
        if !listed.is_empty() {
            let filter = Object(&[("ids", &listed)]);
            let argument =
                Object(&[("filter", &filter), ("page", &Page { number: 1 })]).write_text();
            let mut rows: Vec<Entity> = Vec::new();
            let answer = self.call(list_endpoint(kind), argument, false, &mut rows).await;
            match answer.map_err(Failure::from) {
                // The module of new projects is switched off: all are of the legacy one.
                Err(Failure::Forbidden | Failure::NotFound | Failure::Refused(_))
                    if kind == RecordKind::Project => {}
                answer => answer?,
            }
            self.take_names(kind, &listed, rows, &mut names);
        }
        if kind != RecordKind::Project {
            return Ok(Outcome::Names(names));
        }
        for id in ids {
            if names.iter().any(|(named, _)| named == id) {
                continue;
            }
            let endpoint = Generation::Legacy.info_endpoint();
            let mut row = Entity::blank();
            let answer = self.call(endpoint, id_argument(id), false, &mut row).await;
            if found(answer)? {
                self.keep_generation(id, Generation::Legacy);
                names.push((id.clone(), named(kind, row).1));
            }
        }
        Ok(Outcome::Names(names))
    }

    /// Names of what a listing answers.
    fn take_names(
        &self,
        kind: RecordKind,
        listed: &[String],
        rows: Vec<Entity>,
        names: &mut Vec<(String, String)>,
    ) {
        for row in rows {
            // A filter that the CRM does not know is ignored without a word: keep what was asked for.
            if !listed.contains(&row.id) {
                continue;
            }
            if kind == RecordKind::Project {
                self.keep_generation(&row.id, Generation::New);
            }
            names.push(named(kind, row));
        }
    }

    /// The record that an old number belongs to (`migrate.id`); `None` if it is nobody's.
    pub async fn id_of_number(
        &self,
        kind: RecordKind,
        number: u64,
    ) -> Result<Option<String>, Failure> {
        // Projects of the new generation never had a number.
        let argument = Object(&[("type", &kind.word()), ("id", &number)]).write_text();
        let mut record = Entity::blank();
        let answer = self.call("migrate.id", argument, false, &mut record).await;
        Ok(found(answer)?.then_some(record.id))
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
        RecordKind::Contact => (row.first_name + " " + &row.last_name).trim().into(),
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
