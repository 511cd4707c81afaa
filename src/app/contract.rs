//! The contract with the page that hosts the plugin, as Rust sees it. `www/plugin.d.ts` is its other half.

use crate::auth::{self, Owner};
use crate::json::forms::{Fields, Form};
use crate::json::Value;
use crate::platform;
use crate::ports::Endpoints;
use js_sys::Promise;
use sync_core::{Record, RecordKind, SyncReport};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What the page gives to the plugin, besides plain values.
    #[derive(Clone)]
    pub type Host;

    /// A fresh bearer token of the signed-in user. `refused`: the API answered 401 to this one.
    #[wasm_bindgen(method, catch, js_name = getAccessToken)]
    pub fn access_token(this: &Host, refused: Option<String>) -> Result<Promise, JsValue>;

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
    /// The CRM's account and user.
    pub owner: Owner,
    /// BCP 47.
    pub locale: String,
    /// The Dropbox app, and where Dropbox is; the real service where absent.
    pub dropbox: auth::App,
    /// Minutes between timed cycles, 15 to 1440.
    pub interval_minutes: u32,
    /// G3's share, 1 to 100.
    pub delete_guard_percent: u32,
    /// The content of `translations/<language>.json`.
    pub translations: String,
}

impl Form for Options {
    fn blank() -> Self {
        Self {
            api_base: String::new(),
            owner: Owner { account: String::new(), user: String::new() },
            locale: String::new(),
            dropbox: auth::App {
                key: String::new(),
                redirect_uri: String::new(),
                endpoints: Endpoints::default(),
            },
            interval_minutes: 0,
            delete_guard_percent: 0,
            translations: String::new(),
        }
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let mut fields = Fields::of(value);
        fields.read("apiBase", &mut self.api_base);
        fields.read("locale", &mut self.locale);
        fields.read("redirectUri", &mut self.dropbox.redirect_uri);
        fields.read("translations", &mut self.translations);
        fields.complete()?;
        self.owner.account.fill(value.field("account")?.field("id")?)?;
        self.owner.user.fill(value.field("user")?.field("id")?)?;
        // Values of the manifest's parameters.
        let settings = value.field("settings")?;
        self.dropbox.key.fill(settings.field("dropboxAppKey")?)?;
        if let Some(named) = settings.field("dropboxEndpoints") {
            // Those that the page names; the others stay the real service's.
            let endpoints = &mut self.dropbox.endpoints;
            let mut named = Fields::of(named);
            named.read_if_there("api", &mut endpoints.api);
            named.read_if_there("content", &mut endpoints.content);
            named.read_if_there("notify", &mut endpoints.notify);
            named.read_if_there("www", &mut endpoints.www);
        }
        self.interval_minutes = within(settings.field("syncIntervalMinutes"), 15, 1440, 60);
        self.delete_guard_percent = within(settings.field("deleteGuardPercent"), 1, 100, 50);
        Some(())
    }
}

/// A number of the host's within the manifest's range, or its default; hosts keep parameters as they were typed.
fn within(value: Option<&Value>, least: u32, most: u32, default: u32) -> u32 {
    let number = match value {
        Some(Value::Unsigned(number)) => Some(*number),
        Some(Value::Text(typed)) => typed.trim().parse().ok(),
        _ => None,
    };
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

/// A report as the page knows it.
pub fn plain(report: &SyncReport) -> js_sys::Object {
    platform::object(&[
        ("toDropbox", &report.to_dropbox),
        ("toCrm", &report.to_crm),
        ("moved", &report.moved),
        ("deleted", &report.deleted),
        ("conflicts", &report.conflicts),
        ("problems", &report.problems),
        ("halted", &report.halted),
        ("requests", &report.requests),
        ("durationMs", &report.duration_ms),
        ("error", &report.error),
    ])
}
