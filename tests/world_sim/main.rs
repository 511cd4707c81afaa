//! The whole system's simulation: the plugin's driver and clients against both emulated services, by seed.
//!
//! `cargo test --profile sim --test world_sim -- --seeds N [--from K] [--trace]`. One seed is a history of at least
//! 20 edits and 5 faults. Every seed runs twice and must leave the same trace. A violation prints its seed and the
//! fewest edits that show it, and the end of that history's trace; `--trace` prints all of it.
#![allow(clippy::unwrap_used, reason = "a test program")]

mod content;
mod coverage;
mod edits;
mod faults;
mod history;
mod ledger;
#[path = "../support/mod.rs"]
mod support;

use coverage::Coverage;
use history::History;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// From so many histories on, what was never met is a failure.
const HOLES_FROM: u64 = 2_000;
/// Lines of a failing history's trace.
const TRACE_END: usize = 40;
/// After so many failures nobody reads on.
const FAILURES_MAX: usize = 10;

/// What came of one run of a seed.
struct Outcome {
    result: Result<(), String>,
    digest: u64,
    coverage: Coverage,
    trace: Vec<String>,
}

fn simulate(seed: u64, edits_max: u64, keep_trace: bool) -> Outcome {
    let mut history = History::new(seed, keep_trace);
    let ledger = history.ledger.clone();
    let run = catch_unwind(AssertUnwindSafe(|| history.run(edits_max)));
    let result = run.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("panicked: {}", text.unwrap_or_default()))
    });
    let mut ledger = ledger.borrow_mut();
    Outcome {
        result,
        digest: ledger.digest(),
        coverage: std::mem::take(&mut ledger.coverage),
        trace: ledger.lines(),
    }
}

/// A seed, twice; the violation with the fewest edits that show one.
fn check(seed: u64, coverage: &mut Coverage) -> Result<(), (u64, String)> {
    let first = simulate(seed, u64::MAX, false);
    let second = simulate(seed, u64::MAX, false);
    coverage.add(first.coverage);
    if first.digest != second.digest || first.result != second.result {
        return Err((u64::MAX, "two runs differ".into()));
    }
    first.result.map_err(|violation| {
        let shorter =
            (0..35).find_map(|edits| Some((edits, simulate(seed, edits, false).result.err()?)));
        shorter.unwrap_or((u64::MAX, violation))
    })
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: u64| {
        let at = args.iter().position(|arg| arg == name);
        at.and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let (from, seeds) = (number("--from", 0), number("--seeds", 300));
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let workers = number("--workers", workers);
    let verbose = args.iter().any(|arg| arg == "--trace");
    std::panic::set_hook(Box::new(|_| {}));
    let start = Instant::now();
    let next = AtomicU64::new(from);
    let failures: Mutex<Vec<(u64, u64, String)>> = Mutex::default();
    let coverage = Mutex::new(Coverage::default());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut met = Coverage::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds || failures.lock().unwrap().len() >= FAILURES_MAX {
                        break;
                    }
                    if let Err((edits, violation)) = check(seed, &mut met) {
                        failures.lock().unwrap().push((seed, edits, violation));
                    }
                }
                coverage.lock().unwrap().add(met);
            });
        }
    });
    let took_s = start.elapsed().as_secs_f64().max(0.001);
    let run = next.load(Ordering::Relaxed).min(from + seeds) - from;
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    let coverage = coverage.into_inner().unwrap();
    for (what, count) in coverage.all() {
        println!("{what}: {count}");
    }
    for (seed, edits, violation) in &failures {
        println!("seed {seed}, {edits} edits: {violation}");
        let trace = simulate(*seed, *edits, true).trace;
        let skipped = if verbose { 0 } else { trace.len().saturating_sub(TRACE_END) };
        trace[skipped..].iter().for_each(|line| println!("  {line}"));
    }
    let holes = coverage.holes();
    if !holes.is_empty() {
        println!("never met: {}", holes.join(", "));
    }
    println!("{run} histories from seed {from}, each twice, {:.0} a second", run as f64 / took_s);
    println!("{} passed, {} failed", run - failures.len() as u64, failures.len());
    if !failures.is_empty() || run >= HOLES_FROM && !holes.is_empty() {
        std::process::exit(1);
    }
}
