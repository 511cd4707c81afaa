//! The CRM's client against the sandbox's CRM, and against answers no faithful service gives.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use sandbox::teamleader::model::{Kind, Subject};
use sandbox::teamleader::variants::{FolderSlash, SameNameUpload};
use sandbox::{BodyKind, Effect, Fault, Options, Origin};
use serde_json::{json, Value};
use std::future::Future;
use std::rc::Rc;
use support::ports::{content_hash, Content, WorldPorts};
use support::scene::Scene;
use support::script::{json as answer, ok, text, Script, Scripted};
use support::store::MemoryStore;
use support::told;
use sync_core::{Document, DocumentId, Failure, Place, Reason, Record, RecordKind, Side};
use teamleader_dropbox::teamleader::Teamleader;
use teamleader_dropbox::wire::Wire;

/// One company with a client beside it.
struct Crm {
    scene: Scene,
    client: Rc<Teamleader<WorldPorts>>,
    record: Record,
    subject: Subject,
}

impl Crm {
    fn new(options: Options) -> Self {
        let scene = Scene::new(options, None);
        let tab = scene.tab(&MemoryStore::default(), "anna", 1);
        let client = Rc::new(scene.clients(&tab).1);
        let record = scene.add_record(RecordKind::Company, "Pied Piper");
        let subject = Subject::new(Kind::Company, record.id.clone());
        Self { scene, client, record, subject }
    }

    fn add(&self, name: &str, bytes: &[u8]) -> DocumentId {
        let now_ms = self.scene.now_ms();
        let mut world = self.scene.world();
        world.crm.user_add(&self.subject, "", name, bytes, now_ms).unwrap().into()
    }

    fn fault(&self, origin: Origin, path: &str, effect: Effect) {
        self.scene.world().plan_fault(Fault::new(origin, path, effect));
    }

    fn run<T, F: Future<Output = T>>(
        &mut self,
        act: impl FnOnce(Rc<Teamleader<WorldPorts>>) -> F,
    ) -> T {
        self.scene.executor.block_on(act(self.client.clone()))
    }

    fn list(&mut self) -> Result<Vec<Document>, Failure> {
        let record = self.record.clone();
        self.run(|crm| async move { crm.documents(&record, true).await.map(told::documents) })
    }

    fn create(&mut self, folder: &str, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let record = self.record.clone();
        let place = Place { folder: folder.into(), name: name.into() };
        let content = Content::from(bytes);
        self.run(|crm| async move { crm.create(&record, &place, content).await })
    }

    fn download(&mut self, id: &DocumentId, size_bytes: u64) -> Result<Content, Failure> {
        let id = id.clone();
        self.run(|crm| async move {
            crm.download(&id, size_bytes, true, None).await.map(|(content, _)| content)
        })
    }

    fn delete(&mut self, document: Document) -> Result<(), Failure> {
        self.run(|crm| async move { crm.delete(&document).await.map(drop) })
    }

    /// How often an endpoint was asked.
    fn count(&self, target: &str) -> usize {
        self.scene.world().log.iter().filter(|entry| entry.target.contains(target)).count()
    }

    /// Nothing was asked that no correct client asks.
    fn check_log(&self) {
        let world = self.scene.world();
        let odd: Vec<_> = world.log.iter().filter(|entry| entry.unexpected.is_some()).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }
}

fn scripted(script: &Scripted) -> Rc<Teamleader<WorldPorts<Script>>> {
    let wire = Rc::new(Wire::new(script.ports.clone()));
    Rc::new(Teamleader::new(wire, &script.network.url(Origin::CrmApi)))
}

fn company() -> Record {
    Record::new(RecordKind::Company, "c1")
}

fn row(id: usize) -> Value {
    json!({
        "id": format!("d{id}"), "name": format!("{id}.txt"), "size": 3, "folder": "General",
        "updated_at": "2026-01-05T09:00:00+00:00", "subject": null, "uploaded_by": null,
    })
}

fn rows(ids: impl Iterator<Item = usize>) -> Value {
    json!({ "data": ids.map(row).collect::<Vec<_>>() })
}

