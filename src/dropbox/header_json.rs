//! JSON that survives an HTTP header, as the `Dropbox-API-Arg` header wants it.
//!
//! Source: Dropbox's page on JSON encoding: 0x7F and everything beyond ASCII as `\uXXXX` of its UTF-16 units.

use serde::Serialize;
use std::fmt::Write;

/// The value as JSON of printable ASCII alone.
pub fn header_json(value: &impl Serialize) -> String {
    let json = crate::json::to_json(value);
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if (' '..='~').contains(&character) {
            safe.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(safe, "\\u{unit:04x}").expect("a String takes any text");
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n2_an_emoji_becomes_a_surrogate_pair() {
        assert_eq!(header_json(&"a 😀\u{7f}ü\n"), r#""a \ud83d\ude00\u007f\u00fc\n""#);
        let back: String =
            serde_json::from_str(&header_json(&"a 😀\u{7f}ü\n")).expect("valid JSON");
        assert_eq!(back, "a 😀\u{7f}ü\n");
    }
}
