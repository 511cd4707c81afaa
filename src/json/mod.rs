//! JSON: text to a [`Value`], fields by name, and our own stored forms both ways.
//!
//! Written here because of its size in WebAssembly: a derived deserializer over `serde_json` costs three to seven
//! kilobytes for each type, reading fields from a value some hundred bytes.

pub(crate) mod forms;
mod parse;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A JSON value.
#[derive(Debug, Default, PartialEq)]
#[repr(u32)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A whole number from 0.
    Unsigned(u64),
    /// Any other number: none of ours, so its digits are not kept.
    OtherNumber,
    /// Text.
    Text(String),
    /// `[…]`
    List(Vec<Value>),
    /// `{…}` in the order of the text; of fields of one name the last one counts.
    Object(Vec<(String, Value)>),
}

/// By hand, because what is derived brings a hash table of all fields' names into the module.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::OtherNumber => serializer.serialize_unit(),
            Self::True => serializer.serialize_bool(true),
            Self::False => serializer.serialize_bool(false),
            // The one kind of number that a page has: exact up to 2^53.
            Self::Unsigned(number) => serializer.serialize_f64(*number as f64),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(fields) => {
                let mut object = serializer.serialize_map(None)?;
                for (name, value) in fields {
                    object.serialize_entry(name, value)?;
                }
                object.end()
            }
        }
    }
}

/// Something that is read out of a value; `None` where a field that matters is absent or of the wrong type.
/// Fields nobody knows are passed over.
pub trait Read: Sized {
    /// Reads it.
    fn read(value: &Value) -> Option<Self>;

    /// Reads it out of text.
    fn read_text(text: &str) -> Option<Self> {
        Self::read(&Value::parse(text)?)
    }
}

/// Something that is sent, stored, or said to another tab: [`Read`]'s other half.
pub trait Write {
    /// Appends it as JSON.
    fn write(&self, out: &mut String);

    /// As one JSON text.
    fn write_text(&self) -> String
    where
        Self: Sized,
    {
        written(self)
    }
}

/// Never inlined, as [`field`] is not.
#[inline(never)]
fn written(value: &dyn Write) -> String {
    let mut out = String::new();
    value.write(&mut out);
    out
}

/// An argument of a request: its fields in order.
pub struct Object<'a>(pub &'a [(&'a str, &'a dyn Write)]);

impl Write for Object<'_> {
    fn write(&self, out: &mut String) {
        out.push('{');
        for (name, value) in self.0 {
            field(out, name, *value);
        }
        out.push('}');
    }
}

/// Appends a comma, unless this is the first in its object or list.
pub(crate) fn separate(out: &mut String) {
    if !matches!(out.as_bytes().last(), Some(b'{' | b'[')) {
        out.push(',');
    }
}

/// Appends a field's name, behind a comma where one is due.
pub(crate) fn key(out: &mut String, name: &str) {
    separate(out);
    text(out, name);
    out.push(':');
}

/// Appends a field. Never inlined, as [`forms::Fields::read`] is not.
#[inline(never)]
pub(crate) fn field(out: &mut String, name: &str, value: &dyn Write) {
    key(out, name);
    value.write(out);
}

/// Appends an enum's variant with its content.
#[inline(never)]
pub(crate) fn variant(out: &mut String, name: &str, content: &dyn Write) {
    out.push('{');
    field(out, name, content);
    out.push('}');
}

/// Begins a variant whose fields follow.
#[inline(never)]
pub(crate) fn open_variant(out: &mut String, name: &str) {
    out.push('{');
    key(out, name);
    out.push('{');
}

/// Ends what [`open_variant`] began.
#[inline(never)]
pub(crate) fn close_variant(out: &mut String) {
    out.push_str("}}");
}

/// Appends a UTF-16 unit by its number.
pub(crate) fn escape(out: &mut String, unit: u16) {
    out.push_str("\\u");
    for byte in unit.to_be_bytes() {
        hex(out, byte);
    }
}

/// Appends a byte as two hexadecimal digits.
pub(crate) fn hex(out: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        out.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
    }
}

/// Appends text in quotes.
pub(crate) fn text(out: &mut String, text: &str) {
    out.push('"');
    // Plain stretches are copied whole; what has to be escaped is one byte.
    let mut rest = text;
    let is_special = |byte| byte < b' ' || byte == b'"' || byte == b'\\';
    while let Some(at) = rest.bytes().position(is_special) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            byte => escape(out, u16::from(byte)),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

impl Value {
    /// Reads one JSON text (RFC 8259), at most 128 levels deep; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        parse::parse(text)
    }

    /// Reads what a service or the store says: null where it is no JSON, so that nothing can be read out of it.
    pub fn said(text: &str) -> Self {
        Self::parse(text).unwrap_or_default()
    }

    /// A field of an object; `None` too where it is `null`.
    pub fn field(&self, name: &str) -> Option<&Value> {
        let Self::Object(fields) = self else { return None };
        let found = fields.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value);
        found.filter(|value| !matches!(value, Self::Null))
    }

    /// Text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A field that holds text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.word(name).map(str::to_owned)
    }

    /// The same, to be looked at alone.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_text()
    }

    /// A field that holds a whole number from 0.
    pub fn number(&self, name: &str) -> Option<u64> {
        u64::read(self.field(name)?)
    }

    /// A field that holds yes or no.
    pub fn flag(&self, name: &str) -> Option<bool> {
        bool::read(self.field(name)?)
    }
}

