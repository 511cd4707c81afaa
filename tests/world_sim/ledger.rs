//! What must not be lost, kept beside the services: looks at the world around every request that writes.
//!
//! A content is due while a user's last edit left it and nobody deleted it in the CRM. No write of the plugin may
//! remove the last copy of one, nor leave a record with fewer documents than the plugin made.

use crate::content::number_of;
use crate::coverage::Coverage;
use crate::support::ports::Watch;
use sandbox::teamleader::model::Subject;
use sandbox::{Fault, Origin, Reply, Request, World};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// The books of one history.
#[derive(Default)]
pub struct Ledger {
    /// Contents that have to stand somewhere.
    pub due: BTreeSet<u32>,
    /// Contents the CRM keeps as an earlier version.
    pub versions: BTreeSet<u32>,
    /// What was met.
    pub coverage: Coverage,
    /// Requests that changed something.
    pub writes: u64,
    /// Those that wrote the checkpoint.
    pub told: u64,
    /// The first broken property.
    pub violation: Option<String>,
    /// What the planned faults of the world are called, in their order.
    pub faults: Vec<String>,
    /// Documents the plugin made in a record, less those it deleted there.
    made: BTreeMap<Subject, i64>,
    /// Who touched a document when: users, and the plugin's look before it deletes.
    touched: BTreeMap<String, u64>,
    looked: BTreeMap<String, u64>,
    /// Contents that a person's edit took out of a Dropbox, and when.
    taken_out: BTreeMap<u32, u64>,
    /// What each tab knew of a document when it last listed the document's record, by the tab's bearer token.
    listed: BTreeMap<(String, String), Listed>,
    /// Whose upload a location takes, by the location's path.
    uploading: BTreeMap<String, String>,
    /// When a Dropbox was last listed.
    dropbox_listed: u64,
    moment: u64,
    before: Before,
    digest: DefaultHasher,
    lines: Option<Vec<String>>,
}

struct Listed {
    content: Option<u32>,
    /// Its folder and name.
    place: Option<(String, String)>,
    /// When a Dropbox had last been listed then.
    dropbox: u64,
}

#[derive(Default)]
struct Before {
    faults: Vec<Fault>,
    documents: BTreeMap<String, (Subject, Option<u32>)>,
    requests: usize,
}

/// The ledger as the network knows it.
pub struct Watcher(pub Rc<RefCell<Ledger>>);

impl Ledger {
    /// Empty; keeps the lines of its trace if asked to.
    pub fn new(keep_trace: bool) -> Self {
        Self { lines: keep_trace.then(Vec::new), ..Self::default() }
    }

    /// A line of the trace.
    pub fn note(&mut self, line: impl FnOnce() -> String) {
        let line = line();
        line.hash(&mut self.digest);
        if let Some(lines) = &mut self.lines {
            lines.push(line);
        }
    }

    /// Digest of the trace so far.
    pub fn digest(&self) -> u64 {
        self.digest.finish()
    }

    /// The trace, if it was kept.
    pub fn lines(&mut self) -> Vec<String> {
        self.lines.take().unwrap_or_default()
    }

    /// A user changed a document of the CRM.
    pub fn user_touched(&mut self, document: &str) {
        self.moment += 1;
        self.touched.insert(document.into(), self.moment);
    }

    /// A person's edit took these contents out of a Dropbox.
    pub fn user_took_out(&mut self, contents: impl IntoIterator<Item = u32>) {
        self.moment += 1;
        let moment = self.moment;
        self.taken_out.extend(contents.into_iter().map(|content| (content, moment)));
    }

    /// A fault is planned; this is its name.
    pub fn plan(&mut self, world: &mut World, name: &str, fault: Fault) {
        world.plan_fault(fault);
        self.faults.push(name.into());
    }

    /// Everything that stands anywhere, and what the CRM keeps as history.
    pub fn standing(&self, world: &World) -> BTreeSet<u32> {
        let mut standing = present(world);
        standing.extend(&self.versions);
        standing
    }

    fn broken(&mut self, violation: String) {
        self.note(|| format!("VIOLATION {violation}"));
        self.violation.get_or_insert(violation);
    }

