//! The plugin: two-way sync of a CRM record's documents with the user's Dropbox app folder, in the browser.
//!
//! Everything outside `platform/`, `app/`, `exports` and the panel's view also compiles natively.

pub mod auth;
pub mod backoff;
pub mod bell;
pub mod driver;
pub mod dropbox;
pub mod json;
pub mod limiter;
pub mod old_folders;
pub mod panel;
pub mod percent;
pub mod permits;
pub mod ports;
pub mod teamleader;
pub mod wire;

#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
mod exports;
#[cfg(target_arch = "wasm32")]
pub mod platform;

/// Takes constant time, joins what is free, and grows a text where it stands.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::GlobalTlsf = rlsf::GlobalTlsf::new();
