//! Leading: one tab of a user holds the lock, owns the driver, does the work and tells the others.

use super::tabs::{Command, Message, Shared};
use super::App;
use crate::driver::{Driver, OpenError, Setup, StateKey};
use crate::platform::{self, sleep, BrowserPorts};
use crate::ports::{Clock, Locks, Store};
use futures_util::future::{select, Either, FutureExt};
use std::pin::pin;
use std::rc::Rc;
use sync_core::map::Set;
use sync_core::{Config, Event, Failure, Record, Side, SyncReport};

/// The other tabs hear of changes at most so often (ms).
const TELL_MS: u32 = 100;
/// The page shows its panels before the driver begins (ms): the engine's first steps take a browser some 20 ms.
const SHOW_MS: u32 = 50;

impl App {
    /// Waits for the lead, takes it, and works until the page goes away or the plugin is stopped.
    pub(super) async fn lead(self: Rc<Self>) {
        let ports = self.ports.clone();
        let lock = format!("leader/{}/{}", self.owner.account, self.owner.user);
        let leading = async {
            loop {
                ports.with_lock(&lock, self.work_until_yielding()).await;
            }
        };
        let stopped = pin!(self.stop_bell.until(|| self.stopped.get().then_some(())));
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
        self.epoch.set(self.epoch.get() + 1);
        self.change_bell.ring();
    }

