//! `bench`: what the plugin takes, measured beside what people would use instead and beside the services' limits.
//!
//! Three programs measure: the services in virtual time (`benches/services`), criterion's natively (`benches/core.rs`),
//! and the browser (`tests/bench`). Here they are built and run, and their rows become a table and a report. What a row
//! is, and what it has to reach, is theirs to say.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use serde_json::{json, Value};
use wasm_bindgen_cli_support::Bindgen;

use crate::build::{self, shown, Purpose, PLUGIN};
use crate::compile::compile;
use crate::copies;
use crate::install;
use crate::package;
use crate::test::with_surroundings;
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::{run, run_logged, Logged, Workspace};

/// Modules of the benchmarks' own: the plugin's parts to be driven, and the peer of its panel.
const MODULES: [&str; 2] = ["bench", "button"];

/// A program that measures rows.
struct Program {
    name: &'static str,
    /// What its rows are chosen by.
    rows: &'static [&'static str],
    measure: fn(&Workspace, &str) -> Result<Logged>,
}

const PROGRAMS: [Program; 3] = [
    Program {
        name: "services",
        rows: &["first-copy", "quiet-requests", "first-listing-calls", "rename", "polling"],
        measure: services,
    },
    Program {
        name: "browser",
        rows: &["hash", "plan", "dropbox-half", "large", "folder", "panel"],
        measure: browser,
    },
    Program { name: "native", rows: &["plan", "tree", "parse"], measure: native },
];

/// Planner benchmarks of criterion whose growth is a row: from size to size.
const PLAN_SIZES: [u64; 3] = [1_000, 10_000, 100_000];

/// Measures all rows, or those whose name contains the filter; an error if one is not reached.
pub fn bench(workspace: &Workspace, filter: &str) -> Result<()> {
    let mut rows = Vec::new();
    let mut broken = Vec::new();
    for program in PROGRAMS {
        let name = program.name;
        if !program.rows.iter().any(|row| row.contains(filter)) {
            continue;
        }
        println!("{name} …");
        let done = (program.measure)(workspace, filter)?;
        let found = rows_in(&done.log);
        println!("{name}: {} rows in {} s", found.len(), done.took.as_secs());
        if !done.ok {
            println!("{}", without_rows(&done.log));
            broken.push(name);
        }
        rows.extend(found);
    }
    rows.extend(native_growth(workspace, filter));
    if rows.is_empty() {
        bail!("no row is called `{filter}`");
    }
    print!("{}", table(&rows));
    let report = workspace.target.join("bench/report.json");
    fs::create_dir_all(report.parent().expect("it has a folder"))?;
    let mut text = serde_json::to_string_pretty(&report_of(&rows))?;
    text.push('\n');
    fs::write(&report, text)?;
    println!("Report: {}", shown(workspace, &report));
    let missed: Vec<&str> = rows.iter().filter(|row| !reached(row)).filter_map(name_of).collect();
    if !broken.is_empty() {
        bail!("not measured to the end: {}", broken.join(", "));
    }
    if !missed.is_empty() {
        bail!("not reached: {}", missed.join(", "));
    }
    Ok(())
}

fn services(workspace: &Workspace, filter: &str) -> Result<Logged> {
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--package", PLUGIN, "--bench", "services", "--"]).args(words(filter));
    run_logged(&mut cargo, &workspace.target.join("xtask/log/bench-services.log"))
}

/// Only the planner's growth is judged; all of criterion's figures stand in its own folder.
fn native(workspace: &Workspace, filter: &str) -> Result<Logged> {
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--package", PLUGIN, "--bench", "core", "--"]).args(words(filter));
    run_logged(&mut cargo, &workspace.target.join("xtask/log/bench-native.log"))
}

fn browser(workspace: &Workspace, filter: &str) -> Result<Logged> {
    let toolchain = build::build(workspace, Purpose::Ship)?;
    package::pack_and_validate(workspace)?;
    let sandbox = build_sandbox(workspace)?;
    let site = build_modules(workspace, toolchain)?;
    let button = button_plugin(workspace, &site)?;
    install::npm(workspace, "tests/e2e")?;
    let sdk = install::npm(workspace, "tests/clients")?.join("dropbox/dist/Dropbox-sdk.min.js");
    let mut node = workspace.command("node");
    node.arg("tests/bench/run.mjs")
        .args(words(filter))
        .env("CHROMIUM", install::chromium(workspace)?)
        .env("BENCH_DIR", &site)
        .env("BUTTON_DIR", button)
        .env("DROPBOX_SDK", sdk);
    with_surroundings(workspace, &mut node)?;
    node.env("SANDBOX_BIN", sandbox);
    run_logged(&mut node, &workspace.target.join("xtask/log/bench-browser.log"))
}

