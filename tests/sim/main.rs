//! The engine's simulation: random histories of edits on both sides, faults, crashes, a second user and a second browser,
//! by seed.
//!
//! `cargo test --profile sim --test sim -- --seeds N [--from K] [--first] [--trace]`. Every seed runs twice
//! and must leave the same trace. A violation prints its seed, the fewest edits that show it, and the end of that
//! history's trace; `--trace` prints all of it, with every effect in full. `--first` stops at the first.
#![allow(clippy::unwrap_used, reason = "a test program")]

#[path = "../model/mod.rs"]
mod model;

use model::{contents, hash_of, Browser, Content, Fault, Rng, Thing, Variants, World, HUGE};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use sync_core::{Event, Record, RecordKind};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Edits of a history: from so many to fewer than so many.
const EDITS_MIN: u64 = 20;
const EDITS_MAX: u64 = 35;
/// After so many failures nobody reads on.
const FAILURES_MAX: u64 = 10;
/// Lines of a failing history's trace.
const TRACE_END: usize = 25;

#[derive(Default)]
struct Coverage(BTreeMap<&'static str, u64>);

impl Coverage {
    fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }
}

struct History {
    rng: Rng,
    world: World,
    browsers: Vec<Browser>,
    records: Vec<Record>,
    next_content: Content,
    /// Contents that a user's last edit left and nobody deleted in the CRM.
    must: BTreeSet<Content>,
    /// What a user deleted in Dropbox: a file put there again takes its place (K2).
    deleted: BTreeMap<(usize, String), BTreeSet<Content>>,
    /// Where each file stood before it was renamed.
    stood: BTreeMap<String, Vec<String>>,
    clean: bool,
}

const NAMES: [&str; 7] =
    ["a.txt", "b.txt", "A.txt", "c.pdf", "Ünïcode.docx", "x\\y.txt", "cafe\u{301}.txt"];
const FOLDERS: [&str; 4] = ["", "Contracts", "Contracts/2026", "c.pdf"];

impl History {
    fn new(seed: u64) -> Self {
        let mut rng = Rng(seed);
        let variants = Variants {
            same_name_is_new_version: rng.one_in(2),
            slash_refused: rng.one_in(4),
            deleted_lists_children: rng.one_in(2),
            one_way: rng.one_in(10),
            normalises: rng.one_in(2),
            child_first: rng.one_in(2),
        };
        let users = if rng.one_in(4) { 2 } else { 1 };
        let mut browsers: Vec<Browser> = (0..users).map(Browser::new).collect();
        if rng.one_in(4) {
            // The same user in another browser.
            browsers.push(Browser::with_seed(0, 100));
        }
        let records: Vec<Record> =
            (0..=rng.below(2)).map(|n| Record::new(RecordKind::Company, format!("r{n}"))).collect();
        let mut world = World::new(variants, users);
        if rng.one_in(4) {
            // A name of the default folder that has to be learned (K6).
            world.default_folder = "Dossier".into();
        }
        for record in &records {
            world.records.entry(record.clone()).or_default();
        }
        Self {
            rng,
            world,
            browsers,
            records,
            next_content: 1,
            must: BTreeSet::new(),
            deleted: BTreeMap::new(),
            stood: BTreeMap::new(),
            clean: true,
        }
    }

    fn fresh(&mut self) -> Content {
        self.next_content += 1;
        self.must.insert(self.next_content);
        self.next_content
    }

    /// One edit by a user, on either side.
    fn edit(&mut self, coverage: &mut Coverage) {
        let record = self.rng.pick(&self.records).unwrap().clone();
        let d = self.rng.below(self.world.dropboxes.len() as u64) as usize;
        if self.rng.one_in(2) {
            self.edit_crm(&record, coverage);
        } else {
            self.edit_dropbox(d, coverage);
        }
    }

