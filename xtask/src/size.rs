//! `size`: what a CRM's user downloads, file by file, beside the goal and against last time.
//!
//! The goal is not reached yet, and every run says so; what fails is growth.
//! The committed figures stand in `xtask/size.json`, one for each compiler, because two compilers
//! make modules of different sizes. Growth of more than 2 % needs the new figure in the same commit.

use std::fs;
use std::io::Write as _;

use anyhow::{bail, Context, Result};
use flate2::{write::GzEncoder, Compression};
use serde_json::{json, Value};

use crate::build;
use crate::crate_sizes;
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::Workspace;

/// What all shipped files together are to be at most, after gzip.
const GOAL_BYTES: usize = 150 * 1024;

/// What a package may be at most, of the same files: `validate` refuses more. It follows the goal down.
pub const BUDGET_BYTES: usize = 320 * 1024;

/// What a page loads of the plugin, in one language. Module and glue carry the name that `build` gives them.
pub const SHIPPED: &[&str] = &[
    "pkg/teamleader_dropbox_bg.wasm",
    "pkg/teamleader_dropbox.js",
    "plugin.js",
    "panel.css",
    "translations/en.json",
];

/// How many crates are told.
const CRATES_TOLD: usize = 10;

/// Growth over the committed figure that passes without a new figure.
const GROWTH_PERCENT_MOST: usize = 2;

const FIGURES: &str = "xtask/size.json";

/// Size of one file, plain and as servers send it.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// What is done with the figure in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ratchet {
    /// Compare, and fail on growth.
    Check,
    /// Write the present figure down.
    Write,
}

/// Prints each shipped file and the total; fails on growth.
pub fn size(workspace: &Workspace, toolchain: WasmToolchain, ratchet: Ratchet) -> Result<()> {
    let total = print_table(workspace)?;
    print_crates(&fs::read(build::linked(workspace, toolchain))?)?;
    let (reached, share) = (total.gzip <= GOAL_BYTES, percent(total.gzip, GOAL_BYTES));
    let word = if reached { "reached" } else { "NOT REACHED" };
    println!("goal: {GOAL_BYTES} bytes gzip, {word}: {share} of it");
    let file = workspace.root.join(FIGURES);
    let mut figures: Value = match fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str(&text).context(FIGURES)?,
        Err(_) => json!({}),
    };
    let before = figures[toolchain.name()]
        .as_u64()
        .map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if ratchet == Ratchet::Write {
        figures[toolchain.name()] = json!(total.gzip);
        fs::write(&file, format!("{}\n", serde_json::to_string_pretty(&figures)?))?;
        println!("{FIGURES}: {} is now {} bytes gzip", toolchain.name(), total.gzip);
        return Ok(());
    }
    match before {
        None => {
            println!("{FIGURES} has no figure for `{}`: nothing to compare with", toolchain.name())
        }
        Some(before) => check_growth(before, total.gzip)?,
    }
    Ok(())
}

fn print_table(workspace: &Workspace) -> Result<Size> {
    let plugin = workspace.plugin_dir();
    println!("{:<34}{:>10}{:>10}{:>10}", "bytes", "raw", "gzip", "brotli");
    let mut total = Size::default();
    for name in SHIPPED {
        let bytes =
            fs::read(plugin.join(name)).with_context(|| format!("{name} is not shipped"))?;
        let size = measure(&bytes)?;
        print_line(name, size);
        total = Size {
            raw: total.raw + size.raw,
            gzip: total.gzip + size.gzip,
            brotli: total.brotli + size.brotli,
        };
    }
    print_line("total", total);
    Ok(total)
}

/// Where the code comes from: as it is linked, before wasm-opt, which leaves no names.
fn print_crates(linked: &[u8]) -> Result<()> {
    let crates = crate_sizes::by_crate(linked)?;
    let all: usize = crates.iter().map(|(_, bytes)| bytes).sum();
    let heaviest = crates.iter().take(CRATES_TOLD);
    let told: Vec<_> =
        heaviest.map(|(name, bytes)| format!("{name} {}", percent(*bytes, all))).collect();
    println!("code by crate, as linked: {}", told.join(", "));
    Ok(())
}

fn print_line(name: &str, size: Size) {
    println!("{name:<34}{:>10}{:>10}{:>10}", size.raw, size.gzip, size.brotli);
}

/// Size after gzip, as servers send it.
pub fn gzip_bytes(bytes: &[u8]) -> Result<usize> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?.len())
}

fn measure(bytes: &[u8]) -> Result<Size> {
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)?;
    Ok(Size { raw: bytes.len(), gzip: gzip_bytes(bytes)?, brotli: compressed.len() })
}

fn check_growth(before: usize, now: usize) -> Result<()> {
    if now * 100 > before * (100 + GROWTH_PERCENT_MOST) {
        bail!(
            "the shipped files grew from {before} to {now} bytes gzip, more than \
             {GROWTH_PERCENT_MOST} %; if that is worth it: `cargo xtask size --write`, same commit"
        );
    }
    println!("ratchet: {before} → {now} bytes gzip");
    Ok(())
}

fn percent(part: usize, whole: usize) -> String {
    format!("{} %", part * 100 / whole)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
    use super::*;

    #[test]
    fn growth_up_to_two_percent_passes_and_more_does_not() {
        check_growth(1000, 900).unwrap();
        check_growth(1000, 1020).unwrap();
        assert!(check_growth(1000, 1021).is_err());
    }

    #[test]
    fn compression_is_measured_not_guessed() {
        let size = measure(&[7; 10_000]).unwrap();
        assert_eq!(size.raw, 10_000);
        assert!(size.gzip < 100 && size.brotli < 100, "{size:?}");
    }
}
