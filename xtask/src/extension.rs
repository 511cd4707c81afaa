//! `package --extension`: the plugin as a browser extension, one archive for Chromium and one for Firefox.
//!
//! An extension holds the plugin's files unchanged, the parts of the hosted page that it shares, and `extension/`. What
//! one browser wants in the manifest and the other does not stands in a file of its name there. What an archive is made of is
//! `package/archive`'s business.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::build::{self, shown, Purpose};
use crate::install::hex;
use crate::package::archive::{self, Files};
use crate::workspace::Workspace;

/// The browsers.
pub const BROWSERS: [&str; 2] = ["chromium", "firefox"];

/// Out of the folder that a CRM loads: the plugin, and of the hosted page what an extension's pages use.
const SHARED: [&str; 15] = [
    "app/api.js",
    "app/config.js",
    "app/dom.js",
    "app/host.js",
    "app/icon-128.png",
    "app/icon-48.png",
    "app/records.js",
    "app/words",
    "app/words.js",
    "config.json",
    "panel.css",
    "pkg",
    "plugin.js",
    "translations",
    "LICENSE-MIT",
];

/// Where the unpacked extensions stand, a folder for each browser, as a developer loads them.
pub fn unpacked(workspace: &Workspace) -> PathBuf {
    workspace.target.join("extension")
}

/// Builds and packs: `dist/<id>-extension-<version>-<browser>.zip`, for each browser.
pub fn package(workspace: &Workspace) -> Result<()> {
    build::build(workspace, Purpose::Ship)?;
    assemble(workspace)?;
    for browser in BROWSERS {
        let file = packed(workspace, browser);
        let archive = fs::read(&file)?;
        let hash = hex(&Sha256::digest(&archive));
        println!("{hash}  {} ({} bytes)", shown(workspace, &file), archive.len());
    }
    Ok(())
}

/// Where a browser's archive stands.
pub fn packed(workspace: &Workspace, browser: &str) -> PathBuf {
    let version = env!("CARGO_PKG_VERSION");
    workspace.root.join(format!("dist/{}-extension-{version}-{browser}.zip", build::PLUGIN))
}

/// Writes both extensions, unpacked and as archives; the plugin has to be built.
pub fn assemble(workspace: &Workspace) -> Result<()> {
    fs::create_dir_all(workspace.root.join("dist"))?;
    for browser in BROWSERS {
        let archive = packed(workspace, browser);
        fs::write(&archive, archive::write(&files(workspace, browser)?)?)
            .with_context(|| archive.display().to_string())?;
        let folder = unpacked(workspace).join(browser);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        for (name, bytes) in files(workspace, browser)? {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().context("a file below the folder has a parent")?)?;
            fs::write(file, bytes)?;
        }
    }
    Ok(())
}

/// What a browser's extension consists of.
pub fn files(workspace: &Workspace, browser: &str) -> Result<Files> {
    let mut files = Files::new();
    let plugin = workspace.plugin_dir();
    for name in SHARED {
        match name {
            "LICENSE-MIT" => take(&workspace.root, name, &mut files)?,
            _ => take(&plugin, name, &mut files)?,
        }
    }
    take(&workspace.root, "extension", &mut files)?;
    let parts =
        files.keys().filter(|name| name.starts_with("extension/") && name.ends_with(".json"));
    let parts: Vec<String> = parts.cloned().collect();
    let mut manifest = None;
    for part in parts {
        let bytes = files.remove(&part).context("the name is one of the files'")?;
        let entries: Value = serde_json::from_slice(&bytes).with_context(|| part.clone())?;
        if part == "extension/manifest.json" || part == format!("extension/{browser}.json") {
            manifest.get_or_insert_with(Vec::new).push(entries);
        }
    }
    let manifest = merged(manifest.context("extension/manifest.json is missing")?)?;
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    files.insert("manifest.json".into(), text.into_bytes());
    Ok(files)
}

/// The entries of both files, with the workspace's version.
fn merged(parts: Vec<Value>) -> Result<Value> {
    let mut all = serde_json::Map::new();
    for part in parts {
        let Value::Object(entries) = part else { bail!("a manifest is an object") };
        for (name, value) in entries {
            if all.insert(name.clone(), value).is_some() {
                bail!("`{name}` stands in two files of extension/");
            }
        }
    }
    all.insert("version".into(), env!("CARGO_PKG_VERSION").into());
    Ok(Value::Object(all))
}

/// A file, or a folder with everything below it.
fn take(root: &Path, name: &str, files: &mut Files) -> Result<()> {
    let path = root.join(name);
    if !path.is_dir() {
        let bytes = fs::read(&path).with_context(|| format!("{} is missing", path.display()))?;
        files.insert(name.to_owned(), bytes);
        return Ok(());
    }
    for entry in fs::read_dir(&path)? {
        let below = entry?.file_name();
        let below = below.to_str().context("names in the checkout are plain text")?;
        take(root, &format!("{name}/{below}"), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_one_browser_wants_is_added_and_never_hides_what_both_want() {
        let common = json!({ "name": "a", "version": "0" });
        let manifest = merged(vec![common.clone(), json!({ "only": 1 })]).expect("they differ");
        assert_eq!((&manifest["name"], &manifest["only"]), (&json!("a"), &json!(1)));
        assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
        assert!(merged(vec![common, json!({ "name": "b" })]).is_err());
    }
}
