//! The log for support, as a file that the browser saves.

use super::contract::RecordRef;
use super::App;
use crate::panel::{support_log, Snapshot};
use crate::percent::percent_encode;
use crate::platform::window;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

const NAME: &str = "teamleader-dropbox-log.txt";

impl App {
    /// Saves what happened, without names.
    pub(super) fn save_log(&self, own: Option<&RecordRef>) {
        let record = own.and_then(|own| self.status_of(&own.record));
        let text = support_log(&Snapshot { record, ..self.snapshot() });
        // A browser that refuses to save says so itself.
        let _: Result<(), JsValue> = save(&text);
    }
}

fn save(text: &str) -> Result<(), JsValue> {
    let document = window().document().expect("the plugin runs in a page");
    let anchor = document.create_element("a")?;
    let address = ["data:text/plain;charset=utf-8,", &percent_encode(text)].concat();
    anchor.set_attribute("href", &address)?;
    anchor.set_attribute("download", NAME)?;
    anchor.unchecked_into::<HtmlElement>().click();
    Ok(())
}
