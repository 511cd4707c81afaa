//! A day of twenty users of one CRM account, each with a thousand linked records of their own Dropbox, under the
//! account's 200 requests a minute.
//!
//! Each user's plugin looks at the CRM by itself, knowing nothing of the others. In turns they open a record and add
//! a document to it; how long the plugin takes to look at it is what they notice.

use crate::row::Row;
use crate::support::executor::next_random;
use crate::support::ports::Watch;
use crate::support::scene::{keep_time, Scene, Tab};
use crate::support::store::MemoryStore;
use crate::support::told;
use sandbox::{Options, Origin, Reply, Request, World};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use sync_core::{Event, FolderEntry, Link, Record, RecordKind, StoredIndex, StoredRecord, SCHEMA};
use teamleader_dropbox::json::Write;

const USERS: usize = 20;
const RECORDS: usize = 1_000;
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
/// Users come to work within this time.
const ARRIVAL_MS: u64 = 60 * MINUTE_MS;
/// A user opens another record about this often.
const OPENS_EVERY_MS: u64 = 15 * MINUTE_MS;

/// What the CRM's answers tell. No record is linked by two users, so its id tells whose look it was.
#[derive(Default)]
struct Ledger {
    calls: u64,
    refused: u64,
    /// When each was listed last (ms).
    listed: BTreeMap<String, u64>,
    longest_gap_ms: u64,
    /// Documents that a user just added, and when (ms).
    waiting: BTreeMap<String, u64>,
    waits_ms: Vec<u64>,
    in_minute: BTreeMap<u64, u64>,
}

struct Onlooker(Rc<RefCell<Ledger>>);

impl Watch<World> for Onlooker {
    fn before(&mut self, _world: &World, _request: &Request) {}

    fn after(&mut self, world: &World, request: &Request, reply: &Reply) {
        let (Origin::CrmApi, Reply::Ready(response)) = (request.origin, reply) else {
            return;
        };
        let mut ledger = self.0.borrow_mut();
        ledger.calls += 1;
        *ledger.in_minute.entry(world.now_ms / MINUTE_MS).or_default() += 1;
        if response.status == 429 {
            ledger.refused += 1;
        }
        if response.status != 200 || !request.target.ends_with("files.list") {
            return;
        }
        let body = request.json_body().unwrap();
        let seen = body["filter"]["subject"]["id"].as_str().unwrap().to_owned();
        if let Some(asked_ms) = ledger.waiting.remove(&seen) {
            ledger.waits_ms.push(world.now_ms - asked_ms);
        }
        if let Some(before_ms) = ledger.listed.insert(seen, world.now_ms) {
            ledger.longest_gap_ms = ledger.longest_gap_ms.max(world.now_ms - before_ms);
        }
    }
}

/// The day.
pub fn measure() {
    let mut scene = Scene::new(Options { rate_limits: true, ..Options::default() }, None);
    let ledger = Rc::new(RefCell::new(Ledger::default()));
    scene.network.watch(Onlooker(ledger.clone()));
    scene.network.set_latency_ms(80);
    let begun_ms = scene.now_ms();
    let mut random = 7;
    for user in 0..USERS {
        let tab = scene.tab(&MemoryStore::default(), "anna", user as u64);
        let arrives_ms = begun_ms + next_random(&mut random) % ARRIVAL_MS;
        begin(&mut scene, &tab, user, arrives_ms, &ledger);
    }
    scene.executor.run_until(begun_ms + ARRIVAL_MS + DAY_MS);
    report(&ledger.borrow(), begun_ms, scene.now_ms());
}

