//! What a step of a client told, taken out of its outcome.

use sync_core::{Cursor, Document, Entry, FolderEntry, Outcome};

/// The entries of a listing, and where to go on.
pub fn changes(outcome: Outcome) -> (Vec<Entry>, Cursor) {
    match outcome {
        Outcome::Changes { entries, cursor } => (entries, cursor),
        other => panic!("a listing, not {other:?}"),
    }
}

/// How many stand in a folder.
pub fn children(outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Children(count) => count,
        other => panic!("a count, not {other:?}"),
    }
}

/// A folder, and whether it was there before.
pub fn folder(outcome: Outcome) -> (FolderEntry, bool) {
    match outcome {
        Outcome::Folder { folder, existed } => (folder, existed),
        other => panic!("a folder, not {other:?}"),
    }
}

/// A record's documents.
pub fn documents(outcome: Outcome) -> Vec<Document> {
    match outcome {
        Outcome::Documents(documents) => documents,
        other => panic!("documents, not {other:?}"),
    }
}

/// Names of records, as (id, name).
pub fn names(outcome: Outcome) -> Vec<(String, String)> {
    match outcome {
        Outcome::Names(names) => names,
        other => panic!("names, not {other:?}"),
    }
}
