//! Text between the tabs of one origin, through `BroadcastChannel`.

use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, Event, MessageEvent};

/// An open channel; closed when dropped. A tab does not hear itself.
#[derive(Debug)]
pub struct Channel {
    inner: BroadcastChannel,
    _listener: Closure<dyn FnMut(Event)>,
}

impl Channel {
    /// Opens it; `hear` is called with each text that another tab says.
    pub fn open(name: &str, hear: Box<dyn Fn(String)>) -> Result<Self, JsValue> {
        let inner = BroadcastChannel::new(name)?;
        let listener = Closure::new(move |event: Event| {
            if let Some(text) = event.unchecked_ref::<MessageEvent>().data().as_string() {
                hear(text);
            }
        });
        inner.add_event_listener_with_callback("message", listener.as_ref().unchecked_ref())?;
        Ok(Self { inner, _listener: listener })
    }

    /// Says it to all other tabs.
    pub fn say(&self, text: &str) {
        if !super::is_dead() {
            let _: Result<(), JsValue> = self.inner.post_message(&text.into());
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        // Nothing is heard from then on, not even what was said before.
        self.inner.close();
    }
}
