//! What happens to the engine from outside.

use crate::effect::{Outcome, TaskId};
use crate::ids::{DocumentId, Record};
use alloc::string::String;

/// An input of the engine.
#[derive(Clone, Debug)]
#[repr(u32)]
pub enum Event {
    /// A cycle is wanted: the timer, longpoll, the host, `sync()`.
    Run,
    /// Dropbox says that something changed: look there, and at the records that it concerns.
    Look,
    /// The button: link the record if it is not, clear its marks, and do it first.
    Press {
        /// Which record.
        record: Record,
        /// Its name.
        name: String,
    },
    /// The CRM says that this record's documents changed: look at it at once, if it is linked.
    Changed {
        /// Which record.
        record: Record,
    },
    /// The CRM says its name: on opening a page, on `record.changed`.
    Named {
        /// Which record.
        record: Record,
        /// Its name.
        name: String,
    },
    /// Stop working on this record now; what is done is done. The link stays, unless it was being made.
    Cancel {
        /// Which record.
        record: Record,
    },
    /// Forget the link. All files stay.
    Unlink {
        /// Which record.
        record: Record,
    },
    /// The user's decision about a halt; without a record, about the one over all.
    Decide {
        /// Which record.
        record: Option<Record>,
        /// Let it pass once; otherwise keep all files and mark them.
        confirmed: bool,
    },
    /// Copy one document back that was deleted in Dropbox.
    CopyBack {
        /// Which record.
        record: Record,
        /// Which document.
        document: DocumentId,
    },
    /// No timed cycles until `false`.
    Pause(bool),
    /// Disconnected: no effect is handed out afterwards.
    Stop,
    /// An effect's outcome.
    Done {
        /// Which.
        task: TaskId,
        /// What came of it.
        outcome: Outcome,
    },
}

impl Event {
    /// The record that it is about.
    pub(crate) fn record(&self) -> Option<&Record> {
        match self {
            Self::Press { record, .. }
            | Self::Changed { record }
            | Self::Named { record, .. }
            | Self::Cancel { record }
            | Self::Unlink { record }
            | Self::CopyBack { record, .. } => Some(record),
            Self::Decide { record, .. } => record.as_ref(),
            _ => None,
        }
    }
}
