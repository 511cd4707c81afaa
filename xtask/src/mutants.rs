//! `sim --mutants`: are the tests themselves any good? One rule of the engine is broken at a time.
//!
//! The faults stand in `tests/mutants.txt`. All of them are planted in one copy of the engine, so that one build will do;
//! the number in the variable `MUTANT` switches one on. The engine's own source knows nothing of this.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;

use crate::workspace::{copy_tree, without_cargo_run, Workspace};

const CATALOGUE: &str = "tests/mutants.txt";
/// The engine's own tests, by their files, the quickest first.
const TESTS: [(&str, &str); 4] = [
    ("decision_table", "tests/decision_table.rs"),
    ("rules", "tests/rules/main.rs"),
    ("planner", "tests/planner.rs"),
    ("properties", "tests/properties/main.rs"),
];
const SIMULATION: (&str, &str) = ("sim", "tests/sim/main.rs");
/// Histories that have a chance to notice what no test did.
const SEEDS: u64 = 2_000;
/// A program that runs this long has lost its way, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Tells the faults apart while the engine runs.
const SWITCH: &str = r#"
extern crate std;
/// Whether this fault is on.
pub(crate) fn mutant(number: u32) -> bool {
    static ON: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    let read = || std::env::var("MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    *ON.get_or_init(read) == number
}
"#;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mutant {
    /// The rule and what goes wrong.
    title: String,
    /// Below `core/src`.
    file: String,
    function: String,
    code: String,
    fault: String,
}

/// Plants all faults, builds once, and switches on those whose title contains the filter.
pub fn mutants(workspace: &Workspace, filter: &str) -> Result<()> {
    let begun = Instant::now();
    let all = read(&fs::read_to_string(workspace.root.join(CATALOGUE)).context(CATALOGUE)?)?;
    let folder = workspace.target.join("mutants");
    lay_out(workspace, &folder, &all)?;
    println!("Building the engine with {} faults in it …", all.len());
    let programs = build(&folder)?;
    if let Some(test) = notice(&programs, 0)? {
        bail!("{test} fails without any fault");
    }
    let wanted: Vec<usize> = (0..all.len()).filter(|at| all[*at].title.contains(filter)).collect();
    ensure!(!wanted.is_empty(), "no mutant's title contains `{filter}`");
    let alive: Mutex<Vec<&str>> = Mutex::default();
    let failed: Mutex<Option<anyhow::Error>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(&at) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match notice(&programs, at + 1) {
                        Ok(noticed) => {
                            let by = noticed.as_deref().unwrap_or("ALIVE");
                            println!("{:<85} {by}", all[at].title);
                            if noticed.is_none() {
                                alive.lock().expect("no worker panics").push(&all[at].title);
                            }
                        }
                        Err(error) => {
                            failed.lock().expect("no worker panics").get_or_insert(error);
                        }
                    }
                }
            });
        }
    });
    if let Some(error) = failed.into_inner().expect("no worker panics") {
        return Err(error);
    }
    let alive = alive.into_inner().expect("no worker panics");
    let took_s = begun.elapsed().as_secs();
    println!("{} mutants, {} alive, in {took_s} s", wanted.len(), alive.len());
    ensure!(alive.is_empty(), "nobody notices: {}", alive.join("; "));
    Ok(())
}

/// Reads the catalogue.
fn read(text: &str) -> Result<Vec<Mutant>> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let blocks = lines.split(|line| line.trim().is_empty()).filter(|block| !block.is_empty());
    blocks
        .map(|block| {
            let [title, place, code, fault] = block else {
                bail!("{CATALOGUE}: four lines are wanted, not {block:?}");
            };
            let (file, function) = place.split_once(' ').with_context(|| (*place).to_owned())?;
            let part = |line: &str, mark| {
                let part = line.strip_prefix(mark).with_context(|| format!("{title}: {line}"))?;
                Ok::<_, anyhow::Error>(part.to_owned())
            };
            Ok(Mutant {
                title: (*title).to_owned(),
                file: file.to_owned(),
                function: function.to_owned(),
                code: part(code, "- ")?,
                fault: part(fault, "+ ")?,
            })
        })
        .collect()
}

/// Puts all faults of a file into its text; numbers begin at 1.
fn plant(text: &str, faults: &[(usize, &Mutant)]) -> Result<String> {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for (number, mutant) in faults {
        let at = place(text, mutant)
            .with_context(|| format!("{}: its code is not in {}", mutant.title, mutant.function))?;
        let switch = format!("crate::mutant({number})");
        found.push((at, at + mutant.code.len(), mutant.fault.replace("MUTANT", &switch)));
    }
    found.sort();
    let mut planted = String::new();
    let mut from = 0;
    for (at, to, fault) in found {
        ensure!(at >= from, "two faults in one place: {fault}");
        planted += &text[from..at];
        planted += &fault;
        from = to;
    }
    Ok(planted + &text[from..])
}

/// Where a mutant's code begins: the first time in its function.
fn place(text: &str, mutant: &Mutant) -> Option<usize> {
    let heads = [format!("fn {}(", mutant.function), format!("fn {}<", mutant.function)];
    let begin = heads.iter().find_map(|head| text.find(head))?;
    let line = text[..begin].rfind('\n').map_or(0, |at| at + 1);
    let indent: String = text[line..].chars().take_while(|c| *c == ' ').collect();
    let end = begin + text[begin..].find(&format!("\n{indent}}}\n"))?;
    Some(begin + text[begin..end].find(&mutant.code)?)
}

