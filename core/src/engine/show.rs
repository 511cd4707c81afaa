//! What is shown of the engine. Derived, never stored.

use super::records::Number;
use super::Engine;
use crate::effect::{Document, Failure, Place, Side};
use crate::ids::{DocumentId, FileId, Record};
use crate::map::{Map, Set};
use crate::path::{below, is_conflicted_copy, Naming};
use crate::plan::Operation;
use crate::sort::sort_by;
use crate::state::{Link, StoredRecord, Subject, SCHEMA};
use crate::status::{Halt, Item, LinkStatus, Mark, ProblemKind, RecordState, RecordStatus, Status};
use crate::tree::{self, File};
use alloc::string::String;
use alloc::vec::Vec;

/// What is known of a record that is not in memory.
const NOTHING: &StoredRecord = &StoredRecord {
    schema: SCHEMA,
    nodes: Map::new(),
    documents: Vec::new(),
    pairs: Vec::new(),
    attempts: Vec::new(),
    refusals: Vec::new(),
    activity: Vec::new(),
};

impl Engine {
    /// Over all.
    pub fn status(&self) -> Status {
        let mut links = Vec::with_capacity(self.linked.len());
        for (record, link) in self.linked.iter().zip(&self.index.links) {
            links.push(LinkStatus {
                record: link.record.clone(),
                name: link.name.clone(),
                state: self.state(*record, link),
                synced_count: link.synced_count,
                problem_count: link.problem_count,
                settled_ms: link.settled_ms,
            });
        }
        Status {
            running: self.is_running(),
            paused: self.index.paused,
            error: self.error,
            halt: self.index.halt,
            last_cycle_ms: self.index.last_cycle_ms,
            due_ms: self.poll_timeout(),
            links,
        }
    }

    /// News of Dropbox are wanted now: between cycles, with something linked and nothing that forbids one.
    pub fn wants_news(&self) -> bool {
        let forbidden = self.index.paused
            || self.index.halt.is_some()
            || matches!(self.error, Some(Failure::Unauthorized(_)));
        !self.is_running() && !forbidden && !self.index.links.is_empty()
    }

    /// One record in full. Details of a linked record that is not loaded are requested by
    /// [`crate::Event::Named`] and appear with a later version.
    pub fn record_status(&self, record: &Record) -> Option<RecordStatus> {
        let number = self.records.find(record)?;
        let link = self.link(number)?;
        let stored = self.records.get(number).unwrap_or(NOTHING);
        let mut problems = self.records.problems(number).to_vec();
        let naming = self.naming();
        let files = tree::files(&stored.nodes);
        let files = tree::by_id(&files);
        let items = self.items(number, link, stored, &files, &naming);
        problems.iter_mut().for_each(|problem| without_default(&naming, &mut problem.place));
        let mut activity = stored.activity.clone();
        activity.reverse();
        Some(RecordStatus {
            record: record.clone(),
            name: link.name.clone(),
            state: self.state(number, link),
            folder: link.folder.as_ref().map(|folder| folder.path.clone()),
            one_way: self.index.refused_kinds.iter().any(|(kind, _)| *kind == record.kind),
            progress: self
                .work
                .get(number)
                .filter(|work| !work.stopping && work.progress.total_count > 0)
                .map(|work| work.progress.clone()),
            settled_ms: link.settled_ms,
            items,
            activity,
            affected: affected(stored, &files, link.halt),
            cancelled: link.rests_until_ms.is_some(),
            problems,
        })
    }

    fn state(&self, record: Number, link: &Link) -> RecordState {
        if self.work.get(record).is_some_and(|work| !work.stopping) {
            RecordState::Working
        } else if let Some(halt) = link.halt {
            RecordState::Halted(halt)
        } else if link.pressed || (link.settled_ms.is_none() && link.dirty) {
            RecordState::Queued
        } else {
            RecordState::Settled
        }
    }

