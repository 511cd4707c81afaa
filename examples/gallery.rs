//! The gallery: every state of the panel and the settings, drawn from fixed snapshots without the engine.
//!
//! A module of its own, for looking and for checking: the shipped one knows nothing of it.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, reason = "its exports are called from one page")]

#[path = "../tests/panel/scenes.rs"]
mod scenes;

use scenes::{scenes, Shows};
use std::cell::RefCell;
use std::rc::Rc;
use teamleader_dropbox::panel::view::{Panel, Words};
use teamleader_dropbox::panel::Action;
use wasm_bindgen::prelude::*;

thread_local! {
    static MOUNTED: RefCell<Vec<Panel>> = const { RefCell::new(Vec::new()) };
}

/// The names of all states.
#[wasm_bindgen(js_name = sceneNames)]
pub fn scene_names() -> Vec<String> {
    scenes().iter().map(|scene| scene.name.to_owned()).collect()
}

/// Mounts a panel for a state; the answer is its number for [`show`]. `on_action` hears what is asked for.
#[wasm_bindgen]
pub fn mount(
    root: &web_sys::Element,
    scene: &str,
    translations: &str,
    locale: &str,
    on_action: js_sys::Function,
) -> Result<usize, JsValue> {
    let words = Words::new(translations, locale, "https://www.dropbox.com".into())
        .map_err(|_| JsValue::from_str("no words, or no Intl formats"))?;
    let words = Rc::new(words);
    let act: Box<dyn Fn(&Action)> = Box::new(move |action| {
        let _ = on_action.call1(&JsValue::NULL, &format!("{action:?}").into());
    });
    if !scenes().iter().any(|found| found.name == scene) {
        return Err("no such scene".into());
    }
    let panel = Panel::mount(root, words, act);
    let number = MOUNTED.with_borrow_mut(|all| {
        all.push(panel);
        all.len() - 1
    });
    show(number, scene);
    Ok(number)
}

/// Shows a state in a panel that is there, as after a change.
#[wasm_bindgen]
pub fn show(number: usize, scene: &str) {
    let Some(found) = scenes().into_iter().find(|found| found.name == scene) else {
        return;
    };
    MOUNTED.with_borrow(|all| match &found.shows {
        Shows::Panel(snapshot) => all[number].show(snapshot.clone(), None),
        Shows::Settings(snapshot, settings) => {
            all[number].show(snapshot.clone(), Some(settings.clone()))
        }
    });
}

/// Draws a copy of 500 documents, one document after the other; the answer is the time each drawing took (ms).
#[wasm_bindgen(js_name = copyFiveHundred)]
pub fn copy_five_hundred(number: usize) -> Vec<f64> {
    let found = scenes().into_iter().find(|scene| scene.name == "up-to-date-500");
    let Some(Shows::Panel(mut snapshot)) = found.map(|scene| scene.shows) else {
        return Vec::new();
    };
    Rc::make_mut(&mut snapshot.status).running = true;
    let mut times = Vec::new();
    for done in 0..500_u32 {
        if let Some(status) = &mut snapshot.record {
            let status = Rc::make_mut(status);
            status.state = sync_core::RecordState::Working;
            status.settled_ms = None;
            for (at, item) in status.items.iter_mut().enumerate() {
                let here = at < done as usize;
                item.mark = if here { sync_core::Mark::Both } else { sync_core::Mark::OnItsWay };
            }
            status.progress = Some(sync_core::Progress {
                done_count: done,
                total_count: 500,
                done_bytes: u64::from(done) * 100_000,
                total_bytes: 50_000_000,
                current: Some(format!("IMG_{done:04}.jpg")),
                started_ms: snapshot.now_ms.saturating_sub(60_000),
            });
        }
        snapshot.now_ms += 400;
        let begun = js_sys::Date::now();
        MOUNTED.with_borrow(|all| all[number].show(snapshot.clone(), None));
        times.push(js_sys::Date::now() - begun);
    }
    times
}
