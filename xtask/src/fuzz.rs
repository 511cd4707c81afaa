//! `fuzz`: every parser of outside bytes under fire, for a while. What is fired at stands in `tests/fuzz`.

use std::process::Command;

use anyhow::Result;

use crate::workspace::{run, Workspace};

/// How long each target is fired at with every test run (s).
const SECONDS: &str = "10";

/// Runs the program with these options, as fast as it goes.
pub fn fuzz(workspace: &Workspace, options: &[&str]) -> Result<()> {
    run(command(workspace, &["--profile", "sim"]).args(options))
}

/// As a step of all tests: as it is compiled for them.
pub fn step(workspace: &Workspace) -> Result<Option<Command>> {
    let mut cargo = command(workspace, &[]);
    cargo.args(["--seconds", SECONDS]);
    Ok(Some(cargo))
}

fn command(workspace: &Workspace, profile: &[&str]) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--quiet", "--test", "fuzz"]).args(profile).arg("--");
    cargo
}
