//! What a panel remembers by itself: the question it asks, what is ticked, how much of a list is shown.
//!
//! Nothing of it is stored or told to others; what leaves the panel is an [`Action`].

use super::model::{Action, Candidate};
use std::rc::Rc;
use sync_core::map::Set;
use sync_core::{Record, RecordKind};

/// Rows of a list shown at first, and added by each "show more".
pub const ROWS: usize = 50;

/// What a person did inside a panel.
#[derive(Clone, Debug, PartialEq)]
#[repr(u32)]
pub enum Message {
    /// Asked for this.
    Do(Action),
    /// Asked for something that is confirmed first.
    Ask(Question),
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

/// What is confirmed before it is done.
#[derive(Clone, Debug, PartialEq)]
#[repr(u32)]
pub enum Question {
    /// Revoking the grant.
    Disconnect,
    /// Forgetting a link.
    Unlink(Record),
    /// Letting a guard's deletes or changes pass; without a record, those of all.
    Decide(Option<Record>),
    /// Linking records; without ids, all of the module.
    Link(RecordKind, Option<Vec<String>>),
}

impl Question {
    fn action(self) -> Action {
        match self {
            Self::Disconnect => Action::Disconnect,
            Self::Unlink(record) => Action::Unlink(record),
            Self::Decide(record) => Action::Decide { record, confirmed: true },
            Self::Link(kind, chosen) => Action::LinkAll { kind, chosen },
        }
    }
}

/// What a panel remembers by itself.
#[derive(Clone, Debug)]
pub struct Local {
    /// The question it asks now.
    pub asking: Option<Question>,
    /// The question just answered: the focus goes back to where it was asked.
    pub answered: Option<Question>,
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
    /// It asks this now.
    pub fn is_asking(&self, question: &Question) -> bool {
        self.asking.as_ref() == Some(question)
    }

    /// Remembers what was done; what is asked of the app, if anything.
    pub fn take(&mut self, message: Message) -> Option<Action> {
        self.answered = None;
        match message {
            Message::Do(action) => {
                self.asking = None;
                if matches!(action, Action::ListRecords(_) | Action::StopLinking) {
                    self.ticked.clear();
                    self.records_shown = ROWS;
                }
                return Some(action);
            }
            Message::Ask(question) => self.asking = Some(question),
            Message::Yes => return self.asking.take().map(Question::action),
            Message::No => self.answered = self.asking.take(),
            Message::MoreDocuments => self.documents_shown += ROWS * 4,
            Message::MoreRecords => self.records_shown += ROWS * 4,
            Message::Module(kind) => self.module = kind,
            Message::Tick(id) => {
                if !self.ticked.remove(&id) {
                    self.ticked.insert(id);
                }
            }
            Message::TickAll(candidates) => {
                let open = || candidates.iter().filter(|candidate| !candidate.linked);
                if open().all(|candidate| self.ticked.contains(&candidate.id)) {
                    self.ticked.clear();
                } else {
                    for candidate in open() {
                        self.ticked.insert(candidate.id.clone());
                    }
                }
            }
        }
        None
    }
}
