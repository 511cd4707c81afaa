//! The log for support names nobody and nothing.

use crate::scenes::{scenes, settled, Shows};
use teamleader_dropbox::panel::support_log;

/// Names, addresses, paths and ids that stand in the scenes.
const PRIVATE: [&str; 16] = [
    "Anna",
    "example.com",
    "Bakkerij",
    "Hoffmann",
    "Ströbele",
    "Offer",
    "Price list",
    "Invoice",
    ".pdf",
    ".docx",
    ".dwg",
    "Plans",
    "/Companies",
    "a7b1c2d3",
    "id:",
    "conflicted copy",
];

#[test]
fn no_name_path_address_or_id_stands_in_the_log() {
    let mut logs = 0;
    for scene in scenes() {
        let (Shows::Panel(snapshot) | Shows::Settings(snapshot, _)) = &scene.shows;
        let log = support_log(snapshot);
        for private in PRIVATE {
            assert!(!log.contains(private), "{}: `{private}` in\n{log}", scene.name);
        }
        logs += 1;
    }
    assert!(logs > 30, "{logs} logs");
}

#[test]
fn the_log_tells_everything_that_happened() {
    let snapshot = settled();
    let log = support_log(&snapshot);
    let happened = snapshot.record.unwrap().activity.len();
    assert!(happened >= 16 && log.lines().count() > happened, "{log}");
    for word in ["CopiedToCrm", "KeptBoth", "MovedInCrm", "Refused", "Linked"] {
        assert!(log.contains(word), "{word} is not in\n{log}");
    }
}