    fn edit_crm(&mut self, record: &Record, coverage: &mut Coverage) {
        let ids: Vec<String> = self.world.records[record].docs.keys().cloned().collect();
        let id = self.rng.pick(&ids).cloned();
        match (self.rng.below(6), id) {
            (0 | 1, _) | (_, None) => {
                coverage.count("crm add");
                let content = self.fresh();
                let folder = FOLDERS[self.rng.below(3) as usize];
                let name = NAMES[self.rng.below(7) as usize];
                let folder = if self.world.variants.slash_refused {
                    folder.replace('/', " - ")
                } else {
                    folder.into()
                };
                self.world.add(record, &folder, name, content);
            }
            (2, Some(id)) => {
                coverage.count("crm edit");
                let old = self.world.records[record].docs[&id].content;
                let content = self.fresh();
                self.must.remove(&old);
                self.world.edit(record, &id, content);
            }
            (3, Some(id)) => {
                coverage.count("crm delete");
                let old = self.world.records[record].docs[&id].content;
                self.must.remove(&old);
                self.world.trace.push(format!("crm delete {id}"));
                self.world.records.get_mut(record).unwrap().docs.remove(&id);
            }
            (4, Some(id)) => {
                coverage.count("crm rename keeps id");
                let name = NAMES[self.rng.below(7) as usize];
                self.world.clock += 1;
                let stamp = self.world.clock;
                let doc = self.world.records.get_mut(record).unwrap().docs.get_mut(&id).unwrap();
                doc.place.name = name.into();
                doc.stamp = stamp;
                self.world.trace.push(format!("crm rename {id} {name}"));
            }
            (_, Some(id)) => {
                coverage.count("crm rename new id");
                // In the middle of a replacement of that very document, both stay: nobody can tell them apart.
                self.clean &= self.browsers.iter().all(|browser| browser.tasks.is_empty());
                let doc = self.world.records.get_mut(record).unwrap().docs.remove(&id).unwrap();
                self.world.trace.push(format!("crm rename with a new id: {id}"));
                let name = NAMES[self.rng.below(7) as usize];
                self.world.add(record, &doc.place.folder, name, doc.content);
            }
        }
    }

    fn edit_dropbox(&mut self, d: usize, coverage: &mut Coverage) {
        let folder_prefix = "/companies/acme/";
        let files: Vec<(String, Content)> = self
            .world
            .files(d)
            .into_iter()
            .filter(|(key, _)| key.starts_with(folder_prefix))
            .collect();
        let roots: Vec<String> = self.world.dropboxes[d]
            .things
            .keys()
            .filter(|key| key.starts_with(folder_prefix) && key.matches('/').count() == 3)
            .cloned()
            .collect();
        let Some(root) = self.rng.pick(&roots).cloned() else {
            return;
        };
        let file = self.rng.pick(&files).cloned();
        let target = {
            let folder = FOLDERS[self.rng.below(4) as usize];
            let name = NAMES[self.rng.below(5) as usize];
            if folder.is_empty() {
                format!("{root}/{name}")
            } else {
                format!("{root}/{folder}/{name}")
            }
        };
        match (self.rng.below(8), file) {
            (0 | 1, _) | (_, None) => {
                let key = sync_core::fold(&target);
                if self.world.dropboxes[d].things.contains_key(&key) {
                    return;
                }
                coverage.count("dropbox add");
                let content = self.fresh();
                if self.world.put(d, &target, content).is_none() {
                    self.must.remove(&content);
                } else {
                    self.replaced(d, &key);
                }
            }
            (2 | 3, Some((key, old))) => {
                coverage.count("dropbox edit");
                self.must.remove(&old);
                let content = self.fresh();
                self.world.put(d, &key, content);
            }
            (4, Some((key, old))) => {
                coverage.count("dropbox delete");
                if !self.in_crm(old) {
                    self.must.remove(&old);
                }
                let id = self.file_id(d, &key);
                self.world.delete(d, &key);
                let mut places = self.stood.remove(&id).unwrap_or_default();
                places.extend(self.known_places(d, &id));
                places.push(key);
                for place in places {
                    // Something else stands where it stood: both steps within one cycle are an edit (K2).
                    if self.world.dropboxes[d].things.contains_key(&place) {
                        self.must.remove(&old);
                    }
                    self.deleted.entry((d, place)).or_default().insert(old);
                }
            }
            (5, Some((key, _))) => {
                let id = self.file_id(d, &key);
                if self.world.rename(d, &key, &target) {
                    self.stood.entry(id.clone()).or_default().push(key);
                    coverage.count("dropbox rename");
                    // A file that no pair of this record speaks for may be taken for the deleted one, edited (K2).
                    let record = &self.records[usize::from(target.contains("/r1/"))];
                    // It speaks for the file only if each of this user's browsers knows the pair: any may do the work.
                    let mut browsers = self.browsers.iter().filter(|browser| browser.dropbox == d);
                    let known = browsers.all(|browser| {
                        browser.rows.get(record).is_some_and(|row| {
                            let mut sides =
                                row.pairs.iter().filter_map(|pair| pair.dropbox.as_ref());
                            sides.any(|side| side.id.as_str() == id)
                        })
                    });
                    if !known {
                        self.replaced(d, &sync_core::fold(&target));
                    }
                }
            }
            (6, Some((_, content))) => {
                // The same content twice, on purpose: nobody can tell it from a twin.
                let key = sync_core::fold(&target);
                let free = !self.world.dropboxes[d].things.contains_key(&key);
                if free && self.world.put(d, &target, content).is_some() {
                    coverage.count("dropbox copy");
                    self.clean = false;
                    self.replaced(d, &key);
                }
            }
            (_, Some((key, old))) => {
                // Saved by an editor that makes a new file: delete and create.
                coverage.count("dropbox save as new");
                self.must.remove(&old);
                let content = self.fresh();
                self.world.delete(d, &key);
                self.world.put(d, &key, content);
                self.replaced(d, &key);
            }
        }
    }

