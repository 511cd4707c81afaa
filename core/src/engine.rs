//! The engine: carries plans through. Hands out effects, takes their outcomes.

use crate::effect::Task;
use crate::event::Event;
use crate::ids::Record;
use crate::state::StoredIndex;
use crate::status::{RecordStatus, Status, SyncReport};

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
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_size_bytes: 52_428_800,
            interval_ms: 3_600_000,
            delete_guard_percent: 50,
            seed: 0,
        }
    }
}

/// The state machine. One per leader tab.
#[derive(Debug)]
pub struct Engine {}

impl Engine {
    /// From the stored index, or from nothing. The caller refuses an index with a newer schema before.
    pub fn new(_config: Config, _index: Option<StoredIndex>) -> Self {
        Self {}
    }

    /// Today's date for names of conflicted copies, `YYYY-MM-DD`; told before each run.
    pub fn set_today(&mut self, _today: &str) {}

    /// Takes an input.
    pub fn handle(&mut self, _event: Event, _now_ms: u64) {}

    /// The next effect to start. Effects under way are bounded by the engine; call until `None`.
    pub fn poll_effect(&mut self, _now_ms: u64) -> Option<Task> {
        None
    }

    /// When to call [`Engine::handle`] with [`Event::Run`] at the latest (ms).
    pub fn poll_timeout(&self) -> Option<u64> {
        None
    }

    /// The report of the cycle that ended last, once.
    pub fn poll_report(&mut self) -> Option<SyncReport> {
        None
    }

    /// A cycle is running.
    pub fn is_running(&self) -> bool {
        false
    }

    /// A number that grows whenever something to be shown changed.
    pub fn version(&self) -> u64 {
        0
    }

    /// Over all.
    pub fn status(&self) -> Status {
        Status::default()
    }

    /// One record in full. Details of a linked record that is not loaded are requested by
    /// [`Event::Named`] and appear with a later version.
    pub fn record_status(&self, _record: &Record) -> Option<RecordStatus> {
        None
    }
}
