//! What users and the page ask for: press, cancel, unlink, decide, a name heard.

use super::records::Number;
use super::Engine;
use crate::sort::retain;
use crate::state::Link;
use crate::status::{Halt, Happened};
use alloc::string::ToString;
use alloc::vec::Vec;

impl Engine {
    pub(super) fn press(&mut self, record: Number, name: &str) {
        self.watched.insert(record);
        if let Some(link) = self.link_mut(record) {
            link.pressed = true;
            link.rests_until_ms = None;
            link.name = name.to_string();
        } else {
            let mut link = Link::new(self.records.record(record).clone(), name.to_string());
            link.pressed = true;
            retain(&mut self.index.shared.unlinked, &mut |other| *other != link.record);
            self.add_link(record, link);
            self.records.insert_fresh(record);
            self.dirty.insert(record);
            self.happened(record, "", Happened::Linked);
        }
        if matches!(self.index.halt, Some(Halt::AppFolderGone)) {
            // Its cause may be gone; the observation says so.
            self.index.halt = None;
        }
        // Stored before the first write: whoever reloads the page in the middle finds the work waiting.
        self.save_wanted = true;
        self.dirty_index = true;
        self.enqueue(record);
    }

    pub(super) fn named(&mut self, record: Number, name: &str) {
        self.watched.insert(record);
        let Some(link) = self.link_mut(record) else {
            return;
        };
        if link.name != name {
            link.name = name.to_string();
            link.dirty = true;
            self.dirty_index = true;
            self.enqueue(record);
        }
        if !self.records.contains_key(record) {
            self.wanted.insert(record);
        }
    }

    pub(super) fn cancel(&mut self, record: Number) {
        let rests_until_ms = Some(self.now_ms + self.config.interval_ms);
        retain(&mut self.cycle.due, &mut |other| *other != record);
        self.cycle.again.remove(record);
        if let Some(work) = self.work.get_mut(record) {
            work.cancelled = true;
            work.stopping = true;
        }
        self.drop_queued(record);
        let working = self.work.contains_key(record);
        let Some(link) = self.link_mut(record) else {
            return;
        };
        if link.folder.is_none() && !working {
            // Nothing was written yet: the link was only about to be made.
            return self.unlink(record);
        }
        link.pressed = false;
        link.dirty = false;
        link.rests_until_ms = rests_until_ms;
        self.dirty_index = true;
        self.save_wanted = true;
    }

    pub(super) fn unlink(&mut self, record: Number) {
        self.drop_queued(record);
        self.work.remove(record);
        if self.link(record).is_some_and(|link| link.shared) {
            self.index.shared.unlinked.push(self.records.record(record).clone());
            self.share(record);
        }
        self.forget_link(record);
    }

    /// Nothing is left of it here.
    pub(super) fn forget_link(&mut self, record: Number) {
        if let Some(at) = self.place(record) {
            self.linked.remove(at);
            self.index.links.remove(at);
        }
        self.records.forget(record);
        self.dirty.remove(record);
        self.removed.insert(record);
        self.dirty_index = true;
        self.save_wanted = true;
    }

    pub(super) fn add_link(&mut self, record: Number, link: Link) {
        self.linked.push(record);
        self.index.links.push(link);
    }

    /// About the halt over all: a deletion in Dropbox never reaches the CRM, so both answers only mark documents.
    pub(super) fn decide_all(&mut self) {
        self.index.halt = None;
        for link in &mut self.index.links {
            link.dirty = true;
            link.synced_count = 0;
        }
        self.dirty_index = true;
        self.begin(true);
    }

    pub(super) fn decide(&mut self, record: Number, confirmed: bool) {
        let Some(link) = self.link_mut(record) else {
            return;
        };
        let Some(halt) = link.halt.take() else {
            return;
        };
        link.dirty = true;
        if confirmed {
            link.confirmed = Some(halt);
        } else {
            // The button would clear the marks that this decision makes.
            link.pressed = false;
            if let Some(stored) = self.records.get_mut(record) {
                crate::guard::dismiss(stored, &halt);
                self.agreed(record);
            }
        }
        self.happened(record, "", Happened::Decided { confirmed });
        self.dirty_index = true;
        self.enqueue(record);
    }

    /// They wait for the next cycle.
    pub(super) fn put_off(&mut self, records: Vec<Number>) {
        for record in records {
            if let Some(link) = self.link_mut(record) {
                link.dirty = true;
            }
        }
        self.dirty_index = true;
    }

    /// Puts a record in front of the queue; begins a cycle for it if none runs.
    pub(super) fn enqueue(&mut self, record: Number) {
        if self.link(record).is_some_and(|link| link.rests(self.now_ms)) {
            return;
        }
        self.begin(false);
        if !self.is_running() {
            return;
        }
        let busy = self.work.contains_key(record);
        let cycle = &mut self.cycle;
        if busy {
            cycle.again.insert(record);
            cycle.observe_again = true;
        } else {
            retain(&mut cycle.due, &mut |other| *other != record);
            cycle.asked_for.insert(record);
            cycle.due.insert(0, record);
        }
    }
}
