//! What the trees learn from outcomes. The synced tree changes only from what was seen to happen.

use super::{Engine, Purpose, Stage};
use crate::effect::{Document, Failure, FileEntry, Outcome, Reason, Staged, TaskId};
use crate::ids::{FileId, Record};
use crate::plan::Operation;
use crate::state::{CrmSide, DropboxSide, LinkedFolder, Pair, Refusal, SeenDocument, Subject};
use crate::status::Happened;
use crate::tree;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Engine {
    pub(super) fn done(&mut self, task: TaskId, outcome: Outcome, now_ms: u64) {
        let Some(purpose) = self.tasks.remove(&task) else {
            return;
        };
        self.transfer_bytes.remove(&task);
        match purpose {
            Purpose::Observe => match outcome {
                Outcome::Changes { entries, cursor } => self.changes_arrived(entries, cursor),
                Outcome::Failed(failure) => self.observe_failed(failure),
                _ => {}
            },
            Purpose::Read(asked) => {
                match outcome {
                    Outcome::Records(records) => self.records_read(records),
                    _ => self.fail(Failure::Store),
                }
                for record in asked {
                    self.close(&record);
                }
            }
            Purpose::Save(records, creates) => self.saved(records, creates, outcome),
            Purpose::Folder(record) => self.folder_made(record, outcome),
            Purpose::FolderListing(record, folder) => {
                match outcome {
                    Outcome::Changes { entries, .. } => {
                        self.folder_listed(&record, folder, &entries)
                    }
                    Outcome::Failed(failure) => self.fail(failure),
                    _ => {}
                }
                self.close(&record);
            }
            Purpose::Siblings(record) => match outcome {
                Outcome::Children(count) => self.move_folder(&record, count <= 1),
                _ => self.move_folder(&record, false),
            },
            Purpose::FolderMove(record, alone) => self.folder_moved(record, alone, outcome, now_ms),
            Purpose::Listing(record) => {
                match outcome {
                    Outcome::Documents(documents) => self.listed(&record, documents, now_ms),
                    Outcome::Failed(failure) => {
                        self.close(&record);
                        return self.listing_failed(&record, failure, now_ms);
                    }
                    _ => {}
                }
                self.close(&record);
            }
            Purpose::Step(record, operation) => self.stepped(record, operation, outcome, now_ms),
            Purpose::Commit(batch) => {
                self.writing = false;
                let mut results = results(outcome, batch.len());
                for ((record, operation, commit), result) in
                    batch.into_iter().zip(results.drain(..))
                {
                    match result {
                        Ok(file) => {
                            self.uploaded(&record, &operation, &commit.staged, file, now_ms)
                        }
                        Err(failure) => self.failed(&record, &operation, failure, now_ms),
                    }
                    self.close(&record);
                }
            }
            Purpose::Move(batch) => {
                self.writing = false;
                let mut results = results(outcome, batch.len());
                for ((record, operation), result) in batch.into_iter().zip(results.drain(..)) {
                    match result {
                        Ok(file) => self.moved(&record, file, now_ms),
                        Err(failure) => self.failed(&record, &operation, failure, now_ms),
                    }
                    self.close(&record);
                }
            }
            Purpose::Copy(record, operation) => {
                self.writing = false;
                match results(outcome, 1).pop() {
                    Some(Ok(file)) => self.copied(&record, &operation, file, now_ms),
                    Some(Err(failure)) => self.failed(&record, &operation, failure, now_ms),
                    None => {}
                }
                self.close(&record);
            }
            Purpose::Delete(batch) => {
                self.writing = false;
                let results: Vec<Result<(), Failure>> = match outcome {
                    Outcome::Deleted(results) => results,
                    Outcome::Failed(failure) => {
                        batch.iter().map(|_| Err(failure.clone())).collect()
                    }
                    _ => Vec::new(),
                };
                for ((record, operation), result) in batch.into_iter().zip(results) {
                    match result {
                        Ok(()) => self.deleted(&record, &operation, now_ms),
                        Err(failure) => self.failed(&record, &operation, failure, now_ms),
                    }
                    self.close(&record);
                }
            }
        }
    }

    fn saved(&mut self, records: Vec<Record>, creates: Vec<(Record, Operation)>, outcome: Outcome) {
        self.saving = false;
        if matches!(outcome, Outcome::Done) {
            for (record, operation) in creates {
                let alive = self.work.get(&record).is_some_and(|work| !work.cancelled);
                if alive {
                    self.transfers.push_back((record, operation));
                } else {
                    self.close(&record);
                }
            }
            return;
        }
        // C13: nothing is claimed; what was to be stored still is.
        self.dirty.extend(records);
        self.dirty_index = true;
        self.fail(Failure::Store);
    }

    fn folder_made(&mut self, record: Record, outcome: Outcome) {
        self.writing = false;
        match outcome {
            Outcome::Folder { folder, existed } => {
                let path = folder.path_display.clone();
                let folder = LinkedFolder {
                    id: folder.id,
                    path: folder.path_display,
                    path_lower: folder.path_lower,
                };
                if existed {
                    // The link gets the folder only together with what stands in it.
                    let effect = crate::effect::Effect::ListFolder { path };
                    self.task(Purpose::FolderListing(record, folder), effect);
                    return;
                }
                self.folder_listed(&record, folder, &[]);
                self.close(&record);
            }
            Outcome::Failed(failure) => {
                self.close(&record);
                self.fail(failure);
            }
            _ => self.close(&record),
        }
    }

    fn folder_listed(
        &mut self,
        record: &Record,
        folder: LinkedFolder,
        entries: &[crate::effect::Entry],
    ) {
        let below = alloc::format!("{}/", folder.path_lower);
        if let Some(stored) = self.records.get_mut(record) {
            stored.nodes.clear();
            for entry in entries {
                let path = super::observe::path_of(entry);
                if let Some(relative) = path.strip_prefix(&below).filter(|rest| !rest.is_empty()) {
                    tree::apply(&mut stored.nodes, relative, entry);
                }
            }
        }
        if let Some(link) = self.link_mut(record) {
            link.folder = Some(folder);
            link.folder_removed = false;
            link.named = link.name.clone();
        }
        self.dirty.insert(record.clone());
        self.dirty_index = true;
        self.stage(record, Stage::Listing);
    }

    fn folder_moved(&mut self, record: Record, alone: bool, outcome: Outcome, now_ms: u64) {
        self.writing = false;
        match outcome {
            Outcome::Folder { folder, .. } => {
                if let Some(link) = self.link_mut(&record) {
                    link.named = link.name.clone();
                    if let Some(known) = link.folder.as_mut() {
                        if alone {
                            let tail =
                                |path: &str| path.rsplit_once('/').map(|(_, t)| t.to_string());
                            let leaf = tail(&known.path).unwrap_or_default();
                            let leaf_lower = tail(&known.path_lower).unwrap_or_default();
                            known.path = alloc::format!("{}/{leaf}", folder.path_display);
                            known.path_lower = alloc::format!("{}/{leaf_lower}", folder.path_lower);
                        } else {
                            known.path = folder.path_display;
                            known.path_lower = folder.path_lower;
                        }
                    }
                }
                self.dirty_index = true;
                self.happened(&record, "", Happened::FolderMoved, now_ms);
            }
            Outcome::Failed(Failure::Conflict) if alone => return self.move_folder(&record, false),
            Outcome::Failed(
                Failure::TooManyFiles | Failure::Conflict | Failure::Refused(_) | Failure::NotFound,
            ) => {
                // The old folder stays in use.
                if let Some(link) = self.link_mut(&record) {
                    link.named = link.name.clone();
                    self.dirty_index = true;
                }
                self.observe_again(&record);
            }
            Outcome::Failed(failure) => self.fail(failure),
            _ => {}
        }
        self.stage(&record, Stage::Listing);
        self.close(&record);
    }

    fn listed(&mut self, record: &Record, documents: Vec<Document>, now_ms: u64) {
        if let Some(stored) = self.records.get_mut(record) {
            let known: BTreeMap<_, _> =
                stored.documents.iter().map(|seen| (seen.id.clone(), seen.clone())).collect();
            let seen: Vec<SeenDocument> = documents
                .into_iter()
                .map(|document| {
                    let hash = known
                        .get(&document.id)
                        .filter(|seen| seen.same_stamp(&document))
                        .and_then(|seen| seen.hash.clone());
                    SeenDocument {
                        id: document.id,
                        place: document.place,
                        nfc: document.nfc,
                        size_bytes: document.size_bytes,
                        updated_at: document.updated_at,
                        hash,
                    }
                })
                .collect();
            if stored.documents != seen {
                stored.documents = seen;
                self.dirty.insert(record.clone());
            }
        }
        if let Some(link) = self.link_mut(record) {
            link.listed_ms = now_ms;
            self.dirty_index = true;
        }
        if let Some(work) = self.work.get_mut(record) {
            work.gone.clear();
            work.list_again = false;
        }
        self.learn_default_folder(record);
        self.stage(record, Stage::Planning);
    }

    /// K6: an upload without a folder came back under this name.
    fn learn_default_folder(&mut self, record: &Record) {
        let Some(stored) = self.records.get(record) else {
            return;
        };
        let learned = stored.attempts.iter().filter(|a| a.place.folder.is_empty()).find_map(|a| {
            stored
                .documents
                .iter()
                .find(|d| {
                    d.place.name == a.place.name
                        && d.hash.as_ref() == Some(&a.hash)
                        && !d.place.folder.is_empty()
                })
                .map(|d| d.place.folder.clone())
        });
        if let Some(folder) = learned {
            if self.index.default_folder.as_ref() != Some(&folder) {
                self.index.default_folder = Some(folder);
                self.dirty_index = true;
            }
        }
    }

    fn stepped(&mut self, record: Record, operation: Operation, outcome: Outcome, now_ms: u64) {
        match (&operation, outcome) {
            (Operation::Upload { .. }, Outcome::Staged(staged))
                if self.work.get(&record).is_some_and(|work| !work.cancelled) =>
            {
                // Still open: the commit closes it.
                return self.stage_commit(record, operation, staged);
            }
            (Operation::Hash { document, .. }, Outcome::Hashed { hash, size_bytes }) => {
                if let Some(stored) = self.records.get_mut(&record) {
                    let seen = stored.documents.iter_mut().find(|seen| seen.id == *document);
                    if let Some(seen) = seen.filter(|seen| seen.size_bytes == size_bytes) {
                        seen.hash = Some(hash);
                        self.dirty.insert(record.clone());
                    } else if let Some(work) = self.work.get_mut(&record) {
                        // It changed while it was read.
                        work.list_again = true;
                    }
                }
                self.learn_default_folder(&record);
            }
            (Operation::ConfirmGone { document }, Outcome::Gone(gone)) => {
                if let Some(work) = self.work.get_mut(&record) {
                    if gone {
                        work.gone.insert(document.clone());
                    } else {
                        // K7: it stands there after all; the listing shifted.
                        work.list_again = true;
                    }
                }
            }
            (Operation::Create { place, hash, replaces, size_bytes, .. }, Outcome::Done) => {
                let happened = if replaces.document.is_some() {
                    Happened::UpdatedInCrm
                } else {
                    Happened::CopiedToCrm
                };
                if let Some(work) = self.work.get_mut(&record) {
                    work.created.insert((place.clone(), hash.clone()));
                    work.list_again = true;
                    work.progress.done_count += 1;
                    work.progress.done_bytes += size_bytes;
                    work.progress.current = Some(place.name.clone());
                }
                if let Some(cycle) = self.cycle.as_mut() {
                    cycle.report.to_crm += 1;
                }
                self.happened(&record, &place.name, happened, now_ms);
            }
            (Operation::DeleteDocument { document }, Outcome::Done) => {
                if let Some(stored) = self.records.get_mut(&record) {
                    stored.documents.retain(|seen| seen.id != document.id);
                    for pair in &mut stored.pairs {
                        pair.superseded.retain(|old| old.id != document.id);
                    }
                    self.dirty.insert(record.clone());
                }
            }
            (_, Outcome::Failed(failure)) => self.failed(&record, &operation, failure, now_ms),
            _ => {}
        }
        self.close(&record);
    }

    fn uploaded(
        &mut self,
        record: &Record,
        operation: &Operation,
        staged: &Staged,
        file: FileEntry,
        now_ms: u64,
    ) {
        let Operation::Upload { document, over, .. } = operation else {
            return;
        };
        let Some(relative) = self.relative(record, &file.path_lower) else {
            return;
        };
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        tree::place_file(&mut stored.nodes, &relative, &file);
        let path =
            tree::files(&stored.nodes).get(&file.id).map(|f| f.path.clone()).unwrap_or(relative);
        let Some(seen) = stored.documents.iter_mut().find(|seen| seen.id == *document) else {
            return;
        };
        let name = seen.place.name.clone();
        // P1: it changed while it was read: what was sent is agreed on, the newer version is looked at again.
        let same = seen.size_bytes == staged.size_bytes;
        if same {
            seen.hash = Some(staged.hash.clone());
        }
        let side = CrmSide {
            id: seen.id.clone(),
            place: seen.place.clone(),
            size_bytes: staged.size_bytes,
            updated_at: if same { seen.updated_at.clone() } else { String::new() },
        };
        let known = stored.pairs.iter_mut().find(|pair| {
            pair.crm.as_ref().is_some_and(|crm| crm.id == *document) && pair.dropbox.is_some()
        });
        match (known, over) {
            (Some(pair), Some(_)) => {
                // The places stay as they were: a rename is decided after the content.
                pair.hash = staged.hash.clone();
                if let Some(crm) = pair.crm.as_mut() {
                    crm.size_bytes = side.size_bytes;
                    crm.updated_at = side.updated_at;
                }
                if let Some(dropbox) = pair.dropbox.as_mut() {
                    dropbox.rev = file.rev.clone();
                }
            }
            _ => {
                stored.pairs.retain(|pair| {
                    let same_document = pair.crm.as_ref().is_some_and(|crm| crm.id == *document);
                    let same_file = pair.dropbox.as_ref().is_some_and(|d| d.id == file.id);
                    !(same_document || same_file)
                });
                stored.pairs.push(Pair {
                    crm: Some(side),
                    dropbox: Some(DropboxSide { id: file.id.clone(), path, rev: file.rev.clone() }),
                    hash: staged.hash.clone(),
                    superseded: Vec::new(),
                    lost_path: None,
                });
            }
        }
        if let Some(work) = self.work.get_mut(record) {
            work.progress.done_count += 1;
            work.progress.done_bytes += staged.size_bytes;
            work.progress.current = Some(name.clone());
        }
        if let Some(cycle) = self.cycle.as_mut() {
            cycle.report.to_dropbox += 1;
        }
        let what =
            if over.is_some() { Happened::UpdatedInDropbox } else { Happened::CopiedToDropbox };
        self.happened(record, &name, what, now_ms);
    }

    fn moved(&mut self, record: &Record, file: FileEntry, now_ms: u64) {
        let Some(relative) = self.relative(record, &file.path_lower) else {
            return;
        };
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        let before =
            tree::files(&stored.nodes).get(&file.id).map(|f| f.path.clone()).unwrap_or_default();
        tree::place_file(&mut stored.nodes, &relative, &file);
        let path =
            tree::files(&stored.nodes).get(&file.id).map(|f| f.path.clone()).unwrap_or(relative);
        let documents = &stored.documents;
        for pair in &mut stored.pairs {
            let Some(side) = pair.dropbox.as_mut().filter(|side| side.id == file.id) else {
                continue;
            };
            side.path = path.clone();
            let seen = pair
                .crm
                .as_mut()
                .and_then(|crm| Some((documents.iter().find(|seen| seen.id == crm.id)?, crm)));
            if let Some((seen, crm)) = seen {
                crm.place = seen.place.clone();
            }
        }
        if let Some(cycle) = self.cycle.as_mut() {
            cycle.report.moved += 1;
        }
        let what = Happened::MovedInDropbox { from: before };
        self.happened(record, crate::path::split_dir(&path).1, what, now_ms);
    }

    fn copied(&mut self, record: &Record, operation: &Operation, file: FileEntry, now_ms: u64) {
        let Some(relative) = self.relative(record, &file.path_lower) else {
            return;
        };
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        let original = Self::file_of(operation)
            .and_then(|id| tree::files(&stored.nodes).get(id).map(|f| f.path.clone()))
            .unwrap_or_default();
        tree::place_file(&mut stored.nodes, &relative, &file);
        if let Some(cycle) = self.cycle.as_mut() {
            cycle.report.conflicts += 1;
        }
        let copy = crate::path::split_dir(&file.path_display).1.to_string();
        let name = crate::path::split_dir(&original).1.to_string();
        self.happened(record, &name, Happened::KeptBoth { copy }, now_ms);
    }

    fn deleted(&mut self, record: &Record, operation: &Operation, now_ms: u64) {
        let Operation::DeleteFile { file, .. } = operation else {
            return;
        };
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        let found = tree::files(&stored.nodes).get(file).map(|f| (f.key.clone(), f.path.clone()));
        stored.pairs.retain(|pair| pair.dropbox.as_ref().map(|side| &side.id) != Some(file));
        if let Some((key, path)) = found {
            stored.nodes.remove(&key);
            if let Some(cycle) = self.cycle.as_mut() {
                cycle.report.deleted += 1;
            }
            self.happened(
                record,
                crate::path::split_dir(&path).1,
                Happened::DeletedInDropbox,
                now_ms,
            );
        }
        self.dirty.insert(record.clone());
    }

    fn observe_again(&mut self, record: &Record) {
        if let Some(cycle) = self.cycle.as_mut() {
            cycle.observe_again = true;
            cycle.again.insert(record.clone());
        }
        if let Some(work) = self.work.get_mut(record) {
            // Its turn ends here; it comes again with what the observation shows.
            work.cancelled = true;
        }
        self.drop_queued(record);
    }

    /// By what the engine does about it.
    fn failed(&mut self, record: &Record, operation: &Operation, failure: Failure, now_ms: u64) {
        match failure {
            Failure::Unavailable(_)
            | Failure::Unauthorized(_)
            | Failure::Store
            | Failure::Malformed(_) => {
                self.fail(failure);
            }
            Failure::Conflict | Failure::CursorReset => self.observe_again(record),
            Failure::NotFound => match operation {
                // Gone on the CRM's side since it was listed, or on Dropbox's since it was observed.
                Operation::Hash { .. }
                | Operation::Upload { .. }
                | Operation::DeleteDocument { .. } => {
                    if let Some(work) = self.work.get_mut(record) {
                        work.list_again = true;
                    }
                }
                _ => self.observe_again(record),
            },
            Failure::OutOfSpace => {
                if let Some(cycle) = self.cycle.as_mut() {
                    cycle.out_of_space = true;
                }
            }
            Failure::KindRefused => {
                let kind = record.kind;
                self.index.refused_kinds.retain(|(refused, _)| *refused != kind);
                self.index.refused_kinds.push((kind, now_ms));
                self.dirty_index = true;
            }
            Failure::SlashRefused => {
                self.index.slash_refused = true;
                self.dirty_index = true;
            }
            Failure::Forbidden => self.refuse(record, operation, Reason::Restricted, now_ms),
            Failure::TooManyFiles => self.refuse(record, operation, Reason::DropboxRefused, now_ms),
            Failure::Refused(Reason::Name) if self.learn_astral(operation) => {}
            Failure::Refused(reason) => self.refuse(record, operation, reason, now_ms),
            Failure::Cancelled => {
                if let Some(work) = self.work.get_mut(record) {
                    work.cancelled = true;
                }
            }
        }
    }

    /// N2: an account that refuses characters outside the basic plane.
    fn learn_astral(&mut self, operation: &Operation) -> bool {
        let path = match operation {
            Operation::Upload { path, .. } => path,
            Operation::MoveFile { to, .. } | Operation::CopyFile { to, .. } => to,
            _ => return false,
        };
        let learned = !self.index.astral_refused && path.chars().any(|c| c as u32 > 0xffff);
        if learned {
            self.index.astral_refused = true;
            self.dirty_index = true;
        }
        learned
    }

    /// Z7: not tried again until it changes or the button is pressed.
    fn refuse(&mut self, record: &Record, operation: &Operation, reason: Reason, now_ms: u64) {
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        let by_document = |id: &crate::ids::DocumentId| {
            stored.documents.iter().find(|seen| seen.id == *id).map(|seen| {
                let subject = Subject::Document {
                    id: seen.id.clone(),
                    updated_at: seen.updated_at.clone(),
                    place: seen.place.clone(),
                };
                (seen.place.name.clone(), subject)
            })
        };
        let by_file = |id: &FileId| {
            tree::files(&stored.nodes).get(id).map(|file| {
                let subject = Subject::File {
                    id: file.id.clone(),
                    rev: file.rev.clone(),
                    path: file.path.clone(),
                };
                (crate::path::split_dir(&file.path).1.to_string(), subject)
            })
        };
        let found = match operation {
            Operation::Hash { document, .. } | Operation::Upload { document, .. } => {
                by_document(document)
            }
            Operation::DeleteDocument { document } => by_document(&document.id),
            Operation::Create { replaces, .. } => match (&replaces.file, &replaces.document) {
                (Some(file), _) => by_file(file),
                (None, Some(document)) => by_document(document),
                (None, None) => None,
            },
            Operation::MoveFile { file, .. }
            | Operation::CopyFile { file, .. }
            | Operation::DeleteFile { file, .. } => {
                let document = stored
                    .pairs
                    .iter()
                    .find(|pair| pair.dropbox.as_ref().is_some_and(|side| side.id == *file))
                    .and_then(|pair| pair.crm.as_ref())
                    .map(|side| side.id.clone());
                document.and_then(|id| by_document(&id)).or_else(|| by_file(file))
            }
            Operation::ConfirmGone { .. } => None,
        };
        if let Some((name, subject)) = found {
            stored.refusals.retain(|refusal| refusal.subject != subject);
            stored.refusals.push(Refusal { subject, reason });
            self.happened(record, &name, Happened::Refused(reason), now_ms);
        }
        // Whatever it was, it is not tried again in this turn.
        if let (None, Some(work)) = (Self::file_of(operation), self.work.get_mut(record)) {
            work.list_again = false;
        }
    }
}

fn results(outcome: Outcome, count: usize) -> Vec<Result<FileEntry, Failure>> {
    match outcome {
        Outcome::Files(results) => results,
        Outcome::Failed(failure) => (0..count).map(|_| Err(failure.clone())).collect(),
        _ => Vec::new(),
    }
}
