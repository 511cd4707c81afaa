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
use super::model::{Action, PanelView, Settings, SettingsView, Snapshot};
use super::node::part;
use super::settings_markup::settings_panel;
use super::settings_view::settings_view_of;
use patch::Patcher;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use sync_core::Record;

/// What the app does with what a person asks for.
type OnAction = Box<dyn Fn(Action)>;

/// A panel in the page: of one record's documents, or of the settings.
pub struct Panel(Rc<Mounted>);

impl Panel {
    /// Puts an empty panel into `root`.
    pub fn mount(root: &web_sys::Element, words: Rc<Words>, on_action: OnAction) -> Self {
        Self(Rc::new_cyclic(|this: &Weak<Mounted>| {
            let this = this.clone();
            let on_message = Rc::new(move |message| {
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

    /// Shows a record's documents. The page is touched only where they changed.
    pub fn show_documents(&self, snapshot: &Snapshot, record: &Record) {
        let view = view_of(snapshot, record);
        self.0.show(Shown::Documents { view, now_ms: snapshot.now_ms });
    }

    /// Shows the settings. The page is touched only where they changed.
    pub fn show_settings(&self, snapshot: Snapshot, settings: Settings) {
        self.0.show(Shown::Settings(Box::new(settings_view_of(snapshot, settings))));
    }

    /// Takes the panel out of the page.
    pub fn unmount(self) {
        self.0.drawn.borrow_mut().patcher.clear();
    }
}

/// What a panel shows at a time.
enum Shown {
    Documents { view: Box<PanelView>, now_ms: u64 },
    Settings(Box<SettingsView>),
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
    fn show(&self, shown: Shown) {
        let mut drawn = self.drawn.borrow_mut();
        drawn.shown = Some(shown);
        drawn.draw(&self.words);
    }

    fn take(&self, message: Message) {
        let action = {
            let mut drawn = self.drawn.borrow_mut();
            let action = drawn.local.take(message);
            drawn.draw(&self.words);
            action
        };
        // Inside the click, and with nothing borrowed: the answer may be a `show`.
        if let Some(action) = action {
            (self.on_action)(action);
        }
    }
}

impl Drawn {
    fn draw(&mut self, words: &Words) {
        let (panel, said) = match &self.shown {
            Some(Shown::Documents { view, now_ms }) => (
                documents_panel(view, words, &self.local, *now_ms, &mut self.seen),
                Some(view.said()),
            ),
            Some(Shown::Settings(view)) => (settings_panel(view, words, &self.local), view.said()),
            None => return,
        };
        // What the live region says.
        let said = said.map(|text| words.say(text)).unwrap_or_default();
        let live = part("div.said").attr("aria-live", "polite").text(said);
        self.patcher.draw(vec![panel.into(), live.into()]);
    }
}
