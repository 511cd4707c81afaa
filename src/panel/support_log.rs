//! The log that a person sends to support: what happened and when, in English. No names, paths, addresses or tokens.

use super::model::{Connection, Snapshot};
use crate::json::Write;
use sync_core::Happened;

/// The log of a snapshot; of one record, if it holds one.
pub fn support_log(snapshot: &Snapshot) -> String {
    let status = &snapshot.status;
    let mut log = String::new();
    log.push_str(concat!("Dropbox for Teamleader ", env!("CARGO_PKG_VERSION")));
    log.push_str("\nwritten at ");
    snapshot.now_ms.write(&mut log);
    log.push_str(" ms since 1970\nconnection: ");
    write_connection(&snapshot.connection, &mut log);
    log.push_str("\nonline: ");
    snapshot.online.write(&mut log);
    log.push_str(", cycle running: ");
    status.running.write(&mut log);
    log.push_str("\npaused: ");
    status.paused.write(&mut log);
    log.push_str("\nerror: ");
    status.error.write(&mut log);
    log.push_str(", halt: ");
    status.halt.write(&mut log);
    log.push_str("\nlast cycle: ");
    status.last_cycle_ms.write(&mut log);
    log.push_str(", due: ");
    status.due_ms.write(&mut log);
    log.push_str("\nlinked records: ");
    count(&status.links).write(&mut log);
    if let Some(record) = &snapshot.record {
        log.push_str("\nthis record: ");
        log.push_str(record.record.kind.word());
        log.push_str(", ");
        record.state.write(&mut log);
        log.push_str("\none way: ");
        record.one_way.write(&mut log);
        log.push_str(", items: ");
        count(&record.items).write(&mut log);
        log.push_str("\nmarks: ");
        for (index, item) in record.items.iter().enumerate() {
            if index > 0 {
                log.push(' ');
            }
            item.mark.write(&mut log);
        }
        for problem in &record.problems {
            log.push_str("\nproblem: ");
            problem.kind.write(&mut log);
        }
        for activity in &record.activity {
            log.push('\n');
            activity.at_ms.write(&mut log);
            log.push(' ');
            write_happened(&activity.what, &mut log);
        }
    }
    log.push('\n');
    log
}

fn count<T>(list: &[T]) -> u64 {
    list.len() as u64
}

fn write_connection(connection: &Connection, log: &mut String) {
    log.push_str(match connection {
        Connection::NotConnected => "none",
        Connection::Connecting => "being made",
        Connection::Connected(_) => "made",
        Connection::Revoked => "revoked",
        Connection::Failed(failure) => {
            log.push_str("failed: ");
            return failure.write(log);
        }
    });
}

/// Without the names in it.
fn write_happened(what: &Happened, log: &mut String) {
    match what {
        Happened::MovedInDropbox { .. } => log.push_str("MovedInDropbox"),
        Happened::MovedInCrm { .. } => log.push_str("MovedInCrm"),
        Happened::KeptBoth { .. } => log.push_str("KeptBoth"),
        other => other.write(log),
    }
}
