//! The panels in the page: they draw the elements of the markup and hand on what a person asks for.
//!
//! Nothing here decides what is shown. One tree is compared with the one before; what did not change is not
//! touched, so focus, scroll and open parts stay.

mod intl;
mod patch;

pub use super::words::Words;
pub use intl::WordsError;

use super::documents_view::view_of;
use super::lists::Seen;
use super::local::{Local, Message};
use super::markup::documents_panel;
use super::model::{Action, Settings, Snapshot};
use super::node::part;
use super::settings_markup::settings_panel;
use super::settings_view::settings_view_of;
use patch::Patcher;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// What the app does with what a person asks for.
type OnAction = Box<dyn Fn(&Action)>;

/// A panel in the page: of one record's documents, or of the settings.
pub struct Panel(Rc<Mounted>);

impl Panel {
    /// Puts an empty panel into `root`.
    pub fn mount(root: &web_sys::Element, words: Rc<Words>, on_action: OnAction) -> Self {
        Self(Rc::new_cyclic(|this: &Weak<Mounted>| {
            let this = this.clone();
            let on_message = Rc::new(move |message: &Message| {
                if let Some(panel) = this.upgrade() {
                    panel.take(message);
                }
            });
            let drawn = Drawn {
                patcher: Patcher::new(root, on_message),
                shown: None,
                local: Local::default(),
                seen: None,
            };
            Mounted { words, on_action, drawn: RefCell::new(drawn) }
        }))
    }

    /// Shows a record's documents, or the settings where there are any. The page is touched only where they changed.
    pub fn show(&self, snapshot: Snapshot, settings: Option<Settings>) {
        let mut drawn = self.0.drawn.borrow_mut();
        drawn.shown = Some(Shown { snapshot, settings });
        drawn.draw(&self.0.words);
    }

    /// Takes the panel out of the page.
    pub fn unmount(self) {
        self.0.drawn.borrow_mut().patcher.clear();
    }
}

/// What a panel shows at a time.
struct Shown {
    snapshot: Snapshot,
    /// A record's panel has none.
    settings: Option<Settings>,
}

struct Mounted {
    words: Rc<Words>,
    on_action: OnAction,
    drawn: RefCell<Drawn>,
}

struct Drawn {
    patcher: Patcher,
    shown: Option<Shown>,
    local: Local,
    seen: Option<Seen>,
}

impl Mounted {
    fn take(&self, message: &Message) {
        let action = {
            let mut drawn = self.drawn.borrow_mut();
            let action = drawn.local.take(message);
            drawn.draw(&self.words);
            action
        };
        // Inside the click, and with nothing borrowed: the answer may be a `show`.
        if let Some(action) = action {
            (self.on_action)(&action);
        }
    }
}

impl Drawn {
    fn draw(&mut self, words: &Words) {
        let Some(Shown { snapshot, settings }) = &self.shown else { return };
        // The panel, and what the live region says.
        let (panel, said) = match settings {
            None => {
                let view = view_of(snapshot);
                let seen = &mut self.seen;
                let panel = documents_panel(&view, words, &self.local, snapshot.now_ms, seen);
                (panel, words.say(view.said()))
            }
            Some(settings) => {
                let view = settings_view_of(snapshot, settings);
                let said = view.said().map(|text| words.say(text));
                (settings_panel(&view, words, &self.local), said.unwrap_or_default())
            }
        };
        let live = part("div.said").attr("aria-live", "polite").text(said);
        self.patcher.draw(vec![panel.into(), live.into()]);
    }
}
