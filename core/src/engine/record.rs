//! One record's turn: read it, see to its folder, list its documents, plan, carry out, plan again.

use super::records::Number;
use super::{
    Engine, Job, Phase, Purpose, Stage, Work, ACTIVE_MAX, ASKED_FOR_MAX, REFUSED_KIND_MS,
    ROUNDS_MAX,
};
use crate::effect::{Effect, Failure};
use crate::plan::{self, Operation, Plan, Policy};
use crate::sort::retain;
use crate::state::{count_whole, Attempt, Link, Pair};
use crate::status::{Halt, Happened, Progress};
use crate::tree;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Engine {
    pub(super) fn step_records(&mut self) {
        let cycle = &mut self.cycle;
        if cycle.phase != Phase::Working || cycle.error.is_some() {
            return;
        }
        // An observation is wanted: running records finish first, no new one begins on old knowledge.
        while !cycle.observe_again {
            let asked_for =
                cycle.due.first().is_some_and(|record| cycle.asked_for.contains(*record));
            let most = if asked_for { ACTIVE_MAX + ASKED_FOR_MAX } else { ACTIVE_MAX };
            if self.work.len() >= most {
                break;
            }
            if cycle.due.is_empty() {
                break;
            }
            let record = cycle.due.remove(0);
            if self.linked.contains(&record) {
                self.work.insert(
                    record,
                    Work {
                        stage: Stage::Read,
                        open: 0,
                        rounds: 0,
                        list_again: true,
                        policy: Policy {
                            max_size_bytes: self.config.max_size_bytes,
                            delete_guard_percent: self.config.delete_guard_percent,
                            today: self.today.clone(),
                            ..Policy::default()
                        },
                        cancelled: false,
                        stopping: false,
                        progress: Progress { started_ms: self.now_ms, ..Progress::default() },
                    },
                );
            }
        }
        if cycle.observe_again && self.work.is_empty() {
            return; // finish_cycle turns to observing
        }
        for record in self.work.numbers() {
            self.step_record(record);
        }
    }

    fn step_record(&mut self, record: Number) {
        loop {
            let Some(work) = self.work.get_mut(record) else {
                return;
            };
            if work.open > 0 {
                return;
            }
            if work.cancelled {
                self.work.remove(record);
                return;
            }
            match work.stage {
                Stage::Read if self.records.contains_key(record) => {
                    self.stage(record, Stage::Folder)
                }
                Stage::Read => return self.read(Vec::from([record])),
                Stage::Folder => self.see_to_folder(record),
                Stage::Listing => {
                    self.open(record);
                    let urgent = self.is_urgent(record);
                    self.task(
                        Purpose::Listing(record),
                        Effect::ListDocuments {
                            record: self.records.record(record).clone(),
                            urgent,
                        },
                    );
                }
                Stage::Planning => self.plan_record(record),
                Stage::Doing => {
                    // Everything of the last plan came back.
                    let again = core::mem::take(&mut work.list_again);
                    self.stage(record, if again { Stage::Listing } else { Stage::Planning });
                }
            }
        }
    }

    /// Somebody has opened the record, and there is something to do in it. What a timed cycle looks at waits its turn:
    /// all records of a long day at once would leave the CRM's other users nothing.
    fn is_urgent(&self, record: Number) -> bool {
        let wanted = |link: &Link| link.pressed || link.dirty;
        self.watched.contains(record) && self.link(record).is_some_and(wanted)
    }

    /// The background's turn to list a record may be far off. Where somebody has opened it, it is listed at once, and
    /// what the other listing brings is not looked at. Says whether it is.
    pub(super) fn hurry(&mut self, record: Number) -> bool {
        let listing = self.work.get(record).is_some_and(|work| {
            let begins = matches!(work.stage, Stage::Read | Stage::Listing);
            begins && !work.cancelled && self.watched.contains(record)
        });
        if !listing {
            return false;
        }
        let of_record = |purpose: &Purpose| matches!(purpose, Purpose::Listing(r) if *r == record);
        let listing = self.tasks.iter().position(|(_, purpose)| of_record(purpose));
        if let Some(at) = listing {
            self.tasks.swap_remove(at);
            self.close(record);
        }
        true
    }

    pub(super) fn stage(&mut self, record: Number, stage: Stage) {
        if let Some(work) = self.work.get_mut(record) {
            work.stage = stage;
        }
    }

    /// Its documents are listed once more before it is planned again.
    pub(super) fn list_again(&mut self, record: Number) {
        if let Some(work) = self.work.get_mut(record) {
            work.list_again = true;
        }
    }

    pub(super) fn open(&mut self, record: Number) {
        if let Some(work) = self.work.get_mut(record) {
            work.open += 1;
        }
    }

    pub(super) fn close(&mut self, record: Number) {
        if let Some(work) = self.work.get_mut(record) {
            work.open = work.open.saturating_sub(1);
        }
    }

    /// One more plan of this record, and which of its turn it is: what the planner must know besides the trees is as it
    /// is now.
    fn plan_anew(&mut self, record: Number) -> Option<(Plan, u32)> {
        let naming = self.naming();
        let at = self.place(record);
        let work = self.work.get_mut(record)?;
        work.rounds += 1;
        let policy = &mut work.policy;
        policy.naming = naming;
        policy.one_way = self.index.refused_kinds.iter().any(|(kind, at_ms)| {
            *kind == self.records.record(record).kind
                && self.now_ms.saturating_sub(*at_ms) < REFUSED_KIND_MS
        });
        policy.out_of_space = self.cycle.out_of_space;
        if let Some(at) = at {
            let link = &self.index.links[at];
            policy.pressed = link.pressed;
            policy.confirmed = link.confirmed;
        }
        Some((plan::plan(self.records.get(record)?, policy), work.rounds))
    }

    fn plan_record(&mut self, record: Number) {
        self.clear_marks(record);
        let Some((mut plan, rounds)) = self.plan_anew(record) else {
            return;
        };
        *self.records.problems_mut(record) = core::mem::take(&mut plan.problems);
        if let Some(halt) = plan.halt.take() {
            return self.halt_record(record, halt);
        }
        if let Some(link) = self.link_mut(record) {
            if link.halt.take().is_some() {
                self.dirty_index = true;
            }
        }
        let operations = core::mem::take(&mut plan.operations);
        self.adopt(record, plan);
        if rounds > ROUNDS_MAX {
            self.cycle.unfinished = true;
        }
        if operations.is_empty() || rounds > ROUNDS_MAX {
            return self.settle(record, operations.is_empty());
        }
        self.stage(record, Stage::Doing);
        let looks = operations.iter().any(Operation::only_looks);
        self.count_progress(record, &operations);
        for operation in operations {
            // A look may change what is right to write, except for plain new documents.
            let waits = looks && !operation.only_looks() && !is_plain_upload(&operation);
            if !waits {
                self.open(record);
                self.start(record, operation);
            }
        }
    }

    /// The button: refusals count no longer. Marks are the planner's ([`Policy::pressed`]).
    fn clear_marks(&mut self, record: Number) {
        let Some(link) = self.link(record) else {
            return;
        };
        let first = self.work.get(record).is_some_and(|work| work.rounds == 0);
        if !link.pressed || !first {
            return;
        }
        let kind = self.records.record(record).kind;
        if let Some(stored) = self.records.get_mut(record) {
            stored.refusals.clear();
        }
        self.dirty.insert(record);
        self.ask_kind_again(kind);
    }

    /// The synced tree changes only by what was seen.
    fn adopt(&mut self, record: Number, plan: Plan) {
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        if plan.changed_pairs.is_empty() && plan.new_pairs.is_empty() {
            return;
        }
        let mut kept: Vec<String> = Vec::new();
        // New pairs have both sides.
        for (at, pair) in &plan.changed_pairs {
            let Some(Pair { crm: Some(side), dropbox: None, .. }) = pair else { continue };
            let old = &stored.pairs[*at];
            if old.dropbox.is_some() && old.has_document(&side.id) {
                kept.push(side.place.name.clone());
            }
        }
        plan.adopt_into(&mut stored.pairs);
        self.agreed(record);
        for name in kept {
            self.happened(record, &name, Happened::KeptInCrm);
        }
    }

    /// Nothing left to do (or too many rounds): the record rests.
    fn settle(&mut self, record: Number, done: bool) {
        let retry = self.cycle.again.contains(record);
        if done && !retry {
            if let Some(stored) = self.records.get_mut(record) {
                let mut pending = Vec::new();
                for pair in stored.pairs.iter().filter(|pair| !pair.superseded.is_empty()) {
                    pending.extend(pair.dropbox.as_ref().map(|side| &side.id));
                }
                let before = stored.attempts.len();
                retain(&mut stored.attempts, &mut |attempt| {
                    attempt.file.as_ref().is_some_and(|file| pending.contains(&file))
                });
                if stored.attempts.len() != before {
                    self.dirty.insert(record);
                }
            }
            let now_ms = self.now_ms;
            if let Some(link) = self.link_mut(record) {
                link.pressed = false;
                link.dirty = false;
                link.rests_until_ms = None;
                link.confirmed = None;
                link.settled_ms = Some(now_ms);
            }
        }
        self.dirty_index = true;
        self.rest(record);
    }

    /// The end of a record's turn.
    pub(super) fn rest(&mut self, record: Number) {
        self.work.remove(record);
        let counts = self
            .records
            .get(record)
            .map(|stored| (count_whole(&stored.pairs), tree::count_files(&stored.nodes)));
        let problems = self.records.problems(record).len() as u32;
        if let Some(link) = self.link_mut(record) {
            if let Some((synced, files)) = counts {
                link.synced_count = synced;
                link.file_count = files;
            }
            link.problem_count = problems;
        }
        if self.dirty.contains(record) {
            self.save_wanted = true;
        }
        self.version += 1;
    }

    fn count_progress(&mut self, record: Number, operations: &[Operation]) {
        let Some(work) = self.work.get_mut(record) else {
            return;
        };
        for operation in operations {
            if matches!(operation, Operation::Upload { .. } | Operation::Create { .. }) {
                work.progress.total_count += 1;
                work.progress.total_bytes += operation.size_bytes();
            }
        }
    }

    fn start(&mut self, record: Number, operation: Operation) {
        let item = Box::new(Job { record, operation, staged: None });
        match &item.operation {
            Operation::ConfirmGone { document } => {
                let effect = Effect::ConfirmGone { document: document.clone() };
                self.task(Purpose::Step(item), effect);
            }
            Operation::Hash { .. }
            | Operation::Upload { .. }
            | Operation::DeleteDocument { .. } => {
                self.transfers.push(item);
            }
            Operation::MoveFile { .. }
            | Operation::DeleteFile { .. }
            | Operation::CopyFile { .. } => self.writes.push(item),
            Operation::Create { place, hash, replaces, .. } => {
                let attempt = Attempt {
                    place: place.clone(),
                    hash: hash.clone(),
                    file: replaces.file.clone(),
                    replaces: replaces.document.clone(),
                    at_ms: self.now_ms,
                };
                if let Some(stored) = self.records.get_mut(record) {
                    retain(&mut stored.attempts, &mut |old| {
                        (&old.place, &old.hash, &old.file, &old.replaces)
                            != (&attempt.place, &attempt.hash, &attempt.file, &attempt.replaces)
                    });
                    stored.attempts.push(attempt);
                    self.dirty.insert(record);
                }
                self.creates.push(item);
            }
        }
    }

    pub(super) fn listing_failed(&mut self, record: Number, failure: Failure) {
        let halt = match failure {
            Failure::Forbidden => Halt::CrmForbidden,
            Failure::NotFound => Halt::CrmGone,
            Failure::Malformed(_) => Halt::Malformed,
            other => return self.fail(other),
        };
        self.halt_record(record, halt);
    }

    /// A path below a record's folder, relative to the app folder.
    pub(super) fn absolute(&self, record: Number, relative: &str) -> String {
        let folder = self.link(record).and_then(|link| link.folder.as_ref());
        debug_assert!(folder.is_some(), "a write for a record without a folder");
        // Not `below`: what is sent begins with a slash.
        [folder.map_or("", |folder| &folder.path), relative].join("/")
    }

    /// A server path below a record's folder, made relative to it.
    pub(super) fn relative(&self, record: Number, path_lower: &str) -> Option<String> {
        let folder = self.link(record)?.folder.as_ref()?;
        let rest = path_lower.strip_prefix(folder.path_lower.as_str())?.strip_prefix('/')?;
        (!rest.is_empty()).then(|| rest.to_string())
    }
}

fn is_plain_upload(operation: &Operation) -> bool {
    matches!(operation, Operation::Upload { mode: crate::effect::WriteMode::Add, .. })
}
