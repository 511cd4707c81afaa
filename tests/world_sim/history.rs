//! One history: people, tabs, time and faults from one seed, and what has to hold when it comes to rest.

use crate::content::{HUGE, MAX_SIZE_BYTES};
use crate::edits::Memory;
use crate::ledger::{crm_contents, Ledger, Watcher};
use crate::support::ports::WorldPorts;
use crate::support::power::Cut;
use crate::support::scene::{Scene, Tab};
use crate::support::store::MemoryStore;
use sandbox::teamleader::model::{Document, Kind, Subject};
use sandbox::teamleader::variants::Taken;
use sandbox::{Options, Rng, Variants};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use sync_core::{
    Config, Event, Failure, Halt, Place, ProblemKind, Reason, Record, RecordKind, RecordState,
    Side, SyncReport,
};
use teamleader_dropbox::driver::{Driver, Setup};

/// Longer than any cycle may take (ms).
const CYCLE_MAX_MS: u64 = 6 * 3_600_000;
/// Longer than a lease lives without its holder (ms).
const LEASE_MS: u64 = 700_000;
/// A cycle in which nothing happens lists each record, and does not try in vain what is refused.
const STILL_REQUESTS_MAX: u32 = 10;
/// Cycles of every browser until there is nothing left to do.
const ROUNDS_MAX: u32 = 24;

/// A browser: one CRM user with one Dropbox account, and the tab that leads.
pub struct Browser {
    pub account: usize,
    pub store: MemoryStore,
    pub open: Option<Open>,
    pub clock_offset_ms: i64,
    /// The tab is to die so.
    pub cut: Option<Cut>,
    /// A number of its own: two browsers of one user draw differently.
    number: u64,
    tabs: u64,
    halts: BTreeSet<String>,
}

/// The tab that leads.
pub struct Open {
    pub tab: Tab,
    pub driver: Rc<Driver<WorldPorts>>,
    task: crate::support::executor::TaskId,
}

/// All of it.
pub struct History {
    pub rng: Rng,
    pub scene: Scene,
    pub ledger: Rc<RefCell<Ledger>>,
    pub browsers: Vec<Browser>,
    pub subjects: Vec<Subject>,
    pub forbidden: Vec<Subject>,
    pub contents: u32,
    pub memory: Memory,
    seed: u64,
    strict: bool,
    timer: bool,
    longpoll: bool,
}

const USERS: [&str; 2] = ["anna", "bram"];
const KINDS: [(Kind, RecordKind); 6] = [
    (Kind::Company, RecordKind::Company),
    (Kind::Contact, RecordKind::Contact),
    (Kind::NextgenProject, RecordKind::Project),
    (Kind::Project, RecordKind::Project),
    (Kind::Meeting, RecordKind::Meeting),
    (Kind::Product, RecordKind::Product),
];

