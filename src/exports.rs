//! What `www/plugin.js` calls: the module's exports, and the hook for a panic. No logic.

use crate::app::contract::{Host, Options, RecordRef};
use crate::app::App;
use crate::platform;
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

thread_local! {
    /// The one plugin of this page.
    static APP: RefCell<Option<Rc<App>>> = const { RefCell::new(None) };
}

fn app() -> Result<Rc<App>, JsValue> {
    APP.with_borrow(Clone::clone).ok_or_else(|| JsError::new("the plugin is not started").into())
}

/// Starts the plugin. `options` are the host's plain values, `host` its functions; `crashed` is called once, without
/// arguments, if the instance panics: it must not be called again afterwards.
#[wasm_bindgen]
pub async fn start(options: JsValue, host: Host, crashed: js_sys::Function) -> Result<(), JsValue> {
    std::panic::set_hook(Box::new(move |info| {
        if platform::is_dead() {
            return;
        }
        platform::die();
        // Where, and nothing of what was being worked on.
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        web_sys::console::error_1(&format!("The Dropbox plugin stopped at {place}.").into());
        let _: Result<JsValue, JsValue> = crashed.call0(&JsValue::NULL);
    }));
    let options: Options = serde_wasm_bindgen::from_value(options)
        .map_err(|error| JsError::new(&format!("the host's values: {error}")))?;
    let app = App::start(options, host).await?;
    APP.set(Some(app));
    Ok(())
}

/// One cycle over all linked records; joins the one that runs. Resolves to a `SyncReport`.
#[wasm_bindgen]
pub async fn sync() -> Result<JsValue, JsValue> {
    let report = app()?.run_sync().await;
    Ok(report.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// A timed cycle is due in this page.
#[wasm_bindgen(js_name = isDue)]
pub fn is_due() -> bool {
    app().is_ok_and(|app| app.is_due())
}

/// Shows a record's panel in an empty element; the answer is for [`unmount`].
#[wasm_bindgen(js_name = mountDocumentsPanel)]
pub fn mount_documents_panel(root: &web_sys::Element, record: JsValue) -> Result<u32, JsValue> {
    Ok(app()?.mount_documents(root, RecordRef::read(record)?))
}

/// Shows the settings in an empty element; the answer is for [`unmount`].
#[wasm_bindgen(js_name = mountSettings)]
pub fn mount_settings(root: &web_sys::Element) -> Result<u32, JsValue> {
    Ok(app()?.mount_settings(root))
}

/// Takes away what was mounted.
#[wasm_bindgen]
pub fn unmount(panel: u32) {
    if let Ok(app) = app() {
        app.unmount(panel);
    }
}

/// The page was shown or hidden, or the network came or went.
#[wasm_bindgen(js_name = pageChanged)]
pub fn page_changed() {
    if let Ok(app) = app() {
        app.page_changed();
    }
}

/// Ends the connection, wherever the lead is, then the plugin in this page. Files stay.
#[wasm_bindgen]
pub async fn remove() {
    if let Some(app) = APP.take() {
        app.remove().await;
    }
}

/// Ends the plugin in this page. Connection, state and files stay.
#[wasm_bindgen]
pub async fn stop() {
    if let Some(app) = APP.take() {
        app.stop().await;
    }
}
