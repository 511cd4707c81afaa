//! What `www/plugin.js` calls: the module's exports. No logic.

use crate::app::contract::{plain, Host, Options, RecordRef};
use crate::app::App;
use crate::json::Read;
use crate::platform;
use futures_util::future::LocalBoxFuture;
use js_sys::Promise;
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

thread_local! {
    /// The one plugin of this page.
    static APP: RefCell<Option<Rc<App>>> = const { RefCell::new(None) };
}

/// Boxed, so that the module holds the making of a promise once.
fn promise(work: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    let work: LocalBoxFuture<'static, Result<JsValue, JsValue>> = Box::pin(work);
    future_to_promise(work)
}

fn app() -> Result<Rc<App>, JsValue> {
    APP.with_borrow(Clone::clone).ok_or_else(|| JsError::new("the plugin is not started").into())
}

/// Starts the plugin. `options` are the host's plain values as JSON, `host` its functions.
#[wasm_bindgen]
pub fn start(options: &str, host: Host) -> Promise {
    let options = Box::<Options>::read_text(options);
    promise(async move {
        let options = options.ok_or_else(|| JsError::new("the host's values lack some"))?;
        APP.set(Some(App::start(options, host).await?));
        Ok(JsValue::UNDEFINED)
    })
}

/// The page saw that this instance trapped (a panic, or memory or stack ran out): nothing leaves it any more. To be called
/// once, and nothing after it.
#[wasm_bindgen]
pub fn poison() {
    platform::die();
}

/// One cycle over all linked records; joins the one that runs. Resolves to a `SyncReport`.
#[wasm_bindgen]
pub fn sync() -> Promise {
    promise(async {
        let report = app()?.sync().await;
        Ok(plain(&report).into())
    })
}

/// A timed cycle is due in this page.
#[wasm_bindgen(js_name = isDue)]
pub fn is_due() -> bool {
    app().is_ok_and(|app| app.is_due())
}

/// Shows a record's panel in an empty element; the answer is for [`unmount`].
#[wasm_bindgen(js_name = mountDocumentsPanel)]
pub fn mount_documents_panel(root: &web_sys::Element, record: JsValue) -> Result<u32, JsValue> {
    Ok(app()?.mount_documents(root, RecordRef::read(&record)?))
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
pub fn remove() -> Promise {
    promise(async {
        if let Some(app) = APP.take() {
            app.remove().await;
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// Ends the plugin in this page. Connection, state and files stay.
#[wasm_bindgen]
pub fn stop() -> Promise {
    promise(async {
        if let Some(app) = APP.take() {
            app.stop();
        }
        Ok(JsValue::UNDEFINED)
    })
}
