//! What a cycle costs when nobody changed anything: one request to Dropbox, however many files are linked.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use sandbox::teamleader::model::{Kind, Subject};
use sandbox::{Options, Origin};
use support::scene::Scene;
use support::store::MemoryStore;
use sync_core::{Event, Record, RecordKind};

const RECORDS: usize = 20;
const DOCUMENTS: usize = 500;

fn fill(scene: &Scene, record: &Record) {
    let subject = Subject::new(Kind::Company, record.id.clone());
    let now_ms = scene.now_ms();
    let mut world = scene.world();
    for number in 0..DOCUMENTS {
        let folder = format!("Year {}", number % 10);
        let text = format!("{} {number}", record.id);
        let name = format!("Document {number}.txt");
        world.crm.user_add(&subject, &folder, &name, text.into_bytes(), now_ms).unwrap();
    }
}

#[test]
fn z6_ten_thousand_linked_files_and_no_change_are_one_request_to_dropbox() {
    let mut scene = Scene::new(Options::default(), None);
    let tab = scene.tab(&MemoryStore::default(), "anna", 1);
    let account = scene.connect(&tab, 0);
    let setup = scene.setup(&tab, &account);
    let (driver, _) = scene.drive(&tab, setup).unwrap();
    for number in 0..RECORDS {
        let name = format!("Company {number}");
        let record = scene.add_record(RecordKind::Company, &name);
        fill(&scene, &record);
        driver.send(Event::Press { record, name });
    }
    // The cycles after the copy learn of our own writes, and find nothing to do.
    for _ in 0..3 {
        let driver = driver.clone();
        let report = scene.executor.block_on(async move { driver.sync().await });
        assert_eq!(report.error, None, "{report:?}");
    }
    let linked: u32 = driver.status().links.iter().map(|link| link.synced_count).sum();
    assert_eq!(linked as usize, RECORDS * DOCUMENTS);

    scene.world().log.clear();
    let report = scene.executor.block_on(async move { driver.sync().await });
    assert_eq!(report.error, None, "{report:?}");
    let world = scene.world();
    let to_dropbox = world
        .log
        .iter()
        .filter(|entry| !matches!(entry.origin, Origin::Crm | Origin::CrmApi | Origin::CrmFiles));
    let targets: Vec<&str> = to_dropbox.map(|entry| entry.target.as_str()).collect();
    assert_eq!(targets, ["/2/files/list_folder/continue"]);
    let others = world.log.iter().filter(|entry| entry.target != "/files.list").count();
    assert_eq!(others, 1, "the CRM is asked for listings alone");
}
