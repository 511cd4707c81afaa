//! Documents: list, look, download, create, delete. The CRM can neither rename nor replace.

use super::call::{download_request, final_failure, upload_request, Refusal};
use super::types::{id_argument, FilePages, FileRow, Location, Page, Subject, PAGE_ROWS};
use super::{malformed, Teamleader};
use crate::backoff::{Backoff, Wait};
use crate::json::forms::Form;
use crate::json::{Object, Write};
use crate::ports::Ports;
use futures_util::future::LocalBoxFuture;
use futures_util::FutureExt;
use sync_core::{ContentHash, Document, DocumentId, Failure, Outcome, Place, Reason, Record, Side};

/// Pages shift while documents are added, so one may repeat rows; so many in a row that bring nothing new are
/// a loop.
const IDLE_PAGES_MAX: u32 = 3;
/// Bytes that arrive damaged are asked for once more; so is a link that is no longer good.
const TRIES: u32 = 2;

/// A look at a document under way.
pub type Shown<'a> = LocalBoxFuture<'a, Result<Option<Document>, Failure>>;

impl<P: Ports> Teamleader<P> {
    /// All documents of a record. Either complete or a failure, never a part. → [`Outcome::Documents`]
    pub async fn documents(&self, record: &Record, urgent: bool) -> Result<Outcome, Failure> {
        let subject = self.subject(record, urgent).await?;
        let mut pages = FilePages::blank();
        let mut idle_pages = 0;
        for number in 1.. {
            let filter = Object(&[("subject", &subject)]);
            let argument = Object(&[("filter", &filter), ("page", &Page { number })]).write_text();
            let before = pages.documents.len();
            self.call("files.list", argument, urgent, &mut pages).await?;
            for document in &mut pages.documents[before..] {
                self.normalize(document);
            }
            if pages.row_count < PAGE_ROWS as usize {
                return Ok(Outcome::Documents(pages.documents));
            }
            idle_pages = if pages.documents.len() > before { 0 } else { idle_pages + 1 };
            if idle_pages >= IDLE_PAGES_MAX {
                return malformed();
            }
        }
        malformed()
    }

    /// A document as `files.info` shows it; `None` for 404.
    ///
    /// Boxed: several methods look, and one copy in the module is enough.
    pub fn shown<'a>(&'a self, document: &'a DocumentId) -> Shown<'a> {
        self.look(document).boxed_local()
    }

    /// A document's bytes, of the size it was listed with, and their hash; if one is expected, only bytes of that.
    ///
    /// [`Failure::Conflict`]: it changed since (its content is another one, the same twice). [`Reason::Damaged`]: twice
    /// not whole, or differently wrong twice.
    pub async fn download(
        &self,
        document: &DocumentId,
        size_bytes: u64,
        urgent: bool,
        expected: Option<&ContentHash>,
    ) -> Result<(P::Content, ContentHash), Failure> {
        let ports = self.wire.ports();
        let mut wrong = None;
        // So many came whole; so many since then did not.
        let (mut whole, mut cut) = (0, 0);
        while whole < TRIES {
            let content = self.bytes(document, size_bytes, urgent).await?;
            if ports.size_bytes(&content) != size_bytes {
                cut += 1;
                if cut < TRIES {
                    continue;
                }
                return Err(match self.shown(document).await? {
                    Some(found) if found.size_bytes == size_bytes => {
                        Failure::Refused(Reason::Damaged)
                    }
                    Some(_) => Failure::Conflict,
                    None => Failure::NotFound,
                });
            }
            (whole, cut) = (whole + 1, 0);
            match ports.content_hash(&content).await {
                Ok(hash) if expected.is_none_or(|expected| *expected == hash) => {
                    return Ok((content, hash));
                }
                Ok(hash) if wrong.as_ref() == Some(&hash) => return Err(Failure::Conflict),
                Ok(hash) => wrong = Some(hash),
                // The page could not read its own bytes: nothing can be said of the document.
                Err(_) => {}
            }
        }
        Err(Failure::Refused(Reason::Damaged))
    }

