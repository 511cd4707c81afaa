//! Keys of the translations. The compiler looks each of them up and leaves its number: neither the module nor what a page
//! loads of a language carries a name.

use sync_core::decimal;

/// The keys in their order. Nothing of it is left when the plugin is compiled.
const ENGLISH: &[u8] = include_bytes!("../../www/translations/en.json");

/// A sentence of the translations, by the place of its key in `www/translations/en.json`; all plural forms have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u32);

/// The key of this name, without its plural ending. What is not translated does not compile.
#[macro_export]
macro_rules! key {
    ($name:literal) => {
        const { $crate::panel::key::Key::of($name) }
    };
}

impl Key {
    /// Goes through the lines `"name": "words",` of the English translations.
    #[doc(hidden)]
    pub const fn of(name: &str) -> Self {
        let (mut at, mut number) = (0, 0);
        while at < ENGLISH.len() {
            if ENGLISH[at] == b'"' {
                let begin = at + 1;
                let end = position(b'"', begin);
                let (plain, first) = (stem(begin, end, b"_one"), stem(begin, end, b"_other"));
                // `_one` comes just before `_other`: together they are one.
                if first == end {
                    if is(name.as_bytes(), begin, plain) {
                        return Self(number);
                    }
                    number += 1;
                }
                at = position(b'\n', end);
            }
            at += 1;
        }
        panic!("this key is not translated")
    }

    /// What tells elements apart that are called by keys.
    pub(super) fn digits(self) -> String {
        decimal(self.0)
    }

    /// Its sentence's place among the texts of a language.
    pub(super) fn at(self) -> usize {
        self.0 as usize
    }
}

/// Of all keys, each with a quote behind it: FNV-1a. A language of another version may hold other texts at the same places,
/// and then it holds another number.
pub(super) const FINGERPRINT: u32 = fingerprint();

const fn fingerprint() -> u32 {
    let (mut at, mut hash) = (0, 0x811c_9dc5_u32);
    while at < ENGLISH.len() {
        if ENGLISH[at] == b'"' {
            let mut within = at + 1;
            at = position(b'"', within);
            while within <= at {
                hash = (hash ^ ENGLISH[within] as u32).wrapping_mul(0x0100_0193);
                within += 1;
            }
            at = position(b'\n', at);
        }
        at += 1;
    }
    hash
}

/// Where a key ends without this ending, if it has it.
const fn stem(begin: usize, end: usize, ending: &[u8]) -> usize {
    if end - begin > ending.len() && is(ending, end - ending.len(), end) {
        end - ending.len()
    } else {
        end
    }
}

/// Whether this stands there.
const fn is(text: &[u8], begin: usize, end: usize) -> bool {
    let mut at = 0;
    while at < text.len() && begin + at < end && text[at] == ENGLISH[begin + at] {
        at += 1;
    }
    at == text.len() && begin + at == end
}

/// Where this byte comes next, or the end.
const fn position(byte: u8, mut at: usize) -> usize {
    while at < ENGLISH.len() && ENGLISH[at] != byte {
        at += 1;
    }
    at
}
