//! Records of any size to measure the planner with: what both sides hold, and a share of it changed.
//!
//! The same number always makes the same record, natively and in the browser.
#![allow(dead_code, reason = "each benchmark uses its part")]

use sync_core::{
    ContentHash, CrmSide, Document, DropboxSide, FileEntry, Node, Nodes, Pair, Place, Policy,
    StoredRecord, SCHEMA,
};

/// Files of one folder.
const FOLDER_FILES: usize = 200;

/// A record at rest with so many nodes (files and their folders), as an index and a place for each file.
fn files(node_count: usize) -> usize {
    // One folder for every 200 files.
    node_count * FOLDER_FILES / (FOLDER_FILES + 1)
}

fn folder(at: usize) -> String {
    format!("Year {}", at / FOLDER_FILES)
}

fn name(at: usize) -> String {
    format!("Document {at:06}.pdf")
}

fn hash(of: usize) -> ContentHash {
    // splitmix64, four times: as long as a hash, and as different.
    let mut state = of as u64;
    let mut text = String::with_capacity(64);
    for _ in 0..4 {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        text.push_str(&format!("{:016x}", word ^ (word >> 31)));
    }
    ContentHash(text)
}

fn document(at: usize) -> Document {
    let place = Place { folder: folder(at), name: name(at) };
    // Ids of the CRM are in no order.
    let id = &hash(at + 7_000_000).0[..32];
    Document {
        id: format!("{}-{}", &id[..16], &id[16..]).into(),
        nfc: place.clone(),
        place,
        size_bytes: 10_000 + at as u64,
        updated_at: "2026-01-05T09:00:00+00:00".into(),
        hash: Some(hash(at)),
    }
}

/// The file's key and node.
fn file(at: usize) -> (String, Node) {
    let key = format!("{}/{}", folder(at).to_lowercase(), name(at).to_lowercase());
    let id = format!("id:{}", &hash(at + 3_000_000).0[..22]);
    let rev = format!("0{:014x}", 0x5f_0000_0000_u64 + at as u64);
    let node = Node::File {
        name: name(at),
        id: id.into(),
        rev: rev.into(),
        size_bytes: 10_000 + at as u64,
        hash: Some(hash(at)),
    };
    (key, node)
}

/// A file as a listing tells of it, below a record's folder.
pub fn entry(at: usize) -> (String, FileEntry) {
    let (key, node) = file(at);
    let Node::File { id, rev, size_bytes, hash, .. } = node else {
        unreachable!("`file` makes files");
    };
    let path_display = format!("/Companies/Pied Piper/1/{}/{}", folder(at), name(at));
    let path_lower = path_display.to_lowercase();
    (key, FileEntry { path_lower, path_display, id, rev, size_bytes, hash })
}

fn pair(document: &Document, (key, node): &(String, Node)) -> Pair {
    let Node::File { name, id, rev, hash, .. } = node else {
        unreachable!("`file` makes files");
    };
    let folder = document.place.folder.clone();
    debug_assert!(key.starts_with(&folder.to_lowercase()));
    Pair {
        crm: Some(CrmSide {
            id: document.id.clone(),
            place: document.place.clone(),
            size_bytes: document.size_bytes,
            updated_at: document.updated_at.clone(),
        }),
        dropbox: Some(DropboxSide {
            id: id.clone(),
            path: format!("{folder}/{name}"),
            rev: rev.clone(),
        }),
        hash: hash.clone().expect("`file` makes files with a hash"),
        superseded: Vec::new(),
        lost_path: None,
    }
}

/// A record with so many nodes below its folder, of whose files so many in a thousand have changed since both sides
/// agreed: in turns added, edited, renamed and deleted in the CRM, and edited, moved, deleted and added in Dropbox.
pub fn record(node_count: usize, changed_per_thousand: usize) -> StoredRecord {
    let count = files(node_count);
    let mut documents = Vec::with_capacity(count);
    let mut pairs = Vec::with_capacity(count);
    let mut nodes = Vec::with_capacity(node_count);
    for number in 0..count.div_ceil(FOLDER_FILES) {
        let name = format!("Year {number}");
        nodes.push((name.to_lowercase(), Node::Folder { name }));
    }
    let changed_count = (count * changed_per_thousand).div_ceil(1_000);
    let every = count.checked_div(changed_count).unwrap_or(usize::MAX);
    for at in 0..count {
        let mut here = document(at);
        let mut there = file(at);
        pairs.push(pair(&here, &there));
        let changes = at % every == every / 2;
        match (changes, (at / every) % 8) {
            (false, _) => {}
            (true, 0) => {
                let mut added = document(at + count);
                added.place.folder = here.place.folder.clone();
                added.nfc = added.place.clone();
                added.hash = None;
                documents.push(added);
            }
            (true, 1) => {
                here.size_bytes += 1;
                here.updated_at = "2026-01-06T09:00:00+00:00".into();
                here.hash = None;
            }
            (true, 2) => {
                here.place.name = format!("Renamed {at}.pdf");
                here.nfc = here.place.clone();
            }
            (true, 3) => {
                nodes.push(there);
                continue;
            }
            (true, 4) => {
                if let Node::File { rev, hash: held, .. } = &mut there.1 {
                    *rev = format!("0{:014x}", 0x6f_0000_0000_u64 + at as u64).into();
                    *held = Some(hash(at + 5_000_000));
                }
            }
            (true, 5) => {
                if let Node::File { name, .. } = &mut there.1 {
                    *name = format!("Moved {at}.pdf");
                }
                there.0 = format!("{}/moved {at}.pdf", folder(at).to_lowercase());
            }
            (true, 6) => {
                documents.push(here);
                continue;
            }
            (true, _) => {
                let (_, mut node) = file(at + count);
                if let Node::File { name, .. } = &mut node {
                    *name = format!("New {at}.pdf");
                }
                nodes.push((format!("{}/new {at}.pdf", folder(at).to_lowercase()), node));
            }
        }
        documents.push(here);
        nodes.push(there);
    }
    StoredRecord {
        schema: SCHEMA,
        nodes: nodes.into_iter().collect::<Nodes>(),
        documents,
        pairs,
        ..StoredRecord::default()
    }
}

/// As the engine would have it.
pub fn policy() -> Policy {
    Policy {
        max_size_bytes: 52_428_800,
        delete_guard_percent: 50,
        today: "2026-01-06".into(),
        ..Policy::default()
    }
}
