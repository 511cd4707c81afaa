//! What every state shows, whatever it is: names, links, roles.

use crate::html::{attribute, drawn, elements, said, text, words};
use crate::scenes::{scenes, Scene, Shows};
use std::collections::BTreeSet;
use std::rc::Rc;
use teamleader_dropbox::panel::local::Local;
use teamleader_dropbox::panel::node::Element;
use teamleader_dropbox::panel::view_of;

/// Each screen there is; the compiler does not list them. The one of an instance that died is `plugin.js`'s own.
const SCREENS: [&str; 19] = [
    "not-connected",
    "connecting",
    "connect-failed",
    "not-linked",
    "old-folder",
    "waiting",
    "first-copy",
    "syncing",
    "up-to-date",
    "offline",
    "part-failed",
    "conflict",
    "guard",
    "frozen",
    "one-way",
    "folder-removed",
    "interrupted",
    "revoked",
    "wrong-account",
];

fn scene(name: &str) -> Scene {
    scenes().into_iter().find(|scene| scene.name == name).expect("a scene of that name")
}

fn english(name: &str) -> Box<Element> {
    drawn(&scene(name), &words("en"), &Local::default())
}

/// Texts of all elements with this tag, or with this role.
fn texts_of(root: &Element, tag_or_role: &str) -> Vec<String> {
    let all = elements(root).into_iter().filter(|element| {
        element.tag == tag_or_role || attribute(element, "role") == Some(tag_or_role)
    });
    all.map(text).collect()
}

#[test]
fn the_gallery_holds_every_screen() {
    let shown: BTreeSet<&str> = scenes()
        .iter()
        .filter_map(|scene| match &scene.shows {
            Shows::Panel(snapshot) => Some(view_of(snapshot).screen.word()),
            Shows::Settings(..) => None,
        })
        .collect();
    assert_eq!(shown, SCREENS.into_iter().collect());
}

#[test]
fn every_screen_is_reached_by_a_cause_in_an_end_to_end_test() {
    let folder = format!("{}/tests/e2e", env!("CARGO_MANIFEST_DIR"));
    let mut tests = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy();
        // The gallery draws states; it does not bring them about.
        if name.ends_with(".test.mjs") && name != "gallery.test.mjs" {
            tests.push_str(&std::fs::read_to_string(&file).unwrap());
        }
    }
    let missing = SCREENS.into_iter().filter(|screen| !tests.contains(&format!("\"{screen}\"")));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn the_names_a_person_looks_for_are_there() {
    let unconnected = english("not-connected");
    assert_eq!(texts_of(&unconnected, "button"), ["Connect Dropbox"]);
    assert_eq!(texts_of(&unconnected, "a"), ["Open a free account"]);
    assert_eq!(texts_of(&english("not-linked"), "button"), ["Sync to Dropbox"]);
    assert_eq!(texts_of(&english("up-to-date"), "status"), ["12 documents in Dropbox · just now"]);
    assert_eq!(texts_of(&english("up-to-date"), "a")[0], "Open in Dropbox");
    assert_eq!(texts_of(&english("part-failed"), "button")[0], "Try again");
    let copying = english("first-copy");
    assert_eq!(texts_of(&copying, "button")[0], "Cancel");
    let bar = texts_of(&copying, "progressbar").remove(0);
    assert!(bar.contains("5 of 12 documents") && bar.contains("Site plan, revision C"), "{bar}");
}

#[test]
fn every_state_that_needs_a_person_has_a_button_or_a_link() {
    for scene in scenes() {
        let Shows::Panel(snapshot) = &scene.shows else { continue };
        let screen = view_of(snapshot).screen.word();
        // The network and the turn come by themselves.
        if !["offline", "waiting"].contains(&screen) {
            let panel = drawn(&scene, &words("en"), &Local::default());
            assert!(!texts_of(&panel, "button").is_empty(), "{}", scene.name);
        }
        assert!(!said(&drawn(&scene, &words("en"), &Local::default())).is_empty());
    }
}

#[test]
fn links_lead_to_dropbox_alone_and_give_nothing_away() {
    let mut count = 0;
    for scene in scenes() {
        for element in elements(&drawn(&scene, &words("en"), &Local::default())) {
            if element.tag != "a" {
                continue;
            }
            let href = attribute(element, "href").unwrap();
            assert!(href.starts_with("https://www.dropbox.com/"), "{}: {href}", scene.name);
            assert_eq!(attribute(element, "rel"), Some("noopener noreferrer"));
            assert_eq!(attribute(element, "target"), Some("_blank"));
            count += 1;
        }
    }
    assert!(count > 100, "{count} links");
}

