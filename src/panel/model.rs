//! What the panel is given, what it shows as data, and what it asks for. No words for people, no browser.

use super::key::Key;
use super::text::Text;
use crate::auth::Account;
use crate::json::forms::enums;
use std::rc::Rc;
use sync_core::{DocumentId, Record, RecordKind, RecordStatus, Status};

/// Everything the panel of one record draws itself from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// How this CRM user stands with Dropbox.
    pub connection: Connection,
    /// The engine over all.
    pub status: Rc<Status>,
    /// The record of the page, if it is linked.
    pub record: Option<Rc<RecordStatus>>,
    /// While it is about to be linked: its folder of the earlier integration.
    pub earlier: Earlier,
    /// The browser has a network.
    pub online: bool,
    /// The time the rest was true (ms since 1970).
    pub now_ms: u64,
}

/// A folder of the earlier integration, for a record whose button was pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Earlier {
    /// Not looked for, or all is decided.
    #[default]
    None,
    /// It is looked for, or moved.
    Looking,
    /// It stands at this path; whether to move it is the person's to say.
    Found(String),
}

/// How this CRM user stands with Dropbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Connection {
    /// Never connected, or disconnected.
    #[default]
    NotConnected,
    /// The sign-in is open.
    Connecting,
    /// All is well, with this account.
    Connected(Rc<Account>),
    /// The grant was taken back. The state is kept.
    Revoked,
    /// The last attempt to connect failed.
    Failed(ConnectFailure),
}

/// Why connecting failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// The window was closed before an answer.
    PopupClosed,
    /// The person said no.
    Denied,
    /// The sign-in took too long.
    Expired,
    /// The answer belongs to no sign-in begun here.
    StateMismatch,
    /// Another Dropbox account than before.
    OtherAccount,
    /// Dropbox did not answer.
    Network,
    /// The stored state is of a newer version of the plugin.
    NewerState,
    /// Dropbox refuses the app: its key or its registration is wrong.
    Misconfigured,
    /// The browser could not store the connection.
    Store,
}

/// What the settings show besides a [`Snapshot`] (whose `record` they ignore).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Minutes between timed cycles.
    pub interval_minutes: u32,
    /// Linking many records at once.
    pub bulk: Bulk,
    /// Bytes used in Dropbox and allocated there, once known.
    pub space: Option<(u64, Option<u64>)>,
}

/// Linking many records at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Bulk {
    /// No module is chosen.
    #[default]
    Idle,
    /// The module's records are being listed.
    Listing {
        /// Which module.
        kind: RecordKind,
    },
    /// The records can be chosen from.
    Choosing {
        /// Which module.
        kind: RecordKind,
        /// Its records, in the CRM's order.
        candidates: Rc<Vec<Candidate>>,
    },
    /// Some have a folder of the earlier integration; whether to move them is the person's to say.
    Earlier {
        /// Which module.
        kind: RecordKind,
        /// How many have one.
        count: u32,
    },
    /// Records are being linked.
    Linking {
        /// Which module.
        kind: RecordKind,
        /// Linked so far.
        done_count: u32,
        /// To link in all.
        total_count: u32,
        /// The person paused it.
        paused: bool,
    },
    /// All were linked.
    Finished {
        /// Which module.
        kind: RecordKind,
        /// How many.
        total_count: u32,
    },
    /// The records could not be listed.
    Failed {
        /// Which module.
        kind: RecordKind,
    },
}

/// A record that can be linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Its name in the CRM.
    pub name: String,
    /// It is linked already.
    pub linked: bool,
}

/// What a person asks for. Those without a record mean the panel's own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Action {
    /// Open Dropbox's sign-in. Must run inside the click: a popup is opened.
    Connect,
    /// Close the sign-in that is open.
    CancelConnect,
    /// The button: link the record if need be, and do all of it now.
    Press,
    /// Move the folders of the earlier integration that were asked about, or leave them; then link.
    TakeOver(bool),
    /// Stop the work on this record.
    Cancel,
    /// Copy one document back that was deleted in Dropbox.
    CopyBack(DocumentId),
    /// The answer to a guard; without a record, to the one over all.
    Decide {
        /// Which record.
        record: Option<Record>,
        /// Let it pass once.
        confirmed: bool,
    },
    /// Revoke the grant. The person has confirmed it.
    Disconnect,
    /// No timed sync until `false`.
    Pause(bool),
    /// One cycle for all records now.
    SyncNow,
    /// Forget this record's link. Files stay. The person has confirmed it.
    Unlink(Record),
    /// List a module's records to choose from.
    ListRecords(RecordKind),
    /// Link records of a module.
    LinkAll {
        /// Which module.
        kind: RecordKind,
        /// These ids; without them, all that are not linked yet.
        chosen: Option<Vec<String>>,
    },
    /// Pause and resume linking many.
    PauseLinking(bool),
    /// Stop linking many, or put the choice away. What is linked stays linked.
    StopLinking,
    /// Minutes between timed cycles.
    SetInterval(u32),
    /// Save the record's log as a file for support.
    SaveLog,
    /// Reload the page.
    Reload,
}

