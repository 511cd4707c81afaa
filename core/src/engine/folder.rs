//! A record's folder in Dropbox: made, made again, renamed with the record.

use super::records::Number;
use super::{Engine, Purpose, Stage};
use crate::effect::{Effect, Failure, FolderEntry, Outcome, Place, Reason};
use crate::path::{alike, below, numbered, split_dir};
use crate::status::{Halt, Happened, Problem, ProblemKind};
use crate::tree;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// `name`, `name (2)` … this many, where files stand in the way of a record's folder.
const NUMBERS_MAX: u32 = 9;

impl Engine {
    /// Makes the folder, makes it again, or renames it with the record.
    pub(super) fn see_to_folder(&mut self, record: Number) {
        let Some(link) = self.link(record) else {
            self.work.remove(record);
            return;
        };
        if link.folder_removed && !link.pressed {
            // F4: the CRM keeps all; M2 and M14 wait for the button.
            return self.halt_record(record, Halt::FolderRemoved);
        }
        let target = self.folder_of(record, &link.name);
        match &link.folder {
            Some(folder) if !link.folder_removed => {
                let before = self.folder_of(record, &link.named);
                let renamed = link.name != link.named;
                if !renamed {
                    return self.stage(record, Stage::Listing);
                }
                // R12: only the case; R18: a folder the user put elsewhere stays there.
                if alike(&before, &target) || !alike(&folder.path, &before) {
                    self.keep_folder(record);
                    return self.stage(record, Stage::Listing);
                }
                let parent = split_dir(&folder.path).0.to_string();
                self.open(record);
                let count = Effect::CountChildren { path: parent };
                self.folders.push(Box::new((record, Purpose::Siblings(record), count)));
            }
            _ => self.make_folder(record, 1, target),
        }
    }

    /// `number` says which of its names this is.
    fn make_folder(&mut self, record: Number, number: u32, path: String) {
        self.open(record);
        let effect = Effect::EnsureFolder { path };
        self.folders.push(Box::new((record, Purpose::Folder(record, number), effect)));
    }

    /// It stays as it is, whatever its record is called now.
    fn keep_folder(&mut self, record: Number) {
        if let Some(link) = self.link_mut(record) {
            link.named = link.name.clone();
            self.dirty_index = true;
        }
    }

    /// The folder of a record of this name.
    fn folder_of(&self, record: Number, name: &str) -> String {
        self.naming().record_folder(self.records.record(record), name)
    }

    /// R10: the `<name>` folder if only this record is in it, else the record's own. The count takes its turn among the
    /// writes and the move is the next: between them no folder is made there that would move along.
    pub(super) fn folder_counted(&mut self, record: Number, alone: bool) {
        self.writing = false;
        self.move_folder(record, alone);
    }

    fn move_folder(&mut self, record: Number, alone: bool) {
        let linked = self.link(record).and_then(|link| Some((&link.name, link.folder.as_ref()?)));
        let Some((name, folder)) = linked else {
            return self.close(record);
        };
        let target = self.folder_of(record, name);
        let (from, to) = if alone {
            (split_dir(&folder.path).0.to_string(), split_dir(&target).0.to_string())
        } else {
            (folder.id.to_string(), target)
        };
        let effect = Effect::MoveFolder { from, to };
        self.folders.insert(0, Box::new((record, Purpose::FolderMove(record, alone), effect)));
    }

    pub(super) fn folder_made(&mut self, record: Number, number: u32, outcome: Outcome) {
        self.writing = false;
        match outcome {
            Outcome::Folder { folder, existed } => {
                if existed {
                    // The link gets the folder only together with what stands in it.
                    return self.list_folder(record, folder);
                }
                self.folder_listed(record, folder, Vec::new());
            }
            Outcome::Failed(failure) => self.folder_refused(record, number, failure),
            _ => {}
        }
        self.close(record);
    }

    fn list_folder(&mut self, record: Number, folder: FolderEntry) {
        let effect = Effect::ListFolder { path: folder.path.clone() };
        self.task(Purpose::FolderListing(record, folder), effect);
    }

