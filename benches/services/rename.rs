//! A record is renamed: its folder follows, whatever is in it.

use crate::row::Row;
use crate::scenery::Scenery;
use sync_core::Event;

/// What a rename asked.
struct Asked {
    dropbox: usize,
    /// Pages of a listing after its first: one for each 2,000 entries.
    pages: usize,
    crm: usize,
}

/// Requests with few and with many files below.
pub fn measure() {
    let few = renamed(10);
    let many = renamed(5_000);
    let acts = |asked: &Asked| (asked.dropbox - asked.pages) as f64;
    Row::new("rename", "record renamed: requests to Dropbox, further pages of a listing aside")
        .samples("10 files", "", &[acts(&few)])
        .samples("5,000 files", "", &[acts(&many)])
        .samples("further pages, 10 files", "", &[few.pages as f64])
        .samples("further pages, 5,000 files", "", &[many.pages as f64])
        .samples("CRM requests, 10 files", "", &[few.crm as f64])
        .samples("CRM requests, 5,000 files", "", &[many.crm as f64])
        .at_most("requests more with 5,000 files", acts(&many) - acts(&few), 0.0)
        // Look, list the old path, move, list the new one; and what tells the user's other browsers: the lease taken and
        // given back, the checkpoint.
        .at_most("requests with 5,000 files", acts(&many), 7.0)
        .print();
}

fn renamed(document_count: usize) -> Asked {
    let mut this = Scenery::linked(1, document_count);
    let record = this.records[0].clone();
    this.driver.send(Event::Named { record: record.clone(), name: "Hooli".into() });
    this.until_idle();
    let path =
        this.driver.record_status(&record).and_then(|status| status.folder).unwrap_or_default();
    assert!(path.contains("/Hooli/"), "{path}");
    let requests = this.dropbox_requests();
    // The first `continue` is the cycle's look at what changed.
    let pages = requests.iter().filter(|target| target.ends_with("/continue")).count() - 1;
    Asked { dropbox: requests.len(), pages, crm: this.crm_request_count() }
}
