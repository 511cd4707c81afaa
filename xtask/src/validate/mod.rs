//! `validate`: what a marketplace refuses, before anybody's page runs it. One line for each reason.
//!
//! A package is judged by its files alone: nothing here knows how it was built. What is wrong with an archive as such
//! is found by the archive's reader.

mod addresses;
mod hashes;
mod json;
mod manifest;
mod module;
mod secrets;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use anyhow::{bail, Context, Result};

use crate::package::archive::{self, Files, FILES_MOST, UNPACKED_BYTES_MOST};
use crate::package::contents;
use crate::size;
use crate::workspace::Workspace;

/// Prints every finding on a line of its own; fails if there is one.
pub fn validate(workspace: &Workspace, package: &Path) -> Result<()> {
    let package = if package.is_absolute() {
        package.to_path_buf()
    } else {
        std::env::current_dir().context("the current folder is gone")?.join(package)
    };
    let name = crate::build::shown(workspace, &package);
    let findings = match load(&package) {
        Ok(files) => findings(&files),
        Err(error) => vec![one_line(&format!("{error:#}"))],
    };
    for finding in &findings {
        println!("refused: {finding}");
    }
    match findings.len() {
        0 => println!("{name}: accepted"),
        count => bail!("{name}: refused for {count} reason{}", if count == 1 { "" } else { "s" }),
    }
    Ok(())
}

/// The files of a folder or an archive.
fn load(package: &Path) -> Result<Files> {
    if package.is_dir() {
        return contents::read_folder(package);
    }
    let archive =
        fs::read(package).with_context(|| format!("cannot read {}", package.display()))?;
    archive::read(&archive)
}

/// Everything that speaks against these files.
fn findings(files: &Files) -> Vec<String> {
    let mut findings = Vec::new();
    paths_and_sizes(files, &mut findings);
    json::check_all(files, &mut findings);
    secrets::check(files, &mut findings);
    hashes::check_sums(files, &mut findings);
    match files.get(contents::MANIFEST).map(|bytes| json::parse(bytes)) {
        None => findings.push("manifest.json is missing".into()),
        // Said by `json::check_all`.
        Some(Err(_)) => {}
        Some(Ok(manifest)) => {
            manifest::check(&manifest, files, &mut findings);
            hashes::check_integrity(&manifest, files, &mut findings);
            addresses::check(&manifest, files, &mut findings);
            module::check(&manifest, files, &mut findings);
        }
    }
    findings.iter().map(|finding| one_line(finding)).collect()
}

fn paths_and_sizes(files: &Files, findings: &mut Vec<String>) {
    for name in files.keys() {
        if let Err(error) = archive::check_name(name) {
            findings.push(error.to_string());
        } else if name.split('/').any(|part| part.starts_with('.')) {
            findings.push(format!("{name}: a hidden file"));
        }
    }
    let bytes: usize = files.values().map(Vec::len).sum();
    if files.len() > FILES_MOST || bytes > UNPACKED_BYTES_MOST {
        findings.push(format!(
            "{} files of {bytes} bytes; {FILES_MOST} files of {UNPACKED_BYTES_MOST} bytes are the most",
            files.len()
        ));
    }
    let shipped = size::SHIPPED.iter().filter_map(|name| files.get(*name));
    match shipped.map(|bytes| size::gzip_bytes(bytes)).sum::<Result<usize>>() {
        Ok(bytes) if bytes > size::BUDGET_BYTES => findings.push(format!(
            "what a page loads is {bytes} bytes after gzip; {} are the most",
            size::BUDGET_BYTES
        )),
        Ok(_) => {}
        Err(error) => findings.push(error.to_string()),
    }
}

/// Without line breaks and at a length that fits a log.
fn one_line(text: &str) -> String {
    const CHARACTERS_MOST: usize = 240;
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(CHARACTERS_MOST).collect()
}
