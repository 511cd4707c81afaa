//! The contract with the page that hosts the plugin, as Rust sees it. `www/plugin.d.ts` is its other half.

use crate::json::{Read, Value, Write};
use crate::ports::Endpoints;
use serde::{Serialize, Serializer};
use sync_core::{Record, RecordKind, SyncReport};
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

/// A report as the page knows it. Its error has the names it has between tabs.
pub fn plain_report(report: &SyncReport) -> Value {
    let numbers = [
        ("toDropbox", report.to_dropbox.into()),
        ("toCrm", report.to_crm.into()),
        ("moved", report.moved.into()),
        ("deleted", report.deleted.into()),
        ("conflicts", report.conflicts.into()),
        ("problems", report.problems.into()),
        ("halted", report.halted.into()),
        ("requests", report.requests.into()),
        ("durationMs", report.duration_ms),
    ];
    let mut fields = Vec::new();
    for (name, number) in numbers {
        fields.push((name.to_owned(), Value::Unsigned(number)));
    }
    let error = Value::parse(&report.error.write_text()).unwrap_or_default();
    fields.push(("error".to_owned(), error));
    Value::Object(fields)
}

/// How a value crosses to the page: as what `JSON.parse` would make of it. Not derived from the types of our own: their
/// fields' names would bring a hash table into the module.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::Fraction => serializer.serialize_none(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Unsigned(number) => serializer.serialize_u64(*number),
            Self::Negative(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}
