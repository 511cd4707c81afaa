//! Elements as text, for looking at them in tests.

use crate::scenes::{Scene, Shows};
use std::fmt::Write as _;
use teamleader_dropbox::panel::local::Local;
use teamleader_dropbox::panel::markup::documents_panel;
use teamleader_dropbox::panel::node::{Element, Node};
use teamleader_dropbox::panel::settings_markup::settings_panel;
use teamleader_dropbox::panel::words::Words;
use teamleader_dropbox::panel::{settings_view_of, view_of, PlainFormats, Texts};

#[path = "../../xtask/src/package/words.rs"]
mod package;

/// The words of a language, with plain formats.
pub fn words(language: &str) -> Words {
    let texts = Texts::new(&packed(language).to_string(), Box::new(PlainFormats)).unwrap();
    Words { texts, www: "https://www.dropbox.com".into() }
}

/// A language as a package holds it.
pub fn packed(language: &str) -> serde_json::Value {
    package::packed(&translations(language), &translations("en"))
}

fn translations(language: &str) -> serde_json::Map<String, serde_json::Value> {
    let file = format!("{}/www/translations/{language}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// A scene as elements.
pub fn drawn(scene: &Scene, words: &Words, local: &Local) -> Box<Element> {
    match &scene.shows {
        Shows::Panel(snapshot) => {
            let view = view_of(snapshot);
            documents_panel(&view, words, local, snapshot.now_ms, &mut None)
        }
        Shows::Settings(snapshot, settings) => {
            settings_panel(&settings_view_of(snapshot, settings), words, local)
        }
    }
}

/// All elements of a tree, from top to bottom.
pub fn elements(root: &Element) -> Vec<&Element> {
    let mut all = vec![root];
    for child in &root.children {
        if let Node::Element(element) = child {
            all.extend(elements(element));
        }
    }
    all
}

/// The value of an attribute.
pub fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    let found = element.attributes.iter().find(|(attribute, _)| *attribute == name);
    found.map(|(_, value)| value.as_ref())
}

/// All text inside.
pub fn text(element: &Element) -> String {
    let mut text = String::new();
    for child in &element.children {
        match child {
            Node::Text(words) => text.push_str(words),
            Node::Element(inner) => text.push_str(&self::text(inner)),
        }
    }
    text
}

/// Everything a person may be told: texts, and the attributes that are read out or shown.
pub fn said(root: &Element) -> String {
    let mut said = text(root);
    for element in elements(root) {
        for name in ["aria-label", "aria-valuetext", "title"] {
            if let Some(value) = attribute(element, name) {
                let _ = write!(said, "\n{value}");
            }
        }
    }
    said
}
