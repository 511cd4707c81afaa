//! A record is renamed: its folder follows, whatever is in it.

use crate::row::Row;
use crate::scenery::Scenery;
use sync_core::Event;

/// Requests with few and with many files below.
pub fn measure() {
    let few = renamed(10);
    let many = renamed(5_000);
    Row::new("rename", "record renamed")
        .samples("Dropbox requests, 10 files", "", &[few.0 as f64])
        .samples("Dropbox requests, 5,000 files", "", &[many.0 as f64])
        .samples("CRM requests, 10 files", "", &[few.1 as f64])
        .samples("CRM requests, 5,000 files", "", &[many.1 as f64])
        .at_most("requests more with 5,000 files", many.0 as f64 - few.0 as f64, 0.0)
        .at_most("Dropbox requests", many.0 as f64, 4.0)
        .print();
}

fn renamed(document_count: usize) -> (usize, usize) {
    let mut this = Scenery::linked(1, document_count);
    let record = this.records[0].clone();
    this.driver.send(Event::Named { record: record.clone(), name: "Hooli".into() });
    this.until_idle();
    let path =
        this.driver.record_status(&record).and_then(|status| status.folder).unwrap_or_default();
    assert!(path.contains("/Hooli/"), "{path}");
    (this.dropbox_requests().len(), this.crm_request_count())
}
