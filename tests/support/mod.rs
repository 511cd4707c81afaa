//! What the tests drive the plugin with: virtual time, tabs over the in-process world, power cuts.
//!
//! Deterministic: the same seeds give the same requests in the same order. No real clock, no threads.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

pub mod bench;
pub mod executor;
pub mod ports;
pub mod power;
pub mod scene;
pub mod script;
pub mod stage;
pub mod store;
pub mod told;
