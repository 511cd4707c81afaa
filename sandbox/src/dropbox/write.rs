//! What writing does to a tree: write modes, deletes, moves, copies, folders, restores.
//! Errors are those of the spec; which route wraps them how is in `routes.rs`.

use super::names::{split_extension, NameError, Path};
use super::tree::{File, FileInTheWay, Node, Tree};
use super::wire::nested;
use crate::content::Content;
use crate::variants::CaseOnlyRename;
use crate::world::Ctx;
use serde_json::{json, Value};
use std::sync::Arc;

/// `too_many_files` begins above.
const RELOCATION_LIMIT_FILES: usize = 10_000;

/// `WriteError`, as far as this emulation meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// `malformed_path`
    Malformed,
    /// `disallowed_name`
    Disallowed,
    /// `insufficient_space`
    NoSpace,
    /// `conflict` with what is in the way: `file`, `folder`, `file_ancestor`, `other`.
    Conflict(&'static str),
}

impl From<NameError> for WriteError {
    fn from(error: NameError) -> Self {
        match error {
            NameError::Malformed => WriteError::Malformed,
            NameError::Disallowed => WriteError::Disallowed,
        }
    }
}

impl From<FileInTheWay> for WriteError {
    fn from(_: FileInTheWay) -> Self {
        WriteError::Conflict("file_ancestor")
    }
}

impl WriteError {
    /// Its JSON.
    pub fn value(self, ctx: &Ctx) -> Value {
        match self {
            WriteError::Malformed => malformed(ctx),
            WriteError::Disallowed => json!({".tag": "disallowed_name"}),
            WriteError::NoSpace => json!({".tag": "insufficient_space"}),
            WriteError::Conflict(what) => nested("conflict", json!({ ".tag": what })),
        }
    }
}

/// `malformed_path`, with or without its optional text.
pub fn malformed(ctx: &Ctx) -> Value {
    match ctx.options.variants.dropbox.malformed_path_null {
        true => json!({".tag": "malformed_path", "malformed_path": null}),
        false => json!({".tag": "malformed_path"}),
    }
}

/// `WriteMode`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only where nothing stands.
    Add,
    /// Whatever stands there.
    Overwrite,
    /// Only if this revision stands there.
    Update(String),
}

/// What `CommitInfo` says, apart from the path.
#[derive(Clone, Debug)]
pub struct Commit {
    /// When it counts as a conflict.
    pub mode: Mode,
    /// Take another name instead of failing.
    pub autorename: bool,
    /// As the client says, ms since 1970.
    pub client_modified_ms: Option<u64>,
    /// Identical content and a missing target are conflicts too.
    pub strict_conflict: bool,
}

impl Commit {
    /// A plain write of this mode.
    pub fn new(mode: Mode) -> Self {
        Commit { mode, autorename: false, client_modified_ms: None, strict_conflict: false }
    }
}

impl Tree {
    /// Commits a file; returns the key it stands at now.
    pub fn commit(
        &mut self,
        ctx: &mut Ctx,
        path: &Path,
        commit: &Commit,
        content: &Content,
    ) -> Result<Arc<str>, WriteError> {
        let quota = ctx.options.dropbox_quota_bytes;
        let (mut path, mut id) = (path.clone(), None);
        let (mut name, mut replaced_bytes) = (None, 0);
        match self.nodes.get_key_value(path.key.as_str()) {
            None => {
                self.check_parents(&path)?;
                if matches!(commit.mode, Mode::Update(_)) && commit.strict_conflict {
                    let other = ctx.options.variants.dropbox.missing_target_is_other;
                    return Err(WriteError::Conflict(if other { "other" } else { "file" }));
                }
                if ctx.options.variants.dropbox.reupload_keeps_id {
                    let gone = self.tombstones.get(path.key.as_str());
                    let gone = gone.filter(|t| t.node.file.is_some());
                    id = gone.map(|t| t.node.id.clone()).filter(|i| !self.places.contains_key(i));
                }
            }
            Some((key, Node { id: old_id, name: old_name, file: Some(file) })) => {
                let identical =
                    file.content.size() == content.size() && file.content.hash() == content.hash();
                let in_the_way = match &commit.mode {
                    Mode::Add => true,
                    Mode::Overwrite => false,
                    Mode::Update(rev) => *rev != *file.rev,
                };
                if identical && !(in_the_way && commit.strict_conflict) {
                    return Ok(key.clone());
                }
                if in_the_way {
                    if !commit.autorename {
                        return Err(WriteError::Conflict("file"));
                    }
                    path = self.free_name(&path, &commit.mode);
                } else {
                    (id, name) = (Some(old_id.clone()), Some(old_name.clone()));
                    replaced_bytes = file.content.size();
                }
            }
            Some(_) if commit.autorename => path = self.free_name(&path, &commit.mode),
            Some(_) => return Err(WriteError::Conflict("folder")),
        }
        if self.used_bytes - replaced_bytes + content.size() > quota {
            return Err(WriteError::NoSpace);
        }
        self.make_parents(&path, ctx.rng)?;
        let node = Node {
            id: id.unwrap_or_else(|| Tree::new_id(ctx.rng)),
            name: name.unwrap_or_else(|| path.name().into()),
            file: Some(File {
                rev: self.new_rev(),
                content: content.clone(),
                // Whole seconds, as on the wire.
                client_modified_ms: commit.client_modified_ms.unwrap_or(ctx.now_ms) / 1000 * 1000,
                server_modified_ms: ctx.now_ms / 1000 * 1000,
                is_downloadable: true,
            }),
        };
        let key: Arc<str> = path.key.into();
        self.put(key.clone(), node);
        Ok(key)
    }

