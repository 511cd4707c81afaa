//! The panel of one record as data: which screen a [`Snapshot`] calls for, in order of what matters most.

use super::key::Key;
use super::model::{
    Action, Button, ConnectFailure, Connection, Earlier, Link, PanelView, ProgressView, Screen,
    Snapshot, Tone, Weight,
};
use super::rows;
use super::text::{t, Arg, Text};
use crate::key;
use std::rc::Rc;
use sync_core::{Failure, Halt, Progress, RecordState, RecordStatus, Side};

/// A guess at what is left is shown after this long (ms): before, it jumps.
const PACE_AFTER_MS: u64 = 3_000;
/// Dropbox's list of deleted files.
const DELETED_FILES: &str = "/deleted_files";

/// The panel of a record.
pub fn view_of(snapshot: &Snapshot) -> Box<PanelView> {
    let mut view = head(snapshot);
    view.record = snapshot.record.clone();
    view.online = snapshot.online;
    view
}

/// What stands in the way of all records, if anything does: connection, a halt over all.
pub(super) fn obstacle(snapshot: &Snapshot) -> Option<Box<PanelView>> {
    match &snapshot.connection {
        Connection::Connected(_) => {}
        Connection::NotConnected => {
            let view = screen(Screen::NotConnected, Tone::Quiet, key!("not_connected"));
            let view = view.detail(key!("not_connected_what"));
            return Some(view.primary(key!("connect"), Action::Connect).register());
        }
        Connection::Connecting => {
            let view = screen(Screen::Connecting, Tone::Busy, key!("connecting"));
            let view = view.detail(key!("connecting_what")).unknown_progress();
            return Some(view.secondary(key!("cancel"), Action::CancelConnect));
        }
        Connection::Failed(failure) => return Some(connect_failed(*failure)),
        Connection::Revoked => return Some(revoked()),
    }
    if snapshot.status.error == Some(Failure::Unauthorized(Side::Dropbox)) {
        return Some(revoked());
    }
    snapshot.status.halt.as_ref().map(halted_over_all)
}

fn head(snapshot: &Snapshot) -> Box<PanelView> {
    let status = snapshot.record.as_deref();
    if let Some(view) = obstacle(snapshot) {
        return view.folder();
    }
    let Some(status) = status else {
        return not_linked(snapshot);
    };
    let error = if status.cancelled {
        // Stopped by the user: it rests until the button or the timer.
        Some(&Failure::Cancelled)
    } else {
        snapshot.status.error.as_ref().filter(|_| !snapshot.status.running)
    };
    match (&status.state, error) {
        (RecordState::Halted(halt), _) => halted(halt, status),
        _ if !snapshot.online => offline(snapshot, status),
        (RecordState::Working, _) => working(snapshot, status),
        (_, Some(error)) => interrupted(error, snapshot, status),
        (RecordState::Queued, None) => waiting(snapshot, status),
        (RecordState::Settled, None) => settled(snapshot, status),
    }
}

fn not_linked(snapshot: &Snapshot) -> Box<PanelView> {
    match &snapshot.earlier {
        Earlier::None => {}
        Earlier::Looking => {
            let view = screen(Screen::Waiting, Tone::Busy, key!("syncing"));
            let view = view.detail(key!("old_folder_looking"));
            return view.unknown_progress();
        }
        Earlier::Found(path) => {
            return screen(Screen::OldFolder, Tone::Notice, key!("old_folder"))
                .detail(t(key!("old_folder_what")).name(path.trim_start_matches('/')))
                .primary(key!("old_folder_move"), Action::TakeOver(true))
                .secondary(key!("old_folder_leave"), Action::TakeOver(false));
        }
    }
    let view = screen(Screen::NotLinked, Tone::Quiet, key!("not_linked"));
    let mut view = view.detail(key!("not_linked_what")).primary(key!("sync"), Action::Press);
    if let (Some(error), false) = (&snapshot.status.error, snapshot.status.running) {
        let (title, detail) = failure_words(error);
        view.notes.push(t(title));
        view.notes.push(t(detail));
    }
    view.notes.push(t(key!("replaces_note")));
    if !snapshot.online {
        view.notes.push(t(key!("offline_note")));
    }
    view
}

