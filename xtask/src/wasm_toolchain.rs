//! Which compiler turns the plugin into WebAssembly.
//!
//! Three ways, tried in this order: the target is installed beside the active toolchain; rustup can
//! add it; Debian's packages bring a compiler and the source of the standard library. The choice is
//! said in one line, and remembered, so that a second run neither installs nor tries again.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{bail, Context, Result};

use crate::install;
use crate::workspace::{output_of, run, without_cargo_run, Workspace};

/// The target's name.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Names a way outright instead of trying them in order: `rustup` or `debian`.
const CHOICE_VARIABLE: &str = "WASM_TOOLCHAIN";

/// The stamp that remembers that rustup could not add the target.
const REFUSED_STAMP: &str = "rustup-has-no-target";

/// A way to compile for the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WasmToolchain {
    /// The active toolchain, with the target's standard library beside it.
    Rustup,
    /// Debian's `rustc-web`, building the standard library from `rust-web-src`.
    Debian,
}

impl WasmToolchain {
    /// Chooses one, installing it if need be, and says which.
    pub fn choose(workspace: &Workspace) -> Result<Self> {
        let wanted = env::var(CHOICE_VARIABLE).unwrap_or_default();
        match wanted.as_str() {
            "debian" => {
                install_debian(workspace)?;
                println!("WebAssembly compiler: Debian's rustc-web ({CHOICE_VARIABLE}=debian)");
                return Ok(Self::Debian);
            }
            "rustup" | "" => {}
            other => bail!("{CHOICE_VARIABLE} is `{other}`; it may be `rustup` or `debian`"),
        }
        if target_installed(workspace) {
            println!("WebAssembly compiler: the active Rust toolchain, which has {TARGET}");
            return Ok(Self::Rustup);
        }
        let refused = workspace.stamp(REFUSED_STAMP).is_some();
        if (!refused || wanted == "rustup") && add_target(workspace)? {
            println!("WebAssembly compiler: the active Rust toolchain; rustup added {TARGET}");
            return Ok(Self::Rustup);
        }
        if wanted == "rustup" {
            bail!("rustup could not add {TARGET}");
        }
        install_debian(workspace)?;
        println!("WebAssembly compiler: Debian's rustc-web (rustup could not add {TARGET})");
        Ok(Self::Debian)
    }

    /// The name under which figures of this compiler are kept; sizes differ from one to another.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rustup => "rustup",
            Self::Debian => "debian",
        }
    }

    /// `cargo <verb>` for the target, in a target folder that shares nothing with the native one.
    pub fn cargo(self, workspace: &Workspace, verb: &str) -> Command {
        let target_dir = workspace.target.join("wasm").join(self.name());
        let mut command = match self {
            Self::Rustup => {
                let mut command = workspace.cargo();
                command.arg(verb);
                command
            }
            Self::Debian => {
                let mut command = workspace.command("/usr/bin/cargo");
                without_cargo_run(&mut command);
                for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "RUSTDOC", "RUSTC_WRAPPER"] {
                    command.env_remove(name);
                }
                command
                    .env("PATH", debian_path())
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker(workspace))
                    .arg(verb)
                    .arg("-Zbuild-std=std,panic_abort");
                command
            }
        };
        command
            .args(["--target", TARGET, "--target-dir"])
            .arg(target_dir)
            .env("CARGO_ENCODED_RUSTFLAGS", self.rust_flags(workspace));
        command
    }

    /// Folders of this machine stand neither in panic messages nor in the package.
    fn rust_flags(self, workspace: &Workspace) -> String {
        let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let cargo_home = env::var_os("CARGO_HOME").map_or(home.join(".cargo"), PathBuf::from);
        // The last prefix that matches wins.
        let mut flags = vec![
            format!("--remap-path-prefix={}=rust", home.join(".rustup").display()),
            "--remap-path-prefix=/usr/src=rust".to_owned(),
            format!("--remap-path-prefix={}=crates", cargo_home.join("registry/src").display()),
            format!("--remap-path-prefix={}=.", workspace.root.display()),
        ];
        flags.extend(std_without_source(workspace));
        flags.join("\u{1f}")
    }
}

/// With its source installed, the standard library's panics name files on this machine, without it the compiler's
/// commit. A module is the same with and without.
fn std_without_source(workspace: &Workspace) -> Option<String> {
    let sysroot = output_of(workspace.command("rustc").args(["--print", "sysroot"])).ok()?;
    let version = output_of(workspace.command("rustc").arg("-vV")).ok()?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "))?;
    let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    Some(format!("--remap-path-prefix={}=/rustc/{commit}", source.display()))
}

fn target_installed(workspace: &Workspace) -> bool {
    let mut rustc = workspace.command("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    output_of(&mut rustc).is_ok_and(|folder| has_core(Path::new(folder.trim())))
}

fn has_core(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| {
        entries.any(|entry| {
            entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
        })
    })
}

/// Whether rustup added the target; a refusal is remembered.
fn add_target(workspace: &Workspace) -> Result<bool> {
    println!("Asking rustup for {TARGET} …");
    let added = workspace
        .command("rustup")
        .args(["target", "add", TARGET])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
        && target_installed(workspace);
    if !added {
        workspace.set_stamp(REFUSED_STAMP, "delete this file to ask rustup again\n")?;
    }
    Ok(added)
}

fn install_debian(workspace: &Workspace) -> Result<()> {
    let complete = || {
        let mut rustc = workspace.command("/usr/bin/rustc");
        without_cargo_run(&mut rustc);
        let Ok(sysroot) = output_of(rustc.args(["--print", "sysroot"])) else {
            return false;
        };
        Path::new("/usr/bin/cargo").is_file()
            && Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library").is_dir()
    };
    if !complete() {
        install::apt(workspace, &["rustc-web", "cargo-web", "rust-web-src"])?;
    }
    if !complete() {
        bail!("rustc-web, cargo-web and rust-web-src are installed, but do not fit together");
    }
    let mut probe = workspace.command(linker(workspace));
    run(probe.args(["-flavor", "wasm", "--version"]).stdout(Stdio::null()))
        .context("no linker for WebAssembly: neither the Rust toolchain's rust-lld nor Debian's")
}

/// rust-lld of the active toolchain, else the one Debian's package brings.
fn linker(workspace: &Workspace) -> PathBuf {
    let mut rustc = workspace.command("rustc");
    output_of(rustc.args(["--print", "target-libdir"]))
        .ok()
        .and_then(|libdir| Some(Path::new(libdir.trim()).parent()?.join("bin/rust-lld")))
        .filter(|file| file.is_file())
        .unwrap_or_else(|| PathBuf::from("/usr/bin/rust-lld"))
}

fn debian_path() -> std::ffi::OsString {
    let rest = env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(PathBuf::from("/usr/bin")).chain(env::split_paths(&rest));
    env::join_paths(all).unwrap_or(rest)
}
