//! Time and chance.

use futures_util::FutureExt;
use js_sys::{Date, Math, Promise};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use sync_core::decimal;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(run: &js_sys::Function, delay_ms: i32) -> i32;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: i32);
}

/// Milliseconds since 1970.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a date of this millennium is a whole number of milliseconds far below 2^53"
)]
pub fn now_ms() -> u64 {
    Date::now() as u64
}

/// A wait. Its timer is taken back when nobody waits any more.
struct Timer {
    id: i32,
    rings: JsFuture,
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.rings.poll_unpin(context).map(drop)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(self.id);
    }
}

/// Waits; in a hidden tab the browser may wait up to a minute longer.
pub fn sleep(duration_ms: u32) -> impl Future<Output = ()> {
    let mut id = 0;
    let promise = Promise::new(&mut |resolve, _| {
        id = set_timeout(&resolve, i32::try_from(duration_ms).unwrap_or(i32::MAX));
    });
    Timer { id, rings: JsFuture::from(promise) }
}

/// Any number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 2^32 by construction"
)]
pub(super) fn random() -> u32 {
    (Math::random() * 4_294_967_296.0) as u32
}

/// Today in the user's time zone, `YYYY-MM-DD`.
pub(super) fn today() -> String {
    let now = Date::new_0();
    let two = |number: u32| [if number < 10 { "0" } else { "" }, &decimal(number)].concat();
    [decimal(now.get_full_year()), two(now.get_month() + 1), two(now.get_date())].join("-")
}
