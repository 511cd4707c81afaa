//! The log that a person sends to support: what happened and when, in English. No names, paths, addresses or tokens.

use super::model::{Connection, Snapshot};
use sync_core::{Happened, Item, RecordState};

/// The log of a snapshot; of one record, if it holds one.
pub fn support_log(snapshot: &Snapshot) -> String {
    let status = &snapshot.status;
    let mut lines = vec![
        format!("Dropbox for Teamleader {}", env!("CARGO_PKG_VERSION")),
        format!("written at {} ms since 1970", snapshot.now_ms),
        format!("connection: {}", connection_word(&snapshot.connection)),
        format!("online: {}, cycle running: {}", snapshot.online, status.running),
        format!("paused: {}, error: {:?}, halt: {:?}", status.paused, status.error, status.halt),
        format!("last cycle: {:?}, due: {:?}", status.last_cycle_ms, status.due_ms),
        format!("linked records: {}", status.links.len()),
    ];
    if let Some(record) = &snapshot.record {
        let kind = record.record.kind.word();
        lines.push(format!("this record: {kind}, {}", state_word(&record.state)));
        lines.push(format!("one way: {}, items: {}", record.one_way, record.items.len()));
        lines.push(format!("marks: {}", marks(&record.items)));
        let problems = record.problems.iter().map(|problem| format!("problem: {:?}", problem.kind));
        lines.extend(problems);
        let happened = record.activity.iter();
        lines.extend(
            happened
                .map(|activity| format!("{} {}", activity.at_ms, happened_word(&activity.what))),
        );
    }
    lines.push(String::new());
    lines.join("\n")
}

fn connection_word(connection: &Connection) -> String {
    match connection {
        Connection::NotConnected => "none".into(),
        Connection::Connecting => "being made".into(),
        Connection::Connected { .. } => "made".into(),
        Connection::Revoked => "revoked".into(),
        Connection::Failed(failure) => format!("failed: {failure:?}"),
    }
}

fn state_word(state: &RecordState) -> String {
    match state {
        RecordState::Halted(halt) => format!("halted: {halt:?}"),
        other => format!("{other:?}"),
    }
}

fn marks(items: &[Item]) -> String {
    items.iter().map(|item| format!("{:?}", item.mark)).collect::<Vec<_>>().join(" ")
}

fn happened_word(what: &Happened) -> String {
    match what {
        Happened::MovedInDropbox { .. } => "MovedInDropbox".into(),
        Happened::MovedInCrm { .. } => "MovedInCrm".into(),
        Happened::KeptBoth { .. } => "KeptBoth".into(),
        other => format!("{other:?}"),
    }
}
