//! Linking many records at once: lists a module's records and presses the button for each, a few at a time.
//!
//! Lives in the tab that shows the settings. What is linked stays linked; a tab that is closed leaves the rest.

use super::earlier::Folders;
use super::tabs::Command;
use super::App;
use crate::panel::{Bulk, Candidate};
use crate::platform::sleep;
use std::rc::Rc;
use sync_core::{Record, RecordKind, RecordState};

/// Records on their way at one time: enough to keep the engine busy, few enough to stop soon.
const AT_ONCE: usize = 8;
/// How often the progress is looked at (ms).
const LOOK_MS: u32 = 500;

impl App {
    pub(super) async fn list_records(self: Rc<Self>, kind: RecordKind) {
        self.set_bulk(Bulk::Listing { kind });
        let listed = self.crm.records(kind).await;
        if !self.is_listing(kind) {
            return;
        }
        let Ok(rows) = listed else { return self.set_bulk(Bulk::Failed { kind }) };
        let mut candidates = Vec::new();
        for (id, name) in rows {
            let record = Record::new(kind, id);
            let linked = self.is_linked(&record);
            candidates.push(Candidate { id: record.id, name, linked });
        }
        self.set_bulk(Bulk::Choosing { kind, candidates: Rc::new(candidates) });
    }

    /// A listing begun here was neither stopped nor begun for another module since.
    pub(super) fn is_listing(&self, kind: RecordKind) -> bool {
        matches!(*self.bulk.borrow(), Bulk::Listing { kind: listed } if listed == kind)
    }

    /// `folders`: old ones that are moved first, by the record's id.
    pub(super) async fn keep_linking(
        self: Rc<Self>,
        kind: RecordKind,
        chosen: Vec<Candidate>,
        folders: Folders,
    ) {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let total_count = count(chosen.len());
        let mut begun: Vec<Record> = Vec::new();
        self.set_bulk(Bulk::Linking { kind, done_count: 0, total_count, paused: false });
        while matches!(*self.bulk.borrow(), Bulk::Linking { .. }) {
            let under_way = begun.iter().filter(|record| !self.is_settled(record)).count();
            let done = count(begun.len() - under_way);
            if done == total_count {
                return self.set_bulk(Bulk::Finished { kind, total_count });
            }
            for _ in under_way..AT_ONCE {
                // While an old folder was moved it may have been paused, or stopped.
                if !matches!(*self.bulk.borrow(), Bulk::Linking { paused: false, .. }) {
                    break;
                }
                let Some(Candidate { id, name, .. }) = chosen.get(begun.len()) else { break };
                let record = Record::new(kind, id.clone());
                if let Some((_, path)) = folders.iter().find(|(owner, _)| owner == id) {
                    self.old_folders.take_over(&record, name, path).await;
                }
                begun.push(record.clone());
                self.command(Command::Press { record, name: name.clone() });
            }
            if let Bulk::Linking { done_count, .. } = &mut *self.bulk.borrow_mut() {
                *done_count = done;
            }
            self.draw();
            sleep(LOOK_MS).await;
        }
    }

    pub(super) fn pause_linking(&self, pause: bool) {
        if let Bulk::Linking { paused, .. } = &mut *self.bulk.borrow_mut() {
            *paused = pause;
        }
        self.draw();
    }

    pub(super) fn stop_linking(&self) {
        self.set_bulk(Bulk::Idle);
    }

    pub(super) fn set_bulk(&self, bulk: Bulk) {
        *self.bulk.borrow_mut() = bulk;
        self.draw();
    }

    pub(super) fn is_linked(&self, record: &Record) -> bool {
        self.shared.borrow().status.link(record).is_some()
    }

    /// Linked and at rest, or stopped for a reason that its own panel tells.
    fn is_settled(&self, record: &Record) -> bool {
        let shared = self.shared.borrow();
        let link = shared.status.link(record);
        link.is_some_and(|link| matches!(link.state, RecordState::Settled | RecordState::Halted(_)))
    }
}
