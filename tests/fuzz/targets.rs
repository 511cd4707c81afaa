//! What is fired at: each attempt builds its own world from its seed, and lies in it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use sandbox::teamleader::model::{Kind, Subject};
use sandbox::{Options, Origin, Reply, Request, World};
use serde_json::Value;
use sync_core::{Config, Event, Record, Side, StoredIndex, StoredRecord};
use teamleader_dropbox::auth::{App, Auth, Owner};
use teamleader_dropbox::driver::{Driver, Setup, StateKey};
use teamleader_dropbox::json::{Read as _, Value as Json};

use crate::mutate::Mutator;
use crate::support::executor::{Executor, Timeline};
use crate::support::ports::{content_hash, Network, Service, WorldPorts};
use crate::support::power::Power;
use crate::support::scene::Scene;
use crate::support::stage::Stage;
use crate::support::store::MemoryStore;

/// Whether every request is printed with its answer.
pub static TRACED: AtomicBool = AtomicBool::new(false);
/// After so many requests an attempt goes on for ever.
const REQUESTS_MOST: usize = 3_000;
/// Virtual time that an attempt may take (ms): a cycle gives up long before.
const TIME_MS: u64 = 24 * 3_600_000;
const NAME: &str = "Pied Piper";
const DOCUMENTS: &[(&str, &str, &[u8])] = &[
    ("", "offer.pdf", b"an offer"),
    ("Plans", "plan.txt", b"a plan"),
    ("Plans/2026", "other.txt", b"another"),
];

type Tab = WorldPorts<Liar>;

/// Both services, with answers that are changed now and then.
struct Liar {
    world: World,
    mutator: Mutator,
    /// One answer in so many; 0: the truth.
    lies: usize,
    /// Who lies. Where a folder stands is Dropbox's word, whoever moved it: a lie of the CRM must not lead anywhere else.
    liar: Option<Side>,
    asked: usize,
    /// The first thing that no client may ask.
    wrong: Option<String>,
    record: String,
}

impl Service for Liar {
    fn answer(&mut self, request: &Request) -> (Reply, u64) {
        self.asked += 1;
        if self.asked > REQUESTS_MOST {
            self.wrong.get_or_insert_with(|| format!("{REQUESTS_MOST} requests and no end"));
            return (Reply::Cut, 0);
        }
        if let Some(path) = paths_written(request).into_iter().find(|path| !self.is_inside(path)) {
            self.wrong.get_or_insert_with(|| format!("{} writes to {path:?}", request.target));
        }
        let mut lied = "";
        let reply = match self.world.handle(request) {
            Reply::Ready(mut answer) if self.lies_about(request.origin) => {
                lied = " (changed)";
                let is_json =
                    answer.header("content-type").is_some_and(|kind| kind.contains("json"));
                if is_json {
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    answer.body = self.mutator.change(&text).into_bytes();
                }
                if !is_json || self.mutator.one_in(6) {
                    answer.status =
                        [200, 204, 400, 401, 403, 404, 409, 429, 500][self.mutator.below(9)];
                }
                Reply::Ready(answer)
            }
            other => other,
        };
        if TRACED.load(Ordering::Relaxed) {
            let answer = match &reply {
                Reply::Ready(answer) => {
                    format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body))
                }
                _ => "no answer".into(),
            };
            let argument = request.header("dropbox-api-arg").unwrap_or("");
            let body = String::from_utf8_lossy(&request.body);
            println!("{} {argument}{body:.2000}\n    {lied}{answer:.3000}", request.target);
        }
        (reply, self.world.delay_ms)
    }

    fn crm_token(&mut self, user: &str) -> Option<String> {
        Service::crm_token(&mut self.world, user)
    }

    fn follow(&mut self, now_ms: u64) {
        self.world.now_ms = now_ms;
    }

    /// An address that was changed; nobody listens there.
    fn led_astray(&self) {}
}

impl Liar {
    fn lies_about(&mut self, origin: Origin) -> bool {
        let of_crm = matches!(origin, Origin::CrmApi | Origin::CrmFiles);
        let side = if of_crm { Side::Crm } else { Side::Dropbox };
        self.liar.is_none_or(|liar| liar == side) && self.lies > 0 && self.mutator.one_in(self.lies)
    }

