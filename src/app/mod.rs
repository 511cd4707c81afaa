//! One page's plugin: composes ports, connection, leader and panels, and carries what people ask for to the leader.
//!
//! wasm32 only. Decides nothing about sync and says nothing to people: that is the driver's and the panel's.

pub mod contract;

mod bulk;
mod earlier;
mod leader;
mod log_file;
mod page;
mod sign_in;
mod tabs;

use crate::auth::{self, Auth, Owner};
use crate::bell::Bell;
use crate::driver::Driver;
use crate::json::{Read, Write};
use crate::old_folders::OldFolders;
use crate::panel::view::{self, Words, WordsError};
use crate::panel::{Action, Bulk, Connection, Earlier, Settings, Snapshot};
use crate::platform::{self, now_ms, sleep, BrowserPorts, Channel, Database};
use crate::ports::Secrets;
use crate::teamleader::Teamleader;
use crate::wire::Wire;
use contract::{Host, Options, RecordRef};
use futures_util::future::select;
use page::{is_hidden, is_online};
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use sync_core::map::Set;
use sync_core::{decimal, Record, RecordStatus, SyncReport};
use tabs::{Command, Message, Shared, TabId};
use wasm_bindgen::prelude::*;

/// Changes are drawn together (ms): under what an eye sees, over what a burst of them costs.
const DRAW_MS: u32 = 60;
/// How often, at that pace, a removal looks whether the leader has disconnected.
const REMOVAL_LOOKS: u32 = 200;
/// Times in words grow old; drawn anew this often (ms).
const AGE_MS: u32 = 30_000;
/// A page that hears nothing of its leader goes on without (ms).
const INFORMED_MS: u32 = 2_000;

type Connect = Auth<BrowserPorts>;

/// A panel in the page.
struct Panel {
    /// The answer to whoever mounted it.
    id: u32,
    view: view::Panel,
    /// Whose documents; the settings have none.
    record: Option<RecordRef>,
}

/// A report that somebody waits for, once it is there.
type Awaited = Rc<Cell<Option<SyncReport>>>;

/// One page's plugin.
pub struct App {
    host: Host,
    ports: Rc<BrowserPorts>,
    auth: Rc<Connect>,
    owner: Owner,
    api_base: String,
    locale: String,
    /// The host's; a person's own choice is stored.
    interval_minutes: u32,
    delete_guard_percent: u32,
    words: Rc<Words>,
    tab: TabId,
    tabs: RefCell<Option<Channel>>,
    sign_ins: RefCell<Option<Channel>>,
    sign_in: RefCell<Option<Rc<sign_in::SignIn>>>,
    connection: RefCell<Connection>,
    shared: RefCell<Shared>,
    bulk: RefCell<Bulk>,
    earlier: RefCell<earlier::Known>,
    /// For what is asked of the CRM outside of the sync.
    crm: Rc<Teamleader<BrowserPorts>>,
    old_folders: OldFolders<BrowserPorts>,
    panels: RefCell<Vec<Panel>>,
    /// Ends listening to the host.
    unlisten: RefCell<Vec<js_sys::Function>>,
    drawing: Cell<bool>,
    /// Each shown record as it was when the page was last told of its documents.
    told: RefCell<Vec<Rc<RecordStatus>>>,

    leading: Cell<bool>,
    /// Leading is to end, in favour of a tab that somebody sees.
    yielding: Cell<bool>,
    /// Who led when this tab last heard of it.
    leader: RefCell<TabId>,
    driver: RefCell<Option<Rc<Driver<BrowserPorts>>>>,
    /// What the tabs show, this one included.
    watched: RefCell<Vec<(TabId, Vec<Record>)>>,
    /// Questions of this tab that no leader took yet.
    unanswered: RefCell<Vec<Message>>,
    /// Questions this leader took.
    taken: RefCell<Set<String>>,
    /// Where the reports of the cycles go that this tab waits for, by their questions.
    reports: RefCell<Vec<(String, Awaited)>>,
    /// Of a panel, or of a question.
    next_id: Cell<u32>,
    /// Grows with every change of the connection or of the interval.
    epoch: Cell<u32>,
    informed: Cell<bool>,
    /// There was a network when this was last looked at.
    online: Cell<bool>,
    stopped: Cell<bool>,
    /// Rung when somebody in this tab may wait for what changed: reports, `epoch`, `informed`, `stopped`.
    bell: Bell,
}

