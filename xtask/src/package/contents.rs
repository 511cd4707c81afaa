//! What a package consists of: the page's files, module and glue, the manifest with its hashes, licences, the list of
//! crates in the module, and the sums of all files. Paths in the manifest are relative to it.

use std::fs;
use std::path::Path;

use anyhow::{bail, Context, Result};
use base64_of::base64;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384};

use super::archive::Files;
use super::crates;
use super::words::packed;
use crate::build::MODULE;
use crate::install::{self, hex};
use crate::size::SHIPPED;
use crate::workspace::{run, Workspace};

/// Where the manifest stands in a package.
pub const MANIFEST: &str = "manifest.json";
/// The schema of the manifest, shipped beside it.
pub const SCHEMA: &str = "manifest.schema.json";
/// `sha256sum --check` reads it.
pub const SUMS: &str = "SHA256SUMS";

/// The page of our own that hosts the plugin where no CRM does: beside the plugin in the folder, and in no package.
const HOSTED_PAGE: &[&str] =
    &["app/", "app.css", "config.json", "index.html", "manifest.webmanifest", "teamleader.html"];

/// Puts the package's folder together: what `build` compiled, with everything that ships beside it.
pub fn assemble(workspace: &Workspace) -> Result<()> {
    let mut files = Files::new();
    collect(&workspace.root.join("www"), "", &mut files)?;
    for name in [format!("{MODULE}.js"), format!("{MODULE}_bg.wasm")] {
        let path = format!("pkg/{name}");
        let bytes =
            fs::read(workspace.root.join(&path)).with_context(|| format!("{path} is missing"))?;
        files.insert(path, bytes);
    }
    pack_words(&mut files)?;
    minify(workspace, &mut files)?;
    for name in [SCHEMA, "LICENSE-APACHE", "LICENSE-MIT"] {
        let bytes = fs::read(workspace.root.join(name)).with_context(|| name.to_owned())?;
        files.insert(name.to_owned(), bytes);
    }
    let manifest = manifest_of(&workspace.root)?;
    let crates = crates::of_module(workspace)?;
    files.insert("sbom.cdx.json".into(), crates::bill_of_materials(&crates, &manifest)?);
    files.insert("THIRD-PARTY-LICENSES.txt".into(), crates::licences(&crates)?);
    seal(&mut files, manifest)?;

    let folder = workspace.plugin_dir();
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for (name, bytes) in &files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().context("it is below the folder")?)?;
        fs::write(file, bytes)?;
    }
    Ok(())
}

/// Makes the translations what a page loads of them.
pub fn pack_words(files: &mut Files) -> Result<()> {
    let read = |bytes: &[u8]| serde_json::from_slice::<Map<String, Value>>(bytes);
    let english = files.get("translations/en.json").context("there are no English words")?;
    let english = read(english).context("translations/en.json")?;
    for (name, bytes) in files.iter_mut().filter(|(name, _)| name.starts_with("translations/")) {
        let language = read(bytes).with_context(|| name.clone())?;
        *bytes = packed(&language, &english).to_string().into_bytes();
    }
    Ok(())
}

/// Makes the scripts and styles small that a page loads.
fn minify(workspace: &Workspace, files: &mut Files) -> Result<()> {
    let folder = workspace.target.join("xtask/minify");
    fs::create_dir_all(&folder)?;
    let loaded = SHIPPED.iter().filter(|name| name.ends_with(".js") || name.ends_with(".css"));
    let copies: Vec<_> = loaded.map(|name| (*name, folder.join(name.replace('/', "-")))).collect();
    for (name, copy) in &copies {
        fs::write(copy, files.get(*name).with_context(|| format!("{name} is missing"))?)?;
    }
    install::npm(workspace, "xtask/node")?;
    let mut node = workspace.command("node");
    node.arg("xtask/node/minify.mjs").args(copies.iter().map(|(_, copy)| copy));
    run(&mut node)?;
    for (name, copy) in &copies {
        files.insert((*name).to_owned(), fs::read(copy)?);
    }
    Ok(())
}

