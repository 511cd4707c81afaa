//! What a verb needs and the machine may lack: packages of Debian, npm and PyPI, and a browser.
//!
//! Nothing is installed that is already there, and nothing is asked twice: what was installed is
//! remembered by the hash of the lock file it was installed from.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{bail, Context, Result};
use sha2::{Digest, Sha256};

use crate::workspace::{installed, output_of, run, run_logged, Workspace};

/// Installs packages of Debian or a system made from it.
pub fn apt(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if installed(&["apt-get"]).is_none() {
        bail!("this needs {names}; install them with your system's package manager");
    }
    let root = output_of(workspace.command("id").arg("-u"))?.trim() == "0";
    let apt_get = |arguments: &[&str]| {
        let mut command = workspace.command(if root { "apt-get" } else { "sudo" });
        if !root {
            command.arg("apt-get");
        }
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    println!("Installing {names} with apt-get …");
    let log = workspace.target.join("xtask/apt.log");
    let updated = run_logged(&mut apt_get(&["update"]), &log)?;
    if !updated.ok {
        bail!("apt-get update failed:\n{}", updated.log);
    }
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(packages);
    let done = run_logged(&mut apt_get(&arguments), &log)?;
    if !done.ok {
        bail!("apt-get install {names} failed:\n{}", done.log);
    }
    Ok(())
}

/// The folder of `node_modules` after an `npm ci` from the folder's lock file.
pub fn npm(workspace: &Workspace, folder: &str) -> Result<PathBuf> {
    let folder_path = workspace.root.join(folder);
    let modules = folder_path.join("node_modules");
    let lock = folder_path.join("package-lock.json");
    let hash = hash_of(&lock)?;
    let stamp = modules.join(".installed-from");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed_from| installed_from == hash) {
        return Ok(modules);
    }
    if installed(&["npm"]).is_none() {
        bail!("this needs Node.js 20 or later with npm; install it first");
    }
    println!("Installing the packages of {folder} with npm ci …");
    let mut npm = workspace.command("npm");
    npm.current_dir(&folder_path)
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    let done = run_logged(&mut npm, &workspace.target.join("xtask/npm.log"))?;
    if !done.ok {
        bail!("npm ci in {folder} failed:\n{}", done.log);
    }
    std::fs::write(stamp, hash)?;
    Ok(modules)
}

/// The interpreter of a virtual environment with these packages (`name==version`).
pub fn python(workspace: &Workspace, packages: &[&str]) -> Result<PathBuf> {
    let venv = workspace.target.join("python");
    let interpreter = venv.join("bin/python");
    let wanted = packages.join("\n");
    let stamp = venv.join("installed");
    if interpreter.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|had| had == wanted) {
        return Ok(interpreter);
    }
    println!("Installing {} for Python …", packages.join(", "));
    let log = workspace.target.join("xtask/python.log");
    let mut create = workspace.command("python3");
    create.args(["-m", "venv", "--clear"]).arg(&venv);
    if !run_logged(&mut create, &log)?.ok {
        // Debian splits the module that makes virtual environments from the interpreter.
        apt(workspace, &["python3-venv"])?;
        run(&mut create)?;
    }
    let mut pip = workspace.command(&interpreter);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
    let done = run_logged(&mut pip, &log)?;
    if !done.ok {
        bail!("pip failed:\n{}", done.log);
    }
    std::fs::write(stamp, wanted)?;
    Ok(interpreter)
}

/// A Chromium or Chrome: the machine's, else Debian's package.
pub fn chromium(workspace: &Workspace) -> Result<PathBuf> {
    const NAMES: &[&str] =
        &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
    browser(workspace, "CHROMIUM", NAMES, "chromium")
}

/// A Firefox: the machine's, else Debian's package.
pub fn firefox(workspace: &Workspace) -> Result<PathBuf> {
    browser(workspace, "FIREFOX", &["firefox-esr", "firefox"], "firefox-esr")
}

/// The one the variable names, the first that is installed, or Debian's package.
fn browser(
    workspace: &Workspace,
    variable: &str,
    names: &[&str],
    package: &str,
) -> Result<PathBuf> {
    if let Some(browser) = env::var_os(variable).map(PathBuf::from) {
        return Ok(browser);
    }
    if let Some(browser) = installed(names) {
        return Ok(browser);
    }
    apt(workspace, &[package])?;
    installed(names)
        .with_context(|| format!("apt-get installed {package}, but no such program is on the PATH"))
}

/// wasm-opt of the npm package `binaryen`; Debian's own is years old.
pub fn wasm_opt(workspace: &Workspace) -> Result<PathBuf> {
    let file = npm(workspace, "xtask/node")?.join("binaryen/bin/wasm-opt");
    let version = workspace
        .command("node")
        .arg(&file)
        .arg("--version")
        .stderr(Stdio::null())
        .output()
        .context("wasm-opt needs node")?;
    if !version.status.success() {
        bail!("wasm-opt does not start; delete xtask/node/node_modules and try again");
    }
    Ok(file)
}

/// SHA-256 of a file, in hexadecimal.
pub fn hash_of(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(hex(&Sha256::digest(bytes)))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