#[test]
fn a_path_is_encoded_component_by_component() {
    let panel = english("up-to-date");
    let hrefs: Vec<&str> =
        elements(&panel).into_iter().filter_map(|element| attribute(element, "href")).collect();
    let folder = "https://www.dropbox.com/home/Apps/Teamleader%20CRM/Companies/Bakkerij%20De%20Smet/a7b1c2d3";
    assert_eq!(hrefs[0], folder);
    assert!(hrefs.contains(&format!("{folder}/Photo%20of%20the%20fa%C3%A7ade.jpg").as_str()));
}

#[test]
fn no_link_is_made_for_an_address_that_is_not_safe() {
    for www in [
        "javascript:alert(1)//",
        "http://www.dropbox.com",
        "http://localhost:7@x.example",
        "http://localhost7",
    ] {
        let words = teamleader_dropbox::panel::words::Words { www: www.into(), ..words("en") };
        let panel = drawn(&scene("up-to-date"), &words, &Local::default());
        assert!(elements(&panel).iter().all(|element| element.tag != "a"), "{www}");
    }
    for www in ["https://www.dropbox.com", "http://localhost:7410", "http://127.0.0.1:7410"] {
        let words = teamleader_dropbox::panel::words::Words { www: www.into(), ..words("en") };
        let panel = drawn(&scene("up-to-date"), &words, &Local::default());
        assert!(elements(&panel).iter().any(|element| element.tag == "a"), "{www}");
    }
}

#[test]
fn n9_hostile_names_are_seen_and_not_obeyed() {
    let panel = english("up-to-date-hostile-names");
    let names: Vec<String> = texts_of(&panel, "bdi");
    assert!(names.contains(&"<img src=x onerror=alert(1)>.pdf".into()), "{names:?}");
    assert!(names.contains(&"invoice\u{fffd}fdp.exe".into()), "{names:?}");
    assert!(names.contains(&"two\u{240a}lines.txt".into()), "{names:?}");
    assert!(!text(&panel).contains(['\u{202e}', '\n']), "{}", text(&panel));
}

#[test]
fn a_name_with_braces_is_a_name() {
    use teamleader_dropbox::panel::{Arg, Text};
    let words = words("en");
    let args = vec![("name", Arg::Name("{copy}.pdf".into())), ("copy", Arg::Name("b.pdf".into()))];
    let said = words.say(&Text { key: teamleader_dropbox::key!("did_keep_both"), args });
    assert_eq!(said, "{copy}.pdf was edited on both sides; Dropbox's version is kept as b.pdf");
}

#[test]
fn siblings_never_share_a_key() {
    for scene in scenes() {
        for element in elements(&drawn(&scene, &words("en"), &Local::default())) {
            let mut keys = BTreeSet::new();
            for child in &element.children {
                if let teamleader_dropbox::panel::node::Node::Element(child) = child {
                    if let Some(key) = &child.key {
                        assert!(keys.insert((child.tag, key)), "{}: {key} twice", scene.name);
                    }
                }
            }
        }
    }
}

#[test]
fn a_long_list_is_drawn_again_only_when_it_changed() {
    use teamleader_dropbox::panel::markup::documents_panel;
    let Shows::Panel(snapshot) = scene("up-to-date-500").shows else { unreachable!() };
    let words = words("en");
    let mut view = view_of(&snapshot);
    let (mut seen, local) = (None, Local::default());
    let mut kept = |view: &_, local: &Local| {
        let panel = documents_panel(view, &words, local, snapshot.now_ms, &mut seen);
        let folds: Vec<bool> = elements(&panel)
            .into_iter()
            .filter(|element| element.tag == "details")
            .map(|element| element.keep)
            .collect();
        folds
    };
    assert_eq!(kept(&view, &local), [false, false]);
    assert_eq!(kept(&view, &local), [true, true]);
    Rc::make_mut(view.record.as_mut().unwrap()).items[0].place.name.push('x');
    assert_eq!(kept(&view, &local), [false, true]);
    let more = Local { documents_shown: 250, ..Local::default() };
    assert_eq!(kept(&view, &more), [false, true]);
}
