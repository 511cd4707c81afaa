//! What the single-file routes do: argument in, result or error out.

use super::args::{
    self, CommitInfo, Continue, CreateFolder, Delete, Download, GetMetadata, ListFolder,
    ListRevisions, Longpoll, Relocation, Restore, SessionFinish,
};
use super::listing::{self, Cursor};
use super::metadata;
use super::names::{NameError, Path};
use super::routes::{Answer, Call};
use super::sessions::{check_hash, REQUEST_LIMIT_BYTES};
use super::tree::Revision;
use super::wire::{nested, Fail};
use super::write::{malformed, Commit, Mode, WriteError};
use super::{Account, Dropbox};
use crate::clock::utc_z;
use crate::content::Content;
use crate::world::Ctx;
use serde_json::{json, Value};
use std::sync::Arc;

const READ_PATTERN: &str = "(/(.|[\\r\\n])*|id:.*)|(rev:[0-9a-f]{9,})|(ns:[0-9]+(/.*)?)";
const WRITE_PATTERN: &str = "(/(.|[\\r\\n])*)|(ns:[0-9]+(/.*)?)|(id:.*)";

/// What a path of an argument points at.
enum Place {
    /// A path, at which anything or nothing may stand.
    At(Path),
    /// An id that stands nowhere.
    NoSuchId,
    /// A past or present revision.
    Revision(Revision),
}

impl Account {
    /// Reads a path: by name, id, revision or namespace.
    fn place(
        &self,
        ctx: &Ctx,
        call: &Call,
        text: &str,
        pattern: &str,
    ) -> Result<Place, PlaceError> {
        let variants = &ctx.options.variants.dropbox;
        let no_match = || {
            let text = format!("path: '{text}' did not match pattern '{pattern}'");
            PlaceError::Fail(call.bad(&text))
        };
        let parse = |path: &str| match path {
            "" => Ok(Place::At(Path::root())),
            _ => Ok(Place::At(Path::parse(path, variants).map_err(PlaceError::Name)?)),
        };
        if text.is_empty() || text.starts_with('/') {
            return parse(text);
        }
        if let Some(rest) = text.strip_prefix("id:") {
            let (id, below) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            return match self.tree.places.get(format!("id:{id}").as_str()) {
                Some(key) => parse(&format!("{}{below}", self.tree.display(key))),
                None => Ok(Place::NoSuchId),
            };
        }
        if let (Some(rev), true) = (text.strip_prefix("rev:"), pattern == READ_PATTERN) {
            if !args::is_rev(rev) {
                return Err(no_match());
            }
            let revision = self.tree.revisions.get(rev).cloned();
            return Ok(revision.map_or(Place::NoSuchId, Place::Revision));
        }
        if let Some(rest) = text.strip_prefix("ns:") {
            let (namespace, below) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            return match namespace == self.namespace_id {
                true => parse(below),
                false => Ok(Place::NoSuchId),
            };
        }
        Err(no_match())
    }

    /// What stands at a path to read from; the error is `{path: LookupError}`.
    fn find(&self, ctx: &Ctx, call: &Call, text: &str) -> Result<Found, Fail> {
        self.find_as(ctx, call, text, READ_PATTERN, "path")
    }

    fn find_as(
        &self,
        ctx: &Ctx,
        call: &Call,
        text: &str,
        pattern: &str,
        error: &str,
    ) -> Result<Found, Fail> {
        let failed = |tag: Value| Fail::Endpoint(nested(error, tag));
        let place = match self.place(ctx, call, text, pattern) {
            Ok(place) => place,
            Err(PlaceError::Fail(fail)) => return Err(fail),
            Err(_) => return Err(failed(malformed(ctx))),
        };
        let path = match place {
            Place::At(path) => path,
            Place::NoSuchId => return Err(failed(json!({".tag": "not_found"}))),
            Place::Revision(revision) => return Ok(Found::Revision(revision)),
        };
        if path.key.is_empty() {
            return Ok(Found::Root);
        }
        match self.tree.nodes.get_key_value(path.key.as_str()) {
            Some((key, _)) => Ok(Found::Key(key.clone())),
            None => Ok(Found::Nothing(path)),
        }
    }

