//! Which compiler turns the plugin into WebAssembly, and how.
//!
//! Ways, tried in this order: the active toolchain with the source of the standard library, which rustup may add; the
//! same with the library as it comes built; Debian's packages, which bring a compiler and the source. The choice is
//! said in one line, and remembered, so that a second run neither installs nor tries again.
//!
//! With the source, the library is compiled for size, as the plugin is. That takes flags which rustc calls unstable, on a
//! compiler that is not: `RUSTC_BOOTSTRAP`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{bail, Context, Result};

use crate::install;
use crate::workspace::{output_of, run, without_cargo_run, Workspace};

/// The target's name.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Names a way outright instead of trying them in order: `rustup`, `prebuilt` or `debian`.
const CHOICE_VARIABLE: &str = "WASM_TOOLCHAIN";

/// What is larger than eight bytes is copied by one instruction. `copies.rs` makes it a call.
const COPIES: &[&str] = &["-Cllvm-args=-max-store-memcpy=1 -max-store-memmove=1"];
/// What keeps more than 32 bytes in memory stays a function: inside another it makes that one's frame larger, and the
/// distances in it longer. Anything else is put inside where it costs hardly more than the call.
const INLINING: &[&str] = &["-Cllvm-args=-inline-max-stacksize=32 -inline-threshold=10"];
/// What linking has joined is made smaller once more: the optimiser for joined code goes through it but once. Nothing is
/// done then for speed that costs code: what some ways compute is not computed ahead on the others (PRE), no pointer runs
/// along with a loop's number (LSR), nothing is kept in a variable because it is wanted again (CSE) or at each turn of a loop
/// (LICM); and a short branch
/// becomes a choice.
const AT_LINKING: &[&str] = &[
    "-Cpasses=default<Oz>",
    "-Cllvm-args=-enable-pre=false -enable-load-pre=false -disable-lsr -disable-machine-cse",
    "-Cllvm-args=-phi-node-folding-threshold=4 -inline-max-stacksize=16",
    "-Cllvm-args=-opt-disable=licm,early-machinelicm",
    "-Clink-arg=-zstack-size=524288",
];
/// A panic is a trap: the stack that the browser prints names the function. Nor does any function pass along, for a
/// message, where it was called. Without this a panic traps as well, after its message was made for nobody.
const TRAP: &[&str] = &["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none"];

/// The stamp that remembers that rustup could not add anything.
const REFUSED_STAMP: &str = "rustup-has-no-target";

/// A way to compile for the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WasmToolchain {
    /// The active toolchain, building the standard library from its source.
    Rustup,
    /// The active toolchain, with the standard library as it comes: the module is larger.
    Prebuilt,
    /// Debian's `rustc-web`, building the standard library from `rust-web-src`.
    Debian,
}

impl WasmToolchain {
    /// Chooses one, installing it if need be, and says which.
    pub fn choose(workspace: &Workspace) -> Result<Self> {
        let wanted = env::var(CHOICE_VARIABLE).unwrap_or_default();
        let (chosen, reason) = match wanted.as_str() {
            "debian" => (Self::Debian, format!("{CHOICE_VARIABLE}=debian")),
            "rustup" | "prebuilt" | "" => Self::first_that_works(workspace, &wanted)?,
            other => {
                bail!("{CHOICE_VARIABLE} is `{other}`; it may be `rustup`, `prebuilt` or `debian`")
            }
        };
        let compiler = match chosen {
            Self::Rustup | Self::Prebuilt => "the active Rust toolchain",
            Self::Debian => {
                install_debian(workspace)?;
                "Debian's rustc-web"
            }
        };
        println!("WebAssembly compiler: {compiler} ({reason})");
        Ok(chosen)
    }

    fn first_that_works(workspace: &Workspace, wanted: &str) -> Result<(Self, String)> {
        let refused = workspace.stamp(REFUSED_STAMP).is_some() && wanted.is_empty();
        let add = |what, name| {
            Ok::<_, anyhow::Error>(!refused && added_by_rustup(workspace, what, name)?)
        };
        if wanted != "prebuilt" {
            if source_installed(workspace) {
                return Ok((Self::Rustup, "with the standard library's source".to_owned()));
            }
            if add("component", "rust-src")? && source_installed(workspace) {
                let reason = "rustup added the standard library's source";
                return Ok((Self::Rustup, reason.to_owned()));
            }
        }
        if wanted != "rustup" {
            if target_installed(workspace) {
                return Ok((Self::Prebuilt, format!("which has {TARGET}")));
            }
            if add("target", TARGET)? && target_installed(workspace) {
                return Ok((Self::Prebuilt, format!("rustup added {TARGET}")));
            }
        }
        if !wanted.is_empty() {
            bail!("rustup could not add what {CHOICE_VARIABLE}={wanted} needs");
        }
        Ok((Self::Debian, "rustup could add nothing".to_owned()))
    }

