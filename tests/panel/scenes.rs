//! Fixed states of the plugin, one for each thing a person can see: for the gallery and the tests of the panel.

use std::rc::Rc;
use sync_core::{
    Activity, DocumentId, Failure, FileId, Halt, Happened, Item, LinkStatus, Mark, Place, Problem,
    ProblemKind, Progress, Reason, Record, RecordKind, RecordState, RecordStatus, Side, Status,
};
use teamleader_dropbox::auth::Account;
use teamleader_dropbox::panel::{
    Bulk, Candidate, ConnectFailure, Connection, Earlier, Settings, Snapshot,
};

/// 24 November 2026, 11:45 UTC.
pub const NOW_MS: u64 = 1_795_520_700_000;
const MINUTE_MS: u64 = 60_000;

/// A state and what it is called.
pub struct Scene {
    /// Its name in the gallery.
    pub name: &'static str,
    /// What is shown.
    pub shows: Shows,
}

/// What a scene shows.
pub enum Shows {
    /// The panel of [`record`].
    Panel(Snapshot),
    /// The settings.
    Settings(Snapshot, Settings),
}

/// The record of all scenes.
pub fn record() -> Record {
    Record::new(RecordKind::Company, "a7b1c2d3")
}

/// Everything a person can see.
pub fn scenes() -> Vec<Scene> {
    let mut scenes = panels();
    scenes.extend(settings());
    scenes
}

fn panels() -> Vec<Scene> {
    let mut scenes = unconnected();
    scenes.extend(at_work());
    scenes.extend(at_rest());
    scenes.extend(stopped());
    scenes
}

fn unconnected() -> Vec<Scene> {
    let failed = |failure| with(Connection::Failed(failure));
    vec![
        panel("not-connected", with(Connection::NotConnected)),
        panel("connecting", with(Connection::Connecting)),
        panel("connect-failed-closed", failed(ConnectFailure::PopupClosed)),
        panel("connect-failed-denied", failed(ConnectFailure::Denied)),
        panel("connect-failed-expired", failed(ConnectFailure::Expired)),
        panel("connect-failed-mismatch", failed(ConnectFailure::StateMismatch)),
        panel("connect-failed-network", failed(ConnectFailure::Network)),
        panel("connect-failed-newer", failed(ConnectFailure::NewerState)),
        panel("connect-failed-misconfigured", failed(ConnectFailure::Misconfigured)),
        panel("not-linked", with(connected())),
        panel("not-linked-offline", Snapshot { online: false, ..with(connected()) }),
        panel("old-folder", earlier(Earlier::Found("/Bedrijven/Pied Piper 2041".into()))),
        panel("old-folder-looking", earlier(Earlier::Looking)),
        panel("revoked", Snapshot { connection: Connection::Revoked, ..settled() }),
        panel(
            "wrong-account",
            Snapshot { connection: Connection::Failed(ConnectFailure::OtherAccount), ..settled() },
        ),
    ]
}

fn earlier(earlier: Earlier) -> Snapshot {
    Snapshot { earlier, ..with(connected()) }
}

fn at_work() -> Vec<Scene> {
    let mut first = linked(RecordState::Working);
    first.settled_ms = None;
    first.items.iter_mut().skip(5).for_each(|item| {
        item.mark = Mark::OnItsWay;
        item.file = None;
        item.path = None;
    });
    first.activity.truncate(5);
    first.progress = Some(Progress {
        done_count: 5,
        total_count: 12,
        done_bytes: 31_400_000,
        total_bytes: 86_200_000,
        current: Some("Site plan, revision C – ground floor and terrace.dwg".into()),
        started_ms: NOW_MS - 42_000,
    });
    let mut waiting = first.clone();
    waiting.state = RecordState::Queued;
    waiting.progress = None;
    waiting.folder = None;
    waiting.items.iter_mut().for_each(|item| {
        item.mark = Mark::OnItsWay;
        item.file = None;
        item.path = None;
    });
    waiting.activity.clear();
    let mut syncing = linked(RecordState::Working);
    syncing.items[1].mark = Mark::OnItsWay;
    syncing.progress = Some(Progress {
        done_count: 0,
        total_count: 1,
        done_bytes: 300_000,
        total_bytes: 1_200_000,
        current: Some("Offer 2026-114.docx".into()),
        started_ms: NOW_MS - 1_000,
    });
    let mut looking = linked(RecordState::Working);
    looking.progress = None;
    vec![
        panel("waiting", running(waiting)),
        panel("first-copy", running(first)),
        panel("syncing", running(syncing)),
        panel("syncing-looking", running(looking)),
    ]
}