    /// A path to write to.
    pub(super) fn target(&self, ctx: &Ctx, call: &Call, text: &str) -> Result<Path, PlaceError> {
        let path = match self.place(ctx, call, text, WRITE_PATTERN)? {
            Place::At(path) => path,
            // Where the file of this id stood last: `update` finds it gone there.
            Place::NoSuchId => {
                let revs = self.tree.revs_by_id.get(text);
                let last =
                    revs.and_then(|revs| revs.last()).and_then(|r| self.tree.revisions.get(r));
                let last = last.ok_or(PlaceError::Name(NameError::Malformed))?;
                Path { display: last.display.to_string(), key: last.key.to_string() }
            }
            Place::Revision(_) => return Err(PlaceError::Name(NameError::Malformed)),
        };
        if path.key.is_empty() {
            return match text {
                "" => {
                    let text = format!("path: '' did not match pattern '{WRITE_PATTERN}'");
                    Err(PlaceError::Fail(call.bad(&text)))
                }
                _ => Err(PlaceError::Name(NameError::Malformed)),
            };
        }
        Path::parse_to_write(&path.display, &ctx.options.variants.dropbox).map_err(PlaceError::Name)
    }

    /// The concrete metadata of what stands at a key.
    pub(super) fn concrete(&self, ctx: &Ctx, key: &str) -> Value {
        let node = self.tree.at(key).expect("the caller has just put or found it");
        metadata::concrete(&ctx.options.variants.dropbox, key, &self.tree.display(key), node)
    }

    /// The metadata of what stands at a key, with its tag.
    pub(super) fn tagged(&self, ctx: &Ctx, key: &str) -> Value {
        let node = self.tree.at(key);
        metadata::tagged(&ctx.options.variants.dropbox, key, &self.tree.display(key), node)
    }

    /// Commits content; the error is `WriteError`, or that of the pattern.
    pub(super) fn commit(
        &mut self,
        ctx: &mut Ctx,
        call: &Call,
        info: &CommitInfo,
        content: &Content,
    ) -> Result<Arc<str>, PlaceError> {
        let path = self.target(ctx, call, &info.path)?;
        self.tree.commit(ctx, &path, &info.commit(), content).map_err(PlaceError::Write)
    }

    /// `files/upload`: its error is flat, unlike that of `finish`.
    pub(super) fn upload(&mut self, ctx: &mut Ctx, call: &Call) -> Result<Value, Fail> {
        let info: CommitInfo = call.read()?;
        if call.body.len() > REQUEST_LIMIT_BYTES {
            return Err(Fail::tag("payload_too_large"));
        }
        check_hash(info.content_hash.as_deref(), call.body)?;
        match self.commit(ctx, call, &info, &Content::new(call.body)) {
            Ok(key) => Ok(self.concrete(ctx, &key)),
            Err(PlaceError::Fail(fail)) => Err(fail),
            Err(error) => Err(Fail::Endpoint(json!({
                ".tag": "path",
                "reason": error.value(ctx),
                "upload_session_id": self.keep_for_retry(ctx, call.body),
            }))),
        }
    }

    /// `files/upload_session/finish`
    pub(super) fn finish(&mut self, ctx: &mut Ctx, call: &Call) -> Result<Value, Fail> {
        let arg: SessionFinish = call.read()?;
        if call.body.len() > REQUEST_LIMIT_BYTES {
            return Err(Fail::tag("payload_too_large"));
        }
        check_hash(arg.content_hash.as_deref(), call.body)?;
        self.finish_one(ctx, call, &arg, call.body, false)
    }

