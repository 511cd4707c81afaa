//! Translations as a page loads them: the sentences without the names of their keys, which the module does not know
//! either (`src/panel/key.rs`).

use serde_json::{Map, Value};

/// The words that the entry module says itself, by name, when the module has died.
const OF_ENTRY: [&str; 3] = ["crashed", "crashed_what", "reload"];
/// The endings of plural forms (Unicode CLDR), those of English first.
const FORMS: [&str; 6] = ["_one", "_other", "_zero", "_two", "_few", "_many"];

/// Which keys there are (`FINGERPRINT` in `src/panel/key.rs`).
fn fingerprint(english: &Map<String, Value>) -> u32 {
    let bytes = english.keys().flat_map(|key| key.bytes().chain([b'"']));
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A language: the list `texts` in the order of the English keys, those that count as objects of their plural forms; and
/// beside it which keys those are and what the entry module says.
pub fn packed(language: &Map<String, Value>, english: &Map<String, Value>) -> Value {
    let mut texts = Vec::new();
    for key in english.keys() {
        let counts = |stem: &&str| english.contains_key(&format!("{stem}_other"));
        let stem = FORMS.iter().find_map(|form| key.strip_suffix(form)).filter(counts);
        match stem {
            None => texts.push(language.get(key).cloned().unwrap_or_default()),
            // The other form comes just behind it.
            Some(stem) if key.ends_with("_one") => {
                let forms = FORMS.iter().filter_map(|form| {
                    let text = language.get(&[stem, form].concat())?;
                    Some((form[1..].to_owned(), text.clone()))
                });
                texts.push(Value::Object(forms.collect()));
            }
            Some(_) => {}
        }
    }
    let said =
        OF_ENTRY.into_iter().filter_map(|key| Some((key.to_owned(), language.get(key)?.clone())));
    let mut words: Map<String, Value> = said.collect();
    words.insert("keys".to_owned(), fingerprint(english).into());
    words.insert("texts".to_owned(), texts.into());
    words.into()
}