impl App {
    /// Starts the plugin in this page. Comes back when there is something true to show.
    pub async fn start(options: Box<Options>, host: Host) -> Result<Rc<Self>, JsValue> {
        if let Some(name) = platform::missing() {
            let error = ["this browser or page offers no ", name].concat();
            return Err(JsError::new(&error).into());
        }
        let database = Database::open().await;
        let database = database
            .map_err(|error| JsError::new(&["store: ", &platform::thrown(&error)].concat()))?;
        let app = Self::new(*options, host, database)?;
        app.open().await?;
        Ok(app)
    }

    fn new(options: Options, host: Host, database: Database) -> Result<Rc<Self>, JsError> {
        let source = host.clone();
        let tokens = Box::new(move |refused| source.access_token(refused));
        let ports = BrowserPorts::new(database, tokens);
        let www = options.dropbox.endpoints.www.clone();
        let words = Words::new(&options.translations, &options.locale, www);
        let words = words.map_err(|error| {
            JsError::new(match error {
                WordsError::Translations => "translations: not of this version",
                WordsError::Intl => "translations: the browser has no Intl formats",
            })
        })?;
        let auth = Rc::new(Auth::new(ports.clone(), options.dropbox, &options.owner));
        let wire = Rc::new(Wire::new(ports.clone()));
        let crm = Rc::new(Teamleader::new(wire.clone(), &options.api_base));
        Ok(Rc::new(Self {
            host,
            old_folders: OldFolders::new(wire, auth.clone(), crm.clone()),
            auth,
            crm,
            owner: options.owner,
            api_base: options.api_base,
            locale: options.locale,
            interval_minutes: options.interval_minutes,
            delete_guard_percent: options.delete_guard_percent,
            words: Rc::new(words),
            tab: ports.random_text(16),
            ports,
            tabs: RefCell::default(),
            sign_ins: RefCell::default(),
            sign_in: RefCell::default(),
            connection: RefCell::default(),
            shared: RefCell::default(),
            bulk: RefCell::default(),
            earlier: RefCell::default(),
            panels: RefCell::default(),
            unlisten: RefCell::default(),
            drawing: Cell::new(false),
            told: RefCell::default(),
            leading: Cell::new(false),
            yielding: Cell::new(false),
            leader: RefCell::default(),
            driver: RefCell::default(),
            watched: RefCell::default(),
            unanswered: RefCell::default(),
            taken: RefCell::default(),
            reports: RefCell::default(),
            next_id: Cell::new(1),
            epoch: Cell::new(0),
            informed: Cell::new(false),
            online: Cell::new(is_online()),
            stopped: Cell::new(false),
            bell: Bell::default(),
        }))
    }

    async fn open(self: &Rc<Self>) -> Result<(), JsValue> {
        self.shared.borrow_mut().interval_minutes = self.interval_minutes;
        let tabs = self.of_owner("teamleader-dropbox/tabs");
        *self.tabs.borrow_mut() = self.listen(&tabs, Self::hear_tab)?;
        *self.sign_ins.borrow_mut() = self.listen(sign_in::CHANNEL, Self::hear_sign_in)?;
        self.hear_host("documents.changed", Self::changed_in_page);
        self.hear_host("record.changed", Self::named_in_page);
        if let Some(answer) = sign_in::answer_left_here() {
            self.clone().answered(answer).await;
        }
        self.clone().read_connection().await;
        platform::spawn(self.clone().lead());
        self.watch();
        let informed = pin!(self.bell.until(|| self.informed.get().then_some(())));
        select(informed, pin!(sleep(INFORMED_MS))).await;
        let app = Rc::downgrade(self);
        platform::spawn(async move {
            loop {
                sleep(AGE_MS).await;
                match app.upgrade() {
                    Some(app) if !app.stopped.get() => app.draw(),
                    _ => return,
                }
            }
        });
        Ok(())
    }

