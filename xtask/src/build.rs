//! `build`: from the plugin's source to the folder a CRM loads.
//!
//! cargo makes the module, wasm-bindgen the glue; wasm-opt, plain names of what is imported, copies by calls, the order
//! of functions and the numbers of variables make it small. What ships beside them, what goes into an archive, and what
//! is refused there, is not decided here.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::alignment;
use crate::compile::{compile, LIBRARY};
use crate::copies;
use crate::install;
use crate::locals;
use crate::order;
use crate::outer_names;
use crate::package::contents;
use crate::size::gzip_bytes;
use crate::wasm_toolchain::{WasmToolchain, TARGET};
use crate::workspace::{run, Workspace};

/// The plugin's package in this workspace.
pub const PLUGIN: &str = "teamleader-dropbox";

/// The name of the module and of its glue in `pkg/`.
pub const MODULE: &str = "teamleader_dropbox";

/// What rustc may use on this target, and therefore what wasm-opt has to know.
pub const WASM_FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// What the build is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The smallest module, without names.
    Ship,
    /// The same code with the names of its functions, for a profiler.
    Profile,
}

/// Builds `pkg/` and the package folder; says where they are.
pub fn build(workspace: &Workspace, purpose: Purpose) -> Result<WasmToolchain> {
    same_bindgen_version(workspace)?;
    let toolchain = WasmToolchain::choose(workspace)?;
    let module = compile(workspace, toolchain, LIBRARY)?;
    let pkg = workspace.root.join("pkg");
    let passes = PASSES.iter().map(|file| install::hash_of(&workspace.root.join(file)));
    let passes = passes.collect::<Result<Vec<_>>>()?;
    let made_from = format!(
        "{} {purpose:?} {} {SMALLER:?} {COMPRESSION_ROUNDS} {}",
        install::hash_of(&module)?,
        bindgen_version(workspace)?,
        passes.join(" ")
    );
    let optimised = pkg.join(format!("{MODULE}_bg.wasm"));
    if optimised.is_file() && workspace.stamp("pkg").is_some_and(|stamp| stamp == made_from) {
        println!("pkg/ is up to date");
    } else {
        write_pkg(workspace, &module, &pkg, purpose)?;
        workspace.set_stamp("pkg", &made_from)?;
    }
    contents::assemble(workspace)?;
    println!("Plugin: {}", shown(workspace, &workspace.plugin_dir()));
    Ok(toolchain)
}

/// The plugin's module as rustc links it, with the names of its functions.
pub fn linked(workspace: &Workspace, toolchain: WasmToolchain) -> PathBuf {
    toolchain.folder(workspace).join(TARGET).join("release").join(format!("{MODULE}.wasm"))
}

/// What is done to a module after wasm-opt.
const PASSES: &[&str] = &[
    "xtask/src/outer_names.rs",
    "xtask/src/copies.rs",
    "xtask/src/alignment.rs",
    "xtask/src/deflate.rs",
    "xtask/src/order.rs",
    "xtask/src/moves.rs",
    "xtask/src/locals.rs",
];

/// For size, as often as it helps. Of the lowest 1024 bytes only a stack that has all but overflown makes use: rust-lld
/// puts the stack first. So an address may be folded into the instruction that uses it. A function that is called once
/// stays one unless it is small: inside another it saves a call, and its variables get numbers that nothing else has,
/// which compresses worse.
pub const SMALLER: &[&str] = &[
    "-Oz",
    "--converge",
    "--low-memory-unused",
    "--one-caller-inline-max-function-size",
    "20",
    "--strip-target-features",
];

/// Between two rounds lies up to 1 KB, by chance.
const COMPRESSION_ROUNDS: usize = 8;

fn write_pkg(workspace: &Workspace, module: &Path, pkg: &Path, purpose: Purpose) -> Result<()> {
    let keep_names = purpose == Purpose::Profile;
    for entry in fs::read_dir(pkg)? {
        let file = entry?.path();
        if file.file_name().is_some_and(|name| name != "README.md") && file.is_file() {
            fs::remove_file(file)?;
        }
    }
    Bindgen::new()
        .input_path(module)
        .out_name(MODULE)
        .web(true)?
        .typescript(true)
        .keep_debug(false)
        .remove_name_section(!keep_names)
        .remove_producers_section(true)
        .generate(pkg)
        .context("wasm-bindgen could not write the glue")?;
    let wasm_opt = install::wasm_opt(workspace)?;
    let before = pkg.join(format!("{MODULE}_bg.wasm"));
    let after = workspace.target.join("xtask/optimised.wasm");
    println!("Making the module smaller with wasm-opt …");
    let mut command = workspace.command("node");
    command.arg(wasm_opt).args(WASM_FEATURES).args(SMALLER);
    if keep_names {
        command.arg("-g");
    }
    run(command.arg(&before).arg("-o").arg(&after))?;
    let glue = pkg.join(format!("{MODULE}.js"));
    let (plain, plain_glue) = outer_names::plain(&fs::read(&after)?, &fs::read_to_string(&glue)?)?;
    let called = alignment::evened(&copies::by_calls(&plain)?)?;
    // A name section lists functions by their index; who reads one refuses another order. Nobody ships it either.
    let ordered = if keep_names { called } else { for_compression(called)? };
    fs::write(&glue, plain_glue)?;
    let size_before = fs::metadata(&before)?.len();
    let size_after = ordered.len();
    fs::write(&before, ordered)?;
    println!("pkg/{MODULE}_bg.wasm: {size_before} → {size_after} bytes");
    Ok(())
}

/// Where a function stands depends on the numbers of its variables, and these on what stands before it: the smallest of
/// some rounds of both.
fn for_compression(module: Vec<u8>) -> Result<Vec<u8>> {
    let mut rounds = Vec::new();
    let mut last = module;
    for _ in 0..COMPRESSION_ROUNDS {
        last = locals::for_compression(&order::for_compression(&last)?)?;
        rounds.push((gzip_bytes(&last)?, last.clone()));
    }
    let smallest = rounds.into_iter().min_by_key(|(size, _)| *size).context("no round")?;
    Ok(smallest.1)
}

/// wasm-bindgen's glue generator reads only what its own version wrote into the module.
fn same_bindgen_version(workspace: &Workspace) -> Result<()> {
    let library = bindgen_version(workspace)?;
    let generator = locked_version(workspace, "wasm-bindgen-cli-support")?;
    if library != generator {
        bail!(
            "wasm-bindgen is {library} in Cargo.lock, wasm-bindgen-cli-support {generator}: \
             `cargo update -p wasm-bindgen-cli-support --precise {library}`"
        );
    }
    Ok(())
}

fn bindgen_version(workspace: &Workspace) -> Result<String> {
    locked_version(workspace, "wasm-bindgen")
}

fn locked_version(workspace: &Workspace, package: &str) -> Result<String> {
    let lock = fs::read_to_string(workspace.root.join("Cargo.lock")).context("Cargo.lock")?;
    lock.split("[[package]]")
        .find(|entry| entry.contains(&format!("name = \"{package}\"\n")))
        .and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next())
        .map(str::to_owned)
        .with_context(|| format!("Cargo.lock has no {package}: the plugin does not depend on it"))
}

/// A path as a person in the checkout would type it.
pub fn shown(workspace: &Workspace, path: &Path) -> String {
    path.strip_prefix(&workspace.root).unwrap_or(path).display().to_string()
}