/// The package alone, without the page that hosts it, under this version or its own.
pub fn for_marketplace(folder: &Path, version: Option<&str>) -> Result<Files> {
    let mut files = read_folder(folder)?;
    files.retain(|name, _| !HOSTED_PAGE.iter().any(|part| name.starts_with(part)));
    let mut manifest = manifest_of(folder)?;
    if let Some(version) = version {
        manifest["version"] = version.into();
    }
    seal(&mut files, manifest)?;
    Ok(files)
}

/// The manifest in this folder.
pub fn manifest_of(folder: &Path) -> Result<Value> {
    let text = fs::read_to_string(folder.join(MANIFEST)).context(MANIFEST)?;
    serde_json::from_str(&text).context(MANIFEST)
}

/// Writes the hashes: of the module and the scripts into the manifest, of all files into their list.
pub fn seal(files: &mut Files, mut manifest: Value) -> Result<()> {
    let wasm = manifest["entry"]["wasm"].as_str().context("the manifest names no module")?;
    let module = files.get(wasm).with_context(|| format!("{wasm} is missing"))?;
    manifest["entry"]["wasmSha256"] = hex(&Sha256::digest(module)).into();
    let scripts = files.iter().filter(|(name, _)| is_script(name));
    let integrity: Map<String, Value> =
        scripts.map(|(name, bytes)| (name.clone(), integrity(bytes).into())).collect();
    manifest["integrity"] = integrity.into();
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    files.insert(MANIFEST.into(), text.into_bytes());
    files.insert(SUMS.into(), sums(files).into_bytes());
    Ok(())
}

/// Whether a page could run this file.
pub fn is_script(name: &str) -> bool {
    name.ends_with(".js") || name.ends_with(".mjs")
}

/// Subresource integrity of a script (W3C): `sha384-` and base64.
pub fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", base64(&Sha384::digest(bytes)))
}

/// One line a file, without the list itself.
pub fn sums(files: &Files) -> String {
    files
        .iter()
        .filter(|(name, _)| *name != SUMS)
        .map(|(name, bytes)| format!("{}  {name}\n", hex(&Sha256::digest(bytes))))
        .collect()
}

/// All files below a folder; refuses whatever is neither file nor folder.
pub fn read_folder(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    collect(folder, "", &mut files)?;
    Ok(files)
}

/// `1.2.3` → `1.2.4`
pub fn next_version(version: &str) -> Result<String> {
    let (rest, patch) = version.rsplit_once('.').context("no version")?;
    Ok(format!("{rest}.{}", patch.parse::<u64>()? + 1))
}

pub fn collect(folder: &Path, below: &str, files: &mut Files) -> Result<()> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().context("a file's name is not UTF-8")?;
        let path = format!("{below}{name}");
        // Of the entry itself: a link is not followed.
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            files.insert(path, fs::read(entry.path())?);
        } else if kind.is_symlink() {
            bail!("{path}: a symbolic link");
        } else {
            bail!("{path}: neither a file nor a folder");
        }
    }
    Ok(())
}

/// Base64 (RFC 4648, section 4): three lines, so no crate.
mod base64_of {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// The hashes here are multiples of three bytes: there is no padding.
    pub fn base64(bytes: &[u8]) -> String {
        assert_eq!(bytes.len() % 3, 0, "padding is not written");
        let group = |three: &[u8]| {
            let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
            [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
        };
        bytes.chunks(3).flat_map(group).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
    use super::*;

    #[test]
    fn integrity_is_what_browsers_compute() {
        // `printf "alert('Hello, world.');" | openssl dgst -sha384 -binary | base64`, the W3C's own example.
        let wanted = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO";
        assert_eq!(integrity(b"alert('Hello, world.');"), wanted);
    }

    #[test]
    fn versions_go_up_by_one() {
        assert_eq!(next_version("0.1.9").unwrap(), "0.1.10");
        assert!(next_version("").is_err());
    }
}