#[cfg(test)]
mod tests {
    use super::forms::{enums, structs};
    use super::*;
    use serde::Serialize;

    #[test]
    fn values_are_read_as_the_standard_says() {
        let value = Value::parse(
            "{\"a\":[1,-2,1.5,1e3,true,null],\"b\":\"\\u00e9\\ud83d\\ude00\\n\", \"c\" : {} }",
        )
        .expect("valid");
        let list = Value::List(vec![
            Value::Unsigned(1),
            Value::OtherNumber,
            Value::OtherNumber,
            Value::OtherNumber,
            Value::True,
            Value::Null,
        ]);
        assert_eq!(value.field("a"), Some(&list));
        assert_eq!(value.text("b").as_deref(), Some("é😀\n"));
        assert_eq!(value.field("c"), Some(&Value::Object(Vec::new())));
        assert_eq!(Value::parse("18446744073709551615"), Some(Value::Unsigned(u64::MAX)));
        assert_eq!(Value::parse("18446744073709551616"), Some(Value::OtherNumber));
    }

    #[test]
    fn what_is_no_json_is_refused_and_nothing_panics() {
        let deep = "[".repeat(100_000);
        let wrong = [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "tru",
            "01",
            "1.",
            "-",
            "+1",
            ".5",
            "1e",
            "\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\u12\"",
            "\"\n\"",
            "1 2",
            "[1 2]",
            "nul",
            "\u{feff}1",
            "{\"a\"}",
            "{\"a\":}",
            "[,]",
            "\"\\",
            "NaN",
            &deep,
        ];
        for text in wrong {
            assert_eq!(Value::parse(text), None, "{text:.20}");
        }
    }

    #[test]
    fn every_prefix_and_every_changed_byte_of_a_text_is_taken_or_refused() {
        let text = r#"{"entries":[{".tag":"file","size":12,"name":"a \"b\" \u00fc 😀"}],"has_more":false}"#;
        for end in 0..text.len() {
            if let Some(part) = text.get(..end) {
                assert_eq!(Value::parse(part), None, "{part}");
            }
        }
        for index in 0..text.len() {
            for byte in [0, b'"', b'\\', b'{', b']', b'9', b' ', 0x80] {
                let mut bytes = text.as_bytes().to_vec();
                bytes[index] = byte;
                if let Ok(changed) = String::from_utf8(bytes) {
                    let ours = Value::parse(&changed).is_some();
                    let theirs = serde_json::from_str::<serde_json::Value>(&changed).is_ok();
                    assert_eq!(ours, theirs, "{changed}");
                }
            }
        }
    }

    #[derive(Debug, PartialEq, Serialize)]
    enum Kind {
        Plain,
        Number(u32),
        Named { name: String, size: Option<u64> },
    }

    #[derive(Debug, PartialEq, Serialize)]
    struct Form {
        kinds: Vec<Kind>,
        pair: (u32, bool),
        later: Option<Box<Form>>,
        list: Vec<String>,
    }

    structs! { Form { kinds, pair, later, list optional, } }
    enums! { Kind { Plain, Number(number), Named { name, size, }, } }

    #[test]
    fn stored_forms_come_back_as_they_were_written_and_are_those_of_serde() {
        let last = Form { kinds: Vec::new(), pair: (0, false), later: None, list: Vec::new() };
        let form = Form {
            kinds: vec![
                Kind::Plain,
                Kind::Number(7),
                Kind::Named { name: "{ü\u{0}\"\\\n😀\u{7f}".into(), size: None },
            ],
            pair: (1, true),
            later: Some(Box::new(last)),
            list: vec!["{".into(), "}".into()],
        };
        let text = form.write_text();
        assert_eq!(Form::read_text(&text).as_ref(), Some(&form));
        let theirs = serde_json::to_value(&form).expect("plain values");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), theirs);
    }

    #[test]
    fn stored_forms_take_what_they_know_and_nothing_of_another_type() {
        let known = r#"{"kinds":[],"pair":[1,true],"new":[{}]}"#;
        assert!(Form::read_text(known).is_some(), "unknown fields are passed over");
        for wrong in [
            "{}",
            r#"{"kinds":{},"pair":[1,true]}"#,
            r#"{"kinds":["Other"],"pair":[1,true]}"#,
            r#"{"kinds":[{"Number":-1}],"pair":[1,true]}"#,
            r#"{"kinds":[{"Number":4294967296}],"pair":[1,true]}"#,
            r#"{"kinds":[{"Plain":1,"Number":2}],"pair":[1,true]}"#,
            r#"{"kinds":["Number"],"pair":[1,true]}"#,
            r#"{"kinds":[],"pair":[1]}"#,
            r#"{"kinds":[],"pair":[1,true],"later":7}"#,
            "[]",
            "null",
        ] {
            assert_eq!(Form::read_text(wrong), None, "{wrong}");
        }
    }
}
