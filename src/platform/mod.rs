//! The browser: requests, hashes, storage, locks, time, windows, messages between tabs. wasm32 only.
//!
//! Implements [`crate::ports`]; knows nothing of records, documents and sync. Here a `JsValue` ends.

mod bytes;
mod channel;
mod clock;
mod crypto;
mod fetch;
mod indexed_db;
mod locks;
mod popup;
mod ports;

pub use channel::Channel;
pub use clock::{now_ms, sleep};
pub use indexed_db::Database;
pub use locks::release_all;
pub use popup::Popup;
pub use ports::{BrowserPorts, TokenSource};

use crate::json::{Object, Value, Write};
use crate::ports::{StoreError, TransportError};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use std::cell::Cell;
use std::future::{poll_fn, Future};
use std::task::Poll;
use wasm_bindgen::prelude::*;

thread_local! {
    /// The instance trapped: nothing leaves it any more.
    static DEAD: Cell<bool> = const { Cell::new(false) };
}

/// The instance trapped: no request, no write and no message from now on; locks go to other tabs.
pub fn die() {
    DEAD.set(true);
    release_all();
}

/// The instance trapped.
pub fn is_dead() -> bool {
    DEAD.get()
}

/// Never returns in an instance that trapped: half a state must not be acted upon.
fn only_alive() -> impl Future<Output = ()> {
    poll_fn(|_| if is_dead() { Poll::Pending } else { Poll::Ready(()) })
}

/// Why the store failed makes no difference to anybody.
impl From<JsValue> for StoreError {
    fn from(_: JsValue) -> Self {
        Self
    }
}

/// The browser says of a failure only that there was one: no connection, refused by CORS, or broken off.
impl From<JsValue> for TransportError {
    fn from(_: JsValue) -> Self {
        Self
    }
}

/// Begins work that nobody waits for. Boxed, so that the module holds the running of a task once.
pub fn spawn(work: impl Future<Output = ()> + 'static) {
    let work: LocalBoxFuture<'static, ()> = Box::pin(work);
    wasm_bindgen_futures::spawn_local(work);
}

/// What the plugin needs of the browser and does not find, by its name; `None` when all is there.
///
/// Missing where a page is no secure context (plain http on another host), or storage is switched off.
pub fn missing() -> Option<&'static str> {
    ["window", "crypto.subtle", "indexedDB", "navigator.locks", "BroadcastChannel"]
        .into_iter()
        .find(|path| !is_there(path))
}

/// The page has it. What may not be asked for is not there.
fn is_there(path: &str) -> bool {
    let mut value: JsValue = js_sys::global().into();
    for name in path.split('.') {
        match js_sys::Reflect::get(&value, &name.into()) {
            Ok(inner) => value = inner,
            Err(_) => return false,
        }
    }
    !value.is_falsy()
}

/// The page's window.
pub fn window() -> web_sys::Window {
    web_sys::window().expect("the plugin runs in a page")
}

/// A plain object of these fields: what crosses to the page does so by serde, as JSON would.
pub fn object(fields: &[(&str, &dyn Write)]) -> js_sys::Object {
    let value = Value::said(&Object(fields).write_text());
    let object = value.serialize(&Serializer::json_compatible()).map_err(JsValue::from);
    sure(object, "it is a plain object").unchecked_into()
}

/// What cannot fail, for the reason given. Not `expect`: that brings the debug form of a `JsValue` into the module, and
/// with it the printing of floating-point numbers.
pub fn sure<T>(result: Result<T, JsValue>, why: &str) -> T {
    match result {
        Ok(value) => value,
        Err(_) => panic!("{why}"),
    }
}

/// Name and message of whatever the browser threw. Names of errors and texts of the browser alone: no data of ours.
pub fn thrown(value: &JsValue) -> String {
    // A `DOMException` is one of them.
    match value.dyn_ref::<js_sys::Error>() {
        Some(error) => [String::from(error.name()), String::from(error.message())].join(": "),
        None => "unknown".into(),
    }
}