fn at_rest() -> Vec<Scene> {
    let mut empty = linked(RecordState::Settled);
    empty.items.clear();
    empty.activity.truncate(1);
    let mut offline = linked(RecordState::Settled);
    offline.items[2].mark = Mark::OnItsWay;
    let mut part = linked(RecordState::Settled);
    refuse(&mut part, 4, Reason::TooLarge);
    refuse(&mut part, 7, Reason::Name);
    let mut conflict = linked(RecordState::Settled);
    let mut copy = item(40, "Offers", "Offer 2026-114 (conflicted copy 2026-11-24).docx");
    copy.mark = Mark::ConflictedCopy;
    conflict.items.insert(2, copy);
    let mut one_way = linked(RecordState::Settled);
    one_way.one_way = true;
    let mut only = item(41, "", "Sketch from the client.heic");
    only.mark = Mark::DropboxOnly;
    only.document = None;
    one_way.problems.push(Problem { place: only.place.clone(), kind: ProblemKind::OneWay });
    one_way.items.push(only);
    let mut kept = linked(RecordState::Settled);
    for at in [3, 8] {
        kept.items[at].mark = Mark::CrmOnly;
        kept.items[at].file = None;
        kept.items[at].path = None;
    }
    let mut paused = snapshot(linked(RecordState::Settled));
    Rc::make_mut(&mut paused.status).paused = true;
    let mut hostile = linked(RecordState::Settled);
    hostile.items = [
        "<img src=x onerror=alert(1)>.pdf",
        "invoice\u{202e}fdp.exe",
        "two\nlines.txt",
        "חוזה 2026.pdf",
    ]
    .into_iter()
    .enumerate()
    .map(|(at, name)| {
        item(60 + at, "A folder with a name that goes on and on, deeper/and deeper", name)
    })
    .collect();
    hostile.items.push(item(
        70,
        "",
        &format!("{}.pdf", "Averyveryverylongnamewithoutanyspace".repeat(5)),
    ));
    hostile.activity = vec![Rc::new(did(1, "two\nlines.txt", Happened::CopiedToCrm))];
    let mut many = linked(RecordState::Settled);
    many.items = (0..500).map(|at| item(100 + at, "Photos", &format!("IMG_{at:04}.jpg"))).collect();
    vec![
        panel("up-to-date", settled()),
        panel("up-to-date-empty", snapshot(empty)),
        panel("up-to-date-kept-in-crm", snapshot(kept)),
        panel("up-to-date-paused", paused),
        panel("up-to-date-hostile-names", snapshot(hostile)),
        panel("up-to-date-500", snapshot(many)),
        panel("offline", Snapshot { online: false, ..snapshot(offline) }),
        panel("part-failed", snapshot(part)),
        panel("conflict", snapshot(conflict)),
        panel("one-way", snapshot(one_way)),
    ]
}

