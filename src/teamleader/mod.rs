//! The CRM: one method per step the sync takes, over its public API. Never sees a tree.
//!
//! Source: Teamleader's published API specification (version 2023-09-26). Every request passes the budget of
//! [`Limiter`](crate::limiter::Limiter) and carries the host's token; the upload and download locations do not.

mod call;
mod files;
mod names;
mod records;
mod subject;
mod types;

use crate::limiter::Limiter;
use crate::ports::Ports;
use crate::wire::Wire;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use subject::Generation;
use sync_core::map::Map;
use sync_core::{Failure, Side};

/// The client. One per driver.
#[derive(Debug)]
pub struct Teamleader<P> {
    wire: Rc<Wire<P>>,
    api_base: String,
    limiter: Limiter,
    /// Which generation of projects the account uses; asked once.
    account_generation: Cell<Option<Generation>>,
    /// Projects whose generation is known, by id.
    generations: RefCell<Map<String, Generation>>,
}

impl<P: Ports> Teamleader<P> {
    /// Over the API at this address (the host's `apiBase`).
    pub fn new(wire: Rc<Wire<P>>, mut api_base: &str) -> Self {
        while let Some(shorter) = api_base.strip_suffix('/') {
            api_base = shorter;
        }
        Self {
            wire,
            api_base: api_base.into(),
            limiter: Limiter::default(),
            account_generation: Cell::new(None),
            generations: RefCell::new(Map::new()),
        }
    }

    /// The request budget, to be shown.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }
}

/// The answer had the right form and made no sense.
fn malformed<T>() -> Result<T, Failure> {
    Err(Failure::Malformed(Side::Crm))
}
