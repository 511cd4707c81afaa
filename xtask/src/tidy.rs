//! `tidy`: what must hold of the source and of the built module besides the tests.
//!
//! Format, lints, dependencies with their reasons, what may stand in the module's dependency tree,
//! what the module may import, its size, and words that do not belong in the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};

use crate::build::{self, Purpose, MODULE, PLUGIN};
use crate::size::{self, Ratchet};
use crate::wasm_module;
use crate::wasm_toolchain::{WasmToolchain, TARGET};
use crate::workspace::{output_of, run_logged, Workspace};

/// Crates that never go into the module: the page has its own, or they cost more than they give.
const BANNED: &[&str] = &[
    "anyhow",
    "chrono",
    "dropbox-sdk",
    "hyper",
    "icu_properties",
    "idna",
    "rand",
    "regex",
    "reqwest",
    "time",
    "tokio",
    "ureq",
    "url",
];

/// The same for `cargo deny`, which knows advisories besides.
const DENY: &str = include_str!("../../deny.toml");

/// What the module may ask of its glue, one import a line.
const IMPORTS: &str = "xtask/imports.txt";

/// A check's name and its findings; no finding is a pass.
type Finding = String;

/// Runs every check and prints a line for each; fails if one found something.
pub fn tidy(workspace: &Workspace) -> Result<()> {
    let mut failed = 0;
    let mut report = |name: &str, findings: Result<Vec<Finding>>| {
        let findings = findings.unwrap_or_else(|error| vec![format!("{error:#}")]);
        println!("{name}: {}", if findings.is_empty() { "ok" } else { "FAILED" });
        for finding in &findings {
            println!("  {finding}");
        }
        failed += usize::from(!findings.is_empty());
    };
    report("format", command_passes(workspace, "fmt", &["fmt", "--all", "--check"]));
    report(
        "lints",
        command_passes(
            workspace,
            "clippy",
            &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"],
        ),
    );
    report("reasons for dependencies", dependency_reasons(workspace));
    report("dependencies of the module", banned_dependencies(workspace));
    report("licences of the module", licences(workspace));
    report("words", words(workspace));
    let toolchain = build::build(workspace, Purpose::Ship)?;
    report("lints of the module", module_lints(workspace, toolchain));
    report("imports of the module", imports(workspace));
    report("size", size::size(workspace, toolchain, Ratchet::Check).map(|()| Vec::new()));
    if failed > 0 {
        bail!("{failed} checks failed");
    }
    Ok(())
}

/// Writes down what the module imports now.
pub fn write_imports(workspace: &Workspace) -> Result<()> {
    build::build(workspace, Purpose::Ship)?;
    let names: Vec<String> = imports_of_module(workspace)?.into_iter().collect();
    fs::write(workspace.root.join(IMPORTS), names.join("\n") + "\n")?;
    println!("{IMPORTS}: {} imports", names.len());
    Ok(())
}

fn command_passes(workspace: &Workspace, name: &str, arguments: &[&str]) -> Result<Vec<Finding>> {
    let log = workspace.target.join(format!("xtask/log/{name}.log"));
    let done = run_logged(workspace.cargo().args(arguments), &log)?;
    Ok(if done.ok { Vec::new() } else { vec![done.log] })
}

/// The same lints over the code that only compiles for the browser; Debian brings no clippy, so
/// there the compiler's own warnings are denied.
fn module_lints(workspace: &Workspace, toolchain: WasmToolchain) -> Result<Vec<Finding>> {
    let verb = if toolchain.has_clippy() { "clippy" } else { "check" };
    let mut cargo = toolchain.cargo(workspace, verb);
    cargo.args(["--package", PLUGIN, "--lib", "--examples"]);
    if verb == "clippy" {
        cargo.args(["--", "--deny", "warnings"]);
    }
    let done = run_logged(&mut cargo, &workspace.target.join("xtask/log/module-lints.log"))?;
    let clean = done.ok && (verb == "clippy" || !done.log.contains("\nwarning: "));
    Ok(if clean { Vec::new() } else { vec![done.log] })
}

fn dependency_reasons(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for folder in [".", "core", "sandbox", "xtask"] {
        let file = workspace.root.join(folder).join("Cargo.toml");
        let text = fs::read_to_string(&file)?;
        for name in without_reason(&text) {
            findings.push(format!("{folder}/Cargo.toml: `{name}` has no comment that says why"));
        }
    }
    Ok(findings)
}

/// Dependencies whose line, or whose block's first line above them, carries no comment.
///
/// Crates of this workspace (`path = …`) need none.
fn without_reason(manifest: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut inside = false;
    let mut depth = 0_i32;
    let mut pending: Option<(String, bool)> = None;
    let mut commented_above = false;
    for line in manifest.lines() {
        let line = line.trim();
        if depth == 0 && line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies");
            commented_above = false;
            continue;
        }
        if !inside || line.is_empty() {
            commented_above = false;
            continue;
        }
        if line.starts_with('#') {
            commented_above = true;
            continue;
        }
        let (code, comment) = line.split_once('#').map_or((line, false), |(code, _)| (code, true));
        if depth == 0 {
            let name = code.split(['=', '.']).next().unwrap_or("").trim().to_owned();
            let excused = comment || commented_above || code.contains("path =");
            pending = Some((name, excused));
        } else if let Some((_, excused)) = &mut pending {
            *excused |= comment;
        }
        depth += i32::try_from(code.matches(['[', '{']).count()).unwrap_or(0);
        depth -= i32::try_from(code.matches([']', '}']).count()).unwrap_or(0);
        if depth == 0 {
            if let Some((name, false)) = pending.take() {
                findings.push(name);
            }
            commented_above = false;
        }
    }
    findings
}

