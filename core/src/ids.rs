//! Names of things: records, documents, files, revisions, hashes. Opaque text, never parsed here.

use alloc::string::String;
use core::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A document of the CRM (a UUID).
    DocumentId
);
text_id!(
    /// A file of Dropbox: `id:…`. It survives moves and edits.
    FileId
);
text_id!(
    /// A folder of Dropbox: `id:…`.
    FolderId
);
text_id!(
    /// A revision of a Dropbox file.
    Revision
);
text_id!(
    /// Dropbox's content hash, 64 lower-case hex digits.
    ContentHash
);
text_id!(
    /// A position in Dropbox's stream of changes.
    Cursor
);

/// The five modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum RecordKind {
    /// A person.
    Contact,
    /// A firm.
    Company,
    /// A project, legacy or new.
    Project,
    /// A meeting.
    Meeting,
    /// A product.
    Product,
}

impl RecordKind {
    /// All five, in the order of the CRM's menu.
    pub const ALL: [RecordKind; 5] =
        [Self::Contact, Self::Company, Self::Project, Self::Meeting, Self::Product];

    /// The module's folder in Dropbox, the same in every language.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Contact => "Contacts",
            Self::Company => "Companies",
            Self::Project => "Projects",
            Self::Meeting => "Meetings",
            Self::Product => "Products",
        }
    }

    /// The word of the host contract: `contact`, `company` …
    pub fn word(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Company => "company",
            Self::Project => "project",
            Self::Meeting => "meeting",
            Self::Product => "product",
        }
    }

    /// From the word of the host contract.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A record of the CRM: what a Documents panel belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// Its module.
    pub kind: RecordKind,
    /// Its UUID.
    pub id: String,
}

impl Record {
    /// Shorthand.
    pub fn new(kind: RecordKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }
}
