//! Reading: listings with their pages, metadata, longpoll. No writes.

use super::call::{address, fill, read, Called, Ended};
use super::tags::Refusal;
use super::types::{LongpollAnswer, Metadata};
use super::{malformed, Dropbox};
use crate::json::forms::Form;
use crate::json::{Object, Read, Value, Write};
use crate::ports::{Ports, Request};
use futures_util::future::LocalBoxFuture;
use futures_util::FutureExt;
use sync_core::{Cursor, Entry, Failure, FileEntry, Outcome, Side};

/// The most entries Dropbox gives at once.
const PAGE_LIMIT: u32 = 2_000;
/// A page may be empty and still not the last; so many in a row that bring neither entries nor a new cursor
/// are a loop.
const IDLE_PAGES_MAX: u32 = 10;
/// Dropbox adds up to this much to a longpoll's timeout (s).
const LONGPOLL_JITTER_S: u32 = 90;

/// Pages after a listing this long count as those that bring nothing new.
const PAGES_MAX: usize = 10_000;

/// All pages of a listing.
struct Listing {
    /// In order.
    entries: Vec<Entry>,
    /// Where to go on.
    cursor: Cursor,
    /// This was not the last page.
    has_more: bool,
}

/// Answer of `files/list_folder` and `files/list_folder/continue`: goes on where the pages before it ended.
impl Form for Listing {
    fn blank() -> Self {
        Self { entries: Vec::new(), cursor: Cursor::blank(), has_more: false }
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        let Value::List(entries) = value.field("entries")? else { return None };
        for entry in entries {
            if let Metadata(Some(entry)) = Metadata::read(entry)? {
                self.entries.push(entry);
            }
        }
        self.cursor.fill(value.field("cursor")?)?;
        self.has_more = value.flag("has_more")?;
        Some(())
    }
}

impl Listing {
    fn changes(self) -> Outcome {
        Outcome::Changes { entries: self.entries, cursor: self.cursor }
    }

    /// How many entries stand there.
    fn count(self) -> Outcome {
        let entries = self.entries.iter().filter(|entry| !matches!(entry, Entry::Deleted { .. }));
        Outcome::Children(u32::try_from(entries.count()).unwrap_or(u32::MAX))
    }
}

/// What is told of a listing.
type Tell = fn(Listing) -> Outcome;

/// A listing under way.
///
/// Boxed: several methods begin one, and one copy in the module is enough.
pub type Listed<'a> = LocalBoxFuture<'a, Result<Outcome, Failure>>;

impl<P: Ports> Dropbox<P> {
    /// What changed since the cursor, or everything in the app folder. → [`Outcome::Changes`]
    pub fn changes(&self, cursor: Option<&Cursor>) -> Listed<'_> {
        let Some(cursor) = cursor else { return self.folder_tree("") };
        let (route, argument) = go_on(cursor);
        self.pages(route, argument, vec![cursor.clone()], Listing::changes)
    }

    /// Everything below a folder, the folder itself among it. → [`Outcome::Changes`]
    pub fn folder_tree(&self, path: &str) -> Listed<'_> {
        self.list(path, true, Listing::changes)
    }

    /// What stands directly in a folder. → [`Outcome::Changes`]
    pub fn children(&self, path: &str) -> Listed<'_> {
        self.list(path, false, Listing::changes)
    }

    /// How many stand directly in a folder. → [`Outcome::Children`]
    pub fn count_children(&self, path: &str) -> Listed<'_> {
        self.list(path, false, Listing::count)
    }

    /// Asks what stands at a path or under an id, for [`standing`] and [`standing_file`].
    pub(super) fn metadata(&self, path: &str) -> Called<'_, P::Content> {
        self.rpc("files/get_metadata", Object(&[("path", &path)]).write_text())
    }

    /// Waits up to `timeout_s` (30 to 480) for a change. One try; the caller decides when to ask again.
    pub async fn longpoll(
        &self,
        cursor: &Cursor,
        timeout_s: u32,
    ) -> Result<LongpollAnswer, Failure> {
        let argument = Object(&[("cursor", cursor), ("timeout", &timeout_s)]);
        let url = address(&self.endpoints().notify, "files/list_folder/longpoll");
        let timeout_ms = (timeout_s + LONGPOLL_JITTER_S + 10) * 1_000;
        // No authorization: Dropbox refuses a longpoll that carries one.
        let request = Request::post_json(url, argument.write_text(), timeout_ms);
        match self.wire.send(&request).await? {
            Some(response) => match response.status {
                200..=299 => read(&response.text),
                409 => Err(Refusal::of_body(&response.text).failure()),
                429 => Err(Failure::Unavailable(Side::Dropbox)),
                _ => malformed(),
            },
            None => Err(Failure::Unavailable(Side::Dropbox)),
        }
    }

    fn list(&self, path: &str, recursive: bool, tell: Tell) -> Listed<'_> {
        let argument = Object(&[
            ("path", &path),
            ("recursive", &recursive),
            ("limit", &PAGE_LIMIT),
            ("include_deleted", &false),
            ("include_mounted_folders", &true),
            // Files without downloadable content are listed (without a hash), so that they can be shown as
            // such: leaving them out would be failing in silence.
            ("include_non_downloadable_files", &true),
        ])
        .write_text();
        self.pages("files/list_folder", argument, Vec::new(), tell)
    }

    fn pages(
        &self,
        route: &'static str,
        argument: String,
        seen: Vec<Cursor>,
        tell: Tell,
    ) -> Listed<'_> {
        self.listed(route, argument, seen, tell).boxed_local()
    }

    /// Goes on until `has_more` is false; that alone ends a listing.
    async fn listed(
        &self,
        mut route: &'static str,
        mut argument: String,
        mut seen: Vec<Cursor>,
        tell: Tell,
    ) -> Result<Outcome, Failure> {
        let mut listing = Listing::blank();
        let mut idle_pages = 0;
        loop {
            let page = self.rpc(route, argument).await?.plain()?;
            fill(&page.text, None, &mut listing)?;
            if !listing.has_more {
                return Ok(tell(listing));
            }
            (route, argument) = go_on(&listing.cursor);
            if seen.len() < PAGES_MAX && !seen.contains(&listing.cursor) {
                seen.push(listing.cursor.clone());
                continue;
            }
            idle_pages += 1;
            if idle_pages >= IDLE_PAGES_MAX {
                return malformed();
            }
        }
    }
}

/// What stands there; [`Failure::NotFound`] if nothing does.
pub(super) fn standing<C>(metadata: Ended<C>) -> Result<Option<Entry>, Failure> {
    let Metadata(entry) = read(&metadata?.plain()?.text)?;
    Ok(entry)
}

/// The file that stands there, if one does.
///
/// Boxed: it is kept while the next request is under way.
pub(super) fn standing_file<C>(metadata: Ended<C>) -> Result<Option<Box<FileEntry>>, Failure> {
    match standing(metadata) {
        Ok(Some(Entry::File(file))) => Ok(Some(Box::new(file))),
        Ok(_) => Ok(None),
        // The service is well and says no; an outage is told instead.
        Err(failure) if ends_the_cycle(&failure) => Err(failure),
        Err(_) => Ok(None),
    }
}

fn ends_the_cycle(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Unavailable(_)
            | Failure::Unauthorized(_)
            | Failure::Cancelled
            | Failure::Malformed(Side::Dropbox)
    )
}

/// The request for what comes after a cursor.
fn go_on(cursor: &Cursor) -> (&'static str, String) {
    ("files/list_folder/continue", Object(&[("cursor", cursor)]).write_text())
}