fn waiting(snapshot: &Snapshot, status: &RecordStatus) -> Box<PanelView> {
    let first = status.settled_ms.is_none();
    let view = screen(Screen::Waiting, Tone::Busy, key!("waiting"));
    let view = view.detail(if snapshot.status.running {
        key!("waiting_what")
    } else {
        key!("waiting_idle_what")
    });
    let view = view.unknown_progress().folder();
    if first || snapshot.status.running {
        view
    } else {
        view.secondary(key!("sync"), Action::Press)
    }
}

fn working(snapshot: &Snapshot, status: &RecordStatus) -> Box<PanelView> {
    let first = status.settled_ms.is_none();
    if !first && status.progress.is_none() {
        let mut view = settled(snapshot, status);
        if view.screen == Screen::UpToDate {
            // A mere look, mostly at the echo of our own work: nothing jumps, and nothing is said again.
            view.screen = Screen::Syncing;
            view.tone = Tone::Busy;
            view.since = Some(t(key!("looking")));
            return view;
        }
    }
    let (name, title) = if first {
        (Screen::FirstCopy, key!("copying"))
    } else {
        (Screen::Syncing, key!("syncing"))
    };
    let mut view = screen(name, Tone::Busy, title);
    match &status.progress {
        None => {
            view = view.unknown_progress();
            view.detail = Some(t(key!("looking")));
        }
        Some(progress) => {
            // Said in quarters: every document would be a flood.
            let quarter = share(progress) / 250 * 25;
            view.announcement = Some(
                t(key!("copying_said"))
                    .with("done", Arg::Number(quarter.into()))
                    .with("title", Arg::Text(t(title))),
            );
            view.bar = true;
            view.progress = Some(shown_progress(progress, snapshot.now_ms));
        }
    }
    view.secondary(key!("cancel"), Action::Cancel).folder()
}

/// Thousandths done: by bytes or by documents, whichever is behind.
fn share(progress: &Progress) -> u32 {
    let part = |done, total| if total == 0 { 1000 } else { permille(done, total) };
    let by_count = part(progress.done_count.into(), progress.total_count.into());
    by_count.min(part(progress.done_bytes, progress.total_bytes))
}

/// A part of a whole in thousandths; all of it, if it is more.
pub(super) fn permille(part: u64, whole: u64) -> u32 {
    let permille = part.saturating_mul(1000) / whole.max(1);
    u32::try_from(permille).unwrap_or(1000).min(1000)
}

fn shown_progress(progress: &Progress, now_ms: u64) -> Box<ProgressView> {
    let permille = share(progress);
    let elapsed_ms = now_ms.saturating_sub(progress.started_ms);
    let mut pace = Vec::new();
    if elapsed_ms >= PACE_AFTER_MS && permille > 0 && permille < 1000 {
        let speed = progress.done_bytes.saturating_mul(1000) / elapsed_ms;
        if speed > 0 {
            pace.push(t(key!("speed")).with("size", Arg::Size(speed)));
        }
        pace.push(left(elapsed_ms * u64::from(1000 - permille) / u64::from(permille)));
    }
    let done = Arg::Number(progress.done_count.into());
    Box::new(ProgressView {
        permille,
        counted: t(key!("counted")).with("done", done).count(progress.total_count),
        current: progress.current.clone(),
        pace,
    })
}

fn left(left_ms: u64) -> Box<Text> {
    match left_ms / 1000 {
        0..=44 => t(key!("left_moment")),
        seconds @ 45..=5399 => t(key!("left_minutes")).count(((seconds + 30) / 60).max(1)),
        seconds => t(key!("left_hours")).count((seconds + 1800) / 3600),
    }
}

