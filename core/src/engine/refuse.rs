//! What does not happen: by what the engine does about it.

use super::records::Number;
use super::Engine;
use crate::effect::{Failure, Reason};
use crate::ids::RecordKind;
use crate::plan::Operation;
use crate::sort::retain;
use crate::state::{Refusal, Subject};
use crate::status::Happened;
use crate::tree::{self, File};

impl Engine {
    pub(super) fn observe_again(&mut self, record: Number) {
        self.cycle.observe_again = true;
        self.cycle.again.insert(record);
        if let Some(work) = self.work.get_mut(record) {
            // Its turn ends here; it comes again with what the observation shows.
            work.cancelled = true;
        }
        self.drop_queued(record);
    }

    /// By what the engine does about it.
    pub(super) fn failed(&mut self, record: Number, operation: &Operation, failure: Failure) {
        match failure {
            Failure::Unavailable(_)
            | Failure::Unauthorized(_)
            | Failure::Store
            | Failure::Newer
            | Failure::Malformed(_) => {
                self.fail(failure);
            }
            Failure::Conflict | Failure::CursorReset => self.observe_again(record),
            Failure::NotFound => match operation {
                // Gone on the CRM's side since it was listed, or on Dropbox's since it was observed.
                Operation::Hash { .. }
                | Operation::Upload { .. }
                | Operation::DeleteDocument { .. } => {
                    self.list_again(record);
                }
                _ => self.observe_again(record),
            },
            Failure::OutOfSpace => self.cycle.out_of_space = true,
            Failure::KindRefused => {
                let kind = self.records.record(record).kind;
                self.ask_kind_again(kind);
                self.index.refused_kinds.push((kind, self.now_ms));
            }
            Failure::SlashRefused => {
                self.index.slash_refused = true;
                self.dirty_index = true;
            }
            Failure::Forbidden => self.refuse(record, operation, Reason::Restricted),
            Failure::TooManyFiles => self.refuse(record, operation, Reason::DropboxRefused),
            Failure::Refused(Reason::Name)
                if path_of(operation).is_some_and(|path| self.learn_astral(path)) => {}
            Failure::Refused(reason) => self.refuse(record, operation, reason),
            Failure::Cancelled => {
                if let Some(work) = self.work.get_mut(record) {
                    work.cancelled = true;
                }
            }
        }
    }

    /// Whether the CRM takes uploads to this kind of record is not known any more.
    pub(super) fn ask_kind_again(&mut self, kind: RecordKind) {
        retain(&mut self.index.refused_kinds, &mut |(refused, _)| *refused != kind);
        self.dirty_index = true;
    }

    /// N2: an account that refuses characters outside the basic plane.
    pub(super) fn learn_astral(&mut self, path: &str) -> bool {
        // Known already: the refused path was written before it was.
        let astral = path.chars().any(|c| c as u32 > 0xffff);
        if astral && !self.index.astral_refused {
            self.index.astral_refused = true;
            self.dirty_index = true;
        }
        astral
    }

    /// Z7: not tried again until it changes or the button is pressed.
    pub(super) fn refuse(&mut self, record: Number, operation: &Operation, reason: Reason) {
        let Some(stored) = self.records.get(record) else {
            return;
        };
        let (document, file) = match operation {
            Operation::Hash { document, .. } | Operation::Upload { document, .. } => {
                (Some(document), None)
            }
            Operation::DeleteDocument { document, .. } => (Some(&document.id), None),
            Operation::Create { replaces, .. } => match &replaces.file {
                None => (replaces.document.as_ref(), None),
                file => (None, file.as_ref()),
            },
            Operation::MoveFile { file, .. }
            | Operation::CopyFile { file, .. }
            | Operation::DeleteFile { file, .. } => {
                let pair = stored.pairs.iter().find(|pair| pair.has_file(file));
                (pair.and_then(|pair| Some(&pair.crm.as_ref()?.id)), Some(file))
            }
            Operation::ConfirmGone { .. } => (None, None),
        };
        let by_document = document.and_then(|id| stored.document(id)).map(Subject::document);
        let by_file = || {
            let File { id, rev, path, .. } = tree::file_of(&stored.nodes, file?)?;
            Some(Subject::File { id, rev, path })
        };
        let subject = by_document.or_else(by_file);
        if let Some(subject) = subject {
            self.happened(record, subject.name(), Happened::Refused(reason));
            if let Some(stored) = self.records.get_mut(record) {
                retain(&mut stored.refusals, &mut |refusal| refusal.subject != subject);
                stored.refusals.push(Refusal { subject, reason });
            }
        }
        // Whatever it was, it is not tried again in this turn.
        if let (None, Some(work)) = (Self::file_of(operation), self.work.get_mut(record)) {
            work.list_again = false;
        }
    }
}

fn path_of(operation: &Operation) -> Option<&str> {
    match operation {
        Operation::Upload { path, .. } => Some(path),
        Operation::MoveFile { to, .. } | Operation::CopyFile { to, .. } => Some(to),
        _ => None,
    }
}
