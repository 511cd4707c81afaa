//! The words of one language and where links lead. What turns them into elements stands in the markup.

use super::key::Key;
use super::node::{el, Element, Node};
use super::text::{safe_name, t, Part, Text, Texts};
use crate::percent::percent_encode;

/// The app folder, as a path on Dropbox's site.
const APP_FOLDER: &str = "/home/Apps/Teamleader%20CRM";

/// Words of one language and where links lead.
#[derive(Debug)]
pub struct Words {
    /// The language.
    pub texts: Texts,
    /// Dropbox's pages, as `https://www.dropbox.com`, without a slash at the end.
    pub www: String,
}

impl Words {
    /// A sentence.
    pub fn say(&self, text: &Text) -> String {
        self.texts.say(text)
    }

    /// A sentence of the view itself.
    pub fn word(&self, key: Key) -> String {
        self.texts.say(&t(key))
    }

    /// The address of a page of Dropbox's. Nothing but https ever becomes one (http only on this very machine).
    pub fn on_site(&self, page: &str) -> Option<String> {
        is_trusted(&self.www).then(|| [&self.www, page].concat())
    }

    /// The same of a folder or file, by its path relative to the app folder (`/Companies/…`).
    pub fn in_app_folder(&self, path: &str) -> Option<String> {
        let mut href = self.on_site(APP_FOLDER)?;
        for component in path.split('/').filter(|component| !component.is_empty()) {
            href.push('/');
            href.push_str(&percent_encode(component));
        }
        Some(href)
    }
}

impl Element {
    /// With a sentence inside: the names in it keep to their own direction.
    pub fn say(mut self: Box<Self>, words: &Words, text: &Text) -> Box<Self> {
        for part in words.texts.parts(text) {
            self = self.child(match part {
                Part::Words(words) => Node::Text(words),
                Part::Name(name) => el("bdi").text(name).into(),
            });
        }
        self
    }

    /// With a sentence of the view itself inside.
    pub fn word(self: Box<Self>, words: &Words, key: Key) -> Box<Self> {
        self.text(words.word(key))
    }
}

/// A name as an element: its own direction, nothing in it obeyed.
pub fn name(name: &str) -> Box<Element> {
    el("bdi").text(safe_name(name))
}

fn is_trusted(www: &str) -> bool {
    let is_here = |host: &&str| {
        www.strip_prefix(host).is_some_and(|rest| {
            let port = rest.strip_prefix(':');
            rest.is_empty() || port.is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    www.starts_with("https://")
        || ["http://localhost", "http://127.0.0.1", "http://[::1]"].iter().any(is_here)
}
