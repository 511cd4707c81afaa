//! What the trees learn from outcomes. The synced tree changes only from what was seen to happen.

use super::records::Number;
use super::{Engine, Purpose, Queued, Stage, KEEP_MS};
use crate::effect::{Document, Effect, Failure, Outcome, TaskId};
use crate::ids::DocumentId;
use crate::map::Map;
use crate::plan::Operation;
use crate::sort::retain;
use crate::state::Attempt;
use crate::status::Happened;
use alloc::vec::Vec;

impl Engine {
    pub(super) fn done(&mut self, task: TaskId, outcome: Outcome) {
        let Some(at) = self.tasks.iter().position(|(id, _)| *id == task) else {
            return;
        };
        let (_, purpose) = self.tasks.swap_remove(at);
        match purpose {
            Purpose::Observe => match outcome {
                Outcome::Changes { entries, cursor } => self.changes_arrived(entries, cursor),
                Outcome::Failed(failure) => self.observe_failed(failure),
                _ => {}
            },
            Purpose::Turn => {}
            Purpose::Names(kind) => self.names_heard(kind, outcome),
            Purpose::Read(records) => match outcome {
                Outcome::Records(rows) => self.records_read(records, rows),
                _ => self.fail(Failure::Store),
            },
            Purpose::Save(records, creates) => {
                self.saved(records, creates, matches!(outcome, Outcome::Done));
            }
            Purpose::Folder(record, number) => self.folder_made(record, number, outcome),
            Purpose::FolderListing(record, folder) => {
                self.close(record);
                match outcome {
                    Outcome::Changes { entries, .. } => self.folder_listed(record, folder, entries),
                    // Gone again meanwhile.
                    Outcome::Failed(Failure::NotFound | Failure::Conflict) => {
                        self.observe_again(record)
                    }
                    Outcome::Failed(failure) => self.fail(failure),
                    _ => {}
                }
            }
            Purpose::Siblings(record) => {
                let alone = matches!(outcome, Outcome::Children(count) if count <= 1);
                self.folder_counted(record, alone);
            }
            Purpose::FolderMove(record, alone) => self.folder_moved(record, alone, outcome),
            Purpose::Listing(record) => {
                self.close(record);
                match outcome {
                    Outcome::Documents(documents) => self.listed(record, documents),
                    Outcome::Failed(failure) => self.listing_failed(record, failure),
                    _ => {}
                }
            }
            Purpose::Step(item) | Purpose::Transfer(item) => self.stepped(item, outcome),
            Purpose::Write(batch) => self.batch_done(&batch, &outcome),
            Purpose::LoadLease(rev, take) => self.lease_read(rev, take, &outcome),
            Purpose::SaveLease(held, over) => self.lease_written(held, over, &outcome),
            Purpose::LoadShare(name, rev) => self.share_read(name, rev, outcome),
            Purpose::SaveShare(name, told) => self.share_written(name, &told, &outcome),
        }
    }

    /// One result for each write of a batch.
    fn batch_done(&mut self, batch: &[Queued], outcome: &Outcome) {
        self.writing = false;
        for (at, item) in batch.iter().enumerate() {
            let failure = match outcome {
                Outcome::Files(results) => match results.get(at) {
                    Some(Ok(file)) => {
                        self.written(item, file.as_deref());
                        None
                    }
                    Some(Err(failure)) => Some(failure),
                    None => None,
                },
                Outcome::Failed(failure) => Some(failure),
                _ => None,
            };
            if let Some(failure) = failure {
                self.failed(item.record, &item.operation, *failure);
            }
            self.close(item.record);
        }
    }

    fn saved(&mut self, records: Vec<Number>, creates: Vec<Queued>, done: bool) {
        self.saving = false;
        if done {
            for item in creates {
                let alive = self.work.get(item.record).is_some_and(|work| !work.cancelled);
                if alive {
                    self.transfers.push(item);
                } else {
                    self.close(item.record);
                }
            }
            return;
        }
        // C13: nothing is claimed; what was to be stored still is.
        for record in records {
            self.dirty.insert(record);
        }
        self.dirty_index = true;
        self.fail(Failure::Store);
    }

    fn listed(&mut self, record: Number, mut documents: Vec<Document>) {
        if let Some(stored) = self.records.get_mut(record) {
            let mut known: Map<&DocumentId, &Document> = Map::new();
            for seen in &stored.documents {
                known.insert(&seen.id, seen);
            }
            for document in &mut documents {
                let seen = known.get(&document.id).filter(|seen| seen.same_stamp(document));
                document.hash = seen.and_then(|seen| seen.hash.clone());
            }
            if stored.documents != documents {
                stored.documents = documents;
                self.dirty.insert(record);
            }
        }
        let now_ms = self.now_ms;
        if let Some(link) = self.link_mut(record) {
            link.listed_ms = now_ms;
            self.dirty_index = true;
            if now_ms.saturating_sub(self.kept_ms) >= KEEP_MS {
                self.kept_ms = now_ms;
                self.save_wanted = true;
            }
        }
        if let Some(work) = self.work.get_mut(record) {
            work.policy.gone.clear();
            work.list_again = false;
        }
        self.learn_default_folder(record);
        self.stage(record, Stage::Planning);
    }