/// Which screen it is: the name the tests, the styles and the screenshots know it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Nobody is connected.
    NotConnected,
    /// Dropbox's sign-in is open.
    Connecting,
    /// Connecting failed.
    ConnectFailed,
    /// Connected; this record is not linked.
    NotLinked,
    /// The button was pressed; a folder of the earlier integration was found.
    OldFolder,
    /// The button was pressed; the record waits for its turn.
    Waiting,
    /// The first copy is under way.
    FirstCopy,
    /// Linked, and being worked on.
    Syncing,
    /// Linked, nothing to do.
    UpToDate,
    /// Without a network; changes wait.
    Offline,
    /// Some documents could not be copied.
    PartFailed,
    /// Both versions of something were kept.
    Conflict,
    /// A guard waits for a decision.
    Guard,
    /// Stopped; nothing is written until the cause is gone.
    Frozen,
    /// The CRM takes no uploads of this kind.
    OneWay,
    /// The record's folder was removed in Dropbox.
    FolderRemoved,
    /// The last cycle ended early.
    Interrupted,
    /// The grant was taken back.
    Revoked,
    /// Another Dropbox account.
    WrongAccount,
}

impl Screen {
    /// The screen's name in the document (`data-screen`).
    pub fn word(self) -> &'static str {
        match self {
            Self::NotConnected => "not-connected",
            Self::Connecting => "connecting",
            Self::ConnectFailed => "connect-failed",
            Self::NotLinked => "not-linked",
            Self::OldFolder => "old-folder",
            Self::Waiting => "waiting",
            Self::FirstCopy => "first-copy",
            Self::Syncing => "syncing",
            Self::UpToDate => "up-to-date",
            Self::Offline => "offline",
            Self::PartFailed => "part-failed",
            Self::Conflict => "conflict",
            Self::Guard => "guard",
            Self::Frozen => "frozen",
            Self::OneWay => "one-way",
            Self::FolderRemoved => "folder-removed",
            Self::Interrupted => "interrupted",
            Self::Revoked => "revoked",
            Self::WrongAccount => "wrong-account",
        }
    }
}

/// How loud the head of the panel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing has happened yet.
    Quiet,
    /// At work.
    Busy,
    /// All is well.
    Good,
    /// Worth a look.
    Notice,
    /// A person has to do something.
    Trouble,
}

/// The panel as data, from top to bottom.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelView {
    /// Which screen.
    pub screen: Screen,
    /// How loud.
    pub tone: Tone,
    /// One line.
    pub title: Box<Text>,
    /// When that was, on the same line.
    pub since: Option<Box<Text>>,
    /// A sentence or two: what happened, what to do.
    pub detail: Option<Box<Text>>,
    /// With a bar.
    pub bar: bool,
    /// How far the work is, if its end is known.
    pub progress: Option<Box<ProgressView>>,
    /// Buttons, the main one first; at most one is primary.
    pub buttons: Vec<Button>,
    /// A link beside the buttons.
    pub link: Option<Link>,
    /// With the way to the record's folder.
    pub folder: bool,
    /// With the files that the decision of a guard is about.
    pub affected: bool,
    /// Quiet sentences below.
    pub notes: Vec<Box<Text>>,
    /// The record whose lists stand below, and whose files a decision is about.
    pub record: Option<Rc<RecordStatus>>,
    /// With the documents of it that could not be copied.
    pub problems: bool,
    /// With those of which both versions were kept.
    pub conflicts: bool,
    /// The browser has a network.
    pub online: bool,
    /// What the live region says, if not the title; said again only when it differs.
    pub announcement: Option<Box<Text>>,
}

impl PanelView {
    /// What the live region says.
    pub fn said(&self) -> &Text {
        self.announcement.as_deref().unwrap_or(&self.title)
    }
}

/// How far the work is.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgressView {
    /// Thousandths done.
    pub permille: u32,
    /// "3 of 12 documents".
    pub counted: Box<Text>,
    /// The document under way.
    pub current: Option<String>,
    /// "1.2 MB/s · about 2 minutes left".
    pub pace: Vec<Box<Text>>,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Its words.
    pub label: Box<Text>,
    /// What it asks for.
    pub action: Rc<Action>,
    /// Its weight.
    pub weight: Weight,
}

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The one thing to do here.
    Primary,
    /// Another thing to do here.
    Secondary,
    /// Takes something away.
    Destructive,
}

/// A link to a page of Dropbox's site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The key of its words.
    pub label: Key,
    /// Where it leads, from the slash on.
    pub page: &'static str,
}

/// The settings as data.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingsView<'a> {
    /// What they draw themselves from.
    pub snapshot: &'a Snapshot,
    /// The same of the settings alone.
    pub settings: &'a Settings,
    /// What stands in the way of all records, as the panel says it.
    pub obstacle: Option<Box<PanelView>>,
    /// What the live region says, if nothing stands in the way.
    pub announcement: Option<Box<Text>>,
}

impl SettingsView<'_> {
    /// What the live region says.
    pub fn said(&self) -> Option<&Text> {
        match &self.obstacle {
            Some(obstacle) => Some(obstacle.said()),
            None => self.announcement.as_deref(),
        }
    }
}

enums! {
    ConnectFailure {
        PopupClosed, Denied, Expired, StateMismatch, OtherAccount, Network, NewerState,
        Misconfigured, Store,
    }
}
