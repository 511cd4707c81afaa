//! `test`: every test of the project, one step after the other.
//!
//! A step prints one line when it begins and one with its result; a failing one prints what it
//! said of its failures. The last line sums what the test runners themselves counted. What the
//! tests check is theirs to say: here stands only how they are started.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{bail, Result};

use crate::build::{self, Purpose};
use crate::extension;
use crate::fuzz;
use crate::install;
use crate::package;
use crate::screenshots;
use crate::sim;
use crate::workspace::{run_logged, Workspace};

/// Histories simulated with every test run; `sim` takes as many as one likes.
const SEEDS: u64 = 1_000;

/// What a run may need besides its own program; made once, and only when a step asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// The sandbox's binary.
    Sandbox,
    /// The sandbox, the plugin's folder and a browser.
    Browser,
}

/// One test runner and how its counts are read.
struct Step {
    name: &'static str,
    needs: Needs,
    /// The command, or `None` where the checkout has no such tests.
    command: fn(&Workspace) -> Result<Option<Command>>,
}

const STEPS: &[Step] = &[
    Step { name: "rust", needs: Needs::Nothing, command: rust },
    Step { name: "xtask", needs: Needs::Nothing, command: xtask },
    Step { name: "sim", needs: Needs::Nothing, command: simulation },
    Step { name: "fuzz", needs: Needs::Nothing, command: fuzz::step },
    Step { name: "clients-node", needs: Needs::Sandbox, command: clients_node },
    Step { name: "clients-python", needs: Needs::Sandbox, command: clients_python },
    Step { name: "e2e", needs: Needs::Browser, command: end_to_end },
    Step { name: "extension", needs: Needs::Browser, command: extension_lint },
];

/// Passed and failed tests of a step or of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    passed: u64,
    failed: u64,
}

/// Runs every step whose name contains the filter; the last line is `N passed, N failed`.
pub fn test(workspace: &Workspace, filter: &str) -> Result<()> {
    let steps: Vec<&Step> = STEPS.iter().filter(|step| step.name.contains(filter)).collect();
    if steps.is_empty() {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        bail!("no step is called `{filter}`; there are: {}", names.join(", "));
    }
    let mut total = Count::default();
    let mut made = Needs::Nothing;
    for step in steps {
        let count = match run_step(workspace, step, &mut made) {
            Ok(Some(count)) => count,
            Ok(None) => continue,
            Err(error) => {
                println!("{}: FAILED to start: {error:#}", step.name);
                Count { passed: 0, failed: 1 }
            }
        };
        total = Count { passed: total.passed + count.passed, failed: total.failed + count.failed };
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}

fn run_step(workspace: &Workspace, step: &Step, made: &mut Needs) -> Result<Option<Count>> {
    let Some(mut command) = (step.command)(workspace)? else {
        return Ok(None);
    };
    println!("{} …", step.name);
    prepare(workspace, step.needs, made)?;
    let log = workspace.target.join("xtask/log").join(format!("{}.log", step.name));
    let done = run_logged(&mut command, &log)?;
    let mut count = count_in(&done.log);
    // A runner that dies before it counts (it does not compile, say) is one failure.
    if !done.ok && count.failed == 0 {
        count.failed = 1;
    }
    if done.ok && count == Count::default() {
        count.failed = 1;
        println!("{}: ended well without one test", step.name);
    }
    if count.failed > 0 {
        println!("{}\nAll of it: {}", what_failed(&done.log).trim_end(), log.display());
    }
    println!(
        "{}: {} passed, {} failed in {} s",
        step.name,
        count.passed,
        count.failed,
        done.took.as_secs()
    );
    Ok(Some(count))
}

fn prepare(workspace: &Workspace, needs: Needs, made: &mut Needs) -> Result<()> {
    if needs != Needs::Nothing && *made == Needs::Nothing {
        build_sandbox(workspace)?;
        *made = Needs::Sandbox;
    }
    if needs == Needs::Browser && *made == Needs::Sandbox {
        build::build(workspace, Purpose::Ship)?;
        package::pack_and_validate(workspace)?;
        screenshots::build_gallery(workspace)?;
        extension::assemble(workspace)?;
        *made = Needs::Browser;
    }
    Ok(())
}

/// Builds the sandbox's binary and returns it.
pub fn build_sandbox(workspace: &Workspace) -> Result<PathBuf> {
    println!("Building the sandbox …");
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package", "sandbox", "--bin", "sandbox"]);
    let done = run_logged(&mut cargo, &workspace.target.join("xtask/log/sandbox.log"))?;
    if !done.ok {
        bail!("the sandbox does not compile:\n{}", done.log);
    }
    Ok(sandbox_binary(workspace))
}

/// Where cargo puts the sandbox's binary.
fn sandbox_binary(workspace: &Workspace) -> PathBuf {
    workspace.target.join("debug/sandbox")
}

/// Tells the scripts where the things are that were built for them.
pub fn with_surroundings(workspace: &Workspace, command: &mut Command) -> Result<()> {
    command
        .env("SANDBOX_BIN", sandbox_binary(workspace))
        .env("PLUGIN_DIR", workspace.plugin_dir())
        .env("EXTENSIONS_DIR", extension::unpacked(workspace))
        .envs(extension::BROWSERS.map(|browser| {
            let name = format!("EXTENSION_ZIP_{}", browser.to_uppercase());
            (name, extension::packed(workspace, browser))
        }))
        .env("PLUGIN_ZIP", package::packed(workspace)?)
        .env("PLUGIN_NEXT_ZIP", package::packed_next(workspace))
        .env("GALLERY_DIR", screenshots::gallery_dir(workspace))
        .env("PICTURES_DIR", workspace.target.join("demo"));
    Ok(())
}

fn rust(workspace: &Workspace) -> Result<Option<Command>> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--no-fail-fast"]);
    Ok(Some(cargo))
}