    /// Commits one session; for `finish` and the entries of `finish_batch_v2`.
    pub(super) fn finish_one(
        &mut self,
        ctx: &mut Ctx,
        call: &Call,
        arg: &SessionFinish,
        body: &[u8],
        must_be_closed: bool,
    ) -> Result<Value, Fail> {
        let content =
            self.session_content(ctx, arg, body, must_be_closed).map_err(Fail::Endpoint)?;
        let key = match self.commit(ctx, call, &arg.commit, &content) {
            Ok(key) => key,
            Err(PlaceError::Fail(fail)) => return Err(fail),
            Err(error) => return Err(Fail::Endpoint(nested("path", error.value(ctx)))),
        };
        self.session_committed(&arg.cursor.session_id);
        Ok(self.concrete(ctx, &key))
    }

    /// `files/download`
    pub(super) fn download(&self, ctx: &Ctx, call: &Call) -> Result<Answer, Fail> {
        let arg: Download = call.read()?;
        let variants = &ctx.options.variants.dropbox;
        let text = match &arg.rev {
            Some(rev) => format!("rev:{rev}"),
            None => arg.path.clone(),
        };
        let failed = |tag: &str| Fail::Endpoint(nested("path", json!({ ".tag": tag })));
        match self.find(ctx, call, &text)? {
            Found::Root => Err(failed("not_file")),
            Found::Nothing(_) => Err(failed("not_found")),
            Found::Revision(r) => {
                let value =
                    metadata::file_metadata(variants, &r.key, &r.display, &r.id, &r.name, &r.file);
                Ok(Answer::File(value, r.file.rev, r.file.content.bytes))
            }
            Found::Key(key) => match &self.tree.nodes[&key].file {
                None => Err(failed("not_file")),
                Some(file) if !file.is_downloadable => Err(Fail::tag("unsupported_file")),
                Some(file) => {
                    let bytes = file.content.bytes.clone();
                    Ok(Answer::File(self.concrete(ctx, &key), file.rev.clone(), bytes))
                }
            },
        }
    }

    /// `files/get_metadata`
    pub(super) fn get_metadata(&self, ctx: &Ctx, call: &Call) -> Result<Value, Fail> {
        let arg: GetMetadata = call.read()?;
        let variants = &ctx.options.variants.dropbox;
        if matches!(arg.path.as_str(), "" | "/") {
            return Err(call.bad("path: The root folder is unsupported."));
        }
        match self.find(ctx, call, &arg.path)? {
            Found::Root => Err(call.bad("path: The root folder is unsupported.")),
            Found::Key(key) => Ok(self.tagged(ctx, &key)),
            Found::Revision(r) => {
                let mut value =
                    metadata::file_metadata(variants, &r.key, &r.display, &r.id, &r.name, &r.file);
                value[".tag"] = json!("file");
                Ok(value)
            }
            Found::Nothing(path) => match self.tree.tombstones.get(path.key.as_str()) {
                Some(tombstone) if arg.include_deleted => {
                    Ok(metadata::tagged(variants, &path.key, &tombstone.display, None))
                }
                _ => Err(Fail::Endpoint(nested("path", json!({".tag": "not_found"})))),
            },
        }
    }

    /// `files/list_folder`, and `get_latest_cursor` with `only_cursor`.
    pub(super) fn list_folder(
        &self,
        ctx: &Ctx,
        call: &Call,
        only_cursor: bool,
    ) -> Result<Value, Fail> {
        let arg: ListFolder = call.read()?;
        if arg.path == "/" {
            return Err(
                call.bad("path: Specify the root folder as an empty string rather than as \"/\".")
            );
        }
        if arg.limit.is_some_and(|n| !(1..=2000).contains(&n)) {
            return Err(call.bad("limit: not between 1 and 2000"));
        }
        let root = match self.find(ctx, call, &arg.path)? {
            Found::Root => Path::root(),
            Found::Key(key) if self.tree.nodes[&key].file.is_none() => {
                Path { display: self.tree.display(&key).to_string(), key: key.to_string() }
            }
            Found::Key(_) | Found::Revision(_) => {
                return Err(Fail::Endpoint(nested("path", json!({".tag": "not_folder"}))))
            }
            Found::Nothing(_) => {
                return Err(Fail::Endpoint(nested("path", json!({".tag": "not_found"}))))
            }
        };
        let mut cursor = Cursor::new(self, &root, arg.limit);
        cursor.recursive = arg.recursive;
        cursor.deleted = arg.include_deleted;
        cursor.non_downloadable = arg.include_non_downloadable_files;
        if only_cursor {
            cursor.after = None;
            return Ok(json!({"cursor": cursor.text()}));
        }
        Ok(listing::page(&self.tree, &ctx.options.variants.dropbox, &mut cursor))
    }

