//! The one way out: every request of the sync passes here, is counted, and is held back after a stop.

use crate::ports::{Ports, Request, Response};
use std::cell::Cell;
use std::rc::Rc;
use sync_core::Failure;

/// Sends, counts, stops.
#[derive(Debug)]
pub struct Wire<P> {
    ports: Rc<P>,
    request_count: Cell<u32>,
    stopped: Cell<bool>,
}

impl<P: Ports> Wire<P> {
    /// Open.
    pub fn new(ports: Rc<P>) -> Self {
        Self { ports, request_count: Cell::new(0), stopped: Cell::new(false) }
    }

    /// The surroundings.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// Sends one request, unless stopped: an answer that comes after the stop is not handed on either.
    ///
    /// `None` is an outage: no answer, or one of 5xx. The service may have acted.
    pub async fn send(
        &self,
        request: &Request<P::Content>,
    ) -> Result<Option<Box<Response<P::Content>>>, Failure> {
        if self.stopped.get() {
            return Err(Failure::Cancelled);
        }
        self.request_count.set(self.request_count.get().wrapping_add(1));
        let answer = self.ports.send(request).await;
        if self.stopped.get() {
            return Err(Failure::Cancelled);
        }
        Ok(answer.ok().filter(|answer| !(500..=599).contains(&answer.status)))
    }

    /// No request passes from now on.
    pub fn stop(&self) {
        self.stopped.set(true);
    }

    /// No request passes any more.
    pub fn is_stopped(&self) -> bool {
        self.stopped.get()
    }

    /// Requests sent so far.
    pub fn request_count(&self) -> u32 {
        self.request_count.get()
    }
}
