//! What the trees learn from a write that happened in Dropbox.

use super::records::Number;
use super::Engine;
use crate::effect::{FileEntry, Staged};
use crate::path::split_dir;
use crate::plan::Operation;
use crate::sort::retain;
use crate::state::{CrmSide, DropboxSide, Pair};
use crate::status::Happened;
use crate::tree;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Engine {
    pub(super) fn uploaded(
        &mut self,
        record: Number,
        operation: &Operation,
        staged: &Staged,
        file: &FileEntry,
    ) {
        let Operation::Upload { document, over, .. } = operation else {
            return;
        };
        let Some(relative) = self.relative(record, &file.path_lower) else {
            return;
        };
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        tree::place_file(&mut stored.nodes, &relative, file);
        let path = tree::display(&stored.nodes, &relative);
        let Some(seen) = stored.document_mut(document) else {
            return;
        };
        let name = seen.place.name.clone();
        let mut side = CrmSide::of(seen);
        if seen.size_bytes == staged.size_bytes {
            seen.hash = Some(staged.hash.clone());
        } else {
            // P1: it changed while it was read: what was sent is agreed on, the newer version is looked at again.
            side.size_bytes = staged.size_bytes;
            side.updated_at.clear();
        }
        let mut pairs = stored.pairs.iter_mut();
        let known = pairs.find(|pair| pair.dropbox.is_some() && pair.has_document(document));
        match (known, over) {
            (Some(pair), Some(_)) => {
                // The places stay as they were: a rename is decided after the content.
                pair.hash = staged.hash.clone();
                if let Some(crm) = pair.crm.as_mut() {
                    crm.size_bytes = side.size_bytes;
                    crm.updated_at = side.updated_at;
                }
                if let Some(dropbox) = pair.dropbox.as_mut() {
                    dropbox.rev = file.rev.clone();
                }
            }
            _ => {
                retain(&mut stored.pairs, &mut |pair| {
                    !(pair.has_document(document) || pair.has_file(&file.id))
                });
                stored.pairs.push(Pair {
                    crm: Some(side),
                    dropbox: Some(DropboxSide { id: file.id.clone(), path, rev: file.rev.clone() }),
                    hash: staged.hash.clone(),
                    superseded: Vec::new(),
                    lost_path: None,
                });
            }
        }
        self.progressed(record, &name, staged.size_bytes);
        self.cycle.report.to_dropbox += 1;
        self.share(record);
        let what =
            if over.is_some() { Happened::UpdatedInDropbox } else { Happened::CopiedToDropbox };
        self.happened(record, &name, what);
    }

    /// One more document of its run is done.
    pub(super) fn progressed(&mut self, record: Number, name: &str, size_bytes: u64) {
        if let Some(work) = self.work.get_mut(record) {
            work.progress.done_count += 1;
            work.progress.done_bytes += size_bytes;
            work.progress.current = Some(name.to_string());
        }
    }

    pub(super) fn moved(&mut self, record: Number, file: &FileEntry) {
        let Some(relative) = self.relative(record, &file.path_lower) else {
            return;
        };
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        let before = tree::path_of(&stored.nodes, &file.id);
        tree::place_file(&mut stored.nodes, &relative, file);
        let path = tree::display(&stored.nodes, &relative);
        let documents = &stored.documents;
        for pair in &mut stored.pairs {
            let Some(side) = pair.dropbox.as_mut().filter(|side| side.id == file.id) else {
                continue;
            };
            side.path = path.clone();
            let seen = pair
                .crm
                .as_mut()
                .and_then(|crm| Some((documents.iter().find(|seen| seen.id == crm.id)?, crm)));
            if let Some((seen, crm)) = seen {
                crm.place = seen.place.clone();
            }
        }
        self.cycle.report.moved += 1;
        self.share(record);
        let what = Happened::MovedInDropbox { from: before };
        self.happened(record, split_dir(&path).1, what);
    }

    pub(super) fn copied(&mut self, record: Number, operation: &Operation, file: &FileEntry) {
        let Some(relative) = self.relative(record, &file.path_lower) else {
            return;
        };
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        let original = Self::file_of(operation)
            .map_or_else(String::new, |id| tree::path_of(&stored.nodes, id));
        tree::place_file(&mut stored.nodes, &relative, file);
        self.cycle.report.conflicts += 1;
        let copy = split_dir(&file.path_display).1.to_string();
        self.happened(record, split_dir(&original).1, Happened::KeptBoth { copy });
    }

    pub(super) fn deleted(&mut self, record: Number, operation: &Operation) {
        let Operation::DeleteFile { file, .. } = operation else {
            return;
        };
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        let found = tree::file_of(&stored.nodes, file);
        retain(&mut stored.pairs, &mut |pair| !pair.has_file(file));
        if let Some(found) = found {
            stored.nodes.remove(found.key.as_str());
            self.cycle.report.deleted += 1;
            self.happened(record, split_dir(&found.path).1, Happened::DeletedInDropbox);
        }
        self.agreed(record);
    }
}