    /// `files/list_folder/continue`
    pub(super) fn list_folder_continue(&self, ctx: &Ctx, call: &Call) -> Result<Value, Fail> {
        let arg: Continue = call.read()?;
        let mut cursor = Cursor::parse(&arg.cursor)
            .filter(|cursor| cursor.account == self.index && cursor.seen <= self.tree.log.len())
            .ok_or_else(|| call.bad("cursor: Invalid \"cursor\" parameter"))?;
        if cursor.epoch != self.tree.epoch {
            return Err(Fail::tag("reset"));
        }
        if !cursor.root.is_empty()
            && self.tree.at(&cursor.root).is_none()
            && !cursor.has_news(&self.tree)
        {
            return Err(Fail::Endpoint(nested("path", json!({".tag": "not_found"}))));
        }
        Ok(listing::page(&self.tree, &ctx.options.variants.dropbox, &mut cursor))
    }

    /// `files/create_folder_v2`
    pub(super) fn create_folder_v2(&mut self, ctx: &mut Ctx, call: &Call) -> Result<Value, Fail> {
        let arg: CreateFolder = call.read()?;
        match self.create_folder(ctx, call, &arg.path, arg.autorename) {
            Ok(key) => Ok(json!({"metadata": self.concrete(ctx, &key)})),
            Err(PlaceError::Fail(fail)) => Err(fail),
            Err(error) => Err(Fail::Endpoint(nested("path", error.value(ctx)))),
        }
    }

    pub(super) fn create_folder(
        &mut self,
        ctx: &mut Ctx,
        call: &Call,
        path: &str,
        autorename: bool,
    ) -> Result<Arc<str>, PlaceError> {
        let path = self.target(ctx, call, path)?;
        self.tree.create_folder(ctx, &path, autorename).map_err(PlaceError::Write)
    }

    /// `files/delete_v2`
    pub(super) fn delete_v2(&mut self, ctx: &mut Ctx, call: &Call) -> Result<Value, Fail> {
        let arg: Delete = call.read()?;
        Ok(json!({"metadata": self.delete(ctx, call, &arg)?}))
    }

    /// Deletes; returns the metadata from before.
    pub(super) fn delete(
        &mut self,
        ctx: &mut Ctx,
        call: &Call,
        arg: &Delete,
    ) -> Result<Value, Fail> {
        if let Some(rev) = arg.parent_rev.as_ref().filter(|rev| !args::is_rev(rev)) {
            return Err(call.bad(&format!("parent_rev: '{rev}' did not match pattern '[0-9a-f]+'")));
        }
        if arg.path.is_empty() {
            return Err(call.bad(&format!("path: '' did not match pattern '{WRITE_PATTERN}'")));
        }
        let lookup = |tag: &str| Fail::Endpoint(nested("path_lookup", json!({ ".tag": tag })));
        let key = match self.find_as(ctx, call, &arg.path, WRITE_PATTERN, "path_lookup")? {
            Found::Key(key) => key,
            Found::Root => return Err(lookup("malformed_path")),
            _ => return Err(lookup("not_found")),
        };
        if let Some(rev) = &arg.parent_rev {
            match &self.tree.nodes[&key].file {
                None => return Err(lookup("not_file")),
                Some(file) if *file.rev != **rev => {
                    let conflict = WriteError::Conflict("file").value(ctx);
                    return Err(Fail::Endpoint(nested("path_write", conflict)));
                }
                Some(_) => {}
            }
        }
        let before = self.tagged(ctx, &key);
        let children = ctx.options.variants.dropbox.deleted_folder_lists_children;
        self.tree.remove(&key, ctx.now_ms, children);
        Ok(before)
    }

