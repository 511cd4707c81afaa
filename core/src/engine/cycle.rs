//! The life of a cycle: what is due, when it is over, what is stored then. Its records stand in `record`.

use super::records::Number;
use super::{Engine, Phase, Purpose, OBSERVATIONS_MAX};
use crate::effect::Failure;
use crate::sort::{retain, sort_by};
use crate::state::Link;
use crate::status::SyncReport;
use alloc::vec::Vec;

/// Who still waits after a cycle is worked for again after this long, then twice as long … up to an hour.
const RETRY_MS: u64 = 60_000;

impl Engine {
    pub(super) fn begin(&mut self, full: bool) {
        if self.is_running() {
            self.rerun |= full && !self.cycle.full;
            return;
        }
        if self.index.halt.is_some() || self.has_nothing() {
            self.report = Some(SyncReport::default());
            return;
        }
        let mut places: Vec<usize> = Vec::new();
        for (at, link) in self.index.links.iter().enumerate() {
            if (full || link.dirty || link.pressed) && !link.rests(self.now_ms) {
                places.push(at);
            }
        }
        let watched = |at: usize| self.watched.contains(self.linked[at]);
        let rank = |at: usize| {
            let link = &self.index.links[at];
            (!link.pressed, !link.dirty, !watched(at), link.listed_ms)
        };
        sort_by(&mut places, &mut |a, b| rank(*a).cmp(&rank(*b)));
        let mut due = Vec::with_capacity(places.len());
        for at in places {
            due.push(self.linked[at]);
        }
        let names = if full { self.names_due() } else { Vec::new() };
        self.error = None;
        self.shares.clear();
        let cycle = &mut self.cycle;
        cycle.names = names;
        cycle.phase = Phase::Wanted;
        cycle.started_ms = self.now_ms;
        cycle.due = due;
        cycle.full = full;
    }

    pub(super) fn finish_cycle(&mut self) {
        let quiet = !self.is_under_way(|purpose| !matches!(purpose, Purpose::Read(_)));
        let cycle = &mut self.cycle;
        let failed = cycle.error.is_some();
        // While an observation is wanted no record begins: those that are due wait for it.
        let idle = cycle.phase == Phase::Working
            && cycle.names.is_empty()
            && self.work.is_empty()
            && (cycle.due.is_empty() || cycle.observe_again);
        if !(idle || failed) || !quiet || self.saving {
            return;
        }
        if !failed && cycle.observe_again {
            cycle.observe_again = false;
            let again = core::mem::take(&mut cycle.again).numbers();
            if cycle.observations < OBSERVATIONS_MAX {
                cycle.phase = Phase::Wanted;
                cycle.due.extend(again);
                return self.step_observing();
            }
            // Enough for one cycle: whatever keeps changing is looked at again soon.
            cycle.unfinished = true;
            let more = !cycle.due.is_empty();
            self.put_off(again);
            if more {
                return self.step_records();
            }
        }
        if !failed && !self.cycle.ended && self.see_to_checkpoint() {
            return;
        }
        let cycle = &mut self.cycle;
        if !core::mem::replace(&mut cycle.ended, true) {
            let interval_ms = self.config.interval_ms;
            let jitter_ms = (self.config.seed ^ self.now_ms) % (interval_ms / 20 + 1);
            let wait_ms = match (&cycle.error, cycle.unfinished) {
                (Some(_), _) => Some(interval_ms / 12),
                (None, true) => Some(interval_ms / 60),
                // From the beginning: with many records a cycle takes as long as the CRM's limit makes it.
                (None, false) => {
                    let left_ms =
                        interval_ms.saturating_sub(self.now_ms.saturating_sub(cycle.started_ms));
                    cycle.full.then_some(left_ms.max(interval_ms / 12))
                }
            };
            if let Some(wait_ms) = wait_ms {
                self.index.due_ms = Some(self.now_ms + wait_ms + jitter_ms);
            }
            if cycle.error.is_none() && cycle.full && !cycle.refused {
                self.index.last_cycle_ms = Some(self.now_ms);
            }
            self.dirty_index = true;
        }
        let unsaved = self.dirty_index || !self.dirty.is_empty();
        if unsaved && !matches!(cycle.error, Some(Failure::Store)) {
            return self.save_now();
        }
        let cycle = core::mem::take(cycle);
        let mut report = cycle.report;
        report.duration_ms = self.now_ms.saturating_sub(cycle.started_ms);
        report.error = cycle.error;
        report.problems = self.records.problem_count();
        report.halted = self.index.links.iter().filter(|link| link.halt.is_some()).count() as u32;
        self.error = cycle.error;
        self.looked |= self.error.is_none();
        self.lease_wanted = false;
        self.report = Some(report);
        if self.index.links.iter().any(Link::waits) {
            self.retry_ms = self.now_ms + (RETRY_MS << self.retries.min(6));
            self.retries += 1;
        } else {
            self.retries = 0;
        }
        self.clear_queues();
        let watched = &self.watched;
        let dirty = &self.dirty;
        self.records.keep(|record| watched.contains(record) || dirty.contains(record));
        self.version += 1;
        if core::mem::take(&mut self.rerun) && self.error.is_none() {
            self.begin(true);
        }
    }

    pub(super) fn clear_queues(&mut self) {
        self.work.clear();
        self.transfers.clear();
        self.writes.clear();
        self.folders.clear();
        self.creates.clear();
    }

    /// Takes back what has not been started for a record.
    pub(super) fn drop_queued(&mut self, record: Number) {
        let mut dropped = 0;
        let mut stays = |other: Number| {
            dropped += u32::from(other == record);
            other != record
        };
        for queue in [&mut self.transfers, &mut self.writes, &mut self.creates] {
            retain(queue, &mut |item| stays(item.record));
        }
        retain(&mut self.folders, &mut |step| stays(step.0));
        if let Some(work) = self.work.get_mut(record) {
            work.open = work.open.saturating_sub(dropped);
        }
    }
}
