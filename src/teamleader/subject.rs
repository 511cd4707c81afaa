//! What the CRM calls a record when it speaks of files: the subject's type, and the two generations of projects.
//!
//! An account may hold projects of both generations (K9). Which one an id is of is found by asking, and kept.

use super::call::Refusal;
use super::types::{id_argument, Entity, ProjectsStatus, Subject};
use super::Teamleader;
use crate::json::forms::Form;
use crate::ports::Ports;
use sync_core::{Failure, Record, RecordKind};

/// Of projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Generation {
    /// `projects-v2`, subject type `nextgenProject`.
    New,
    /// `projects`, subject type `project`.
    Legacy,
}

impl Generation {
    fn other(self) -> Self {
        match self {
            Self::New => Self::Legacy,
            Self::Legacy => Self::New,
        }
    }

    fn subject_type(self) -> &'static str {
        match self {
            Self::New => "nextgenProject",
            Self::Legacy => "project",
        }
    }

    /// The endpoint that knows a project of this generation.
    pub fn info_endpoint(self) -> &'static str {
        match self {
            Self::New => "projects-v2/projects.info",
            Self::Legacy => "projects.info",
        }
    }

    /// The endpoint that lists the projects of this generation.
    pub fn list_endpoint(self) -> &'static str {
        match self {
            Self::New => "projects-v2/projects.list",
            Self::Legacy => "projects.list",
        }
    }
}

impl<P: Ports> Teamleader<P> {
    /// The record as the subject of files. For a project of unknown generation it asks first.
    ///
    /// [`Failure::NotFound`]: a project of neither generation.
    pub(super) async fn subject<'a>(
        &self,
        record: &'a Record,
        urgent: bool,
    ) -> Result<Subject<'a>, Failure> {
        let id = record.id.as_str();
        let known = match record.kind {
            RecordKind::Contact => Some("contact"),
            RecordKind::Company => Some("company"),
            RecordKind::Meeting => Some("meeting"),
            RecordKind::Product => Some("product"),
            RecordKind::Project => self.known_generation(id).map(Generation::subject_type),
        };
        if let Some(kind) = known {
            return Ok(Subject { kind, id });
        }
        // The subject of an unknown file listing may be answered by an empty list, so the project itself is asked
        // for, not its files.
        let first = self.account_generation(urgent).await?;
        let mut neither = Failure::NotFound;
        for generation in [first, first.other()] {
            let mut project = Entity::blank();
            let endpoint = generation.info_endpoint();
            match self.call(endpoint, id_argument(id), urgent, &mut project).await {
                Ok(()) => {
                    self.keep_generation(id, generation);
                    return Ok(Subject { kind: generation.subject_type(), id });
                }
                Err(refusal) if refusal.is_absence() => {
                    // A module that is switched off may answer so; the other one decides.
                    if refusal.failure == Failure::Forbidden {
                        neither = Failure::Forbidden;
                    }
                }
                Err(refusal) => return Err(refusal.failure),
            }
        }
        Err(neither)
    }

    /// The generation kept for a project, if it is known.
    pub(super) fn known_generation(&self, id: &str) -> Option<Generation> {
        self.generations.borrow().get(id).copied()
    }

    /// Keeps a project's generation.
    pub(super) fn keep_generation(&self, id: &str, generation: Generation) {
        self.generations.borrow_mut().insert(id.into(), generation);
    }

    /// The generation the account uses now; asked once. A refusal means the new one.
    async fn account_generation(&self, urgent: bool) -> Result<Generation, Failure> {
        if let Some(generation) = self.account_generation.get() {
            return Ok(generation);
        }
        let mut answer = ProjectsStatus::blank();
        let asked =
            self.call("accounts.projects-v2-status", "{}".into(), urgent, &mut answer).await;
        let generation = match asked {
            Ok(()) if answer.status == "legacy" => Generation::Legacy,
            Ok(()) => Generation::New,
            Err(Refusal { failure: Failure::Malformed(_), .. }) => Generation::New,
            Err(refusal) if refusal.is_absence() => Generation::New,
            Err(refusal) => return Err(refusal.failure),
        };
        self.account_generation.set(Some(generation));
        Ok(generation)
    }
}
