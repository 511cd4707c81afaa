//! Every parser of outside bytes under fire: answers of both services, stored rows, the answers of a sign-in, and JSON.
//!
//! `cargo test --profile sim --test fuzz -- [--seconds N] [--seed K] [TARGET]…`: each target for so long (10 s). A seed
//! makes one attempt, which is printed when it fails: `--seed K --seconds 0 --trace` repeats
//! it alone with every request. Nothing may panic, nothing
//! may be written outside the record's folder, no content may be lost, and nothing may go on for ever.
#![allow(clippy::unwrap_used, reason = "a test program")]

mod mutate;
#[path = "../support/mod.rs"]
mod support;
mod targets;

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// One attempt: an error says what is wrong, and a panic is one.
type Attempt = fn(u64) -> Result<(), String>;

const TARGETS: &[(&str, Attempt)] = &[
    ("json", targets::json),
    ("services", targets::services),
    ("stored", targets::stored),
    ("sign-in", targets::sign_in),
];

struct Options {
    seconds: u64,
    seed: u64,
    names: Vec<String>,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(wrong) => {
            eprintln!("fuzz: {wrong}");
            return ExitCode::from(2);
        }
    };
    let mut failed = 0;
    let mut passed = 0;
    for (name, attempt) in TARGETS {
        if !options.names.is_empty() && !options.names.iter().any(|wanted| wanted == name) {
            continue;
        }
        match fire(*attempt, options.seed, Duration::from_secs(options.seconds)) {
            Ok(attempts) => {
                passed += 1;
                println!("{name}: {attempts} attempts from seed {}", options.seed);
            }
            Err((seed, wrong)) => {
                failed += 1;
                println!("{name}: FAILED with seed {seed}: {wrong}");
            }
        }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {word}. {passed} passed; {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

/// Attempts until the time is up, at least one; how many, or the first that failed.
fn fire(attempt: Attempt, seed: u64, time: Duration) -> Result<u64, (u64, String)> {
    let begun = Instant::now();
    let mut at = seed;
    loop {
        let outcome = catch_unwind(AssertUnwindSafe(|| attempt(at)));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(wrong)) => return Err((at, wrong)),
            Err(_) => return Err((at, "it panicked".into())),
        }
        at += 1;
        if begun.elapsed() >= time {
            return Ok(at - seed);
        }
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { seconds: 10, seed: 0, names: Vec::new() };
    while let Some(word) = words.next() {
        let mut number = || {
            let text = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            text.parse().map_err(|_| format!("{text}: not a number"))
        };
        match word.as_str() {
            "--seconds" => options.seconds = number()?,
            "--seed" => options.seed = number()?,
            "--trace" => targets::TRACED.store(true, Ordering::Relaxed),
            name if TARGETS.iter().any(|(known, _)| *known == name) => options.names.push(word),
            _ => return Err(format!("{word}: neither an option nor a target")),
        }
    }
    Ok(options)
}
