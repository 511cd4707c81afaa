//! The engine: carries plans through. Takes events, hands out effects, learns their outcomes. No I/O, no clock.
//!
//! One cycle: observe Dropbox once, then every due record on its own: list its documents, plan, carry out, plan
//! again until nothing is left. Observation and writes to Dropbox never overlap, so what an answer says is never
//! older than what the trees know. Writes go one batch at a time: Dropbox serialises them per namespace anyway.

mod adopt;
mod cycle;
mod folder;
mod give;
mod learn;
mod names;
mod observe;
mod outcome;
mod record;
mod records;
mod refuse;
mod request;
mod shared;
mod show;
mod write;

use crate::effect::{Effect, Failure, FolderEntry, Save, Staged, Task, TaskId};
use crate::event::Event;
use crate::ids::{FileId, Record, RecordKind, Revision};
use crate::path::Naming;
use crate::plan::{Operation, Policy};
use crate::sort::retain;
use crate::state::{Link, Share, StoredIndex, StoredRecord};
use crate::status::{Activity, Halt, Happened, Progress, SyncReport};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use records::{Marked, Number, Records, Working};

/// Records worked on at a time.
const ACTIVE_MAX: usize = 4;
/// Records that somebody asks for wait for none of these: so many more at a time.
const ASKED_FOR_MAX: usize = 4;
/// The index is stored this often while a long cycle lists (ms): who was looked at is not forgotten with the tab.
const KEEP_MS: u64 = 300_000;
/// Transfers under way at a time.
const TRANSFERS_MAX: usize = 6;
/// Bytes under way at a time; one larger document may pass alone.
const TRANSFER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Items of one batch (Dropbox's own limit is 1000).
const BATCH_MAX: usize = 1000;
/// Plans of one record in one cycle; what is left then waits for the next.
const ROUNDS_MAX: u32 = 24;
/// Observations of one cycle.
const OBSERVATIONS_MAX: u32 = 8;
/// Entries of the activity list.
const ACTIVITY_MAX: usize = 200;
/// A kind that refused uploads is asked again after this long.
const REFUSED_KIND_MS: u64 = 24 * 3_600_000;

/// What the engine is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// Largest file to copy, in bytes: 52,428,800.
    pub max_size_bytes: u64,
    /// Time between timed cycles (ms).
    pub interval_ms: u64,
    /// G3: more than this share of the synced files would be deleted (percent).
    pub delete_guard_percent: u32,
    /// Seed for jitter.
    pub seed: u64,
    /// So many entries of Dropbox's changes are taken in before the page has its turn.
    pub entries_at_once: usize,
    /// A number that no other browser of the user has; only the first one is kept.
    pub browser: u64,
    /// Where the checkpoint stands, relative to the app folder and in lower case; empty for none.
    pub shared_folder: String,
    /// Writes the index out, to be stored.
    pub write_index: fn(&StoredIndex) -> String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_size_bytes: 52_428_800,
            interval_ms: 3_600_000,
            delete_guard_percent: 50,
            seed: 0,
            entries_at_once: 4_000,
            browser: 1,
            shared_folder: String::new(),
            write_index: |_| String::new(),
        }
    }
}

/// Where a cycle is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// It is over, and the next has not begun.
    #[default]
    Over,
    /// Waiting for running writes to end.
    Wanted,
    /// Waiting for Dropbox's answer.
    Observing,
    /// Changes are here; the records they touch are being read.
    Reading,
    /// The changes are given to the records.
    Giving,
    /// What other browsers left in the checkpoint is being read.
    Adopting,
    /// Records are worked on.
    Working,
}

#[derive(Debug, Default)]
struct Cycle {
    phase: Phase,
    started_ms: u64,
    due: Vec<Number>,
    /// Every link, not only those somebody asked for.
    full: bool,
    observations: u32,
    observe_again: bool,
    /// Records that somebody asked for by an event, not by the time.
    asked_for: Marked,
    /// Whose names are still to be asked for.
    names: Vec<Number>,
    /// Records to be planned again after the next observation.
    again: Marked,
    entries: Vec<crate::effect::Entry>,
    cursor: Option<crate::ids::Cursor>,
    listing_is_whole: bool,
    giving: Option<Box<give::Giving>>,
    out_of_space: bool,
    /// Something was put off: the next cycle comes soon.
    unfinished: bool,
    /// Another browser works: nothing is written in this cycle.
    refused: bool,
    /// Dropbox takes no file: the checkpoint is left as it is.
    alone: bool,
    /// Its end is written into the index.
    ended: bool,
    error: Option<Failure>,
    report: SyncReport,
}

