//! Carries the engine's effects to the clients and their outcomes back. One per leader tab.
//!
//! Decides nothing about documents, nor when a cycle is due: the page asks [`Driver::is_due`]. Owns Dropbox's longpoll
//! between cycles. Bytes are handled by reference alone. What the rows look like stands in `stored`, what an effect does
//! in `effects`.

mod checkpoint;
mod effects;
mod stored;

pub use stored::{OpenError, StateKey};

use crate::auth::Auth;
use crate::bell::Bell;
use crate::dropbox::{Dropbox, LongpollAnswer, Space};
use crate::json::Write;
use crate::permits::Permits;
use crate::ports::{Ports, StoreError};
use crate::teamleader::Teamleader;
use crate::wire::Wire;
use futures_util::future::LocalBoxFuture;
use futures_util::FutureExt;
use std::cell::{Cell, RefCell};
use std::future::{poll_fn, Future};
use std::rc::Rc;
use std::task::{Context, Poll};
use sync_core::{
    Config, Cursor, Engine, Event, Failure, Outcome, Record, RecordStatus, Status, StoredIndex,
    SyncReport, TaskId,
};

/// Bytes of documents in the page at one time.
const BYTES_IN_FLIGHT: u64 = 64 * 1024 * 1024;
/// How long one longpoll waits at Dropbox (s).
const LONGPOLL_S: u32 = 480;
/// Waits between longpolls that brought nothing new (ms): the first, and the longest.
const LONGPOLL_REST_MS: (u32, u32) = (2_000, 300_000);

/// What a driver is told once.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whose state.
    pub key: StateKey,
    /// The host's `apiBase`.
    pub crm_api_base: String,
    /// For the engine.
    pub config: Config,
    /// Ask Dropbox for changes between cycles.
    pub longpoll: bool,
}

/// An effect being carried out.
type Carried<'a> = (TaskId, LocalBoxFuture<'a, Result<Outcome, Failure>>);

/// Engine, clients, store and time, together.
pub struct Driver<P: Ports> {
    ports: Rc<P>,
    wire: Rc<Wire<P>>,
    auth: Rc<Auth<P>>,
    dropbox: Dropbox<P>,
    crm: Teamleader<P>,
    engine: RefCell<Engine>,
    key: StateKey,
    longpoll: bool,
    /// Events from outside, in order.
    inbox: RefCell<Vec<Event>>,
    /// Rung when there is something to do for [`Driver::run`].
    work: Bell,
    /// Rung when the engine moved.
    moved: Bell,
    /// As last saved: where a longpoll listens.
    cursor: RefCell<Option<Cursor>>,
    bytes_in_flight: Permits,
    /// Cycles ended so far, and the last one's report.
    ended: Cell<u64>,
    report: RefCell<SyncReport>,
    /// Requests when the running cycle began.
    requests_before: Cell<u32>,
    was_running: Cell<bool>,
}

impl<P: Ports> Driver<P> {
    /// Reads the state of these accounts. Newer state is refused and left as it is; unreadable state is as none.
    pub async fn open(
        ports: Rc<P>,
        auth: Rc<Auth<P>>,
        mut setup: Setup,
    ) -> Result<Self, OpenError> {
        auth.bind(&setup.key.dropbox);
        setup.config.shared_folder = setup.key.shared_folder();
        setup.config.write_index = StoredIndex::write_text;
        setup.config.browser = u64::from(ports.random()) << 32 | u64::from(ports.random()) | 1;
        let index = stored::load_index(&*ports, &setup.key).await?;
        let cursor = index.cursor.clone();
        let wire = Rc::new(Wire::new(ports.clone()));
        Ok(Self {
            dropbox: Dropbox::new(wire.clone(), auth.clone()),
            crm: Teamleader::new(wire.clone(), &setup.crm_api_base),
            engine: RefCell::new(Engine::new(setup.config, index)),
            ports,
            wire,
            auth,
            key: setup.key,
            longpoll: setup.longpoll,
            inbox: RefCell::new(Vec::new()),
            work: Bell::default(),
            moved: Bell::default(),
            cursor: RefCell::new(cursor),
            bytes_in_flight: Permits::new(BYTES_IN_FLIGHT),
            ended: Cell::new(0),
            report: RefCell::new(SyncReport::default()),
            requests_before: Cell::new(0),
            was_running: Cell::new(false),
        })
    }