/// Apart from the rest, so that this tool's dependencies keep the features it was built with.
fn xtask(workspace: &Workspace) -> Result<Option<Command>> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--package", "xtask"]);
    Ok(Some(cargo))
}

fn simulation(workspace: &Workspace) -> Result<Option<Command>> {
    if !sim::exists(workspace) {
        return Ok(None);
    }
    let mut command = workspace.command(std::env::current_exe()?);
    command.args(["sim", "--seeds", &SEEDS.to_string()]);
    Ok(Some(command))
}

fn clients_node(workspace: &Workspace) -> Result<Option<Command>> {
    node_tests(workspace, "tests/clients", 2)
}

fn clients_python(workspace: &Workspace) -> Result<Option<Command>> {
    let folder = workspace.root.join("tests/clients");
    let requirements = folder.join("requirements.txt");
    if files_ending(&folder, ".py").is_empty() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&requirements).unwrap_or_else(|_| "dropbox==12.0.2".into());
    let packages: Vec<&str> = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or("").trim())
        .filter(|line| !line.is_empty())
        .collect();
    let python = install::python(workspace, &packages)?;
    let mut command = workspace.command(python);
    command.current_dir(&folder).env("PYTHONDONTWRITEBYTECODE", "1").args([
        "-m",
        "unittest",
        "discover",
        "--verbose",
        "--pattern",
        "*test*.py",
    ]);
    with_surroundings(workspace, &mut command)?;
    Ok(Some(command))
}

fn end_to_end(workspace: &Workspace) -> Result<Option<Command>> {
    // A scene waits for half of its time: for a window, an answer, the next drawing.
    let at_once = 2 * std::thread::available_parallelism()?.get();
    let Some(mut command) = node_tests(workspace, "tests/e2e", at_once)? else {
        return Ok(None);
    };
    command
        .env("CHROMIUM", install::chromium(workspace)?)
        .env("FIREFOX", install::firefox(workspace)?);
    Ok(Some(command))
}

fn extension_lint(workspace: &Workspace) -> Result<Option<Command>> {
    node_tests(workspace, "tests/extension", 2)
}