    /// What a write did to the documents of the CRM.
    fn compare_documents(&mut self, world: &World, request: &Request) {
        let before = std::mem::take(&mut self.before.documents);
        let after = documents(world);
        let tab = self.uploading.remove(path_of(request)).unwrap_or_default();
        let mut overwritten = None;
        for (id, (subject, content)) in &before {
            match after.get(id) {
                None => {
                    *self.made.entry(subject.clone()).or_default() -= 1;
                    // Between the look and the deletion a user may change it: the CRM has no conditional delete.
                    let race = self.touched.get(id) > self.looked.get(id);
                    if let (true, Some(content)) = (race, content) {
                        if self.due.remove(content) {
                            self.coverage.count("race: changed between the look and the deletion");
                        }
                    }
                }
                Some((_, now)) if now != content => {
                    self.versions.extend(*content);
                    // RACE: a user's document took the name between the listing and the upload. Or it is an edit, or a
                    // swap of names, whose contents stand in Dropbox.
                    let due = content.filter(|content| self.due.contains(content));
                    let hidden = due.filter(|content| !present(world).contains(content));
                    let listed = self.listed.get(&(tab.clone(), id.clone()));
                    // It was renamed or moved to the name since: that is the same race.
                    let place = place_of(world, id);
                    let listed =
                        listed.filter(|listed| listed.content == *content && listed.place == place);
                    if let (Some(content), Some(listed)) = (hidden, listed) {
                        // RACE: of two files that exchanged their names, the other is deleted before its turn to be
                        // uploaded has come; the tab holds what it has downloaded.
                        if self.taken_out.get(&content) > Some(&listed.dropbox) {
                            self.coverage.count("race: deleted between the listing and the upload");
                        } else {
                            overwritten = Some(id.clone());
                        }
                    }
                    // Made beside the user's, as far as the plugin could tell.
                    let beside = hidden.is_some() || listed.is_none();
                    *self.made.entry(subject.clone()).or_default() += i64::from(beside);
                    self.coverage.count("crm: an upload became a new version");
                }
                Some(_) => {}
            }
        }
        for (id, (subject, _)) in &after {
            if !before.contains_key(id) {
                *self.made.entry(subject.clone()).or_default() += 1;
            }
        }
        if let Some(id) = overwritten {
            self.broken(format!("an upload went over document {id}, which was listed, and the last place of its content"));
        }
        if let Some((subject, _)) = self.made.iter().find(|(_, count)| **count < 0) {
            let subject = subject.id.clone();
            let target = request.target.clone();
            self.made.clear();
            self.broken(format!("{target} left record {subject} with fewer documents"));
        }
    }

    fn compare_contents(&mut self, world: &World, request: &Request) {
        let standing = self.standing(world);
        let lost: Vec<u32> = self.due.difference(&standing).copied().collect();
        for content in lost {
            self.due.remove(&content);
            let body = String::from_utf8_lossy(&request.body).into_owned();
            self.broken(format!(
                "the last copy of content {content} was removed by {} {body}",
                request.target
            ));
        }
    }
}

impl Watch<World> for Watcher {
    fn before(&mut self, world: &World, request: &Request) {
        let mut ledger = self.0.borrow_mut();
        ledger.before.faults.clone_from(&world.faults);
        ledger.before.requests = world.log.len();
        if crm_write(request) {
            ledger.before.documents = documents(world);
        }
        if request.target == "/files.list" {
            let body = String::from_utf8_lossy(&request.body);
            let (tab, dropbox) = (tab_of(request), ledger.dropbox_listed);
            for (id, (subject, content)) in documents(world) {
                if body.contains(&subject.id) {
                    let listed = Listed { content, place: place_of(world, &id), dropbox };
                    ledger.listed.insert((tab.clone(), id), listed);
                }
            }
        }
        if request.target.starts_with("/2/files/list_folder") {
            ledger.moment += 1;
            ledger.dropbox_listed = ledger.moment;
        }
        if request.target == "/files.info" {
            if let Some(id) = id_of(request) {
                ledger.moment += 1;
                let moment = ledger.moment;
                ledger.looked.insert(id, moment);
            }
        }
    }

