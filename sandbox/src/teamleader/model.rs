//! What the CRM keeps: records, documents, users, tokens. No HTTP here; `files.rs`, `records.rs`, `transfer.rs` and
//! `pages.rs` speak it.

use std::sync::{Arc, OnceLock};

use crate::content::content_hash;

/// The five modules, with projects in both generations, as the API calls the subjects of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `company`
    Company,
    /// `contact`
    Contact,
    /// `project`: the legacy generation.
    Project,
    /// `nextgenProject`
    NextgenProject,
    /// `meeting`
    Meeting,
    /// `product`
    Product,
}

impl Kind {
    /// Every kind, in the order of the navigation.
    pub const ALL: [Kind; 6] = [
        Kind::Company,
        Kind::Contact,
        Kind::NextgenProject,
        Kind::Project,
        Kind::Meeting,
        Kind::Product,
    ];

    /// The word of the API: `nextgenProject`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Company => "company",
            Kind::Contact => "contact",
            Kind::Project => "project",
            Kind::NextgenProject => "nextgenProject",
            Kind::Meeting => "meeting",
            Kind::Product => "product",
        }
    }

    /// Reads the word of the API.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The module's path on the CRM's pages: `companies`. Both generations of projects share one.
    pub fn module(self) -> &'static str {
        match self {
            Kind::Company => "companies",
            Kind::Contact => "contacts",
            Kind::Project | Kind::NextgenProject => "projects",
            Kind::Meeting => "meetings",
            Kind::Product => "products",
        }
    }

    /// Whether the published schema of `files.upload` names this kind as a subject.
    pub fn upload_is_documented(self) -> bool {
        matches!(self, Kind::Company | Kind::Contact | Kind::NextgenProject)
    }
}

/// A record's kind and id: what a document hangs on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Which module.
    pub kind: Kind,
    /// The record's UUID.
    pub id: String,
}

impl Subject {
    /// A subject of this kind and id.
    pub fn new(kind: Kind, id: impl Into<String>) -> Subject {
        Subject { kind, id: id.into() }
    }
}

/// One record of a module.
#[derive(Clone, Debug)]
pub struct Record {
    /// Kind and id.
    pub subject: Subject,
    /// First name, for contacts only; may be empty.
    pub first_name: String,
    /// Name, title or last name. `None` is possible for products only.
    pub name: Option<String>,
    /// The integer that older interfaces knew the record by: `migrate.id` answers it; `project_key` of new projects.
    pub number: u64,
    /// World time of its making, seconds since 1970.
    pub added_s: u64,
    /// World time of its last change, seconds. Documents do not move it.
    pub updated_s: u64,
    /// Everybody gets 403 for it and its documents.
    pub forbidden: bool,
    /// Further fields of the API's answer, by their names there (`website`, `scheduled_at` …).
    pub details: serde_json::Map<String, serde_json::Value>,
}

impl Record {
    /// The name as the pages show it: `Erlich Bachman`, `Pied Piper`, or empty.
    pub fn display_name(&self) -> String {
        let name = self.name.as_deref().unwrap_or("");
        if self.first_name.is_empty() {
            name.to_owned()
        } else {
            format!("{} {}", self.first_name, name).trim_end().to_owned()
        }
    }
}

/// Bytes with their Dropbox content hash, which is computed at most once.
#[derive(Clone, Debug)]
pub struct Content {
    bytes: Arc<[u8]>,
    hash: Arc<OnceLock<String>>,
}

impl Content {
    /// Takes the bytes; nothing is hashed yet.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Content {
        Content { bytes: bytes.into(), hash: Arc::new(OnceLock::new()) }
    }

    /// The bytes.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// Dropbox's content hash of the bytes, 64 hex digits.
    pub fn hash(&self) -> &str {
        self.hash.get_or_init(|| content_hash(&self.bytes))
    }
}

/// A document of a record.
#[derive(Clone, Debug)]
pub struct Document {
    /// UUID.
    pub id: String,
    /// The record it hangs on.
    pub subject: Subject,
    /// File name with extension, as given.
    pub name: String,
    /// The folder's name; a `/` in it is just a character.
    pub folder: String,
    /// By the extension.
    pub mime_type: &'static str,
    /// The bytes.
    pub content: Content,
    /// World time of the last change, seconds since 1970; strictly increasing for one document.
    pub updated_s: u64,
    /// Who put it there.
    pub uploaded_by: Option<String>,
    /// Position in the order of making, over all documents.
    pub seq: u64,
    /// How many earlier versions the CRM keeps ("Show history"; not in the API).
    pub earlier_versions: u32,
}