/// A workspace of its own below `target/`: the engine with its faults, and its tests where they are.
fn lay_out(workspace: &Workspace, folder: &Path, mutants: &[Mutant]) -> Result<()> {
    let core = folder.join("core");
    if core.is_dir() {
        fs::remove_dir_all(&core)?;
    }
    copy_tree(&workspace.root.join("core/src"), &core.join("src"))?;
    let mut files: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for (at, mutant) in mutants.iter().enumerate() {
        files.entry(&mutant.file).or_default().push((at + 1, mutant));
    }
    for (file, faults) in files {
        let path = core.join("src").join(file);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        fs::write(&path, plant(&text, &faults)?)?;
    }
    let lib = core.join("src/lib.rs");
    let text = fs::read_to_string(&lib)?;
    fs::write(&lib, text + SWITCH)?;
    // The engine depends on nothing.
    let package = "[package]\nname = \"sync-core\"\nversion = \"0.0.0\"\nedition = \"2021\"\n";
    fs::write(core.join("Cargo.toml"), package)?;
    let manifest = fs::read_to_string(workspace.root.join("Cargo.toml"))?;
    let needed: Vec<&str> = manifest
        .lines()
        .filter(|line| line.starts_with("proptest") || line.starts_with("mimalloc"))
        .collect();
    let needed = needed.join("\n");
    let mut own = format!(
        "[workspace]\n[package]\nname = \"mutants\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
         [dependencies]\nsync-core = {{ path = \"core\" }}\n[dev-dependencies]\n{needed}\n\
         [profile.dev]\nopt-level = 2\ndebug = false\n"
    );
    for (name, path) in TESTS.into_iter().chain([SIMULATION]) {
        let path = workspace.root.join(path);
        let harness = name != SIMULATION.0;
        own += &format!("[[test]]\nname = {name:?}\npath = {path:?}\nharness = {harness}\n");
    }
    fs::write(folder.join("Cargo.toml"), own)?;
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::copy(workspace.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(())
}

/// The test programs by name.
fn build(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    without_cargo_run(&mut cargo);
    cargo
        .current_dir(folder)
        .env_remove("CARGO_TARGET_DIR")
        .args([
            "test",
            "--quiet",
            "--no-run",
            "--tests",
            "--message-format=json-render-diagnostics",
        ])
        .stderr(Stdio::piped());
    let built = cargo.output().context("cannot start cargo")?;
    if !built.status.success() {
        bail!("the faults do not compile:\n{}", String::from_utf8_lossy(&built.stderr));
    }
    let messages = String::from_utf8_lossy(&built.stdout).into_owned();
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(messages
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        })
        .collect())
}

/// Runs the tests with one fault on, and then the simulation, until something fails; says what did.
fn notice(programs: &BTreeMap<String, PathBuf>, number: usize) -> Result<Option<String>> {
    let program = |name: &str| {
        let path = programs.get(name).with_context(|| format!("{name} was not built"))?;
        let mut command = Command::new(path);
        command.env("MUTANT", number.to_string());
        Ok::<_, anyhow::Error>(command)
    };
    for (name, _) in TESTS {
        let Some(said) = failure(program(name)?.args(["--test-threads", "1"]))? else { continue };
        let mut failing: Vec<&str> = said
            .lines()
            .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
            .collect();
        let first = if failing.is_empty() { name } else { failing.remove(0) };
        let more = match failing.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        return Ok(Some(format!("{first}{more}")));
    }
    let seeds = SEEDS.to_string();
    let simulation = failure(program(SIMULATION.0)?.args(["--seeds", &seeds, "--first"]))?;
    Ok(simulation.map(|said| {
        let line = said.lines().find(|line| line.starts_with("seed "));
        line.unwrap_or("a history without end").chars().take(80).collect()
    }))
}

/// What a program printed before it failed; one that does not end has failed too.
fn failure(command: &mut Command) -> Result<Option<String>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start a test program")?;
    let mut out = child.stdout.take().context("its output is a pipe")?;
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = std::io::Read::read_to_end(&mut out, &mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let ok = ends_well(&mut child)?;
    let said = reader.join().unwrap_or_default();
    Ok((!ok).then_some(said))
}

fn ends_well(child: &mut Child) -> Result<bool> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
    use super::*;

    #[test]
    fn every_fault_finds_its_place_in_the_engine() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let all = read(&fs::read_to_string(root.join(CATALOGUE)).unwrap()).unwrap();
        assert!(all.len() >= 30);
        let mut files: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
        for (at, mutant) in all.iter().enumerate() {
            files.entry(&mutant.file).or_default().push((at + 1, mutant));
        }
        for (file, faults) in files {
            let text = fs::read_to_string(root.join("core/src").join(file)).unwrap();
            let planted = plant(&text, &faults).unwrap();
            for (number, mutant) in faults {
                assert!(planted.contains(&format!("crate::mutant({number})")), "{}", mutant.title);
            }
        }
    }

    #[test]
    fn a_fault_goes_to_the_first_place_in_its_function() {
        let text = "fn a() {\n    x + 1;\n}\nfn b() {\n    x + 1;\n    x + 1;\n}\n";
        let block = "M1 adds\nlib.rs b\n- x + 1\n+ x + 1 + u32::from(MUTANT)\n";
        let all = read(block).unwrap();
        let planted = plant(text, &[(7, &all[0])]).unwrap();
        let wanted = "fn a() {\n    x + 1;\n}\nfn b() {\n    x + 1 + u32::from(crate::mutant(7));\n    x + 1;\n}\n";
        assert_eq!(planted, wanted);
        let twice = [(1, &all[0]), (2, &all[0])];
        assert!(plant(text, &twice).is_err(), "two faults in one place");
        let elsewhere = read("M1 adds\nlib.rs c\n- x\n+ y\n").unwrap();
        assert!(plant(text, &[(1, &elsewhere[0])]).is_err());
    }
}
