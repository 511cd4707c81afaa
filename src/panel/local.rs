//! What a panel remembers by itself: the question it asks, what is ticked, how much of a list is shown.
//!
//! Nothing of it is stored or told to others; what leaves the panel is an [`Action`].

use super::model::{Action, Candidate};
use std::rc::Rc;
use sync_core::map::Set;
use sync_core::RecordKind;

/// Rows of a list shown at first, and added by each "show more".
pub const ROWS: usize = 50;

/// What a person did inside a panel.
#[derive(Debug, PartialEq)]
#[repr(u32)]
pub enum Message {
    /// Asked for this.
    Do(Rc<Action>),
    /// Asked for this, which is confirmed first.
    Ask(Rc<Action>),
    /// Confirmed it.
    Yes,
    /// Did not.
    No,
    /// Wants more rows of the documents.
    MoreDocuments,
    /// Wants more rows of the linked records, or of those to choose from.
    MoreRecords,
    /// Chose a module.
    Module(RecordKind),
    /// Ticked a record, or took the tick away.
    Tick(String),
    /// Ticked all of these that are not linked yet, or none.
    TickAll(Rc<Vec<Candidate>>),
}

/// What a panel remembers by itself.
#[derive(Clone, Debug)]
pub struct Local {
    /// What it asks about now: whether this is to be done.
    pub asking: Option<Rc<Action>>,
    /// What was just declined: the focus goes back to where it was asked.
    pub answered: Option<Rc<Action>>,
    /// Rows of documents shown.
    pub documents_shown: usize,
    /// Rows of records shown.
    pub records_shown: usize,
    /// The module chosen for linking.
    pub module: RecordKind,
    /// Ticked records of that module.
    pub ticked: Set<String>,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            asking: None,
            answered: None,
            documents_shown: ROWS,
            records_shown: ROWS,
            module: RecordKind::Company,
            ticked: Set::new(),
        }
    }
}

impl Local {
    /// Remembers what was done; what is asked of the app, if anything.
    pub fn take(&mut self, message: &Message) -> Option<Rc<Action>> {
        self.answered = None;
        match message {
            Message::Do(action) => {
                self.asking = None;
                if matches!(**action, Action::ListRecords(_) | Action::StopLinking) {
                    self.ticked.clear();
                    self.records_shown = ROWS;
                }
                return Some(action.clone());
            }
            Message::Ask(action) => self.asking = Some(action.clone()),
            Message::Yes => return self.asking.take(),
            Message::No => self.answered = self.asking.take(),
            Message::MoreDocuments => self.documents_shown += ROWS * 4,
            Message::MoreRecords => self.records_shown += ROWS * 4,
            Message::Module(kind) => self.module = *kind,
            Message::Tick(id) => {
                if !self.ticked.remove(id) {
                    self.ticked.insert(id.clone());
                }
            }
            Message::TickAll(candidates) => {
                let mut all_were = true;
                for candidate in &**candidates {
                    if !candidate.linked {
                        all_were &= !self.ticked.insert(candidate.id.clone());
                    }
                }
                if all_were {
                    self.ticked.clear();
                }
            }
        }
        None
    }
}
