//! The first listing of a full folder: after the stored position was lost, say.

use crate::row::Row;
use crate::scenery::Scenery;
use sandbox::{Effect, Fault, Origin};

const RECORDS: usize = 40;
const DOCUMENTS: usize = 500;
/// What one listing call may bring.
const PAGE_ENTRIES: usize = 2_000;

/// Listing calls for 20,000 files.
pub fn measure() {
    let mut this = Scenery::linked(RECORDS, DOCUMENTS);
    let lost = Fault::new(Origin::DropboxApi, "list_folder/continue", Effect::CursorReset);
    this.scene.world().plan_fault(lost);
    let report = this.sync();
    assert_eq!(report.error, None, "{report:?}");
    let requests = this.dropbox_requests();
    // The refused `continue` is what told that the position is lost.
    let listing = requests.iter().filter(|target| target.contains("list_folder")).count() - 1;
    // Each record has its folder, one with its name above it and ten below; one for the module.
    let entries = RECORDS * (DOCUMENTS + 12) + 1;
    let pages = entries.div_ceil(PAGE_ENTRIES);
    Row::new("first-listing-calls", "first listing of 20,000 files: calls")
        .samples("entries", "", &[entries as f64])
        .samples("all Dropbox requests", "", &[requests.len() as f64])
        .at_most("listing calls", listing as f64, (pages + 1) as f64)
        .print();
}