    /// A file takes the place of all that was deleted there: a browser that did not look meanwhile, or whose look was not
    /// told, takes it for their edit (K2).
    fn replaced(&mut self, d: usize, key: &str) {
        for before in self.deleted.remove(&(d, key.to_owned())).unwrap_or_default() {
            self.must.remove(&before);
        }
    }

    /// Where the browsers believe a file: one that was moved by a browser that did not hear of it stood there, too.
    fn known_places(&self, d: usize, id: &str) -> Vec<String> {
        let browsers = self.browsers.iter().filter(|browser| browser.dropbox == d);
        let rows = browsers.flat_map(|browser| &browser.rows);
        let sides = rows.flat_map(|(record, row)| {
            let sides = row.pairs.iter().filter_map(|pair| pair.dropbox.as_ref());
            sides.filter(|side| side.id.as_str() == id).map(move |side| (record, side))
        });
        let place = |(record, side): (&Record, &sync_core::DropboxSide)| {
            format!("/companies/acme/{}/{}", record.id, sync_core::fold(&side.path))
        };
        sides.map(place).collect()
    }

    fn file_id(&self, d: usize, key: &str) -> String {
        match self.world.dropboxes[d].things.get(key) {
            Some(Thing::File { id, .. }) => id.clone(),
            _ => String::new(),
        }
    }

    fn in_crm(&self, content: Content) -> bool {
        self.records.iter().any(|record| contents(&self.world, record).contains(&content))
    }

    fn work(&mut self, coverage: &mut Coverage) {
        let b = self.rng.below(self.browsers.len() as u64) as usize;
        let browser = &mut self.browsers[b];
        let now = self.world.clock;
        if browser.tasks.is_empty() {
            if self.rng.one_in(3) {
                let record = self.rng.pick(&self.records).unwrap().clone();
                browser.send(Event::Press { record, name: "Acme".into() }, now);
            } else {
                browser.send(Event::Run, now);
            }
            return;
        }
        let steps = 1 + self.rng.below(12);
        for _ in 0..steps {
            let browser = &mut self.browsers[b];
            if browser.tasks.is_empty() {
                return;
            }
            let at = self.rng.below(browser.tasks.len() as u64) as usize;
            let fault = match self.rng.below(60) {
                0 => Fault::Before,
                1 => Fault::After,
                _ => Fault::None,
            };
            if fault != Fault::None {
                coverage.count(if fault == Fault::After { "fault after" } else { "fault before" });
                self.clean = false;
            }
            browser.finish(&mut self.world, at, fault);
        }
        match self.rng.below(40) {
            0 => {
                coverage.count("tab killed");
                self.clean = false;
                self.world.trace.push(format!("browser {b} killed"));
                self.browsers[b].crash();
            }
            1 => {
                coverage.count("cursor reset");
                let d = self.browsers[b].dropbox;
                self.world.dropboxes[d].epoch += 1;
            }
            2 if self.rng.one_in(4) => {
                coverage.count("state wiped");
                self.clean = false;
                let dropbox = self.browsers[b].dropbox;
                self.world.trace.push(format!("browser {b} wiped"));
                self.browsers[b] = Browser::with_seed(dropbox, self.rng.next() >> 1);
            }
            3 if self.rng.one_in(4) => {
                coverage.count("connected anew");
                self.clean = false;
                let told = self.rng.one_in(2);
                let seed = self.rng.next() >> 1;
                self.world
                    .trace
                    .push(format!("browser {b} disconnected and connected, told: {told}"));
                self.browsers[b].disconnect(&mut self.world, told, seed);
            }
            _ => {}
        }
    }

