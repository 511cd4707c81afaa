//! `fuzz`: every parser of outside bytes under fire, for a while. What is fired at stands in `tests/fuzz`.

use std::process::Command;

use anyhow::Result;

use crate::workspace::{run, Workspace};

/// How long each target is fired at with every test run (s).
const SECONDS: &str = "10";

/// Runs the program with these options.
pub fn fuzz(workspace: &Workspace, options: &[&str]) -> Result<()> {
    run(command(workspace).args(options))
}

/// As a step of all tests.
pub fn step(workspace: &Workspace) -> Result<Option<Command>> {
    let mut cargo = command(workspace);
    cargo.args(["--seconds", SECONDS]);
    Ok(Some(cargo))
}

/// The same profile as the simulations: they share what is compiled.
fn command(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--quiet", "--profile", "sim", "--test", "fuzz", "--"]);
    cargo
}