    /// Below the module's folder, in this record's own: `/Companies/<any name>/<id>/…`, or a folder on the way there; or one
    /// of the checkpoint's files.
    fn is_inside(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        let sound = path.split('/').skip(1).all(|part| !matches!(part, "" | "." | ".."));
        // Dropbox tells names apart without their case.
        let is = |part: Option<&str>, name: &str| {
            part.is_some_and(|part| part.eq_ignore_ascii_case(name))
        };
        let top = is(parts.next(), "") && is(parts.next(), "Companies");
        let own = parts.nth(1).is_none_or(|part| is(Some(part), &self.record));
        let (top, own) = if self.liar == Some(Side::Dropbox) { (true, true) } else { (top, own) };
        let checkpoint = path.starts_with("/.teamleader-sync/") && path.matches('/').count() == 3;
        // A place that was damaged in the browser's own store is a place like any other.
        self.record.is_empty() || sound && (checkpoint || top && own)
    }
}

/// Every path of Dropbox that a request writes to, moves to or deletes.
fn paths_written(request: &Request) -> Vec<String> {
    const WRITING: &[&str] = &["create_folder", "move", "delete", "upload", "finish", "append"];
    let path = request.path();
    let dropbox = matches!(request.origin, Origin::DropboxApi | Origin::DropboxContent);
    if !dropbox || path.ends_with("/check_v2") || !WRITING.iter().any(|word| path.contains(word)) {
        return Vec::new();
    }
    let argument =
        request.header("dropbox-api-arg").and_then(|text| serde_json::from_str(text).ok());
    let mut found = Vec::new();
    collect(&argument.or_else(|| request.json_body()).unwrap_or_default(), &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    // `id:…` names a file that stands; where it stands is the service's word.
                    Some(path) if ["path", "to_path"].contains(&name.as_str()) => {
                        if !path.starts_with("id:") && !path.starts_with("rev:") {
                            found.push(path.to_owned());
                        }
                    }
                    _ => collect(value, found),
                }
            }
        }
        _ => {}
    }
}

/// JSON and the stored forms: what serde takes is taken, nothing else is, and nothing panics.
pub fn json(seed: u64) -> Result<(), String> {
    const SAMPLES: &[&str] = &[
        r#"{"entries":[{".tag":"file","id":"id:a","size":12,"name":"a \"b\" \u00fc 😀","rev":"0"}],"has_more":false,"cursor":"c"}"#,
        r#"{"data":[{"id":"1","name":"x","size":9007199254740993,"folder":null,"ok":[true,false,-1,1.5e3]}],"meta":{}}"#,
        r#"{"access_token":"a","expires_in":14400,"refresh_token":"r","token_type":"bearer"}"#,
    ];
    let mut mutator = Mutator::new(seed);
    let sample = SAMPLES[mutator.below(SAMPLES.len())];
    let text = mutator.change(sample);
    let ours = Json::parse(&text).is_some();
    let theirs = serde_json::from_str::<Value>(&text);
    // Numbers too large for a double are refused there and none of our fields here; depth has its own bound.
    let excused = theirs.as_ref().is_err_and(|error| {
        let reason = error.to_string();
        reason.contains("out of range") || reason.contains("recursion limit")
    });
    let deep = text.matches(['[', '{']).count() > 120;
    if ours != theirs.is_ok() && !excused && !deep {
        return Err(format!("taken: {ours}, by serde: {}: {text}", theirs.is_ok()));
    }
    let _: Option<StoredIndex> = StoredIndex::read_text(&text);
    let _: Option<StoredRecord> = StoredRecord::read_text(&text);
    Ok(())
}