    /// `files/move_v2` and `files/copy_v2`
    pub(super) fn relocate_v2(
        &mut self,
        ctx: &mut Ctx,
        call: &Call,
        copy: bool,
    ) -> Result<Value, Fail> {
        let arg: Relocation = call.read()?;
        let key = self.relocate(ctx, call, &arg.from_path, &arg.to_path, copy, arg.autorename)?;
        Ok(json!({"metadata": self.tagged(ctx, &key)}))
    }

    pub(super) fn relocate(
        &mut self,
        ctx: &mut Ctx,
        call: &Call,
        from: &str,
        to: &str,
        copy: bool,
        autorename: bool,
    ) -> Result<Arc<str>, Fail> {
        let from = match self.find_as(ctx, call, from, WRITE_PATTERN, "from_lookup")? {
            Found::Key(key) => key,
            Found::Root => {
                return Err(Fail::Endpoint(json!({".tag": "cant_move_folder_into_itself"})))
            }
            _ => return Err(Fail::Endpoint(nested("from_lookup", json!({".tag": "not_found"})))),
        };
        let to = match self.target(ctx, call, to) {
            Ok(path) => path,
            Err(PlaceError::Fail(fail)) => return Err(fail),
            Err(error) => return Err(Fail::Endpoint(nested("to", error.value(ctx)))),
        };
        self.tree.relocate(ctx, &from, &to, copy, autorename).map_err(Fail::Endpoint)
    }

    /// `files/restore`
    pub(super) fn restore(&mut self, ctx: &mut Ctx, call: &Call) -> Result<Value, Fail> {
        let arg: Restore = call.read()?;
        let path = match self.target(ctx, call, &arg.path) {
            Ok(path) => path,
            Err(PlaceError::Fail(fail)) => return Err(fail),
            Err(error) => return Err(Fail::Endpoint(nested("path_write", error.value(ctx)))),
        };
        let Some(revision) = self.tree.revisions.get(arg.rev.as_str()).cloned() else {
            return Err(Fail::tag("invalid_revision"));
        };
        let commit = Commit::new(Mode::Overwrite);
        match self.tree.commit(ctx, &path, &commit, &revision.file.content) {
            Ok(key) => Ok(self.concrete(ctx, &key)),
            Err(error) => Err(Fail::Endpoint(nested("path_write", error.value(ctx)))),
        }
    }

