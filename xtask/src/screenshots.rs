//! `screenshots`: pictures of every state of the panel, drawn from fixed snapshots without the engine.
//!
//! The gallery is a module of its own (`examples/gallery.rs`) with a page around it; a script opens that page in
//! Chromium. What the states are, and how they look, is not decided here.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::build::{self, shown, Purpose};
use crate::compile::compile;
use crate::extension;
use crate::install;
use crate::package::archive::Files;
use crate::package::contents::{collect, pack_words};
use crate::test::{build_sandbox, with_surroundings};
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::{run, Workspace};

/// Writes the pictures whose state's name contains the filter.
pub fn screenshots(workspace: &Workspace, filter: &str) -> Result<()> {
    let site = build_gallery(workspace)?;
    let pictures = workspace.target.join("gallery");
    install::npm(workspace, "tests/e2e")?;
    let mut node = workspace.command("node");
    node.arg("tests/e2e/screenshots.mjs")
        .arg(filter)
        .env("CHROMIUM", install::chromium(workspace)?)
        .env("GALLERY_DIR", site)
        .env("PICTURES_DIR", &pictures);
    run(&mut node)?;
    println!("Pictures: {}", shown(workspace, &pictures));
    Ok(())
}

/// Takes the pictures of `docs/install.md` from the running product.
pub fn install_pictures(workspace: &Workspace) -> Result<()> {
    build::build(workspace, Purpose::Ship)?;
    build_sandbox(workspace)?;
    extension::assemble(workspace)?;
    install::npm(workspace, "tests/e2e")?;
    let pictures = workspace.root.join("docs/install");
    let mut node = workspace.command("node");
    node.arg("tests/e2e/install_pictures.mjs")
        .env("CHROMIUM", install::chromium(workspace)?)
        .env("DOCS_PICTURES_DIR", &pictures);
    with_surroundings(workspace, &mut node)?;
    run(&mut node)?;
    println!("Pictures: {}", shown(workspace, &pictures));
    Ok(())
}

/// Builds the gallery's page and returns its folder.
pub fn build_gallery(workspace: &Workspace) -> Result<PathBuf> {
    let toolchain = WasmToolchain::choose(workspace)?;
    println!("Compiling the gallery …");
    let module = compile(workspace, toolchain, &["--example", "gallery"])?;
    let site = gallery_dir(workspace);
    fs::create_dir_all(&site)?;
    Bindgen::new()
        .input_path(module)
        .out_name("gallery")
        .web(true)?
        .typescript(false)
        .generate(&site)
        .context("wasm-bindgen could not write the gallery's glue")?;
    fs::copy(workspace.root.join("examples/gallery.html"), site.join("index.html"))?;
    fs::copy(workspace.root.join("www/panel.css"), site.join("panel.css"))?;
    let mut words = Files::new();
    collect(&workspace.root.join("www/translations"), "translations/", &mut words)?;
    pack_words(&mut words)?;
    fs::create_dir_all(site.join("translations"))?;
    for (name, bytes) in words {
        fs::write(site.join(name), bytes)?;
    }
    Ok(site)
}

/// Where the gallery's page stands.
pub fn gallery_dir(workspace: &Workspace) -> PathBuf {
    workspace.target.join("gallery/site")
}
