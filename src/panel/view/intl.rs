//! What differs from language to language, by the browser's own `Intl`.

use super::Words;
use crate::panel::text::{distance, plain_size, scaled, Formats, Texts};
use crate::platform::object;
use std::cell::{OnceCell, RefCell};
use sync_core::decimal;
use wasm_bindgen::prelude::*;

/// From this many days on a date says more than a number of days.
const DAYS_MOST: i64 = 7;

/// What is formatted, beside sizes in a unit: plain numbers, dates, and dates with the time of day.
const PLAIN: &str = "";
const DATE: &str = "date";
const MOMENT: &str = "moment";

#[wasm_bindgen]
extern "C" {
    type PluralRules;
    /// Fails for what is no language tag (ECMA-402). For every other tag there is a format.
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str) -> Result<PluralRules, JsValue>;
    #[wasm_bindgen(method)]
    fn select(this: &PluralRules, number: f64) -> String;

    /// Of numbers or of dates (ms).
    type Format;
    #[wasm_bindgen(method)]
    fn format(this: &Format, number: f64) -> String;

    #[wasm_bindgen(extends = Format)]
    type NumberFormat;
    /// Fails where a browser does not know the style.
    #[wasm_bindgen(constructor, js_namespace = Intl, catch)]
    fn new(locale: &str, options: &JsValue) -> Result<NumberFormat, JsValue>;

    #[wasm_bindgen(extends = Format)]
    type DateTimeFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl)]
    fn new(locale: &str, options: &JsValue) -> DateTimeFormat;

    type RelativeTimeFormat;
    #[wasm_bindgen(constructor, js_namespace = Intl)]
    fn new(locale: &str) -> RelativeTimeFormat;
    #[wasm_bindgen(method)]
    fn format(this: &RelativeTimeFormat, amount: f64, unit: &str) -> String;
}

/// Why there are no words.
pub enum WordsError {
    /// The translations are not those of this version.
    Translations,
    /// The browser has no formats, not even for English.
    Intl,
}

impl Words {
    /// From `translations/<language>.json`; dates and numbers by `locale` (BCP 47), or as in English if the
    /// browser does not know it. `www` is Dropbox's site, without a slash at the end.
    pub fn new(translations_json: &str, locale: &str, www: String) -> Result<Self, WordsError> {
        let formats = IntlFormats::new(locale)
            .or_else(|_| IntlFormats::new("en"))
            .map_err(|_| WordsError::Intl)?;
        let texts = Texts::new(translations_json, Box::new(formats));
        Ok(Self { texts: texts.map_err(|_| WordsError::Translations)?, www })
    }
}

/// Formats are made when first needed: all at once they would hold up the panel by tens of milliseconds.
struct IntlFormats {
    locale: String,
    plural: PluralRules,
    relative: OnceCell<RelativeTimeFormat>,
    /// By what they format: [`PLAIN`], [`DATE`], [`MOMENT`], or sizes in this unit.
    others: RefCell<Vec<(&'static str, Format)>>,
}

impl IntlFormats {
    fn new(locale: &str) -> Result<Self, JsValue> {
        Ok(Self {
            locale: locale.to_owned(),
            plural: PluralRules::new(locale)?,
            relative: OnceCell::new(),
            others: RefCell::default(),
        })
    }
}

impl IntlFormats {
    fn formatted(&self, number: f64, what: &'static str) -> Option<String> {
        let mut others = self.others.borrow_mut();
        if let Some((_, format)) = others.iter().find(|(known, _)| *known == what) {
            return Some(format.format(number));
        }
        let locale = &self.locale;
        let format: Format = match what {
            PLAIN => NumberFormat::new(locale, &JsValue::UNDEFINED).ok()?.into(),
            DATE => DateTimeFormat::new(locale, &object(&[("dateStyle", &"medium")])).into(),
            MOMENT => {
                let style = object(&[("dateStyle", &"medium"), ("timeStyle", &"short")]);
                DateTimeFormat::new(locale, &style).into()
            }
            unit => {
                let style = object(&[
                    ("style", &"unit"),
                    ("unit", &unit),
                    ("unitDisplay", &"short"),
                    ("maximumFractionDigits", &1_u32),
                ]);
                NumberFormat::new(locale, &style).ok()?.into()
            }
        };
        let said = format.format(number);
        others.push((what, format));
        Some(said)
    }
}

impl Formats for IntlFormats {
    fn plural(&self, count: u64) -> String {
        self.plural.select(float(count))
    }

    fn number(&self, number: u64) -> String {
        // Digits alone are the same in all of our languages, and the first format of numbers takes the browser 30 ms.
        let grouped = if number < 1_000 { None } else { self.formatted(float(number), PLAIN) };
        grouped.unwrap_or_else(|| decimal(number))
    }

    fn size(&self, size_bytes: u64) -> String {
        let (tenths, unit) = scaled(size_bytes);
        let size = self.formatted(float(tenths) / 10.0, unit);
        // Not as a floating-point number: printing one is five kilobytes of the module.
        size.unwrap_or_else(|| plain_size(size_bytes))
    }

    fn relative(&self, at_ms: u64, now_ms: u64) -> String {
        match distance(at_ms, now_ms) {
            (amount, "day") if amount.abs() >= DAYS_MOST => {
                self.formatted(float(at_ms), DATE).unwrap_or_default()
            }
            // Amounts of less than 60 are exact.
            (amount, unit) => {
                let new = || RelativeTimeFormat::new(&self.locale);
                self.relative.get_or_init(new).format(amount as f64, unit)
            }
        }
    }

    fn moment(&self, at_ms: u64) -> String {
        self.formatted(float(at_ms), MOMENT).unwrap_or_default()
    }
}

/// Exact up to 2^53, which is enough for times, sizes and counts.
fn float(number: u64) -> f64 {
    number as f64
}