    /// Edits stop: everything must come to rest, and nothing be lost.
    fn rest(&mut self) -> Result<(), String> {
        self.world.trace.push("edits stop".into());
        for browser in &mut self.browsers {
            browser.settle(&mut self.world);
        }
        let records = self.records.clone();
        for b in 0..self.browsers.len() {
            for record in &records {
                if self.browsers[b].rows.contains_key(record) || b < self.world.dropboxes.len() {
                    self.browsers[b].press(&mut self.world, record);
                }
            }
        }
        let mut quiet = false;
        for _ in 0..20 {
            // A lease that a browser held when it was wiped is a dead one's after a while.
            self.world.clock += 700_000;
            let writes = self.world.writes;
            let before = writes + self.world.shared_writes;
            for b in 0..self.browsers.len() {
                self.browsers[b].run(&mut self.world);
                if let Some(error) = self.browsers[b].reports.last().and_then(|r| r.error) {
                    return Err(format!("a cycle without faults ended with {error:?}"));
                }
            }
            // A guard keeps the button pressed, and with it what it asks anew each time.
            let shared = if self.is_held() { before - writes } else { self.world.shared_writes };
            // Whoever found the lease held by another has not worked yet: it looks again.
            let waits = |browser: &Browser| {
                let status = browser.engine.status();
                !status.links.is_empty() && status.last_cycle_ms != Some(self.world.clock)
            };
            let waiting = self.browsers.iter().any(waits);
            if self.world.writes + shared == before && (!waiting || self.is_held()) {
                quiet = true;
                break;
            }
        }
        if !quiet {
            return Err("does not settle within 20 cycles".into());
        }
        self.check()
    }

    /// A guard waits for a decision.
    fn is_held(&self) -> bool {
        self.browsers.iter().any(|browser| {
            let status = browser.engine.status();
            status.halt.is_some()
                || status.links.iter().any(|l| matches!(l.state, sync_core::RecordState::Halted(_)))
        })
    }

    fn check(&self) -> Result<(), String> {
        let held = self.is_held();
        let mut everywhere: BTreeSet<Content> = BTreeSet::new();
        for record in &self.records {
            everywhere.extend(contents(&self.world, record));
        }
        for d in 0..self.world.dropboxes.len() {
            everywhere.extend(self.world.files(d).into_iter().map(|(_, content)| content));
        }
        everywhere.extend(&self.world.versions);
        if let Some(lost) = self.must.iter().find(|content| !everywhere.contains(content)) {
            return Err(format!("content {} is lost", hash_of(*lost)));
        }
        if held || self.world.variants.one_way {
            return Ok(());
        }
        let crm: BTreeSet<Content> =
            self.records.iter().flat_map(|record| contents(&self.world, record)).collect();
        for d in 0..self.world.dropboxes.len() {
            let inside =
                self.world.dropboxes[d].things.iter().filter_map(|(key, thing)| match thing {
                    Thing::File { content, .. } if key.starts_with("/companies/acme/") => {
                        Some(*content)
                    }
                    _ => None,
                });
            let dropbox: BTreeSet<Content> = inside.filter(|content| *content < HUGE).collect();
            if dropbox != crm {
                let only_crm: Vec<_> = crm.difference(&dropbox).collect();
                let only_dropbox: Vec<_> = dropbox.difference(&crm).collect();
                return Err(format!(
                    "the sides differ after the button: only in the CRM {only_crm:?}, only in Dropbox {d} {only_dropbox:?}"
                ));
            }
        }
        if self.clean && self.browsers.len() == 1 {
            for record in &self.records {
                let docs = &self.world.records[record].docs;
                let distinct = contents(&self.world, record).len();
                if docs.len() != distinct {
                    return Err(format!("a twin stayed in the CRM: {docs:?}"));
                }
            }
        }
        Ok(())
    }
}

