//! Folders of the earlier integration, and which record each belongs to.
//!
//! It kept one folder for each customer, in a folder named after the module in the account's language; beside the
//! customer's name stood a number, its old id, which `migrate.id` knows. On which side of the name, and after which
//! separator, is not documented, so both ends are looked at. Here folders are found and moved; their files are then
//! adopted by the engine like any that stand where a record is linked to.

use crate::auth::Auth;
use crate::dropbox::Dropbox;
use crate::json::forms::position;
use crate::ports::Ports;
use crate::teamleader::Teamleader;
use crate::wire::Wire;
use std::cell::OnceCell;
use std::rc::Rc;
use sync_core::{fold, split_dir, Entry, Failure, Naming, Outcome, Record, RecordKind};

/// For one record alone, numbers that are looked up though the name beside them is another one: the record may have
/// been renamed since. Linking many looks all of them up.
const OTHER_NAMES_MAX: usize = 12;

/// What a module's folder was called in the languages of the CRM, folded; each of ours is the first of its row.
const MODULES: [(RecordKind, &str); 5] = [
    (
        RecordKind::Contact,
        "contacts contacten contactpersonen kontakte contatti contactos contatos kontakter kontakty \
         yhteystiedot",
    ),
    (
        RecordKind::Company,
        "companies bedrijven firmen unternehmen entreprises sociétés aziende empresas virksomheder \
         bedrifter företag firmy yritykset",
    ),
    (
        RecordKind::Project,
        "projects projecten projekte projets progetti proyectos projetos projekter projekt projekty \
         projektit",
    ),
    (
        RecordKind::Meeting,
        "meetings afspraken vergaderingen termine besprechungen meetings réunions rendez-vous \
         riunioni appuntamenti reuniones reuniões møder møter möten spotkania tapaamiset",
    ),
    (
        RecordKind::Product,
        "products producten produkte produits prodotti productos produtos produkter produkty \
         tuotteet",
    ),
];

/// A folder with a number at one end of its name.
struct Numbered {
    kind: RecordKind,
    number: u64,
    /// The rest of the name, folded.
    name: String,
    path: String,
    /// Whose number it is, if anybody's, once that was looked up.
    owner: OnceCell<Option<String>>,
}

/// Looks and moves, for one page's life: what was found and looked up is kept.
pub struct OldFolders<P> {
    wire: Rc<Wire<P>>,
    dropbox: Dropbox<P>,
    crm: Rc<Teamleader<P>>,
    found: OnceCell<Vec<Numbered>>,
}

impl<P: Ports> OldFolders<P> {
    /// Over this connection.
    pub fn new(wire: Rc<Wire<P>>, auth: Rc<Auth<P>>, crm: Rc<Teamleader<P>>) -> Self {
        let dropbox = Dropbox::new(wire.clone(), auth);
        Self { wire, dropbox, crm, found: OnceCell::new() }
    }

    /// The old folders of these records of a kind, as (record's id, path). `name`: of the one record that is looked for;
    /// folders of that name are looked up first, and of the others only some.
    pub async fn of(
        &self,
        kind: RecordKind,
        ids: &[String],
        name: Option<&str>,
    ) -> Result<Vec<(String, String)>, Failure> {
        let found = self.found().await?;
        let mut all: Vec<(String, String)> = Vec::new();
        for folder in self.likely(found, kind, name) {
            if folder.owner.get().is_none() {
                let owner = self.crm.id_of_number(folder.kind, folder.number).await?;
                let _ = folder.owner.set(owner);
            }
            let Some(Some(id)) = folder.owner.get() else { continue };
            if !ids.contains(id) || all.iter().any(|(other, _)| other == id) {
                continue;
            }
            // Ours hold a folder for each record, named with its id.
            let inside = self.folders(&folder.path).await?;
            if !inside.iter().any(|path| is_uuid(name_of(path))) {
                all.push((id.clone(), folder.path.clone()));
            }
            if all.len() == ids.len() {
                break;
            }
        }
        Ok(all)
    }

    /// Moves it to where the record's folder stands from now on. One that could not be moved stays where it is, and can be
    /// moved by hand.
    pub async fn take_over(&self, record: &Record, name: &str, path: &str) {
        let target = Naming::default().record_folder(record, &self.wire.ports().nfc(name));
        let _turn = self.dropbox.writer().take(1).await;
        let _ = self.dropbox.move_folder(path, &target).await;
    }

