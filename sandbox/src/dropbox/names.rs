//! Paths and names: which are taken, and what key they have. Case and normal form follow Dropbox's
//! server, not this machine.

use crate::variants::DropboxVariants;
use unicode_normalization::{is_nfc, UnicodeNormalization};

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// `malformed_path`.
    Malformed,
    /// `disallowed_name`.
    Disallowed,
}

/// A path as Dropbox keeps it: NFC, as typed, with its key in lower case. `""` is the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// `/Homework/Math`
    pub display: String,
    /// `/homework/math`
    pub key: String,
}

impl Path {
    /// The root.
    pub fn root() -> Self {
        Path { display: String::new(), key: String::new() }
    }

    /// Reads a path that begins with `/` (the pattern was checked before); for lookups.
    pub fn parse(text: &str, variants: &DropboxVariants) -> Result<Self, NameError> {
        let display: String = if is_nfc(text) { text.into() } else { text.nfc().collect() };
        for component in display.split('/').skip(1) {
            check_component(component, variants)?;
        }
        let key = lower(&display);
        Ok(Path { display, key })
    }

    /// Reads a path to write to: names that Dropbox never stores are refused as well.
    pub fn parse_to_write(text: &str, variants: &DropboxVariants) -> Result<Self, NameError> {
        let path = Path::parse(text, variants)?;
        match path.key.split('/').skip(1).any(|name| is_disallowed(name, variants)) {
            true => Err(NameError::Disallowed),
            false => Ok(path),
        }
    }

    /// The last component as typed.
    pub fn name(&self) -> &str {
        name_of(&self.display)
    }

    /// The path of this name in the same folder.
    pub fn with_name(&self, name: &str) -> Self {
        let display = format!("{}/{name}", parent_of(&self.display));
        Path { key: lower(&display), display }
    }
}

/// The last component of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or("")
}

/// The folder a path is in; `""` for what stands in the root.
pub fn parent_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// `("name", ".ext")`; the dot of `.bashrc` begins no extension.
pub fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

fn check_component(name: &str, variants: &DropboxVariants) -> Result<(), NameError> {
    let malformed = name.is_empty()
        || name == "."
        || name == ".."
        || name.contains(['\\', '\0', '\u{7f}'])
        || name.ends_with([' ', '\t', '\n', '\u{a0}', '\u{3000}'])
        || name.encode_utf16().count() > 255
        || !variants.emoji_names_allowed && name.chars().any(|c| c > '\u{ffff}');
    if malformed {
        return Err(NameError::Malformed);
    }
    Ok(())
}

/// `key` is in lower case.
fn is_disallowed(key: &str, variants: &DropboxVariants) -> bool {
    const NAMES: [&str; 7] = [
        "desktop.ini",
        "thumbs.db",
        ".ds_store",
        "icon\r",
        ".dropbox",
        ".dropbox.attr",
        ".dropbox.cache",
    ];
    NAMES.contains(&key)
        || variants.tilde_names_disallowed
            && (key.starts_with("~$")
                || key.starts_with(".~")
                || key.starts_with('~') && key.ends_with(".tmp"))
}

/// Lower case by the server's old table: one character for one, nothing outside the basic plane,
/// nothing that Unicode paired after 2005, no final sigma.
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(lower_char).collect()
}

fn lower_char(c: char) -> char {
    match c {
        '\u{510}'..='\u{52f}'
        | '\u{1e9e}'
        | '\u{2c60}'..='\u{2c7f}'
        | '\u{a640}'..='\u{a7ff}'
        | '\u{10000}'.. => c,
        // A final sigma needs a neighbour to be seen: one character alone never is one.
        _ => c.to_lowercase().next().unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a refused path is the failure to report")]
    use super::*;

    #[test]
    fn keys_are_nfc_and_lower_case() {
        let variants = DropboxVariants::default();
        let path = Path::parse("/A\u{308}B/ΣΑΣ.TXT", &variants).unwrap();
        assert_eq!(path.display, "/ÄB/ΣΑΣ.TXT");
        assert_eq!(path.key, "/äb/σασ.txt");
        assert_eq!(lower("İX"), "ix");
        assert_eq!(lower("\u{514}"), "\u{514}");
    }

    #[test]
    fn refusals() {
        let mut variants = DropboxVariants::default();
        let long = "x".repeat(256);
        for bad in ["/a//b", "/a/", "/a\\b", "/a ", "/x/../y", "/\u{7f}", &format!("/{long}")] {
            assert_eq!(Path::parse(bad, &variants), Err(NameError::Malformed), "{bad:?}");
        }
        for fine in ["/a<>:\"|?*", "/CON", "/a.", "/ a", "/~$x.docx", &format!("/{}", &long[1..])] {
            assert!(Path::parse_to_write(fine, &variants).is_ok(), "{fine:?}");
        }
        for name in ["/Thumbs.DB", "/x/.DS_Store", "/Icon\r", "/.dropbox/a"] {
            assert_eq!(
                Path::parse_to_write(name, &variants),
                Err(NameError::Disallowed),
                "{name:?}"
            );
        }
        variants.tilde_names_disallowed = true;
        assert_eq!(Path::parse_to_write("/~$x.docx", &variants), Err(NameError::Disallowed));
        variants.emoji_names_allowed = false;
        assert_eq!(Path::parse("/😀", &variants), Err(NameError::Malformed));
    }
}
