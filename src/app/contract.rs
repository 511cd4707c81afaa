//! The contract with the page that hosts the plugin, as Rust sees it. `www/plugin.d.ts` is its other half.

use crate::ports::Endpoints;
use serde::Deserialize;
use sync_core::{Record, RecordKind};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What the page gives to the plugin, besides plain values.
    #[derive(Clone)]
    pub type Host;

    /// A fresh bearer token of the signed-in user. `refused`: the API answered 401 to this one.
    #[wasm_bindgen(method, catch, js_name = getAccessToken)]
    pub async fn access_token(this: &Host, refused: Option<String>) -> Result<JsValue, JsValue>;

    /// Listens to the page; the answer stops listening.
    #[wasm_bindgen(method, catch)]
    pub fn on(this: &Host, event: &str, listener: &js_sys::Function) -> Result<JsValue, JsValue>;

    /// The page's own panel reloads its list.
    #[wasm_bindgen(method, catch, js_name = notifyDocumentsChanged)]
    pub fn notify_documents_changed(this: &Host, record: &JsValue) -> Result<(), JsValue>;
}

/// The plain values of a start.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// The CRM's public API.
    pub api_base: String,
    /// The CRM account.
    pub account: Id,
    /// The CRM user.
    pub user: Id,
    /// BCP 47.
    pub locale: String,
    /// Values of the manifest's parameters.
    pub settings: HostSettings,
    /// Our own redirect page, as registered with Dropbox.
    pub redirect_uri: String,
    /// The content of `translations/<language>.json`.
    pub translations: String,
}

/// Something with an id.
#[derive(Clone, Debug, Deserialize)]
pub struct Id {
    /// The id.
    pub id: String,
}

/// Values of the manifest's parameters. What is absent or out of range takes the manifest's default.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostSettings {
    /// The key of the Dropbox app.
    pub dropbox_app_key: String,
    /// Where Dropbox is; the real service where absent.
    #[serde(default)]
    pub dropbox_endpoints: Endpoints,
    /// Minutes between timed cycles, 15 to 1440.
    #[serde(default)]
    pub sync_interval_minutes: Option<f64>,
    /// G3's share, 1 to 100.
    #[serde(default)]
    pub delete_guard_percent: Option<f64>,
}

/// Out of a host's number; hosts keep parameters as they were typed.
pub fn within(number: Option<f64>, least: u32, most: u32, default: u32) -> u32 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of two u32 before"
    )]
    match number {
        Some(number) if number.is_finite() => {
            number.round().clamp(f64::from(least), f64::from(most)) as u32
        }
        _ => default,
    }
}

/// A record as the page names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RecordRef {
    /// `contact`, `company`, `project`, `meeting` or `product`.
    pub kind: RecordKind,
    /// Its UUID.
    pub id: String,
    /// As shown to people; some records have none.
    #[serde(default)]
    pub name: Option<String>,
}

impl RecordRef {
    /// Reads what the page handed over.
    pub fn read(value: JsValue) -> Result<Self, JsValue> {
        let record: Self = serde_wasm_bindgen::from_value(value)
            .map_err(|error| JsError::new(&format!("no record of the contract: {error}")))?;
        match record.id.is_empty() {
            true => Err(JsError::new("no record of the contract: its id is empty").into()),
            false => Ok(record),
        }
    }

    /// Without its name.
    pub fn record(&self) -> Record {
        Record::new(self.kind, self.id.clone())
    }

    /// Its name, or nothing.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}