    /// Those of this kind that are to be looked up, in order.
    fn likely<'a>(
        &self,
        found: &'a [Numbered],
        kind: RecordKind,
        name: Option<&str>,
    ) -> Vec<&'a Numbered> {
        let ours =
            name.map(|name| fold(&self.wire.ports().nfc(&Naming::default().component(name))));
        let mut folders = Vec::new();
        let mut others = Vec::new();
        for folder in found {
            if folder.kind != kind {
                continue;
            }
            if ours.as_ref().is_none_or(|ours| folder.name == *ours) {
                folders.push(folder);
            } else if others.len() < OTHER_NAMES_MAX {
                others.push(folder);
            }
        }
        folders.append(&mut others);
        folders
    }

    async fn found(&self) -> Result<&[Numbered], Failure> {
        if let Some(found) = self.found.get() {
            return Ok(found);
        }
        let mut found = Vec::new();
        for module in self.folders("").await? {
            let Some(kind) = kind_of(name_of(&module)) else { continue };
            for path in self.folders(&module).await? {
                add_numbered(kind, &path, &mut found);
            }
        }
        Ok(self.found.get_or_init(|| found))
    }

    /// The paths of the folders in a folder. None where nothing stands.
    async fn folders(&self, path: &str) -> Result<Vec<String>, Failure> {
        let mut folders = Vec::new();
        match self.dropbox.children(path).await {
            Ok(Outcome::Changes { entries, .. }) => {
                for entry in entries {
                    if let Entry::Folder(folder) = entry {
                        folders.push(folder.path);
                    }
                }
            }
            Ok(_) | Err(Failure::NotFound) => {}
            Err(failure) => return Err(failure),
        }
        Ok(folders)
    }
}

/// What a folder at this path is called.
fn name_of(path: &str) -> &str {
    split_dir(path).1
}

/// Of the records whose folders stand in a folder of this name.
fn kind_of(module: &str) -> Option<RecordKind> {
    let module = fold(module);
    let (kind, _) = MODULES.iter().find(|(_, names)| position(names, &module).is_some())?;
    Some(*kind)
}

/// Once for each number that a folder's name has.
fn add_numbered(kind: RecordKind, path: &str, found: &mut Vec<Numbered>) {
    for (number, name) in numbers(name_of(path)) {
        let (name, path) = (fold(name), path.to_owned());
        found.push(Numbered { kind, number, name, path, owner: OnceCell::new() });
    }
}

/// A number at the end of a name and one at its beginning, each with the rest of the name.
fn numbers(name: &str) -> Vec<(u64, &str)> {
    let whole = bare(name);
    let end = whole.len() - whole.bytes().rev().take_while(u8::is_ascii_digit).count();
    let begin = whole.bytes().take_while(u8::is_ascii_digit).count();
    let parts = [(&whole[end..], &whole[..end]), (&whole[..begin], &whole[begin..])];
    let mut numbers = Vec::new();
    for (digits, rest) in parts {
        let rest = bare(rest);
        match digits.parse() {
            Ok(number) if !rest.is_empty() => numbers.push((number, rest)),
            _ => {}
        }
    }
    numbers
}

/// Without separators around it: what is neither letter nor digit in ASCII, and Unicode's blocks of punctuation (the
/// tables of all letters would be a kilobyte of the module).
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| match c {
        '\u{a0}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{2190}'..='\u{2bff}' => true,
        '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}' => true,
        _ => c.is_ascii() && !c.is_ascii_alphanumeric(),
    })
}

fn is_uuid(name: &str) -> bool {
    let mut bytes = name.bytes().enumerate();
    name.len() == 36 && bytes.all(|(at, byte)| (byte == b'-') == matches!(at, 8 | 13 | 18 | 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_at_either_end_after_any_separator() {
        let check = |name, expected: &[(u64, &str)]| assert_eq!(numbers(name), expected, "{name}");
        check("Pied Piper 123", &[(123, "Pied Piper")]);
        check("Pied Piper - 123", &[(123, "Pied Piper")]);
        check("Pied Piper (123)", &[(123, "Pied Piper")]);
        check("123_Pied Piper", &[(123, "Pied Piper")]);
        for separator in ["–", "·", "•", "→", "（", "\u{a0}"] {
            let name = format!("Ünal {separator} 123");
            assert_eq!(numbers(&name), [(123, "Ünal")], "{name}");
        }
        check("Studio 54 (123)", &[(123, "Studio 54")]);
        check("3M 456", &[(456, "3M"), (3, "M 456")]);
        check("Pied Piper", &[]);
        check("2026", &[]);
        check("A 99999999999999999999999", &[]);
    }

    #[test]
    fn folders_named_with_an_id_are_ours() {
        assert!(is_uuid("96a38bbf-24ed-4083-8a5c-20db92aa471e"));
        assert!(!is_uuid("Contracts") && !is_uuid("96a38bbf24ed40838a5c20db92aa471e0000"));
    }
}