    /// K6: an upload without a folder came back under this name. A document that stood as it is before was not made by
    /// it, and of two in different folders nobody knows which was.
    fn learn_default_folder(&mut self, record: Number) {
        let Some(stored) = self.records.get(record) else {
            return;
        };
        let rests = |document: &Document| {
            let mut sides = stored.pairs.iter().filter_map(|pair| pair.crm.as_ref());
            sides.any(|side| side.id == document.id && side.updated_at == document.updated_at)
        };
        // Another attempt named the folder it came back in: one that was given up before it was made tells nothing.
        let named = |a: &Attempt, document: &Document| {
            stored.attempts.iter().any(|b| b.hash == a.hash && b.place == document.place)
        };
        let mut learned = None;
        for attempt in stored.attempts.iter().filter(|attempt| attempt.place.folder.is_empty()) {
            let mut made = stored.documents.iter().filter(|document| {
                document.place.name == attempt.place.name
                    && document.hash.as_ref() == Some(&attempt.hash)
                    && !rests(document)
                    && !named(attempt, document)
            });
            let Some(first) = made.next() else { continue };
            let folder = &first.place.folder;
            if !folder.is_empty() && made.all(|document| document.place.folder == *folder) {
                learned = Some(folder.clone()); // The last attempt's counts.
            }
        }
        if learned.is_some() && self.index.default_folder != learned {
            self.index.default_folder = learned;
            self.dirty_index = true;
        }
    }

    fn stepped(&mut self, mut item: Queued, outcome: Outcome) {
        let record = item.record;
        let operation = &item.operation;
        match (operation, outcome) {
            (Operation::Upload { .. }, Outcome::Staged(staged))
                if self.work.get(record).is_some_and(|work| !work.cancelled) =>
            {
                // Still open: the commit closes it.
                item.staged = Some(staged);
                self.writes.push(item);
                return;
            }
            (Operation::Hash { document, .. }, Outcome::Hashed { hash, size_bytes }) => {
                if let Some(stored) = self.records.get_mut(record) {
                    let seen = stored.document_mut(document);
                    if let Some(seen) = seen.filter(|seen| seen.size_bytes == size_bytes) {
                        seen.hash = Some(hash);
                        self.dirty.insert(record);
                    } else {
                        // It changed while it was read.
                        self.list_again(record);
                    }
                }
                self.learn_default_folder(record);
            }
            (Operation::ConfirmGone { document }, Outcome::Gone(gone)) => {
                if !gone {
                    // K7: it stands there after all; the listing shifted.
                    self.list_again(record);
                } else if let Some(work) = self.work.get_mut(record) {
                    work.policy.gone.insert(document.clone());
                }
            }
            (Operation::Create { place, hash, replaces, size_bytes, .. }, Outcome::Done) => {
                let stored = self.records.get(record);
                let before = replaces.document.as_ref().map(|id| {
                    stored.and_then(|stored| stored.document(id)).map_or(place, |old| &old.place)
                });
                let naming = self.naming();
                let happened = match before {
                    None => Happened::CopiedToCrm,
                    Some(old) if naming.same_place(old, place) => Happened::UpdatedInCrm,
                    Some(old) => Happened::MovedInCrm { from: old.name.clone() },
                };
                if let Some(work) = self.work.get_mut(record) {
                    work.policy.created.push((place.clone(), hash.clone()));
                    work.list_again = true;
                }
                self.progressed(record, &place.name, *size_bytes);
                self.cycle.report.to_crm += 1;
                self.happened(record, &place.name, happened);
            }
            (Operation::DeleteDocument { document, .. }, Outcome::Gone(gone)) => {
                // Unlinked meanwhile, it keeps all that it has.
                let linked = self.work.contains_key(record);
                if !gone && linked && self.may_write() {
                    let effect = Effect::DeleteDocument { document: document.clone() };
                    // Still open: the delete closes it.
                    self.task(Purpose::Step(item), effect);
                    return;
                }
                self.list_again(record);
            }
            (Operation::DeleteDocument { document, .. }, Outcome::Done) => {
                if let Some(stored) = self.records.get_mut(record) {
                    retain(&mut stored.documents, &mut |seen| seen.id != document.id);
                    for pair in &mut stored.pairs {
                        retain(&mut pair.superseded, &mut |old| old.id != document.id);
                    }
                    self.agreed(record);
                }
            }
            (_, Outcome::Failed(failure)) => self.failed(record, operation, failure),
            _ => {}
        }
        self.close(record);
    }
}
