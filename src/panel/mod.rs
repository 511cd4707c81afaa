//! What a person sees: the Documents panel and the settings.
//!
//! `model` holds what comes in and what goes out, `documents_view` and `settings_view` turn it into screens as
//! data, `text` puts words to them; all of that is pure. The view itself is not built yet. Nothing here
//! decides anything about sync.

pub mod model;
pub mod text;

mod documents_view;
mod rows;
mod settings_view;
mod support_log;
#[cfg(target_arch = "wasm32")]
pub mod view;

pub use documents_view::view_of;
pub use model::{Action, Bulk, Candidate, ConnectFailure, Connection, Settings, Snapshot};
pub use settings_view::settings_view_of;
pub use support_log::support_log;
pub use text::{Arg, Formats, PlainFormats, Text, Texts};
