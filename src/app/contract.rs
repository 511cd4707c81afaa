//! The contract with the page that hosts the plugin, as Rust sees it. `www/plugin.d.ts` is its other half.

use crate::json::{Read, Value};
use crate::ports::Endpoints;
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
#[derive(Clone, Debug)]
pub struct Options {
    /// The CRM's public API.
    pub api_base: String,
    /// The CRM account's id.
    pub account: String,
    /// The CRM user's id.
    pub user: String,
    /// BCP 47.
    pub locale: String,
    /// Values of the manifest's parameters.
    pub settings: HostSettings,
    /// Our own redirect page, as registered with Dropbox.
    pub redirect_uri: String,
    /// The content of `translations/<language>.json`.
    pub translations: String,
}

/// Values of the manifest's parameters. What is absent or out of range takes the manifest's default.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// The key of the Dropbox app.
    pub dropbox_app_key: String,
    /// Where Dropbox is; the real service where absent.
    pub dropbox_endpoints: Endpoints,
    /// Minutes between timed cycles, 15 to 1440.
    pub sync_interval_minutes: Option<u64>,
    /// G3's share, 1 to 100.
    pub delete_guard_percent: Option<u64>,
}

impl Read for Options {
    fn read(value: &Value) -> Option<Self> {
        let settings = value.field("settings")?;
        Some(Self {
            api_base: value.text("apiBase")?,
            account: value.field("account")?.text("id")?,
            user: value.field("user")?.text("id")?,
            locale: value.text("locale")?,
            settings: HostSettings {
                dropbox_app_key: settings.text("dropboxAppKey")?,
                dropbox_endpoints: endpoints(settings.field("dropboxEndpoints")),
                sync_interval_minutes: number(settings.field("syncIntervalMinutes")),
                delete_guard_percent: number(settings.field("deleteGuardPercent")),
            },
            redirect_uri: value.text("redirectUri")?,
            translations: value.text("translations")?,
        })
    }
}

/// The real service where the page names no other.
fn endpoints(value: Option<&Value>) -> Endpoints {
    let real = Endpoints::default();
    let named = |name: &str| value.and_then(|value| value.text(name));
    Endpoints {
        api: named("api").unwrap_or(real.api),
        content: named("content").unwrap_or(real.content),
        notify: named("notify").unwrap_or(real.notify),
        www: named("www").unwrap_or(real.www),
    }
}

/// A number of the host's; hosts keep parameters as they were typed.
fn number(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Unsigned(number) => Some(*number),
        Value::Text(typed) => typed.trim().parse().ok(),
        _ => None,
    }
}

/// Within the manifest's range, or its default.
pub fn within(number: Option<u64>, least: u32, most: u32, default: u32) -> u32 {
    match number {
        Some(number) => u32::try_from(number).unwrap_or(most).clamp(least, most),
        None => default,
    }
}

/// A record as the page names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRef {
    /// Its kind (`contact`, `company`, `project`, `meeting` or `product`) and its UUID.
    pub record: Record,
    /// As shown to people; some records have none.
    pub name: Option<String>,
}

impl RecordRef {
    /// Reads what the page handed over.
    pub fn read(value: &JsValue) -> Result<Self, JsValue> {
        let text = |name: &str| {
            js_sys::Reflect::get(value, &name.into()).ok().and_then(|field| field.as_string())
        };
        let kind = text("kind").and_then(|word| RecordKind::from_word(&word));
        match (kind, text("id")) {
            (Some(kind), Some(id)) if !id.is_empty() => {
                Ok(Self { record: Record::new(kind, id), name: text("name") })
            }
            _ => Err(JsError::new("no record of the contract: it has a kind and an id").into()),
        }
    }

    /// Its name, or nothing.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}
