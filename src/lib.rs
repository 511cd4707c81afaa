//! The plugin: two-way sync of a CRM record's documents with the user's Dropbox app folder, in the browser.
//!
//! Everything outside `platform/` and the panel's view also compiles natively.

pub mod auth;
pub mod backoff;
pub mod driver;
pub mod dropbox;
pub mod limiter;
pub mod panel;
pub mod percent;
pub mod permits;
pub mod ports;
pub mod teamleader;
pub mod wire;
