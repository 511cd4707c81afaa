//! The parts that grow with the number of files, natively: the planner, changes to a tree, parsing.
//!
//! `cargo bench --bench core`. How they fare in the browser, `cargo xtask bench` measures there.
#![allow(missing_docs, reason = "criterion's macros make items without them")]

mod records;

use criterion::{criterion_group, criterion_main, BatchSize, BenchmarkId, Criterion, Throughput};
use std::hint::black_box;
use std::time::Duration;
use sync_core::{apply, place_file, plan, Entry, Nodes, StoredRecord};
use teamleader_dropbox::json::{Read, Value, Write};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn planning(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    for size in SIZES {
        group.throughput(Throughput::Elements(size as u64));
        for (name, changed_per_thousand) in [("unchanged", 0), ("1 % changed", 10)] {
            let record = records::record(size, changed_per_thousand);
            let policy = records::policy();
            group.bench_function(BenchmarkId::new(name, size), |bencher| {
                bencher.iter(|| plan(black_box(&record), &policy));
            });
        }
    }
    group.finish();
}

fn trees(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tree");
    for size in SIZES {
        group.throughput(Throughput::Elements(size as u64));
        let entries: Vec<_> = (0..size).map(records::entry).collect();
        let listing: Vec<(String, Entry)> =
            entries.iter().map(|(key, file)| (key.clone(), Entry::File(file.clone()))).collect();
        group.bench_function(BenchmarkId::new("apply a listing", size), |bencher| {
            bencher.iter_batched(
                || listing.clone(),
                |listing| {
                    let mut nodes = Nodes::new();
                    listing.into_iter().for_each(|(key, entry)| apply(&mut nodes, key, entry));
                    nodes
                },
                BatchSize::LargeInput,
            );
        });
        let mut full = Nodes::new();
        listing.into_iter().for_each(|(key, entry)| apply(&mut full, key, entry));
        let (key, file) = &entries[size / 2];
        group.bench_function(BenchmarkId::new("place one file", size), |bencher| {
            bencher.iter(|| place_file(&mut full, key, file));
        });
    }
    group.finish();
}

/// A page of a listing as Dropbox sends it.
fn page(entry_count: usize) -> String {
    let entries = (0..entry_count).map(|at| {
        let (_, file) = records::entry(at);
        let (name, hash) = (file.path_display.rsplit('/').next(), file.hash);
        serde_json::json!({
            ".tag": "file", "name": name, "path_lower": file.path_lower,
            "path_display": file.path_display, "id": file.id.as_str(), "rev": file.rev.as_str(),
            "client_modified": "2026-01-05T09:00:00Z", "server_modified": "2026-01-05T09:00:00Z",
            "size": file.size_bytes, "is_downloadable": true,
            "content_hash": hash.map(|hash| hash.0),
        })
    });
    let entries: Vec<_> = entries.collect();
    serde_json::json!({ "entries": entries, "cursor": "AAA", "has_more": false }).to_string()
}

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    let text = page(2_000);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("a page of 2,000 entries", |bencher| {
        bencher.iter(|| Value::parse(black_box(&text)));
    });
    group.bench_function("the same with serde_json", |bencher| {
        bencher.iter(|| serde_json::from_str::<serde_json::Value>(black_box(&text)));
    });
    let stored = records::record(10_000, 10).write_text();
    group.throughput(Throughput::Bytes(stored.len() as u64));
    group.bench_function("a stored record of 10,000 nodes", |bencher| {
        bencher.iter(|| StoredRecord::read_text(black_box(&stored)));
    });
    group.bench_function("its JSON alone, with serde_json", |bencher| {
        bencher.iter(|| serde_json::from_str::<serde_json::Value>(black_box(&stored)));
    });
    group.finish();
}

criterion_group! {
    name = all;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = planning, trees, parsing
}
criterion_main!(all);