/// The whole plugin while one of the services lies.
pub fn services(seed: u64) -> Result<(), String> {
    let mut mutator = Mutator::new(seed);
    let mut bench = Bench::new(seed);
    let liar = if mutator.one_in(2) { Side::Crm } else { Side::Dropbox };
    bench.liar.borrow_mut().liar = Some(liar);
    let driver = bench.drive()?;
    // Sometimes from the first request on, sometimes into a record at rest.
    let lies = 1 + mutator.below(6);
    if mutator.one_in(2) {
        bench.liar.borrow_mut().lies = lies;
    }
    bench.press(&driver)?;
    bench.liar.borrow_mut().lies = lies;
    for _ in 0..2 {
        bench.somebody_works(&mut mutator);
        bench.sync(&driver)?;
    }
    // The truth again: whatever was believed before must not cost a content now.
    bench.liar.borrow_mut().lies = 0;
    bench.sync(&driver)?;
    bench.sync(&driver)?;
    bench.verdict()
}

/// The plugin over rows that were damaged.
pub fn stored(seed: u64) -> Result<(), String> {
    let mut mutator = Mutator::new(seed);
    let mut bench = Bench::new(seed);
    bench.liar.borrow_mut().record.clear();
    let driver = bench.drive()?;
    bench.press(&driver)?;
    drop(driver);
    bench.tab.power().cut();
    let rows: Vec<(String, String)> = bench.store.rows().into_iter().collect();
    for (key, text) in &rows {
        if mutator.one_in(2) {
            bench.store.put(key, &mutator.change(text));
        }
    }
    bench.new_tab(seed + 1);
    bench.somebody_works(&mut mutator);
    // A row that cannot be read may keep the state closed: said, and nothing done.
    if let Ok(driver) = bench.drive() {
        bench.sync(&driver)?;
        bench.sync(&driver)?;
    }
    bench.verdict()
}

/// The answers of a sign-in and of a renewal.
pub fn sign_in(seed: u64) -> Result<(), String> {
    let mut mutator = Mutator::new(seed);
    let mut bench = Bench::new(seed);
    let auth = bench.auth();
    let (begun, lies) = (auth.clone(), 1 + mutator.below(2));
    let begun = bench.executor.block_on(async move { begun.begin("en", false).await });
    let state = begun.map_err(|error| error.to_string())?.state;
    bench.liar.borrow_mut().lies = lies;
    let state = if mutator.one_in(4) { mutator.change(&state) } else { state };
    let code = mutator.change("a-code");
    let answered = auth.clone();
    let done = async move {
        let connected = answered.complete(&state, Ok(&code)).await;
        let again = answered.complete(&state, Ok(&code)).await;
        (connected.is_ok(), again.is_ok())
    };
    let (first, second) = bench.run(done)?;
    if first && second {
        return Err("one state was accepted twice".into());
    }
    let ended = async move {
        let token = auth.token(None).await;
        let said = format!("{:?}", auth.connection().await);
        (format!("{token:?}"), said, auth.disconnect().await.is_ok())
    };
    let (token, connection, _) = bench.run(ended)?;
    for said in [token, connection] {
        if said.contains("sl.") {
            return Err(format!("a token was said: {said}"));
        }
    }
    bench.verdict()
}