#[test]
fn m2_documents_are_listed_downloaded_created_and_deleted() {
    let mut crm = Crm::new(Options::default());
    let id = crm.add("offer.pdf", b"an offer");
    assert_eq!(&*crm.download(&id, 8).unwrap(), b"an offer");
    crm.create("Plans", "plan.txt", b"a plan").unwrap();
    crm.create("", "loose.txt", b"").unwrap();
    let documents = crm.list().unwrap();
    let mut places: Vec<(&str, &str, u64)> = documents
        .iter()
        .map(|d| (d.place.folder.as_str(), d.place.name.as_str(), d.size_bytes))
        .collect();
    places.sort_unstable();
    let wanted =
        [("General", "loose.txt", 0), ("General", "offer.pdf", 8), ("Plans", "plan.txt", 6)];
    assert_eq!(places, wanted);
    let offer = documents.into_iter().find(|d| d.id == id).unwrap();
    crm.delete(offer).unwrap();
    assert_eq!(crm.list().unwrap().len(), 2);
    assert!(crm.run(|client| async move { client.shown(&id).await }).unwrap().is_none());
    crm.check_log();
}

#[test]
fn n6_names_come_as_the_crm_says_them_and_in_normal_form() {
    let mut crm = Crm::new(Options::default());
    crm.add("Mu\u{308}ller.txt", b"x");
    let documents = crm.list().unwrap();
    assert_eq!(documents[0].place.name, "Mu\u{308}ller.txt");
    assert_eq!(documents[0].nfc.name, "M\u{fc}ller.txt");
}

#[test]
fn z6_every_page_of_a_large_record_is_read() {
    let mut crm = Crm::new(Options::default());
    for index in 0..250 {
        crm.add(&format!("{index}.txt"), b"x");
    }
    assert_eq!(crm.list().unwrap().len(), 250);
    assert_eq!(crm.count("files.list"), 3);
}

#[test]
fn k7_a_listing_whose_pages_shift_has_each_document_once() {
    let mut script = Scripted::new(|request| {
        let page = request.json_body().unwrap()["page"]["number"].as_u64().unwrap();
        ok(if page == 1 { rows(0..100) } else { rows(98..140) })
    });
    let client = scripted(&script);
    let listed = script.executor.block_on(client.documents(&company(), true)).unwrap();
    assert_eq!(told::documents(listed).len(), 140);
}

#[test]
fn k7_a_listing_that_never_ends_makes_no_sense() {
    let mut script = Scripted::new(|_| ok(rows(0..100)));
    let client = scripted(&script);
    let listed = script.executor.block_on(client.documents(&company(), true));
    assert_eq!(listed.unwrap_err(), Failure::Malformed(Side::Crm));
    assert!(script.targets().len() < 10);
}

#[test]
fn k7_rows_with_wrong_types_make_no_sense() {
    for (field, value) in [("size", json!(-1)), ("size", json!("3")), ("name", Value::Null)] {
        let mut script = Scripted::new(move |_| {
            let mut bad = row(1);
            bad[field] = value.clone();
            ok(json!({ "data": [row(0), bad] }))
        });
        let client = scripted(&script);
        let listed = script.executor.block_on(client.documents(&company(), true));
        assert_eq!(listed.unwrap_err(), Failure::Malformed(Side::Crm), "{field}");
    }
}

#[test]
fn a_location_on_the_page_s_own_server_is_never_asked() {
    for location in
        ["/download/1", "//evil.example/1", "https:1", "http://127.0.0.1.evil.example/1"]
    {
        let mut script = Scripted::new(move |_| ok(json!({ "data": { "location": location } })));
        let client = scripted(&script);
        let downloaded = script.executor.block_on(client.download(&"d1".into(), 3, true, None));
        assert_eq!(downloaded.unwrap_err(), Failure::Malformed(Side::Crm), "{location}");
        let targets = script.targets();
        assert!(targets.iter().all(|target| target.contains("files.download")), "{targets:?}");
    }
}

#[test]
fn g10_a_listing_whose_second_page_fails_is_no_listing() {
    let mut script = Scripted::new(|request| {
        let page = request.json_body().unwrap()["page"]["number"].as_u64().unwrap();
        if page == 1 {
            ok(rows(0..100))
        } else {
            text(500, "Internal Server Error")
        }
    });
    let client = scripted(&script);
    let listed = script.executor.block_on(client.documents(&company(), true));
    assert_eq!(listed.unwrap_err(), Failure::Unavailable(Side::Crm));
}

