//! The settings as data: what stands in the way, and what is said of what goes on.

use super::documents_view::obstacle;
use super::key::Key;
use super::model::{Bulk, Settings, SettingsView, Snapshot};
use super::text::{t, Arg, Text};
use crate::key;
use sync_core::RecordKind;

/// The settings.
pub fn settings_view_of(snapshot: Snapshot, settings: Settings) -> SettingsView {
    let obstacle = obstacle(&snapshot);
    let announcement = announcement(&snapshot, &settings.bulk);
    SettingsView { snapshot, settings, obstacle, announcement }
}

/// What is said of linking many, in quarters: every record would be a flood; without that, of the timed sync.
fn announcement(snapshot: &Snapshot, bulk: &Bulk) -> Option<Box<Text>> {
    Some(match *bulk {
        Bulk::Listing { kind } => of_module(key!("bulk_listing"), kind),
        Bulk::Failed { kind } => of_module(key!("bulk_failed"), kind),
        Bulk::Linking { kind, paused: true, .. } => of_module(key!("bulk_paused"), kind),
        Bulk::Linking { kind, done_count, total_count, .. } => {
            match u64::from(done_count) * 4 / u64::from(total_count.max(1)) {
                0 => of_module(key!("bulk_linking"), kind),
                quarter => t(key!("bulk_counted"))
                    .with("done", Arg::Number(quarter * u64::from(total_count) / 4))
                    .count(total_count),
            }
        }
        Bulk::Earlier { count, .. } => t(key!("old_folders")).count(count),
        Bulk::Finished { kind, total_count } => {
            of_module(key!("bulk_finished"), kind).count(total_count)
        }
        _ if snapshot.status.running => t(key!("syncing")),
        _ if snapshot.status.paused => t(key!("is_paused")),
        _ => return None,
    })
}

/// A sentence about a module.
pub(super) fn of_module(key: Key, kind: RecordKind) -> Box<Text> {
    t(key).with("module", Arg::Text(kind_name(kind)))
}

/// A module's name.
pub(super) fn kind_name(kind: RecordKind) -> Box<Text> {
    t(match kind {
        RecordKind::Contact => key!("contacts"),
        RecordKind::Company => key!("companies"),
        RecordKind::Project => key!("projects"),
        RecordKind::Meeting => key!("meetings"),
        RecordKind::Product => key!("products"),
    })
}
