//! A tab's power supply: it can be cut at any moment, and planned to be cut at a request or a save.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

/// On which side of a step the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The request never leaves; the transaction is not written.
    Before,
    /// The server acted, the transaction was written; nobody learned of it.
    After,
}

/// Of one tab. A step is a request or a transaction of the store.
#[derive(Debug, Default)]
pub struct Power {
    cut: Cell<bool>,
    steps: Cell<u64>,
    planned: Cell<Option<(u64, Cut)>>,
}

impl Power {
    /// On.
    pub fn new() -> Rc<Self> {
        Rc::default()
    }

    /// Off, for good.
    pub fn cut(&self) {
        self.cut.set(true);
    }

    /// Off at the step of this number (from 1, over the whole life of this supply).
    pub fn cut_at(&self, step: u64, side: Cut) {
        self.planned.set(Some((step, side)));
    }

    /// No cut is planned any more.
    pub fn spare(&self) {
        self.planned.set(None);
    }

    /// Whether it is off.
    pub fn is_cut(&self) -> bool {
        self.cut.get()
    }

    /// Steps so far.
    pub fn step_count(&self) -> u64 {
        self.steps.get()
    }

    /// Takes a step; never comes back if the power goes.
    pub(super) async fn step<T>(&self, act: impl FnOnce() -> T) -> T {
        let number = self.steps.get() + 1;
        self.steps.set(number);
        if self.is_cut() || self.planned.get() == Some((number, Cut::Before)) {
            self.cut();
            return pending().await;
        }
        let done = act();
        if self.planned.get() == Some((number, Cut::After)) {
            self.cut();
            return pending().await;
        }
        done
    }
}
