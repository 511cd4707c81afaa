//! The settings as data: what stands in the way, and what is said of what goes on.

use super::documents_view::obstacle;
use super::key::Key;
use super::model::{Bulk, Settings, SettingsView, Snapshot};
use super::text::{t, Arg, Text};
use crate::key;
use sync_core::RecordKind;

/// The settings.
pub fn settings_view_of<'a>(snapshot: &'a Snapshot, settings: &'a Settings) -> SettingsView<'a> {
    let obstacle = obstacle(snapshot);
    let announcement = announcement(snapshot, &settings.bulk);
    SettingsView { snapshot, settings, obstacle, announcement }
}

/// What is said of linking many, in quarters: every record would be a flood; without that, of the timed sync.
fn announcement(snapshot: &Snapshot, bulk: &Bulk) -> Option<Box<Text>> {
    if let Bulk::Linking { done_count, total_count, paused: false, .. } = *bulk {
        let quarter = u64::from(done_count) * 4 / u64::from(total_count.max(1));
        if quarter > 0 {
            return Some(linked_of(quarter * u64::from(total_count) / 4, total_count));
        }
    }
    bulk_title(bulk).or_else(|| match &snapshot.status {
        status if status.running => Some(t(key!("syncing"))),
        status if status.paused => Some(t(key!("is_paused"))),
        _ => None,
    })
}

/// What goes on with linking many, if anything does.
pub(super) fn bulk_title(bulk: &Bulk) -> Option<Box<Text>> {
    Some(match *bulk {
        Bulk::Listing { kind } => of_module(key!("bulk_listing"), kind),
        Bulk::Failed { kind } => of_module(key!("bulk_failed"), kind),
        Bulk::Linking { kind, paused: true, .. } => of_module(key!("bulk_paused"), kind),
        Bulk::Linking { kind, .. } => of_module(key!("bulk_linking"), kind),
        Bulk::Earlier { count, .. } => t(key!("old_folders")).count(count),
        Bulk::Finished { kind, total_count } => {
            of_module(key!("bulk_finished"), kind).count(total_count)
        }
        Bulk::Idle | Bulk::Choosing { .. } => return None,
    })
}

/// So many of so many are linked.
pub(super) fn linked_of(done_count: u64, total_count: u32) -> Box<Text> {
    t(key!("bulk_counted")).with("done", Arg::Number(done_count)).count(total_count)
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
