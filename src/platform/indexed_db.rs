//! The store: rows of text (as UTF-8 bytes) by key, and the device's key, in IndexedDB.
//!
//! Written against the browser directly: the wrappers that are kept up bring an async runtime into the module, for
//! four calls. Schema of the database: version 1, object stores `rows` and `keys`, keys outside the values. What is
//! inside a row has its own version.

use super::bytes::{give_back, taken};
use super::sure;
use crate::ports::{Row, StoreError};
use futures_util::FutureExt;
use js_sys::{Array, Function, Promise, Uint8Array};
use std::future::Future;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Event, EventTarget, IdbDatabase, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction,
    IdbTransactionMode,
};

const NAME: &str = "teamleader-dropbox";
const VERSION: u32 = 1;
const ROWS: &str = "rows";
const KEYS: &str = "keys";
/// So much text is handed over in one task.
const AT_ONCE_BYTES: usize = 128 * 1024;

/// An open database.
#[derive(Clone, Debug)]
pub struct Database {
    inner: IdbDatabase,
}

impl Database {
    /// Opens it, and makes it at the first time. What fails, fails with what the browser threw.
    pub async fn open() -> Result<Self, JsValue> {
        let inner: IdbDatabase = result(ask_to_open()?).await?.unchecked_into();
        // A newer version in another tab must not wait for this page to close.
        let closing = inner.clone();
        let close = Closure::<dyn FnMut(Event)>::new(move |_event| closing.close()).into_js_value();
        on(&inner, "versionchange", close.unchecked_ref());
        Ok(Self { inner })
    }

    /// A store, in a transaction of its own.
    fn store(&self, name: &str, mode: IdbTransactionMode) -> Result<IdbObjectStore, JsValue> {
        self.inner.transaction_with_str_and_mode(name, mode)?.object_store(name)
    }

    /// The text under a key.
    pub(super) async fn load(&self, key: &str) -> Result<Option<String>, StoreError> {
        let store = self.store(ROWS, IdbTransactionMode::Readonly)?;
        Ok(text(result(store.get(&key.into())?).await?))
    }

    /// All keys that begin so, in order.
    pub(super) async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let keys: Array = result(self.ask_for_keys(prefix)?).await?.unchecked_into();
        let mut texts = Vec::new();
        for key in keys.iter() {
            if let Some(text) = key.as_string() {
                texts.push(text);
            }
        }
        Ok(texts)
    }

    fn ask_for_keys(&self, prefix: &str) -> Result<IdbRequest, JsValue> {
        // Our keys are ASCII: none of them comes after the prefix and this character.
        let end = prefix.to_owned() + "\u{ffff}";
        let range = IdbKeyRange::bound(&prefix.into(), &end.into())?;
        self.store(ROWS, IdbTransactionMode::Readonly)?.get_all_keys_with_key(&range)
    }

    /// All of it, on disk, or nothing.
    pub(super) async fn save(
        &self,
        next: &mut dyn FnMut() -> Option<Row>,
    ) -> Result<(), StoreError> {
        super::only_alive().await;
        let mut row = next();
        if row.is_none() {
            return Ok(());
        }
        let store = self.store(ROWS, IdbTransactionMode::Readwrite)?;
        let transaction = store.transaction();
        let give_up = |_| {
            let _: Result<(), JsValue> = transaction.abort();
            StoreError
        };
        let mut at_once = 0;
        while let Some((key, text)) = row {
            at_once += text.as_ref().map_or(0, String::len);
            let asked = match text {
                Some(text) => put(&store, &key, &text),
                None => store.delete(&key.into()),
            };
            let asked = asked.map_err(give_up)?;
            // The page goes on meanwhile. The transaction stays open: the next row follows in the very callback.
            if at_once >= AT_ONCE_BYTES {
                at_once = 0;
                result(asked).await.map_err(give_up)?;
                if super::is_dead() {
                    give_up(JsValue::NULL);
                }
                super::only_alive().await;
            }
            row = next();
        }
        completed(&transaction).await
    }

    /// The `CryptoKey` that was kept by that name; where there is none, `new` is kept, unless it is `undefined`, too.
    pub(super) async fn key(&self, name: &str, new: &JsValue) -> Result<JsValue, StoreError> {
        let mode = match new.is_undefined() {
            true => IdbTransactionMode::Readonly,
            false => IdbTransactionMode::Readwrite,
        };
        let store = self.store(KEYS, mode)?;
        let present = result(store.get(&name.into())?).await?;
        if !present.is_undefined() || new.is_undefined() {
            return Ok(present);
        }
        store.put_with_key(new, &name.into())?;
        completed(&store.transaction()).await?;
        Ok(new.clone())
    }
}

fn ask_to_open() -> Result<IdbRequest, JsValue> {
    let factory = super::window().indexed_db()?.expect("`missing` was asked before");
    let request = factory.open_with_u32(NAME, VERSION)?;
    let opening = request.clone();
    let upgrade = Closure::<dyn FnMut(Event)>::new(move |_event| {
        let Ok(database) = opening.result() else { return };
        let database: IdbDatabase = database.unchecked_into();
        for store in [ROWS, KEYS] {
            let _: Result<IdbObjectStore, JsValue> = database.create_object_store(store);
        }
    });
    on(&request, "upgradeneeded", upgrade.into_js_value().unchecked_ref());
    Ok(request.into())
}

/// Bytes, not a string: the store keeps a copy, and the page's own is given back before the next row.
fn put(store: &IdbObjectStore, key: &str, text: &str) -> Result<IdbRequest, JsValue> {
    let bytes = Uint8Array::from(text.as_bytes());
    let asked = store.put_with_key(&bytes, &key.into());
    give_back(&bytes.buffer());
    asked
}

/// A row's text; `None` where there is none. Versions before wrote strings.
fn text(row: JsValue) -> Option<String> {
    match row.dyn_into::<Uint8Array>() {
        Ok(bytes) => String::from_utf8(taken(&bytes.buffer())).ok(),
        Err(row) => row.as_string(),
    }
}

/// Has this called when that happens.
fn on(target: &EventTarget, event: &str, run: &Function) {
    let listening = target.add_event_listener_with_callback(event, run);
    sure(listening, "it is a function");
}

/// The result of a request. Its handlers are set at once, before the page can go on.
fn result(request: IdbRequest) -> impl Future<Output = Result<JsValue, JsValue>> {
    let done = Promise::new(&mut |resolve, reject| {
        on(&request, "success", &resolve);
        on(&request, "error", &reject);
    });
    JsFuture::from(done).map(move |done| match done {
        Ok(_) => request.result(),
        Err(_) => Err(request.error()?.map_or(JsValue::NULL, JsValue::from)),
    })
}

/// Waits until the transaction is on disk.
fn completed(transaction: &IdbTransaction) -> impl Future<Output = Result<(), StoreError>> {
    let ended = Promise::new(&mut |resolve, reject| {
        on(transaction, "complete", &resolve);
        // Every error ends in an abort; so does a full disk, without an error before.
        on(transaction, "abort", &reject);
    });
    JsFuture::from(ended).map(|ended| match ended {
        Ok(_) => Ok(()),
        Err(_) => Err(StoreError),
    })
}
