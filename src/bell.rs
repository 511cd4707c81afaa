//! Waking whoever waits: the driver's loop, joined callers, the panel.

use std::cell::RefCell;
use std::future::{poll_fn, Future};
use std::task::{Context, Poll, Waker};

/// Rung when something changed; everybody who listens looks again.
#[derive(Debug, Default)]
pub struct Bell {
    listeners: RefCell<Vec<Waker>>,
}

impl Bell {
    /// Wakes all listeners.
    pub fn ring(&self) {
        let listeners = std::mem::take(&mut *self.listeners.borrow_mut());
        listeners.into_iter().for_each(Waker::wake);
    }

    /// Listens to the next ring.
    pub fn listen(&self, context: &Context<'_>) {
        let mut listeners = self.listeners.borrow_mut();
        if !listeners.iter().any(|waker| waker.will_wake(context.waker())) {
            listeners.push(context.waker().clone());
        }
    }

    /// Looks at once and after each ring, until there is something.
    pub fn until<'a, T>(
        &'a self,
        mut look: impl FnMut() -> Option<T> + 'a,
    ) -> impl Future<Output = T> + 'a {
        poll_fn(move |context| match look() {
            Some(found) => Poll::Ready(found),
            None => {
                self.listen(context);
                Poll::Pending
            }
        })
    }
}
