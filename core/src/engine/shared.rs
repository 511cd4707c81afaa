//! The checkpoint in the app folder, and the lease on it: all browsers of one user continue each other's work, one at
//! a time.
//!
//! The lease is a file, and its revision is the fence: it is written over the revision known here, or not at all. Who
//! wrote it last and finds it unchanged knows that nobody has written since. Whoever had to take it from another browser
//! observes again before anything else. Only what is about to write asks for it.

use super::records::Number;
use super::{Engine, Phase, Purpose, OBSERVATIONS_MAX};
use crate::effect::{Effect, Entry, Failure, Outcome, WriteMode};
use crate::ids::{Record, Revision};
use crate::sort::retain;
use crate::state::{Lease, LeaseState, Share, SharedFile, SharedRecord};
use alloc::string::ToString;
use alloc::vec::Vec;

/// A lease that was not renewed for so long, by the service's time, is a dead browser's (ms).
const LEASE_MS: u64 = 600_000;
/// The holder renews it when its clock has moved so far, either way (ms).
const RENEW_MS: u64 = 120_000;
/// A lease that another browser holds is looked at again after this long (ms).
const ASK_AGAIN_MS: u64 = 50_000;
/// In a long cycle the checkpoint is written this often (ms).
const TELL_MS: u64 = 600_000;
/// The lease's name, and that of the file whose writing tells the service's time.
const LEASE: &str = "lease";
const CLOCK: &str = "clock";
/// The shares' names, of one letter each.
const SHARES: &str = "0123456789abcdef";

/// The share that holds a record: one of sixteen, so that a change costs a part of the checkpoint and many changes a
/// bounded number of requests.
pub(super) fn share_of(record: &Record) -> &'static str {
    let sum = record
        .id
        .bytes()
        .fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let at = ((sum ^ (sum >> 16) ^ (sum >> 8)) & 15) as usize;
    &SHARES[at..=at]
}

/// The share of this name.
pub(super) fn share_named(name: &str) -> Option<&'static str> {
    let [letter] = name.as_bytes() else { return None };
    let at = SHARES.bytes().position(|other| other == *letter)?;
    Some(&SHARES[at..=at])
}

pub(super) fn is_share(name: &str) -> bool {
    share_named(name).is_some()
}

impl Engine {
    pub(super) fn shared_file(&mut self, name: &str) -> &mut SharedFile {
        let files = &mut self.index.shared.files;
        let at = files.iter().position(|file| file.name == name).unwrap_or_else(|| {
            files.push(SharedFile { name: name.to_string(), ..SharedFile::default() });
            files.len() - 1
        });
        &mut files[at]
    }

    /// Nothing is linked, nothing waits to be told, and there is no checkpoint to begin with.
    pub(super) fn has_nothing(&self) -> bool {
        self.index.links.is_empty()
            && (self.looked || self.config.shared_folder.is_empty())
            && self.due_share().is_none()
    }

