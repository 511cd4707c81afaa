//! Words: a key of the translations with its arguments, and how it becomes a sentence in one language.
//!
//! Plural forms, numbers, sizes and times come from a [`Formats`]: `Intl` in the browser, plain English in tests.

use super::key::{Key, FINGERPRINT};
use crate::json::Value;
use crate::key;
use sync_core::decimal;

/// A sentence, not yet in any language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Which one.
    pub key: Key,
    /// What stands in the braces, by name.
    pub args: Vec<(&'static str, Arg)>,
}

/// What stands in a sentence's braces.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Arg {
    /// A name, as it is.
    Name(String),
    /// A number; it chooses the plural form of the sentence (one per sentence).
    Count(u64),
    /// A number that chooses nothing.
    Number(u64),
    /// Bytes.
    Size(u64),
    /// How long ago, or how far ahead: `(at_ms, now_ms)`.
    Ago(u64, u64),
    /// Another sentence.
    Text(Box<Text>),
}

/// A sentence without arguments. In a box: what fills it in hands on a pointer.
pub(super) fn t(key: Key) -> Box<Text> {
    Box::new(Text { key, args: Vec::new() })
}

impl From<Key> for Box<Text> {
    fn from(key: Key) -> Self {
        t(key)
    }
}

impl Text {
    /// With one more argument.
    pub(super) fn with(mut self: Box<Self>, name: &'static str, arg: Arg) -> Box<Self> {
        self.args.push((name, arg));
        self
    }

    /// With `{count}`, which chooses the plural form.
    pub(super) fn count(self: Box<Self>, count: impl Into<u64>) -> Box<Self> {
        self.with("count", Arg::Count(count.into()))
    }

    /// With `{ago}`: a time as seen from another (ms).
    pub(super) fn ago(self: Box<Self>, at_ms: u64, now_ms: u64) -> Box<Self> {
        self.with("ago", Arg::Ago(at_ms, now_ms))
    }

    /// With `{name}`.
    pub(super) fn name(self: Box<Self>, name: &str) -> Box<Self> {
        self.with("name", Arg::Name(name.to_owned()))
    }
}

/// What differs from language to language besides words.
pub trait Formats {
    /// The plural form of a number: `one`, `few`, `many`, `other` …
    fn plural(&self, count: u64) -> String;
    /// `1,234`
    fn number(&self, number: u64) -> String;
    /// `1.2 MB`
    fn size(&self, size_bytes: u64) -> String;
    /// A time as seen from another: `5 minutes ago`, `in 2 hours`, from a week on a date. (ms)
    fn relative(&self, at_ms: u64, now_ms: u64) -> String;
    /// Date and time of day. (ms)
    fn moment(&self, at_ms: u64) -> String;
}

/// Formats without a browser: English, plain, exact enough for tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainFormats;

impl Formats for PlainFormats {
    fn plural(&self, count: u64) -> String {
        if count == 1 { "one" } else { "other" }.to_owned()
    }

    fn number(&self, number: u64) -> String {
        decimal(number)
    }

    fn size(&self, size_bytes: u64) -> String {
        plain_size(size_bytes)
    }

    fn relative(&self, at_ms: u64, now_ms: u64) -> String {
        let (amount, unit) = distance(at_ms, now_ms);
        if amount < 0 {
            format!("{} {unit}s ago", -amount)
        } else {
            format!("in {amount} {unit}s")
        }
    }

    fn moment(&self, at_ms: u64) -> String {
        format!("minute {}", at_ms / 60_000)
    }
}

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Part {
    /// Words of the translation.
    Words(String),
    /// A name somebody gave, in a direction of its own.
    Name(String),
}

