//! Leading: one tab of a user holds the lock, owns the driver, does the work and tells the others.

use super::tabs::{Command, Message, Shared};
use super::App;
use crate::driver::{Driver, OpenError, Setup, StateKey};
use crate::json::Read;
use crate::platform::{self, sleep, BrowserPorts};
use crate::ports::{Clock, Locks, Store};
use futures_util::future::{select, FutureExt};
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use sync_core::{decimal, Config, Event, Failure, RecordStatus, Side, Status, SyncReport};

/// The other tabs hear of changes at most so often (ms).
const TELL_MS: u32 = 100;
/// The page shows its panels before the driver begins (ms): the engine's first steps take a browser some 20 ms.
const SHOW_MS: u32 = 50;

impl App {
    /// Waits for the lead, takes it, and works until the page goes away or the plugin is stopped.
    pub(super) async fn lead(self: Rc<Self>) {
        let lock = self.of_owner("leader");
        let leading = async {
            loop {
                let _held = self.ports.lock(&lock).await;
                self.work_until_yielding().await;
            }
        };
        let stopped = pin!(self.bell.until(|| self.stopped.get().then_some(())));
        select(pin!(leading), stopped).await;
    }

    async fn work_until_yielding(self: &Rc<Self>) {
        self.leading.set(true);
        self.yielding.set(false);
        while !self.stopped.get() && !self.yielding.get() {
            self.work().await;
        }
        self.leading.set(false);
    }

    /// Lets the next tab lead. What is under way is picked up there, as after a tab that died.
    pub(super) fn step_down(&self) {
        self.yielding.set(true);
        self.begin_anew();
    }

    /// Ends the work of the present connection, and begins that of the one there is then.
    pub(super) fn begin_anew(&self) {
        self.epoch.set(self.epoch.get() + 1);
        self.bell.ring();
    }

    /// One connection from its begin to its end.
    async fn work(self: &Rc<Self>) {
        let epoch = self.epoch.get();
        let change = self.bell.until(|| (self.epoch.get() != epoch).then_some(()));
        let mut change = pin!(change);
        let Some(driver) = self.open_driver().await else { return change.await };
        *self.driver.borrow_mut() = Some(driver.clone());
        for panel in &*self.panels.borrow() {
            if let Some(own) = &panel.record {
                let (record, name) = (own.record.clone(), own.name().into());
                driver.send(Event::Named { record, name });
            }
        }
        for question in self.unanswered.take() {
            self.hear(question);
        }
        if driver.is_due() {
            // Overdue, or left undone by a tab that went away.
            driver.send(Event::Run);
        }
        self.tell(&driver);
        platform::spawn(self.clone().ask_space(driver.clone()));
        // In a box: what a page does not need to show its panels is not compiled before they are shown.
        let running = async {
            sleep(SHOW_MS).await;
            driver.run().boxed_local().await;
        };
        let running = pin!(running);
        let telling = pin!(self.keep_telling(&driver));
        select(select(running, telling), &mut change).await;
        self.driver.borrow_mut().take();
        // Nothing leaves from here on; what is under way is let go.
        driver.stop();
        // If it was retired, the connection is being ended, and what comes next is told by that. A change that is there
        // already is told once more.
        change.await;
    }

    /// The driver of the connection there is; without one, shows that.
    async fn open_driver(self: &Rc<Self>) -> Option<Rc<Driver<BrowserPorts>>> {
        let interval_minutes = self.stored_interval().await;
        let show_none = |error: Option<Failure>, newer: bool| {
            let status = Rc::new(Status { error, ..Status::default() });
            let (records, space) = (Vec::new(), None);
            self.show_shared(Shared { status, records, interval_minutes, space, newer });
            None
        };
        let dropbox = match self.auth.connection().await {
            Ok(Some(connection)) => connection.account.id,
            _ => return show_none(None, false),
        };
        let setup = Setup {
            key: StateKey {
                account: self.owner.account.clone(),
                user: self.owner.user.clone(),
                dropbox,
            },
            crm_api_base: self.api_base.clone(),
            config: Config {
                interval_ms: u64::from(interval_minutes) * 60_000,
                delete_guard_percent: self.delete_guard_percent,
                seed: u64::from(self.ports.random()),
                ..Config::default()
            },
            longpoll: true,
        };
        match Driver::open(self.ports.clone(), self.auth.clone(), setup).await {
            Ok(driver) => {
                self.shared.borrow_mut().interval_minutes = interval_minutes;
                Some(Rc::new(driver))
            }
            Err(error) => {
                let newer = matches!(error, OpenError::Newer(_));
                show_none((!newer).then_some(Failure::Store), newer)
            }
        }
    }

    /// Never ends.
    async fn keep_telling(self: &Rc<Self>, driver: &Driver<BrowserPorts>) {
        let mut version = driver.version();
        loop {
            version = driver.changed(version).await;
            self.tell(driver);
            sleep(TELL_MS).await;
        }
    }