/// The sandbox built for speed: what it takes itself is part of every time that is measured.
fn build_sandbox(workspace: &Workspace) -> Result<PathBuf> {
    println!("Building the sandbox …");
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--profile", "bench", "--package", "sandbox", "--bin", "sandbox"]);
    let done = run_logged(&mut cargo, &workspace.target.join("xtask/log/bench-sandbox.log"))?;
    if !done.ok {
        bail!("the sandbox does not compile:\n{}", done.log);
    }
    // Where cargo puts what is built with the profile of benchmarks.
    Ok(workspace.target.join("release/sandbox"))
}

fn words(filter: &str) -> Option<&str> {
    Some(filter).filter(|filter| !filter.is_empty())
}

/// The benchmarks' modules, made as the plugin's is: for size, with the glue beside them.
fn build_modules(workspace: &Workspace, toolchain: WasmToolchain) -> Result<PathBuf> {
    let site = workspace.target.join("bench/site");
    fs::create_dir_all(&site)?;
    println!("Compiling the benchmarks' modules …");
    for name in MODULES {
        let module = compile(workspace, toolchain, &["--example", name])?;
        write_module(workspace, &module, &site, name)?;
    }
    Ok(site)
}

fn write_module(workspace: &Workspace, module: &Path, site: &Path, name: &str) -> Result<()> {
    let stamp = format!("bench-{name}");
    let copies = install::hash_of(&workspace.root.join("xtask/src/copies.rs"))?;
    let made_from = format!("{} {:?} {copies}", install::hash_of(module)?, build::SMALLER);
    let optimised = site.join(format!("{name}_bg.wasm"));
    if optimised.is_file() && workspace.stamp(&stamp).is_some_and(|stamp| stamp == made_from) {
        return Ok(());
    }
    Bindgen::new()
        .input_path(module)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .generate(site)
        .context("wasm-bindgen could not write the benchmarks' glue")?;
    let after = workspace.target.join("xtask/bench.wasm");
    let mut command = workspace.command("node");
    command
        .arg(install::wasm_opt(workspace)?)
        .args(build::WASM_FEATURES)
        .args(build::SMALLER)
        .arg("-g");
    run(command.arg(&optimised).arg("-o").arg(&after))?;
    fs::write(&optimised, copies::by_calls(&fs::read(&after)?)?)?;
    workspace.set_stamp(&stamp, &made_from)
}

/// The peer of the panel as a CRM loads it.
fn button_plugin(workspace: &Workspace, site: &Path) -> Result<PathBuf> {
    let folder = workspace.target.join("bench/button");
    fs::create_dir_all(&folder)?;
    for name in ["button.js", "button_bg.wasm"] {
        fs::copy(site.join(name), folder.join(name))?;
    }
    let entry = workspace.root.join("tests/bench/button-plugin.js");
    fs::copy(entry, folder.join("plugin.js"))?;
    Ok(folder)
}

/// The rows among a program's output.
fn rows_in(log: &str) -> Vec<Value> {
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|row| row["row"].is_string())
        .collect()
}

fn without_rows(log: &str) -> String {
    log.lines().filter(|line| !line.starts_with('{')).collect::<Vec<_>>().join("\n")
}

/// The planner's growth, from what criterion wrote down.
fn native_growth(workspace: &Workspace, filter: &str) -> Option<Value> {
    if !"plan".contains(filter) {
        return None;
    }
    let median_ms = |size: u64| {
        let file = format!("criterion/plan/1 % changed/{size}/new/estimates.json");
        let text = fs::read_to_string(workspace.target.join(file)).ok()?;
        let estimates: Value = serde_json::from_str(&text).ok()?;
        Some(estimates["median"]["point_estimate"].as_f64()? / 1e6)
    };
    let times: Option<Vec<f64>> = PLAN_SIZES.into_iter().map(median_ms).collect();
    let times = times?;
    let n_log_n = |size: u64| size as f64 * (size as f64).ln();
    let samples = PLAN_SIZES
        .iter()
        .zip(&times)
        .map(|(size, ms)| json!({ "name": format!("{size} nodes"), "unit": "ms", "values": [ms] }));
    let growth = |from: usize, to: usize| {
        let allowed = n_log_n(PLAN_SIZES[to]) / n_log_n(PLAN_SIZES[from]);
        let what = format!("growth {} → {} beside n log n", PLAN_SIZES[from], PLAN_SIZES[to]);
        // What caches take of it comes on top.
        json!({ "what": what, "value": times[to] / times[from] / allowed, "at_most": 1.5 })
    };
    Some(json!({
        "row": "plan-native",
        "what": "plan of one record, 1 % of its files changed, natively",
        "samples": samples.collect::<Vec<_>>(),
        "checks": [growth(0, 1), growth(1, 2)],
    }))
}