    /// The next share that is to be told.
    fn due_share(&self) -> Option<&'static str> {
        let mut due = self.index.shared.files.iter().filter(|file| file.due);
        due.find_map(|file| share_named(&file.name))
    }

    /// A record's synced tree, or its link, is not what the checkpoint has.
    pub(super) fn share(&mut self, record: Number) {
        if !self.config.shared_folder.is_empty() {
            let name = share_of(self.records.record(record));
            self.shared_file(name).due = true;
            self.dirty_index = true;
        }
    }

    /// Its synced tree is another one: to be stored and to be told.
    pub(super) fn agreed(&mut self, record: Number) {
        self.dirty.insert(record);
        self.share(record);
    }

    pub(super) fn share_all(&mut self) {
        for record in self.linked.clone() {
            self.share(record);
        }
        self.dirty_index = true;
    }

    /// The revisions of the checkpoint's files, from the listing of the app folder. They make no record due.
    pub(super) fn see_shared(&mut self, entries: &[Entry], whole: bool) {
        if self.config.shared_folder.is_empty() {
            return;
        }
        let folder = [&*self.config.shared_folder, "/"].concat();
        // Without an entry nothing changes here; with one, the cursor does too.
        self.dirty_index |= whole || !entries.is_empty();
        if whole {
            self.index.shared.files.iter_mut().for_each(|file| file.seen = None);
        }
        for entry in entries {
            let path = super::observe::path_of(entry);
            let name = path.strip_prefix(&folder).and_then(|rest| rest.strip_suffix(".json"));
            match (entry, name) {
                (Entry::File(file), Some(name))
                    if is_share(name) || name == LEASE || name == CLOCK =>
                {
                    self.shared_file(name).seen = Some(file.rev.clone());
                }
                (Entry::Deleted { .. }, _) => {
                    let all = folder.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
                    for file in &mut self.index.shared.files {
                        if all || name == Some(file.name.as_str()) {
                            file.seen = None;
                        }
                    }
                }
                _ => {}
            }
        }
        let shared = &mut self.index.shared;
        for file in &mut shared.files {
            if file.seen.is_none() && file.known.take().is_some() && is_share(&file.name) {
                file.due = true;
            }
            if file.name == LEASE && file.seen != file.known {
                shared.mine = false;
            }
        }
        if !shared.mine {
            self.held_ms = None;
        }
    }

    /// Whether an effect that writes may be handed out; if not, the lease is asked for.
    pub(super) fn may_write(&mut self) -> bool {
        let fresh = self.held_ms.is_some_and(|at_ms| self.now_ms.abs_diff(at_ms) < RENEW_MS);
        if self.config.shared_folder.is_empty() {
            return true;
        }
        let leasing = self.is_leasing();
        self.lease_wanted |= !fresh && !leasing;
        fresh && !leasing
    }

    fn is_leasing(&self) -> bool {
        let of_lease = |purpose: &Purpose| {
            matches!(purpose, Purpose::LoadLease(_, true) | Purpose::SaveLease(..))
        };
        self.is_under_way(of_lease)
    }

    pub(super) fn step_shared(&mut self) {
        if self.cycle.error.is_some() {
            return;
        }
        if self.cycle.phase == Phase::Adopting {
            return self.step_adopting();
        }
        let working = self.cycle.phase == Phase::Working;
        if let (Some(at_ms), true) = (self.held_ms, working) {
            let stale = self.now_ms.abs_diff(at_ms) >= RENEW_MS;
            self.lease_wanted |= stale && !self.is_leasing();
            self.tell_meanwhile();
        }
        if !self.lease_wanted || !working {
            return;
        }
        if self.cycle.refused {
            return self.refuse_lease();
        }
        if self.writing || self.saving || self.is_leasing() {
            return;
        }
        if self.held_ms.is_none() && self.dirty_index {
            // Who holds it is stored before it is held: a tab that dies finds its own again.
            return self.save_now();
        }
        self.lease_wanted = false;
        let mine = self.index.shared.mine;
        let lease = self.shared_file(LEASE);
        let news = lease.seen.clone().filter(|rev| !mine || lease.known.as_ref() != Some(rev));
        let Some(rev) = news else {
            return self.write_lease(LeaseState::Held, false);
        };
        let held = self.refused.as_ref().filter(|(held, _)| *held == rev);
        if held.is_some_and(|(_, at_ms)| self.now_ms.abs_diff(*at_ms) < ASK_AGAIN_MS) {
            return self.refuse_lease();
        }
        // Held by another when it was last looked at, and not touched since: how long ago was that?
        let stands = held.is_some();
        let clock = stands.then(|| self.shared_file(CLOCK).mode());
        self.load_lease(rev, true, clock);
    }

    /// `take` says whether it is wanted.
    pub(super) fn load_lease(&mut self, rev: Revision, take: bool, clock: Option<WriteMode>) {
        let purpose = Purpose::LoadLease(rev.clone(), take);
        self.task(purpose, Effect::LoadLease { rev, clock });
    }

    /// A number that no other checkpoint has: neither the clock nor the browser need be new, but the lease that it is
    /// written over is.
    fn number(&mut self) -> u64 {
        let mut mixed = self.index.shared.browser ^ self.now_ms.rotate_left(24);
        let mut mix = |byte: u8| {
            mixed = (mixed ^ u64::from(byte)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed ^= mixed >> 29;
        };
        let over = self.shared_file(LEASE).seen.as_ref().map_or("", |rev| rev.as_str());
        over.bytes().for_each(&mut mix);
        mix(0);
        mix(0);
        mixed | 1
    }

    fn write_lease(&mut self, state: LeaseState, over: bool) {
        if self.index.shared.generation == 0 {
            let number = self.number();
            self.index.shared.generation = number;
            self.share_all();
        }
        let (generation, holder) = (self.index.shared.generation, self.index.shared.browser);
        let mode = self.shared_file(LEASE).mode();
        self.writing = true;
        let lease = Lease {
            generation,
            holder,
            state,
            slash_refused: self.index.slash_refused,
            astral_refused: self.index.astral_refused,
            default_folder: self.index.default_folder.clone(),
        };
        let purpose = Purpose::SaveLease(state == LeaseState::Held, over);
        self.task(purpose, Effect::SaveLease { lease, mode });
    }

    pub(super) fn lease_read(&mut self, rev: Revision, take: bool, outcome: &Outcome) {
        let (lease, age_ms) = match outcome {
            Outcome::Lease { lease, age_ms } => (lease.as_ref(), *age_ms),
            Outcome::Failed(failure) => return self.not_read(*failure),
            _ => return,
        };
        self.shared_file(LEASE).known = Some(rev.clone());
        self.dirty_index = true;
        let retired = self.index.shared.retired;
        let lease = lease.filter(|lease| {
            lease.state != LeaseState::Retired
                && lease.generation != 0
                && lease.generation != retired
        });
        self.belong_to(lease.map_or(0, |lease| lease.generation));
        let own = lease.is_some_and(|lease| lease.holder == self.index.shared.browser);
        if let Some(lease) = lease.filter(|_| !own) {
            // Browsers that name things differently would rename each other's work.
            self.index.slash_refused |= lease.slash_refused;
            self.index.astral_refused |= lease.astral_refused;
            if lease.default_folder.is_some() {
                self.index.default_folder = lease.default_folder.clone();
            }
        }
        if !take {
            return;
        }
        let held = lease.is_some_and(|lease| lease.state == LeaseState::Held) && !own;
        if held && age_ms.is_none_or(|age_ms| age_ms < LEASE_MS) {
            self.refused = Some((rev, self.now_ms));
            return self.refuse_lease();
        }
        self.write_lease(LeaseState::Held, !own);
    }

    /// A file of the checkpoint could not be read: another one stands there by now, or the cycle ends.
    pub(super) fn not_read(&mut self, failure: Failure) {
        match failure {
            Failure::NotFound | Failure::Conflict => self.look_again(),
            failure => self.fail(failure),
        }
    }

    /// Another browser works. What wanted to write waits for the next cycle.
    fn refuse_lease(&mut self) {
        self.lease_wanted = false;
        let mut waiting = self.work.numbers();
        self.clear_queues();
        let cycle = &mut self.cycle;
        cycle.refused = true;
        cycle.unfinished = true;
        cycle.observe_again = false;
        cycle.due.clear();
        waiting.extend(core::mem::take(&mut cycle.again).numbers());
        self.put_off(waiting);
    }

    pub(super) fn lease_written(&mut self, held: bool, over: bool, outcome: &Outcome) {
        self.writing = false;
        if self.held_ms.take().is_none() {
            self.told_ms = self.now_ms;
        }
        match outcome {
            Outcome::Saved(rev) => {
                self.shared_file(LEASE).is_at(rev);
                self.index.shared.mine = true;
                self.dirty_index = true;
                self.refused = None;
                self.held_ms = held.then_some(self.now_ms);
                if over {
                    self.look_again();
                }
            }
            outcome if self.is_not_taken(outcome) => self.held_ms = held.then_some(self.now_ms),
            _ => {}
        }
    }

    /// What a file of the checkpoint that was not written means. Says whether Dropbox takes none now: work goes on, as if
    /// there were no other browser.
    fn is_not_taken(&mut self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Failed(Failure::Conflict | Failure::NotFound) => self.lose_lease(),
            Outcome::Failed(failure) if is_of_the_cycle(failure) => self.fail(*failure),
            _ => {
                self.cycle.alone = true;
                return true;
            }
        }
        false
    }

    /// Another browser has it: nothing more is handed out before everything is looked at again.
    fn lose_lease(&mut self) {
        self.held_ms = None;
        self.index.shared.mine = false;
        self.look_again();
    }

    /// What is planned was planned on old knowledge.
    pub(super) fn look_again(&mut self) {
        self.lease_wanted = false;
        self.work.numbers().into_iter().for_each(|record| self.observe_again(record));
        self.cycle.observe_again = true;
        self.cycle.phase = Phase::Working;
    }

    /// At the end of a cycle: writes the shares that are not what is stored here, then frees the lease. Says whether
    /// there is more to come.
    pub(super) fn see_to_checkpoint(&mut self) -> bool {
        let cycle = &self.cycle;
        let held = self.held_ms.is_some();
        if cycle.alone || self.config.shared_folder.is_empty() {
            self.held_ms = None;
            return false;
        }
        let may = !cycle.refused && (held || cycle.observations < OBSERVATIONS_MAX);
        let due = self.due_share().filter(|_| may);
        if due.is_none() && !held {
            return false;
        }
        if self.dirty_index || !self.dirty.is_empty() {
            // The checkpoint is never ahead of what is stored here.
            self.save_now();
            return true;
        }
        let Some(name) = due else {
            self.write_lease(LeaseState::Free, false);
            return true;
        };
        if !self.may_write() {
            self.step_shared();
            return true;
        }
        self.tell(name);
        true
    }

    /// In the middle of a long cycle, so that another browser need not begin with it again.
    fn tell_meanwhile(&mut self) {
        let idle = !self.writing && !self.is_leasing() && !self.lease_wanted;
        if !idle || self.saving || self.now_ms.abs_diff(self.told_ms) < TELL_MS {
            return;
        }
        // A share tells what is stored: with a record that is not, it would count as told and lack its last pairs.
        if self.dirty.numbers().iter().any(|record| self.link(*record).is_some()) {
            return self.save_now();
        }
        match self.due_share() {
            Some(name) => self.tell(name),
            None => self.told_ms = self.now_ms,
        }
    }

    /// Writes a share: what is stored here of its records.
    fn tell(&mut self, name: &'static str) {
        let (mut records, mut told) = (Vec::new(), Vec::new());
        for (record, link) in self.linked.iter().zip(&self.index.links) {
            if share_of(&link.record) == name {
                told.push(*record);
                records.push(SharedRecord {
                    record: link.record.clone(),
                    name: link.name.clone(),
                    named: link.named.clone(),
                    folder: link.folder.clone(),
                    pairs: Vec::new(),
                });
            }
        }
        let share = Share { generation: self.index.shared.generation, records };
        let file = self.shared_file(name);
        file.due = false;
        let mode = file.mode();
        self.writing = true;
        let effect = Effect::SaveShare { name: name.to_string(), share, mode };
        self.task(Purpose::SaveShare(name, told), effect);
    }

    pub(super) fn share_written(&mut self, name: &'static str, told: &[Number], outcome: &Outcome) {
        self.writing = false;
        self.dirty_index = true;
        let Outcome::Saved(rev) = outcome else {
            self.shared_file(name).due = true;
            self.is_not_taken(outcome);
            return;
        };
        self.shared_file(name).is_at(rev);
        for record in told {
            if let Some(link) = self.link_mut(*record) {
                link.shared = true;
            }
        }
        retain(&mut self.index.shared.unlinked, &mut |record| share_of(record) != name);
    }
}

fn is_of_the_cycle(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Unavailable(_)
            | Failure::Unauthorized(_)
            | Failure::Malformed(_)
            | Failure::Store
            | Failure::Newer
            | Failure::Cancelled
    )
}
