//! The panels in the page: they draw the elements of the markup and hand on what a person asks for.
//!
//! Nothing here decides what is shown. One tree is compared with the one before; what did not change is not
//! touched, so focus, scroll and open parts stay.

mod intl;
mod patch;

pub use super::words::Words;

use super::documents_view::view_of;
use super::lists::Seen;
use super::local::{Local, Message};
use super::markup::documents_panel;
use super::model::{Action, PanelView, Settings, SettingsView, Snapshot};
use super::node::{part, Element};
use super::settings_markup::settings_panel;
use super::settings_view::settings_view_of;
use super::text::Text;
use patch::Patcher;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use sync_core::Record;

/// What the app does with what a person asks for.
type OnAction = Rc<dyn Fn(Action)>;

/// The panel of one record.
pub struct DocumentsPanel(Rc<Panel<Documents>>);

impl DocumentsPanel {
    /// Puts an empty panel into `root`.
    pub fn mount(root: &web_sys::Element, words: Rc<Words>, on_action: OnAction) -> Self {
        Self(Panel::new(root, words, on_action))
    }

    /// Shows this. Cheap when nothing changed.
    pub fn show(&self, snapshot: &Snapshot, record: &Record) {
        self.0.show(Documents { view: view_of(snapshot, record), now_ms: snapshot.now_ms });
    }

    /// Takes the panel out of the page.
    pub fn unmount(self) {
        self.0.unmount();
    }
}

/// The settings.
pub struct SettingsPanel(Rc<Panel<SettingsView>>);

impl SettingsPanel {
    /// Puts empty settings into `root`.
    pub fn mount(root: &web_sys::Element, words: Rc<Words>, on_action: OnAction) -> Self {
        Self(Panel::new(root, words, on_action))
    }

    /// Shows this. Cheap when nothing changed.
    pub fn show(&self, snapshot: &Snapshot, settings: &Settings) {
        self.0.show(settings_view_of(snapshot, settings));
    }

    /// Takes the settings out of the page.
    pub fn unmount(self) {
        self.0.unmount();
    }
}

/// What a panel shows.
trait Shown: PartialEq + 'static {
    fn markup(&self, words: &Words, local: &Local, seen: &mut Seen) -> Element;
    /// What the live region says.
    fn announcement(&self) -> Option<&Text>;
}

/// A record's panel at a time.
#[derive(PartialEq)]
struct Documents {
    view: PanelView,
    now_ms: u64,
}

impl Shown for Documents {
    fn markup(&self, words: &Words, local: &Local, seen: &mut Seen) -> Element {
        documents_panel(&self.view, words, local, self.now_ms, seen)
    }

    fn announcement(&self) -> Option<&Text> {
        self.view.announcement.as_ref()
    }
}

impl Shown for SettingsView {
    fn markup(&self, words: &Words, local: &Local, _: &mut Seen) -> Element {
        settings_panel(self, words, local)
    }

    fn announcement(&self) -> Option<&Text> {
        self.announcement.as_ref()
    }
}

struct Panel<S> {
    words: Rc<Words>,
    on_action: OnAction,
    drawn: RefCell<Drawn<S>>,
}

struct Drawn<S> {
    patcher: Patcher,
    shown: Option<S>,
    local: Local,
    seen: Seen,
}

impl<S: Shown> Panel<S> {
    fn new(root: &web_sys::Element, words: Rc<Words>, on_action: OnAction) -> Rc<Self> {
        Rc::new_cyclic(|this: &Weak<Self>| {
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
                seen: Seen::default(),
            };
            Self { words, on_action, drawn: RefCell::new(drawn) }
        })
    }

    fn show(&self, shown: S) {
        let mut drawn = self.drawn.borrow_mut();
        if drawn.shown.as_ref() == Some(&shown) {
            return;
        }
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

    fn unmount(&self) {
        self.drawn.borrow_mut().patcher.clear();
    }
}

impl<S: Shown> Drawn<S> {
    fn draw(&mut self, words: &Words) {
        let Some(shown) = &self.shown else {
            return;
        };
        let said = shown.announcement().map(|text| words.say(text)).unwrap_or_default();
        let panel = shown.markup(words, &self.local, &mut self.seen);
        let live = part("div", "said").attr("aria-live", "polite").text(said);
        self.patcher.draw(vec![panel.into(), live.into()]);
    }
}