#[test]
fn c2_too_many_requests_slow_the_background_and_are_repeated() {
    for body in [BodyKind::Json, BodyKind::Plain] {
        let mut crm = Crm::new(Options::default());
        crm.add("a.txt", b"a");
        let effect = Effect::Status { status: 429, retry_after: Some(1), body };
        crm.fault(Origin::CrmApi, "files.list", effect);
        let begun_ms = crm.scene.now_ms();
        assert_eq!(crm.list().unwrap().len(), 1);
        assert!(crm.scene.now_ms() >= begun_ms + 1_000, "it waited");
        assert_eq!(crm.client.limiter().background_per_minute(), 10);
    }
}

#[test]
fn p7_what_somebody_waits_for_asks_again_at_short_notice() {
    const REFUSALS: u32 = 5;
    let waited_ms = |urgent: bool| {
        let mut crm = Crm::new(Options::default());
        crm.add("a.txt", b"a");
        let effect = Effect::Status { status: 429, retry_after: None, body: BodyKind::Json };
        let fault = Fault { times: REFUSALS, ..Fault::new(Origin::CrmApi, "files.list", effect) };
        crm.scene.world().plan_fault(fault);
        let begun_ms = crm.scene.now_ms();
        let record = crm.record.clone();
        let listed =
            crm.run(|crm| async move { crm.documents(&record, urgent).await.map(told::documents) });
        assert_eq!(listed.unwrap().len(), 1);
        crm.scene.now_ms() - begun_ms
    };
    let (urgent_ms, background_ms) = (waited_ms(true), waited_ms(false));
    assert!(urgent_ms < 5_000, "{urgent_ms} ms");
    assert!(background_ms >= 1_000 + 2_000 + 4_000 + 8_000 + 16_000, "{background_ms} ms");
}

#[test]
fn c2_a_limited_account_never_refuses_us() {
    let options = Options { rate_limits: true, ..Options::default() };
    let mut crm = Crm::new(options);
    for index in 0..450 {
        crm.add(&format!("{index}"), b"x");
    }
    let documents = crm.list().unwrap();
    let begun_ms = crm.scene.now_ms();
    for document in &documents {
        crm.download(&document.id, 1).unwrap();
    }
    assert!(
        crm.scene.now_ms() - begun_ms <= 150_000,
        "450 downloads in the 2.25 minutes they cost"
    );
    let world = crm.scene.world();
    assert!(world.log.iter().all(|entry| entry.status != 429));
}

#[test]
fn c4_server_errors_and_cuts_are_repeated_until_patience_ends() {
    let mut crm = Crm::new(Options::default());
    crm.add("a.txt", b"a");
    let error = |acted| Effect::ServerError { status: 503, acted };
    crm.fault(Origin::CrmApi, "files.list", error(false));
    crm.fault(Origin::CrmApi, "files.list", error(true));
    crm.fault(Origin::CrmApi, "files.list", Effect::CutAfter);
    assert_eq!(crm.list().unwrap().len(), 1);
    assert_eq!(crm.count("files.list"), 4);
    let forever = Fault { times: 1_000, ..Fault::new(Origin::CrmApi, "", Effect::CutBefore) };
    crm.scene.world().plan_fault(forever);
    assert_eq!(crm.list().unwrap_err(), Failure::Unavailable(Side::Crm));
}

#[test]
fn c6_an_expired_token_is_replaced_once() {
    let mut crm = Crm::new(Options::default());
    crm.add("a.txt", b"a");
    crm.list().unwrap();
    crm.scene.world().crm.expire_tokens();
    assert_eq!(crm.list().unwrap().len(), 1);

    let refuses = || answer(401, json!({ "errors": [{ "title": "no" }] }));
    let mut script = Scripted::new(move |_| refuses());
    let client = scripted(&script);
    let listed = script.executor.block_on(client.documents(&company(), true));
    assert_eq!(listed.unwrap_err(), Failure::Unauthorized(Side::Crm));
    assert_eq!(script.targets().len(), 2);
    let asked = &script.script.borrow().asked;
    assert_ne!(asked[0].bearer(), asked[1].bearer());
}

#[test]
fn g9_forbidden_and_missing_records_are_told_apart() {
    let mut crm = Crm::new(Options::default());
    let id = crm.add("a.txt", b"a");
    let subject = crm.subject.clone();
    crm.scene.world().crm.forbid_record(&subject, true);
    assert_eq!(crm.list().unwrap_err(), Failure::Forbidden);
    assert_eq!(crm.download(&id, 1).unwrap_err(), Failure::Forbidden);
    crm.scene.world().crm.delete_record(&subject);
    assert_eq!(crm.list().unwrap_err(), Failure::NotFound);
    assert_eq!(crm.download(&id, 1).unwrap_err(), Failure::NotFound);
}

