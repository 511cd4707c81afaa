//! What a person sees: the Documents panel and the settings.
//!
//! `model` holds what comes in and what goes out; `documents_view` and `settings_view` turn it into screens as
//! data; `key`, `text` and `words` put words to them; `markup`, `lists` and `settings_markup` make elements of both.
//! All of that is pure. Only `view` knows a browser: it makes the page equal to the elements. Nothing here
//! decides anything about sync.

pub mod key;
pub mod lists;
pub mod local;
pub mod markup;
pub mod model;
pub mod node;
pub mod settings_markup;
pub mod text;
pub mod words;

mod documents_view;
mod icons;
mod rows;
mod settings_view;
mod support_log;
#[cfg(target_arch = "wasm32")]
pub mod view;

pub use documents_view::view_of;
pub use model::{Action, Bulk, Candidate, ConnectFailure, Connection, Earlier, Settings, Snapshot};
pub use settings_view::settings_view_of;
pub use support_log::support_log;
pub use text::{Arg, Formats, PlainFormats, Text, Texts};
