//! Reading: listings with their pages, metadata, longpoll. No writes.

use super::call::parse_json;
use super::tags::Tags;
use super::types::{
    ListFolder, ListFolderContinue, ListFolderPage, Longpoll, LongpollAnswer, Metadata, PathArg,
};
use super::{malformed, Dropbox};
use crate::json::to_json;
use crate::ports::{Body, Method, Ports, Request, TransportError};
use sync_core::map::Set;
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

impl<P: Ports> Dropbox<P> {
    /// What changed since the cursor, or everything in the app folder.
    pub async fn changes(&self, cursor: Option<&Cursor>) -> Result<Listing, Failure> {
        match cursor {
            Some(cursor) => self.pages(Vec::new(), cursor.clone()).await,
            None => self.list("", true).await,
        }
    }

    /// Everything below a folder, the folder itself among it.
    pub async fn folder_tree(&self, path: &str) -> Result<Listing, Failure> {
        self.list(path, true).await
    }

    /// How many children a folder has.
    pub async fn child_count(&self, path: &str) -> Result<u32, Failure> {
        let entries = self.children(path).await?;
        let children = entries.iter().filter(|entry| !matches!(entry, Entry::Deleted { .. }));
        Ok(u32::try_from(children.count()).unwrap_or(u32::MAX))
    }

    /// What stands directly in a folder.
    pub async fn children(&self, path: &str) -> Result<Vec<Entry>, Failure> {
        Ok(self.list(path, false).await?.entries)
    }

    /// What stands at a path or under an id; [`Failure::NotFound`] if nothing does.
    pub(super) async fn metadata(&self, path: &str) -> Result<Metadata, Failure> {
        self.rpc("files/get_metadata", &PathArg { path }).await?.plain()
    }

    /// Waits up to `timeout_s` (30 to 480) for a change. One try; the caller decides when to ask again.
    pub async fn longpoll(
        &self,
        cursor: &Cursor,
        timeout_s: u32,
    ) -> Result<LongpollAnswer, Failure> {
        let argument = Longpoll { cursor: cursor.as_str(), timeout: timeout_s };
        let request = Request {
            method: Method::Post,
            url: format!("{}/2/files/list_folder/longpoll", self.endpoints().notify),
            // No authorization: Dropbox refuses a longpoll that carries one.
            headers: vec![("content-type", "application/json".into())],
            body: Body::Text(to_json(&argument)),
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

    async fn list(&self, path: &str, recursive: bool) -> Result<Listing, Failure> {
        let argument = ListFolder {
            path,
            recursive,
            limit: PAGE_LIMIT,
            include_deleted: false,
            include_mounted_folders: true,
            // Files without downloadable content are listed (without a hash), so that they can be shown as
            // such: leaving them out would be failing in silence.
            include_non_downloadable_files: true,
        };
        let page: ListFolderPage = self.rpc("files/list_folder", &argument).await?.plain()?;
        let mut entries = Vec::new();
        append(&mut entries, page.entries);
        let cursor = Cursor(page.cursor);
        if page.has_more {
            return self.pages(entries, cursor).await;
        }
        Ok(Listing { entries, cursor })
    }

    /// Goes on until `has_more` is false; that alone ends a listing.
    async fn pages(&self, mut entries: Vec<Entry>, cursor: Cursor) -> Result<Listing, Failure> {
        let mut cursor = cursor;
        let mut seen = Set::from([cursor.clone()]);
        let mut idle_pages = 0;
        loop {
            let argument = ListFolderContinue { cursor: cursor.as_str() };
            let page: ListFolderPage =
                self.rpc("files/list_folder/continue", &argument).await?.plain()?;
            append(&mut entries, page.entries);
            cursor = Cursor(page.cursor);
            if !page.has_more {
                return Ok(Listing { entries, cursor });
            }
            if !seen.insert(cursor.clone()) {
                idle_pages += 1;
                if idle_pages >= IDLE_PAGES_MAX {
                    return malformed();
                }
            }
        }
    }
}

/// Entries without a path are not mounted: they stand nowhere.
fn append(entries: &mut Vec<Entry>, page: Vec<Metadata>) {
    entries.extend(page.into_iter().filter_map(|metadata| match metadata {
        Metadata::File(file) => file.entry().map(Entry::File),
        Metadata::Folder(folder) => folder.entry().map(Entry::Folder),
        Metadata::Deleted(gone) => gone.path_lower.map(|path_lower| Entry::Deleted { path_lower }),
        Metadata::Other => None,
    }));
}