    /// Ends all of it: the user signs out, or the plugin is removed. Connection, state and files stay.
    pub fn stop(self: &Rc<Self>) {
        self.stopped.set(true);
        for function in self.unlisten.take() {
            let _: Result<JsValue, JsValue> = function.call0(&JsValue::NULL);
        }
        for panel in self.panels.take() {
            panel.view.unmount();
        }
        self.cancel_connect();
        if let Some(driver) = self.driver.take() {
            driver.stop();
        }
        self.say(&Message::Watch { tab: self.tab.clone(), records: Vec::new() });
        self.bell.ring();
        self.tabs.take();
        self.sign_ins.take();
    }

    /// Disconnects, then stops. A leader that does not answer is not waited for.
    pub async fn remove(self: &Rc<Self>) {
        for look in 0..REMOVAL_LOOKS {
            if !self.is_connected().await {
                return self.stop();
            }
            if look == 0 {
                self.end_connection();
            }
            sleep(DRAW_MS).await;
        }
        let _: Result<(), auth::AuthError> = self.auth.disconnect().await;
        self.stop();
    }

    async fn is_connected(&self) -> bool {
        matches!(self.auth.connection().await, Ok(Some(_)))
    }

    /// Shows the panel of a record inside `root`; the answer unmounts it.
    pub fn mount_documents(self: &Rc<Self>, root: &web_sys::Element, record: RecordRef) -> u32 {
        let panel = self.mount(root, Some(record.clone()));
        self.named_in_page(&record);
        self.watch();
        self.draw();
        panel
    }

    /// Shows the settings inside `root`; the answer unmounts them.
    pub fn mount_settings(self: &Rc<Self>, root: &web_sys::Element) -> u32 {
        let panel = self.mount(root, None);
        if let Some(driver) = self.driver.borrow().clone() {
            platform::spawn(self.clone().ask_space(driver));
        }
        self.draw();
        panel
    }

    fn mount(self: &Rc<Self>, root: &web_sys::Element, record: Option<RecordRef>) -> u32 {
        let id = self.new_id();
        let (app, own) = (Rc::downgrade(self), record.clone());
        let act = move |action: &Action| {
            if let Some(app) = app.upgrade() {
                app.act(own.as_ref(), action);
            }
        };
        let view = view::Panel::mount(root, self.words.clone(), Box::new(act));
        self.panels.borrow_mut().push(Panel { id, view, record });
        id
    }

    /// Takes a panel away.
    pub fn unmount(self: &Rc<Self>, panel: u32) {
        let at = self.panels.borrow().iter().position(|mounted| mounted.id == panel);
        let Some(at) = at else { return };
        let taken = self.panels.borrow_mut().remove(at);
        taken.view.unmount();
        self.watch();
    }

    /// A timed cycle is due, and this page is the one to run it.
    pub fn is_due(&self) -> bool {
        self.driver.borrow().as_ref().is_some_and(|driver| driver.is_due())
    }

    /// Listens to a channel, as long as there is somebody to hear.
    fn listen(
        self: &Rc<Self>,
        channel: &str,
        hear: fn(&Rc<Self>, &str),
    ) -> Result<Option<Channel>, JsValue> {
        let app = Rc::downgrade(self);
        let hear = move |text: String| {
            if let Some(app) = app.upgrade() {
                hear(&app, &text);
            }
        };
        Channel::open(channel, Box::new(hear)).map(Some)
    }

    fn hear_tab(self: &Rc<Self>, text: &str) {
        if let Some(message) = Message::read_text(text) {
            self.hear(message);
        }
    }

