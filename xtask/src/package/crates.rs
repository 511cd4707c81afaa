//! The crates whose code reaches the module: a software bill of materials (CycloneDX 1.6) and their licence texts.
//!
//! Macros and build scripts run on the machine that compiles, and are left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{json, Value};

use crate::build::PLUGIN;
use crate::wasm_toolchain::TARGET;
use crate::workspace::{output_of, Workspace};

/// A crate as it is compiled into the module.
pub struct Crate {
    /// As its registry knows it.
    pub name: String,
    version: String,
    /// An SPDX expression.
    pub licence: String,
    /// Of the archive it came in; none for the crates of this workspace.
    sha256: Option<String>,
    folder: PathBuf,
    /// Places in the list.
    uses: Vec<usize>,
}

impl Crate {
    /// Package URL (ECMA-427): names the crate in the whole document.
    fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }

    fn ours(&self) -> bool {
        self.sha256.is_none()
    }
}

/// The plugin's own crate first, then what it uses, as cargo would build it for the browser.
pub fn of_module(workspace: &Workspace) -> Result<Vec<Crate>> {
    let mut cargo = workspace.cargo();
    cargo.args(["tree", "--package", PLUGIN, "--target", TARGET, "--locked"]);
    cargo.args(["--edges", "normal,no-proc-macro", "--prefix", "depth", "--no-dedupe"]);
    let tree = output_of(cargo.args(["--format", " {p}"]))?;
    let mut cargo = workspace.cargo();
    let metadata = output_of(cargo.args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata")?;
    let lock = fs::read_to_string(workspace.root.join("Cargo.lock")).context("Cargo.lock")?;

    let mut crates: Vec<Crate> = Vec::new();
    let mut above: Vec<usize> = Vec::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let depth: usize = words.next().context("cargo tree: no depth")?.parse()?;
        let name = words.next().context("cargo tree: no name")?;
        let version = words.next().and_then(|word| word.strip_prefix('v'));
        let version = version.context("cargo tree: no version")?;
        let known = crates.iter().position(|one| one.name == name && one.version == version);
        let at = match known {
            Some(at) => at,
            None => {
                crates.push(describe(name, version, &metadata, &lock)?);
                crates.len() - 1
            }
        };
        above.truncate(depth);
        if let Some(user) = above.last() {
            if !crates[*user].uses.contains(&at) {
                crates[*user].uses.push(at);
            }
        }
        above.push(at);
    }
    Ok(crates)
}

fn describe(name: &str, version: &str, metadata: &Value, lock: &str) -> Result<Crate> {
    let packages = metadata["packages"].as_array().context("cargo metadata: no packages")?;
    let package = packages
        .iter()
        .find(|package| package["name"] == name && package["version"] == version)
        .with_context(|| format!("cargo metadata does not know {name} {version}"))?;
    let manifest = Path::new(package["manifest_path"].as_str().context("no path")?);
    let head = format!("name = \"{name}\"\nversion = \"{version}\"\n");
    let sha256 = lock
        .split("[[package]]")
        .find(|entry| entry.contains(&head))
        .and_then(|entry| entry.split("checksum = \"").nth(1)?.split('"').next());
    Ok(Crate {
        name: name.to_owned(),
        version: version.to_owned(),
        // `/` between two licences is how crates wrote `OR` before SPDX.
        licence: package["license"].as_str().unwrap_or("NOASSERTION").replace('/', " OR "),
        sha256: sha256.map(str::to_owned),
        folder: manifest.parent().context("a manifest has a folder")?.to_path_buf(),
        uses: Vec::new(),
    })
}

/// CycloneDX without times and serial numbers: equal sources give equal bytes.
pub fn bill_of_materials(crates: &[Crate], manifest: &Value) -> Result<Vec<u8>> {
    let plugin = crates.first().context("the plugin has no crate")?;
    let component = |one: &Crate| {
        let mut component = json!({
            "type": "library",
            "bom-ref": one.purl(),
            "name": one.name,
            "version": one.version,
            "licenses": [{ "expression": one.licence }],
            "purl": one.purl(),
        });
        if let Some(sha256) = &one.sha256 {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
        }
        component
    };
    let uses = |one: &Crate| {
        let uses: Vec<String> = one.uses.iter().map(|at| crates[*at].purl()).collect();
        json!({ "ref": one.purl(), "dependsOn": uses })
    };
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": plugin.purl(),
            "name": manifest["name"],
            "version": plugin.version,
            "licenses": [{ "expression": plugin.licence }],
        } },
        "components": crates[1..].iter().map(component).collect::<Vec<Value>>(),
        "dependencies": crates.iter().map(uses).collect::<Vec<Value>>(),
    });
    Ok((serde_json::to_string_pretty(&bill)? + "\n").into_bytes())
}

/// Every crate's licence texts; texts that several crates share stand there once.
pub fn licences(crates: &[Crate]) -> Result<Vec<u8>> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut out = String::from(
        "The module contains code of these crates, each under its own licence; the texts follow.\n\n",
    );
    for one in crates.iter().filter(|one| !one.ours()) {
        let title = format!("{} {}", one.name, one.version);
        out.push_str(&format!("{title}: {}\n", one.licence));
        for text in texts_in(&one.folder)? {
            texts.entry(text).or_default().push(title.clone());
        }
    }
    let mut texts: Vec<(Vec<String>, String)> =
        texts.into_iter().map(|(text, titles)| (titles, text)).collect();
    texts.sort();
    for (titles, text) in texts {
        let line = "=".repeat(78);
        out.push_str(&format!("\n{line}\n{}\n{line}\n\n{}\n", titles.join(", "), text.trim_end()));
    }
    Ok(out.into_bytes())
}

fn texts_in(folder: &Path) -> Result<Vec<String>> {
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.sort();
    let mut texts = Vec::new();
    for file in names {
        let name = file.file_name().map(|name| name.to_string_lossy().to_uppercase());
        let is_licence = name.is_some_and(|name| {
            ["LICENSE", "LICENCE", "COPYING", "NOTICE"].iter().any(|word| name.starts_with(word))
        });
        if is_licence && file.is_file() {
            texts.push(fs::read_to_string(&file)?.replace("\r\n", "\n"));
        }
    }
    Ok(texts)
}
