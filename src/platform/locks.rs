//! Web Locks: one holder at a time over all tabs of the origin. The browser frees what a dead tab held.

use super::{sure, thrown, window};
use js_sys::{Array, Function, Promise, Reflect};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Web Locks: `web-sys` has them among its unstable interfaces alone.
    type LockManager;
    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, callback: &Function) -> Promise;
}

/// All names begin so: the page has locks of its own.
const PREFIX: &str = "teamleader-dropbox/";

thread_local! {
    /// The ways to free what this page holds, by ticket.
    static HELD: RefCell<Vec<(u32, Function)>> = const { RefCell::new(Vec::new()) };
    static NEXT_TICKET: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// Frees the lock when dropped.
pub struct Held(u32);

impl Drop for Held {
    fn drop(&mut self) {
        let release = HELD.with_borrow_mut(|held| {
            let index = held.iter().position(|(ticket, _)| *ticket == self.0)?;
            Some(held.swap_remove(index).1)
        });
        if let Some(release) = release {
            let _: Result<JsValue, JsValue> = release.call0(&JsValue::NULL);
        }
    }
}

/// Frees all locks of this page. Also after a trap, wherever that was.
pub fn release_all() {
    let held = HELD.with(|held| held.try_borrow_mut().map(|mut held| std::mem::take(&mut *held)));
    for (_, release) in held.unwrap_or_default() {
        let _: Result<JsValue, JsValue> = release.call0(&JsValue::NULL);
    }
}

/// Waits for the named lock.
pub(super) async fn hold(name: &str) -> Held {
    let (held, granted) = ask_for(name);
    if let Err(error) = JsFuture::from(granted).await {
        // The page is being closed, or may not store anything. Without the lock the work must not be done.
        web_sys::console::warn_1(&["No lock: ", &thrown(&error)].concat().into());
        std::future::pending::<()>().await;
    }
    held
}

/// The lock to be, and the promise of it. Dropped, it is given back even before it was granted.
fn ask_for(name: &str) -> (Held, Promise) {
    let ticket = NEXT_TICKET.replace(NEXT_TICKET.get().wrapping_add(1));
    let mut let_go: Option<Function> = None;
    let until_released = Promise::new(&mut |resolve, _| let_go = Some(resolve));
    let release = let_go.expect("`Promise::new` runs its closure at once");
    HELD.with_borrow_mut(|held| held.push((ticket, release)));
    let mut request = JsValue::UNDEFINED;
    let granted = Promise::new(&mut |granted, _| {
        let until_released = until_released.clone();
        let callback = Closure::<dyn FnMut() -> Promise>::new(move || {
            let _: Result<JsValue, JsValue> = granted.call0(&JsValue::NULL);
            until_released.clone()
        });
        let callback = callback.into_js_value();
        request = manager().request(&(PREFIX.to_owned() + name), callback.unchecked_ref()).into();
    });
    // The request itself ends when the lock is given back, or when it is refused.
    (Held(ticket), Promise::race(&Array::of2(&granted, &request)))
}

fn manager() -> LockManager {
    let locks = Reflect::get(&window().navigator(), &"locks".into());
    sure(locks, "`missing` was asked before").unchecked_into()
}