    fn hear(self: &Rc<Self>, message: Message) {
        match message {
            Message::Watch { tab, records } => {
                let mut watched = self.watched.borrow_mut();
                match watched.iter_mut().find(|(other, _)| *other == tab) {
                    Some((_, before)) if *before == records => return,
                    Some((_, before)) => *before = records,
                    None => watched.push((tab, records)),
                }
                drop(watched);
                self.tell_all();
            }
            Message::State { leader, shared } if !self.leading.get() => {
                let first = !self.informed.replace(true);
                if *self.leader.borrow() != leader {
                    self.leader.replace(leader);
                    self.ask_for_lead();
                }
                *self.shared.borrow_mut() = *shared;
                self.bell.ring();
                if first {
                    self.watch();
                }
                for question in &*self.unanswered.borrow() {
                    self.say(question);
                }
                self.draw_soon();
            }
            Message::State { .. } => {}
            Message::Shown => {
                if self.leading.get() && is_hidden() {
                    self.step_down();
                }
            }
            Message::Ask { id, command } => self.take_command(id, command),
            Message::Taken { id, report } => self.answered_with(&id, report),
            Message::Connection => self.hear_connection(),
        }
    }

    fn say(&self, message: &Message) {
        if let Some(channel) = &*self.tabs.borrow() {
            channel.say(&message.write_text());
        }
    }

    /// Says it to every tab, this one included.
    fn announce(self: &Rc<Self>, message: Message) {
        self.say(&message);
        self.hear(message);
    }

    /// Tells the leader what this tab shows.
    fn watch(self: &Rc<Self>) {
        let mut records = Vec::new();
        for panel in &*self.panels.borrow() {
            if let Some(own) = &panel.record {
                records.push(own.record.clone());
            }
        }
        self.announce(Message::Watch { tab: self.tab.clone(), records });
    }

    /// Connected, disconnected: here, and in every other tab.
    fn connection_changed(self: &Rc<Self>) {
        self.announce(Message::Connection);
    }

    fn hear_connection(self: &Rc<Self>) {
        self.begin_anew();
        platform::spawn(self.clone().read_connection());
    }

    /// Shows the connection as it is stored, unless a sign-in is under way.
    async fn read_connection(self: Rc<Self>) {
        let stored = self.auth.connection().await;
        if self.is_connecting() && self.sign_in.borrow().is_some() {
            return;
        }
        let mut shown = self.connection.borrow_mut();
        match stored {
            Ok(Some(stored)) if stored.revoked => *shown = Connection::Revoked,
            Ok(Some(stored)) => {
                *shown = Connection::Connected(Rc::new(stored.account));
            }
            // Why it failed stays to be read.
            Ok(None) | Err(_) if matches!(*shown, Connection::Failed(_)) => {}
            Ok(None) | Err(_) => *shown = Connection::NotConnected,
        }
        drop(shown);
        self.draw();
    }

    /// What a person asks for, in the panel of `own`; the settings have no record.
    fn act(self: &Rc<Self>, own: Option<&RecordRef>, action: &Action) {
        let command = match (action, own) {
            (Action::Connect, _) => return self.connect(),
            (Action::CancelConnect, _) => return self.cancel_connect(),
            (Action::Press, Some(own)) => return self.press(own),
            (Action::TakeOver(wanted), Some(own)) => return self.take_over(own, *wanted),
            (Action::TakeOver(wanted), None) => return self.take_over_all(*wanted),
            (Action::Cancel, Some(own)) => Command::Cancel(own.record.clone()),
            (Action::CopyBack(document), Some(own)) => {
                Command::CopyBack { record: own.record.clone(), document: document.clone() }
            }
            // A record's panel alone has these.
            (Action::Press | Action::Cancel | Action::CopyBack(_), None) => return,
            (Action::Decide { record, confirmed }, _) => {
                Command::Decide { record: record.clone(), confirmed: *confirmed }
            }
            (Action::Disconnect, _) => return self.end_connection(),
            (Action::Pause(paused), _) => Command::Pause(*paused),
            (Action::SyncNow, _) => Command::Sync,
            (Action::Unlink(record), _) => Command::Unlink(record.clone()),
            (Action::SetInterval(minutes), _) => Command::SetInterval(*minutes),
            (Action::ListRecords(kind), _) => {
                return platform::spawn(self.clone().list_records(*kind));
            }
            (Action::LinkAll { kind, chosen }, _) => {
                return self.link_all(*kind, chosen.as_deref());
            }
            (Action::PauseLinking(paused), _) => return self.pause_linking(*paused),
            (Action::StopLinking, _) => return self.stop_linking(),
            (Action::SaveLog, own) => return self.save_log(own),
            (Action::Reload, _) => {
                let _: Result<(), JsValue> = platform::window().location().reload();
                return;
            }
        };
        self.command(command);
    }