/// A company with documents, a connected tab, and services that may lie.
struct Bench {
    liar: Rc<RefCell<Liar>>,
    network: Rc<Network<Liar>>,
    executor: Executor,
    store: MemoryStore,
    tab: Rc<Tab>,
    owner: Owner,
    dropbox_account: String,
    record: Record,
    /// Everything that somebody wrote, by hash.
    contents: BTreeSet<String>,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let stage = Stage::with(Options { seed, ..Options::default() });
        for (folder, name, bytes) in DOCUMENTS {
            stage.add_document(folder, name, bytes);
        }
        let Stage { scene, browser, tab, account, record } = stage;
        let Scene { world, executor, .. } = scene;
        let timeline = Timeline::new(executor.timeline().now_ms());
        let world = world.borrow().clone();
        let port_base = world.options.port_base;
        let liar = Liar {
            world,
            mutator: Mutator::new(seed ^ 0x1a2b_3c4d),
            lies: 0,
            liar: None,
            asked: 0,
            wrong: None,
            record: record.id.clone(),
        };
        let liar = Rc::new(RefCell::new(liar));
        let network = Network::new(liar.clone(), timeline.clone(), port_base);
        let store = MemoryStore::of(browser.rows());
        let contents = DOCUMENTS.iter().map(|(_, _, bytes)| content_hash(bytes).to_string());
        Self {
            tab: WorldPorts::new(&network, &store, &Power::new(), "anna", seed),
            liar,
            network,
            executor: Executor::with_seed(timeline, seed),
            store,
            owner: tab.owner,
            dropbox_account: account,
            record,
            contents: contents.collect(),
        }
    }

    fn new_tab(&mut self, seed: u64) {
        self.tab = WorldPorts::new(&self.network, &self.store, &Power::new(), "anna", seed);
    }

    fn auth(&self) -> Rc<Auth<Tab>> {
        let app = App {
            key: "sandbox-app-key".into(),
            redirect_uri: format!("{}/plugin/oauth.html", self.network.url(Origin::Crm)),
            endpoints: self.network.endpoints(),
        };
        Rc::new(Auth::new(self.tab.clone(), app, &self.owner))
    }

    fn drive(&mut self) -> Result<Rc<Driver<Tab>>, String> {
        let setup = Setup {
            key: StateKey {
                account: self.owner.account.clone(),
                user: self.owner.user.clone(),
                dropbox: self.dropbox_account.clone(),
            },
            crm_api_base: self.network.url(Origin::CrmApi),
            config: Config::default(),
            longpoll: false,
        };
        let opening = Driver::open(self.tab.clone(), self.auth(), setup);
        let driver = self.executor.block_on(opening).map_err(|error| error.to_string())?;
        let driver = Rc::new(driver);
        let running = driver.clone();
        self.executor.spawn(self.tab.power(), async move { running.run().await });
        Ok(driver)
    }

    fn press(&mut self, driver: &Rc<Driver<Tab>>) -> Result<(), String> {
        driver.send(Event::Press { record: self.record.clone(), name: NAME.into() });
        self.sync(driver)
    }

    fn sync(&mut self, driver: &Rc<Driver<Tab>>) -> Result<(), String> {
        let driver = driver.clone();
        self.run(async move { driver.sync().await }).map(drop)
    }

    fn run<T>(&mut self, work: impl std::future::Future<Output = T>) -> Result<T, String> {
        let until_ms = self.executor.timeline().now_ms() + TIME_MS;
        let done = self.executor.try_block_on(until_ms, work);
        if let Some(wrong) = self.liar.borrow().wrong.clone() {
            return Err(wrong);
        }
        done.ok_or_else(|| "nothing happens any more".into())
    }

    /// One edit on each side.
    fn somebody_works(&mut self, mutator: &mut Mutator) {
        let mut liar = self.liar.borrow_mut();
        let now_ms = liar.world.now_ms;
        let (here, there) = (mutator.change("from the CRM"), mutator.change("from Dropbox"));
        let subject = Subject::new(Kind::Company, self.record.id.clone());
        // A name of its own each time: nobody writes over what somebody else wrote.
        let number = self.contents.len();
        let name = format!("{number}.txt");
        if liar.world.crm.user_add(&subject, "", &name, here.as_bytes(), now_ms).is_some() {
            self.contents.insert(content_hash(here.as_bytes()).to_string());
        }
        let path = format!("/Companies/{NAME}/{}/{number}.md", self.record.id);
        let put = |world: &mut World| {
            world.with_dropbox(|dropbox, ctx| dropbox.user_put(ctx, 0, &path, there.as_bytes()))
        };
        if put(&mut liar.world).is_ok() {
            self.contents.insert(content_hash(there.as_bytes()).to_string());
        }
    }

    /// Whether every content still stands on one side at least.
    fn verdict(&self) -> Result<(), String> {
        let liar = self.liar.borrow();
        if let Some(wrong) = &liar.wrong {
            return Err(wrong.clone());
        }
        let subject = Subject::new(Kind::Company, self.record.id.clone());
        let documents = liar.world.crm.documents(&subject);
        let mut stands: BTreeSet<String> =
            documents.iter().map(|document| document.content.hash().to_owned()).collect();
        stands.extend(liar.world.dropbox.tree(0).into_iter().filter_map(|(_, (_, hash))| hash));
        match self.contents.iter().find(|content| !stands.contains(*content)) {
            Some(content) => Err(format!("a content is lost: {content}")),
            None => Ok(()),
        }
    }
}