impl History {
    /// Draws the world, its people and its records.
    pub fn new(seed: u64, keep_trace: bool) -> Self {
        let mut rng = Rng::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(1));
        let options = Options {
            seed,
            variants: Variants::drawn(rng.next_u64()),
            strict_public_api: rng.one_in(6),
            rate_limits: rng.one_in(4),
            crm_language: ["en", "de", "nl", "fr"][rng.below(4) as usize].into(),
            ..Options::default()
        };
        let strict = options.strict_public_api;
        let scene = Scene::new(options, Some(seed));
        scene.network.draw_latency(seed, [0, 30, 300, 2_000][rng.below(4) as usize]);
        let ledger = Rc::new(RefCell::new(Ledger::new(keep_trace)));
        scene.network.watch(Watcher(ledger.clone()));
        let users = 1 + usize::from(rng.one_in(4));
        // The first user has another browser, now and then.
        let second = Rng::new(!seed).one_in(4);
        let browsers = (0..users)
            .chain(second.then_some(0))
            .enumerate()
            .map(|(number, account)| Browser {
                account,
                number: if number < users { 0 } else { 1 << 40 },
                store: MemoryStore::default(),
                open: None,
                clock_offset_ms: 0,
                cut: None,
                tabs: 0,
                halts: BTreeSet::new(),
            })
            .collect();
        let count = 1 + rng.below(3);
        let subjects = (0..count)
            .map(|number| {
                let (kind, _) = KINDS[rng.below(6) as usize];
                let now_ms = scene.now_ms();
                let name = ["Acme", "Pied Piper", "Acme"][number as usize];
                scene.world().crm.add_record(kind, name, now_ms)
            })
            .collect();
        Self {
            timer: rng.one_in(2),
            longpoll: rng.one_in(3),
            rng,
            scene,
            ledger,
            browsers,
            subjects,
            forbidden: Vec::new(),
            contents: 0,
            memory: Memory::default(),
            seed,
            strict,
        }
    }

    /// Lives through at most so many edits, and comes to rest.
    pub fn run(&mut self, edits_max: u64) -> Result<(), String> {
        let first = self.subjects[0].clone();
        // Now and then enough documents for the guards of many.
        let count = if self.rng.one_in(8) { 14 } else { self.rng.below(5) };
        for number in 0..count {
            self.add_document(&first, "", &format!("{number}.txt"));
        }
        for browser in 0..self.browsers.len() {
            self.open(browser);
            for subject in self.subjects.clone() {
                if subject == first || self.rng.one_in(2) {
                    self.press(browser, &subject);
                }
            }
        }
        self.pass_time();
        let edits = 20 + self.rng.below(15);
        let mut faults: BTreeSet<u64> = BTreeSet::new();
        let fault_count = 5 + self.rng.below(4);
        while (faults.len() as u64) < fault_count {
            faults.insert(self.rng.below(edits));
        }
        for number in 0..edits.min(edits_max) {
            self.edit();
            if faults.contains(&number) {
                self.fault();
            }
            self.act();
            self.pass_time();
            self.tend();
            self.broken()?;
        }
        self.rest()?;
        if self.scene.network.overtaken_count() > 0 {
            self.ledger.borrow_mut().coverage.count("fault: C17");
        }
        Ok(())
    }

    fn broken(&self) -> Result<(), String> {
        self.ledger.borrow().violation.clone().map_or(Ok(()), Err)
    }

    /// Something happened: for the coverage up to the bar, all of it for the trace.
    pub fn met(&mut self, what: &str) {
        let mut ledger = self.ledger.borrow_mut();
        ledger.coverage.count(what.split('|').next().unwrap_or(what));
        let now_ms = self.scene.now_ms();
        ledger.note(|| format!("{now_ms} {what}"));
    }

    /// One of them.
    pub fn pick<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        if all.is_empty() {
            return None;
        }
        Some(all[self.rng.below(all.len() as u64) as usize].clone())
    }

    /// Any record.
    pub fn any_subject(&mut self) -> Subject {
        let at = self.rng.below(self.subjects.len() as u64) as usize;
        self.subjects[at].clone()
    }

    /// Any browser.
    pub fn any_browser(&mut self) -> usize {
        self.rng.below(self.browsers.len() as u64) as usize
    }

    /// The driver of a browser, if a tab is open.
    pub fn driver(&self, browser: usize) -> Option<Rc<Driver<WorldPorts>>> {
        self.browsers[browser].open.as_ref().map(|open| open.driver.clone())
    }

    /// The record as the plugin names it.
    pub fn record(&self, subject: &Subject) -> Record {
        let kind = KINDS.iter().find(|(kind, _)| *kind == subject.kind);
        Record::new(kind.expect("all kinds are listed").1, subject.id.clone())
    }

    /// The record's name on the CRM's pages.
    pub fn name(&self, subject: &Subject) -> String {
        let world = self.scene.world();
        world.crm.record(subject).map(|record| record.display_name()).unwrap_or_default()
    }

    /// The button.
    fn press(&mut self, browser: usize, subject: &Subject) {
        let (record, name) = (self.record(subject), self.name(subject));
        if let Some(driver) = self.driver(browser) {
            self.met(&format!("event: press|{browser} {}", subject.id));
            driver.send(Event::Press { record, name });
        }
    }

    /// Something that makes a browser work.
    fn act(&mut self) {
        let browser = self.any_browser();
        let subject = self.any_subject();
        match self.rng.below(8) {
            0 | 1 => self.press(browser, &subject),
            2..=5 => {
                if let Some(driver) = self.driver(browser) {
                    self.met(&format!("event: run|{browser}"));
                    driver.send(Event::Run);
                }
            }
            6 if self.rng.one_in(4) => {
                if let Some(driver) = self.driver(browser) {
                    self.met(&format!("event: cancel|{browser}"));
                    driver.send(Event::Cancel { record: self.record(&subject) });
                }
            }
            7 if self.rng.one_in(8) => {
                if let Some(driver) = self.driver(browser) {
                    self.met(&format!("event: unlink|{browser}"));
                    driver.send(Event::Unlink { record: self.record(&subject) });
                }
            }
            _ => {}
        }
    }

    fn pass_time(&mut self) {
        let duration_ms = match self.rng.below(8) {
            0..=2 => self.rng.below(400),
            3..=5 => self.rng.below(6_000),
            6 => self.rng.below(90_000),
            _ => self.rng.below(2 * 3_600_000),
        };
        self.scene.executor.run_for(duration_ms);
    }

    /// Opens a tab, connecting its user where that has to be; a tab that cannot begin stays closed.
    pub fn open(&mut self, browser: usize) {
        let known = &mut self.browsers[browser];
        known.tabs += 1;
        let number = known.number + known.tabs * 2 + known.account as u64;
        let number = self.seed.wrapping_mul(31).wrapping_add(number);
        let tab = self.scene.tab(&known.store, USERS[known.account], number);
        tab.ports.set_clock_offset_ms(known.clock_offset_ms);
        let auth = tab.auth.clone();
        let Ok(connection) = self.scene.executor.block_on(async move { auth.connection().await })
        else {
            return;
        };
        if connection.is_none_or(|connection| connection.revoked) {
            self.scene.connect(&tab, known.account);
        }
        let account_id = self.scene.world().dropbox.accounts()[known.account].account_id.clone();
        let setup = Setup {
            config: Config {
                max_size_bytes: MAX_SIZE_BYTES,
                seed: number,
                entries_at_once: 1 + number as usize % 4,
                ..Config::default()
            },
            longpoll: self.longpoll,
            ..self.scene.setup(&tab, &account_id)
        };
        if let Ok((driver, task)) = self.scene.drive(&tab, setup) {
            if self.timer {
                self.scene.keep_time(&tab, &driver);
            }
            known.cut = None;
            known.open = Some(Open { tab, driver, task });
            if known.number > 0 {
                self.met("tab: of a second browser");
            }
        }
    }

    /// Closes a tab where it stands.
    pub fn close(&mut self, browser: usize) {
        if let Some(open) = self.browsers[browser].open.take() {
            open.tab.ports.power().cut();
            self.scene.executor.kill(open.task);
        }
    }

    /// People look after their tabs: one that died is opened again, a lost connection renewed, a halt decided.
    fn tend(&mut self) {
        for browser in 0..self.browsers.len() {
            self.bury(browser);
            if self.browsers[browser].open.is_none() && !self.rng.one_in(3) {
                self.met("tab: closed and opened again");
                self.open(browser);
            }
            let Some(driver) = self.driver(browser) else { continue };
            let lost = driver.status().error == Some(Failure::Unauthorized(Side::Dropbox));
            if lost && self.rng.one_in(2) {
                self.met("tab: connected again");
                self.close(browser);
                self.open(browser);
            }
            if self.rng.one_in(3) {
                self.decide(browser, false);
            } else {
                self.halts(browser);
            }
        }
        if self.rng.one_in(3) {
            self.allow_all();
        }
    }

    /// Sees that a tab has died.
    fn bury(&mut self, browser: usize) {
        let Some(open) = &self.browsers[browser].open else { return };
        if !open.tab.ports.power().is_cut() {
            return;
        }
        let cut = self.browsers[browser].cut.take();
        self.met(match cut {
            Some(Cut::After) => "fault: C1 after",
            _ => "fault: C1 before",
        });
        self.close(browser);
    }

    fn allow_all(&mut self) {
        for subject in std::mem::take(&mut self.forbidden) {
            self.scene.world().crm.forbid_record(&subject, false);
        }
    }

    /// What stops a browser now: over all, and each record.
    fn halts(&mut self, browser: usize) -> Vec<(Option<Record>, Halt)> {
        let Some(driver) = self.driver(browser) else { return Vec::new() };
        let status = driver.status();
        let mut halts: Vec<(Option<Record>, Halt)> =
            status.halt.into_iter().map(|halt| (None, halt)).collect();
        halts.extend(status.links.into_iter().filter_map(|link| match link.state {
            RecordState::Halted(halt) => Some((Some(link.record), halt)),
            _ => None,
        }));
        let now: BTreeSet<String> = halts.iter().map(|halt| format!("{halt:?}")).collect();
        for (_, halt) in &halts {
            let text = format!("{halt:?}");
            let new = !self.browsers[browser].halts.iter().any(|old| old.contains(&text));
            if new {
                let name: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
                self.met(&format!("guard: {name}|{text}"));
            }
        }
        self.browsers[browser].halts = now;
        halts
    }

    /// Nothing waits for an answer. Where the CRM takes none of the edits that were agreed to, whoever presses the button
    /// again is asked again.
    fn is_decided(&mut self, browser: usize) -> bool {
        let refuses = |record: &Record| {
            let subject = self.subjects.iter().find(|subject| subject.id == record.id);
            self.strict && subject.is_some_and(|subject| !subject.kind.upload_is_documented())
        };
        let refusing: Vec<Record> =
            self.subjects.iter().map(|subject| self.record(subject)).filter(refuses).collect();
        self.halts(browser).iter().all(|halt| match halt {
            (Some(record), Halt::ManyChanges { side: Side::Dropbox, .. }) => {
                refusing.contains(record)
            }
            _ => false,
        })
    }

    fn decide(&mut self, browser: usize, agrees: bool) {
        for (record, halt) in self.halts(browser) {
            let confirmed = self.rng.one_in(2) || agrees;
            let Some(driver) = self.driver(browser) else { return };
            match halt {
                // The button is the way out of these.
                Halt::FolderRemoved | Halt::CrmForbidden | Halt::CrmGone | Halt::Malformed => {}
                _ => {
                    self.met(if confirmed { "guard: confirmed" } else { "guard: dismissed" });
                    driver.send(Event::Decide { record, confirmed });
                }
            }
        }
    }

    /// Edits stop, nothing goes wrong any more: it has to come to rest, with nothing lost.
    fn rest(&mut self) -> Result<(), String> {
        self.met("edits stop");
        self.scene.world().faults.clear();
        self.ledger.borrow_mut().faults.clear();
        self.allow_all();
        for browser in 0..self.browsers.len() {
            self.bury(browser);
            self.browsers[browser].store.fail_loads(0);
            self.browsers[browser].store.fail_saves(0);
            self.browsers[browser].clock_offset_ms = 0;
            let lost = self.driver(browser).is_some_and(|driver| driver.status().error.is_some());
            if lost {
                self.close(browser);
            }
            match &self.browsers[browser].open {
                Some(open) => {
                    open.tab.ports.power().spare();
                    open.tab.ports.set_clock_offset_ms(0);
                }
                None => self.open(browser),
            }
            // What began among faults may end with one. A sign-in waits for a token that is being renewed; here, where
            // the row of a sign-in is written without asking, for every cycle that may renew one.
            self.sync(browser)?;
            while self.driver(browser).is_some_and(|driver| driver.is_running()) {
                self.sync(browser)?;
            }
            let revoked = self.ledger.borrow().coverage.has("fault: C7");
            if let (true, Some(open)) = (revoked, &self.browsers[browser].open) {
                // Whose grant was taken back has connected again by now.
                self.scene.connect(&open.tab, self.browsers[browser].account);
            }
        }
        // What a browser held when it was wiped is a dead one's after a while.
        self.scene.executor.run_for(LEASE_MS);
        self.quiet()?;
        for round in 0..6 {
            for browser in 0..self.browsers.len() {
                // Who says no and presses the button again is asked again.
                self.decide(browser, round > 2);
            }
            self.quiet()?;
            for browser in 0..self.browsers.len() {
                for subject in self.subjects.clone() {
                    self.press(browser, &subject);
                }
            }
            self.quiet()?;
            if (0..self.browsers.len()).all(|browser| self.is_decided(browser)) {
                return self.check();
            }
        }
        let browsers = 0..self.browsers.len();
        let halts: Vec<_> = browsers.flat_map(|browser| self.halts(browser)).collect();
        Err(format!("a halt stays whatever is decided: {halts:?}"))
    }

    fn sync(&mut self, browser: usize) -> Result<SyncReport, String> {
        let Some(driver) = self.driver(browser) else { return Err("no tab opens".into()) };
        let until_ms = self.scene.now_ms() + CYCLE_MAX_MS;
        let ended = self.scene.executor.try_block_on(until_ms, async move { driver.sync().await });
        ended.ok_or_else(|| "a cycle does not end".into())
    }

    /// Writes so far. A guard keeps the button pressed, and with it what it asks anew each time, under the lease.
    fn written(&mut self) -> u64 {
        let held = (0..self.browsers.len()).any(|browser| !self.halts(browser).is_empty());
        let ledger = self.ledger.borrow();
        ledger.writes + if held { 0 } else { ledger.told }
    }

    /// Cycles until two in a row write nothing.
    fn quiet(&mut self) -> Result<(), String> {
        let mut still = 0;
        for _ in 0..ROUNDS_MAX {
            // Who was refused the lease asks again after a minute.
            self.scene.executor.run_for(60_000);
            let before = self.written();
            let mut requests = 0;
            for browser in 0..self.browsers.len() {
                let report = self.sync(browser)?;
                if let Some(error) = report.error {
                    return Err(format!("a cycle without faults ended with {error:?}"));
                }
                requests = requests.max(report.requests);
                let running = self.driver(browser).is_some_and(|driver| driver.is_running());
                if running {
                    self.sync(browser)?;
                }
            }
            self.broken()?;
            still = if self.written() == before { still + 1 } else { 0 };
            // A guard keeps the button pressed, and with it what is asked anew each time.
            let held = (0..self.browsers.len()).any(|browser| !self.halts(browser).is_empty());
            if still == 2 && !held && requests > STILL_REQUESTS_MAX {
                return Err(format!("a cycle that writes nothing asked {requests} times"));
            }
            if still == 2 {
                return Ok(());
            }
        }
        Err(format!("does not settle within {ROUNDS_MAX} cycles"))
    }

    /// Nothing is lost, and after the button both sides hold the same.
    fn check(&mut self) -> Result<(), String> {
        let world = self.scene.world();
        let ledger = self.ledger.borrow();
        let standing = ledger.standing(&world);
        let refuses_empty = world.options.variants.crm.empty_upload == Taken::Refused;
        if let Some(lost) = ledger.due.iter().find(|content| !standing.contains(content)) {
            return Err(format!("content {lost} is lost"));
        }
        for browser in &self.browsers {
            let Some(open) = &browser.open else { continue };
            for subject in &self.subjects {
                let record = self.record(subject);
                let Some(status) = open.driver.record_status(&record) else {
                    return Err(format!("record {} is not linked after the button", record.id));
                };
                if let RecordState::Halted(_) = status.state {
                    continue; // Nothing but what stays undecided: see `is_decided`.
                }
                let crm = crm_contents(&world, Some(subject));
                let folder = status.folder.clone().unwrap_or_default();
                let below = format!("{}/", sandbox::dropbox::names::lower(&folder));
                let dropbox: BTreeSet<u32> = crate::ledger::files(&world, browser.account)
                    .into_values()
                    .filter(|file| file.key.starts_with(&below))
                    .filter_map(|file| file.content)
                    .collect();
                let small = |only: &&u32| **only < HUGE;
                let only_crm: Vec<_> = crm.difference(&dropbox).filter(small).collect();
                let only_dropbox: Vec<_> = dropbox.difference(&crm).filter(small).collect();
                // What is too large, or not taken, stays on its side, and the other keeps what it has (Z4, M8).
                let stays = status.problems.iter().filter(|problem| match problem.kind {
                    ProblemKind::Refused(Reason::TooLarge)
                    | ProblemKind::NewerInDropbox
                    | ProblemKind::OneWay => true,
                    // Nothing at all, where the CRM wants something.
                    ProblemKind::Refused(Reason::CrmRefused) => refuses_empty,
                    _ => false,
                });
                // Documents of one name in one folder are one line of the panel.
                let documents = world.crm.documents(subject);
                let default = world.crm.default_folder();
                let at = |place: &Place| {
                    let folder = if place.folder.is_empty() { default } else { &place.folder };
                    let named = |d: &&&Document| d.name == place.name && d.folder == *folder;
                    documents.iter().filter(named).count().max(1)
                };
                let stays: usize = stays.map(|problem| at(&problem.place)).sum();
                if only_crm.len() > stays || only_dropbox.len() > stays && !status.one_way {
                    return Err(format!(
                        "the sides differ after the button: record {}, only in the CRM {only_crm:?}, \
                         only in Dropbox {} {only_dropbox:?} below {folder}, {:?}, problems {:?}",
                        record.id, browser.account, status.state, status.problems
                    ));
                }
            }
        }
        Ok(())
    }
}
