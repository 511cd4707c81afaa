//! `list_folder` and its cursors. A cursor carries all it needs, so the server keeps none: the
//! place in the first listing, and the position in the log where changes begin.

use super::names::{parent_of, Path};
use super::tree::{Change, Tree};
use super::wire::{base64url, from_base64url};
use super::{metadata, Account};
use crate::variants::DropboxVariants;
use serde_json::{json, Value};
use std::collections::BTreeSet;
use std::ops::Bound;

const DEFAULT_LIMIT: usize = 500;
const SMALL_PAGE: usize = 5;

/// What a cursor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The account it was made for.
    pub account: usize,
    /// The tree's epoch then: another one means `reset`.
    pub epoch: u64,
    /// How much of the log was reported, or stood when the listing began.
    pub seen: usize,
    /// The last key listed; `None` when the first listing is done.
    pub after: Option<String>,
    /// The folder's key.
    pub root: String,
    /// All below, or the folder's own entries only.
    pub recursive: bool,
    /// Deleted entries in the first listing.
    pub deleted: bool,
    /// Files that cannot be downloaded.
    pub non_downloadable: bool,
    /// Entries in a page.
    pub limit: usize,
    /// The empty page was given.
    pub paused: bool,
}

impl Cursor {
    /// A cursor at the beginning of a listing.
    pub fn new(account: &Account, root: &Path, limit: Option<u64>) -> Self {
        Cursor {
            account: account.index,
            epoch: account.tree.epoch,
            seen: account.tree.log.len(),
            after: Some(String::new()),
            root: root.key.clone(),
            recursive: false,
            deleted: false,
            non_downloadable: true,
            limit: limit.map_or(DEFAULT_LIMIT, |n| n as usize),
            paused: false,
        }
    }

    /// Its text.
    pub fn text(&self) -> String {
        let listing = self.after.is_some();
        let flags = [self.recursive, self.deleted, self.non_downloadable, self.paused, listing]
            .iter()
            .fold(0, |bits, flag| bits << 1 | u8::from(*flag));
        // Names may hold line breaks: the root's length tells where it ends.
        let plain = format!(
            "{}\n{}\n{}\n{flags}\n{}\n{}\n{}{}",
            self.account,
            self.epoch,
            self.seen,
            self.limit,
            self.root.len(),
            self.root,
            self.after.as_deref().unwrap_or("")
        );
        format!("AA{}{:08x}", base64url(plain.as_bytes()), checksum(&plain))
    }

    /// Reads it back; `None` for a text no cursor ever had.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix("AA")?;
        let (body, sum) = body.split_at_checked(body.len().checked_sub(8)?)?;
        let plain = String::from_utf8(from_base64url(body)?).ok()?;
        if sum != format!("{:08x}", checksum(&plain)) {
            return None;
        }
        let mut parts = plain.splitn(7, '\n');
        let mut next = || parts.next();
        let (account, epoch, seen) =
            (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
        let flags: u8 = next()?.parse().ok()?;
        let (limit, root_bytes) = (next()?.parse().ok()?, next()?.parse().ok()?);
        let (root, after) = next()?.split_at_checked(root_bytes)?;
        Some(Cursor {
            account,
            epoch,
            seen,
            after: (flags & 1 != 0).then(|| after.to_string()),
            root: root.to_string(),
            recursive: flags & 16 != 0,
            deleted: flags & 8 != 0,
            non_downloadable: flags & 4 != 0,
            limit,
            paused: flags & 2 != 0,
        })
    }

    fn covers(&self, key: &str) -> bool {
        match self.recursive {
            true => {
                key.len() > self.root.len()
                    && key.starts_with(&self.root)
                    && key.as_bytes()[self.root.len()] == b'/'
                    || key == self.root
            }
            false => parent_of(key) == self.root,
        }
    }

    /// Whether changes wait (or the first listing is not done).
    pub fn has_news(&self, tree: &Tree) -> bool {
        self.after.is_some()
            || tree.log[self.seen.min(tree.log.len())..].iter().any(|c| self.covers(&c.key))
    }
}

