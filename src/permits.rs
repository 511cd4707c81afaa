//! A counted permission to go on, in order of asking: bytes in flight, one writer at a time.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, Waker};

#[derive(Debug)]
struct State {
    free: u64,
    total: u64,
    next_ticket: u64,
    /// Those who wait, first come first served.
    queue: Vec<(u64, Option<Waker>)>,
}

/// So many units, handed out and taken back.
#[derive(Debug)]
pub struct Permits {
    state: RefCell<State>,
}

/// Units held; given back when dropped.
#[derive(Debug)]
pub struct Permit<'a> {
    permits: &'a Permits,
    units: u64,
}

/// A place in the queue; left when dropped.
struct Place<'a> {
    permits: &'a Permits,
    ticket: u64,
}

impl Permits {
    /// With so many units to hand out.
    pub fn new(total: u64) -> Self {
        let state = State { free: total, total, next_ticket: 0, queue: Vec::new() };
        Self { state: RefCell::new(state) }
    }

    /// Waits for so many units. Whoever wants more than there are gets all of them, alone.
    pub async fn take(&self, units: u64) -> Permit<'_> {
        let place = {
            let mut state = self.state.borrow_mut();
            let ticket = state.next_ticket;
            state.next_ticket += 1;
            state.queue.push((ticket, None));
            Place { permits: self, ticket }
        };
        let units = poll_fn(|context| {
            let mut state = self.state.borrow_mut();
            let units = units.min(state.total);
            let first = state.queue.first().is_some_and(|(ticket, _)| *ticket == place.ticket);
            if first && state.free >= units {
                state.free -= units;
                return Poll::Ready(units);
            }
            if let Some(entry) = state.queue.iter_mut().find(|(ticket, _)| *ticket == place.ticket)
            {
                entry.1 = Some(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
        drop(place);
        Permit { permits: self, units }
    }

    fn wake_first(&self) {
        let waker = self.state.borrow_mut().queue.first_mut().and_then(|(_, waker)| waker.take());
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.permits.state.borrow_mut().queue.retain(|(ticket, _)| *ticket != self.ticket);
        self.permits.wake_first();
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.permits.state.borrow_mut().free += self.units;
        self.permits.wake_first();
    }
}
