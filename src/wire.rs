//! The one way out: every request of the sync passes here, is counted, and is held back after a stop.

use crate::ports::{Ports, Request, Response, TransportError};
use std::cell::Cell;
use std::rc::Rc;

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

    /// Sends one request, unless stopped. An answer that comes after the stop is not handed on.
    pub async fn send(
        &self,
        request: &Request<P::Content>,
    ) -> Result<Box<Response<P::Content>>, TransportError> {
        if self.stopped.get() {
            return Err(TransportError::Cancelled);
        }
        self.request_count.set(self.request_count.get().wrapping_add(1));
        let answer = self.ports.send(request).await;
        if self.stopped.get() {
            return Err(TransportError::Cancelled);
        }
        answer
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