/// FNV-1a: only to tell a cursor from a typing error.
fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// One page: `{entries, cursor, has_more}`; the cursor moves on.
pub fn page(tree: &Tree, variants: &DropboxVariants, cursor: &mut Cursor) -> Value {
    let mut entries = Vec::new();
    if variants.empty_page_has_more && !cursor.paused && cursor.has_news(tree) {
        cursor.paused = true;
        return json!({"entries": [], "cursor": cursor.text(), "has_more": true});
    }
    cursor.paused = false;
    let limit = if variants.small_pages { cursor.limit.min(SMALL_PAGE) } else { cursor.limit };
    let limit = limit.max(1);
    if let Some(after) = cursor.after.take() {
        cursor.after = first_listing(tree, variants, cursor, &after, limit, &mut entries);
    } else {
        changes(tree, variants, cursor, limit, &mut entries);
    }
    let has_more = cursor.has_news(tree);
    if variants.child_before_parent {
        children_first(&mut entries);
    }
    json!({"entries": entries, "cursor": cursor.text(), "has_more": has_more})
}

/// A page of what stands there; returns where to go on.
fn first_listing(
    tree: &Tree,
    variants: &DropboxVariants,
    cursor: &Cursor,
    after: &str,
    limit: usize,
    entries: &mut Vec<Value>,
) -> Option<String> {
    let (from, to) = (format!("{}/", cursor.root), format!("{}0", cursor.root));
    let from =
        if after.is_empty() { Bound::Included(from.as_str()) } else { Bound::Excluded(after) };
    for (key, node) in tree.nodes.range::<str, _>((from, Bound::Excluded(to.as_str()))) {
        let hidden =
            node.file.as_ref().is_some_and(|f| !f.is_downloadable) && !cursor.non_downloadable;
        if !cursor.covers(key) || hidden {
            continue;
        }
        entries.push(metadata::tagged(variants, key, &tree.display(key), Some(node)));
        if entries.len() >= limit {
            return Some(key.to_string());
        }
    }
    if cursor.deleted {
        for (key, tombstone) in &tree.tombstones {
            if cursor.covers(key) {
                entries.push(metadata::tagged(variants, key, &tombstone.display, None));
            }
        }
    }
    None
}

/// A page of the log. Of two states of one file without a gap between, only the later is told.
fn changes(
    tree: &Tree,
    variants: &DropboxVariants,
    cursor: &mut Cursor,
    limit: usize,
    entries: &mut Vec<Value>,
) {
    let mut page: Vec<&Change> = Vec::new();
    while cursor.seen < tree.log.len() && page.len() < limit {
        let change = &tree.log[cursor.seen];
        cursor.seen += 1;
        let file = change.node.as_ref().and_then(|n| n.file.as_ref());
        let hidden = file.is_some_and(|f| !f.is_downloadable) && !cursor.non_downloadable;
        if cursor.covers(&change.key) && !hidden {
            page.push(change);
        }
    }
    let mut later: BTreeSet<&str> = BTreeSet::new();
    let mut keep = vec![true; page.len()];
    for (at, change) in page.iter().enumerate().rev() {
        if change.node.as_ref().is_some_and(|n| n.file.is_some()) && !later.insert(&change.key) {
            keep[at] = false;
        }
    }
    entries.extend(page.iter().zip(keep).filter(|(_, keep)| *keep).map(|(change, _)| {
        metadata::tagged(variants, &change.key, &change.display, change.node.as_ref())
    }));
}

/// Within each run of entries without a deletion, children come before their parents. Across a
/// deletion the order carries meaning and stays.
fn children_first(entries: &mut [Value]) {
    for run in entries.split_mut(|entry| entry[".tag"] == "deleted") {
        run.reverse();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a refused cursor is the failure to report")]
    use super::*;

    #[test]
    fn cursor_text_and_back() {
        for (root, after) in
            [("", None), ("", Some("")), ("/a\nb", Some("/a\nb/c:d")), ("/x", None)]
        {
            let cursor = Cursor {
                account: 1,
                epoch: 2,
                seen: 3,
                after: after.map(String::from),
                root: root.into(),
                recursive: true,
                deleted: false,
                non_downloadable: true,
                limit: 4,
                paused: true,
            };
            assert_eq!(Cursor::parse(&cursor.text()).unwrap(), cursor);
        }
        assert_eq!(Cursor::parse("AAAAAA"), None);
        assert_eq!(Cursor::parse(""), None);
    }
}
