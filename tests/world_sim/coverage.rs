//! What the histories met, counted by name, and what they must have met.

use std::collections::BTreeMap;

/// How often each thing happened.
#[derive(Default)]
pub struct Coverage(BTreeMap<String, u64>);

/// Without these a run says nothing about them: each has to occur among enough histories.
const REQUIRED: &[&str] = &[
    "crm: add",
    "crm: delete",
    "crm: edit",
    "crm: folder emptied",
    "crm: move",
    "crm: record renamed",
    "crm: rename",
    "dropbox: add",
    "dropbox: delete",
    "dropbox: edit",
    "dropbox: file for folder",
    "dropbox: folder deleted",
    "dropbox: folder for file",
    "dropbox: folder renamed",
    "dropbox: moved away",
    "dropbox: moved to another record",
    "dropbox: record folder deleted",
    "dropbox: record folder moved",
    "dropbox: rename",
    "dropbox: saved as new",
    "dropbox: swap",
    "fault: C1 before",
    "fault: C1 after",
    "fault: C2 crm json",
    "fault: C2 crm plain",
    "fault: C2 dropbox json",
    "fault: C2 dropbox plain",
    "fault: C3 409",
    "fault: C3 429",
    "fault: C3 entries",
    "fault: C4 crm",
    "fault: C4 dropbox",
    "fault: C5 crm after",
    "fault: C5 crm before",
    "fault: C5 dropbox after",
    "fault: C5 dropbox before",
    "fault: C6 crm",
    "fault: C6 dropbox",
    "fault: C7",
    "fault: C8",
    "fault: C9 crm up",
    "fault: C9 dropbox down",
    "fault: C9 dropbox up",
    "fault: C10 crm",
    "fault: C10 dropbox",
    "fault: C11",
    "fault: C12",
    "fault: C13 load",
    "fault: C13 save",
    "fault: C14",
    "fault: C15",
    "fault: C16 back",
    "fault: C16 forward",
    "fault: C17",
    "fault: C18 down",
    "fault: C18 up",
    "guard: AllFoldersGone",
    "guard: CrmEmpty",
    "guard: CrmForbidden",
    "guard: FolderRemoved",
    "guard: ManyChanges",
    "guard: ManyDeletes",
    "tab: closed and opened again",
    "tab: disconnected",
    "tab: of a second browser",
    "write: checkpoint",
    "write: copy",
    "write: create folder",
    "write: crm delete",
    "write: crm upload",
    "write: delete",
    "write: move",
    "write: move folder",
    "write: upload",
];

impl Coverage {
    /// It happened.
    pub fn count(&mut self, what: &str) {
        match self.0.get_mut(what) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(what.into(), 1);
            }
        }
    }

    /// Whether it happened.
    pub fn has(&self, what: &str) -> bool {
        self.0.contains_key(what)
    }

    /// Adds what another worker met.
    pub fn add(&mut self, other: Self) {
        for (what, count) in other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// All of it, by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(what, count)| (what.as_str(), *count))
    }

    /// What never happened though it has to.
    pub fn holes(&self) -> Vec<&'static str> {
        REQUIRED.iter().copied().filter(|what| !self.0.contains_key(*what)).collect()
    }
}
