//! The panel and the settings without a browser: every state as elements, in every language.
#![allow(clippy::unwrap_used, reason = "tests")]

mod asking;
mod html;
mod markup;
mod scenes;
mod support_log;
mod translations;