    /// What the driver knows, to this tab and to the others.
    pub(super) fn tell(self: &Rc<Self>, driver: &Driver<BrowserPorts>) {
        let mut records: Vec<Rc<RecordStatus>> = Vec::new();
        for (_, watched) in &*self.watched.borrow() {
            for record in watched {
                if records.iter().all(|status| status.record != *record) {
                    records.extend(driver.record_status(record).map(Rc::new));
                }
            }
        }
        let known = self.shared.borrow();
        let shared = Shared {
            status: Rc::new(driver.status()),
            records,
            interval_minutes: known.interval_minutes,
            space: known.space,
            newer: false,
        };
        drop(known);
        self.show_shared(shared);
    }

    /// The same, if this tab leads.
    pub(super) fn tell_all(self: &Rc<Self>) {
        if let Some(driver) = self.driver.borrow().clone() {
            self.tell(&driver);
        }
    }

    fn show_shared(self: &Rc<Self>, shared: Shared) {
        let told = Message::State { leader: self.tab.clone(), shared: Box::new(shared) };
        self.say(&told);
        if let Message::State { shared, .. } = told {
            *self.shared.borrow_mut() = *shared;
        }
        self.informed.set(true);
        self.bell.ring();
        self.draw_soon();
    }

    /// How full the Dropbox is: to be shown, nothing more.
    pub(super) async fn ask_space(self: Rc<Self>, driver: Rc<Driver<BrowserPorts>>) {
        if let Ok(space) = driver.space().await {
            self.shared.borrow_mut().space = Some((space.used_bytes, space.allocated_bytes));
            self.tell(&driver);
        }
    }

    /// A command of this tab.
    pub(super) fn command(self: &Rc<Self>, command: Command) {
        self.ask(self.random_id(), command);
    }

    /// Done here if this tab leads, said to the leader otherwise.
    fn ask(self: &Rc<Self>, id: String, command: Command) {
        let question = Message::Ask { id, command };
        if self.driver.borrow().is_some() {
            self.hear(question);
        } else {
            self.say(&question);
            self.unanswered.borrow_mut().push(question);
        }
    }

    /// Does it, as the leader. A command said twice is done once.
    pub(super) fn take_command(self: &Rc<Self>, id: String, command: Command) {
        let Some(driver) = self.driver.borrow().clone() else { return };
        if !self.taken.borrow_mut().insert(id.clone()) {
            return;
        }
        match command {
            Command::Sync => {
                let app = self.clone();
                platform::spawn(async move {
                    let report = Some(driver.sync().await);
                    app.announce(Message::Taken { id, report });
                });
                return;
            }
            Command::Disconnect => platform::spawn(self.clone().disconnect(Some(driver))),
            Command::SetInterval(minutes) => platform::spawn(self.clone().set_interval(minutes)),
            other => {
                if let Some(event) = other.event() {
                    driver.send(event);
                }
            }
        }
        self.announce(Message::Taken { id, report: None });
    }

    /// Ends the connection. Without a driver, what it could not do is said already.
    pub(super) async fn disconnect(self: Rc<Self>, driver: Option<Rc<Driver<BrowserPorts>>>) {
        // In this order: whatever happens in between, no state authorises a deletion.
        let retired = match &driver {
            Some(driver) => driver.retire().await.is_ok(),
            None => true,
        };
        let ended = self.auth.disconnect().await.is_ok();
        if !retired || !ended {
            let Some(driver) = driver else { return };
            let mut status = driver.status();
            status.error = Some(Failure::Store);
            self.shared.borrow_mut().status = Rc::new(status);
        }
        self.connection_changed();
    }

    async fn set_interval(self: Rc<Self>, minutes: u32) {
        let row = (self.interval_key(), Some(decimal(minutes)));
        if self.ports.save(vec![row]).await.is_ok() {
            // The driver is told once, at its opening.
            self.begin_anew();
        }
    }

    async fn stored_interval(&self) -> u32 {
        let row = self.ports.load(&self.interval_key()).await.unwrap_or_default();
        let minutes = row.and_then(|text| u32::read_text(&text));
        minutes.filter(|minutes| (15..=1440).contains(minutes)).unwrap_or(self.interval_minutes)
    }

    fn interval_key(&self) -> String {
        [&*self.of_owner("settings"), "interval-minutes"].join("/")
    }

    /// One cycle over all linked records, wherever it runs.
    pub async fn sync(self: &Rc<Self>) -> SyncReport {
        let ended = |error| SyncReport { error: Some(error), ..SyncReport::default() };
        if !self.is_connected().await {
            return ended(Failure::Unauthorized(Side::Dropbox));
        }
        let id = self.random_id();
        let report = Rc::new(Cell::new(None));
        self.reports.borrow_mut().push((id.clone(), report.clone()));
        self.ask(id, Command::Sync);
        self.bell
            .until(|| {
                let stopped = self.stopped.get().then(|| ended(Failure::Cancelled));
                stopped.or_else(|| report.take())
            })
            .await
    }

    /// A leader took a command of some tab.
    pub(super) fn answered_with(&self, id: &str, report: Option<SyncReport>) {
        let mut unanswered = self.unanswered.borrow_mut();
        let asked =
            |question: &Message| matches!(question, Message::Ask { id: asked, .. } if asked == id);
        if let Some(at) = unanswered.iter().position(asked) {
            unanswered.remove(at);
        }
        let mut reports = self.reports.borrow_mut();
        if let Some(at) = reports.iter().position(|(other, _)| other == id) {
            let (_, awaited) = reports.swap_remove(at);
            awaited.set(report);
            self.bell.ring();
        }
    }
}
