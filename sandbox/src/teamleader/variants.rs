//! What Teamleader's public facts leave open, one named variant per point. The first value of each is the default.

/// What a second upload of the same name into the same folder does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SameNameUpload {
    /// It makes a second document with its own id.
    #[default]
    SecondDocument,
    /// It becomes a new version under the old id.
    NewVersion,
}

/// What a `/` inside `folder` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FolderSlash {
    /// It is a character like any other.
    #[default]
    Kept,
    /// `files.upload` answers 400.
    Refused,
}

/// What step 2 of an upload answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UploadAnswer {
    /// 201 with `{"data":{"type":"file","id":…}}`.
    #[default]
    WithId,
    /// 204 and nothing else.
    Empty,
}

/// Whether a document keeps its id when a user changes it on the CRM's pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// It keeps its id.
    #[default]
    SameId,
    /// A new id stands there, the old one is gone.
    NewId,
}

/// Whether something is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taken {
    /// Yes.
    #[default]
    Accepted,
    /// No: 400.
    Refused,
}

/// In which order `files.list` answers when no sort is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListOrder {
    /// As the one documented sort: `updated_at`, newest first.
    #[default]
    NewestFirst,
    /// In the order of making.
    OldestFirst,
    /// By name.
    ByName,
}

/// What `files.list` answers for a record that does not exist (any more).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeletedSubject {
    /// 404.
    #[default]
    NotFound,
    /// An empty list.
    EmptyList,
}

/// How much an error says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorBody {
    /// `code`, `title`, `status` and `meta`.
    #[default]
    Full,
    /// Only `title`, which alone is guaranteed.
    TitleOnly,
}

/// Whether a page on another origin may read something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exposed {
    /// Not named in `Access-Control-Expose-Headers`.
    #[default]
    Hidden,
    /// Named there.
    Readable,
}

/// Whether a change of name or folder moves `updated_at`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Touch {
    /// Every change does.
    #[default]
    EveryChange,
    /// Only new content does.
    ContentOnly,
}

/// What happens when an application that a person agreed to asks for access again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthorizeAgain {
    /// No question, but never in a frame.
    #[default]
    InWindow,
    /// No question, in a frame as well.
    InFrame,
    /// The same question each time.
    Asks,
}

/// Where a detail page shows the documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DocumentsPlace {
    /// A widget in the page.
    #[default]
    Widget,
    /// A tab at the edge of the window that opens them.
    Tab,
}

/// One choice for every open point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrmVariants {
    /// `same-name-upload=second-document|new-version`
    pub same_name_upload: SameNameUpload,
    /// `folder-slash=kept|refused`
    pub folder_slash: FolderSlash,
    /// `upload-answer=with-id|empty`
    pub upload_answer: UploadAnswer,
    /// `crm-edit=same-id|new-id`
    pub edit: Identity,
    /// `crm-rename=same-id|new-id`: renaming and moving on the CRM's pages.
    pub rename: Identity,
    /// `empty-upload=accepted|refused`: an upload of 0 bytes.
    pub empty_upload: Taken,
    /// `list-order=newest-first|oldest-first|by-name`
    pub list_order: ListOrder,
    /// `deleted-subject=not-found|empty-list`
    pub deleted_subject: DeletedSubject,
    /// `error-body=full|title-only`
    pub error_body: ErrorBody,
    /// `rate-headers=hidden|readable`
    pub rate_headers: Exposed,
    /// `updated-at=every-change|content-only`
    pub updated_at: Touch,
    /// `link-seconds=900|60|3600`: how long download and upload addresses live.
    pub link_lifetime_s: u64,
    /// `upload-limit=52428800|20971520`: bytes that step 2 takes at most.
    pub upload_limit_bytes: u64,
    /// `authorize-again=in-window|in-frame|asks`: the implicit grant, once agreed to.
    pub authorize_again: AuthorizeAgain,
    /// `documents-place=widget|tab`: on the detail pages.
    pub documents_place: DocumentsPlace,
}

impl Default for CrmVariants {
    fn default() -> CrmVariants {
        CrmVariants {
            same_name_upload: SameNameUpload::default(),
            folder_slash: FolderSlash::default(),
            upload_answer: UploadAnswer::default(),
            edit: Identity::default(),
            rename: Identity::default(),
            empty_upload: Taken::default(),
            list_order: ListOrder::default(),
            deleted_subject: DeletedSubject::default(),
            error_body: ErrorBody::default(),
            rate_headers: Exposed::default(),
            updated_at: Touch::default(),
            link_lifetime_s: 900,
            upload_limit_bytes: 52_428_800,
            authorize_again: AuthorizeAgain::default(),
            documents_place: DocumentsPlace::default(),
        }
    }
}

