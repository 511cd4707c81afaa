//! The log that a person sends to support: what happened and when, in English. No names, paths, addresses or tokens.

use super::model::{Connection, Snapshot};
use crate::json::Write;
use sync_core::{Happened, Item};

/// The log of a snapshot; of one record, if it holds one.
pub fn support_log(snapshot: &Snapshot) -> String {
    let status = &snapshot.status;
    let mut log = String::new();
    let mut tell = |label: &str, value: &str| {
        log.push_str(label);
        log.push_str(value);
    };
    tell("Dropbox for Teamleader ", env!("CARGO_PKG_VERSION"));
    tell("\nwritten at ", &snapshot.now_ms.write_text());
    tell(" ms since 1970\nconnection: ", &connection_word(&snapshot.connection));
    tell("\nonline: ", &snapshot.online.write_text());
    tell(", cycle running: ", &status.running.write_text());
    tell("\npaused: ", &status.paused.write_text());
    tell("\nerror: ", &status.error.write_text());
    tell(", halt: ", &status.halt.write_text());
    tell("\nlast cycle: ", &status.last_cycle_ms.write_text());
    tell(", due: ", &status.due_ms.write_text());
    tell("\nlinked records: ", &count(&status.links));
    if let Some(record) = &snapshot.record {
        tell("\nthis record: ", record.record.kind.word());
        tell(", ", &record.state.write_text());
        tell("\none way: ", &record.one_way.write_text());
        tell(", items: ", &count(&record.items));
        tell("\nmarks: ", &marks(&record.items));
        for problem in &record.problems {
            tell("\nproblem: ", &problem.kind.write_text());
        }
        for activity in &record.activity {
            tell("\n", &activity.at_ms.write_text());
            tell(" ", &happened_word(&activity.what));
        }
    }
    tell("\n", "");
    log
}

fn count<T>(list: &[T]) -> String {
    (list.len() as u64).write_text()
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
