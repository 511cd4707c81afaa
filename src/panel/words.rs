//! The words of one language and where links lead. What turns them into elements stands in the markup.

use super::key::Key;
use super::model::Target;
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

    /// Where a link leads. Nothing but https ever becomes one (http only on this very machine).
    pub fn href(&self, target: &Target) -> Option<String> {
        if !is_trusted(&self.www) {
            return None;
        }
        let mut href = self.www.clone();
        href.push_str(match target {
            Target::Register => "/register",
            Target::Path(_) => APP_FOLDER,
            Target::DeletedFiles => "/deleted_files",
            Target::SignOut => "/logout",
            Target::Space => "/account/plan",
        });
        if let Target::Path(path) = target {
            for component in path.split('/').filter(|component| !component.is_empty()) {
                href.push('/');
                href.push_str(&percent_encode(component));
            }
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
