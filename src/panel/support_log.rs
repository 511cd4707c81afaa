//! The log that a person sends to support: what happened and when, in English. No names, paths, addresses or tokens.

use super::model::{Connection, Snapshot};
use crate::json::Write;
use sync_core::{Happened, Item};

/// The log of a snapshot; of one record, if it holds one.
pub fn support_log(snapshot: &Snapshot) -> String {
    let status = &snapshot.status;
    let mut lines = vec![
        format!("Dropbox for Teamleader {}", env!("CARGO_PKG_VERSION")),
        format!("written at {} ms since 1970", snapshot.now_ms),
        format!("connection: {}", connection_word(&snapshot.connection)),
        format!("online: {}, cycle running: {}", snapshot.online, status.running),
        format!("paused: {}", status.paused),
        format!("error: {}, halt: {}", status.error.write_text(), status.halt.write_text()),
        format!(
            "last cycle: {}, due: {}",
            status.last_cycle_ms.write_text(),
            status.due_ms.write_text()
        ),
        format!("linked records: {}", status.links.len()),
    ];
    if let Some(record) = &snapshot.record {
        let kind = record.record.kind.word();
        lines.push(format!("this record: {kind}, {}", record.state.write_text()));
        lines.push(format!("one way: {}, items: {}", record.one_way, record.items.len()));
        lines.push(format!("marks: {}", marks(&record.items)));
        let problems =
            record.problems.iter().map(|problem| format!("problem: {}", problem.kind.write_text()));
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
        Connection::Failed(failure) => format!("failed: {}", failure.write_text()),
    }
}

fn marks(items: &[Item]) -> String {
    items.iter().map(|item| item.mark.write_text()).collect::<Vec<_>>().join(" ")
}

fn happened_word(what: &Happened) -> String {
    match what {
        Happened::MovedInDropbox { .. } => "MovedInDropbox".into(),
        Happened::MovedInCrm { .. } => "MovedInCrm".into(),
        Happened::KeptBoth { .. } => "KeptBoth".into(),
        other => other.write_text(),
    }
}