fn offline(snapshot: &Snapshot, status: &RecordStatus) -> Box<PanelView> {
    let view = screen(Screen::Offline, Tone::Notice, key!("offline")).detail(key!("offline_what"));
    view.last_sync(last_seen(snapshot, status), snapshot).folder()
}

fn settled(snapshot: &Snapshot, status: &RecordStatus) -> Box<PanelView> {
    let problems = rows::problems(status).len() as u64;
    let conflicts = rows::conflicts(status).len() as u64;
    let count = count_in_dropbox(snapshot, status);
    let in_dropbox =
        if count == 0 { t(key!("in_dropbox_none")) } else { t(key!("in_dropbox")).count(count) };
    let seen = last_seen(snapshot, status);
    let mut view = if problems > 0 {
        screen(Screen::PartFailed, Tone::Notice, t(key!("part_failed")).count(problems))
            .detail(key!("part_failed_what"))
            .primary(key!("try_again"), Action::Press)
    } else if conflicts > 0 {
        screen(Screen::Conflict, Tone::Notice, t(key!("conflict")).count(conflicts))
            .detail(t(key!("conflict_what")).count(conflicts))
            .secondary(key!("sync"), Action::Press)
    } else if status.one_way {
        screen(Screen::OneWay, Tone::Notice, in_dropbox)
            .detail(if rows::held_back(status) {
                key!("one_way_held_back")
            } else {
                key!("one_way_what")
            })
            .since(seen, snapshot)
            .secondary(key!("sync"), Action::Press)
    } else {
        screen(Screen::UpToDate, Tone::Good, in_dropbox)
            .since(seen, snapshot)
            .secondary(key!("sync"), Action::Press)
    };
    view.problems = true;
    view.conflicts = true;
    if snapshot.status.paused {
        view.notes.push(t(key!("paused_note")));
    }
    view.folder()
}

fn interrupted(error: &Failure, snapshot: &Snapshot, status: &RecordStatus) -> Box<PanelView> {
    let (title, detail) = failure_words(error);
    let tone = match error {
        Failure::Unavailable(_) | Failure::Cancelled => Tone::Notice,
        _ => Tone::Trouble,
    };
    let mut view = screen(Screen::Interrupted, tone, title).detail(detail);
    view = match error {
        Failure::Unauthorized(Side::Crm) => view.primary(key!("reload"), Action::Reload),
        Failure::OutOfSpace => {
            view.primary(key!("try_again"), Action::Press).link(key!("open_space"), "/account/plan")
        }
        _ => view.primary(key!("try_again"), Action::Press),
    };
    view.problems = true;
    view.last_sync(last_seen(snapshot, status), snapshot).folder()
}

/// What ended a cycle, and what to do: for people.
fn failure_words(error: &Failure) -> (Key, Key) {
    match error {
        Failure::Unavailable(Side::Dropbox) => {
            (key!("dropbox_unavailable"), key!("dropbox_unavailable_what"))
        }
        Failure::Unavailable(Side::Crm) => (key!("crm_unavailable"), key!("crm_unavailable_what")),
        Failure::Unauthorized(_) => (key!("crm_session"), key!("crm_session_what")),
        Failure::OutOfSpace => (key!("dropbox_full"), key!("dropbox_full_what")),
        Failure::Store => (key!("store_full"), key!("store_full_what")),
        Failure::Newer => (key!("newer"), key!("newer_what")),
        Failure::Malformed(Side::Dropbox) => (key!("dropbox_odd"), key!("odd_what")),
        Failure::Malformed(Side::Crm) => (key!("crm_odd"), key!("odd_what")),
        Failure::Cancelled => (key!("cancelled"), key!("cancelled_what")),
        Failure::Forbidden
        | Failure::NotFound
        | Failure::CursorReset
        | Failure::Conflict
        | Failure::Refused(_)
        | Failure::KindRefused
        | Failure::SlashRefused
        | Failure::TooManyFiles => (key!("unfinished"), key!("unfinished_what")),
    }
}

