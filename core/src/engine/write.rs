//! Handing out writes: transfers bounded in number and bytes, Dropbox's writes one batch at a time.

use super::{Engine, Purpose, BATCH_MAX, TRANSFERS_MAX, TRANSFER_BYTES_MAX};
use crate::effect::{Commit, Delete, Effect, Move};
use crate::ids::Record;
use crate::plan::Operation;
use alloc::vec::Vec;

impl Engine {
    pub(super) fn step_transfers(&mut self, now_ms: u64) {
        loop {
            let under_way: u64 = self.transfer_bytes.values().sum();
            let Some((_, operation)) = self.transfers.front() else {
                return;
            };
            let size = size_of(operation);
            if !operation.only_looks() && !self.may_write(now_ms) {
                return;
            }
            let full = self.transfer_bytes.len() >= TRANSFERS_MAX
                || (under_way > 0 && under_way + size > TRANSFER_BYTES_MAX);
            if full {
                return;
            }
            let Some((record, operation)) = self.transfers.pop_front() else {
                return;
            };
            let effect = match &operation {
                Operation::Hash { document, size_bytes } => {
                    Effect::HashDocument { document: document.clone(), size_bytes: *size_bytes }
                }
                Operation::Upload { document, size_bytes, .. } => Effect::StageDocument {
                    document: document.clone(),
                    size_bytes: *size_bytes,
                    urgent: self.watched.contains(&record),
                },
                Operation::Create { place, source, hash, size_bytes, .. } => {
                    Effect::CreateDocument {
                        record: record.clone(),
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
            let task = self.task(Purpose::Step(record, operation), effect);
            self.transfer_bytes.insert(task, size);
        }
    }

    /// One write at a time, the largest batch that is ready.
    pub(super) fn step_writes(&mut self, now_ms: u64) {
        let observing = self.tasks.values().any(|purpose| matches!(purpose, Purpose::Observe));
        // What led to a write is stored before it (a new link above all).
        if self.writing || observing || self.saving {
            return;
        }
        let nothing = self.folders.is_empty()
            && self.copies.is_empty()
            && self.moves.is_empty()
            && self.deletes.is_empty()
            && self.commits.is_empty();
        if nothing || !self.may_write(now_ms) {
            return;
        }
        let (purpose, effect) = if let Some(folder) = self.folders.pop_front() {
            folder
        } else if let Some((record, operation)) = self.copies.pop_front() {
            let Operation::CopyFile { file, to } = &operation else {
                return;
            };
            let effect = Effect::CopyFile { id: file.clone(), to: self.absolute(&record, to) };
            (Purpose::Copy(record, operation), effect)
        } else if !self.moves.is_empty() {
            let batch = take(&mut self.moves);
            let moves = batch
                .iter()
                .filter_map(|(record, operation)| match operation {
                    Operation::MoveFile { file, to } => {
                        Some(Move { id: file.clone(), to: self.absolute(record, to) })
                    }
                    _ => None,
                })
                .collect();
            (Purpose::Move(batch), Effect::MoveFiles(moves))
        } else if !self.deletes.is_empty() {
            let batch = take(&mut self.deletes);
            let deletes = batch
                .iter()
                .filter_map(|(_, operation)| match operation {
                    Operation::DeleteFile { file, rev } => {
                        Some(Delete { id: file.clone(), rev: rev.clone() })
                    }
                    _ => None,
                })
                .collect();
            (Purpose::Delete(batch), Effect::DeleteFiles(deletes))
        } else if !self.commits.is_empty() {
            let batch = take(&mut self.commits);
            let commits: Vec<Commit> = batch.iter().map(|(_, _, commit)| commit.clone()).collect();
            (Purpose::Commit(batch), Effect::CommitFiles(commits))
        } else {
            return;
        };
        self.writing = true;
        self.task(purpose, effect);
    }

    /// A staged document waits for its commit.
    pub(super) fn stage_commit(
        &mut self,
        record: Record,
        operation: Operation,
        staged: crate::effect::Staged,
    ) {
        let Operation::Upload { path, mode, .. } = &operation else {
            return;
        };
        let commit = Commit { staged, path: self.absolute(&record, path), mode: mode.clone() };
        self.commits.push((record, operation, commit));
    }
}

fn take<T>(queue: &mut Vec<T>) -> Vec<T> {
    let count = queue.len().min(BATCH_MAX);
    queue.drain(..count).collect()
}

fn size_of(operation: &Operation) -> u64 {
    match operation {
        Operation::Hash { size_bytes, .. }
        | Operation::Upload { size_bytes, .. }
        | Operation::Create { size_bytes, .. } => *size_bytes,
        _ => 0,
    }
}
