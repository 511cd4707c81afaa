//! Where something can stand: free paths in Dropbox, occupied places in the CRM, and the writes that need them.

use super::{Content, Operation, Planner, Replacement};
use crate::effect::{Document, Place, Reason, Source, WriteMode};
use crate::ids::{ContentHash, DocumentId, FileId};
use crate::path::{
    below, conflicted_copy, fold, from_crm, is_conflicted_copy, numbered, split_dir,
};
use crate::state::Node;
use crate::status::ProblemKind;
use crate::tree::File;
use alloc::string::{String, ToString};

/// Who stands at a place in the CRM.
pub(super) enum Occupant<'a> {
    Nobody,
    /// It will leave in a later round, or is being looked at.
    Leaving,
    Document(&'a Document),
}

impl<'a> Planner<'a> {
    /// A file is gone, and its document has to be looked at before anybody says what that means: until then no other
    /// document's content goes to its path, where the next look would take it for an edit of that file (K2).
    pub(super) fn reserve_undecided(&mut self) {
        for pair in self.pairs.iter().flatten() {
            let (Some(crm), Some(dropbox)) = (&pair.crm, &pair.dropbox) else { continue };
            let Some(document) = self.documents.get(&crm.id) else { continue };
            if !self.files.contains_key(&dropbox.id)
                && self.content(document, pair) == Content::Unknown
            {
                self.reserved.insert(fold(&dropbox.path));
            }
        }
    }

    /// The first of `path`, `path (2)` … that nothing stands at; `own` counts as free. Two documents never
    /// share one path: what this gives away is reserved for the rest of the plan.
    pub(super) fn free_path(&mut self, path: &str, own: Option<&str>) -> String {
        self.free_by(path, own, &numbered)
    }

    /// A path whose place in the CRM is free too: otherwise the next look would send it on.
    pub(super) fn free_everywhere(&mut self, path: &str) -> String {
        for number in 2u32.. {
            let candidate = numbered(path, number);
            let place = self.naming().place_of(&candidate);
            if matches!(self.occupant(&place, None), Occupant::Nobody)
                && !self.record.nodes.contains_key(&fold(&candidate))
                && self.reserved.insert(fold(&candidate))
            {
                return candidate;
            }
        }
        path.to_string()
    }

    fn free_by(
        &mut self,
        path: &str,
        own: Option<&str>,
        name: &dyn Fn(&str, u32) -> String,
    ) -> String {
        let (dir, leaf) = split_dir(path);
        let dir = self.free_dir(dir);
        let base = below(&dir, leaf);
        let own = own.map(fold);
        for number in 1u32.. {
            let candidate = name(&base, number);
            let key = fold(&candidate);
            let free = !self.record.nodes.contains_key(&key) || own.as_ref() == Some(&key);
            if free && self.reserved.insert(key) {
                return candidate;
            }
        }
        base
    }

    /// A file among the ancestors: the folder is made beside it.
    fn free_dir(&self, dir: &str) -> String {
        let mut built = String::new();
        for part in dir.split('/').filter(|part| !part.is_empty()) {
            let next = below(&built, part);
            for number in 1u32.. {
                built = numbered(&next, number);
                if !matches!(self.record.nodes.get(&fold(&built)), Some(Node::File { .. })) {
                    break;
                }
            }
        }
        built
    }

    /// A place in the CRM (from one in NFC) that nobody stands at: `name`, `name (2)` …
    pub(super) fn free_place(&self, place: &Place) -> Place {
        for number in 2u32.. {
            let candidate =
                Place { folder: place.folder.clone(), name: numbered(&place.name, number) };
            let key = self.naming().place_key(&candidate);
            if self.at_place(&key).is_empty() {
                return candidate;
            }
        }
        place.clone()
    }