fn stopped() -> Vec<Scene> {
    let halted = |halt: Halt| snapshot(linked(RecordState::Halted(halt)));
    let mut deletes =
        linked(RecordState::Halted(Halt::ManyDeletes { delete_count: 11, synced_count: 12 }));
    deletes.items.iter_mut().take(11).for_each(|item| {
        item.mark = Mark::OnItsWay;
        item.document = None;
    });
    deletes.affected = paths(&deletes, 11);
    let changes = Halt::ManyChanges { change_count: 10, synced_count: 12, side: Side::Dropbox };
    let mut changes = linked(RecordState::Halted(changes));
    changes.affected = paths(&changes, 10);
    let mut crm_changes = changes.clone();
    crm_changes.state = RecordState::Halted(Halt::ManyChanges {
        change_count: 10,
        synced_count: 12,
        side: Side::Crm,
    });
    let mut empty = deletes.clone();
    empty.state = RecordState::Halted(Halt::CrmEmpty { synced_count: 11 });
    let over_all = |halt: Halt| {
        let mut snapshot = settled();
        Rc::make_mut(&mut snapshot.status).halt = Some(halt);
        snapshot
    };
    let mut removed = linked(RecordState::Halted(Halt::FolderRemoved));
    removed.items.iter_mut().for_each(|item| {
        item.mark = Mark::OnItsWay;
        item.file = None;
        item.path = None;
    });
    let mut cancelled = linked(RecordState::Settled);
    cancelled.cancelled = true;
    let ended = |error: Failure| {
        let mut snapshot = settled();
        Rc::make_mut(&mut snapshot.status).error = Some(error);
        snapshot
    };
    vec![
        panel("guard-deletes", snapshot(deletes)),
        panel("guard-crm-empty", snapshot(empty)),
        panel("guard-changes", snapshot(changes)),
        panel("guard-changes-crm", snapshot(crm_changes)),
        panel("guard-all-folders", over_all(Halt::AllFoldersGone)),
        panel("guard-app-folder", over_all(Halt::AppFolderGone)),
        panel("folder-removed", snapshot(removed)),
        panel("frozen", halted(Halt::CrmForbidden)),
        panel("frozen-gone", halted(Halt::CrmGone)),
        panel("frozen-malformed", halted(Halt::Malformed)),
        panel("interrupted-cancelled", snapshot(cancelled)),
        panel("interrupted-unavailable", ended(Failure::Unavailable(Side::Dropbox))),
        panel("interrupted-full", ended(Failure::OutOfSpace)),
        panel("interrupted-store", ended(Failure::Store)),
        panel("interrupted-odd", ended(Failure::Malformed(Side::Dropbox))),
        panel("interrupted-unfinished", ended(Failure::Conflict)),
        panel("interrupted-session", ended(Failure::Unauthorized(Side::Crm))),
    ]
}

/// The first files of a record, by their paths below its folder.
fn paths(status: &RecordStatus, count: usize) -> Vec<String> {
    let below = |item: &Item| {
        let folder = &item.place.folder;
        let slash = if folder.is_empty() { "" } else { "/" };
        format!("{folder}{slash}{}", item.place.name)
    };
    status.items.iter().take(count).map(below).collect()
}

fn settings() -> Vec<Scene> {
    let kind = RecordKind::Contact;
    let space = Some((1_340_000_000, Some(2_000_000_000)));
    let shown = |name, snapshot: &Snapshot, bulk| Scene {
        name,
        shows: Shows::Settings(snapshot.clone(), Settings { interval_minutes: 60, bulk, space }),
    };
    let linked = settled();
    let none = Snapshot { record: None, ..with(Connection::NotConnected) };
    let revoked = Snapshot { connection: Connection::Revoked, ..settled() };
    let mut paused = settled();
    Rc::make_mut(&mut paused.status).paused = true;
    let linking = |paused| Bulk::Linking { kind, done_count: 37, total_count: 124, paused };
    vec![
        shown("settings", &linked, Bulk::Idle),
        shown("settings-not-connected", &none, Bulk::Idle),
        shown("settings-nothing-linked", &with(connected()), Bulk::Idle),
        shown("settings-revoked", &revoked, Bulk::Idle),
        shown("settings-paused", &paused, Bulk::Idle),
        shown("settings-bulk-listing", &linked, Bulk::Listing { kind }),
        shown(
            "settings-bulk-choosing",
            &linked,
            Bulk::Choosing { kind, candidates: candidates().into() },
        ),
        shown("settings-bulk-linking", &linked, linking(false)),
        shown("settings-bulk-paused", &linked, linking(true)),
        shown("settings-bulk-earlier", &linked, Bulk::Earlier { kind, count: 17 }),
        shown("settings-bulk-finished", &linked, Bulk::Finished { kind, total_count: 124 }),
        shown("settings-bulk-failed", &linked, Bulk::Failed { kind }),
    ]
}