#[test]
fn k8_a_kind_that_takes_no_uploads_says_so() {
    let options = Options { strict_public_api: true, ..Options::default() };
    let mut crm = Crm::new(options);
    let place = Place { folder: String::new(), name: "a.txt".into() };
    for (kind, wanted) in [
        (RecordKind::Company, Ok(())),
        (RecordKind::Contact, Ok(())),
        (RecordKind::Project, Ok(())),
        (RecordKind::Meeting, Err(Failure::KindRefused)),
        (RecordKind::Product, Err(Failure::KindRefused)),
    ] {
        let record = crm.scene.add_record(kind, "One");
        let place = place.clone();
        let content = Content::from(*b"a");
        let done = crm.run(|crm| async move { crm.create(&record, &place, content).await });
        assert_eq!(done, wanted, "{kind:?}");
    }
}

#[test]
fn k5_a_refused_slash_in_a_folder_is_told_as_such() {
    let mut options = Options::default();
    options.variants.crm.folder_slash = FolderSlash::Refused;
    let mut crm = Crm::new(options);
    assert_eq!(crm.create("a/b", "x.txt", b"x"), Err(Failure::SlashRefused));
    assert_eq!(crm.create("a - b", "x.txt", b"x"), Ok(()));
    let mut crm = Crm::new(Options::default());
    assert_eq!(crm.create("a/b", "x.txt", b"x"), Ok(()));
    assert_eq!(crm.list().unwrap()[0].place.folder, "a/b");
}

#[test]
fn z7_what_the_crm_refuses_concerns_that_document_alone() {
    let mut crm = Crm::new(Options::default());
    let refused = Err(Failure::Refused(Reason::CrmRefused));
    assert_eq!(crm.create("", "", b"x"), refused);
    let mut options = Options::default();
    options.variants.crm.upload_limit_bytes = 4;
    let mut crm = Crm::new(options);
    assert_eq!(crm.create("", "large.txt", b"12345"), refused);
    assert_eq!(crm.create("", "small.txt", b"1234"), Ok(()));
}

#[test]
fn k9_both_generations_of_projects_in_one_account() {
    let mut crm = Crm::new(Options::default());
    let now_ms = crm.scene.now_ms();
    let (new, old) = {
        let mut world = crm.scene.world();
        let new = world.crm.add_record(Kind::NextgenProject, "New", now_ms);
        let old = world.crm.add_record(Kind::Project, "Old", now_ms);
        world.crm.user_add(&new, "", "n.txt", *b"n", now_ms).unwrap();
        world.crm.user_add(&old, "", "o.txt", *b"o", now_ms).unwrap();
        (new.id, old.id)
    };
    for (id, name) in [(&new, "n.txt"), (&old, "o.txt")] {
        let record = Record::new(RecordKind::Project, id.clone());
        for _ in 0..2 {
            let record = record.clone();
            let listed = crm
                .run(|crm| async move { crm.documents(&record, true).await.map(told::documents) })
                .unwrap();
            assert_eq!(listed[0].place.name, name);
        }
    }
    assert_eq!(crm.count("projects-v2-status"), 1);
    assert!(crm.count("projects.info") <= 3, "each project's generation is asked for once");
    let ids = vec![old.clone(), new.clone(), "3b8a6ee4-0000-4000-8000-000000000000".into()];
    let mut names = crm
        .run(|crm| async move { crm.names(RecordKind::Project, &ids).await.map(told::names) })
        .unwrap();
    names.sort();
    let mut wanted = vec![(new, "New".to_string()), (old, "Old".to_string())];
    wanted.sort();
    assert_eq!(names, wanted);
    crm.check_log();
}

#[test]
fn r10_every_kind_tells_its_names() {
    let mut crm = Crm::new(Options::default());
    for kind in RecordKind::ALL {
        let one = crm.scene.add_record(kind, "Anna Lee");
        let two = crm.scene.add_record(kind, "Zed");
        let ids = vec![one.id.clone(), two.id.clone()];
        let mut names =
            crm.run(|crm| async move { crm.names(kind, &ids).await.map(told::names) }).unwrap();
        names.sort_by(|a, b| a.1.cmp(&b.1));
        let wanted = [(one.id, "Anna Lee".to_string()), (two.id, "Zed".to_string())];
        assert_eq!(names, wanted, "{kind:?}");
    }
    crm.check_log();
}

