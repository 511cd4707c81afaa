//! Where things stand in the checkout, and how other programs are run from it.
//!
//! Which programs are run, and what for, is the business of the verbs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{bail, Context, Result};

/// How long a quiet step may run before it says that it is still alive.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// The checkout this command was called in.
pub struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder: everything built or downloaded for one checkout goes below it.
    pub target: PathBuf,
}

impl Workspace {
    /// Finds the checkout around the current folder.
    pub fn find() -> Result<Self> {
        let here = env::current_dir().context("the current folder is gone")?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("xtask/Cargo.toml").is_file())
            .context("not inside the project: no xtask/Cargo.toml in any folder above")?
            .to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// The folder a CRM loads: manifest, entry module, pages, styles, translations and `pkg/`.
    pub fn plugin_dir(&self) -> PathBuf {
        self.target.join("plugin")
    }

    /// `cargo` of the toolchain that runs this, in the workspace's root.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        without_cargo_run(&mut command);
        command
    }

    /// Any program, in the workspace's root.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// The text of a small file that says what was done last, if it was.
    pub fn stamp(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.target.join("xtask").join(name)).ok()
    }

    /// Remembers what was done, so that the next run need not do it again.
    pub fn set_stamp(&self, name: &str, text: &str) -> Result<()> {
        let folder = self.target.join("xtask");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), text).with_context(|| format!("cannot write stamp {name}"))
    }
}

/// Takes away what `cargo run` put around this process; a nested cargo or rustc sets its own.
///
/// `LD_LIBRARY_PATH` would make another toolchain's rustc load the wrong libraries, and changed
/// `CARGO_PKG_*` variables make build scripts run again.
pub fn without_cargo_run(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
            || ["LD_LIBRARY_PATH", "OUT_DIR", "CARGO_BIN_NAME"].contains(&text.as_ref())
        {
            command.env_remove(&name);
        }
    }
}

/// Runs a command with its output on the screen; fails if it does.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", name_of(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", name_of(command));
    }
    Ok(())
}

/// Runs a command and returns what it printed on its standard output; fails if it does.
pub fn output_of(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", name_of(command)))?;
    if !status.success() {
        bail!("{} failed ({status})\n{}", name_of(command), String::from_utf8_lossy(&stderr));
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// How a logged command ended.
pub struct Logged {
    /// It exited with 0.
    pub ok: bool,
    /// Both of its outputs, in the order they were written.
    pub log: String,
    /// How long it ran.
    pub took: Duration,
}

/// Runs a command with its output in a file, and shows its last line now and then.
pub fn run_logged(command: &mut Command, log: &Path) -> Result<Logged> {
    fs::create_dir_all(log.parent().context("a log file has a folder")?)?;
    let file = fs::File::create(log)?;
    let begun = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot start {}", name_of(command)))?;
    let mut quiet_since = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(50));
        if quiet_since.elapsed() >= HEARTBEAT {
            quiet_since = Instant::now();
            let text = read_lossy(log)?;
            let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
            println!("    {:>4} s · {}", begun.elapsed().as_secs(), shorten(last.trim(), 100));
        }
    };
    Ok(Logged { ok: status.success(), log: read_lossy(log)?, took: begun.elapsed() })
}

/// The first of these programs that the machine has.
pub fn installed(programs: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    programs.iter().find_map(|program| {
        env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
    })
}

/// Copies a folder with everything below it.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn read_lossy(file: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(file)?).into_owned())
}

fn shorten(line: &str, characters_most: usize) -> String {
    line.chars().take(characters_most).collect()
}

fn name_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut name =
        program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    if let Some(first) = command.get_args().next() {
        name.push(' ');
        name.push_str(&first.to_string_lossy());
    }
    name
}
