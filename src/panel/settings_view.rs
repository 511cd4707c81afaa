//! The settings as data: account, timed sync, linked records, linking many at once.

use super::documents_view::obstacle;
use super::model::{
    AccountView, Bulk, ConnectFailure, Connection, LinkRow, ScheduleView, Settings, SettingsView,
    Snapshot, Tone,
};
use super::rows::halt_title;
use super::text::{t, Arg, Text};
use sync_core::{LinkStatus, RecordKind, RecordState};

/// The intervals offered (minutes).
const INTERVALS: [u32; 6] = [15, 30, 60, 120, 240, 1440];

/// The settings.
pub fn settings_view_of(snapshot: &Snapshot, settings: &Settings) -> SettingsView {
    let account = account(&snapshot.connection);
    let connected = account.is_some();
    let obstacle = obstacle(snapshot);
    SettingsView {
        announcement: match &obstacle {
            Some(obstacle) => obstacle.announcement.clone(),
            None => announcement(snapshot, &settings.bulk),
        },
        obstacle,
        account,
        schedule: connected.then(|| schedule(snapshot, settings)),
        links: snapshot.status.links.iter().map(link).collect(),
        bulk: connected.then(|| settings.bulk.clone()),
        can_disconnect: connected
            || matches!(
                snapshot.connection,
                Connection::Revoked | Connection::Failed(ConnectFailure::OtherAccount)
            ),
    }
}

/// What is said of linking many, in quarters: every record would be a flood; without that, of the timed sync.
fn announcement(snapshot: &Snapshot, bulk: &Bulk) -> Option<Text> {
    Some(match *bulk {
        Bulk::Listing { kind } => of_module("bulk_listing", kind),
        Bulk::Failed { kind } => of_module("bulk_failed", kind),
        Bulk::Linking { kind, paused: true, .. } => of_module("bulk_paused", kind),
        Bulk::Linking { kind, done_count, total_count, .. } => {
            match u64::from(done_count) * 4 / u64::from(total_count.max(1)) {
                0 => of_module("bulk_linking", kind),
                quarter => t("bulk_counted")
                    .with("done", Arg::Number(quarter * u64::from(total_count) / 4))
                    .count(total_count),
            }
        }
        Bulk::Earlier { count, .. } => t("old_folders").count(count),
        Bulk::Finished { kind, total_count } => of_module("bulk_finished", kind).count(total_count),
        _ if snapshot.status.running => t("syncing"),
        _ if snapshot.status.paused => t("is_paused"),
        _ => return None,
    })
}

/// A sentence about a module.
pub(super) fn of_module(key: &'static str, kind: RecordKind) -> Text {
    t(key).with("module", Arg::Text(kind_name(kind)))
}

/// A module's name.
pub(super) fn kind_name(kind: RecordKind) -> Text {
    t(match kind {
        RecordKind::Contact => "contacts",
        RecordKind::Company => "companies",
        RecordKind::Project => "projects",
        RecordKind::Meeting => "meetings",
        RecordKind::Product => "products",
    })
}

fn account(connection: &Connection) -> Option<AccountView> {
    let Connection::Connected { account_name, account_email, used_bytes, allocated_bytes } =
        connection
    else {
        return None;
    };
    let used = used_bytes.zip(*allocated_bytes);
    Some(AccountView {
        name: account_name.clone(),
        email: account_email.clone(),
        space: used.map(|(used, allocated)| {
            t("space").with("used", Arg::Size(used)).with("allocated", Arg::Size(allocated))
        }),
        permille: used.and_then(|(used, allocated)| {
            let permille = used.saturating_mul(1000) / allocated.max(1);
            u32::try_from(permille.min(1000)).ok()
        }),
    })
}

fn schedule(snapshot: &Snapshot, settings: &Settings) -> ScheduleView {
    let mut minutes = INTERVALS.to_vec();
    if !minutes.contains(&settings.interval_minutes) {
        minutes.push(settings.interval_minutes);
        sync_core::sort_by(&mut minutes, &mut |a, b| a.cmp(b));
    }
    let now_ms = snapshot.now_ms;
    let status = &snapshot.status;
    ScheduleView {
        interval_minutes: settings.interval_minutes,
        intervals: minutes.into_iter().map(|minutes| (minutes, interval(minutes))).collect(),
        paused: status.paused,
        running: status.running,
        last: match status.last_cycle_ms {
            _ if status.running => t("syncing"),
            Some(at_ms) => t("last_sync").with("ago", Arg::Ago(at_ms, now_ms)),
            None => t("never_synced"),
        },
        next: status
            .due_ms
            .filter(|due_ms| !status.paused && !status.running && *due_ms > now_ms + 60_000)
            .map(|due_ms| t("next_sync").with("ago", Arg::Ago(due_ms, now_ms))),
    }
}

fn interval(minutes: u32) -> Text {
    if minutes.is_multiple_of(60) {
        t("every_hours").count(minutes / 60)
    } else {
        t("every_minutes").count(minutes)
    }
}

fn link(link: &LinkStatus) -> LinkRow {
    let (tone, state) = match &link.state {
        RecordState::NotLinked | RecordState::Queued => (Tone::Busy, t("state_queued")),
        RecordState::Working => (Tone::Busy, t("state_working")),
        RecordState::Halted(halt) => (Tone::Trouble, halt_title(halt)),
        RecordState::Settled if link.problem_count > 0 => {
            (Tone::Notice, t("state_problems").count(link.problem_count))
        }
        RecordState::Settled if link.synced_count == 0 => (Tone::Good, t("state_empty")),
        RecordState::Settled => (Tone::Good, t("in_dropbox").count(link.synced_count)),
    };
    LinkRow {
        record: link.record.clone(),
        name: link.name.clone(),
        kind: kind_name(link.record.kind),
        tone,
        state,
    }
}
