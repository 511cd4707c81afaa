//! Names of linked records whose page is not open (R10): asked for in batches, once in a while.

use super::records::Number;
use super::{Engine, Phase, Purpose};
use crate::effect::{Effect, Failure, Outcome, Side};
use crate::ids::{Record, RecordKind};
use crate::sort::retain;
use alloc::vec::Vec;

/// Names are asked for at most this often.
const NAMES_MS: u64 = 3_600_000;
/// Records of one request.
const BATCH_MAX: usize = 100;

impl Engine {
    /// Whose names to ask for in this cycle.
    pub(super) fn names_due(&mut self) -> Vec<Number> {
        let now_ms = self.now_ms;
        let lately = |asked_ms: u64| asked_ms <= now_ms && now_ms - asked_ms < NAMES_MS;
        if self.index.named_ms.is_some_and(lately) {
            return Vec::new();
        }
        self.index.named_ms = Some(self.now_ms);
        self.dirty_index = true;
        self.linked.clone()
    }

    /// One batch of one kind at a time, after Dropbox answered: the budget of requests is small.
    pub(super) fn step_names(&mut self) {
        let asking = self.is_under_way(|purpose| matches!(purpose, Purpose::Names(_)));
        let cycle = &mut self.cycle;
        if cycle.phase != Phase::Working || cycle.error.is_some() || asking {
            return;
        }
        let Some(last) = cycle.names.last() else {
            return;
        };
        let kind = self.records.record(*last).kind;
        let mut ids = Vec::new();
        retain(&mut cycle.names, &mut |number| {
            let record = self.records.record(*number);
            let asked = record.kind == kind && ids.len() < BATCH_MAX;
            if asked {
                ids.push(record.id.clone());
            }
            !asked
        });
        self.task(Purpose::Names(kind), Effect::NameRecords { kind, ids });
    }

    /// A name that changed makes its record due. A record that was not found keeps the name it had.
    pub(super) fn names_heard(&mut self, kind: RecordKind, outcome: Outcome) {
        let names = match outcome {
            Outcome::Names(names) => names,
            Outcome::Failed(failure @ Failure::Unauthorized(Side::Crm)) => {
                return self.fail(failure);
            }
            _ => {
                // A name can wait; it is asked for again with the next full cycle.
                self.index.named_ms = None;
                return;
            }
        };
        for (id, name) in names {
            let record = self.records.number(&Record { kind, id });
            let Some(link) = self.link_mut(record).filter(|link| link.name != name) else {
                continue;
            };
            link.name = name;
            link.dirty = true;
            self.dirty_index = true;
            self.enqueue(record);
        }
    }
}