    /// Who but `except` stands at a place (in NFC) of the CRM? Case aside: some systems would take them for one.
    pub(super) fn occupant(&self, place: &Place, except: Option<&DocumentId>) -> Occupant<'a> {
        let key = self.naming().place_key(place);
        let mut found = Occupant::Nobody;
        for document in self.at_place(&key) {
            if Some(&document.id) == except {
                continue;
            }
            let superseded = self
                .pairs
                .iter()
                .flatten()
                .any(|pair| pair.superseded.iter().any(|side| side.id == document.id));
            if superseded
                || self.leaving.contains(&document.id)
                || self.hashing.contains_key(&document.id)
            {
                return Occupant::Leaving;
            }
            // Of several the one of the highest id: the same whatever their order.
            if !matches!(&found, Occupant::Document(other) if other.id > document.id) {
                found = Occupant::Document(document);
            }
        }
        found
    }

    /// CRM → Dropbox, over this file.
    pub(super) fn upload_over(&mut self, document: &Document, file: &File) {
        let mode = WriteMode::Update(file.rev.clone());
        self.upload(document, file.path.clone(), mode, Some(file.id.clone()));
    }

    /// CRM → Dropbox, unless it is known to be impossible.
    pub(super) fn upload(
        &mut self,
        document: &Document,
        path: String,
        mode: WriteMode,
        over: Option<FileId>,
    ) {
        if let Some(kind) = self.upload_obstacle(document) {
            return self.problem(&document.place, kind);
        }
        self.plan.operations.push(Operation::Upload {
            document: document.id.clone(),
            size_bytes: document.size_bytes,
            path,
            mode,
            over,
        });
    }

    /// Why a document cannot be copied to Dropbox, as far as it is known.
    fn upload_obstacle(&self, document: &Document) -> Option<ProblemKind> {
        if self.too_large(document.size_bytes) {
            return Some(ProblemKind::Refused(Reason::TooLarge));
        }
        let full = self.policy.out_of_space.then_some(ProblemKind::OutOfSpace);
        self.document_refusal(document).or(full)
    }

    /// Dropbox → CRM, unless it is known to be impossible.
    pub(super) fn create_from_file(
        &mut self,
        file: &File,
        place: Place,
        replaces: Option<DocumentId>,
    ) {
        let Some(hash) = file.hash.clone() else {
            return self.problem(&place, ProblemKind::Refused(Reason::Unsupported));
        };
        let obstacle = if self.policy.one_way {
            Some(if replaces.is_some() { ProblemKind::NewerInDropbox } else { ProblemKind::OneWay })
        } else if self.too_large(file.size_bytes) {
            Some(ProblemKind::Refused(Reason::TooLarge))
        } else {
            self.file_refusal(file)
        };
        if let Some(kind) = obstacle {
            return self.problem(&place, kind);
        }
        let source = Source::File { id: file.id.clone(), rev: file.rev.clone() };
        let replaces = Replacement { file: Some(file.id.clone()), document: replaces };
        self.create(place, source, hash, file.size_bytes, replaces);
    }

    pub(super) fn create(
        &mut self,
        place: Place,
        source: Source,
        hash: ContentHash,
        size_bytes: u64,
        replaces: Replacement,
    ) {
        self.plan.waiting = true;
        if self.policy.created.iter().any(|(at, what)| *at == place && *what == hash) {
            // Acknowledged a moment ago, and the listing does not show it yet: a second one would be a twin.
            return;
        }
        self.plan.operations.push(Operation::Create { place, source, hash, size_bytes, replaces });
    }

    /// M5 and M10. The CRM's version keeps the name, Dropbox's goes beside it; both end on both sides.
    /// Where the CRM takes no uploads, Dropbox's keeps the name and the CRM's goes beside it.
    pub(super) fn conflict(&mut self, document: &'a Document, file: &File) {
        self.used_documents.insert(&document.id);
        self.loose.remove(&file.id);
        if self.policy.one_way {
            let path = self.free_by(&file.path, None, &from_crm);
            self.upload(document, path, WriteMode::Add, None);
            return;
        }
        let kept = self.moving.files.iter().any(|other| {
            other.id != file.id
                && other.hash == file.hash
                && is_conflicted_copy(&other.path, &file.path)
        });
        if kept {
            self.upload_over(document, file);
        } else if let Some(kind) = self.upload_obstacle(document) {
            self.problem(&document.place, kind);
        } else {
            self.plan.waiting = true;
            let today = self.policy.today.clone();
            let to = self.free_by(&file.path, None, &|path, n| conflicted_copy(path, &today, n));
            self.plan.operations.push(Operation::CopyFile { file: file.id.clone(), to });
        }
    }
}
