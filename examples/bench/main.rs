//! What the browser benchmarks drive: the plugin's own parts without its panel. A module of its own, never shipped.
//!
//! Built as the plugin is, for size, so that its figures are the plugin's.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, reason = "its exports are called from one page")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set up its world has failed")]

mod at_hand;
#[path = "../../benches/records/mod.rs"]
mod records;
mod session;

use js_sys::ArrayBuffer;
use std::rc::Rc;
use sync_core::{plan, Policy, StoredRecord};
use teamleader_dropbox::platform::{BrowserPorts, Database};
use teamleader_dropbox::ports::Transport;
use wasm_bindgen::prelude::*;

/// A record to plan.
#[wasm_bindgen]
pub struct Planning {
    record: StoredRecord,
    policy: Policy,
}

#[wasm_bindgen]
impl Planning {
    /// With so many nodes, so many of a thousand changed.
    #[wasm_bindgen(constructor)]
    pub fn new(node_count: usize, changed_per_thousand: usize) -> Self {
        Self {
            record: records::record(node_count, changed_per_thousand),
            policy: records::policy(),
        }
    }

    /// Plans; the answer is how many steps came out.
    pub fn run(&self) -> usize {
        plan(&self.record, &self.policy).operations.len()
    }
}

/// The content hash as the plugin computes it.
#[wasm_bindgen(js_name = contentHash)]
pub async fn content_hash(content: ArrayBuffer) -> String {
    let ports = ports().await;
    ports.content_hash(&content).await.unwrap().0
}

async fn ports() -> Rc<BrowserPorts> {
    let database = Database::open().await.unwrap();
    BrowserPorts::new(
        database,
        Box::new(|_refused| Ok(js_sys::Promise::resolve(&JsValue::from("at hand")))),
    )
}