    /// Another name in the same folder: `name (1).ext` …, `name (conflicted copy).ext` for updates.
    fn free_name(&self, path: &Path, mode: &Mode) -> Path {
        let (stem, extension) = split_extension(path.name());
        (1..)
            .map(|n| match (mode, n) {
                (Mode::Update(_), 1) => format!("{stem} (conflicted copy){extension}"),
                (Mode::Update(_), n) => format!("{stem} (conflicted copy {n}){extension}"),
                (_, n) => format!("{stem} ({n}){extension}"),
            })
            .map(|name| path.with_name(&name))
            .find(|path| !self.nodes.contains_key(path.key.as_str()))
            .expect("one of endlessly many names is free")
    }

    /// Makes a folder and those above it.
    pub fn create_folder(
        &mut self,
        ctx: &mut Ctx,
        path: &Path,
        autorename: bool,
    ) -> Result<Arc<str>, WriteError> {
        let mut path = path.clone();
        if let Some(node) = self.at(&path.key) {
            if !autorename {
                return Err(WriteError::Conflict(what_of(node)));
            }
            path = self.free_name(&path, &Mode::Add);
        }
        self.make_parents(&path, ctx.rng)?;
        let node = Node { id: Tree::new_id(ctx.rng), name: path.name().into(), file: None };
        let key: Arc<str> = path.key.into();
        self.put(key.clone(), node);
        Ok(key)
    }

    /// Moves (or copies) what stands at `from`; the error is a `RelocationError`.
    pub fn relocate(
        &mut self,
        ctx: &mut Ctx,
        from: &str,
        to: &Path,
        copy: bool,
        autorename: bool,
    ) -> Result<Arc<str>, Value> {
        let Some(source) = self.at(from).cloned() else {
            return Err(nested("from_lookup", json!({".tag": "not_found"})));
        };
        let mut to = to.clone();
        if *from == *to.key && !copy {
            return self.rename_by_case(ctx, from, &source, &to, autorename);
        }
        if to.key.strip_prefix(from).is_some_and(|rest| rest.starts_with('/')) {
            return Err(match source.file {
                None if !copy => json!({".tag": "cant_move_folder_into_itself"}),
                None => json!({".tag": "duplicated_or_nested_paths"}),
                Some(_) => nested("to", WriteError::Conflict("file_ancestor").value(ctx)),
            });
        }
        let in_the_way = |e: WriteError, ctx: &Ctx| nested("to", e.value(ctx));
        if let Err(error) = self.check_parents(&to) {
            return Err(in_the_way(error.into(), ctx));
        }
        if let Some(node) = self.at(&to.key) {
            if !autorename {
                return Err(in_the_way(WriteError::Conflict(what_of(node)), ctx));
            }
            to = self.free_name(&to, &Mode::Add);
        }
        let files = usize::from(source.file.is_some())
            + self.below(from).filter(|(_, node)| node.file.is_some()).count();
        if files > RELOCATION_LIMIT_FILES {
            return Err(json!({".tag": "too_many_files"}));
        }
        let taken = if copy {
            let own = std::iter::once((Arc::from(from), source.clone()));
            let below = self.below(from).map(|(key, node)| (key.clone(), node.clone()));
            let all: Vec<(Arc<str>, Node)> = own.chain(below).collect();
            let bytes: u64 =
                all.iter().filter_map(|(_, n)| n.file.as_ref()).map(|f| f.content.size()).sum();
            if self.used_bytes + bytes > ctx.options.dropbox_quota_bytes {
                return Err(json!({".tag": "insufficient_quota"}));
            }
            all
        } else {
            let children = ctx.options.variants.dropbox.deleted_folder_lists_children;
            self.remove(from, ctx.now_ms, children)
        };
        if self.make_parents(&to, ctx.rng).is_err() {
            return Err(in_the_way(WriteError::Conflict("file_ancestor"), ctx));
        }
        let variants = &ctx.options.variants.dropbox;
        let (new_rev, keep_folder) =
            (variants.move_makes_revision, variants.folder_id_survives_move);
        for (at, (key, mut node)) in taken.into_iter().enumerate() {
            if copy || node.file.is_none() && !keep_folder {
                node.id = Tree::new_id(ctx.rng);
            }
            if let (true, Some(file)) = (copy || new_rev, &mut node.file) {
                file.rev = self.new_rev();
            }
            if at == 0 {
                node.name = to.name().into();
            }
            self.put(format!("{}{}", to.key, &key[from.len()..]).into(), node);
        }
        Ok(to.key.into())
    }

    fn rename_by_case(
        &mut self,
        ctx: &Ctx,
        from: &str,
        source: &Node,
        to: &Path,
        autorename: bool,
    ) -> Result<Arc<str>, Value> {
        let how = ctx.options.variants.dropbox.case_only_rename;
        if *to.name() == *source.name && !autorename || how == CaseOnlyRename::Refused {
            let conflict = WriteError::Conflict(what_of(source));
            return Err(nested("to", conflict.value(ctx)));
        }
        let key: Arc<str> = from.into();
        let logged = self.log.len();
        self.put(key.clone(), Node { name: to.name().into(), ..source.clone() });
        if how == CaseOnlyRename::NotReported {
            self.log.truncate(logged);
        }
        Ok(key)
    }
}

/// `file` or `folder`, as a conflict says it.
fn what_of(node: &Node) -> &'static str {
    match node.file {
        Some(_) => "file",
        None => "folder",
    }
}

/// A place a person wants to write to; for the control port and the folder viewer.
pub fn path_of_user(ctx: &Ctx, path: &str) -> Result<Path, String> {
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    Path::parse_to_write(&path, &ctx.options.variants.dropbox).map_err(|error| match error {
        NameError::Malformed => format!("{path}: Dropbox takes no such path"),
        NameError::Disallowed => format!("{path}: Dropbox does not allow this name"),
    })
}
