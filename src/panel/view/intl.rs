//! What differs from language to language, by the browser's own `Intl`.

use super::Words;
use crate::panel::text::{distance, scaled, Formats, Texts};
use std::cell::RefCell;
use sync_core::map::Map;
use wasm_bindgen::prelude::*;

/// From this many days on a date says more than a number of days.
const DAYS_MOST: i64 = 7;

#[wasm_bindgen]
extern "C" {
    type PluralRules;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str) -> Result<PluralRules, JsValue>;
    #[wasm_bindgen(method)]
    fn select(this: &PluralRules, number: f64) -> String;

    type NumberFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &JsValue) -> Result<NumberFormat, JsValue>;
    #[wasm_bindgen(method)]
    fn format(this: &NumberFormat, number: f64) -> String;

    type RelativeTimeFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str) -> Result<RelativeTimeFormat, JsValue>;
    #[wasm_bindgen(method)]
    fn format(this: &RelativeTimeFormat, amount: f64, unit: &str) -> String;

    type DateTimeFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &JsValue) -> Result<DateTimeFormat, JsValue>;
    #[wasm_bindgen(method)]
    fn format(this: &DateTimeFormat, at_ms: f64) -> String;
}

/// Why there are no words.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// The translations are no JSON.
    #[error("the translations are malformed: {0}")]
    Json(#[from] super::super::text::NoTranslations),
    /// The browser has no formats, not even for English.
    #[error("the browser has no Intl formats")]
    Intl,
}

impl Words {
    /// From `translations/<language>.json`; dates and numbers by `locale` (BCP 47), or as in English if the
    /// browser does not know it. `www` is Dropbox's site, without a slash at the end.
    pub fn new(translations_json: &str, locale: &str, www: String) -> Result<Self, WordsError> {
        let formats = IntlFormats::new(locale)
            .or_else(|_| IntlFormats::new("en"))
            .map_err(|_| WordsError::Intl)?;
        Ok(Self { texts: Texts::new(translations_json, Box::new(formats))?, www })
    }
}

struct IntlFormats {
    locale: String,
    plural: PluralRules,
    number: NumberFormat,
    relative: RelativeTimeFormat,
    date: DateTimeFormat,
    moment: DateTimeFormat,
    /// One per unit, made when first needed.
    sizes: RefCell<Map<&'static str, NumberFormat>>,
}

impl IntlFormats {
    fn new(locale: &str) -> Result<Self, JsValue> {
        Ok(Self {
            locale: locale.to_owned(),
            plural: PluralRules::new(locale)?,
            number: NumberFormat::new(locale, &JsValue::UNDEFINED)?,
            relative: RelativeTimeFormat::new(locale)?,
            date: DateTimeFormat::new(locale, &options(&[("dateStyle", "medium")]))?,
            moment: DateTimeFormat::new(
                locale,
                &options(&[("dateStyle", "medium"), ("timeStyle", "short")]),
            )?,
            sizes: RefCell::default(),
        })
    }
}

impl Formats for IntlFormats {
    fn plural(&self, count: u64) -> String {
        self.plural.select(float(count))
    }

    fn number(&self, number: u64) -> String {
        self.number.format(float(number))
    }

    fn size(&self, size_bytes: u64) -> String {
        let (tenths, unit) = scaled(size_bytes);
        let mut sizes = self.sizes.borrow_mut();
        if !sizes.contains_key(unit) {
            let options = options(&[("style", "unit"), ("unit", unit), ("unitDisplay", "short")]);
            let _ = js_sys::Reflect::set(&options, &"maximumFractionDigits".into(), &1.into());
            if let Ok(format) = NumberFormat::new(&self.locale, &options) {
                sizes.insert(unit, format);
            }
        }
        match sizes.get(unit) {
            Some(format) => format.format(float(tenths) / 10.0),
            // Not as a floating-point number: printing one is five kilobytes of the module.
            None => format!("{}.{} {unit}", tenths / 10, tenths % 10),
        }
    }

    fn relative(&self, at_ms: u64, now_ms: u64) -> String {
        match distance(at_ms, now_ms) {
            (amount, "day") if amount.abs() >= DAYS_MOST => self.date.format(float(at_ms)),
            // Amounts of less than 60 are exact.
            (amount, unit) => self.relative.format(amount as f64, unit),
        }
    }

    fn moment(&self, at_ms: u64) -> String {
        self.moment.format(float(at_ms))
    }
}

/// Exact up to 2^53, which is enough for times, sizes and counts.
fn float(number: u64) -> f64 {
    number as f64
}

fn options(pairs: &[(&str, &str)]) -> JsValue {
    let options = js_sys::Object::new();
    for (name, value) in pairs {
        let _ = js_sys::Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    options.into()
}