    /// Works until stopped. Dropping it is like closing the tab: what was asked for may happen all the same.
    pub async fn run(&self) {
        let mut tasks: Vec<Carried<'_>> = Vec::new();
        let mut watch = self.longpoll.then(|| self.watch().boxed_local());
        poll_fn(|context| loop {
            if self.wire.is_stopped() {
                return Poll::Ready(());
            }
            self.work.listen(context);
            let mut busy = self.take_in();
            while let Some(task) = self.next_task() {
                busy = true;
                tasks.push((task.id, self.carry_out(task.effect).boxed_local()));
            }
            busy |= self.poll_tasks(&mut tasks, context);
            if let Some(watch) = &mut watch {
                // It never ends; it speaks by sending.
                let _: Poll<()> = watch.poll_unpin(context);
            }
            if !busy {
                return Poll::Pending;
            }
        })
        .await;
    }

    /// Hands an event to the engine. [`Driver::run`] must be running for anything to come of it.
    pub fn send(&self, event: Event) {
        self.inbox.borrow_mut().push(event);
        self.work.ring();
    }

    /// One cycle over all records, or the rest of the one that is running; what is running for some of them alone is
    /// followed by one over all. [`Driver::run`] must be running.
    pub fn sync(&self) -> impl Future<Output = SyncReport> + '_ {
        self.cycle(Event::Run)
    }

    /// A cycle over what Dropbox tells of, or the rest of the one that is running.
    pub fn look(&self) -> impl Future<Output = SyncReport> + '_ {
        self.cycle(Event::Look)
    }

    fn cycle(&self, begin: Event) -> impl Future<Output = SyncReport> + '_ {
        let ended = self.ended.get();
        // While a cycle runs the engine knows what is left to begin after it.
        self.send(begin);
        self.moved.until(move || {
            if self.ended.get() != ended {
                Some(self.report.borrow().clone())
            } else if self.wire.is_stopped() {
                let error = Some(Failure::Cancelled);
                Some(SyncReport { error, ..SyncReport::default() })
            } else {
                None
            }
        })
    }

    /// A cycle is running.
    pub fn is_running(&self) -> bool {
        self.engine.borrow().is_running()
    }

    /// A cycle is due now: its time has come, or something was left undone.
    pub fn is_due(&self) -> bool {
        let engine = self.engine.borrow();
        !engine.is_running()
            && engine.poll_timeout().is_some_and(|due_ms| due_ms <= self.ports.now_ms())
    }

    /// Over all.
    pub fn status(&self) -> Status {
        self.engine.borrow().status()
    }

    /// One record in full.
    pub fn record_status(&self, record: &Record) -> Option<RecordStatus> {
        self.engine.borrow().record_status(record)
    }

    /// Grows whenever something to be shown changed.
    pub fn version(&self) -> u64 {
        self.engine.borrow().version()
    }

    /// Waits until the version is another than this, and says which. Never returns after a stop.
    pub fn changed(&self, since: u64) -> impl Future<Output = u64> + '_ {
        self.moved.until(move || Some(self.version()).filter(|version| *version != since))
    }

    /// The connection in use.
    pub fn auth(&self) -> &Rc<Auth<P>> {
        &self.auth
    }

    /// How full the Dropbox is.
    pub fn space(&self) -> impl Future<Output = Result<Space, Failure>> + '_ {
        self.dropbox.space()
    }

    /// Requests of both clients so far.
    pub fn request_count(&self) -> u32 {
        self.wire.request_count()
    }

    /// No request from now on; [`Driver::run`] and all that wait on it return.
    pub fn stop(&self) {
        self.wire.stop();
        self.engine.borrow_mut().handle(Event::Stop, self.ports.now_ms());
        self.work.ring();
        self.moved.ring();
    }

    /// Stops, and removes the state of these accounts: the end of a connection. All files stay. The checkpoint is told,
    /// if Dropbox can be reached; if not, this browser remembers not to believe it.
    pub async fn retire(&self) -> Result<(), StoreError> {
        self.stop();
        let generation = self.engine.borrow().checkpoint();
        stored::retire(&*self.ports, &self.key, generation).await?;
        if generation != 0 && self.retire_checkpoint(generation).await {
            stored::forget_retired(&*self.ports, &self.key).await?;
        }
        Ok(())
    }

    fn next_task(&self) -> Option<sync_core::Task> {
        self.engine.borrow_mut().poll_effect(self.ports.now_ms())
    }

    /// Tells the engine of one effect that came to its end; says whether there was one.
    fn poll_tasks(&self, tasks: &mut Vec<Carried<'_>>, context: &mut Context<'_>) -> bool {
        for at in 0..tasks.len() {
            if let Poll::Ready(ended) = tasks[at].1.poll_unpin(context) {
                let (task, _) = tasks.remove(at);
                let outcome = ended.unwrap_or_else(Outcome::Failed);
                self.step(Event::Done { task, outcome });
                return true;
            }
        }
        false
    }

    /// Events from outside; says whether there were any.
    fn take_in(&self) -> bool {
        let events = std::mem::take(&mut *self.inbox.borrow_mut());
        let busy = !events.is_empty();
        events.into_iter().for_each(|event| self.step(event));
        busy
    }

    /// One event into the engine, and what follows for those who wait.
    fn step(&self, event: Event) {
        let report = {
            let mut engine = self.engine.borrow_mut();
            engine.set_today(&self.ports.today());
            engine.handle(event, self.ports.now_ms());
            let is_running = engine.is_running();
            if is_running && !self.was_running.get() {
                self.requests_before.set(self.wire.request_count());
            }
            self.was_running.set(is_running);
            engine.poll_report()
        };
        if let Some(mut report) = report {
            let requests = self.wire.request_count();
            report.requests = requests.wrapping_sub(self.requests_before.replace(requests));
            *self.report.borrow_mut() = report;
            self.ended.set(self.ended.get() + 1);
        }
        self.moved.ring();
    }

    /// Between cycles, lets Dropbox say when something changed. Never ends.
    async fn watch(&self) {
        let mut rest_ms = LONGPOLL_REST_MS.0;
        loop {
            let cursor = self.moved.until(|| self.watchable()).await;
            let answer = self.dropbox.longpoll(&cursor, LONGPOLL_S).await;
            if self.cursor.borrow().as_ref() != Some(&cursor) {
                // A cycle came first: it has seen the change.
                rest_ms = LONGPOLL_REST_MS.0;
                continue;
            }
            if matches!(
                answer,
                Ok(LongpollAnswer { changes: true, .. }) | Err(Failure::CursorReset)
            ) {
                self.look().await;
            }
            let moved = self.cursor.borrow().as_ref() != Some(&cursor);
            let longer_ms = rest_ms.saturating_mul(2).min(LONGPOLL_REST_MS.1);
            let pause_ms = match answer {
                Ok(LongpollAnswer { changes, backoff }) => {
                    // A change elsewhere in the account wakes for nothing: less and less often.
                    rest_ms = if changes && !moved { longer_ms } else { LONGPOLL_REST_MS.0 };
                    let asked_ms = backoff.unwrap_or(0).saturating_mul(1_000);
                    let own_ms = if changes { rest_ms } else { 0 };
                    own_ms.max(asked_ms)
                }
                Err(failure) if effects::may_pass(&failure) => {
                    rest_ms = longer_ms;
                    rest_ms
                }
                Err(_) => LONGPOLL_REST_MS.1,
            };
            if pause_ms > 0 {
                self.ports.sleep(pause_ms.saturating_add(self.ports.random() % 1_000)).await;
            }
        }
    }

    /// Where a longpoll may listen now.
    fn watchable(&self) -> Option<Cursor> {
        let wanted = self.engine.borrow().wants_news();
        wanted.then(|| self.cursor.borrow().clone()).flatten()
    }
}