/// node's own test runner over every `*.test.mjs` of a folder with a lock file.
fn node_tests(workspace: &Workspace, folder: &str, at_once: usize) -> Result<Option<Command>> {
    let mut files = files_ending(&workspace.root.join(folder), ".test.mjs");
    if files.is_empty() {
        return Ok(None);
    }
    // The longest first: one that began last would run alone at the end. Few lines copy 500 documents.
    files.sort_by_cached_key(|file| {
        let length = file.metadata().map_or(0, |about| about.len());
        Reverse((file.ends_with("smooth.test.mjs"), length))
    });
    install::npm(workspace, folder)?;
    let mut node = workspace.command("node");
    node.current_dir(workspace.root.join(folder))
        .args(["--test", "--test-reporter=tap"])
        .arg(format!("--test-concurrency={at_once}"))
        .args(files);
    with_surroundings(workspace, &mut node)?;
    Ok(Some(node))
}

/// The folder's files with this ending, by name.
fn files_ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = folder
        .read_dir()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| file.to_string_lossy().ends_with(ending))
        .collect();
    files.sort();
    files
}

/// Sums what cargo test, node --test (tap), unittest and the simulation say of themselves.
fn count_in(log: &str) -> Count {
    let mut count = Count::default();
    let mut unittest = None;
    for line in log.lines() {
        if let Some(rest) = line.strip_prefix("test result: ") {
            count.passed += number_before(rest, " passed").unwrap_or(0);
            count.failed += number_before(rest, " failed").unwrap_or(0);
        } else if let Some(number) = line.strip_prefix("# pass ") {
            count.passed += number.trim().parse().unwrap_or(0);
        } else if let Some(number) = line.strip_prefix("# fail ") {
            count.failed += number.trim().parse().unwrap_or(0);
        } else if let Some(number) = line.strip_prefix("# cancelled ") {
            count.failed += number.trim().parse::<u64>().unwrap_or(0);
        } else if line.starts_with("Ran ") && line.contains(" test") {
            unittest = number_before(line, " test");
        } else if let (Some(ran), true) = (unittest, line.starts_with("FAILED (")) {
            let failed = number_after(line, "failures=") + number_after(line, "errors=");
            count.failed += failed;
            count.passed += ran.saturating_sub(failed);
            unittest = None;
        } else if let (Some(ran), true) = (unittest, line.starts_with("OK")) {
            count.passed += ran.saturating_sub(number_after(line, "skipped="));
            unittest = None;
        }
    }
    count
}

/// What a log in TAP says of the tests that failed; any other log whole.
fn what_failed(log: &str) -> String {
    let mut failing = String::new();
    let mut inside = false;
    for line in log.lines() {
        inside |= line.trim_start().starts_with("not ok ");
        if inside {
            failing.push_str(line);
            failing.push('\n');
        }
        inside &= line.trim() != "...";
    }
    if failing.is_empty() {
        return log.to_owned();
    }
    failing
}

fn number_before(text: &str, mark: &str) -> Option<u64> {
    text.split(mark).next()?.split_whitespace().last()?.parse().ok()
}

fn number_after(text: &str, mark: &str) -> u64 {
    let digits = text.split(mark).nth(1).unwrap_or("");
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(log: &str, passed: u64, failed: u64) {
        assert_eq!(count_in(log), Count { passed, failed }, "{log}");
    }

    #[test]
    fn cargo_counts_are_summed_over_targets() {
        check(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured\n\
             test result: FAILED. 3 passed; 2 failed; 0 ignored",
            15,
            2,
        );
    }

    #[test]
    fn node_counts_are_read_from_tap() {
        check("# tests 9\n# pass 7\n# fail 1\n# cancelled 1\n# skipped 0", 7, 2);
    }

    #[test]
    fn of_a_tap_log_only_what_failed_is_shown() {
        let passed = "ok 1 - one\n  ---\n  duration_ms: 1\n  ...\n";
        let failed = "not ok 2 - two\n  ---\n  error: 'it is not so'\n  ...\n";
        assert_eq!(what_failed(&format!("{passed}{failed}{passed}# fail 1")), failed);
        assert_eq!(what_failed("error: could not compile"), "error: could not compile");
    }

    #[test]
    fn unittest_counts_failures_and_errors() {
        check("Ran 10 tests in 1.2s\n\nOK", 10, 0);
        check("Ran 10 tests in 1.2s\n\nOK (skipped=2)", 8, 0);
        check("Ran 10 tests in 1.2s\n\nFAILED (failures=1, errors=2)", 7, 3);
    }

    #[test]
    fn a_log_without_counts_has_none() {
        check("error: could not compile", 0, 0);
    }
}