fn report(ledger: &Ledger, begun_ms: u64, now_ms: u64) {
    // What has not been looked at for long counts as well.
    let open_gap_ms = ledger.listed.values().map(|at_ms| now_ms - at_ms).max().unwrap_or(u64::MAX);
    let unseen = USERS * RECORDS - ledger.listed.len();
    let first_gap_ms = if unseen > 0 { now_ms - begun_ms } else { 0 };
    let gap_ms = ledger.longest_gap_ms.max(open_gap_ms).max(first_gap_ms);
    let mut waits: Vec<f64> = ledger.waits_ms.iter().map(|ms| *ms as f64 / 1_000.0).collect();
    waits.extend(ledger.waiting.values().map(|at_ms| (now_ms - at_ms) as f64 / 1_000.0));
    let longest_wait_s = waits.iter().copied().fold(0.0, f64::max);
    let share = ledger.refused as f64 / ledger.calls as f64 * 100.0;
    let busiest = ledger.in_minute.values().copied().max().unwrap_or(0);
    let per_minute = ledger.calls as f64 / ((now_ms - begun_ms) as f64 / MINUTE_MS as f64);
    Row::new("polling", "a day of 20 users with 1,000 linked records each on one CRM account")
        .samples("CRM calls a minute", "", &[per_minute])
        .samples("in the busiest minute", "", &[busiest as f64])
        .samples("waits of the open record", "s", &waits)
        .at_most("percent answered 429", share, 1.0)
        .at_most("longest wait of the open record (s)", longest_wait_s, 5.0)
        .at_most("longest time unseen (min)", gap_ms as f64 / MINUTE_MS as f64, 200.0)
        .print();
}

/// A user's plugin with all records linked, in a browser that has not looked at them today.
fn begin(scene: &mut Scene, tab: &Tab, user: usize, arrives_ms: u64, ledger: &Rc<RefCell<Ledger>>) {
    let names = (0..RECORDS).map(|number| format!("Company {user}-{number}"));
    let records: Vec<Record> =
        names.map(|name| scene.add_record(RecordKind::Company, &name)).collect();
    let account = scene.connect(tab, 0);
    // Nothing stands there, and nothing is told of the folders: they are as they were yesterday.
    let (dropbox, _) = scene.clients(tab);
    let listing = scene.executor.block_on(async { dropbox.changes(None).await });
    let (_, cursor) = told::changes(listing.unwrap());
    let mut setup = scene.setup(tab, &account);
    setup.config.seed = 1_000 + user as u64;
    let links =
        records.iter().enumerate().map(|(number, record)| link(user, number, record)).collect();
    let index =
        StoredIndex { schema: SCHEMA, cursor: Some(cursor), links, ..StoredIndex::default() };
    let store = tab.ports.store();
    let prefix = setup.key.prefix();
    store.put(&format!("{prefix}index"), &index.write_text());
    let stored = StoredRecord { schema: SCHEMA, ..StoredRecord::default() };
    let stored = stored.write_text();
    for record in &records {
        store.put(&format!("{prefix}record/{}/{}", record.kind.word(), record.id), &stored);
    }
    let timeline = scene.executor.timeline().clone();
    let (ports, auth, ledger) = (tab.ports.clone(), tab.auth.clone(), ledger.clone());
    let living = async move {
        timeline.sleep_until(arrives_ms).await;
        let opened = teamleader_dropbox::driver::Driver::open(ports.clone(), auth, setup).await;
        let driver = Rc::new(opened.unwrap());
        let mut random = user as u64;
        let using = async {
            loop {
                let pause_ms = OPENS_EVERY_MS / 2 + next_random(&mut random) % OPENS_EVERY_MS;
                timeline.sleep_until(timeline.now_ms() + pause_ms).await;
                let number = next_random(&mut random) as usize % records.len();
                let record = records[number].clone();
                let name = format!("Company {user}-{number}");
                driver.send(Event::Named { record: record.clone(), name });
                // The host says so of a document that was added on its page.
                let now_ms = timeline.now_ms();
                ledger.borrow_mut().waiting.entry(record.id.clone()).or_insert(now_ms);
                driver.send(Event::Changed { record });
            }
        };
        let keeping_time = keep_time(&timeline, &driver);
        futures_util::future::join3(driver.run(), using, keeping_time).await;
    };
    scene.executor.spawn(tab.ports.power(), living);
}

fn link(user: usize, number: usize, record: &Record) -> Link {
    let name = format!("Company {user}-{number}");
    let path = format!("/Companies/{name}/{}", record.id);
    Link {
        folder: Some(FolderEntry {
            id: format!("id:{}", record.id).into(),
            path_lower: path.to_lowercase(),
            path,
        }),
        dirty: false,
        settled_ms: Some(1),
        ..Link::new(record.clone(), name)
    }
}
