//! Virtual time, and one thread that runs tasks in an order drawn from a seed.
//!
//! Nothing sleeps: when no task can go on, time jumps to the next moment something waits for.

use super::power::Power;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// Is told the new time (ms).
type Follower = Box<dyn Fn(u64)>;

/// The one clock of a test, and everything that waits for it.
pub struct Timeline {
    now_ms: Cell<u64>,
    next_id: Cell<u64>,
    sleepers: RefCell<BTreeMap<(u64, u64), Waker>>,
    followers: RefCell<Vec<Follower>>,
}

impl Timeline {
    /// Begins at this moment (ms since 1970).
    pub fn new(now_ms: u64) -> Rc<Self> {
        Rc::new(Self {
            now_ms: Cell::new(now_ms),
            next_id: Cell::new(0),
            sleepers: RefCell::default(),
            followers: RefCell::default(),
        })
    }

    /// Now (ms since 1970).
    pub fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    /// Calls this whenever time has moved, and once at once.
    pub fn follow(&self, follower: impl Fn(u64) + 'static) {
        follower(self.now_ms());
        self.followers.borrow_mut().push(Box::new(follower));
    }

    /// Waits for a moment; one in the past lets the other tasks go first once.
    pub async fn sleep_until(&self, at_ms: u64) {
        let id = self.next_id.replace(self.next_id.get() + 1);
        let sleeper = Sleeper { timeline: self, key: (at_ms.max(self.now_ms()), id) };
        let mut asleep = false;
        poll_fn(|context| {
            let mut sleepers = self.sleepers.borrow_mut();
            if asleep && !sleepers.contains_key(&sleeper.key) {
                return Poll::Ready(());
            }
            asleep = true;
            sleepers.insert(sleeper.key, context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Lets every other task that can go on go first.
    pub async fn pass(&self) {
        let mut passed = false;
        poll_fn(|context| {
            if passed {
                return Poll::Ready(());
            }
            passed = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// The next moment something waits for.
    pub fn next_ms(&self) -> Option<u64> {
        self.sleepers.borrow().keys().next().map(|(at_ms, _)| *at_ms)
    }

    /// Moves on to a moment and wakes what waited until then.
    pub fn advance_to(&self, at_ms: u64) {
        if at_ms > self.now_ms() {
            self.now_ms.set(at_ms);
            self.followers.borrow().iter().for_each(|follower| follower(at_ms));
        }
        loop {
            let mut sleepers = self.sleepers.borrow_mut();
            let Some((key, _)) = sleepers.first_key_value() else { return };
            let key = *key;
            if key.0 > self.now_ms() {
                return;
            }
            let waker = sleepers.remove(&key);
            drop(sleepers);
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

struct Sleeper<'a> {
    timeline: &'a Timeline,
    key: (u64, u64),
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.timeline.sleepers.borrow_mut().remove(&self.key);
    }
}

/// A task of an [`Executor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskId(usize);

/// The future handed to [`Executor::block_on`].
const MAIN: TaskId = TaskId(usize::MAX);

#[derive(Default)]
struct Ready(Mutex<Vec<TaskId>>);

struct TaskWaker {
    id: TaskId,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.0.lock().expect("one thread never panics while it holds this");
        if !ready.contains(&self.id) {
            ready.push(self.id);
        }
    }
}

struct Running {
    power: Rc<Power>,
    future: Pin<Box<dyn Future<Output = ()>>>,
}

/// Runs tasks on one thread.
pub struct Executor {
    timeline: Rc<Timeline>,
    tasks: BTreeMap<TaskId, Running>,
    next_id: usize,
    ready: Arc<Ready>,
    /// Draws who goes next; without it, whoever was woken first.
    random: Option<u64>,
}

impl Executor {
    /// First woken, first served.
    pub fn new(timeline: Rc<Timeline>) -> Self {
        Self { timeline, tasks: BTreeMap::new(), next_id: 0, ready: Arc::default(), random: None }
    }

    /// Whoever can go on is drawn from a seed: the same seed, the same order.
    pub fn with_seed(timeline: Rc<Timeline>, seed: u64) -> Self {
        Self { random: Some(seed), ..Self::new(timeline) }
    }

    /// The clock.
    pub fn timeline(&self) -> &Rc<Timeline> {
        &self.timeline
    }

    /// A task that runs while the executor does, and is dropped when its power is cut.
    pub fn spawn(
        &mut self,
        power: &Rc<Power>,
        future: impl Future<Output = ()> + 'static,
    ) -> TaskId {
        let id = TaskId(self.next_id);
        self.next_id += 1;
        self.tasks.insert(id, Running { power: power.clone(), future: Box::pin(future) });
        self.waker(id).wake();
        id
    }

    /// Drops a task where it stands.
    pub fn kill(&mut self, id: TaskId) {
        self.tasks.remove(&id);
    }

    /// Whether a task has neither ended nor been dropped.
    pub fn is_alive(&self, id: TaskId) -> bool {
        self.tasks.contains_key(&id)
    }

    /// Runs everything until this future is ready. Panics if nothing can ever make it so.
    pub fn block_on<T>(&mut self, future: impl Future<Output = T>) -> T {
        self.try_block_on(u64::MAX, future).expect("all tasks wait for something that never comes")
    }

    /// As [`Executor::block_on`], but gives up when everything waits forever or for a time after this one (ms).
    pub fn try_block_on<T>(&mut self, until_ms: u64, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let waker = self.waker(MAIN);
        waker.wake_by_ref();
        loop {
            let Some(id) = self.next_ready() else {
                self.drop_dead();
                if self.has_ready() {
                    continue;
                }
                match self.timeline.next_ms().filter(|at_ms| *at_ms <= until_ms) {
                    Some(at_ms) => self.timeline.advance_to(at_ms),
                    None => return None,
                }
                continue;
            };
            if id == MAIN {
                let mut context = Context::from_waker(&waker);
                if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                    return Some(value);
                }
            } else {
                self.poll_task(id);
            }
        }
    }

    /// Runs everything up to this moment (ms), and lets time pass until then.
    pub fn run_until(&mut self, at_ms: u64) {
        let timeline = self.timeline.clone();
        self.block_on(async move { timeline.sleep_until(at_ms).await });
    }

    /// Runs everything for so long (ms).
    pub fn run_for(&mut self, duration_ms: u64) {
        self.run_until(self.timeline.now_ms() + duration_ms);
    }

    /// Runs what can go on now, without letting time pass.
    pub fn run_ready(&mut self) {
        while let Some(id) = self.next_ready() {
            self.poll_task(id);
        }
        self.drop_dead();
    }

    fn poll_task(&mut self, id: TaskId) {
        let waker = self.waker(id);
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let ended = task.power.is_cut()
            || task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
            || task.power.is_cut();
        if ended {
            self.tasks.remove(&id);
            self.drop_dead();
        }
    }

    /// Everything on a cut power stops at once, wherever it was.
    fn drop_dead(&mut self) {
        self.tasks.retain(|_, task| !task.power.is_cut());
    }

    fn has_ready(&self) -> bool {
        !self.ready.0.lock().expect("one thread never panics while it holds this").is_empty()
    }

    fn next_ready(&mut self) -> Option<TaskId> {
        let mut ready = self.ready.0.lock().expect("one thread never panics while it holds this");
        if ready.is_empty() {
            return None;
        }
        let index = match &mut self.random {
            None => 0,
            Some(state) => next_random(state) as usize % ready.len(),
        };
        Some(ready.remove(index))
    }

    fn waker(&self, id: TaskId) -> Waker {
        Waker::from(Arc::new(TaskWaker { id, ready: self.ready.clone() }))
    }
}

/// splitmix64.
pub fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