    /// One connection from its begin to its end.
    async fn work(self: &Rc<Self>) {
        let epoch = self.epoch.get();
        let change = self.change_bell.until(|| (self.epoch.get() != epoch).then_some(()));
        let mut change = pin!(change);
        let Ok(Some(connection)) = self.auth.connection().await else {
            let interval_minutes = self.stored_interval().await;
            self.show_shared(Shared { interval_minutes, ..Shared::default() });
            return change.await;
        };
        let interval_minutes = self.stored_interval().await;
        let setup = Setup {
            key: StateKey {
                account: self.owner.account.clone(),
                user: self.owner.user.clone(),
                dropbox: connection.account.id,
            },
            crm_api_base: self.api_base.clone(),
            config: Config {
                interval_ms: u64::from(interval_minutes) * 60_000,
                delete_guard_percent: self.delete_guard_percent,
                seed: u64::from(self.ports.random()),
                ..Config::default()
            },
            // `plugin.js` calls `sync` when it is due.
            timer: false,
            longpoll: true,
        };
        let driver = match Driver::open(self.ports.clone(), self.auth.clone(), setup).await {
            Ok(driver) => Rc::new(driver),
            Err(error) => {
                let newer = matches!(error, OpenError::Newer(_));
                let error = (!newer).then_some(Failure::Store);
                let mut shared = Shared { newer, interval_minutes, ..Shared::default() };
                shared.status.error = error;
                self.show_shared(shared);
                return change.await;
            }
        };
        self.shared.borrow_mut().interval_minutes = interval_minutes;
        *self.driver.borrow_mut() = Some(driver.clone());
        for (record, name) in self.named() {
            driver.send(Command::Named { record, name }.event().expect("the engine hears names"));
        }
        for (id, command) in std::mem::take(&mut *self.unanswered.borrow_mut()) {
            self.take_command(id, command);
        }
        if driver.is_due() {
            // Overdue, or left undone by a tab that went away.
            driver.send(Event::Run);
        }
        self.tell(&driver);
        platform::spawn(self.clone().ask_space(driver.clone()));
        // In a box: what a page does not need to show its panels is not compiled before they are shown.
        let begun = driver.clone();
        let running = async move {
            sleep(SHOW_MS).await;
            begun.run().boxed_local().await;
        };
        let running = pin!(running);
        let telling = pin!(self.keep_telling(&driver));
        let working = select(running, telling);
        let ended = select(working, &mut change).await;
        self.driver.borrow_mut().take();
        match ended {
            Either::Right(((), working)) => {
                // Nothing leaves from here on; what is under way is let go.
                driver.stop();
                drop(working);
            }
            // Retired: the connection is being ended, and what comes next is told by that.
            Either::Left(_) => change.await,
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
        let watched = self.watched.borrow();
        let own = self.own_records();
        let records: Set<&Record> = watched.values().flatten().chain(&own).collect();
        let shared = Shared {
            status: driver.status(),
            records: records.into_iter().filter_map(|r| driver.record_status(r)).collect(),
            newer: false,
            ..self.shared.borrow().clone()
        };
        drop(watched);
        self.show_shared(shared);
    }

    fn show_shared(self: &Rc<Self>, shared: Shared) {
        self.say(&Message::State { leader: self.tab.clone(), shared: Box::new(shared.clone()) });
        *self.shared.borrow_mut() = shared;
        self.informed.set(true);
        self.informed_bell.ring();
        self.draw_soon();
    }

    /// How full the Dropbox is: to be shown, nothing more.
    pub(super) async fn ask_space(self: Rc<Self>, driver: Rc<Driver<BrowserPorts>>) {
        if let Ok(space) = driver.space().await {
            self.shared.borrow_mut().space = Some((space.used_bytes, space.allocated_bytes));
            self.tell(&driver);
        }
    }

    /// A command of this tab: done here if this tab leads, said to the leader otherwise.
    pub(super) fn command(self: &Rc<Self>, command: Command) -> String {
        let id = self.random_id();
        if self.driver.borrow().is_some() {
            self.take_command(id.clone(), command);
        } else {
            self.unanswered.borrow_mut().push((id.clone(), command.clone()));
            self.say(&Message::Ask { id: id.clone(), command });
        }
        id
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
                    let report = driver.sync().await;
                    app.say(&Message::Taken { id: id.clone(), report: Some(report.clone()) });
                    app.answered_with(&id, Some(report));
                });
                return;
            }
            Command::Disconnect => platform::spawn(self.clone().disconnect(driver)),
            Command::SetInterval(minutes) => platform::spawn(self.clone().set_interval(minutes)),
            other => {
                if let Some(event) = other.event() {
                    driver.send(event);
                }
            }
        }
        self.say(&Message::Taken { id, report: None });
    }

    async fn disconnect(self: Rc<Self>, driver: Rc<Driver<BrowserPorts>>) {
        // In this order: whatever happens in between, no state authorises a deletion.
        let retired = driver.retire().await;
        let ended = self.auth.disconnect().await;
        if retired.is_err() || ended.is_err() {
            self.shared.borrow_mut().status.error = Some(Failure::Store);
        }
        self.connection_changed().await;
    }

    async fn set_interval(self: Rc<Self>, minutes: u32) {
        let row = (self.interval_key(), Some(minutes.to_string()));
        if self.ports.save(vec![row]).await.is_ok() {
            // The driver is told once, at its opening.
            self.epoch.set(self.epoch.get() + 1);
            self.change_bell.ring();
        }
    }

    async fn stored_interval(&self) -> u32 {
        let rows = self.ports.load(&[self.interval_key()]).await.unwrap_or_default();
        let minutes = rows.into_iter().next().flatten().and_then(|text| text.parse().ok());
        minutes.filter(|minutes| (15..=1440).contains(minutes)).unwrap_or(self.interval_minutes)
    }

    fn interval_key(&self) -> String {
        format!("settings/{}/{}/interval-minutes", self.owner.account, self.owner.user)
    }

    /// One cycle, wherever it runs.
    pub(super) async fn sync(self: &Rc<Self>) -> SyncReport {
        let connected = matches!(self.auth.connection().await, Ok(Some(_)));
        if !connected {
            let error = Some(Failure::Unauthorized(Side::Dropbox));
            return SyncReport { error, ..SyncReport::default() };
        }
        let id = self.command(Command::Sync);
        self.report_bell
            .until(|| {
                if self.stopped.get() {
                    let error = Some(Failure::Cancelled);
                    return Some(SyncReport { error, ..SyncReport::default() });
                }
                self.reports.borrow_mut().remove(&id)
            })
            .await
    }

    /// A leader took a command of some tab.
    pub(super) fn answered_with(&self, id: &str, report: Option<SyncReport>) {
        self.unanswered.borrow_mut().retain(|(other, _)| other != id);
        let own = id.strip_prefix(&*self.tab).is_some_and(|rest| rest.starts_with('/'));
        if let Some(report) = report.filter(|_| own) {
            self.reports.borrow_mut().insert(id.into(), report);
            self.report_bell.ring();
        }
    }
}