    /// With a leader's driver, or without one where the state cannot be opened.
    fn end_connection(self: &Rc<Self>) {
        if self.leading.get() && self.driver.borrow().is_none() {
            platform::spawn(self.clone().disconnect(None));
        } else {
            self.command(Command::Disconnect);
        }
    }

    fn draw_soon(self: &Rc<Self>) {
        if !self.drawing.replace(true) {
            let app = Rc::downgrade(self);
            platform::spawn(async move {
                sleep(DRAW_MS).await;
                if let Some(app) = app.upgrade() {
                    app.drawing.set(false);
                    app.draw();
                }
            });
        }
    }

    fn draw(&self) {
        if platform::is_dead() {
            return; // The page shows its own screen by now.
        }
        let mut changed = Vec::new();
        for panel in &*self.panels.borrow() {
            let mut snapshot = self.snapshot();
            let mut settings = None;
            if let Some(own) = &panel.record {
                snapshot.record = self.status_of(&own.record);
                snapshot.earlier = self.earlier(&own.record);
                if self.has_other_documents(snapshot.record.as_ref()) {
                    changed.push(own.clone());
                }
            } else {
                let shared = self.shared.borrow();
                settings = Some(Settings {
                    interval_minutes: shared.interval_minutes,
                    bulk: self.bulk.borrow().clone(),
                    space: shared.space,
                });
            }
            panel.view.show(snapshot, settings);
        }
        for record in changed {
            self.tell_host(&record);
        }
    }

    fn snapshot(&self) -> Snapshot {
        let shared = self.shared.borrow();
        let mut connection = self.connection.borrow().clone();
        if shared.newer && matches!(connection, Connection::Connected(_)) {
            connection = Connection::Failed(crate::panel::ConnectFailure::NewerState);
        }
        Snapshot {
            connection,
            status: shared.status.clone(),
            record: None,
            earlier: Earlier::None,
            online: is_online(),
            now_ms: now_ms(),
        }
    }

    /// A record in full; of a linked one that the leader has not told of yet, what its link says.
    fn status_of(&self, record: &Record) -> Option<Rc<RecordStatus>> {
        let shared = self.shared.borrow();
        let full = shared.records.iter().find(|status| status.record == *record);
        if let Some(full) = full {
            return Some(full.clone());
        }
        let link = shared.status.link(record)?;
        Some(Rc::new(RecordStatus {
            record: record.clone(),
            name: link.name.clone(),
            state: link.state,
            settled_ms: link.settled_ms,
            folder: None,
            one_way: false,
            progress: None,
            items: Vec::new(),
            problems: Vec::new(),
            activity: Vec::new(),
            affected: Vec::new(),
            cancelled: false,
        }))
    }

    /// A name for what the CRM user alone has.
    fn of_owner(&self, what: &str) -> String {
        [what, &self.owner.account, &self.owner.user].join("/")
    }

    fn new_id(&self) -> u32 {
        self.next_id.replace(self.next_id.get() + 1)
    }

    /// One that no other tab has.
    fn random_id(&self) -> String {
        [&*self.tab, "/", &decimal(self.new_id())].concat()
    }
}