    /// The folder cannot be made under this name: under another one, or it is this record's problem alone.
    fn folder_refused(&mut self, record: Number, number: u32, failure: Failure) {
        let Some(link) = self.link(record) else {
            return;
        };
        let target = self.folder_of(record, &link.name);
        let other = match &failure {
            Failure::Refused(Reason::Name) if self.learn_astral(&target) => {
                return; // The stage is still the folder's: it is asked for again, written otherwise.
            }
            // A file stands where a folder must: beside it (`name (2)`).
            Failure::Conflict if number < NUMBERS_MAX => {
                let (parent, leaf) = split_dir(&target);
                below(&numbered(parent, number + 1), leaf)
            }
            Failure::Refused(Reason::Name) if number == 1 => self.folder_of(record, ""),
            Failure::Conflict | Failure::Refused(_) | Failure::Forbidden | Failure::NotFound => {
                return self.folder_given_up(record, ProblemKind::Refused(Reason::Name));
            }
            Failure::OutOfSpace => {
                return self.folder_given_up(record, ProblemKind::OutOfSpace);
            }
            _ => return self.fail(failure),
        };
        self.make_folder(record, number + 1, other);
    }

    fn folder_given_up(&mut self, record: Number, kind: ProblemKind) {
        let now_ms = self.now_ms;
        if let Some(link) = self.link_mut(record) {
            link.pressed = false;
            link.dirty = false;
            link.settled_ms = Some(now_ms);
            let place = Place { folder: String::new(), name: link.name.clone() };
            *self.records.problems_mut(record) = alloc::vec![Problem { place, kind }];
        }
        self.dirty_index = true;
        self.rest(record);
    }

    pub(super) fn folder_listed(
        &mut self,
        record: Number,
        folder: FolderEntry,
        entries: Vec<crate::effect::Entry>,
    ) {
        let below = [&*folder.path_lower, "/"].concat();
        if let Some(stored) = self.records.get_mut(record) {
            stored.nodes.clear();
            for entry in entries {
                let path = super::observe::path_of(&entry);
                if let Some(relative) = path.strip_prefix(&below).filter(|rest| !rest.is_empty()) {
                    tree::apply(&mut stored.nodes, relative.to_string(), entry);
                }
            }
        }
        if let Some(link) = self.link_mut(record) {
            link.folder = Some(folder);
            link.folder_removed = false;
            link.named = link.name.clone();
        }
        self.dirty.insert(record);
        self.dirty_index = true;
        self.share(record);
        self.stage(record, Stage::Listing);
    }

    pub(super) fn folder_moved(&mut self, record: Number, alone: bool, outcome: Outcome) {
        self.writing = false;
        let target = self.folder_of(record, self.link(record).map_or("", |link| &link.name));
        match outcome {
            Outcome::Folder { folder, .. } => {
                let Some(known) = self.link(record).and_then(|link| link.folder.clone()) else {
                    return self.close(record);
                };
                let to = if alone {
                    FolderEntry {
                        path: below(&folder.path, split_dir(&known.path).1),
                        path_lower: below(&folder.path_lower, split_dir(&known.path_lower).1),
                        id: known.id,
                    }
                } else {
                    folder
                };
                self.happened(record, "", Happened::FolderMoved);
                // What a person did below the old path just before will be told under that path, where no
                // folder is ours any more: so it is listed anew.
                return self.list_folder(record, to);
            }
            Outcome::Failed(Failure::Refused(Reason::Name)) if self.learn_astral(&target) => {
                return self.close(record); // Written otherwise, and asked for again.
            }
            Outcome::Failed(Failure::Conflict) if alone => return self.move_folder(record, false),
            Outcome::Failed(
                Failure::TooManyFiles | Failure::Conflict | Failure::Refused(_) | Failure::NotFound,
            ) => {
                // The old folder stays in use.
                self.keep_folder(record);
                self.happened(record, "", Happened::FolderKept);
                self.observe_again(record);
            }
            Outcome::Failed(failure) => self.fail(failure),
            _ => {}
        }
        self.stage(record, Stage::Listing);
        self.close(record);
    }
}
