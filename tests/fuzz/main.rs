//! Every parser of outside bytes under fire: answers of both services, stored rows, the answers of a sign-in, and JSON.
//!
//! `cargo test --profile sim --test fuzz -- [--seconds N] [--seed K] [TARGET]…`: each target for so long (10 s), as many at
//! once as there are processors. A seed makes one attempt, which is printed when it fails: `--seed K --seconds 0 --trace`
//! repeats it alone with every request. Nothing may panic, nothing may be written outside the record's folder, no content
//! may be lost, and nothing may go on for ever.
#![allow(clippy::unwrap_used, reason = "a test program")]

mod mutate;
#[path = "../support/mod.rs"]
mod support;
mod targets;

use std::num::NonZero;
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
    let wanted =
        |name: &str| options.names.is_empty() || options.names.iter().any(|one| one == name);
    let targets: Vec<_> = TARGETS.iter().filter(|(name, _)| wanted(name)).collect();
    let at_once = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut failed = 0;
    for together in targets.chunks(at_once) {
        let time = Duration::from_secs(options.seconds);
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let fire_one = |(_, attempt): &&(&str, Attempt)| {
                let (attempt, seed) = (*attempt, options.seed);
                scope.spawn(move || fire(attempt, seed, time))
            };
            let under_way: Vec<_> = together.iter().map(fire_one).collect();
            under_way.into_iter().map(|one| one.join().expect("a panic is an outcome")).collect()
        });
        for ((name, _), outcome) in together.iter().zip(outcomes) {
            match outcome {
                Ok(attempts) => println!("{name}: {attempts} attempts from seed {}", options.seed),
                Err((seed, wrong)) => {
                    failed += 1;
                    println!("{name}: FAILED with seed {seed}: {wrong}");
                }
            }
        }
    }
    let passed = targets.len() - failed;
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
