//! `conformance`: every rule of the sync contract, the tests that carry its id, and how they ended.
//!
//! A Rust test carries an id at the start of its name (`m12_edit_beats_delete`), a test in
//! JavaScript at the start of its title (`[M12] …`). The ids stand in `tests/conformance.txt`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{bail, Context, Result};

use crate::workspace::{run_logged, Workspace};

const IDS: &str = "tests/conformance.txt";

/// Runs the native tests and prints the table; fails on an id without a test, or with a failing one.
///
/// Browser tests are read from the log of their last run by `cargo xtask test`.
pub fn conformance(workspace: &Workspace) -> Result<()> {
    let ids = ids(&fs::read_to_string(workspace.root.join(IDS)).context(IDS)?)?;
    println!("Running the native tests …");
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--no-fail-fast"]);
    let mut log = run_logged(&mut cargo, &workspace.target.join("xtask/log/rust.log"))?.log;
    log.push('\n');
    log += &fs::read_to_string(workspace.target.join("xtask/log/e2e.log")).unwrap_or_default();
    let results = results(&log);
    let mut bad = 0;
    for id in &ids {
        let tests: Vec<_> = results.iter().filter(|(name, _)| carries(name, id)).collect();
        if tests.is_empty() {
            println!("{id:<5}no test");
            bad += 1;
        }
        for (name, passed) in tests {
            println!("{id:<5}{}  {name}", if *passed { "pass" } else { "FAIL" });
            bad += usize::from(!passed);
        }
    }
    println!("{} rules, {bad} without a passing test", ids.len());
    if bad > 0 {
        bail!("the contract does not hold everywhere");
    }
    Ok(())
}

/// Reads lines such as `M1-M15`, `G1`, and comments.
fn ids(text: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or("").trim();
        if line.is_empty() {
            continue;
        }
        let (first, last) = line.split_once('-').unwrap_or((line, line));
        let (letter, from) = parse(first).with_context(|| format!("{IDS}: {line}"))?;
        let (_, to) = parse(last).with_context(|| format!("{IDS}: {line}"))?;
        ids.extend((from..=to).map(|number| format!("{letter}{number}")));
    }
    Ok(ids)
}

fn parse(id: &str) -> Option<(char, u32)> {
    let letter = id.chars().next()?;
    Some((letter, id.get(letter.len_utf8()..)?.parse().ok()?))
}

/// Test name → whether every test of that name passed, from cargo's and tap's lines.
fn results(log: &str) -> BTreeMap<String, bool> {
    let mut results = BTreeMap::new();
    for line in log.lines() {
        let line = line.trim();
        let found = if let Some(rest) = line.strip_prefix("test ") {
            rest.rsplit_once(" ... ").and_then(|(name, end)| match end {
                "ok" => Some((name, true)),
                "FAILED" => Some((name, false)),
                _ => None,
            })
        } else if let Some(rest) = line.strip_prefix("not ok ") {
            rest.split_once(" - ").map(|(_, name)| (name, false))
        } else if let Some(rest) = line.strip_prefix("ok ") {
            rest.split_once(" - ").map(|(_, name)| (name, !name.contains("# SKIP")))
        } else {
            None
        };
        if let Some((name, passed)) = found {
            *results.entry(name.to_owned()).or_insert(true) &= passed;
        }
    }
    results
}

/// Whether a test carries an id: `…::m12_…`, `[M12] …`; a name may carry several (`m3_f2_…`).
fn carries(test: &str, id: &str) -> bool {
    let id = id.to_lowercase();
    if let Some(inside) = test.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
        return inside.split([',', ' ']).any(|part| part.to_lowercase() == id);
    }
    let name = test.rsplit("::").next().unwrap_or(test);
    name.split('_').take_while(|part| parse(part).is_some()).any(|part| part == id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
    use super::*;

    #[test]
    fn ranges_are_spelled_out() {
        assert_eq!(ids("# rules\nM1-M3\nG7 # alone\n").unwrap(), ["M1", "M2", "M3", "G7"]);
        assert!(ids("M1-x").is_err());
    }

    #[test]
    fn a_test_carries_the_ids_its_name_begins_with() {
        assert!(carries("plan::tests::m1_nothing", "M1"));
        assert!(!carries("plan::tests::m12_edit_beats_delete", "M1"));
        assert!(carries("m3_f2_file_for_folder", "F2"));
        assert!(!carries("keeps_m3_apart", "M3"));
        assert!(carries("[C1, P4] the leader's tab dies", "P4"));
    }

    #[test]
    fn one_failing_test_of_a_name_fails_the_name() {
        let log = "test a::m1_x ... ok\ntest m2_y ... FAILED\nok 1 - [M3] z\n    not ok 2 - [M4] w\ntest m1_i ... ignored";
        let results = results(log);
        assert_eq!(results.len(), 4);
        assert!(results["a::m1_x"] && results["[M3] z"]);
        assert!(!results["m2_y"] && !results["[M4] w"]);
    }
}
