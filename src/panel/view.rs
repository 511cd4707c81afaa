//! A plain view: every screen's words and buttons, without a design.
#![allow(missing_docs, reason = "interim")]
use super::text::{PlainFormats, Texts};
use super::{settings_view_of, view_of, Action, Settings, Snapshot};
use std::cell::RefCell;
use std::rc::Rc;
use sync_core::Record;
use wasm_bindgen::prelude::*;
pub struct Words {
    pub texts: Texts,
    pub www: String,
}
impl Words {
    pub fn new(json: &str, _locale: &str, www: String) -> Result<Self, serde_json::Error> {
        Ok(Self { texts: Texts::new(json, Box::new(PlainFormats))?, www })
    }
}
type Act = Rc<dyn Fn(Action)>;
pub struct DocumentsPanel {
    root: web_sys::Element,
    words: Rc<Words>,
    act: Act,
    last: RefCell<String>,
}
impl DocumentsPanel {
    pub fn mount(root: &web_sys::Element, words: Rc<Words>, act: Act) -> Self {
        Self { root: root.clone(), words, act, last: RefCell::default() }
    }
    pub fn unmount(self) {
        self.root.set_text_content(None);
    }
    pub fn show(&self, snapshot: &Snapshot, record: &Record) {
        let view = view_of(snapshot, record);
        let seen = format!("{view:?}");
        if *self.last.borrow() == seen {
            return;
        }
        *self.last.borrow_mut() = seen;
        self.root.set_text_content(None);
        let document = web_sys::window().unwrap_throw().document().unwrap_throw();
        let add = |tag: &str, text: String| {
            let e = document.create_element(tag).unwrap_throw();
            e.set_text_content(Some(&text));
            self.root.append_child(&e).unwrap_throw();
            e
        };
        let _ = self.root.set_attribute("data-screen", view.screen.word());
        add(
            "p",
            format!(
                "{} {}",
                self.words.texts.say(&view.title),
                view.since.map(|s| self.words.texts.say(&s)).unwrap_or_default()
            ),
        );
        if let Some(d) = view.detail {
            add("p", self.words.texts.say(&d));
        }
        if let Some(p) = view.progress {
            let e = add(
                "div",
                format!("{:?} {:?}", p.counted.map(|t| self.words.texts.say(&t)), p.current),
            );
            let _ = e.set_attribute("role", "progressbar");
        }
        for b in view.buttons {
            let e = add("button", self.words.texts.say(&b.label));
            let act = self.act.clone();
            let c = Closure::<dyn FnMut()>::new(move || act(b.action.clone()));
            let _ = e.add_event_listener_with_callback("click", c.as_ref().unchecked_ref());
            c.forget();
        }
        for p in view.problems {
            add("p", format!("{}: {}", p.name, self.words.texts.say(&p.text)));
        }
        for d in view.documents {
            add("p", format!("{} {:?} {:?}", d.name, d.mark, d.path));
        }
        for a in view.activity {
            add("p", self.words.texts.say(&a.text));
        }
    }
}
pub struct SettingsPanel {
    root: web_sys::Element,
    words: Rc<Words>,
    act: Act,
}
impl SettingsPanel {
    pub fn mount(root: &web_sys::Element, words: Rc<Words>, act: Act) -> Self {
        Self { root: root.clone(), words, act }
    }
    pub fn unmount(self) {
        self.root.set_text_content(None);
    }
    pub fn show(&self, snapshot: &Snapshot, settings: &Settings) {
        let view = settings_view_of(snapshot, settings);
        let _ = (&self.words, &self.act);
        self.root.set_text_content(Some(&format!("{view:?}")));
    }
}
