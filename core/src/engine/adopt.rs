//! What other browsers of the same user left in the checkpoint, made our own.
//!
//! A share was written under the lease, later than what is known here: its synced trees win. What this browser observed
//! itself (nodes, documents, attempts) stays. A checkpoint that was retired, is another account's or makes no sense
//! authorises nothing: then the local synced trees, which it had outdated, do not either, and it is a first link.

use super::records::Number;
use super::shared::{is_share, share_named, share_of};
use super::{Engine, Phase, Purpose};
use crate::effect::{Effect, Outcome};
use crate::ids::Revision;
use crate::sort::retain;
use crate::state::{count_whole, Link, Share, SharedRecord};
use alloc::vec::Vec;

impl Engine {
    /// After an observation, before any record is looked at.
    pub(super) fn step_adopting(&mut self) {
        let reading = |purpose: &Purpose| {
            matches!(purpose, Purpose::LoadLease(..) | Purpose::LoadShare(..) | Purpose::Read(_))
        };
        if self.is_under_way(reading) {
            return;
        }
        // Where nothing is looked at, nothing need be known.
        let wanted = self.cycle.full
            || !self.cycle.due.is_empty()
            || self.held_ms.is_some()
            || self.index.links.is_empty();
        if wanted && !self.config.shared_folder.is_empty() && self.read_checkpoint() {
            return;
        }
        self.cycle.phase = if self.index.cursor.is_none() { Phase::Wanted } else { Phase::Working };
    }

    /// Asks for the next thing that has to be read; false when all of it is known.
    fn read_checkpoint(&mut self) -> bool {
        let lease = self.shared_file("lease");
        if lease.seen.is_none() {
            return false;
        }
        if let Some(rev) = lease.news() {
            self.load_lease(rev, false, None);
            return true;
        }
        if self.index.shared.generation == 0 {
            return false;
        }
        if self.shares.is_empty() {
            let mut asked = false;
            for at in 0..self.index.shared.files.len() {
                let file = &self.index.shared.files[at];
                if let (Some(name), Some(rev)) = (share_named(&file.name), file.news()) {
                    self.task(Purpose::LoadShare(name, rev.clone()), Effect::LoadShare { rev });
                    asked = true;
                }
            }
            return asked;
        }
        let mut missing = Vec::new();
        for record in &self.linked {
            let share = share_of(self.records.record(*record));
            let told = self.shares.iter().any(|(name, _, _)| *name == share);
            if told && !self.records.contains_key(*record) {
                missing.push(*record);
            }
        }
        if !missing.is_empty() {
            self.read(missing);
            return true;
        }
        for (name, rev, share) in core::mem::take(&mut self.shares) {
            self.adopt_share(name, rev, share);
        }
        false
    }

    pub(super) fn share_read(&mut self, name: &'static str, rev: Revision, outcome: Outcome) {
        match outcome {
            Outcome::Share(share) => self.shares.push((name, rev, share)),
            Outcome::Failed(failure) => {
                self.shares.clear();
                self.not_read(failure);
            }
            _ => {}
        }
    }

    /// The local state belongs to this checkpoint from now on (0: to none).
    pub(super) fn belong_to(&mut self, generation: u64) {
        let before = core::mem::replace(&mut self.index.shared.generation, generation);
        if before == generation {
            return;
        }
        let shares = self.index.shared.files.iter_mut().filter(|file| is_share(&file.name));
        shares.for_each(|file| file.known = None);
        self.share_all();
        if before == 0 {
            return;
        }
        for record in self.linked.clone() {
            self.records.insert_fresh(record);
            self.begin_anew(record);
        }
        // What stands in the folders is listed anew.
        self.index.cursor = None;
        if !self.work.is_empty() {
            self.look_again();
        }
    }

    /// A first link: nothing was ever agreed on.
    fn begin_anew(&mut self, record: Number) {
        if let Some(stored) = self.records.get_mut(record) {
            stored.pairs.clear();
            stored.attempts.clear();
        }
        self.dirty.insert(record);
        if let Some(link) = self.link_mut(record) {
            link.shared = false;
            link.synced_count = 0;
            link.dirty = true;
        }
        self.dirty_index = true;
    }

    fn adopt_share(&mut self, name: &str, rev: Revision, share: Option<Share>) {
        self.dirty_index = true;
        self.shared_file(name).known = Some(rev);
        let mut linked: Vec<(Number, bool)> = Vec::new();
        for (record, link) in self.linked.iter().zip(&self.index.links) {
            if share_of(&link.record) == name {
                linked.push((*record, link.shared));
            }
        }
        let Some(share) = share else {
            // Somebody wrote it later than what is known here, and nobody can say what.
            linked.iter().for_each(|(record, _)| self.begin_anew(*record));
            self.shared_file(name).due = true;
            return;
        };
        if share.generation != self.index.shared.generation {
            self.shared_file(name).due |= !linked.is_empty();
            return;
        }
        let mut more = false;
        for (record, shared) in linked {
            let of_record = self.records.record(record);
            if share.records.iter().any(|told| told.record == *of_record) {
                continue;
            }
            if shared {
                // Another browser unlinked it.
                self.forget_link(record);
            } else {
                more = true;
            }
        }
        for told in share.records {
            if self.index.shared.unlinked.contains(&told.record) {
                more = true;
            } else if share_of(&told.record) == name {
                self.adopt_record(told);
            }
        }
        self.shared_file(name).due = more;
    }

    fn adopt_record(&mut self, told: SharedRecord) {
        let record = self.records.number(&told.record);
        let mut pairs = told.pairs;
        // Of what is to be deleted in the CRM, only what this browser saw itself is believed.
        retain(&mut pairs, &mut |pair| pair.crm.is_some() || pair.dropbox.is_some());
        pairs.iter_mut().for_each(|pair| pair.superseded.clear());
        if self.link(record).is_none() {
            self.records.insert_fresh(record);
            self.removed.remove(record);
            let mut link = Link::new(self.records.record(record).clone(), told.name);
            link.named = told.named;
            self.add_link(record, link);
        }
        let mut elsewhere = false;
        if let Some(link) = self.link_mut(record) {
            link.shared = true;
            link.synced_count = count_whole(&pairs);
            elsewhere = told.folder.is_some()
                && link.folder.as_ref().map(|own| &own.id) != told.folder.as_ref().map(|f| &f.id);
            if elsewhere {
                link.folder = told.folder;
                link.folder_removed = false;
            }
        }
        if elsewhere {
            // What stands in it is not known: everything is listed anew.
            self.index.cursor = None;
        }
        if let Some(stored) = self.records.get_mut(record) {
            if stored.pairs != pairs {
                stored.pairs = pairs;
                self.dirty.insert(record);
            }
        }
        self.version += 1;
    }
}