fn halted(halt: &Halt, status: &RecordStatus) -> Box<PanelView> {
    let decide = |confirmed| Action::Decide { record: Some(status.record.clone()), confirmed };
    let title = rows::halt_title(halt);
    let (detail, keep, pass, count) = match *halt {
        Halt::CrmEmpty { synced_count: count } => {
            (key!("halt_crm_empty_what"), key!("keep_files"), key!("delete_files"), count)
        }
        Halt::ManyDeletes { delete_count: count, .. } => {
            (key!("halt_many_deletes_what"), key!("keep_files"), key!("delete_files"), count)
        }
        Halt::ManyChanges { change_count: count, side: Side::Crm, .. } => {
            (key!("halt_many_changes_crm_what"), key!("keep_as_is"), key!("take_changes"), count)
        }
        Halt::ManyChanges { change_count: count, side: Side::Dropbox, .. } => (
            key!("halt_many_changes_dropbox_what"),
            key!("keep_as_is"),
            key!("take_changes"),
            count,
        ),
        Halt::FolderRemoved => {
            return screen(Screen::FolderRemoved, Tone::Notice, title)
                .detail(key!("folder_removed_what"))
                .primary(key!("sync"), Action::Press)
                .link(key!("open_deleted"), DELETED_FILES);
        }
        Halt::CrmForbidden => return frozen(title, key!("halt_forbidden_what")),
        Halt::CrmGone => return frozen(title, key!("halt_gone_what")),
        Halt::Malformed => return frozen(title, key!("halt_malformed_what")),
        Halt::AllFoldersGone | Halt::AppFolderGone => return halted_over_all(halt),
    };
    screen(Screen::Guard, Tone::Trouble, title)
        .detail(t(detail).count(count))
        .primary(keep, decide(false))
        .destructive(t(pass).count(count), decide(true))
        .about()
}

fn frozen(title: Box<Text>, detail: Key) -> Box<PanelView> {
    screen(Screen::Frozen, Tone::Notice, title)
        .detail(detail)
        .primary(key!("try_again"), Action::Press)
        .folder()
}

fn halted_over_all(halt: &Halt) -> Box<PanelView> {
    let detail = match halt {
        Halt::AllFoldersGone => key!("halt_all_folders_gone_what"),
        _ => key!("halt_app_folder_gone_what"),
    };
    let view = screen(Screen::Guard, Tone::Trouble, rows::halt_title(halt)).detail(detail);
    let view = view.primary(key!("go_on"), Action::Decide { record: None, confirmed: false });
    view.link(key!("open_deleted"), DELETED_FILES)
}

fn connect_failed(failure: ConnectFailure) -> Box<PanelView> {
    let (title, detail) = match failure {
        ConnectFailure::PopupClosed => (key!("popup_closed"), key!("popup_closed_what")),
        ConnectFailure::Denied => (key!("denied"), key!("denied_what")),
        ConnectFailure::Expired => (key!("expired"), key!("expired_what")),
        ConnectFailure::StateMismatch => (key!("mismatch"), key!("mismatch_what")),
        ConnectFailure::OtherAccount => return wrong_account(),
        ConnectFailure::Network => (key!("dropbox_unavailable"), key!("network_what")),
        ConnectFailure::NewerState => (key!("newer"), key!("newer_what")),
        ConnectFailure::Misconfigured => (key!("misconfigured"), key!("misconfigured_what")),
        ConnectFailure::Store => (key!("store_full"), key!("store_full_what")),
    };
    let view = screen(Screen::ConnectFailed, Tone::Notice, title).detail(detail);
    match failure {
        ConnectFailure::NewerState => view.primary(key!("reload"), Action::Reload),
        ConnectFailure::PopupClosed | ConnectFailure::Denied => {
            view.primary(key!("try_again"), Action::Connect).register()
        }
        _ => view.primary(key!("try_again"), Action::Connect),
    }
}

