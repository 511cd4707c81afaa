//! Names and places: how a place in the CRM is written in Dropbox and back. Pairing never decodes a name.

use crate::decimal::decimal;
use crate::effect::Place;
use crate::ids::Record;
use crate::lower::push_small;
use crate::words::{folds_to, is_plain};
use alloc::borrow::ToOwned;
use alloc::string::String;

/// Longest path component Dropbox takes, in UTF-16 units (dropbox-sdk: 255 characters a component).
const COMPONENT_MAX_UNITS: usize = 255;

/// The CRM's default folder in the languages of the product; the account's own is learned besides (K6).
const DEFAULT_FOLDERS: [&str; 12] = [
    "general",
    "algemeen",
    "allgemein",
    "général",
    "generale",
    "general files",
    "geral",
    "generelt",
    "allmänt",
    "yleinen",
    "ogólne",
    "genel",
];

/// Names that Dropbox refuses, folded.
const REFUSED_NAMES: [&str; 7] = [
    "desktop.ini",
    "thumbs.db",
    ".ds_store",
    "icon␍",
    ".dropbox",
    ".dropbox.attr",
    ".dropbox.cache",
];

/// What two places of the CRM have in common that are the same to a person: folder and name, folded.
pub type PlaceKey = (String, String);

/// What is known of the two services' taste in names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// The CRM refuses `/` inside a folder: it becomes ` - ` (K5).
    pub slash_refused: bool,
    /// This Dropbox refuses characters outside the basic plane (N2).
    pub astral_refused: bool,
    /// The account's default folder, as learned.
    pub default_folder: Option<String>,
}

impl Naming {
    /// Does this folder string mean the record's root?
    pub fn is_default_folder(&self, folder: &str) -> bool {
        self.is_default(&fold(folder))
    }

    fn is_default(&self, folded: &str) -> bool {
        folded.is_empty()
            || self.default_folder.as_deref().is_some_and(|known| folds_to(known, folded))
            || DEFAULT_FOLDERS.contains(&folded)
    }

    /// A CRM place (in NFC) as a path relative to the record's folder.
    pub fn path_of(&self, nfc: &Place) -> String {
        let mut path = String::new();
        if !self.is_default_folder(&nfc.folder) {
            for part in nfc.folder.split('/').filter(|part| !part.is_empty()) {
                path.push_str(&self.component(part));
                path.push('/');
            }
        }
        path.push_str(&self.component(&nfc.name));
        path
    }

    /// A path relative to the record's folder as a place in the CRM; the root is the empty folder.
    pub fn place_of(&self, path: &str) -> Place {
        let (folder, name) = split_dir(path);
        let folder = if self.is_default_folder(folder) {
            String::new()
        } else if self.slash_refused {
            let mut flat = String::new();
            for c in folder.chars() {
                match c {
                    '/' => flat.push_str(" - "),
                    c => flat.push(c),
                }
            }
            flat
        } else {
            folder.to_owned()
        };
        Place { folder, name: name.to_owned() }
    }

    /// Two CRM places are the same to a person: case aside, default folder by any of its names.
    pub fn place_key(&self, place: &Place) -> PlaceKey {
        let mut folder = fold(&place.folder);
        if self.is_default(&folder) {
            folder.clear();
        }
        (folder, fold(&place.name))
    }

    /// Are these CRM places the same to a person?
    pub(crate) fn same_place(&self, a: &Place, b: &Place) -> bool {
        self.place_key(a) == self.place_key(b)
    }

    /// The key of the place that a path relative to the record's folder has in the CRM.
    pub fn path_place_key(&self, path: &str) -> PlaceKey {
        self.place_key(&self.place_of(path))
    }

    /// The folder of a record, relative to the app folder: `/<Module>/<name>/<id>`.
    pub fn record_folder(&self, record: &Record, nfc_name: &str) -> String {
        let name = if nfc_name.trim().is_empty() { "Unnamed" } else { nfc_name };
        let (name, id) = (self.component(name), self.component(&record.id));
        ["/", record.kind.folder(), "/", &name, "/", &id].concat()
    }

    /// One component, as Dropbox takes it: refused characters as full-width twins, refused names with `_`.
    pub fn component(&self, nfc: &str) -> String {
        match is_plain(nfc) {
            true => nfc.to_owned(),
            false => self.taken_name(nfc),
        }
    }

    /// The same for any name. Changes nothing in a plain one.
    pub(crate) fn taken_name(&self, nfc: &str) -> String {
        let mut name = String::new();
        for c in nfc.chars() {
            name.push(match c {
                '/' => '／',
                '\\' => '＼',
                '\u{7f}' => '␡',
                c if (c as u32) < 0x20 => char::from_u32(0x2400 + c as u32).unwrap_or('␀'),
                c if self.astral_refused && c as u32 > 0xffff => '_',
                c => c,
            });
        }
        name = shorten(&name, COMPONENT_MAX_UNITS - 8);
        let instead = match name.chars().last() {
            Some(last) if last.is_whitespace() => Some('␠'),
            Some('.') => Some('．'),
            _ => None,
        };
        if let Some(instead) = instead {
            name.pop();
            name.push(instead);
        }
        let folded = fold(&name);
        if name.is_empty() {
            name.push('_');
        } else if REFUSED_NAMES.contains(&folded.as_str()) {
            let (stem, extension) = split_extension(&name);
            name = [stem, "_", extension].concat();
        } else if folded.starts_with("~$")
            || folded.starts_with(".~")
            || (folded.starts_with('~') && folded.ends_with(".tmp"))
        {
            // A suffix would not help here: the prefix is what Dropbox refuses.
            if let Some((before, rest)) = name.split_once('~') {
                name = [before, "～", rest].concat();
            }
        }
        name
    }
}

