//! Linking where the earlier integration left a folder: looks for it, asks once, moves it if wanted, and presses.
//!
//! Lives in the tab whose button was pressed. Whatever goes wrong with the old folder, the record is linked as ever.

use super::contract::RecordRef;
use super::tabs::Command;
use super::App;
use crate::panel::{Bulk, Candidate, Connection, Earlier};
use crate::platform::spawn;
use std::rc::Rc;
use std::slice::from_ref;
use sync_core::{Record, RecordKind};

/// Records with an old folder each: their ids, and the folders' paths.
pub(super) type Folders = Vec<(String, String)>;

/// What this tab knows of old folders.
#[derive(Default)]
pub(super) struct Known {
    /// Records whose button was pressed, and how far that is.
    asked: Vec<(Record, Earlier)>,
    /// For many at once, while the question is open: what is to be linked, and the folders.
    waiting: Option<(Vec<Candidate>, Folders)>,
}

impl App {
    /// The button.
    pub(super) fn press(self: &Rc<Self>, pressed: &RecordRef) {
        let connected = matches!(&*self.connection.borrow(), Connection::Connected(_));
        if self.is_linked(&pressed.record) || !connected {
            return self.press_now(pressed);
        }
        if !matches!(self.earlier(&pressed.record), Earlier::None) {
            return;
        }
        self.set_earlier(&pressed.record, Earlier::Looking);
        let (app, pressed) = (self.clone(), pressed.clone());
        spawn(async move {
            let Record { kind, id } = &pressed.record;
            let found = app.old_folders.of(*kind, from_ref(id), Some(pressed.name())).await;
            match found.ok().and_then(|mut found| found.pop()) {
                Some((_, path)) => app.set_earlier(&pressed.record, Earlier::Found(path)),
                None => app.press_now(&pressed),
            }
        });
    }

    /// The answer to the question about one record's old folder.
    pub(super) fn take_over(self: &Rc<Self>, pressed: &RecordRef, wanted: bool) {
        let Earlier::Found(path) = self.earlier(&pressed.record) else { return };
        self.set_earlier(&pressed.record, Earlier::Looking);
        let (app, pressed) = (self.clone(), pressed.clone());
        spawn(async move {
            if wanted {
                app.old_folders.take_over(&pressed.record, pressed.name(), &path).await;
            }
            app.press_now(&pressed);
        });
    }

    /// How far the button is with a record that is not linked yet.
    pub(super) fn earlier(&self, record: &Record) -> Earlier {
        let known = self.earlier.borrow();
        let asked = known.asked.iter().find(|(other, _)| other == record);
        asked.map(|(_, earlier)| earlier.clone()).unwrap_or_default()
    }

    fn set_earlier(self: &Rc<Self>, record: &Record, earlier: Earlier) {
        let mut known = self.earlier.borrow_mut();
        match known.asked.iter_mut().find(|(other, _)| other == record) {
            Some((_, before)) => *before = earlier,
            None => known.asked.push((record.clone(), earlier)),
        }
        drop(known);
        self.draw();
    }

    fn press_now(self: &Rc<Self>, pressed: &RecordRef) {
        let (record, name) = (pressed.record.clone(), pressed.name().into());
        self.command(Command::Press { record, name });
        self.set_earlier(&pressed.record, Earlier::None);
    }

    /// Links those that were chosen; without a choice, all that are not linked yet.
    pub(super) fn link_all(self: &Rc<Self>, kind: RecordKind, chosen: Option<&[String]>) {
        if let Some(wanted) = self.wanted(chosen) {
            self.set_bulk(Bulk::Listing { kind });
            spawn(self.clone().link_wanted(kind, wanted));
        }
    }

    /// Before many are linked: asks if some of them have an old folder, else links them.
    async fn link_wanted(self: Rc<Self>, kind: RecordKind, wanted: Vec<Candidate>) {
        let mut ids = Vec::new();
        for candidate in &wanted {
            ids.push(candidate.id.clone());
        }
        let folders = self.old_folders.of(kind, &ids, None).await.unwrap_or_default();
        if !self.is_listing(kind) {
            return;
        }
        if folders.is_empty() {
            return self.keep_linking(kind, wanted, folders).await;
        }
        let count = u32::try_from(folders.len()).unwrap_or(u32::MAX);
        self.earlier.borrow_mut().waiting = Some((wanted, folders));
        self.set_bulk(Bulk::Earlier { kind, count });
    }

    /// Of the records to choose from those that were chosen; without a choice, all that are not linked yet.
    fn wanted(&self, chosen: Option<&[String]>) -> Option<Vec<Candidate>> {
        let bulk = self.bulk.borrow();
        let Bulk::Choosing { candidates, .. } = &*bulk else { return None };
        let mut wanted = Vec::new();
        for candidate in &**candidates {
            let is_wanted = match chosen {
                Some(ids) => ids.contains(&candidate.id),
                None => !candidate.linked,
            };
            if is_wanted {
                wanted.push(candidate.clone());
            }
        }
        Some(wanted)
    }

    /// The answer to the question about many records' old folders.
    pub(super) fn take_over_all(self: &Rc<Self>, wanted: bool) {
        let Bulk::Earlier { kind, .. } = *self.bulk.borrow() else { return };
        let waiting = self.earlier.borrow_mut().waiting.take();
        let Some((candidates, folders)) = waiting else { return };
        let folders = if wanted { folders } else { Vec::new() };
        spawn(self.clone().keep_linking(kind, candidates, folders));
    }
}
