//! What the tabs of one user say to each other. One of them leads and does the work; all show the same.
//!
//! A command is said again to the next leader until a leader took it, so none is lost when a tab dies.

use crate::json::forms::{enums, structs};
use std::rc::Rc;
use sync_core::{DocumentId, Event, Record, RecordStatus, Status, SyncReport};

/// A tab's name among the others: random.
pub type TabId = String;

/// What a person or the page wants from the leader.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Command {
    /// A cycle over all linked records; answered with its report.
    Sync,
    /// The button.
    Press {
        /// Which record.
        record: Record,
        /// Its name.
        name: String,
    },
    /// The page says that documents changed.
    Changed(Record),
    /// A page of this record was opened, or its name changed.
    Named {
        /// Which record.
        record: Record,
        /// Its name.
        name: String,
    },
    /// Stop working on it.
    Cancel(Record),
    /// Forget the link.
    Unlink(Record),
    /// The answer to a guard.
    Decide {
        /// Which record; all without.
        record: Option<Record>,
        /// Let it pass.
        confirmed: bool,
    },
    /// Copy one back that was deleted in Dropbox.
    CopyBack {
        /// Which record.
        record: Record,
        /// Which document.
        document: DocumentId,
    },
    /// No timed cycles until `false`.
    Pause(bool),
    /// Minutes between timed cycles.
    SetInterval(u32),
    /// Revoke the grant and forget the state. All files stay.
    Disconnect,
}

impl Command {
    /// As the engine hears it; `None` for what is the leader's own to do.
    pub fn event(self) -> Option<Event> {
        Some(match self {
            Self::Press { record, name } => Event::Press { record, name },
            Self::Changed(record) => Event::Changed { record },
            Self::Named { record, name } => Event::Named { record, name },
            Self::Cancel(record) => Event::Cancel { record },
            Self::Unlink(record) => Event::Unlink { record },
            Self::Decide { record, confirmed } => Event::Decide { record, confirmed },
            Self::CopyBack { record, document } => Event::CopyBack { record, document },
            Self::Pause(paused) => Event::Pause(paused),
            Self::Sync | Self::SetInterval(_) | Self::Disconnect => return None,
        })
    }
}

/// What all tabs show alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    /// The engine over all.
    pub status: Rc<Status>,
    /// The records that some tab shows.
    pub records: Vec<Rc<RecordStatus>>,
    /// Minutes between timed cycles.
    pub interval_minutes: u32,
    /// Space used and allocated, once known.
    pub space: Option<(u64, Option<u64>)>,
    /// The stored state is of a newer version of the plugin: nothing is done.
    pub newer: bool,
}

/// A message to all other tabs.
#[derive(Clone, Debug, PartialEq)]
#[repr(u32)]
pub enum Message {
    /// This tab shows these records now.
    Watch {
        /// Which tab.
        tab: TabId,
        /// Its records.
        records: Vec<Record>,
    },
    /// From the leader.
    State {
        /// Which tab leads.
        leader: TabId,
        /// What is to be shown.
        shared: Box<Shared>,
    },
    /// To the leader.
    Ask {
        /// Unique.
        id: String,
        /// What for.
        command: Command,
    },
    /// From the leader: it need not be said again.
    Taken {
        /// Which question.
        id: String,
        /// What came of it, where that is waited for.
        report: Option<SyncReport>,
    },
    /// The stored connection is another now.
    Connection,
    /// A tab that does not lead is seen by somebody.
    Shown,
}

structs! {
    Shared { status, records, interval_minutes, space, newer, }
}

enums! {
    Command {
        Sync, Press { record, name, }, Changed(record), Named { record, name, }, Cancel(record),
        Unlink(record), Decide { record, confirmed, }, CopyBack { record, document, },
        Pause(paused), SetInterval(minutes), Disconnect,
    }
    Message {
        Watch { tab, records, }, State { leader, shared, }, Ask { id, command, },
        Taken { id, report, }, Connection, Shown,
    }
}