fn panel(name: &'static str, snapshot: Snapshot) -> Scene {
    Scene { name, shows: Shows::Panel(snapshot) }
}

fn with(connection: Connection) -> Snapshot {
    Snapshot { connection, online: true, now_ms: NOW_MS, ..Snapshot::default() }
}

fn connected() -> Connection {
    let account = Account {
        id: "dbid:anna".into(),
        name: "Anna Peeters".into(),
        email: "anna.peeters@example.com".into(),
    };
    Connection::Connected(account.into())
}

/// A record linked and up to date, on its own.
pub fn settled() -> Snapshot {
    snapshot(linked(RecordState::Settled))
}

fn running(status: RecordStatus) -> Snapshot {
    let mut snapshot = snapshot(status);
    Rc::make_mut(&mut snapshot.status).running = true;
    snapshot
}

fn snapshot(status: RecordStatus) -> Snapshot {
    let synced = u32::try_from(status.items.len()).expect("a few documents");
    let links = [
        ("Bakkerij De Smet", RecordKind::Company, status.state, synced, 0),
        ("Lena Hoffmann", RecordKind::Contact, RecordState::Settled, 4, 0),
        ("Renovation Rue de l'Étuve 12", RecordKind::Project, RecordState::Settled, 86, 2),
        ("Kick-off Q1", RecordKind::Meeting, RecordState::Working, 0, 0),
        ("Espresso machine EM-200", RecordKind::Product, RecordState::Settled, 0, 0),
        (
            "Ströbele & Söhne GmbH",
            RecordKind::Company,
            RecordState::Halted(Halt::FolderRemoved),
            9,
            0,
        ),
    ];
    let links = links.into_iter().enumerate().map(|(at, link)| LinkStatus {
        record: if at == 0 { record() } else { Record::new(link.1, format!("r{at}")) },
        name: link.0.into(),
        state: link.2,
        synced_count: link.3,
        problem_count: link.4,
        settled_ms: Some(NOW_MS - 20_000),
    });
    Snapshot {
        connection: connected(),
        status: Rc::new(Status {
            last_cycle_ms: Some(NOW_MS - 20_000),
            due_ms: Some(NOW_MS + 55 * MINUTE_MS),
            links: links.collect(),
            ..Status::default()
        }),
        earlier: Earlier::None,
        record: Some(status.into()),
        online: true,
        now_ms: NOW_MS,
    }
}

/// [`record`] with twelve documents.
pub fn linked(state: RecordState) -> RecordStatus {
    let names = [
        ("", "Framework agreement 2026.pdf"),
        ("Offers", "Offer 2026-114.docx"),
        ("Offers", "Offer 2026-098.docx"),
        ("Offers", "Price list.xlsx"),
        ("Plans", "Site plan, revision C – ground floor and terrace.dwg"),
        ("Plans", "Visualisation.png"),
        ("", "Insurance certificate.pdf"),
        ("", "Meeting notes: kitchen.md"),
        ("", "Photo of the façade.jpg"),
        ("", "Purchase order 4711.pdf"),
        ("Invoices", "Invoice 2026-0332.pdf"),
        ("Invoices", "Invoice 2026-0341.pdf"),
    ];
    RecordStatus {
        record: record(),
        name: "Bakkerij De Smet".into(),
        state,
        folder: Some("/Companies/Bakkerij De Smet/a7b1c2d3".into()),
        one_way: false,
        progress: None,
        settled_ms: Some(NOW_MS - 20_000),
        items: names
            .iter()
            .enumerate()
            .map(|(at, (folder, name))| item(at, folder, name))
            .collect(),
        problems: Vec::new(),
        activity: activity().into_iter().map(Rc::new).collect(),
        affected: Vec::new(),
        cancelled: false,
    }
}

