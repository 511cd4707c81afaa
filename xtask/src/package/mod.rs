//! `package`: the built plugin as the one archive that a marketplace takes.
//!
//! What stands in it is put together by `contents`, its bytes by `archive`; what is refused there is `validate`'s.

pub mod archive;
pub mod contents;
mod crates;
mod words;

use std::fs;
use std::path::PathBuf;

use anyhow::{bail, Context, Result};

use crate::build::{self, shown, Purpose};
use crate::install::hex;
use crate::validate;
use crate::workspace::Workspace;
use sha2::{Digest, Sha256};

/// Builds, packs and validates; the archive is `dist/<id>-<version>.zip`.
pub fn package(workspace: &Workspace) -> Result<PathBuf> {
    build::build(workspace, Purpose::Ship)?;
    let file = pack_and_validate(workspace)?;
    let bytes = fs::read(&file)?;
    let hash = hex(&Sha256::digest(&bytes));
    println!("{hash}  {} ({} bytes)", shown(workspace, &file), bytes.len());
    Ok(file)
}

/// Writes the archive of the folder that `build` made, and one that is the next version of it; fails if either is
/// refused. Everything is put together twice: two packages of one source are equal byte for byte.
pub fn pack_and_validate(workspace: &Workspace) -> Result<PathBuf> {
    let next = next_version(workspace)?;
    let (file, file_next) = (packed(workspace)?, packed_next(workspace));
    for (file, version) in [(&file, None), (&file_next, Some(next.as_str()))] {
        let archive = pack(workspace, version)?;
        fs::create_dir_all(file.parent().context("an archive has a folder")?)?;
        fs::write(file, &archive).with_context(|| format!("cannot write {}", file.display()))?;
        validate::validate(workspace, file)?;
    }
    contents::assemble(workspace)?;
    if pack(workspace, None)? != fs::read(&file)? {
        bail!("two packages of the same source differ");
    }
    Ok(file)
}

/// Where the package of this version is written.
pub fn packed(workspace: &Workspace) -> Result<PathBuf> {
    let manifest = contents::manifest_of(&workspace.root)?;
    let (Some(id), Some(version)) = (manifest["id"].as_str(), manifest["version"].as_str()) else {
        bail!("manifest.json has no id or no version");
    };
    Ok(workspace.root.join("dist").join(format!("{id}-{version}.zip")))
}

/// Where the same package stands under the next version's number: what an update is tried out with.
pub fn packed_next(workspace: &Workspace) -> PathBuf {
    workspace.target.join("xtask/next.zip")
}

/// Every crate of others in the module, with its licence expression.
pub fn licences_of_module(workspace: &Workspace) -> Result<Vec<(String, String)>> {
    let crates = crates::of_module(workspace)?;
    Ok(crates.into_iter().map(|one| (one.name, one.licence)).collect())
}

fn next_version(workspace: &Workspace) -> Result<String> {
    let manifest = contents::manifest_of(&workspace.root)?;
    contents::next_version(manifest["version"].as_str().unwrap_or(""))
}

fn pack(workspace: &Workspace, version: Option<&str>) -> Result<Vec<u8>> {
    archive::write(&contents::for_marketplace(&workspace.plugin_dir(), version)?)
}
