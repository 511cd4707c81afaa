//! Handing out writes: transfers bounded in number and bytes, Dropbox's writes one batch at a time.

use super::{Engine, Purpose, Queued, BATCH_MAX, TRANSFERS_MAX, TRANSFER_BYTES_MAX};
use crate::effect::{Commit, Delete, Effect, Move};
use crate::plan::Operation;
use alloc::vec::Vec;

impl Engine {
    pub(super) fn step_transfers(&mut self) {
        loop {
            let (mut count, mut under_way) = (0, 0);
            for (_, purpose) in &self.tasks {
                if let Purpose::Transfer(item) = purpose {
                    count += 1;
                    under_way += size_of(&item.operation);
                }
            }
            let Some(operation) = self.transfers.first().map(|item| &item.operation) else {
                return;
            };
            let size = size_of(operation);
            if !operation.only_looks() && !self.may_write() {
                return;
            }
            let full =
                count >= TRANSFERS_MAX || (under_way > 0 && under_way + size > TRANSFER_BYTES_MAX);
            if full {
                return;
            }
            let item = self.transfers.remove(0);
            let effect = match &item.operation {
                Operation::Hash { document, size_bytes } => {
                    Effect::HashDocument { document: document.clone(), size_bytes: *size_bytes }
                }
                Operation::Upload { document, size_bytes, .. } => Effect::StageDocument {
                    document: document.clone(),
                    size_bytes: *size_bytes,
                    urgent: self.watched.contains(item.record),
                },
                Operation::Create { place, source, hash, size_bytes, .. } => {
                    Effect::CreateDocument {
                        record: self.records.record(item.record).clone(),
                        place: place.clone(),
                        source: source.clone(),
                        hash: hash.clone(),
                        size_bytes: *size_bytes,
                    }
                }
                Operation::DeleteDocument { stays, .. } => {
                    // Another browser may have deleted the new one: then the old one is the last.
                    Effect::ConfirmGone { document: stays.clone() }
                }
                _ => continue,
            };
            self.task(Purpose::Transfer(item), effect);
        }
    }

    /// One write at a time, the largest batch that is ready.
    pub(super) fn step_writes(&mut self) {
        let observing = self.is_under_way(|purpose| matches!(purpose, Purpose::Observe));
        // What led to a write is stored before it (a new link above all).
        if self.writing || observing || self.saving {
            return;
        }
        if (self.folders.is_empty() && self.writes.is_empty()) || !self.may_write() {
            return;
        }
        let next = match self.folders.is_empty() {
            false => Some(*self.folders.remove(0)),
            true => self.next_copy().or_else(|| self.next_batch()),
        };
        if let Some((purpose, effect)) = next {
            self.writing = true;
            self.task(purpose, effect);
        }
    }

    /// A conflicted copy before anything is written over; of copies Dropbox takes no batch.
    fn next_copy(&mut self) -> Option<(Purpose, Effect)> {
        let is_copy = |item: &Queued| matches!(item.operation, Operation::CopyFile { .. });
        let item = self.writes.remove(self.writes.iter().position(is_copy)?);
        let Operation::CopyFile { file, to } = &item.operation else { return None };
        let copy = Effect::CopyFile { id: file.clone(), to: self.absolute(item.record, to) };
        Some((Purpose::Write(Vec::from([item])), copy))
    }

    /// Operations of one kind: Dropbox takes a batch of nothing else.
    fn next_batch(&mut self) -> Option<(Purpose, Effect)> {
        let first = self.writes.iter().map(|item| turn(&item.operation)).min()?;
        let mut effect = match first {
            0 => Effect::MoveFiles(Vec::new()),
            1 => Effect::DeleteFiles(Vec::new()),
            _ => Effect::CommitFiles(Vec::new()),
        };
        let mut batch = Vec::new();
        for item in core::mem::take(&mut self.writes) {
            if turn(&item.operation) != first || batch.len() >= BATCH_MAX {
                self.writes.push(item);
                continue;
            }
            match (&mut effect, &item.operation) {
                (Effect::MoveFiles(moves), Operation::MoveFile { file, to }) => {
                    let to = self.absolute(item.record, to);
                    moves.push(Move { id: file.clone(), to });
                }
                (Effect::DeleteFiles(deletes), Operation::DeleteFile { file, rev }) => {
                    deletes.push(Delete { id: file.clone(), rev: rev.clone() });
                }
                (Effect::CommitFiles(commits), Operation::Upload { path, mode, .. }) => {
                    let Some(staged) = item.staged.clone() else { continue };
                    let path = self.absolute(item.record, path);
                    commits.push(Commit { staged, path, mode: mode.clone() });
                }
                _ => continue,
            }
            batch.push(item);
        }
        Some((Purpose::Write(batch), effect))
    }
}

/// What is deleted may have been moved away before; new contents come last.
fn turn(operation: &Operation) -> u8 {
    match operation {
        Operation::MoveFile { .. } => 0,
        Operation::DeleteFile { .. } => 1,
        _ => 2,
    }
}

fn size_of(operation: &Operation) -> u64 {
    match operation {
        Operation::Hash { size_bytes, .. }
        | Operation::Upload { size_bytes, .. }
        | Operation::Create { size_bytes, .. } => *size_bytes,
        _ => 0,
    }
}
