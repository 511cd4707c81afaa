//! The sync engine: pure, `no_std`, without clock, randomness, input or output.
//!
//! Three trees per linked record (CRM, Dropbox, synced) go into [`plan`]; what comes out are operations, each a
//! primitive step. The [`Engine`] hands them out as effects, learns the outcomes, and plans again until a plan
//! is empty. It never learns the words HTTP, token, tab or DOM.
#![no_std]
extern crate alloc;

mod decimal;
mod effect;
mod engine;
mod event;
mod guard;
mod ids;
mod lower;
pub mod map;
mod path;
mod plan;
mod sort;
mod state;
mod status;
mod tree;
mod words;

pub use decimal::{decimal, push_decimal};
pub use effect::*;
pub use engine::{Config, Engine};
pub use event::Event;
pub use guard::dismiss;
pub use ids::*;
pub use path::*;
pub use plan::{plan, Operation, Plan, Policy, Replacement};
pub use sort::sort_by;
pub use state::*;
pub use status::*;
pub use tree::{apply, count_files, file_of, files, place_file, remove, File, Nodes};