fn wrong_account() -> Box<PanelView> {
    screen(Screen::WrongAccount, Tone::Trouble, key!("wrong_account"))
        .detail(key!("wrong_account_what"))
        .primary(key!("try_again"), Action::Connect)
        .link(key!("sign_out"), "/logout")
}

fn revoked() -> Box<PanelView> {
    screen(Screen::Revoked, Tone::Trouble, key!("revoked"))
        .detail(key!("revoked_what"))
        .primary(key!("connect"), Action::Connect)
}

fn count_in_dropbox(snapshot: &Snapshot, status: &RecordStatus) -> u64 {
    if status.items.is_empty() {
        // The record's details are not loaded yet; its link knows the number.
        let link = snapshot.status.link(&status.record);
        return link.map_or(0, |link| link.synced_count.into());
    }
    status.items.iter().filter(|item| item.file.is_some()).count() as u64
}

/// When both sides were last known to be equal (ms).
fn last_seen(snapshot: &Snapshot, status: &RecordStatus) -> Option<u64> {
    status.settled_ms.map(|settled_ms| settled_ms.max(snapshot.status.last_cycle_ms.unwrap_or(0)))
}

fn screen(screen: Screen, tone: Tone, title: impl Into<Box<Text>>) -> Box<PanelView> {
    titled(screen, tone, title.into())
}

/// In a box: what fills it in hands on a pointer.
fn titled(screen: Screen, tone: Tone, title: Box<Text>) -> Box<PanelView> {
    Box::new(PanelView {
        screen,
        tone,
        announcement: None,
        title,
        since: None,
        detail: None,
        bar: false,
        progress: None,
        buttons: Vec::new(),
        link: None,
        folder: false,
        affected: false,
        notes: Vec::new(),
        record: None,
        problems: false,
        conflicts: false,
        online: false,
    })
}

impl PanelView {
    fn detail(mut self: Box<Self>, text: impl Into<Box<Text>>) -> Box<Self> {
        self.detail = Some(text.into());
        self
    }

    fn since(mut self: Box<Self>, at_ms: Option<u64>, snapshot: &Snapshot) -> Box<Self> {
        self.since = at_ms.map(|at_ms| t(key!("since")).ago(at_ms, snapshot.now_ms));
        self
    }

    /// Where the line on top tells of something else.
    fn last_sync(mut self: Box<Self>, at_ms: Option<u64>, snapshot: &Snapshot) -> Box<Self> {
        if let Some(at_ms) = at_ms {
            self.notes.push(t(key!("last_sync")).ago(at_ms, snapshot.now_ms));
        }
        self
    }

    fn primary(self: Box<Self>, label: impl Into<Box<Text>>, action: Action) -> Box<Self> {
        self.button(label.into(), action, Weight::Primary)
    }

    fn secondary(self: Box<Self>, label: impl Into<Box<Text>>, action: Action) -> Box<Self> {
        self.button(label.into(), action, Weight::Secondary)
    }

    fn destructive(self: Box<Self>, label: impl Into<Box<Text>>, action: Action) -> Box<Self> {
        self.button(label.into(), action, Weight::Destructive)
    }

    fn button(mut self: Box<Self>, label: Box<Text>, action: Action, weight: Weight) -> Box<Self> {
        self.buttons.push(Button { label, action: Rc::new(action), weight });
        self
    }

    fn link(mut self: Box<Self>, label: Key, page: &'static str) -> Box<Self> {
        self.link = Some(Link { label, page });
        self
    }

    fn register(self: Box<Self>) -> Box<Self> {
        self.link(key!("register"), "/register")
    }

    /// With `Open in Dropbox`, once there is a folder.
    fn folder(mut self: Box<Self>) -> Box<Self> {
        self.folder = true;
        self
    }

    /// With the files that a guard's question is about.
    fn about(mut self: Box<Self>) -> Box<Self> {
        self.affected = true;
        self.folder()
    }

    fn unknown_progress(mut self: Box<Self>) -> Box<Self> {
        self.bar = true;
        self
    }
}
