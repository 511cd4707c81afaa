//! JSON that survives an HTTP header, as the `Dropbox-API-Arg` header wants it.
//!
//! Source: Dropbox's page on JSON encoding: 0x7F and everything beyond ASCII as `\uXXXX` of its UTF-16 units.

use crate::json::escape;

/// The same JSON of printable ASCII alone.
pub fn header_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if (' '..='~').contains(&character) {
            safe.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escape(&mut safe, *unit);
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Write as _;

    #[test]
    fn n2_an_emoji_becomes_a_surrogate_pair() {
        let safe = header_json(&(&"a 😀\u{7f}ü\n").write_text());
        assert_eq!(safe, r#""a \ud83d\ude00\u007f\u00fc\u000a""#);
        let back: String = serde_json::from_str(&safe).expect("valid JSON");
        assert_eq!(back, "a 😀\u{7f}ü\n");
    }
}