    /// `files/list_revisions`
    pub(super) fn list_revisions(&self, ctx: &Ctx, call: &Call) -> Result<Value, Fail> {
        let arg: ListRevisions = call.read()?;
        let variants = &ctx.options.variants.dropbox;
        if !(1..=100).contains(&arg.limit) {
            return Err(call.bad("limit: not between 1 and 100"));
        }
        let by_id = arg.mode.as_ref().is_some_and(|mode| mode.0 == "id");
        if by_id && arg.before_rev.is_some() {
            return Err(Fail::tag("before_rev_not_supported"));
        }
        let failed = |tag: &str| Fail::Endpoint(nested("path", json!({ ".tag": tag })));
        let (key, node) = match self.find(ctx, call, &arg.path)? {
            Found::Key(key) => {
                let node = self.tree.at(&key);
                (key.to_string(), node)
            }
            Found::Nothing(path) => (path.key, None),
            Found::Root => return Err(failed("not_file")),
            Found::Revision(revision) => (revision.key.to_string(), None),
        };
        if node.is_some_and(|node| node.file.is_none()) {
            return Err(failed("not_file"));
        }
        let revs = match node {
            Some(node) if by_id => self.tree.revs_by_id.get(&node.id),
            _ => self.tree.revs_by_key.get(key.as_str()),
        };
        let revs = revs.ok_or_else(|| failed("not_found"))?;
        let mut newest_first: Vec<&Arc<str>> = revs.iter().rev().collect();
        if let Some(before) = &arg.before_rev {
            let at = newest_first.iter().position(|rev| ***rev == **before);
            newest_first.drain(..=at.ok_or_else(|| Fail::tag("invalid_before_rev"))?);
        }
        let limit = arg.limit as usize;
        let entries: Vec<Value> = newest_first
            .iter()
            .take(limit)
            .map(|rev| {
                let r = &self.tree.revisions[*rev];
                metadata::file_metadata(variants, &r.key, &r.display, &r.id, &r.name, &r.file)
            })
            .collect();
        let mut result = json!({
            "is_deleted": node.is_none(),
            "entries": entries,
            "has_more": newest_first.len() > limit,
        });
        if let (None, Some(tombstone)) = (node, self.tree.tombstones.get(key.as_str())) {
            result["server_deleted"] = json!(utc_z(tombstone.deleted_ms));
        }
        Ok(result)
    }
}

impl Dropbox {
    /// `files/list_folder/longpoll`: answers when something changed or the time is up.
    pub(super) fn longpoll(&mut self, ctx: &mut Ctx, call: &Call) -> Result<Answer, Fail> {
        let arg: Longpoll = call.read()?;
        let variants = &ctx.options.variants.dropbox;
        if !(30..=480).contains(&arg.timeout) {
            return Err(call.bad("timeout: not between 30 and 480"));
        }
        let cursor = Cursor::parse(&arg.cursor)
            .filter(|cursor| cursor.account < self.accounts.len())
            .ok_or_else(|| call.bad("cursor: Invalid \"cursor\" parameter"))?;
        let tree = &self.accounts[cursor.account].tree;
        if cursor.epoch != tree.epoch {
            return Err(Fail::tag("reset"));
        }
        // The same request is asked again while it waits: its end was fixed the first time. An end
        // long past belongs to a client that went away.
        let wait_ms = arg.timeout * 1000 / if variants.longpoll_wakes_for_nothing { 2 } else { 1 };
        let until = self.polls.get(&arg.cursor).copied().filter(|until| until + 5000 > ctx.now_ms);
        let until = until.unwrap_or(ctx.now_ms + wait_ms);
        let has_news = cursor.has_news(tree);
        if !has_news && ctx.now_ms < until {
            self.polls.insert(arg.cursor, until);
            return Ok(Answer::Parked(until));
        }
        self.polls.remove(&arg.cursor);
        let mut answer = json!({"changes": has_news || variants.longpoll_wakes_for_nothing});
        if variants.longpoll_backoff {
            answer["backoff"] = json!(60);
        }
        Ok(match variants.longpoll_text_plain {
            true => Answer::JsonAsText(answer),
            false => Answer::Json(answer),
        })
    }
}

/// What a path to read from points at.
enum Found {
    Root,
    Key(Arc<str>),
    Nothing(Path),
    Revision(Revision),
}

/// Why there is no place to write to.
pub(super) enum PlaceError {
    /// The whole call is refused.
    Fail(Fail),
    /// The name is.
    Name(NameError),
    /// The tree refuses.
    Write(WriteError),
}

impl PlaceError {
    /// As a `WriteError`; a refused call is none and is told by the caller.
    pub(super) fn value(&self, ctx: &Ctx) -> Value {
        match self {
            PlaceError::Name(error) => WriteError::from(*error).value(ctx),
            PlaceError::Write(error) => error.value(ctx),
            PlaceError::Fail(_) => json!({".tag": "other"}),
        }
    }
}
