//! Dropbox: one method per step the sync takes, over HTTP. Never sees a tree.
//!
//! Paths are relative to the app folder. Whoever writes holds the [`Dropbox::writer`] meanwhile: the app folder is one
//! namespace, and writers in parallel would only get in each other's way. Contents go up in parallel, through sessions.

mod batch;
mod call;
mod content;
mod folders;
mod header_json;
mod listing;
mod tags;
mod text;
mod types;

pub use listing::Listed;
pub use types::{LongpollAnswer, Space};

use crate::auth::Auth;
use crate::json::Write;
use crate::permits::Permits;
use crate::ports::{Endpoints, Ports};
use crate::wire::Wire;
use call::read;
use futures_util::FutureExt;
use std::future::Future;
use std::rc::Rc;
use sync_core::{Failure, Side};

/// The client. One per driver.
#[derive(Debug)]
pub struct Dropbox<P> {
    wire: Rc<Wire<P>>,
    auth: Rc<Auth<P>>,
    /// One writer at a time.
    writer: Permits,
}

impl<P: Ports> Dropbox<P> {
    /// Over this connection.
    pub fn new(wire: Rc<Wire<P>>, auth: Rc<Auth<P>>) -> Self {
        Self { wire, auth, writer: Permits::new(1) }
    }

    /// The one turn to write.
    pub fn writer(&self) -> &Permits {
        &self.writer
    }

    fn endpoints(&self) -> &Endpoints {
        self.auth.endpoints()
    }

    /// How full it is.
    pub fn space(&self) -> impl Future<Output = Result<Space, Failure>> + '_ {
        let asked = self.rpc("users/get_space_usage", ().write_text());
        asked.map(|answer| read(&answer?.plain()?.text))
    }
}

/// The answer had the right form and made no sense.
fn malformed<T>() -> Result<T, Failure> {
    Err(Failure::Malformed(Side::Dropbox))
}
