//! Both services in one pure [`World`]: it answers requests without sockets, clock or randomness of its own.
//!
//! The server (`main.rs`), the simulation and the tests drive the same world. It shares no code
//! with the plugin, so it cannot agree with the plugin's mistakes: not a struct, not the hash.

pub mod clock;
pub mod content;
mod control;
pub mod dropbox;
pub mod faults;
mod message;
pub mod options;
pub mod rng;
pub mod teamleader;
pub mod variants;
mod world;

pub use content::Content;
pub use dropbox::Dropbox;
pub use faults::{BodyKind, Effect, Fault, TooManyWritesForm};
pub use message::{html_escape, percent_decode, percent_encode, Origin, Reply, Request, Response};
pub use options::Options;
pub use rng::Rng;
pub use teamleader::Teamleader;
pub use variants::Variants;
pub use world::{Ctx, LogEntry, World};
