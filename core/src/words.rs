//! Text compared eight bytes at a time. What is built for size goes through memory byte by byte, and a plan compares a
//! dozen texts for each pair.

use crate::path::fold;

/// One in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each byte: set in what is not ASCII.
const HIGH: u64 = EACH * 0x80;

/// The one sign outside ASCII whose small letter is in it: `k`.
const KELVIN: char = '\u{212a}';

/// Equal?
pub(crate) fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    a.len() == b.len() && agree(a, b, |word| word)
}

/// Is this the text's folded form? As `fold(text) == folded`, without writing it down where it need not be.
pub(crate) fn folds_to(text: &str, folded: &str) -> bool {
    if !text.is_ascii() {
        return fold(text) == folded;
    }
    text.len() == folded.len() && agree(text.as_bytes(), folded.as_bytes(), small)
}

/// Of two texts of one length: is every word of the first, once `made`, the word at its place in the second?
fn agree(a: &[u8], b: &[u8], made: impl Fn(u64) -> u64) -> bool {
    let mut words = a.as_chunks().0.iter().zip(b.as_chunks().0);
    made(last(a)) == last(b)
        && words.all(|(a, b)| made(u64::from_le_bytes(*a)) == u64::from_le_bytes(*b))
}

/// A component that Dropbox takes as it is, and that nobody else takes for another one.
pub(crate) fn is_plain(name: &str) -> bool {
    let bytes = name.as_bytes();
    let (Some(first), Some(ending)) = (bytes.first(), bytes.last()) else { return false };
    let (mut after, mut odd, mut all) = (bytes, 0, 0);
    while let Some((word, rest)) = after.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        odd |= odd_in(word);
        all |= word;
        after = rest;
    }
    let word = last(bytes);
    let ascii = (all | word) & HIGH == 0;
    odd | odd_in(word) == 0
        && bytes.len() < 200
        && !matches!(first, b'.' | b'~')
        && !matches!(ending, b'.' | b' ')
        && !name.eq_ignore_ascii_case("desktop.ini")
        && !name.eq_ignore_ascii_case("thumbs.db")
        && (ascii || !name.ends_with(char::is_whitespace) && !name.contains(['␍', KELVIN]))
}

/// Not 0 where one of eight bytes is a control character or a slash, or begins a character beyond the basic plane
/// (0xf0 and up in UTF-8), which may be refused.
fn odd_in(word: u64) -> u64 {
    let below = |word: u64, least: u64| word.wrapping_sub(EACH * least) & !word & HIGH;
    let has = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
    let beyond = word & (word << 1) & (word << 2) & (word << 3) & HIGH;
    below(word, 32) | has(b'/') | has(b'\\') | has(127) | beyond
}

/// Eight ASCII characters, capitals made small.
fn small(word: u64) -> u64 {
    let from_a = word + EACH * (0x80 - u64::from(b'A'));
    let after_z = word + EACH * (0x7f - u64::from(b'Z'));
    word | ((from_a & !after_z & HIGH) >> 2)
}

/// The last eight bytes; of fewer, all of them behind letters. What stands before the last whole word is looked at twice:
/// that is less work than byte by byte.
fn last(bytes: &[u8]) -> u64 {
    match bytes.last_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => {
            bytes.iter().fold(EACH * u64::from(b'a'), |word, byte| (word << 8) | u64::from(*byte))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Naming;
    use alloc::string::String;

    /// Every ASCII character, at every place of a word and behind it.
    fn texts() -> impl Iterator<Item = String> {
        (0..128_u8).flat_map(|byte| {
            (0..20).map(move |at| {
                let text = "Report of Zoe [1].pdf";
                let mut text = String::from(&text[..at + 1]);
                text.replace_range(at.., core::str::from_utf8(&[byte]).expect("ASCII"));
                text.push_str("st");
                text
            })
        })
    }

    #[test]
    fn a_text_folds_to_its_small_letters_and_to_nothing_else() {
        for text in texts() {
            let folded = fold(&text);
            assert!(folds_to(&text, &folded), "{text:?}");
            assert_eq!(folds_to(&text, &text), text == folded, "{text:?}");
            assert!(same(&text, &text.clone()) && !same(&text, "Report of Zoe"));
        }
        assert!(folds_to("Über Ärger.PDF", "über ärger.pdf") && !folds_to("Über", "Über"));
    }

    #[test]
    fn texts_that_differ_in_one_place_are_not_the_same() {
        for (text, other) in texts().zip(texts().skip(20)) {
            assert!(!same(&text, &other), "{text:?}");
        }
    }

    #[test]
    fn a_plain_name_has_no_slash_no_control_character_and_nothing_beyond_the_basic_plane() {
        for text in texts() {
            let odd = |c: char| c.is_control() || "/\\".contains(c);
            let plain = !text.contains(odd) && !text.starts_with(['.', '~']);
            assert_eq!(is_plain(&text), plain, "{text:?}");
            assert!(!plain || Naming::default().taken_name(&text) == text, "{text:?}");
        }
        for name in [
            "",
            "a.",
            "a ",
            "Desktop.ini",
            "THUMBS.DB",
            "des\u{212a}top.ini",
            "a\u{3000}",
            "film \u{1f600} 1",
            "icon␍",
        ] {
            assert!(!is_plain(name), "{name:?}");
        }
        assert!(is_plain("Überweisung für März.pdf") && is_plain("報告書 12.pdf"));
    }
}