fn name_of(row: &Value) -> Option<&str> {
    row["row"].as_str()
}

fn list<'a>(row: &'a Value, name: &str) -> &'a [Value] {
    row[name].as_array().map_or(&[], Vec::as_slice)
}

fn check_reached(check: &Value) -> bool {
    let Some(value) = check["value"].as_f64() else { return false };
    let above = check["at_most"].as_f64().is_some_and(|limit| value > limit);
    let below = check["at_least"].as_f64().is_some_and(|limit| value < limit);
    !above && !below
}

fn reached(row: &Value) -> bool {
    list(row, "checks").iter().all(check_reached)
}

/// Median, and the distance of the farthest sample from it.
fn summary(sample: &Value) -> (f64, f64) {
    let mut values: Vec<f64> = list(sample, "values").iter().filter_map(Value::as_f64).collect();
    values.sort_by(f64::total_cmp);
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return (0.0, 0.0) };
    let middle = values.len() / 2;
    let median = match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    };
    (median, (last - median).max(median - first))
}

/// As few digits as say something.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn table(rows: &[Value]) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&format!("\n{}\n", row["what"].as_str().unwrap_or_default()));
        for sample in list(row, "samples") {
            let (median, spread) = summary(sample);
            let unit = sample["unit"].as_str().unwrap_or_default();
            let name = sample["name"].as_str().unwrap_or_default();
            let spread = match list(sample, "values").len() {
                0 | 1 => String::new(),
                count => format!(" ± {} ({count} runs)", number(spread)),
            };
            text.push_str(&format!("    {name:<52} {:>10} {unit}{spread}\n", number(median)));
        }
        for check in list(row, "checks") {
            let what = check["what"].as_str().unwrap_or_default();
            let value = check["value"].as_f64().map_or("—".into(), number);
            let target = match (check["at_most"].as_f64(), check["at_least"].as_f64()) {
                (Some(limit), _) => format!("≤ {}", number(limit)),
                (_, Some(limit)) => format!("≥ {}", number(limit)),
                _ => String::new(),
            };
            let verdict = if check_reached(check) { "reached" } else { "NOT REACHED" };
            text.push_str(&format!("  → {what:<52} {value:>10}  {target:<8} {verdict}\n"));
        }
    }
    text.push('\n');
    text
}

fn report_of(rows: &[Value]) -> Value {
    let rows = rows.iter().map(|row| {
        let mut row = row.clone();
        row["reached"] = reached(&row).into();
        for sample in row["samples"].as_array_mut().into_iter().flatten() {
            let (median, spread) = summary(sample);
            sample["median"] = median.into();
            sample["spread"] = spread.into();
        }
        row
    });
    json!({ "rows": rows.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(checks: Value) -> Value {
        json!({ "row": "r", "what": "a row", "checks": checks,
            "samples": [{ "name": "ours", "unit": "ms", "values": [3.0, 1.0, 2.0, 10.0] }] })
    }

    #[test]
    fn a_row_is_reached_when_each_of_its_figures_is_within_its_limit() {
        let within = json!({ "what": "w", "value": 1.0, "at_most": 1.0 });
        let below = json!({ "what": "b", "value": 0.7, "at_least": 0.8 });
        let none = json!({ "what": "n", "value": null, "at_most": 1.0 });
        assert!(reached(&row(json!([within]))));
        assert!(!reached(&row(json!([within, below]))));
        assert!(!reached(&row(json!([none]))), "what was not measured is not reached");
    }

    #[test]
    fn the_table_shows_median_spread_target_and_verdict() {
        let check = json!({ "what": "times", "value": 0.5, "at_least": 2.0 });
        let text = table(&[row(json!([check]))]);
        assert!(text.contains("2.50 ms ± 7.50 (4 runs)"), "{text}");
        assert!(text.contains("≥ 2") && text.contains("NOT REACHED"), "{text}");
    }

    #[test]
    fn rows_are_the_lines_of_json_that_name_one() {
        let log = "   Compiling x\n{\"reason\":\"artifact\"}\n{\"row\":\"a\",\"checks\":[]}\nelse";
        assert_eq!(rows_in(log).len(), 1);
        assert_eq!(without_rows(log), "   Compiling x\nelse");
    }
}
