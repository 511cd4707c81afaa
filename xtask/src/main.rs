//! The project's one tool: `cargo xtask <verb>`.
//!
//! Here the verbs are told apart and their options read; what each does stands in its own file.
//! Every verb installs or builds what it lacks, says so, and does not do it again.

mod alignment;
mod bench;
mod build;
mod compile;
mod conformance;
mod copies;
mod crate_sizes;
mod deflate;
mod demo;
mod extension;
mod fuzz;
mod install;
mod locals;
mod moves;
mod mutants;
mod order;
mod outer_names;
mod package;
mod screenshots;
mod sim;
mod size;
mod test;
mod tidy;
mod validate;
mod wasm_module;
mod wasm_toolchain;
mod workspace;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{bail, Result};

use crate::build::Purpose;
use crate::size::Ratchet;
use crate::workspace::Workspace;

const HELP: &str = "\
cargo xtask <verb>

  demo [--headless]     serve the demo CRM and the emulated Dropbox on this machine;
                        --headless: do the main job there in a browser without a screen
  test [STEP]           all tests, or the steps whose name contains STEP
                        (rust, xtask, sim, fuzz, clients-node, clients-python, e2e, extension)
  build [--profiling]   compile the plugin, write pkg/ and the folder a CRM loads
  package               build, and write dist/<id>-<version>.zip: what a marketplace takes
  package --extension   build, and write the browser extension, one zip for Chromium and one for Firefox
  validate PACKAGE      the reasons to refuse a package (a zip or a folder), one a line
  bench [ROW]           ours beside the official SDK, bare calls and the services' limits; fails if a row is not
                        reached. ROW: those whose name contains it
  tidy [--write-imports]
                        format, lints, dependencies, the module's imports and size
  size [--write]        the shipped files, plain, gzip and brotli, beside the goal and last time
  sim [--seeds N] [--from K] [--world]
                        random histories: the engine over a model, then the whole system
  sim --mutants [TEXT]  break one rule of the engine at a time: does any test notice? TEXT: only
                        the rules whose title contains it
  fuzz [--seconds N] [--seed K] [--trace] [TARGET]
                        broken and hostile answers, rows and sign-ins: each target for 10 s, or N
  screenshots [STATE]   pictures of every state of the panel, or of those whose name contains STATE;
                        --readme: the four that README.md shows
  pictures              the pictures of docs/install.md, from the running product
  conformance           each sync rule and the tests that carry its id
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((verb, rest)) = arguments.split_first() else {
        print!("{HELP}");
        return Ok(());
    };
    let options: Vec<&str> = rest.iter().map(String::as_str).collect();
    let workspace = Workspace::find()?;
    match (verb.as_str(), options.as_slice()) {
        ("build", []) => build::build(&workspace, Purpose::Ship).map(drop),
        ("build", ["--profiling"]) => build::build(&workspace, Purpose::Profile).map(drop),
        ("demo", []) => demo::serve(&workspace),
        ("demo", ["--headless"]) => demo::perform(&workspace),
        ("test", []) => test::test(&workspace, ""),
        ("test", [step]) => test::test(&workspace, step),
        ("package", []) => package::package(&workspace).map(drop),
        ("package", ["--extension"]) => extension::package(&workspace),
        ("validate", [package]) => validate::validate(&workspace, Path::new(package)),
        ("bench", []) => bench::bench(&workspace, ""),
        ("bench", [row]) => bench::bench(&workspace, row),
        ("tidy", []) => tidy::tidy(&workspace),
        ("tidy", ["--write-imports"]) => tidy::write_imports(&workspace),
        ("size", []) => measure(&workspace, Ratchet::Check),
        ("size", ["--write"]) => measure(&workspace, Ratchet::Write),
        ("sim", ["--mutants"]) => mutants::mutants(&workspace, ""),
        ("sim", ["--mutants", title]) => mutants::mutants(&workspace, title),
        ("sim", options) => sim::sim(&workspace, sim::Options::parse(options)?),
        ("fuzz", options) => fuzz::fuzz(&workspace, options),
        ("pictures", []) => screenshots::install_pictures(&workspace),
        ("screenshots", []) => screenshots::screenshots(&workspace, ""),
        ("screenshots", [state]) => screenshots::screenshots(&workspace, state),
        ("conformance", []) => conformance::conformance(&workspace),
        ("help" | "--help" | "-h", _) => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("`cargo xtask {}` is not known\n\n{HELP}", arguments.join(" ")),
    }
}

fn measure(workspace: &Workspace, ratchet: Ratchet) -> Result<()> {
    let toolchain = build::build(workspace, Purpose::Ship)?;
    size::size(workspace, toolchain, ratchet)
}
