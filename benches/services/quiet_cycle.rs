//! A cycle when nobody changed anything.

use crate::row::Row;
use crate::scenery::Scenery;

/// Records, and documents of each.
const SIZES: [(usize, usize); 3] = [(4, 25), (10, 100), (40, 500)];

/// Requests at three sizes.
pub fn measure() {
    let mut row = Row::new("quiet-requests", "cycle without changes: requests");
    for (records, documents) in SIZES {
        let mut this = Scenery::linked(records, documents);
        let report = this.sync();
        assert_eq!(report.error, None, "{report:?}");
        let (dropbox, crm) = (this.dropbox_requests(), this.crm_request_count());
        let files = records * documents;
        row = row.samples(&format!("CRM requests, {records} records"), "", &[crm as f64]).at_most(
            &format!("Dropbox requests, {files} files"),
            dropbox.len() as f64,
            1.0,
        );
    }
    row.print();
}