    /// The name under which figures of this compiler are kept; sizes differ from one to another.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rustup => "rustup",
            Self::Prebuilt => "prebuilt",
            Self::Debian => "debian",
        }
    }

    /// The lints come with the active toolchain.
    pub fn has_clippy(self) -> bool {
        self != Self::Debian
    }

    /// Where cargo puts what it makes for the target.
    pub fn folder(self, workspace: &Workspace) -> PathBuf {
        workspace.target.join("wasm").join(self.name())
    }

    fn builds_std(self) -> bool {
        self != Self::Prebuilt
    }

    /// `cargo <verb>` for the target, in a target folder that shares nothing with the native one.
    pub fn cargo(self, workspace: &Workspace, verb: &str) -> Command {
        let mut command = match self {
            Self::Rustup | Self::Prebuilt => workspace.cargo(),
            Self::Debian => {
                let mut command = debian(workspace, "/usr/bin/cargo");
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker(workspace));
                command
            }
        };
        command.args([verb, "--target", TARGET, "--target-dir"]).arg(self.folder(workspace));
        if self.builds_std() {
            command
                .env("RUSTC_BOOTSTRAP", "1")
                .arg("-Zbuild-std=std,panic_abort")
                .arg("-Zbuild-std-features=optimize_for_size");
        }
        command.env("CARGO_ENCODED_RUSTFLAGS", self.rust_flags(workspace));
        command
    }

    /// What rustc is told besides where it links a module.
    pub fn flags_at_linking(self, workspace: &Workspace) -> Vec<&'static str> {
        AT_LINKING.iter().copied().filter(|flag| self.knows(workspace, &[flag])).collect()
    }

    fn rustc(self, workspace: &Workspace) -> Command {
        match self {
            Self::Rustup | Self::Prebuilt => workspace.command("rustc"),
            Self::Debian => debian(workspace, "/usr/bin/rustc"),
        }
    }

    /// Older compilers do not know all flags.
    fn knows(self, workspace: &Workspace, flags: &[&str]) -> bool {
        let mut rustc = self.rustc(workspace);
        rustc.env("RUSTC_BOOTSTRAP", "1").args(flags).args(["--print", "cfg"]);
        output_of(&mut rustc).is_ok()
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
        let mut wanted = vec![COPIES, INLINING];
        if self.builds_std() {
            wanted.push(TRAP);
        }
        for group in wanted.into_iter().filter(|group| self.knows(workspace, group)) {
            flags.extend(group.iter().map(|flag| (*flag).to_owned()));
        }
        flags.join("\u{1f}")
    }
}

/// A program of Debian's toolchain, which must not find the active one.
fn debian(workspace: &Workspace, program: &str) -> Command {
    let mut command = workspace.command(program);
    without_cargo_run(&mut command);
    for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "RUSTDOC", "RUSTC_WRAPPER"] {
        command.env_remove(name);
    }
    command.env("PATH", debian_path());
    command
}

fn source_installed(workspace: &Workspace) -> bool {
    let sysroot = output_of(workspace.command("rustc").args(["--print", "sysroot"]));
    sysroot.is_ok_and(|folder| has_source(Path::new(folder.trim())))
}

fn has_source(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib/src/rust/library/std").is_dir()
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

/// Whether rustup added this; a refusal is remembered.
fn added_by_rustup(workspace: &Workspace, what: &str, name: &str) -> Result<bool> {
    println!("Asking rustup for {name} …");
    let mut rustup = workspace.command("rustup");
    let quiet = rustup.args([what, "add", name]).stdout(Stdio::null()).stderr(Stdio::null());
    let added = quiet.status().is_ok_and(|status| status.success());
    if !added {
        workspace.set_stamp(REFUSED_STAMP, "delete this file to ask rustup again\n")?;
    }
    Ok(added)
}

fn install_debian(workspace: &Workspace) -> Result<()> {
    let complete = || {
        let sysroot = output_of(debian(workspace, "/usr/bin/rustc").args(["--print", "sysroot"]));
        Path::new("/usr/bin/cargo").is_file()
            && sysroot.is_ok_and(|folder| has_source(Path::new(folder.trim())))
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