fn simulate(
    seed: u64,
    verbose: bool,
    edits_max: u64,
    coverage: &mut Coverage,
) -> (Result<(), String>, Vec<String>) {
    let mut history = History::new(seed);
    history.world.verbose = verbose;
    for _ in 0..history.rng.below(4) {
        history.edit(coverage);
    }
    let record = history.records[0].clone();
    for b in 0..history.browsers.len() {
        history.browsers[b].press(&mut history.world, &record);
    }
    let edits = EDITS_MIN + history.rng.below(EDITS_MAX - EDITS_MIN);
    for _ in 0..edits.min(edits_max) {
        history.edit(coverage);
        for _ in 0..history.rng.below(5) {
            history.work(coverage);
        }
        history.world.clock += history.rng.below(100_000);
        if history.rng.one_in(50) {
            coverage.count("clock back");
            let clock = history.world.clock.saturating_sub(50_000).max(1_000);
            history.world.set_back += (history.world.clock - clock) as i64;
            history.world.clock = clock;
        }
    }
    let result = history.rest();
    for (what, count) in &history.world.met {
        *coverage.0.entry(what).or_default() += count;
    }
    for browser in &history.browsers {
        for report in &browser.reports {
            if report.conflicts > 0 {
                coverage.count("conflict");
            }
            if report.halted > 0 {
                coverage.count("guard");
            }
        }
    }
    (result, history.world.trace)
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: u64| {
        args.iter()
            .position(|arg| arg == name)
            .and_then(|at| args.get(at + 1)?.parse().ok())
            .unwrap_or(default)
    };
    let (from, seeds) = (number("--from", 0), number("--seeds", 300));
    let given = |name: &str| args.iter().any(|arg| arg == name);
    let verbose = given("--trace");
    let failures_max = if given("--first") { 1 } else { FAILURES_MAX };
    let start = Instant::now();
    let mut coverage = Coverage::default();
    let mut failed = 0u64;
    for seed in from..from + seeds {
        let run = |edits_max, verbose, coverage: &mut Coverage| {
            simulate(seed, verbose, edits_max, coverage)
        };
        let (result, trace) = run(u64::MAX, false, &mut coverage);
        let (again, same) = run(u64::MAX, false, &mut Coverage::default());
        let result =
            if same == trace && again == result { result } else { Err("two runs differ".into()) };
        if let Err(violation) = result {
            failed += 1;
            // The fewest edits that show one.
            let shown = |edits| run(edits, verbose, &mut Coverage::default());
            let shortest = (0..EDITS_MAX).map(|edits| (edits, shown(edits)));
            let (edits, (result, trace)) = shortest
                .into_iter()
                .find(|(_, (result, _))| result.is_err())
                .unwrap_or((EDITS_MAX, (Err(violation), trace)));
            println!("seed {seed}, {edits} edits: {}", result.err().unwrap_or_default());
            let skipped = if verbose { 0 } else { trace.len().saturating_sub(TRACE_END) };
            trace[skipped..].iter().for_each(|line| println!("  {line}"));
            if failed >= failures_max {
                break;
            }
        }
    }
    for (what, count) in &coverage.0 {
        println!("{what}: {count}");
    }
    let rate = seeds as f64 / start.elapsed().as_secs_f64().max(0.001);
    println!("{seeds} histories from seed {from}, each twice, {rate:.0} a second");
    println!("{} passed, {failed} failed", seeds - failed);
    if failed > 0 {
        std::process::exit(1);
    }
}