/// A name as it can be shown: what would end the line or turn its direction around is seen instead of obeyed.
pub fn safe_name(name: &str) -> String {
    name.chars()
        .map(|character| match character {
            '\0'..='\u{1f}' => {
                char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            '\u{7f}' => '\u{2421}',
            '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => char::REPLACEMENT_CHARACTER,
            _ => character,
        })
        .collect()
}

/// `1.2 megabyte`
pub(super) fn plain_size(size_bytes: u64) -> String {
    let (tenths, unit) = scaled(size_bytes);
    [&decimal(tenths / 10), ".", &decimal(tenths % 10), " ", unit].concat()
}

/// Bytes as tenths of a unit, and the unit's name for `Intl`: steps of 1000, as both services show sizes.
pub(super) fn scaled(size_bytes: u64) -> (u64, &'static str) {
    const STEPS: [(u64, &str); 4] = [
        (1_000_000_000_000, "terabyte"),
        (1_000_000_000, "gigabyte"),
        (1_000_000, "megabyte"),
        (1_000, "kilobyte"),
    ];
    for (step, unit) in STEPS {
        if size_bytes >= step {
            return ((size_bytes / (step / 10)), unit);
        }
    }
    (size_bytes / 100, "kilobyte")
}

/// A distance in time as amount and unit for `Intl`; negative for the past. At least a minute.
pub(super) fn distance(at_ms: u64, now_ms: u64) -> (i64, &'static str) {
    let distance_ms = at_ms.abs_diff(now_ms);
    let (amount, unit) = match distance_ms / 60_000 {
        minutes @ 0..=59 => (minutes.max(1), "minute"),
        minutes @ 60..=1439 => (minutes / 60, "hour"),
        minutes => (minutes / 1440, "day"),
    };
    let amount = i64::try_from(amount).unwrap_or(i64::MAX);
    (if at_ms < now_ms { -amount } else { amount }, unit)
}

/// All words of one language, with its formats.
pub struct Texts {
    /// What a package holds of the language.
    words: Value,
    formats: Box<dyn Formats>,
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").finish_non_exhaustive()
    }
}

/// The translations are not those of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not of this version")]
pub struct NoTranslations;

impl Texts {
    /// From the content of a package's `translations/<language>.json`: the list `texts`, in the order of the
    /// keys, and `keys`, by which it is seen that they are the same keys.
    pub fn new(json: &str, formats: Box<dyn Formats>) -> Result<Self, NoTranslations> {
        let words = Value::said(json);
        match words.number("keys") {
            Some(keys) if keys == u64::from(FINGERPRINT) => Ok(Self { words, formats }),
            _ => Err(NoTranslations),
        }
    }

    /// In the order of the keys. A sentence that counts is an object of its plural forms.
    fn texts(&self) -> &[Value] {
        match self.words.field("texts") {
            Some(Value::List(texts)) => texts,
            _ => &[],
        }
    }

    /// A sentence in this language.
    pub fn say(&self, text: &Text) -> String {
        let mut said = String::new();
        for part in self.parts(text) {
            match part {
                Part::Words(words) | Part::Name(words) => said.push_str(&words),
            }
        }
        said
    }

    /// The same, with the names in it apart from the words.
    pub fn parts(&self, text: &Text) -> Vec<Part> {
        let mut parts = Vec::new();
        self.add(text, &mut parts);
        parts
    }

    fn add(&self, text: &Text, parts: &mut Vec<Part>) {
        let mut rest = self.pattern(text);
        // What stands in an argument is never searched for holes: a file may be called `{name}`.
        while let Some((before, name, after)) = next_hole(rest) {
            let arg = text.args.iter().find(|(arg, _)| *arg == name);
            push_words(parts, before);
            if let Some((_, arg)) = arg {
                self.add_argument(arg, parts);
            }
            rest = after;
        }
        push_words(parts, rest);
    }

    fn add_argument(&self, arg: &Arg, parts: &mut Vec<Part>) {
        let words = match arg {
            Arg::Name(name) => return parts.push(Part::Name(safe_name(name))),
            Arg::Text(text) => return self.add(text, parts),
            // The clocks of two tabs differ by a little: what was a moment ago is never "in the future".
            Arg::Ago(at_ms, now_ms) if at_ms.abs_diff(*now_ms) < 60_000 => {
                return self.add(&t(key!("just_now")), parts);
            }
            Arg::Ago(at_ms, now_ms) => self.formats.relative(*at_ms, *now_ms),
            Arg::Count(number) | Arg::Number(number) => self.formats.number(*number),
            Arg::Size(size_bytes) => self.formats.size(*size_bytes),
        };
        push_words(parts, &words);
    }

    /// Date and time of day (ms).
    pub fn moment(&self, at_ms: u64) -> String {
        self.formats.moment(at_ms)
    }

    fn pattern<'a>(&'a self, text: &Text) -> &'a str {
        let count = text.args.iter().find_map(|(_, arg)| match arg {
            Arg::Count(count) => Some(*count),
            _ => None,
        });
        let words = self.texts().get(text.key.at());
        let form = |form: &str| words?.word(form);
        let counted = count.and_then(|count| form(&self.formats.plural(count)));
        counted.or_else(|| form("other")).or_else(|| words?.as_text()).unwrap_or_default()
    }
}

/// What stands before the first `{hole}`, the hole's name, and what stands after.
fn next_hole(pattern: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = pattern.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

fn push_words(parts: &mut Vec<Part>, words: &str) {
    match parts.last_mut() {
        _ if words.is_empty() => {}
        Some(Part::Words(last)) => last.push_str(words),
        _ => parts.push(Part::Words(words.to_owned())),
    }
}
