//! Reading: listings with their pages, metadata, longpoll. No writes.

use super::call::parse_json;
use super::tags::Tags;
use super::types::{ListFolderPage, LongpollAnswer, Metadata};
use super::{malformed, Dropbox};
use crate::json::{Object, Write};
use crate::ports::{Body, Method, Ports, Request, TransportError};
use futures_util::future::LocalBoxFuture;
use futures_util::FutureExt;
use sync_core::{Cursor, Entry, Failure, Side};

/// The most entries Dropbox gives at once.
const PAGE_LIMIT: u32 = 2_000;
/// A page may be empty and still not the last; so many in a row that bring neither entries nor a new cursor
/// are a loop.
const IDLE_PAGES_MAX: u32 = 10;
/// Dropbox adds up to this much to a longpoll's timeout (s).
const LONGPOLL_JITTER_S: u32 = 90;

/// All pages of a listing.
#[derive(Clone, Debug)]
pub struct Listing {
    /// In order.
    pub entries: Vec<Entry>,
    /// Where to go on.
    pub cursor: Cursor,
}

/// A listing under way.
///
/// Boxed: several methods begin one, and one copy in the module is enough.
pub type Listed<'a> = LocalBoxFuture<'a, Result<Listing, Failure>>;

impl<P: Ports> Dropbox<P> {
    /// What changed since the cursor, or everything in the app folder.
    pub fn changes(&self, cursor: Option<&Cursor>) -> Listed<'_> {
        let Some(cursor) = cursor else { return self.list("", true) };
        let (route, argument) = go_on(cursor);
        self.pages(route, argument, vec![cursor.clone()]).boxed_local()
    }

    /// Everything below a folder, the folder itself among it.
    pub fn folder_tree(&self, path: &str) -> Listed<'_> {
        self.list(path, true)
    }

    /// How many children a folder has.
    pub async fn child_count(&self, path: &str) -> Result<u32, Failure> {
        let listing = self.list(path, false).await?;
        let children =
            listing.entries.iter().filter(|entry| !matches!(entry, Entry::Deleted { .. }));
        Ok(u32::try_from(children.count()).unwrap_or(u32::MAX))
    }

    /// What stands directly in a folder.
    pub async fn children(&self, path: &str) -> Result<Vec<Entry>, Failure> {
        Ok(self.list(path, false).await?.entries)
    }

    /// What stands at a path or under an id; [`Failure::NotFound`] if nothing does.
    pub(super) async fn metadata(&self, path: &str) -> Result<Option<Entry>, Failure> {
        let argument = Object(&[("path", &path)]).write_text();
        let Metadata(entry) = self.rpc("files/get_metadata", argument).await?.parse()?.plain()?;
        Ok(entry)
    }

    /// Waits up to `timeout_s` (30 to 480) for a change. One try; the caller decides when to ask again.
    pub async fn longpoll(
        &self,
        cursor: &Cursor,
        timeout_s: u32,
    ) -> Result<LongpollAnswer, Failure> {
        let argument = Object(&[("cursor", cursor), ("timeout", &timeout_s)]);
        let request = Request {
            method: Method::Post,
            url: format!("{}/2/files/list_folder/longpoll", self.endpoints().notify),
            // No authorization: Dropbox refuses a longpoll that carries one.
            headers: vec![("content-type", "application/json".into())],
            body: Body::Text(argument.write_text()),
            wants_content: false,
            timeout_ms: (timeout_s + LONGPOLL_JITTER_S + 10) * 1_000,
        };
        let response = match self.wire.send(request).await {
            Ok(response) => response,
            Err(TransportError::Cancelled) => return Err(Failure::Cancelled),
            Err(_) => return Err(Failure::Unavailable(Side::Dropbox)),
        };
        match response.status {
            200..=299 => parse_json(response.text()),
            409 => Err(Tags::of_body(response.text()).failure()),
            429 | 500..=599 => Err(Failure::Unavailable(Side::Dropbox)),
            _ => malformed(),
        }
    }

    fn list(&self, path: &str, recursive: bool) -> Listed<'_> {
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
        self.pages("files/list_folder", argument, Vec::new()).boxed_local()
    }

    /// Goes on until `has_more` is false; that alone ends a listing.
    async fn pages(
        &self,
        mut route: &'static str,
        mut argument: String,
        mut seen: Vec<Cursor>,
    ) -> Result<Listing, Failure> {
        let mut entries = Vec::new();
        let mut idle_pages = 0;
        loop {
            let page: ListFolderPage = self.rpc(route, argument).await?.parse()?.plain()?;
            entries.extend(page.entries.into_iter().filter_map(|Metadata(entry)| entry));
            let cursor = Cursor(page.cursor);
            if !page.has_more {
                return Ok(Listing { entries, cursor });
            }
            (route, argument) = go_on(&cursor);
            if !seen.contains(&cursor) {
                seen.push(cursor);
                continue;
            }
            idle_pages += 1;
            if idle_pages >= IDLE_PAGES_MAX {
                return malformed();
            }
        }
    }
}

/// The request for what comes after a cursor.
fn go_on(cursor: &Cursor) -> (&'static str, String) {
    ("files/list_folder/continue", Object(&[("cursor", cursor)]).write_text())
}