    /// Makes a new document, in two steps.
    ///
    /// [`Failure::Unavailable`] after the second step began: it may stand there all the same, and the next
    /// listing shows it.
    pub async fn create(
        &self,
        record: &Record,
        place: &Place,
        content: P::Content,
    ) -> Result<(), Failure> {
        let subject = self.subject(record, true).await?;
        let argument = upload_argument(place, &subject);
        let size_bytes = self.wire.ports().size_bytes(&content);
        let mut status = 0;
        for _ in 0..TRIES {
            let mut location = Location::blank();
            let answer = self.call("files.upload", argument.clone(), true, &mut location).await;
            answer.map_err(|refusal| upload_refusal(refusal, &place.folder))?;
            let request = upload_request(location.location, content.clone(), size_bytes);
            // Not sent again after a lost answer: a repeat could make a second document.
            let answer = self.wire.send(&request).await?.ok_or(Failure::Unavailable(Side::Crm))?;
            status = answer.status;
            match status {
                200..=299 => return Ok(()),
                // The link was no longer good: nothing was done.
                401 | 403 | 404 | 410 => {}
                _ => break,
            }
        }
        Err(location_failure(status))
    }

    /// Deletes a document if it still is as the plan saw it; one already gone counts as deleted. → [`Outcome::Done`]
    ///
    /// RACE: it may change between the look and the deletion; the CRM has no conditional delete.
    pub async fn delete(&self, document: &Document) -> Result<Outcome, Failure> {
        match self.shown(&document.id).await? {
            None => return Ok(Outcome::Done),
            Some(found) if found.place != document.place || !found.same_stamp(document) => {
                return Err(Failure::Conflict);
            }
            Some(_) => {}
        }
        match self.call("files.delete", id_argument(document.id.as_str()), true, &mut ()).await {
            Ok(()) | Err(Refusal { failure: Failure::NotFound, .. }) => Ok(Outcome::Done),
            Err(refusal) => Err(refusal.failure),
        }
    }

    async fn look(&self, document: &DocumentId) -> Result<Option<Document>, Failure> {
        let mut row = FileRow::blank();
        let argument = id_argument(document.as_str());
        match self.call("files.info", argument, true, &mut row).await {
            Ok(()) if row.0.id == *document => {
                self.normalize(&mut row.0);
                Ok(Some(row.0))
            }
            Ok(()) => malformed(),
            Err(Refusal { failure: Failure::NotFound, .. }) => Ok(None),
            Err(refusal) => Err(refusal.failure),
        }
    }

    /// A document's bytes, whatever their length. A link that is no longer good is asked for again (C18).
    async fn bytes(
        &self,
        document: &DocumentId,
        size_bytes: u64,
        urgent: bool,
    ) -> Result<P::Content, Failure> {
        for _ in 0..TRIES {
            let mut link = Location::blank();
            let argument = id_argument(document.as_str());
            self.call("files.download", argument, urgent, &mut link).await?;
            let request = download_request(link.location, size_bytes);
            let mut backoff = Backoff::new(Side::Crm);
            loop {
                let why = match self.wire.send(&request).await? {
                    None => Wait::Outage,
                    Some(response) => match (response.status, response.content) {
                        (200, Some(content)) => return Ok(content),
                        (401 | 403 | 404 | 410, _) => break,
                        (429, _) => Wait::Limit(None),
                        _ => return malformed(),
                    },
                };
                backoff.wait(self.wire.ports(), why)?.await;
            }
        }
        Err(Failure::Refused(Reason::CrmRefused))
    }

    fn normalize(&self, document: &mut Document) {
        let ports = self.wire.ports();
        document.nfc.folder = ports.nfc(&document.place.folder);
        document.nfc.name = ports.nfc(&document.place.name);
    }
}

fn upload_argument(place: &Place, subject: &Subject<'_>) -> String {
    let fields: [(&str, &dyn Write); 3] =
        [("name", &place.name), ("subject", subject), ("folder", &place.folder)];
    // At the root no folder is named.
    let count = if place.folder.is_empty() { 2 } else { 3 };
    Object(&fields[..count]).write_text()
}

/// What it means that an upload location answered so.
fn location_failure(status: u16) -> Failure {
    match status {
        400 | 401 | 403 | 404 | 410 => Failure::Refused(Reason::CrmRefused),
        // Not 429 either: it passes by itself, and whether the location is spent is not documented.
        429 => Failure::Unavailable(Side::Crm),
        other => final_failure(other),
    }
}

/// What a refused `files.upload` is about; what is not understood concerns this document only.
fn upload_refusal(refusal: Refusal, folder: &str) -> Failure {
    if refusal.of_folder && folder.contains('/') {
        return Failure::SlashRefused;
    }
    if refusal.of_subject {
        return Failure::KindRefused;
    }
    refusal.failure
}
