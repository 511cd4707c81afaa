//! The panel's icons as elements: lines on a square of 16, in the colour of the text around them.

use super::node::{el, Element};

/// Done, all is well.
pub const CHECK: &str = "M3.5 8.5l3 3 6-7";
/// Worth a look.
pub const NOTICE: &str = "M8 5.2v3.6M8 11v.1M7.1 2.5L1.6 12.1c-.4.7.1 1.6.9 1.6h11c.8 0 1.3-.9.9-1.6L8.9 2.5c-.4-.7-1.4-.7-1.8 0z";
/// A person has to do something.
pub const TROUBLE: &str = "M8 4.8v3.9M8 11v.1M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8z";
/// Leads out of the CRM.
pub const OUT: &str =
    "M9.5 2.5h4v4M13.2 2.8L7.5 8.5M6.5 3.5h-3a1 1 0 00-1 1v8a1 1 0 001 1h8a1 1 0 001-1v-3";
/// Again.
pub const SYNC: &str =
    "M13 3v3.2H9.8M3 13V9.8h3.2M12.7 6.2A5.2 5.2 0 003.6 5M3.3 9.8a5.2 5.2 0 009.1 1.2";
/// Only in the CRM.
pub const CRM_ONLY: &str = "M2.5 3.5h11v7.5h-11zM5.5 13.5h5M8 11v2.5";
/// Only in Dropbox.
pub const DROPBOX_ONLY: &str = "M4.6 12.5h6.6a2.8 2.8 0 00.6-5.53A4 4 0 004.1 6.6a3 3 0 00.5 5.9z";
/// Both versions were kept.
pub const CONFLICT: &str = "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3";
/// Refused.
pub const REFUSED: &str = "M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 008 1.8zM3.7 3.7l8.6 8.6";
/// Opens and closes a part.
pub const CHEVRON: &str = "M6 3.5L10.5 8 6 12.5";
/// Nothing has happened yet.
pub const LINK: &str = "M6.8 9.2a2.6 2.6 0 003.7 0l2.2-2.2a2.6 2.6 0 00-3.7-3.7l-.7.700M9.2 6.8a2.6 2.6 0 00-3.7 0L3.3 9a2.6 2.6 0 003.7 3.7l.7-.7";

/// Dropbox's glyph, on a square of 24.
const DROPBOX: &str = "M7.06 2L2 5.23l5.06 3.22 5.06-3.22zm10.11 0l-5.05 3.23 5.05 3.22 5.06-3.22zM2 11.68l5.06 3.22 5.06-3.22-5.06-3.23zm15.17-3.23l-5.05 3.23 5.05 3.22 5.06-3.22zM7.06 15.98l5.06 3.22 5.05-3.22-5.05-3.23z";

/// An icon that repeats what stands in words beside it.
pub fn icon(path: &'static str) -> Box<Element> {
    square("icon", "0 0 16 16", path)
}

/// Dropbox's glyph, which stands beside its name.
pub fn dropbox() -> Box<Element> {
    square("glyph", "0 0 24 22", DROPBOX)
}

fn square(class: &'static str, view_box: &'static str, path: &'static str) -> Box<Element> {
    let shape = el("path").attr("d", path);
    el("svg")
        .class(class)
        .attr("viewBox", view_box)
        .attr("aria-hidden", "true")
        .attr("focusable", "false")
        .child(shape)
}