/// Where a record is in its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Read,
    Folder,
    Listing,
    Planning,
    Doing,
}

/// A record in its turn.
#[derive(Debug)]
struct Work {
    stage: Stage,
    /// Its effects and queued operations that have not come back.
    open: u32,
    rounds: u32,
    list_again: bool,
    /// What the planner is told besides the trees.
    policy: Policy,
    cancelled: bool,
    /// The user stopped it: what is under way ends, and nothing is shown of it.
    stopping: bool,
    progress: Progress,
}

/// An operation that waits for its turn, or is under way; it is handed from queue to queue.
type Queued = Box<Job>;

/// What waits to be done to a record's folder.
type FolderStep = Box<(Number, Purpose, Effect)>;

#[derive(Debug)]
struct Job {
    record: Number,
    operation: Operation,
    /// An upload's bytes, once they are in Dropbox and wait for their commit.
    staged: Option<Staged>,
}

/// What a task was for.
#[derive(Debug)]
#[repr(u32)]
enum Purpose {
    Observe,
    /// So that the page goes on meanwhile.
    Turn,
    Names(RecordKind),
    Read(Vec<Number>),
    Save(Vec<Number>, Vec<Queued>),
    /// Which number of its name is tried.
    Folder(Number, u32),
    FolderListing(Number, FolderEntry),
    Siblings(Number),
    FolderMove(Number, bool),
    Listing(Number),
    Step(Queued),
    /// A step that counts among the transfers.
    Transfer(Queued),
    /// Commits, moves, deletes or a copy.
    Write(Vec<Queued>),
    /// The revision, and whether it is to be taken.
    LoadLease(Revision, bool),
    /// Whether it is held afterwards, and whether another browser had it before.
    SaveLease(bool, bool),
    LoadShare(&'static str, Revision),
    /// Its name, and the records it tells of.
    SaveShare(&'static str, Vec<Number>),
}

/// The state machine. One per leader tab.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    index: StoredIndex,
    /// The records of the index's links, one by one.
    linked: Vec<Number>,
    today: String,
    /// The time, as last told (ms).
    now_ms: u64,
    records: Records,
    /// Records somebody looks at: kept in memory.
    watched: Marked,
    wanted: Marked,
    work: Working,
    /// The one that runs; an empty one that is over, if none does.
    cycle: Cycle,
    /// What is under way.
    tasks: Vec<(TaskId, Purpose)>,
    next_task: u64,
    ready: Vec<Task>,
    // Operations that wait for their turn. What is taken from the front of a list takes longer than to move the rest up.
    transfers: Vec<Queued>,
    /// What changes files in Dropbox.
    writes: Vec<Queued>,
    folders: Vec<FolderStep>,
    /// Uploads to the CRM whose attempt is not stored yet.
    creates: Vec<Queued>,
    writing: bool,
    saving: bool,
    /// When the lease was taken or renewed here, while it is held (ms).
    held_ms: Option<u64>,
    /// Something waits for the lease.
    lease_wanted: bool,
    /// The lease that another browser held when it was last asked for, and when that was (ms).
    refused: Option<(Revision, u64)>,
    /// When the checkpoint was last told in the middle of a cycle (ms).
    told_ms: u64,
    /// Shares that were read and not adopted yet.
    shares: Vec<(&'static str, Revision, Option<Share>)>,
    /// The app folder was looked at, though nothing is linked here.
    looked: bool,
    dirty: Marked,
    dirty_index: bool,
    removed: Marked,
    save_wanted: bool,
    /// When a listing last asked for the index to be stored (ms).
    kept_ms: u64,
    stopped: bool,
    rerun: bool,
    error: Option<Failure>,
    /// Cycles that ended with somebody still waiting, one after the other.
    retries: u32,
    /// Not again before this time for those who wait (ms). What a tab left behind is due at once.
    retry_ms: u64,
    version: u64,
    report: Option<SyncReport>,
}

impl Engine {
    /// From the stored index. The caller refuses one with a newer schema before.
    pub fn new(config: Config, mut index: StoredIndex) -> Self {
        if index.shared.browser == 0 {
            index.shared.browser = config.browser;
        }
        let mut records = Records::default();
        let mut linked = Vec::with_capacity(index.links.len());
        for link in &index.links {
            linked.push(records.number(&link.record));
        }
        Self {
            config,
            index,
            linked,
            today: "1970-01-01".to_string(),
            now_ms: 0,
            records,
            watched: Marked::default(),
            wanted: Marked::default(),
            work: Working::default(),
            cycle: Cycle::default(),
            tasks: Vec::new(),
            next_task: 0,
            ready: Vec::new(),
            transfers: Vec::new(),
            writes: Vec::new(),
            folders: Vec::new(),
            creates: Vec::new(),
            writing: false,
            saving: false,
            held_ms: None,
            lease_wanted: false,
            refused: None,
            told_ms: 0,
            shares: Vec::new(),
            looked: false,
            dirty: Marked::default(),
            dirty_index: false,
            removed: Marked::default(),
            save_wanted: false,
            kept_ms: 0,
            stopped: false,
            rerun: false,
            error: None,
            retries: 0,
            retry_ms: 0,
            version: 1,
            report: None,
        }
    }

    /// Today's date for names of conflicted copies, `YYYY-MM-DD`; told before each run.
    pub fn set_today(&mut self, today: &str) {
        self.today = today.to_string();
    }

    /// The position in Dropbox's changes, for a longpoll between cycles.
    pub fn cursor(&self) -> Option<&crate::ids::Cursor> {
        self.index.cursor.as_ref()
    }

    /// The checkpoint that the state belongs to; 0 for none.
    pub fn checkpoint(&self) -> u64 {
        self.index.shared.generation
    }

    /// Takes an input.
    pub fn handle(&mut self, event: Event, now_ms: u64) {
        if self.stopped {
            return;
        }
        self.now_ms = now_ms;
        self.version += 1;
        match event {
            Event::Done { task, outcome } => self.done(task, outcome),
            asked => self.asked(&asked),
        }
        self.step();
    }

    fn asked(&mut self, event: &Event) {
        let Some(record) = event.record() else {
            return self.asked_of_all(event);
        };
        let record = self.records.number(record);
        match event {
            Event::Press { name, .. } => self.press(record, name),
            Event::Changed { .. } => {
                if let Some(link) = self.link_mut(record) {
                    link.dirty = true;
                    self.dirty_index = true;
                    if !self.hurry(record) {
                        self.enqueue(record);
                    }
                }
            }
            Event::Named { name, .. } => self.named(record, name),
            Event::Cancel { .. } => self.cancel(record),
            Event::Unlink { .. } => self.unlink(record),
            Event::Decide { confirmed, .. } => self.decide(record, *confirmed),
            Event::CopyBack { document, .. } => {
                if let Some(stored) = self.records.get_mut(record) {
                    retain(&mut stored.pairs, &mut |pair| {
                        pair.dropbox.is_some() || !pair.has_document(document)
                    });
                    self.agreed(record);
                    self.enqueue(record);
                }
            }
            _ => {}
        }
    }

    fn asked_of_all(&mut self, event: &Event) {
        match event {
            Event::Run => self.begin(true),
            Event::Look => self.begin(false),
            Event::Decide { .. } => self.decide_all(),
            Event::Pause(paused) => {
                self.index.paused = *paused;
                self.dirty_index = true;
                self.save_wanted = true;
            }
            Event::Stop => {
                self.stopped = true;
                self.ready.clear();
                self.cycle.phase = Phase::Over;
            }
            _ => {}
        }
    }

    /// The next effect to start. Effects under way are bounded by the engine; call until `None`.
    pub fn poll_effect(&mut self, now_ms: u64) -> Option<Task> {
        if !self.stopped && self.ready.is_empty() {
            self.now_ms = now_ms;
            self.step();
        }
        (!self.ready.is_empty()).then(|| self.ready.remove(0))
    }

    /// When to call [`Engine::handle`] with [`Event::Run`] at the latest (ms).
    pub fn poll_timeout(&self) -> Option<u64> {
        let waits = self.index.paused || self.index.halt.is_some() || self.has_nothing();
        if self.stopped || waits {
            return None;
        }
        let due_ms = self.index.due_ms.unwrap_or(0);
        let waiting = !self.is_running() && self.index.links.iter().any(Link::waits);
        Some(if waiting { due_ms.min(self.retry_ms) } else { due_ms })
    }

    /// The report of the cycle that ended last, once.
    pub fn poll_report(&mut self) -> Option<SyncReport> {
        self.report.take()
    }

    /// A cycle is running.
    pub fn is_running(&self) -> bool {
        self.cycle.phase != Phase::Over
    }

    /// A number that grows whenever something to be shown changed.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Where its link stands in the index.
    fn place(&self, record: Number) -> Option<usize> {
        self.linked.iter().position(|linked| *linked == record)
    }

    fn link(&self, record: Number) -> Option<&Link> {
        self.place(record).map(|at| &self.index.links[at])
    }

    fn link_mut(&mut self, record: Number) -> Option<&mut Link> {
        self.place(record).map(|at| &mut self.index.links[at])
    }

    fn naming(&self) -> Naming {
        Naming {
            slash_refused: self.index.slash_refused,
            astral_refused: self.index.astral_refused,
            default_folder: self.index.default_folder.clone(),
        }
    }

    fn task(&mut self, purpose: Purpose, effect: Effect) {
        self.next_task += 1;
        let id = TaskId(self.next_task);
        self.tasks.push((id, purpose));
        self.ready.push(Task { id, effect });
    }

    fn is_under_way(&self, such: fn(&Purpose) -> bool) -> bool {
        self.tasks.iter().any(|(_, purpose)| such(purpose))
    }

    /// Moves everything forward that can move.
    fn step(&mut self) {
        self.step_reading();
        self.step_saving();
        if self.is_running() {
            self.step_observing();
            self.step_shared();
            self.step_names();
            self.step_records();
            self.step_transfers();
            self.step_writes();
            self.step_saving();
            self.finish_cycle();
        }
    }

    /// Reads records somebody looks at, outside of a cycle.
    fn step_reading(&mut self) {
        let mut wanted = core::mem::take(&mut self.wanted).numbers();
        retain(&mut wanted, &mut |record| !self.records.contains_key(*record));
        self.read(wanted);
    }

    /// Reads these records, except those that are being read: somebody may look at a record whose turn has come.
    fn read(&mut self, mut records: Vec<Number>) {
        for (_, purpose) in &self.tasks {
            if let Purpose::Read(under_way) = purpose {
                retain(&mut records, &mut |record| !under_way.contains(record));
            }
        }
        if !records.is_empty() {
            let effect = Effect::Load(self.records.records(&records));
            self.task(Purpose::Read(records), effect);
        }
    }

    fn save_now(&mut self) {
        self.save_wanted = true;
        self.step_saving();
    }

    fn step_saving(&mut self) {
        let wanted = self.save_wanted || !self.creates.is_empty();
        if self.saving || !wanted {
            return;
        }
        self.save_wanted = false;
        let mut records: Vec<(Record, Option<Rc<StoredRecord>>)> = Vec::new();
        for record in core::mem::take(&mut self.removed).numbers() {
            records.push((self.records.record(record).clone(), None));
        }
        // All of it with the index in one transaction: its cursor and the trees belong together.
        let dirty = core::mem::take(&mut self.dirty).numbers();
        for record in &dirty {
            if let Some(stored) = self.records.shared(*record) {
                records.push((self.records.record(*record).clone(), Some(stored)));
            }
        }
        self.dirty_index = false;
        self.saving = true;
        let creates = core::mem::take(&mut self.creates);
        let index = (self.config.write_index)(&self.index);
        let save = Save { index, cursor: self.index.cursor.clone(), records };
        self.task(Purpose::Save(dirty, creates), Effect::Save(save));
    }

    fn happened(&mut self, record: Number, name: &str, what: Happened) {
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        let activity = Activity { at_ms: self.now_ms, name: name.to_string(), what };
        stored.activity.push(Rc::new(activity));
        while stored.activity.len() > ACTIVITY_MAX {
            stored.activity.remove(0);
        }
        self.dirty.insert(record);
        self.version += 1;
    }

    /// Ends the cycle; what fails between two of them ends none.
    fn fail(&mut self, failure: Failure) {
        if self.is_running() {
            self.cycle.error.get_or_insert(failure);
            self.clear_queues();
        }
    }

    /// Its turn ends here, until somebody decides or what stops it is over.
    fn halt_record(&mut self, record: Number, halt: Halt) {
        if let Some(link) = self.link_mut(record) {
            let before = link.halt.replace(halt);
            self.dirty_index = true;
            if before != Some(halt) {
                self.happened(record, "", Happened::Halted(halt));
            }
        }
        self.rest(record);
    }

    fn file_of(operation: &Operation) -> Option<&FileId> {
        match operation {
            Operation::MoveFile { file, .. }
            | Operation::CopyFile { file, .. }
            | Operation::DeleteFile { file, .. } => Some(file),
            Operation::Upload { over, .. } => over.as_ref(),
            _ => None,
        }
    }
}
