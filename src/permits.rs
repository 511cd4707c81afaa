//! A counted permission to go on, in order of asking: bytes in flight, one writer at a time.

use crate::bell::Bell;
use std::cell::RefCell;
use std::future::Future;

#[derive(Debug)]
struct State {
    free: u64,
    total: u64,
    next_ticket: u64,
    /// Tickets of those who wait, first come first served.
    queue: Vec<u64>,
}

/// So many units, handed out and taken back.
#[derive(Debug)]
pub struct Permits {
    state: RefCell<State>,
    /// Rung when units were given back, or a place in the queue.
    freed: Bell,
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
        Self { state: RefCell::new(state), freed: Bell::default() }
    }

    /// Waits for so many units. Whoever wants more than there are gets all of them, alone.
    pub fn take(&self, units: u64) -> impl Future<Output = Permit<'_>> {
        let place = self.queue_up();
        self.freed.until(move || place.hand_out(units))
    }

    fn queue_up(&self) -> Place<'_> {
        let mut state = self.state.borrow_mut();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.queue.push(ticket);
        Place { permits: self, ticket }
    }
}

impl<'a> Place<'a> {
    fn hand_out(&self, units: u64) -> Option<Permit<'a>> {
        let permits = self.permits;
        let units = permits.state.borrow_mut().hand_out(self.ticket, units)?;
        Some(Permit { permits, units })
    }
}

impl State {
    /// As many units as there can be, if it is this ticket's turn and they are free.
    fn hand_out(&mut self, ticket: u64, units: u64) -> Option<u64> {
        let units = units.min(self.total);
        if self.queue.first() != Some(&ticket) || self.free < units {
            return None;
        }
        self.free -= units;
        Some(units)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.permits.state.borrow_mut().queue.retain(|ticket| *ticket != self.ticket);
        self.permits.freed.ring();
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.permits.state.borrow_mut().free += self.units;
        self.permits.freed.ring();
    }
}