#[test]
fn c18_an_expired_link_is_asked_for_again() {
    let mut crm = Crm::new(Options::default());
    let id = crm.add("a.txt", b"abc");
    for status in [403, 404, 410] {
        let effect = Effect::Status { status, retry_after: None, body: BodyKind::Plain };
        crm.fault(Origin::CrmFiles, "/download/", effect);
        assert_eq!(&*crm.download(&id, 3).unwrap(), b"abc");
    }
    assert_eq!(crm.count("files.download"), 6);
    let effect = Effect::Status { status: 403, retry_after: None, body: BodyKind::Plain };
    crm.fault(Origin::CrmFiles, "/upload/", effect);
    crm.create("", "b.txt", b"b").unwrap();
    assert_eq!(crm.list().unwrap().len(), 2);
}

#[test]
fn c10_a_truncated_body_is_repeated_and_never_passed_on() {
    let mut crm = Crm::new(Options::default());
    let id = crm.add("a.txt", b"abcdefgh");
    crm.fault(Origin::CrmFiles, "/download/", Effect::TruncateBody);
    assert_eq!(&*crm.download(&id, 8).unwrap(), b"abcdefgh");
    crm.fault(Origin::CrmFiles, "/download/", Effect::CutInBody);
    assert_eq!(&*crm.download(&id, 8).unwrap(), b"abcdefgh");
    let twice = Fault::new(Origin::CrmFiles, "/download/", Effect::TruncateBody);
    crm.scene.world().plan_fault(Fault { times: 2, ..twice });
    assert_eq!(crm.download(&id, 8).unwrap_err(), Failure::Refused(Reason::Damaged));
    assert_eq!(crm.download(&id, 9).unwrap_err(), Failure::Conflict, "it is not the one listed");
}

#[test]
fn c9_bytes_of_another_hash_are_repeated_then_refused() {
    let mut crm = Crm::new(Options::default());
    let id = crm.add("a.txt", b"abcdefgh");
    let hash = content_hash(b"abcdefgh");
    let exactly = |crm: &mut Crm, hash: sync_core::ContentHash| {
        let id = id.clone();
        crm.run(|crm| async move {
            crm.download(&id, 8, true, Some(&hash)).await.map(|(content, _)| content)
        })
    };
    crm.fault(Origin::CrmFiles, "/download/", Effect::BadHash);
    assert_eq!(&*exactly(&mut crm, hash).unwrap(), b"abcdefgh");
    let other = content_hash(b"something");
    assert_eq!(exactly(&mut crm, other).unwrap_err(), Failure::Conflict);
}

#[test]
fn c5_an_upload_whose_answer_is_lost_is_not_repeated() {
    let mut crm = Crm::new(Options::default());
    crm.fault(Origin::CrmFiles, "/upload/", Effect::CutAfter);
    assert_eq!(crm.create("", "a.txt", b"a"), Err(Failure::Unavailable(Side::Crm)));
    assert_eq!(crm.list().unwrap().len(), 1);
    crm.fault(Origin::CrmFiles, "/upload/", Effect::ServerError { status: 502, acted: true });
    assert_eq!(crm.create("", "b.txt", b"b"), Err(Failure::Unavailable(Side::Crm)));
    assert_eq!(crm.list().unwrap().len(), 2);
}

#[test]
fn c5_a_deletion_whose_answer_is_lost_recognises_itself() {
    let mut crm = Crm::new(Options::default());
    crm.add("a.txt", b"a");
    let document = crm.list().unwrap().remove(0);
    crm.fault(Origin::CrmApi, "files.delete", Effect::CutAfter);
    assert_eq!(crm.delete(document.clone()), Ok(()));
    assert_eq!(crm.delete(document), Ok(()));
    assert!(crm.list().unwrap().is_empty());
}

#[test]
fn k1_a_document_that_changed_is_not_deleted() {
    let mut options = Options::default();
    options.variants.crm.same_name_upload = SameNameUpload::NewVersion;
    let mut crm = Crm::new(options);
    let id = crm.add("a.txt", b"a");
    let document = crm.list().unwrap().remove(0);
    crm.create("General", "a.txt", b"newer").unwrap();
    assert_eq!(crm.delete(document), Err(Failure::Conflict));
    assert_eq!(crm.list().unwrap()[0].id, id);
}
