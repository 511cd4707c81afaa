//! What does not depend on the machine: requests, and time where a service's limit makes it. The whole plugin in
//! virtual time over both services in process.
//!
//! `cargo bench --bench services [-- ROW]`; `cargo xtask bench` reads what is printed.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up its world has failed")]

mod first_copy;
mod first_listing;
mod polling;
mod quiet_cycle;
mod rename;
mod row;
mod scenery;
#[path = "../../tests/support/mod.rs"]
mod support;

/// A row of the table, by the word that chooses it.
const ROWS: &[(&str, fn())] = &[
    ("first-copy", first_copy::measure),
    ("quiet-requests", quiet_cycle::measure),
    ("first-listing-calls", first_listing::measure),
    ("rename", rename::measure),
    ("polling", polling::measure),
];

fn main() {
    // cargo passes flags of its own.
    let words = std::env::args().skip(1).filter(|word| !word.starts_with('-'));
    let wanted: Vec<String> = words.collect();
    for (name, measure) in ROWS {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            let begun = std::time::Instant::now();
            measure();
            eprintln!("{name}: {:.1} s", begun.elapsed().as_secs_f64());
        }
    }
}