    fn after(&mut self, world: &World, request: &Request, reply: &Reply) {
        if matches!(reply, Reply::Parked { .. }) {
            return;
        }
        let ledger = &mut *self.0.borrow_mut();
        let before = std::mem::take(&mut ledger.before.faults);
        let hit = before.iter().enumerate().find(|(at, fault)| {
            world.faults.get(*at).is_none_or(|now| {
                now.times != fault.times || now.effect != fault.effect || now.path != fault.path
            })
        });
        let hit = hit.map(|(at, fault)| (at, fault.times));
        if let Some((at, times)) = hit {
            let name = match times {
                1 => ledger.faults.remove(at),
                _ => ledger.faults[at].clone(),
            };
            ledger.coverage.count(&format!("fault: {name}"));
            ledger.note(|| format!("fault {name}"));
        }
        let status = match reply {
            Reply::Ready(response) | Reply::CutInBody(response) => response.status,
            _ => 0,
        };
        let asked = match request.header("dropbox-api-arg") {
            Some(argument) => short(argument.as_bytes()),
            None => short(&request.body),
        };
        let origin = request.origin;
        ledger.note(|| format!("{} {origin:?} {} {status} {asked}", world.now_ms, request.target));
        if let (true, Reply::Ready(response)) = (ledger.lines.is_some(), reply) {
            let answered = short(&response.body);
            ledger.lines.iter_mut().for_each(|lines| lines.push(format!("    -> {answered}")));
        }
        if let Some(entry) = world.log.get(ledger.before.requests) {
            if let (Some(wrong), false) = (&entry.unexpected, entry.faulted) {
                let text = format!("a request no correct client makes: {} {wrong}", entry.target);
                ledger.broken(text);
            }
        }
        if let ("/files.upload", Reply::Ready(response)) = (request.target.as_str(), reply) {
            let location = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
            let location = location["data"]["location"].as_str().unwrap_or_default();
            if let Some(path) = location.find("/upload/").map(|at| &location[at..]) {
                ledger.uploading.insert(path.into(), tab_of(request));
            }
        }
        let Some(write) = write_of(request) else {
            return;
        };
        if (200..300).contains(&status) || status == 0 {
            match write {
                TOLD => ledger.told += 1,
                _ => ledger.writes += 1,
            }
            ledger.coverage.count(write);
        }
        if crm_write(request) {
            ledger.compare_documents(world, request);
        }
        ledger.compare_contents(world, request);
    }
}

/// Contents that stand in the CRM or in a Dropbox.
fn present(world: &World) -> BTreeSet<u32> {
    let mut present = crm_contents(world, None);
    for account in 0..world.dropbox.accounts().len() {
        present.extend(files(world, account).into_values().filter_map(|file| file.content));
    }
    present
}

fn short(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(20_000).collect()
}

/// What stands in the app folder beside the records.
const TOLD: &str = "write: checkpoint";

/// What a request changes, if anything.
fn write_of(request: &Request) -> Option<&'static str> {
    Some(match (request.origin, path_of(request)) {
        (Origin::CrmApi, "/files.delete") => "write: crm delete",
        (Origin::CrmFiles, _) if request.method == "POST" => "write: crm upload",
        (Origin::DropboxApi, "/2/files/upload_session/finish_batch_v2") => "write: upload",
        (Origin::DropboxApi, "/2/files/move_batch_v2") => "write: move",
        (Origin::DropboxApi, "/2/files/delete_batch") => "write: delete",
        (Origin::DropboxContent, "/2/files/upload") => TOLD,
        (Origin::DropboxApi, "/2/files/copy_v2") => "write: copy",
        (Origin::DropboxApi, "/2/files/move_v2") => "write: move folder",
        (Origin::DropboxApi, "/2/files/create_folder_v2") => "write: create folder",
        _ => return None,
    })
}

fn path_of(request: &Request) -> &str {
    request.target.split('?').next().unwrap_or_default()
}

/// Folder and name of a document.
fn place_of(world: &World, id: &str) -> Option<(String, String)> {
    let document = world.crm.document(id)?;
    Some((document.folder.clone(), document.name.clone()))
}

fn tab_of(request: &Request) -> String {
    request.header("authorization").unwrap_or_default().to_owned()
}

fn crm_write(request: &Request) -> bool {
    matches!(write_of(request), Some("write: crm delete" | "write: crm upload"))
}

fn id_of(request: &Request) -> Option<String> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    Some(body["id"].as_str()?.to_owned())
}

fn documents(world: &World) -> BTreeMap<String, (Subject, Option<u32>)> {
    let records = world.crm.records();
    let documents = records.flat_map(|record| world.crm.documents(&record.subject));
    documents.map(|d| (d.id.clone(), (d.subject.clone(), number_of(d.content.bytes())))).collect()
}

/// Contents of all documents, or of a record's.
pub fn crm_contents(world: &World, of: Option<&Subject>) -> BTreeSet<u32> {
    let documents = documents(world).into_values();
    let wanted = documents.filter(|(subject, _)| of.is_none_or(|of| of == subject));
    wanted.filter_map(|(_, content)| content).collect()
}

/// A file of a Dropbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The server's key of its path.
    pub key: String,
    /// Which content; `None` for damaged and empty ones.
    pub content: Option<u32>,
}

/// All files of a Dropbox but the checkpoint's, by id.
pub fn files(world: &World, account: usize) -> BTreeMap<String, Standing> {
    let tree = &world.dropbox.accounts()[account].tree;
    tree.nodes
        .iter()
        .filter(|(key, _)| !key.starts_with("/.teamleader-sync/"))
        .filter_map(|(key, node)| {
            let content = number_of(&node.file.as_ref()?.content.bytes);
            Some((node.id.to_string(), Standing { key: key.to_string(), content }))
        })
        .collect()
}
