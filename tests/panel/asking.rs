//! What is asked before it is done, and what a press asks of the app.

use crate::html::{attribute, drawn, elements, text, words};
use crate::scenes::{record, scenes};
use std::rc::Rc;
use sync_core::{Record, RecordKind};
use teamleader_dropbox::panel::local::{Local, Message};
use teamleader_dropbox::panel::node::{Element, Meaning};
use teamleader_dropbox::panel::Action;

/// A panel that is pressed like a person presses it.
struct Pressed {
    scene: &'static str,
    local: Local,
}

impl Pressed {
    fn on(scene: &'static str) -> Self {
        Self { scene, local: Local::default() }
    }

    fn panel(&self) -> Box<Element> {
        let scene = scenes().into_iter().find(|scene| scene.name == self.scene).unwrap();
        drawn(&scene, &words("en"), &self.local)
    }

    fn button(&self, name: &str) -> Option<Element> {
        let panel = self.panel();
        let found = elements(&panel).into_iter().find(|element| {
            let label =
                attribute(element, "aria-label").map_or_else(|| text(element), str::to_owned);
            element.tag == "button" && label == name
        });
        found.cloned()
    }

    fn press(&mut self, name: &str) -> Option<Action> {
        let button = self.button(name).unwrap_or_else(|| panic!("{}: no `{name}`", self.scene));
        let Some(Meaning::Click(message)) = button.meaning else {
            panic!("`{name}` means nothing")
        };
        self.local.take(&message).map(Rc::unwrap_or_clone)
    }

    fn said(&self) -> String {
        text(&self.panel())
    }
}

#[test]
fn disconnecting_says_first_that_all_files_stay() {
    let mut settings = Pressed::on("settings");
    assert_eq!(settings.press("Disconnect Dropbox"), None);
    assert!(settings.said().contains("All documents stay, in the CRM and in Dropbox."));
    // The harmless answer has the focus, and gives it back to where the question came from.
    assert!(settings.button("Cancel").unwrap().focus);
    assert_eq!(settings.press("Cancel"), None);
    assert!(settings.button("Disconnect Dropbox").unwrap().focus);
    settings.press("Disconnect Dropbox");
    assert_eq!(settings.press("Disconnect Dropbox"), Some(Action::Disconnect));
    assert_eq!(settings.local.asking, None);
}

#[test]
fn unlinking_names_the_record_and_asks() {
    let mut settings = Pressed::on("settings");
    assert_eq!(settings.press("Unlink Bakkerij De Smet"), None);
    assert!(settings.button("Unlink Lena Hoffmann").is_some(), "the others are as before");
    assert_eq!(settings.press("Unlink"), Some(Action::Unlink(record())));
}

#[test]
fn g11_a_guard_deletes_only_after_a_second_press() {
    let mut panel = Pressed::on("guard-deletes");
    assert_eq!(panel.press("Delete 11 files"), None);
    assert!(panel.button("Keep the files").is_none(), "one question at a time");
    let confirmed = Action::Decide { record: Some(record()), confirmed: true };
    assert_eq!(panel.press("Delete 11 files"), Some(confirmed));
    let mut panel = Pressed::on("guard-deletes");
    let kept = Action::Decide { record: Some(record()), confirmed: false };
    assert_eq!(panel.press("Keep the files"), Some(kept));
}

#[test]
fn what_takes_nothing_away_is_done_at_once() {
    assert_eq!(Pressed::on("not-connected").press("Connect Dropbox"), Some(Action::Connect));
    assert_eq!(Pressed::on("not-linked").press("Sync to Dropbox"), Some(Action::Press));
    assert_eq!(Pressed::on("first-copy").press("Cancel"), Some(Action::Cancel));
    assert_eq!(Pressed::on("connecting").press("Cancel"), Some(Action::CancelConnect));
    let back = Pressed::on("up-to-date-kept-in-crm").press("Copy back to Dropbox");
    assert_eq!(back, Some(Action::CopyBack("d3".into())));
    assert_eq!(Pressed::on("up-to-date").press("Save log for support"), Some(Action::SaveLog));
    assert_eq!(Pressed::on("settings").press("Pause: Automatic sync"), Some(Action::Pause(true)));
    assert_eq!(
        Pressed::on("settings-paused").press("Resume: Automatic sync"),
        Some(Action::Pause(false))
    );
    assert_eq!(Pressed::on("settings").press("Sync now"), Some(Action::SyncNow));
}

#[test]
fn many_records_are_linked_by_selection_or_all_after_a_question() {
    let kind = RecordKind::Contact;
    let mut settings = Pressed::on("settings-bulk-choosing");
    assert_eq!(settings.press("Link all 123 records"), None);
    assert!(settings.said().contains("the documents of 123 records"));
    assert_eq!(settings.press("Link 123 records"), Some(Action::LinkAll { kind, chosen: None }));
    settings.local.take(&Message::Tick("k2".into()));
    settings.local.take(&Message::Tick("k5".into()));
    settings.local.take(&Message::Tick("k2".into()));
    settings.press("Link 1 record");
    let chosen = Some(vec!["k5".to_owned()]);
    assert_eq!(settings.press("Link 1 record"), Some(Action::LinkAll { kind, chosen }));
    assert_eq!(settings.press("Cancel"), Some(Action::StopLinking));
    assert!(settings.local.ticked.is_empty());
    let mut linking = Pressed::on("settings-bulk-linking");
    assert_eq!(linking.press("Stop"), Some(Action::StopLinking));
    assert_eq!(
        Pressed::on("settings-bulk-paused").press("Resume: Link many records"),
        Some(Action::PauseLinking(false))
    );
}

#[test]
fn a_module_is_chosen_before_its_records_are_listed() {
    let mut settings = Pressed::on("settings");
    settings.local.take(&Message::Module(RecordKind::Product));
    let listed = settings.press("Show records");
    assert_eq!(listed, Some(Action::ListRecords(RecordKind::Product)));
}

#[test]
fn an_interval_is_taken_only_as_a_number() {
    let panel = Pressed::on("settings").panel();
    let all = elements(&panel);
    let change = all.iter().find_map(|element| match element.meaning {
        Some(Meaning::Change(change)) => Some(change),
        _ => None,
    });
    let change = change.unwrap();
    assert_eq!(change("120"), Some(Message::Do(Rc::new(Action::SetInterval(120)))));
    assert_eq!(change("soon"), None);
}

#[test]
fn a_question_goes_away_when_something_else_is_asked_for() {
    let mut local = Local::default();
    let unlink = Action::Unlink(Record::new(RecordKind::Contact, "c"));
    local.take(&Message::Ask(Rc::new(unlink)));
    let sync = Rc::new(Action::SyncNow);
    assert_eq!(local.take(&Message::Do(sync.clone())), Some(sync));
    assert_eq!(local.take(&Message::Yes), None);
}