    fn items(
        &self,
        record: Number,
        link: &Link,
        stored: &StoredRecord,
        files: &Map<&FileId, &File>,
        naming: &Naming,
    ) -> Vec<Item> {
        let problems = self.records.problems(record);
        let mut under_way: Set<&DocumentId> = Set::new();
        for item in self.transfers.iter().filter(|item| item.record == record) {
            if let Operation::Upload { document, .. } = &item.operation {
                under_way.insert(document);
            }
        }
        // Files that no document is shown with.
        let mut loose = files.clone();
        let mut items = Vec::new();
        let mut show = |place: &Place, document: Option<&Document>, file: Option<&File>, mark| {
            let mut place = place.clone();
            without_default(naming, &mut place);
            let path = file.zip(link.folder.as_ref());
            items.push(Item {
                place,
                document: document.map(|document| document.id.clone()),
                file: file.map(|file| file.id.clone()),
                path: path.map(|(file, folder)| below(&folder.path, &file.path)),
                mark,
            });
        };
        for document in &stored.documents {
            let pair = stored.pairs.iter().find(|pair| pair.has_document(&document.id));
            let file = pair
                .and_then(|pair| pair.dropbox.as_ref())
                .and_then(|side| files.get(&side.id))
                .copied();
            if let Some(file) = file {
                loose.remove(&file.id);
            }
            let refused = problems.iter().find_map(|problem| match problem.kind {
                ProblemKind::Refused(reason) if problem.place == document.place => Some(reason),
                _ => None,
            });
            let copy = file.is_some_and(|file| {
                file.path.contains('(')
                    && files.values().any(|other| is_conflicted_copy(&file.path, &other.path))
            });
            let mark = match (pair, file, refused) {
                (_, _, Some(reason)) => Mark::Refused(reason),
                (Some(_), Some(_), _) if copy => Mark::ConflictedCopy,
                (Some(_), Some(_), _) if !under_way.contains(&document.id) => Mark::Both,
                (Some(pair), None, _) if pair.dropbox.is_none() => Mark::CrmOnly,
                _ => Mark::OnItsWay,
            };
            show(&document.place, Some(document), file, mark);
        }
        for file in loose.values() {
            let place = naming.place_of(&file.path);
            let refused = stored.refusals.iter().find_map(|refusal| match &refusal.subject {
                Subject::File { id, rev, .. } if *id == file.id && *rev == file.rev => {
                    Some(refusal.reason)
                }
                _ => None,
            });
            let only = stored
                .pairs
                .iter()
                .any(|pair| pair.crm.is_none() && pair.has_file(&file.id))
                || problems.iter().any(|problem| {
                    problem.place == place
                        && matches!(problem.kind, ProblemKind::OneWay | ProblemKind::NewerInDropbox)
                });
            let mark = match refused {
                Some(reason) => Mark::Refused(reason),
                None if only => Mark::DropboxOnly,
                None => Mark::OnItsWay,
            };
            show(&place, None, Some(file), mark);
        }
        sort_by(&mut items, &mut |a, b| a.place.cmp(&b.place));
        items
    }
}

/// The default folder is nowhere in particular: nobody made it, and no name needs it.
fn without_default(naming: &Naming, place: &mut Place) {
    if naming.is_default_folder(&place.folder) {
        place.folder.clear();
    }
}

/// Paths below the record's folder that a halt is about.
fn affected(stored: &StoredRecord, files: &Map<&FileId, &File>, halt: Option<Halt>) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for pair in &stored.pairs {
        let (Some(crm), Some(dropbox)) = (&pair.crm, &pair.dropbox) else {
            continue;
        };
        let Some(file) = files.get(&dropbox.id) else {
            continue;
        };
        let document = stored.document(&crm.id);
        let unchanged = file.hash.as_ref() == Some(&pair.hash);
        let concerned = match halt {
            Some(Halt::CrmEmpty { .. } | Halt::ManyDeletes { .. }) => {
                document.is_none() && unchanged
            }
            Some(Halt::ManyChanges { side: Side::Dropbox, .. }) => document.is_some() && !unchanged,
            Some(Halt::ManyChanges { side: Side::Crm, .. }) => {
                document.is_some_and(|document| !crm.is_still(document))
            }
            _ => false,
        };
        if concerned {
            paths.push(file.path.clone());
        }
    }
    sort_by(&mut paths, &mut |a, b| a.cmp(b));
    paths
}
