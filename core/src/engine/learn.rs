//! What the trees learn from a write that happened in Dropbox.

use super::records::Number;
use super::{Engine, Job};
use crate::effect::{FileEntry, Staged};
use crate::ids::{DocumentId, FileId};
use crate::path::split_dir;
use crate::plan::Operation;
use crate::sort::retain;
use crate::state::{CrmSide, DropboxSide, Pair, StoredRecord};
use crate::status::Happened;
use crate::tree;
use alloc::string::{String, ToString};

impl Engine {
    /// A file is as this job was to make it, and stands as told; nothing is told of one that was deleted.
    pub(super) fn written(&mut self, item: &Job, file: Option<&FileEntry>) {
        let record = item.record;
        if let Operation::DeleteFile { file, .. } = &item.operation {
            return self.deleted(record, file);
        }
        let relative = file.and_then(|file| self.relative(record, &file.path_lower));
        let (Some(file), Some(relative)) = (file, relative) else {
            return;
        };
        let Some(stored) = self.records.get_mut(record) else {
            return;
        };
        let before = Self::file_of(&item.operation)
            .map_or_else(String::new, |id| tree::path_of(&stored.nodes, id));
        tree::place_file(&mut stored.nodes, &relative, file);
        let path = tree::display(&stored.nodes, &relative);
        let report = &mut self.cycle.report;
        match (&item.operation, &item.staged) {
            (Operation::Upload { document, over, .. }, Some(staged)) => {
                let update = over.is_some();
                let Some(name) = uploaded(stored, document, update, staged, file, path) else {
                    return;
                };
                report.to_dropbox += 1;
                self.progressed(record, &name, staged.size_bytes);
                self.share(record);
                let what = match update {
                    true => Happened::UpdatedInDropbox,
                    false => Happened::CopiedToDropbox,
                };
                self.happened(record, &name, what);
            }
            (Operation::MoveFile { .. }, _) => {
                moved(stored, file, &path);
                report.moved += 1;
                self.share(record);
                let what = Happened::MovedInDropbox { from: before };
                self.happened(record, split_dir(&path).1, what);
            }
            _ => {
                report.conflicts += 1;
                let copy = split_dir(&path).1.to_string();
                self.happened(record, split_dir(&before).1, Happened::KeptBoth { copy });
            }
        }
    }

    /// One more document of its run is done.
    pub(super) fn progressed(&mut self, record: Number, name: &str, size_bytes: u64) {
        if let Some(work) = self.work.get_mut(record) {
            work.progress.done_count += 1;
            work.progress.done_bytes += size_bytes;
            work.progress.current = Some(name.to_string());
        }
    }

    fn deleted(&mut self, record: Number, file: &FileId) {
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

/// A document's content stands at a path, in place of an older one or new there. Says the document's name.
fn uploaded(
    stored: &mut StoredRecord,
    document: &DocumentId,
    update: bool,
    staged: &Staged,
    file: &FileEntry,
    path: String,
) -> Option<String> {
    let seen = stored.document_mut(document)?;
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
    match known.filter(|_| update) {
        Some(pair) => {
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
        None => {
            retain(&mut stored.pairs, &mut |pair| {
                !(pair.has_document(document) || pair.has_file(&file.id))
            });
            let there = DropboxSide { id: file.id.clone(), path, rev: file.rev.clone() };
            stored.pairs.push(Pair::new(Some(side), Some(there), staged.hash.clone()));
        }
    }
    Some(name)
}

/// A file went where its document stands.
fn moved(stored: &mut StoredRecord, file: &FileEntry, path: &str) {
    let documents = &stored.documents;
    for pair in &mut stored.pairs {
        let Some(side) = pair.dropbox.as_mut().filter(|side| side.id == file.id) else {
            continue;
        };
        side.path = path.to_string();
        let seen = pair
            .crm
            .as_mut()
            .and_then(|crm| Some((documents.iter().find(|seen| seen.id == crm.id)?, crm)));
        if let Some((seen, crm)) = seen {
            crm.place = seen.place.clone();
        }
    }
}