/// A CRM user of the one account.
#[derive(Clone, Debug)]
pub struct User {
    /// UUID.
    pub id: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Mail address.
    pub email: String,
    /// `en`, `nl-BE` …
    pub language: String,
}

/// A bearer token of the API.
#[derive(Clone, Debug)]
pub struct Token {
    /// Whose.
    pub user_id: String,
    /// World time in ms after which it answers 401.
    pub expires_ms: u64,
}

/// An expiring address on the file host.
#[derive(Clone, Debug)]
pub enum Link {
    /// `files.download`
    Download {
        /// Which document.
        document_id: String,
        /// World time in ms.
        expires_ms: u64,
    },
    /// `files.upload`, step 1
    Upload {
        /// What will be made of the bytes.
        upload: Upload,
        /// World time in ms.
        expires_ms: u64,
    },
}

/// What step 1 of an upload announced.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Which record.
    pub subject: Subject,
    /// File name.
    pub name: String,
    /// Folder, already defaulted.
    pub folder: String,
    /// Who asked.
    pub user_id: String,
}

/// The name of the folder that documents without one get, in the account's language (`nl-BE` counts as `nl`).
pub fn default_folder(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or("en") {
        "nl" => "Algemeen",
        "fr" => "Général",
        "de" => "Allgemein",
        "it" => "Generale",
        "da" => "Generelt",
        "nb" => "Generelt",
        "sv" => "Allmänt",
        "fi" => "Yleinen",
        "pl" => "Ogólne",
        "pt" => "Geral",
        "tr" => "Genel",
        _ => "General",
    }
}

/// The type the CRM reports for a file name; the list is the API's enum, all else is `application/octet-stream`.
pub fn mime_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    match extension.as_deref().unwrap_or("") {
        "doc" => "application/msword",
        "pdf" => "application/pdf",
        "xls" => "application/vnd.ms-excel",
        "ppt" => "application/vnd.ms-powerpoint",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xml" => "application/xml",
        "zip" => "application/zip",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "gif" => "image/gif",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "css" => "text/css",
        "csv" => "text/csv",
        "htm" | "html" => "text/html",
        "js" => "text/javascript",
        "txt" | "md" | "log" => "text/plain",
        "3gp" => "video/3gpp",
        "mpg" | "mpeg" | "mp4" => "video/mpeg",
        "mov" => "video/quicktime",
        "avi" => "video/x-msvideo",
        _ => "application/octet-stream",
    }
}

/// `2026-11-23T09:30:00+00:00`, as the API writes date-times.
pub fn date_time(seconds: u64) -> String {
    let (year, month, day) = civil(seconds / 86_400);
    let rest = seconds % 86_400;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}+00:00",
        rest / 3600,
        rest % 3600 / 60,
        rest % 60
    )
}

/// Reads what [`date_time`] writes. `Z` and other offsets are refused, as the API refuses them.
pub fn parse_date_time(text: &str) -> Option<u64> {
    let body = text.strip_suffix("+00:00")?;
    let (date, time) = body.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let mut time = time.splitn(3, ':').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Year, month and day of a day number since 1970 (Howard Hinnant's `civil_from_days`).
pub fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The world's seeded generator for this service (splitmix64): the same seed makes the same ids.
#[derive(Clone, Debug)]
pub struct Ids {
    state: u64,
}

impl Ids {
    /// A generator for this seed.
    pub fn new(seed: u64) -> Ids {
        Ids { state: seed ^ 0x7465_616d_6c65_6164 }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A fresh UUID, version 4 in form.
    pub fn uuid(&mut self) -> String {
        let (a, b) = (self.bits(), self.bits());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            (b >> 48) & 0x3fff | 0x8000,
            b & 0xffff_ffff_ffff
        )
    }

    /// 32 hex digits for an address or a token.
    pub fn secret(&mut self) -> String {
        format!("{:016x}{:016x}", self.bits(), self.bits())
    }
}