impl CrmVariants {
    /// Every name with the values worth trying; the two numeric ones take any number.
    pub const ALL: [(&'static str, &'static [&'static str]); 15] = [
        ("same-name-upload", &["second-document", "new-version"]),
        ("folder-slash", &["kept", "refused"]),
        ("upload-answer", &["with-id", "empty"]),
        ("crm-edit", &["same-id", "new-id"]),
        ("crm-rename", &["same-id", "new-id"]),
        ("empty-upload", &["accepted", "refused"]),
        ("list-order", &["newest-first", "oldest-first", "by-name"]),
        ("deleted-subject", &["not-found", "empty-list"]),
        ("error-body", &["full", "title-only"]),
        ("rate-headers", &["hidden", "readable"]),
        ("updated-at", &["every-change", "content-only"]),
        ("link-seconds", &["900", "60", "3600"]),
        ("upload-limit", &["52428800", "20971520"]),
        ("authorize-again", &["in-window", "in-frame", "asks"]),
        ("documents-place", &["widget", "tab"]),
    ];

    /// Sets one variant by name, as `--variant name=value` does.
    ///
    /// # Errors
    /// `None` when the name is not one of this service; `Some(Err)` with the accepted values.
    pub fn set(&mut self, name: &str, value: &str) -> Option<Result<(), String>> {
        let (_, values) = CrmVariants::ALL.iter().find(|(n, _)| *n == name)?;
        let refuse = || format!("{name} takes {}, not {value}", values.join(" or "));
        if matches!(name, "link-seconds" | "upload-limit") {
            return Some(match value.parse() {
                Ok(number) if name == "link-seconds" => {
                    self.link_lifetime_s = number;
                    Ok(())
                }
                Ok(number) => {
                    self.upload_limit_bytes = number;
                    Ok(())
                }
                Err(_) => Err(refuse()),
            });
        }
        let Some(at) = values.iter().position(|v| *v == value) else {
            return Some(Err(refuse()));
        };
        let first = at == 0;
        match name {
            "same-name-upload" => {
                self.same_name_upload = pick(first, SameNameUpload::NewVersion);
            }
            "folder-slash" => self.folder_slash = pick(first, FolderSlash::Refused),
            "upload-answer" => self.upload_answer = pick(first, UploadAnswer::Empty),
            "crm-edit" => self.edit = pick(first, Identity::NewId),
            "crm-rename" => self.rename = pick(first, Identity::NewId),
            "empty-upload" => self.empty_upload = pick(first, Taken::Refused),
            "deleted-subject" => self.deleted_subject = pick(first, DeletedSubject::EmptyList),
            "error-body" => self.error_body = pick(first, ErrorBody::TitleOnly),
            "rate-headers" => self.rate_headers = pick(first, Exposed::Readable),
            "authorize-again" => {
                self.authorize_again =
                    [AuthorizeAgain::InWindow, AuthorizeAgain::InFrame, AuthorizeAgain::Asks][at];
            }
            "documents-place" => self.documents_place = pick(first, DocumentsPlace::Tab),
            "updated-at" => self.updated_at = pick(first, Touch::ContentOnly),
            _ => {
                self.list_order =
                    [ListOrder::NewestFirst, ListOrder::OldestFirst, ListOrder::ByName][at];
            }
        }
        Some(Ok(()))
    }

    /// The value in force, as [`CrmVariants::set`] would take it.
    pub fn value(&self, name: &str) -> Option<String> {
        let (_, values) = CrmVariants::ALL.iter().find(|(n, _)| *n == name)?;
        let number = |n: u64| Some(n.to_string());
        let at = match name {
            "same-name-upload" => self.same_name_upload as usize,
            "folder-slash" => self.folder_slash as usize,
            "upload-answer" => self.upload_answer as usize,
            "crm-edit" => self.edit as usize,
            "crm-rename" => self.rename as usize,
            "empty-upload" => self.empty_upload as usize,
            "list-order" => self.list_order as usize,
            "deleted-subject" => self.deleted_subject as usize,
            "error-body" => self.error_body as usize,
            "rate-headers" => self.rate_headers as usize,
            "updated-at" => self.updated_at as usize,
            "authorize-again" => self.authorize_again as usize,
            "documents-place" => self.documents_place as usize,
            "link-seconds" => return number(self.link_lifetime_s),
            _ => return number(self.upload_limit_bytes),
        };
        Some(values[at].to_owned())
    }

    /// Draws every open point from these bits: the same bits, the same choice.
    ///
    /// `deleted-subject` stays at its default: whether a listing of nothing may be believed is asked on purpose, by name.
    pub fn draw(seed: u64) -> CrmVariants {
        let mut ids = super::model::Ids::new(seed);
        let mut variants = CrmVariants::default();
        for (name, values) in CrmVariants::ALL {
            let at = (ids.bits() >> 33) as usize % values.len();
            if name != "deleted-subject" {
                variants
                    .set(name, values[at])
                    .expect("every name of the table is known")
                    .expect("every value of the table is taken");
            }
        }
        variants
    }
}

fn pick<T: Default>(default: bool, other: T) -> T {
    if default {
        T::default()
    } else {
        other
    }
}
