//! The whole first copy of a record, where the CRM's limit of requests is what it has to wait for.

use crate::row::Row;
use crate::scenery::Scenery;
use sandbox::Options;

const DOCUMENTS: usize = 500;
const SIZE_BYTES: usize = 100_000;
const LATENCY_MS: u64 = 50;
/// What the CRM takes in a minute, and each document is one `files.download`.
const CRM_PER_MINUTE: f64 = 200.0;

/// 500 documents of 100 KB from the button to the last file.
pub fn measure() {
    let mut this = Scenery::new(Options { rate_limits: true, ..Options::default() });
    let record = this.record("Pied Piper", DOCUMENTS, SIZE_BYTES);
    this.scene.network.set_latency_ms(LATENCY_MS);
    let begun_ms = this.scene.now_ms();
    this.press(&record, "Pied Piper");
    this.until_idle();
    let took_s = (this.scene.now_ms() - begun_ms) as f64 / 1_000.0;
    let link = this.driver.status().links[0].clone();
    assert_eq!(link.synced_count as usize, DOCUMENTS);
    let refused = this.scene.world().log.iter().filter(|entry| entry.status == 429).count();
    let limit_s = DOCUMENTS as f64 / CRM_PER_MINUTE * 60.0;
    Row::new(
        "first-copy",
        "first copy of 500 documents of 100 KB, the CRM's limit on, 50 ms latency",
    )
    .samples("ours", "s", &[took_s])
    .samples("the CRM's limit alone", "s", &[limit_s])
    .samples("Dropbox requests", "", &[this.dropbox_requests().len() as f64])
    .samples("CRM requests", "", &[this.crm_request_count() as f64])
    .samples("refused (429)", "", &[refused as f64])
    .at_most("of the limit", took_s / limit_s, 1.1)
    .print();
}
