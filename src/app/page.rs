//! The page around the panels: its news, whether it is seen and has a network, and what it is told.

use super::contract::RecordRef;
use super::tabs::{Command, Message};
use super::App;
use crate::platform;
use std::rc::Rc;
use sync_core::{DocumentId, Event, Place, RecordStatus};
use wasm_bindgen::prelude::*;

impl App {
    /// Listens to the page's own news.
    pub(super) fn hear_host(self: &Rc<Self>, event: &str, hear: fn(&Rc<Self>, &RecordRef)) {
        let app = Rc::downgrade(self);
        let listener = Closure::<dyn FnMut(JsValue)>::new(move |record: JsValue| {
            if let (Some(app), Ok(record)) = (app.upgrade(), RecordRef::read(&record)) {
                hear(&app, &record);
            }
        });
        let listener = listener.into_js_value();
        if let Ok(off) = self.host.on(event, listener.unchecked_ref()) {
            self.unlisten.borrow_mut().extend(off.dyn_into::<js_sys::Function>().ok());
        }
    }

    pub(super) fn changed_in_page(self: &Rc<Self>, record: &RecordRef) {
        self.command(Command::Changed(record.record.clone()));
    }

    pub(super) fn named_in_page(self: &Rc<Self>, record: &RecordRef) {
        // A host that does not know the name says nothing about it.
        if record.name.is_some() {
            let name = record.name().into();
            self.command(Command::Named { record: record.record.clone(), name });
        }
    }

    /// The page was shown or hidden, or the network came or went.
    pub fn page_changed(self: &Rc<Self>) {
        self.ask_for_lead();
        let is_back = !self.online.replace(is_online()) && is_online();
        if let Some(driver) = self.driver.borrow().clone().filter(|_| is_back) {
            // What failed for want of a network need not wait out the pause after a failure.
            let status = driver.status();
            if status.error.is_some() && !status.paused {
                driver.send(Event::Run);
            }
        }
        self.draw();
    }

    /// Browsers slow down the timers of hidden pages: a leader that is hidden makes room for a tab that is seen.
    pub(super) fn ask_for_lead(&self) {
        if !self.leading.get() && !is_hidden() {
            self.say(&Message::Shown);
        }
    }

    /// The record's documents are others than when this was last asked.
    pub(super) fn has_other_documents(&self, status: Option<&Rc<RecordStatus>>) -> bool {
        let Some(status) = status.filter(|status| !status.items.is_empty()) else { return false };
        let mut told = self.told.borrow_mut();
        match told.iter_mut().find(|before| before.record == status.record) {
            Some(before) => {
                let before = std::mem::replace(before, status.clone());
                !documents(&before).eq(documents(status))
            }
            None => {
                told.push(status.clone());
                false
            }
        }
    }

    pub(super) fn tell_host(&self, record: &RecordRef) {
        let value = platform::object(&[
            ("kind", &record.record.kind),
            ("id", &record.record.id),
            ("name", &record.name()),
        ]);
        let _: Result<(), JsValue> = self.host.notify_documents_changed(&value);
    }
}

/// Each document, and where it stands.
fn documents(status: &RecordStatus) -> impl Iterator<Item = (&DocumentId, &Place)> {
    status.items.iter().filter_map(|item| Some((item.document.as_ref()?, &item.place)))
}

pub(super) fn is_online() -> bool {
    platform::window().navigator().on_line()
}

pub(super) fn is_hidden() -> bool {
    let document = platform::window().document();
    document.is_some_and(|document| document.hidden())
}
