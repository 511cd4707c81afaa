//! A browser of the model: an engine, its store, and effects that end in any order, well or not.

use super::World;
use std::cell::RefCell;
use std::collections::BTreeMap;
use sync_core::*;

/// A browser: an engine, what it stored, and the effects under way.
pub struct Browser {
    pub engine: Engine,
    pub dropbox: usize,
    pub index: Option<StoredIndex>,
    pub rows: BTreeMap<Record, StoredRecord>,
    pub tasks: Vec<Task>,
    pub reports: Vec<SyncReport>,
    config: Config,
}

thread_local! {
    /// What each browser is about to store, by its number: of each one save is under way at a time.
    static INDICES: RefCell<BTreeMap<u64, StoredIndex>> = const { RefCell::new(BTreeMap::new()) };
}

/// The model's text of an index says whose it is, and no more.
fn write_index(index: &StoredIndex) -> String {
    let browser = index.shared.browser;
    INDICES.with_borrow_mut(|all| all.insert(browser, index.clone()));
    browser.to_string()
}

fn written_index(text: &str) -> StoredIndex {
    let browser: u64 = text.parse().expect("as it was written");
    INDICES.with_borrow(|all| all[&browser].clone())
}

/// Where the user's checkpoint stands.
pub const SHARED: &str = "/.teamleader-sync/user";

impl Browser {
    pub fn new(dropbox: usize) -> Self {
        Self::with_seed(dropbox, dropbox as u64)
    }

    /// Another browser of the same user has another number.
    pub fn with_seed(dropbox: usize, seed: u64) -> Self {
        let config = Config {
            browser: seed + 1,
            shared_folder: SHARED.into(),
            write_index,
            // Far fewer than anywhere else: whatever may happen in between happens here.
            entries_at_once: [2, 1, 4_000][seed as usize % 3],
            ..Config::default()
        };
        Self {
            engine: Engine::new(config.clone(), StoredIndex::fresh()),
            config,
            dropbox,
            index: None,
            rows: BTreeMap::new(),
            tasks: Vec::new(),
            reports: Vec::new(),
        }
    }

    /// The user disconnects and connects again; `told` says whether the checkpoint's lease could be told.
    pub fn disconnect(&mut self, world: &mut World, told: bool, seed: u64) {
        let index = self.index.take().unwrap_or_default();
        *self = Self::with_seed(self.dropbox, seed);
        if told {
            world.retire(self.dropbox, index.shared.generation);
        } else {
            let retired = index.shared.generation;
            let shared = Shared { retired, ..Shared::default() };
            self.index = Some(StoredIndex { shared, ..StoredIndex::fresh() });
            self.crash();
        }
    }

    /// The tab dies; the next one begins with what was stored.
    pub fn crash(&mut self) {
        self.engine =
            Engine::new(self.config.clone(), self.index.clone().unwrap_or_else(StoredIndex::fresh));
        self.tasks.clear();
    }

    pub fn send(&mut self, event: Event, now: u64) {
        self.engine.set_today("2026-01-31");
        self.engine.handle(event, now);
        self.collect(now);
    }

    fn collect(&mut self, now: u64) {
        while let Some(task) = self.engine.poll_effect(now) {
            self.tasks.push(task);
        }
        if let Some(report) = self.engine.poll_report() {
            self.reports.push(report);
        }
    }

    /// Ends one effect under way; `fault` says how.
    pub fn finish(&mut self, world: &mut World, at: usize, fault: Fault) {
        let task = self.tasks.remove(at);
        let outcome = match &task.effect {
            Effect::Load(records) => {
                Outcome::Records(records.iter().map(|r| self.rows.get(r).cloned()).collect())
            }
            Effect::Turn => Outcome::Done,
            Effect::Save(_) if fault != Fault::None => Outcome::Failed(Failure::Store),
            Effect::Save(save) => {
                self.index = Some(written_index(&save.index));
                for (record, row) in &save.records {
                    match row {
                        Some(row) => self.rows.insert(record.clone(), StoredRecord::clone(row)),
                        None => self.rows.remove(record),
                    };
                }
                Outcome::Done
            }
            effect => match fault {
                Fault::None => world.perform_for(self.dropbox, effect, &self.rows),
                Fault::Before => Outcome::Failed(Failure::Unavailable(Side::Dropbox)),
                Fault::After => {
                    world.perform_for(self.dropbox, effect, &self.rows);
                    Outcome::Failed(Failure::Unavailable(Side::Dropbox))
                }
            },
        };
        world.meet(&task.effect, &outcome);
        world.trace.push(if world.verbose {
            format!("  [{}] {fault:?} {:?} -> {outcome:?}", self.dropbox, task.effect)
        } else {
            format!("  [{}] {fault:?} {:?}", self.dropbox, std::mem::discriminant(&task.effect))
        });
        self.engine.handle(Event::Done { task: task.id, outcome }, world.clock);
        self.collect(world.clock);
    }

    /// Runs until nothing is under way, without faults.
    pub fn settle(&mut self, world: &mut World) {
        for _ in 0..20_000 {
            if self.tasks.is_empty() {
                return;
            }
            self.finish(world, 0, Fault::None);
        }
        panic!("does not come to rest:\n{}", world.trace[world.trace.len() - 40..].join("\n"));
    }

    pub fn run(&mut self, world: &mut World) {
        let now = world.clock;
        self.send(Event::Run, now);
        self.settle(world);
    }

    pub fn press(&mut self, world: &mut World, record: &Record) {
        let now = world.clock;
        self.send(Event::Press { record: record.clone(), name: "Acme".into() }, now);
        self.settle(world);
    }
}

/// What goes wrong with one effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Nothing happened.
    Before,
    /// It happened, and nobody heard.
    After,
}
