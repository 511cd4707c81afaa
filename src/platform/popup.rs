//! The window of a sign-in.

use super::window;
use js_sys::Reflect;
use sync_core::decimal;
use wasm_bindgen::prelude::*;
use web_sys::Window;

/// Of the window (CSS pixels).
const WIDTH: i32 = 600;
const HEIGHT: i32 = 720;

/// Left of and above the first screen, numbers are below zero.
fn signed(number: i32) -> String {
    [if number < 0 { "-" } else { "" }, &decimal(number.unsigned_abs())].concat()
}

/// An open window of ours.
#[derive(Debug)]
pub struct Popup {
    inner: Window,
}

impl Popup {
    /// Opens an empty window. `None`: the browser blocks it. Call inside a click.
    pub fn open() -> Option<Self> {
        let opener = window();
        #[allow(clippy::cast_possible_truncation, reason = "pixels of a screen; a cast saturates")]
        let number = |name: &str| {
            let value = Reflect::get(&opener, &name.into()).ok();
            value.and_then(|value| value.as_f64()).unwrap_or(0.0) as i32
        };
        let left = number("screenX") + (number("outerWidth") - WIDTH) / 2;
        let top = number("screenY") + (number("outerHeight") - HEIGHT) / 2;
        let features = [
            "popup,width=",
            &signed(WIDTH),
            ",height=",
            &signed(HEIGHT),
            ",left=",
            &signed(left),
            ",top=",
            &signed(top),
        ]
        .concat();
        let inner =
            opener.open_with_url_and_target_and_features("", "_blank", &features).ok()??;
        Some(Self { inner })
    }

    /// Leads it to an address.
    pub fn go(&self, url: &str) {
        let _: Result<(), JsValue> = self.inner.location().replace(url);
    }

    /// It is gone, or says so: a page that severs itself from its opener looks closed and is not.
    pub fn looks_closed(&self) -> bool {
        self.inner.closed().unwrap_or(true)
    }

    /// Closes it.
    pub fn close(&self) {
        let _: Result<(), JsValue> = self.inner.close();
    }
}
