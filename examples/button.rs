//! An empty module that mounts one button: what a panel in WebAssembly costs before it does anything. Never shipped.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen::prelude::*;

/// Mounts the button.
#[wasm_bindgen]
pub fn mount(root: &web_sys::Element) -> Result<(), JsValue> {
    let document = root.owner_document().ok_or("an element belongs to a document")?;
    let button = document.create_element("button")?;
    button.set_text_content(Some("Sync to Dropbox"));
    root.append_child(&button)?;
    Ok(())
}