fn item(at: usize, folder: &str, name: &str) -> Item {
    let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    Item {
        place: Place { folder: folder.into(), name: name.into() },
        document: Some(DocumentId(format!("d{at}"))),
        file: Some(FileId(format!("id:{at}"))),
        path: Some(format!("/Companies/Bakkerij De Smet/a7b1c2d3/{below}{name}")),
        mark: Mark::Both,
    }
}

fn refuse(status: &mut RecordStatus, at: usize, reason: Reason) {
    let item = &mut status.items[at];
    item.mark = Mark::Refused(reason);
    item.file = None;
    item.path = None;
    let kind = ProblemKind::Refused(reason);
    status.problems.push(Problem { place: item.place.clone(), kind });
}

fn did(minutes: u64, name: &str, what: Happened) -> Activity {
    Activity { at_ms: NOW_MS - minutes * MINUTE_MS, name: name.into(), what }
}

/// One of each thing that can happen, newest first.
fn activity() -> Vec<Activity> {
    let path = |name: &str| format!("/Companies/Bakkerij De Smet/a7b1c2d3/{name}");
    vec![
        did(0, "Photo of the façade.jpg", Happened::CopiedToCrm),
        did(4, "Offer 2026-114.docx", Happened::UpdatedInDropbox),
        did(9, "Price list.xlsx", Happened::UpdatedInCrm),
        did(38, "Plan C.dwg", Happened::MovedInDropbox { from: path("Plan B.dwg") }),
        did(64, "Notes.md", Happened::MovedInCrm { from: "Untitled.md".into() }),
        did(66, "Notes.md", Happened::MovedInDropbox { from: path("Drafts/Notes.md") }),
        did(68, "Notes.md", Happened::MovedInCrm { from: "Notes.md".into() }),
        did(70, "Old offer.docx", Happened::DeletedInDropbox),
        did(125, "Logo.svg", Happened::KeptInCrm),
        did(
            190,
            "Offer 2026-098.docx",
            Happened::KeptBoth { copy: path("Offer 2026-098 (conflicted copy 2026-11-24).docx") },
        ),
        did(1500, "Drone flight.mp4", Happened::Refused(Reason::TooLarge)),
        did(1600, "", Happened::FolderMoved),
        did(1700, "", Happened::FolderKept),
        did(2900, "", Happened::Halted(Halt::ManyDeletes { delete_count: 11, synced_count: 12 })),
        did(2890, "", Happened::Decided { confirmed: false }),
        did(2880, "", Happened::Decided { confirmed: true }),
        did(14_400, "Framework agreement 2026.pdf", Happened::CopiedToDropbox),
        did(14_401, "", Happened::Linked),
    ]
}

fn candidates() -> Vec<Candidate> {
    let names = [
        "Lena Hoffmann",
        "Sébastien Dubois",
        "Marieke van den Berg",
        "Giulia Ferrari",
        "Íñigo Martínez de la Fuente",
        "Oliver Smith",
        "Katrien Claes",
        "Jürgen Köhler",
    ];
    (0..124)
        .map(|at| Candidate {
            id: format!("k{at}"),
            name: names.get(at).map_or_else(|| format!("Contact {at}"), |name| (*name).into()),
            linked: at == 0,
        })
        .collect()
}
