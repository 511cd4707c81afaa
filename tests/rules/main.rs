//! The sync rules around the matrix that the engine alone can show, each under its id. The matrix: `tests/decision_table.rs`;
//! what needs the clients and both services: `tests/driver_*.rs`.
#![allow(clippy::unwrap_used, reason = "tests")]

mod checkpoint;
mod faults;
mod folders;
mod guards;
#[path = "../model/mod.rs"]
mod model;
mod names;
mod peculiarities;
mod principles;
mod renames;
