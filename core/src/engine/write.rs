//! Handing out writes: transfers bounded in number and bytes, Dropbox's writes one batch at a time.

use super::{Engine, Purpose, Queued, BATCH_MAX, TRANSFERS_MAX, TRANSFER_BYTES_MAX};
use crate::effect::{Commit, Delete, Effect, FileWrite, Move};
use crate::plan::Operation;
use alloc::vec::Vec;

impl Engine {
    pub(super) fn step_transfers(&mut self) {
        loop {
            let (mut count, mut under_way) = (0, 0);
            for (_, purpose) in &self.tasks {
                if let Purpose::Transfer(item) = purpose {
                    count += 1;
                    under_way += item.operation.size_bytes();
                }
            }
            let Some(operation) = self.transfers.first().map(|item| &item.operation) else {
                return;
            };
            let size = operation.size_bytes();
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
            false => {
                let (_, purpose, effect) = *self.folders.remove(0);
                Some((purpose, effect))
            }
            true => self.next_batch(),
        };
        if let Some((purpose, effect)) = next {
            self.writing = true;
            self.task(purpose, effect);
        }
    }

    /// Operations of one kind: Dropbox takes a batch of nothing else, and none of copies.
    fn next_batch(&mut self) -> Option<(Purpose, Effect)> {
        let first = self.writes.iter().map(|item| turn(&item.operation)).min()?;
        let most = if first == 0 { 1 } else { BATCH_MAX };
        let (mut batch, mut writes) = (Vec::new(), Vec::new());
        for item in core::mem::take(&mut self.writes) {
            if turn(&item.operation) != first || batch.len() >= most {
                self.writes.push(item);
            } else if let Some(write) = self.write_of(&item) {
                writes.push(write);
                batch.push(item);
            }
        }
        Some((Purpose::Write(batch), Effect::WriteFiles(writes)))
    }

    fn write_of(&self, item: &Queued) -> Option<FileWrite> {
        Some(match &item.operation {
            Operation::CopyFile { file, to } | Operation::MoveFile { file, to } => {
                let step = Move { id: file.clone(), to: self.absolute(item.record, to) };
                match &item.operation {
                    Operation::CopyFile { .. } => FileWrite::Copy(step),
                    _ => FileWrite::Move(step),
                }
            }
            Operation::DeleteFile { file, rev } => {
                FileWrite::Delete(Delete { id: file.clone(), rev: rev.clone() })
            }
            Operation::Upload { path, mode, .. } => FileWrite::Commit(Commit {
                staged: item.staged.clone()?,
                path: self.absolute(item.record, path),
                mode: mode.clone(),
            }),
            _ => return None,
        })
    }
}

/// A conflicted copy before anything is written over. What is deleted may have been moved away before; new contents
/// come last.
fn turn(operation: &Operation) -> u8 {
    match operation {
        Operation::CopyFile { .. } => 0,
        Operation::MoveFile { .. } => 1,
        Operation::DeleteFile { .. } => 2,
        _ => 3,
    }
}
