//! `sim`: random histories of the whole system, split over the processors.
//!
//! The engine's simulation is the test target `sim`, whose seeds are shared out here; the whole system's is the test
//! target `world_sim`, which shares them out itself. What the tests themselves are worth is seen to in `mutants`.

use anyhow::{bail, Context, Result};

use crate::workspace::{run, Workspace};
use std::process::{Child, Command};

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many histories.
    pub seeds: u64,
    /// The first seed.
    pub from: u64,
    /// The whole system alone, without the engine's own simulation.
    pub world: bool,
}

impl Options {
    /// Reads `--seeds N`, `--from K` and `--world`.
    pub fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options = Self { seeds: 2_000, from: 0, world: false };
        let mut rest = arguments.iter();
        while let Some(&name) = rest.next() {
            let mut number = || -> Result<u64> {
                let text = rest.next().with_context(|| format!("{name} needs a number"))?;
                text.parse().with_context(|| format!("{name} {text}: not a number"))
            };
            match name {
                "--seeds" => options.seeds = number()?,
                "--from" => options.from = number()?,
                "--world" => options.world = true,
                other => {
                    bail!("sim does not know {other}; it knows --seeds, --from, --world")
                }
            }
        }
        Ok(options)
    }

    /// Equal shares, the first ones one seed larger where they do not divide; none is empty.
    fn shares(self, workers: u64) -> Vec<Self> {
        let mut from = self.from;
        (0..workers.min(self.seeds))
            .map(|worker| {
                let seeds = self.seeds / workers + u64::from(worker < self.seeds % workers);
                let share = Self { seeds, from, ..self };
                from += seeds;
                share
            })
            .collect()
    }
}

/// Whether the checkout has a simulation.
pub fn exists(workspace: &Workspace) -> bool {
    workspace.root.join("tests/sim/main.rs").is_file()
}

/// Runs the histories of both simulations; fails if one of them broke a property.
pub fn sim(workspace: &Workspace, options: Options) -> Result<()> {
    if !options.world {
        engine(workspace, options)?;
    }
    world(workspace, options)
}

fn command(workspace: &Workspace, target: &str, extra: &[&str]) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--quiet", "--profile", "sim", "--test", target]).args(extra);
    cargo
}

/// The driver and the clients against both services.
fn world(workspace: &Workspace, options: Options) -> Result<()> {
    let (seeds, from) = (options.seeds.to_string(), options.from.to_string());
    let arguments = ["--", "--seeds", &seeds, "--from", &from];
    if let Err(error) = run(&mut command(workspace, "world_sim", &arguments)) {
        println!("test result: FAILED. 0 passed; 1 failed");
        return Err(error);
    }
    println!("test result: ok. 1 passed; 0 failed ({seeds} histories of the whole system)");
    Ok(())
}

/// The engine over a model of both services.
fn engine(workspace: &Workspace, options: Options) -> Result<()> {
    let command = |extra: &[&str]| command(workspace, "sim", extra);
    run(&mut command(&["--no-run"]))?;
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let mut running: Vec<(Options, Child)> = Vec::new();
    for share in options.shares(workers) {
        let mut cargo = command(&["--", "--seeds"]);
        cargo.args([share.seeds.to_string(), "--from".to_owned(), share.from.to_string()]);
        running.push((share, cargo.spawn().context("cannot start the simulation")?));
    }
    let mut broken = Vec::new();
    for (share, mut child) in running {
        if !child.wait()?.success() {
            broken.push(format!("{}..{}", share.from, share.from + share.seeds));
        }
    }
    if !broken.is_empty() {
        println!("test result: FAILED. {} passed; {} failed", 0, broken.len());
        bail!("a property broke among the seeds {}", broken.join(" and "));
    }
    println!("test result: ok. 1 passed; 0 failed ({} histories)", options.seeds);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
    use super::*;

    #[test]
    fn shares_cover_every_seed_once() {
        for (seeds, workers) in [(10, 3), (2, 4), (8, 2), (1, 1)] {
            let options = Options { seeds, from: 5, world: false };
            let mut next = 5;
            for share in options.shares(workers) {
                assert_eq!(share.from, next);
                assert!(share.seeds > 0);
                next += share.seeds;
            }
            assert_eq!(next, 5 + seeds);
        }
    }

    #[test]
    fn options_are_read_and_unknown_ones_refused() {
        let options = Options::parse(&["--from", "7", "--seeds", "9"]).unwrap();
        assert_eq!(options, Options { seeds: 9, from: 7, world: false });
        assert!(Options::parse(&["--seeds"]).is_err());
        assert!(Options::parse(&["--seed", "1"]).is_err());
    }
}