/// The key under which Dropbox holds two names for the same. Only for prediction; the server's own keys rule.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    text.chars().for_each(|c| push_small(&mut folded, c));
    folded
}

/// Does Dropbox hold these two names for the same? As far as it can be predicted.
pub fn alike(a: &str, b: &str) -> bool {
    folds_to(a, &fold(b))
}

/// Folder (without a slash at the end, empty at the root) and name.
pub fn split_dir(path: &str) -> (&str, &str) {
    split_last(path, b'/').unwrap_or(("", path))
}

/// What stands before and behind the last of these ASCII characters. Byte by byte: the standard library's search from the
/// end is five times the code.
fn split_last(text: &str, sign: u8) -> Option<(&str, &str)> {
    let at = text.bytes().rposition(|byte| byte == sign)?;
    Some((&text[..at], &text[at + 1..]))
}

/// What stands in a folder (empty at the root) under this name.
pub(crate) fn below(dir: &str, name: &str) -> String {
    if dir.is_empty() {
        return name.to_owned();
    }
    [dir, "/", name].concat()
}

/// `report.pdf` → `report`, `.pdf`; a leading dot begins no extension.
pub fn split_extension(name: &str) -> (&str, &str) {
    match split_last(name, b'.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() < 20 => {
            name.split_at(stem.len())
        }
        _ => (name, ""),
    }
}

/// `name (2).ext` for 2 and up; the path as it is for 1.
pub fn numbered(path: &str, number: u32) -> String {
    if number < 2 {
        return path.to_owned();
    }
    suffixed(&unnumbered(path), &[" (", &decimal(number), ")"].concat())
}

/// `name (7).ext` → `name.ext`, so that a twin of a twin is counted on: `name (8).ext`.
fn unnumbered(path: &str) -> String {
    let (dir, name) = split_dir(path);
    let (stem, extension) = split_extension(name);
    let counted_on = || {
        let (base, digits) = split_last(stem.strip_suffix(')')?, b'(')?;
        let base = base.strip_suffix(' ').filter(|base| !base.is_empty())?;
        let counts = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        counts.then_some(base)
    };
    match counted_on() {
        Some(base) => below(dir, &[base, extension].concat()),
        None => path.to_owned(),
    }
}

/// `name (conflicted copy 2026-01-31).ext`, then ` 2`, ` 3` …
pub fn conflicted_copy(path: &str, today: &str, number: u32) -> String {
    suffixed(path, &counted(&["conflicted copy ", today].concat(), number))
}

/// `name (from the CRM).ext`, then ` 2` …
pub fn from_crm(path: &str, number: u32) -> String {
    suffixed(path, &counted("from the CRM", number))
}

/// ` (what)`, then ` (what 2)` …
fn counted(what: &str, number: u32) -> String {
    match number {
        0 | 1 => [" (", what, ")"].concat(),
        _ => [" (", what, " ", &decimal(number), ")"].concat(),
    }
}

/// Is `path` one of the conflicted copies of `original`, of any day? By what stands between its stem and its extension
/// beyond the stem of the original, in the same folder.
pub fn is_conflicted_copy(path: &str, original: &str) -> bool {
    let (dir, name) = split_dir(path);
    let (original_dir, original_name) = split_dir(original);
    let (stem, extension) = split_extension(name);
    let (original_stem, original_extension) = split_extension(original_name);
    alike(dir, original_dir)
        && alike(extension, original_extension)
        && fold(stem)
            .strip_prefix(&fold(original_stem))
            .is_some_and(|suffix| suffix.starts_with(" (conflicted copy "))
}

/// Is `path` a numbered twin of `original` (` (2)`, ` (3)` …)?
pub fn is_numbered(path: &str, original: &str) -> bool {
    let base = unnumbered(path);
    base != path && alike(&base, &unnumbered(original))
}

fn suffixed(path: &str, suffix: &str) -> String {
    let (dir, name) = split_dir(path);
    let (stem, extension) = split_extension(name);
    let room = COMPONENT_MAX_UNITS.saturating_sub(units(suffix) + units(extension));
    let stem = cut(stem, room);
    below(dir, &[stem, suffix, extension].concat())
}

/// Keeps the extension, cuts the stem.
fn shorten(name: &str, max_units: usize) -> String {
    if units(name) <= COMPONENT_MAX_UNITS {
        return name.to_owned();
    }
    let (stem, extension) = split_extension(name);
    let stem = cut(stem, max_units.saturating_sub(units(extension)));
    [stem, extension].concat()
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn cut(text: &str, max_units: usize) -> &str {
    let mut room = max_units;
    for (at, c) in text.char_indices() {
        match room.checked_sub(c.len_utf16()) {
            Some(left) => room = left,
            None => return &text[..at],
        }
    }
    text
}
