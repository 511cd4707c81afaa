//! From the source of the plugin's package to a module as rustc links it. The plugin, the gallery and the benchmarks'
//! modules are compiled alike.

use std::path::PathBuf;

use anyhow::{bail, Context, Result};
use serde_json::Value;

use crate::build::PLUGIN;
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::{run_logged, Workspace};

/// The plugin itself. As an rlib beside it, which only native tests want, the module would not be optimised as a whole.
pub const LIBRARY: &[&str] = &["--lib", "--crate-type", "cdylib"];

/// Compiles one target of the plugin's package, named as cargo's arguments name it.
pub fn compile(
    workspace: &Workspace,
    toolchain: WasmToolchain,
    target: &[&str],
) -> Result<PathBuf> {
    let mut cargo = toolchain.cargo(workspace, "rustc");
    cargo.args(["--release", "--package", PLUGIN]).args(target);
    cargo
        .args(["--message-format", "json-render-diagnostics", "--"])
        .args(toolchain.flags_at_linking(workspace));
    let compiled = run_logged(&mut cargo, &workspace.target.join("xtask/compile.log"))?;
    if !compiled.ok {
        let readable: Vec<_> = compiled.log.lines().filter(|line| !line.starts_with('{')).collect();
        bail!("{} does not compile:\n{}", target.join(" "), readable.join("\n"));
    }
    println!("Compiled in {} s", compiled.took.as_secs());
    // The module's file as cargo names it: the library's name could change with the package's.
    compiled
        .log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .rfind(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .context("cargo reported no .wasm file")
}
