//! Trees that no history leads to, and what holds of a plan even then.

use proptest::prelude::*;
use sync_core::*;

fn place() -> impl Strategy<Value = Place> {
    let folders =
        prop::sample::select(vec!["", "General", "Box", "Box/in", "a.txt", "/", "..", "x\u{0}y"]);
    let names =
        prop::sample::select(vec!["a.txt", "A.TXT", "b", "", ".", "a (2).txt", "e\u{301}", "😀"]);
    (folders, names).prop_map(|(folder, name)| Place { folder: folder.into(), name: name.into() })
}

fn document_id() -> impl Strategy<Value = DocumentId> {
    (0..8u8).prop_map(|n| DocumentId(format!("doc-{n}")))
}

fn file_id() -> impl Strategy<Value = FileId> {
    (0..8u8).prop_map(|n| FileId(format!("id:{n}")))
}

fn any_hash() -> impl Strategy<Value = ContentHash> {
    (0..5u8).prop_map(|n| ContentHash(format!("{n:064x}")))
}

fn path() -> impl Strategy<Value = String> {
    let all =
        vec!["a.txt", "box", "box/a.txt", "box/in/b", "b", "a (2).txt", "a.txt/b", "general/a.txt"];
    prop::sample::select(all).prop_map(String::from)
}

fn document() -> impl Strategy<Value = Document> {
    (document_id(), place(), 0..4u64, 0..3u8, prop::option::of(any_hash())).prop_map(
        |(id, place, size_bytes, stamp, hash)| Document {
            id,
            nfc: place.clone(),
            place,
            size_bytes,
            updated_at: format!("t{stamp}"),
            hash,
        },
    )
}

fn crm_side() -> impl Strategy<Value = CrmSide> {
    (document_id(), place(), 0..4u64, 0..3u8).prop_map(|(id, place, size_bytes, stamp)| CrmSide {
        id,
        place,
        size_bytes,
        updated_at: format!("t{stamp}"),
    })
}

fn dropbox_side() -> impl Strategy<Value = DropboxSide> {
    (file_id(), path(), 0..3u8).prop_map(|(id, path, rev)| DropboxSide {
        id,
        path,
        rev: Revision(format!("{rev}")),
    })
}

fn pair() -> impl Strategy<Value = Pair> {
    (
        prop::option::of(crm_side()),
        prop::option::of(dropbox_side()),
        any_hash(),
        prop::collection::vec(crm_side(), 0..2),
        prop::option::of(path()),
    )
        .prop_map(|(crm, dropbox, hash, superseded, lost_path)| Pair {
            crm,
            dropbox,
            hash,
            superseded,
            lost_path,
        })
}

fn node() -> impl Strategy<Value = (String, Node)> {
    let file = (file_id(), 0..3u8, 0..4u64, prop::option::of(any_hash()));
    (path(), prop::option::weighted(0.8, file)).prop_map(|(path, file)| {
        let name = split_dir(&path).1.to_uppercase();
        let node = match file {
            Some((id, rev, size_bytes, hash)) => {
                Node::File { name, id, rev: Revision(format!("{rev}")), size_bytes, hash }
            }
            None => Node::Folder { name },
        };
        (path, node)
    })
}

fn attempt() -> impl Strategy<Value = Attempt> {
    (place(), any_hash(), prop::option::of(file_id()), prop::option::of(document_id()))
        .prop_map(|(place, hash, file, replaces)| Attempt { place, hash, file, replaces, at_ms: 0 })
}

/// Any record, ids repeated and sides missing.
pub fn record() -> impl Strategy<Value = StoredRecord> {
    (
        prop::collection::vec(document(), 0..7),
        prop::collection::vec(node(), 0..7),
        prop::collection::vec(pair(), 0..7),
        prop::collection::vec(attempt(), 0..4),
    )
        .prop_map(|(documents, nodes, pairs, attempts)| StoredRecord {
            documents,
            nodes: nodes.into_iter().collect(),
            pairs,
            attempts,
            ..StoredRecord::default()
        })
}

/// Any policy.
pub fn policy() -> impl Strategy<Value = Policy> {
    let gone = prop::collection::vec(document_id(), 0..4);
    (any::<[bool; 5]>(), gone).prop_map(
        |([one_way, out_of_space, pressed, slash, astral], gone)| Policy {
            naming: Naming { slash_refused: slash, astral_refused: astral, default_folder: None },
            max_size_bytes: 2,
            delete_guard_percent: 50,
            one_way,
            out_of_space,
            pressed,
            today: "2026-01-31".into(),
            gone: gone.into_iter().collect(),
            ..Policy::default()
        },
    )
}

/// What holds of any plan: it speaks of what is there, writes where nothing stands, and deletes what it may.
pub fn check(record: &StoredRecord, policy: &Policy, plan: &Plan) -> Result<(), TestCaseError> {
    if plan.halt.is_some() {
        prop_assert!(plan.operations.is_empty(), "a halt writes nothing");
    }
    let listed = |id: &DocumentId| record.documents.iter().any(|seen| seen.id == *id);
    let all = files(&record.nodes);
    let file_of = |id: &FileId| all.iter().rfind(|file| file.id == *id);
    let mut given: Vec<String> = Vec::new();
    for step in &plan.operations {
        match step {
            Operation::Hash { document, size_bytes } => {
                prop_assert!(listed(document) && *size_bytes <= policy.max_size_bytes);
            }
            Operation::ConfirmGone { document } => prop_assert!(!listed(document)),
            Operation::Upload { document, size_bytes, path, mode, over } => {
                prop_assert!(listed(document) && *size_bytes <= policy.max_size_bytes);
                prop_assert!(!policy.out_of_space);
                match (mode, over) {
                    (WriteMode::Add, None) => {
                        prop_assert!(record.nodes.get(&fold(path)).is_none(), "{path} is taken");
                        given.push(fold(path));
                    }
                    (WriteMode::Update(rev), Some(over)) => {
                        prop_assert_eq!(Some(rev), file_of(over).map(|file| &file.rev));
                    }
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            Operation::MoveFile { file, .. } => prop_assert!(file_of(file).is_some()),
            Operation::CopyFile { file, to } => {
                prop_assert!(file_of(file).is_some());
                prop_assert!(record.nodes.get(&fold(to)).is_none(), "{to} is taken");
                given.push(fold(to));
            }
            Operation::DeleteFile { file, rev } => {
                let found = file_of(file);
                prop_assert_eq!(Some(rev), found.map(|file| &file.rev));
                // Under its own id, or saved anew with the same content (K2).
                let pair = record.pairs.iter().find(|pair| {
                    pair.dropbox.is_some()
                        && Some(&pair.hash) == found.and_then(|file| file.hash.as_ref())
                        && pair.crm.as_ref().is_some_and(|side| policy.gone.contains(&side.id))
                });
                prop_assert!(pair.is_some(), "nobody said that its document is gone");
            }
            Operation::Create { source, size_bytes, .. } => {
                prop_assert!(*size_bytes <= policy.max_size_bytes);
                match source {
                    Source::File { id, .. } => {
                        prop_assert!(file_of(id).is_some() && !policy.one_way);
                    }
                    Source::Document { id } => prop_assert!(listed(id)),
                }
            }
            Operation::DeleteDocument { document, stays } => {
                prop_assert!(listed(stays) && *stays != document.id, "something stays");
            }
        }
    }
    let count = given.len();
    given.sort();
    given.dedup();
    prop_assert_eq!(given.len(), count, "a path is given away twice");
    Ok(())
}
