//! Folders of the earlier integration: found by their number, moved without a byte, adopted as they are.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use sandbox::Origin;
use std::rc::Rc;
use support::ports::WorldPorts;
use support::stage::Stage;
use sync_core::{Record, RecordKind};
use teamleader_dropbox::old_folders::OldFolders;
use teamleader_dropbox::teamleader::Teamleader;
use teamleader_dropbox::wire::Wire;

/// A record's number in the old world.
fn number(stage: &Stage, record: &Record) -> u64 {
    let world = stage.scene.world();
    let found = world.crm.records().find(|other| other.subject.id == record.id);
    found.unwrap().number
}

fn put(stage: &Stage, path: &str, bytes: &[u8]) {
    let mut world = stage.scene.world();
    world.with_dropbox(|dropbox, ctx| dropbox.user_put(ctx, 0, path, bytes.to_vec())).unwrap();
}

fn old_folders(stage: &Stage) -> Rc<OldFolders<WorldPorts>> {
    let wire = Rc::new(Wire::new(stage.tab.ports.clone()));
    let crm = Teamleader::new(wire.clone(), &stage.scene.network.url(Origin::CrmApi));
    Rc::new(OldFolders::new(wire, stage.tab.auth.clone(), Rc::new(crm)))
}

fn found(stage: &mut Stage, folders: &Rc<OldFolders<WorldPorts>>, name: &str) -> Option<String> {
    let (folders, record, name) = (folders.clone(), stage.record.clone(), name.to_owned());
    let looking =
        async move { folders.of(record.kind, &[record.id], Some(&name)).await.unwrap().pop() };
    stage.scene.executor.block_on(looking).map(|(_, path)| path)
}

#[test]
fn a_folder_is_found_in_the_language_of_the_account_and_by_its_number_alone() {
    let mut stage = Stage::new();
    let number = number(&stage, &stage.record);
    let folder = format!("/Bedrijven/Pied Piper - {number}");
    put(&stage, &format!("{folder}/Offer.txt"), b"an offer");
    put(&stage, "/Bedrijven/Pied Piper 999999/Other.txt", b"of nobody");
    put(&stage, &format!("/Contacten/Pied Piper {number}/Of a contact.txt"), b"elsewhere");
    let folders = old_folders(&stage);
    assert_eq!(found(&mut stage, &folders, "Pied Piper"), Some(folder.clone()));
    // Renamed since: the number decides.
    assert_eq!(found(&mut stage, &folders, "Hooli"), Some(folder));
}

#[test]
fn a_folder_with_the_name_of_this_record_and_the_number_of_another_is_the_others() {
    let mut stage = Stage::new();
    let other = stage.scene.add_record(RecordKind::Company, "Pied Piper");
    put(&stage, &format!("/Bedrijven/Pied Piper {}/a.txt", number(&stage, &other)), b"a");
    let folders = old_folders(&stage);
    assert_eq!(found(&mut stage, &folders, "Pied Piper"), None);
}

#[test]
fn a_folder_of_ours_is_no_old_one_even_if_its_name_ends_in_the_number() {
    let mut stage = Stage::new();
    let number = number(&stage, &stage.record);
    let other = "3b1d7f5e-0c3a-4f5e-9b57-2f0f3a7d0001";
    put(&stage, &format!("/Companies/Studio {number}/{other}/Plan.txt"), b"of another record");
    let folders = old_folders(&stage);
    assert_eq!(found(&mut stage, &folders, "Pied Piper"), None);
}

#[test]
fn what_is_taken_over_moves_no_byte_in_dropbox_and_makes_no_twin() {
    let mut stage = Stage::new();
    stage.add_document("", "Offer.txt", b"an offer");
    stage.add_document("Plans", "Plan.txt", b"a plan");
    let folder = format!("/Bedrijven/Pied Piper {}", number(&stage, &stage.record));
    put(&stage, &format!("{folder}/Offer.txt"), b"an offer");
    put(&stage, &format!("{folder}/Plans/Plan.txt"), b"a plan");
    put(&stage, &format!("{folder}/Only there.txt"), b"in Dropbox alone");
    let folders = old_folders(&stage);
    let path = found(&mut stage, &folders, "Pied Piper").unwrap();
    stage.scene.world().log.clear();
    let record = stage.record.clone();
    let taking = async move { folders.take_over(&record, "Pied Piper", &path).await };
    stage.scene.executor.block_on(taking);

    let driver = stage.drive();
    let report = stage.press(&driver);
    assert_eq!((report.to_dropbox, report.to_crm, report.deleted), (0, 1, 0), "{report:?}");
    let world = stage.scene.world();
    let sent = world.log.iter().filter(|entry| entry.origin == Origin::DropboxContent);
    let sent: Vec<&str> = sent.map(|entry| entry.target.as_str()).collect();
    // The one that the CRM did not have yet comes from there; nothing goes there but the checkpoint.
    let checkpoint = "/2/files/upload";
    assert_eq!(sent, [checkpoint, "/2/files/download", checkpoint, checkpoint]);
    let names: Vec<&str> =
        world.crm.documents(&stage.subject()).iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["Offer.txt", "Plan.txt", "Only there.txt"]);
    drop(world);
    assert_eq!(stage.files().len(), 3, "{:?}", stage.files());
}

#[test]
fn many_records_are_looked_up_by_all_numbers_of_their_module() {
    let mut stage = Stage::new();
    let second = stage.scene.add_record(RecordKind::Company, "Hooli");
    for (record, name) in [(stage.record.clone(), "Pied Piper"), (second.clone(), "Old name")] {
        put(&stage, &format!("/Entreprises/{} {name}/a.txt", number(&stage, &record)), b"a");
    }
    put(&stage, "/Entreprises/Of nobody 31/a.txt", b"a");
    let (folders, ids) = (old_folders(&stage), vec![stage.record.id.clone(), second.id.clone()]);
    let looking = async move { folders.of(RecordKind::Company, &ids, None).await.unwrap() };
    let mut all = stage.scene.executor.block_on(looking);
    all.sort();
    let mut expected: Vec<String> = vec![stage.record.id.clone(), second.id];
    expected.sort();
    assert_eq!(all.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), expected);
}