fn banned_dependencies(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut cargo = workspace.cargo();
    cargo.args(["tree", "--target", TARGET, "--package", PLUGIN, "--edges", "normal"]);
    let tree = output_of(cargo.args(["--prefix", "none", "--format", "{p}"]))?;
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    Ok(BANNED
        .iter()
        .filter(|name| names.contains(**name))
        .map(|name| format!("{name} is in the module: `cargo tree --target {TARGET} -i {name}`"))
        .collect())
}

/// One of each crate's licences has to be allowed.
fn licences(workspace: &Workspace) -> Result<Vec<Finding>> {
    let allowed = quoted_after(DENY, "allow = [");
    Ok(crate::package::licences_of_module(workspace)?
        .into_iter()
        .filter(|(_, expression)| !is_allowed(expression, &allowed))
        .map(|(name, expression)| {
            format!("{name} is under {expression}, which deny.toml does not allow")
        })
        .collect())
}

/// SPDX expressions as crates write them: parts that hold together, each of alternatives.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let part_is_allowed = |part: &str| {
        part.trim_matches(['(', ')']).split(" OR ").any(|one| allowed.contains(&one.trim()))
    };
    expression.split(" AND ").all(part_is_allowed)
}

/// The texts in quotes between this line and the bracket that closes it.
fn quoted_after<'t>(text: &'t str, begin: &str) -> Vec<&'t str> {
    let list = text.split(&format!("\n{begin}")).nth(1).and_then(|rest| rest.split("\n]").next());
    list.unwrap_or("").split('"').skip(1).step_by(2).collect()
}

fn imports(workspace: &Workspace) -> Result<Vec<Finding>> {
    let text = fs::read_to_string(workspace.root.join(IMPORTS))
        .with_context(|| format!("{IMPORTS} is missing: `cargo xtask tidy --write-imports`"))?;
    let known: BTreeSet<&str> = text.lines().collect();
    Ok(imports_of_module(workspace)?
        .into_iter()
        .filter(|name| !known.contains(name.as_str()))
        .map(|name| format!("the module imports `{name}`, which {IMPORTS} does not name"))
        .collect())
}

/// The names the module imports.
pub fn imports_of_module(workspace: &Workspace) -> Result<BTreeSet<String>> {
    let file = workspace.plugin_dir().join("pkg").join(format!("{MODULE}_bg.wasm"));
    let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let names = wasm_module::imports(&bytes).context("the module's import section is malformed")?;
    Ok(names.into_iter().collect())
}

/// Words that do not belong in the repository, by the file and line they stand in.
fn words(workspace: &Workspace) -> Result<Vec<Finding>> {
    let listed = output_of(workspace.command("git").args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    // Written in halves, so that this file does not find itself.
    let refused: Vec<(String, &str)> = vec![
        (["/ro", "ot/"].concat(), "a path of one machine"),
        (["/ho", "me/"].concat(), "a path of one machine"),
        (["/wo", "rk/"].concat(), "a path of one machine"),
        (["TO", "DO"].concat(), "say what is missing in an issue, or do it"),
        (["FIX", "ME"].concat(), "say what is missing in an issue, or do it"),
    ];
    let mut findings = Vec::new();
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let file = workspace.root.join(name);
        if !is_text(&file) {
            continue;
        }
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            for (word, why) in &refused {
                // Dropbox's own pages stand below an address that looks like a folder of users.
                let address = word.contains("ome")
                    && (name.contains("/dropbox/")
                        || line.contains(&["/ho", "me/Apps/Teamleader"].concat()));
                if !address && has_word(line, word) {
                    findings.push(format!("{name}:{}: `{word}`: {why}", number + 1));
                }
            }
        }
    }
    Ok(findings)
}

fn is_text(file: &Path) -> bool {
    const ENDINGS: &[&str] =
        &["rs", "toml", "md", "mjs", "js", "json", "css", "html", "py", "txt", "lock", "run", "ts"];
    let ending = PathBuf::from(file);
    ending.extension().is_none_or(|ending| ENDINGS.contains(&ending.to_string_lossy().as_ref()))
}

/// Whether the word stands in the line with nothing that would make it part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let joins = |character: char| character.is_alphanumeric() || character == '_';
        !line[..at].ends_with(joins)
            && (word.ends_with('/') || !line[at + word.len()..].starts_with(joins))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
    use super::*;

    #[test]
    fn a_dependency_without_a_comment_is_found() {
        let manifest = "[dependencies]\nserde = \"1\" # why\nlog = \"0.4\"\n\n# all of them\n\
                        web-sys = { version = \"1\", features = [\n  \"A\",\n] }\n\
                        bare = { version = \"1\", features = [\n  \"A\",\n] }\n\
                        core = { path = \"core\" }\n[lints]\nworkspace = true\n";
        assert_eq!(without_reason(manifest), ["log", "bare"]);
    }

    #[test]
    fn both_lists_of_what_is_banned_are_one() {
        assert_eq!(quoted_after(DENY, "deny = ["), BANNED);
    }

    #[test]
    fn one_licence_of_several_is_enough_and_all_that_hold_together_are_needed() {
        let allowed = ["MIT", "Unicode-3.0"];
        assert!(is_allowed("Apache-2.0 OR MIT", &allowed));
        assert!(is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed));
        assert!(!is_allowed("GPL-3.0", &allowed));
        assert!(!is_allowed("MIT AND GPL-3.0", &allowed));
    }

    #[test]
    fn words_count_alone_and_not_inside_longer_ones() {
        assert!(has_word("see /x/y here", "/x/"));
        assert!(!has_word("https://a/x/y", "/x/"));
        assert!(has_word("// AB: later", "AB"));
        assert!(!has_word("TABLE", "AB"));
    }
}
