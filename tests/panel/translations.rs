//! Six languages, each complete: keys, plural forms, what stands in braces.

use crate::html::{drawn, packed, said, words};
use crate::scenes::scenes;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use teamleader_dropbox::key;
use teamleader_dropbox::panel::key::Key;
use teamleader_dropbox::panel::local::Local;
use teamleader_dropbox::panel::{Arg, PlainFormats, Text, Texts};

/// Languages and their plural forms (Unicode CLDR).
const LANGUAGES: [(&str, &[&str]); 6] = [
    ("en", &["one", "other"]),
    ("de", &["one", "other"]),
    ("nl", &["one", "other"]),
    ("fr", &["many", "one", "other"]),
    ("it", &["many", "one", "other"]),
    ("es", &["many", "one", "other"]),
];

type Sentences = BTreeMap<String, String>;

fn sentences(language: &str) -> Sentences {
    let file = format!("{}/www/translations/{language}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// `key_one` → `key`, if it is a plural form at all.
fn stem<'a>(key: &'a str, sentences: &Sentences) -> &'a str {
    ["_one", "_many", "_other"]
        .into_iter()
        .find_map(|ending| key.strip_suffix(ending))
        .filter(|stem| sentences.contains_key(&format!("{stem}_other")))
        .unwrap_or(key)
}

fn holes(sentence: &str) -> BTreeSet<&str> {
    let parts = sentence.split('{').skip(1);
    parts.map(|part| part.split_once('}').expect("a brace is closed").0).collect()
}

#[test]
fn every_language_says_everything_with_all_its_plural_forms() {
    let english = sentences("en");
    let stems: BTreeSet<&str> = english.keys().map(|key| stem(key, &english)).collect();
    for (language, forms) in LANGUAGES {
        let mut expected = BTreeSet::new();
        for stem in &stems {
            if english.contains_key(&format!("{stem}_other")) {
                expected.extend(forms.iter().map(|form| format!("{stem}_{form}")));
            } else {
                expected.insert((*stem).to_owned());
            }
        }
        let there: BTreeSet<String> = sentences(language).into_keys().collect();
        let missing: Vec<_> = expected.difference(&there).collect();
        let extra: Vec<_> = there.difference(&expected).collect();
        assert!(missing.is_empty() && extra.is_empty(), "{language}: −{missing:?} +{extra:?}");
    }
}

#[test]
fn every_sentence_holds_what_the_english_one_holds() {
    let english = sentences("en");
    for (language, _) in LANGUAGES {
        let sentences = sentences(language);
        for (key, sentence) in &sentences {
            let model = &english
                .get(key)
                .unwrap_or_else(|| &english[&format!("{}_other", stem(key, &sentences))]);
            let mut expected = holes(model);
            let mut there = holes(sentence);
            // "Every hour" needs no number.
            if key.ends_with("_one") {
                expected.remove("count");
                there.remove("count");
            }
            assert_eq!(there, expected, "{language}: {key}");
            assert!(!sentence.trim().is_empty(), "{language}: {key}");
        }
    }
}

#[test]
fn no_language_is_english_in_disguise() {
    let english = sentences("en");
    for (language, _) in &LANGUAGES[1..] {
        let sentences = sentences(language);
        let same = sentences.iter().filter(|(key, text)| english.get(*key) == Some(text)).count();
        assert!(same * 20 < english.len(), "{language}: {same} sentences are the English ones");
    }
}

/// The keys that the panel's source names; one that is not translated does not compile.
fn named_in_source() -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for entry in fs::read_dir(format!("{}/src/panel", env!("CARGO_MANIFEST_DIR"))).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|ending| ending == "rs") {
            let source = fs::read_to_string(file).unwrap();
            let keys = source.split("key!(\"").skip(1);
            named.extend(keys.map(|rest| rest.split_once('"').unwrap().0.to_owned()));
        }
    }
    named
}

#[test]
fn every_sentence_is_said_somewhere() {
    let english = sentences("en");
    let stems: BTreeSet<String> =
        english.keys().map(|key| stem(key, &english).to_owned()).collect();
    let entry =
        fs::read_to_string(format!("{}/www/plugin.js", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let said_there = |stem: &&String| entry.contains(&format!("words.{stem}"));
    let named = named_in_source();
    let unused: Vec<_> = stems.difference(&named).filter(|stem| !said_there(stem)).collect();
    assert!(unused.is_empty(), "nobody says {unused:?}");
}

#[test]
fn each_key_says_its_own_sentence() {
    let english = sentences("en");
    let words = words("en");
    let plain = english.iter().filter(|(name, sentence)| {
        stem(name, &english) == name.as_str() && holes(sentence).is_empty()
    });
    for (name, sentence) in plain {
        assert_eq!(words.word(Key::of(name)), *sentence, "{name}");
    }
    let counted = |count: u64| {
        words.say(&Text { key: key!("bulk_yes"), args: vec![("count", Arg::Count(count))] })
    };
    assert_eq!(counted(1), english["bulk_yes_one"].replace("{count}", "1"));
    assert_eq!(counted(2), english["bulk_yes_other"].replace("{count}", "2"));
}

#[test]
fn a_language_of_another_version_is_refused() {
    // Its sentences may stand at other numbers: a button would say what it does not do.
    let mut packed = packed("nl");
    let read = |packed: &Value| Texts::new(&packed.to_string(), Box::new(PlainFormats)).is_ok();
    assert!(read(&packed));
    packed["keys"] = 1.into();
    assert!(!read(&packed));
    packed.as_object_mut().unwrap().remove("keys");
    assert!(!read(&packed));
}

#[test]
fn english_keys_stand_in_their_order() {
    // By it they are numbered.
    let file = format!("{}/www/translations/en.json", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once('"'));
    let keys: Vec<&str> = lines.map(|(key, _)| key).collect();
    assert!(keys.is_sorted());
    assert_eq!(keys.len(), sentences("en").len());
}

#[test]
fn no_state_shows_a_key_or_an_empty_brace_in_any_language() {
    for (language, _) in LANGUAGES {
        let words = words(language);
        for scene in scenes() {
            let said = said(&drawn(&scene, &words, &Local::default()));
            assert!(!said.contains(['{', '}']), "{language}: {}: {said}", scene.name);
            let key =
                said.split_whitespace().find(|word| word.contains('_') && !word.contains('.'));
            assert_eq!(key, None, "{language}: {}", scene.name);
        }
    }
}
