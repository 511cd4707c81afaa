//! Pairs of the synced tree: find each side again, then the matrix, cell by cell.

use super::room::Occupant;
use super::words::folds_to;
use super::{crm_side, dropbox_side, Content, Operation, Planner, Replacement};
use crate::effect::{Reason, Source, WriteMode};
use crate::ids::ContentHash;
use crate::map::{Map, Set};
use crate::path::{fold, is_numbered};
use crate::state::{Attempt, CrmSide, Pair, SeenDocument};
use crate::status::ProblemKind;
use crate::tree::File;
use alloc::string::String;
use alloc::vec::Vec;

impl<'a> Planner<'a> {
    /// K1, K2, R9 and marks whose file came back: the same thing under a new id.
    pub(super) fn rebind(&mut self) {
        for at in 0..self.pairs.len() {
            let Some(mut pair) = self.pairs[at].clone() else {
                continue;
            };
            if let Some(side) = pair.crm.as_mut() {
                if !self.documents.contains_key(&side.id) {
                    let found = self.seen.iter().copied().find(|document| {
                        document.place == side.place
                            && !self.used_documents.contains(&document.id)
                            && !self.hashing.contains(&document.id)
                    });
                    if let Some(document) = found {
                        side.id = document.id.clone();
                        // The content is another one until its hash says otherwise.
                        side.updated_at.clear();
                        self.used_documents.insert(document.id.clone());
                    }
                }
            }
            let kept = pair.crm.as_ref().is_some_and(|side| self.documents.contains_key(&side.id));
            let lost = match &pair.dropbox {
                Some(side) if !self.files.contains_key(&side.id) => Some(side.path.clone()),
                // Its document deleted meanwhile, a file that came back is a new one (M3), not one to be deleted.
                None if kept => pair.lost_path.clone(),
                _ => None,
            };
            if let Some(path) = lost {
                let key = fold(&path);
                let mark = pair.dropbox.is_none();
                let pair_hash = pair.hash.clone();
                let found = self.loose_files().find(|file| {
                    folds_to(&file.path, &key)
                        // A kept document is only its own file's come back; another content takes the name,
                        // and the document steps aside (R7).
                        && (!mark || file.hash.as_ref() == Some(&pair_hash))
                        && !self.belongs_to_another(file, mark)
                });
                let copied = || {
                    pair.crm
                        .as_ref()
                        .filter(|_| mark)
                        .and_then(|side| self.copied(side, &pair_hash))
                };
                if let Some(file) = found.cloned().or_else(copied) {
                    let file = &file;
                    self.loose.remove(&file.id);
                    pair.dropbox = Some(dropbox_side(file));
                    pair.lost_path = None;
                }
            }
            self.pairs[at] = Some(pair);
        }
        self.rebind_renamed();
    }

    /// P6: a kept document that another browser of the same user has copied meanwhile, under its path or beside it.
    fn copied(&self, side: &CrmSide, hash: &ContentHash) -> Option<File> {
        let document = self.documents.get(&side.id)?;
        let path = self.naming().path_of(&document.nfc);
        let found = self.loose_files().find(|file| {
            file.hash.as_ref() == Some(hash)
                && (fold(&file.path) == fold(&path) || is_numbered(&file.path, &path))
                && !self.belongs_to_another(file, true)
        });
        found.cloned()
    }

    /// A file at a lost path may be another document's: one that no pair speaks for yet and whose upload was not
    /// heard of. Beside a mark any document of that path is enough of a doubt; beside a pair, one of equal content.
    fn belongs_to_another(&self, file: &File, mark: bool) -> bool {
        let key = fold(&file.path);
        self.seen.iter().any(|document| {
            !self.used_documents.contains(&document.id)
                && fold(&self.naming().path_of(&document.nfc)) == key
                && (mark || document.hash == file.hash)
        })
    }

    /// R9: the old id is gone, and a new document of equal content stands elsewhere.
    fn rebind_renamed(&mut self) {
        for at in 0..self.pairs.len() {
            let Some(mut pair) = self.pairs[at].clone() else {
                continue;
            };
            let Some(side) = pair.crm.as_mut() else {
                continue;
            };
            // Gone on both sides it is forgotten (M15): what is equal to it elsewhere is another document. A mark has
            // no file, and stays its document's.
            let file_gone = pair.dropbox.as_ref().is_some_and(|d| !self.files.contains_key(&d.id));
            if file_gone || self.documents.contains_key(&side.id) {
                continue;
            }
            // The file holds another content, perhaps one that we sent ourselves and did not hear of. The document
            // of the old content is then nobody's earlier version: both stay (M12, M2).
            let file = pair.dropbox.as_ref().and_then(|d| self.files.get(&d.id));
            if file.is_some_and(|file| file.hash.as_ref() != Some(&pair.hash)) {
                continue;
            }
            let candidates: Vec<&SeenDocument> = self
                .seen
                .iter()
                .copied()
                .filter(|d| d.size_bytes == side.size_bytes && !self.used_documents.contains(&d.id))
                .collect();
            let found = candidates.iter().find(|d| d.hash.as_ref() == Some(&pair.hash));
            if let Some(document) = found {
                // The place stays the old one: that the document moved is a change of the CRM's side.
                side.id = document.id.clone();
                side.updated_at = document.updated_at.clone();
                self.used_documents.insert(document.id.clone());
                self.pairs[at] = Some(pair);
            } else {
                for document in candidates.into_iter().filter(|d| d.hash.is_none()) {
                    self.hash(document);
                }
            }
        }
    }

    /// K3, K4, K5: documents that our own uploads made.
    pub(super) fn recognise_attempts(&mut self) {
        for document in self.seen.iter().copied() {
            if self.used_documents.contains(&document.id) {
                continue;
            }
            let attempts: Vec<_> = self
                .record
                .attempts
                .iter()
                .filter(|attempt| self.attempted(attempt, document))
                .collect();
            if attempts.is_empty() {
                continue;
            }
            let Some(hash) = &document.hash else {
                self.hash(document);
                continue;
            };
            let Some(attempt) = attempts.iter().rev().find(|attempt| attempt.hash == *hash) else {
                continue;
            };
            let pair_at = self.pairs.iter().position(|pair| {
                pair.as_ref().is_some_and(|pair| match &attempt.file {
                    Some(file) => pair.dropbox.as_ref().is_some_and(|side| side.id == *file),
                    None => {
                        attempt.replaces.is_some()
                            && pair.crm.as_ref().map(|side| &side.id) == attempt.replaces.as_ref()
                    }
                })
            });
            let file = attempt.file.as_ref().and_then(|id| self.files.get(id)).cloned();
            if file.as_ref().is_some_and(|file| self.holds_another(file, hash, pair_at)) {
                continue;
            }
            match (pair_at, file) {
                (Some(at), file) => self.supersede(at, document, file.as_ref()),
                (None, Some(file)) if self.loose.contains_key(&file.id) => {
                    self.used_documents.insert(document.id.clone());
                    self.loose.remove(&file.id);
                    self.pairs.push(Some(Pair {
                        crm: Some(crm_side(document)),
                        dropbox: Some(dropbox_side(&file)),
                        hash: hash.clone(),
                        superseded: Vec::new(),
                        lost_path: None,
                    }));
                }
                _ => {}
            }
        }
    }

    /// The file of an attempt holds what a document of the CRM holds, and not what was attempted: a deleted file comes
    /// back under its old id when the CRM's older document is copied there again. The attempted content is then the
    /// newer one, whose only copy the document may be; replacing it with the file's would lose it.
    fn holds_another(&self, file: &File, attempted: &ContentHash, pair_at: Option<usize>) -> bool {
        if file.hash.as_ref() == Some(attempted) {
            return false;
        }
        let agreed = pair_at.and_then(|at| self.pairs[at].as_ref()).map(|pair| &pair.hash);
        let place = self.naming().place_key(&self.naming().place_of(&file.path));
        agreed.is_some() && file.hash.as_ref() == agreed
            || pair_at.is_none()
                && self.at_place(&place).iter().any(|d| d.hash.is_some() && d.hash == file.hash)
    }

    /// The pair's document was perhaps replaced already, by one that is still to be hashed (K3).
    fn replaced_perhaps(&self, pair: &Pair) -> bool {
        let of_pair = |attempt: &&Attempt| match (&attempt.file, &pair.dropbox) {
            (Some(file), Some(side)) => *file == side.id,
            _ => {
                attempt.replaces.is_some()
                    && attempt.replaces == pair.crm.as_ref().map(|c| c.id.clone())
            }
        };
        self.record.attempts.iter().filter(of_pair).any(|attempt| {
            self.hashing
                .iter()
                .filter_map(|id| self.documents.get(id))
                .any(|d| !self.used_documents.contains(&d.id) && self.attempted(attempt, d))
        })
    }

    /// May this attempt have made this document? An attempt has the spelling of the document it replaces; the CRM
    /// may have answered with another one of the same name (N6).
    fn attempted(&self, attempt: &Attempt, document: &SeenDocument) -> bool {
        let (place, nfc) =
            (self.naming().place_key(&attempt.place), self.naming().place_key(&document.nfc));
        let replaced = attempt.replaces.as_ref().and_then(|id| self.documents.get(id));
        place == nfc
            || place == self.naming().place_key(&document.place)
            || replaced.is_some_and(|old| {
                old.place == attempt.place && self.naming().place_key(&old.nfc) == nfc
            })
            || self.may_be_default_folder(attempt, document)
    }

    /// K6: an upload without a folder comes back in the account's default folder. Any folder may be it, for what was
    /// learned of it may be wrong; the document's hash tells.
    fn may_be_default_folder(&self, attempt: &Attempt, document: &SeenDocument) -> bool {
        document.hash.is_none()
            && attempt.place.folder.is_empty()
            && attempt.place.name == document.nfc.name
    }

    /// `document`, of known content, takes the place of the pair's document, which is to be deleted.
    fn supersede(&mut self, at: usize, document: &SeenDocument, file: Option<&File>) {
        let Some(mut pair) = self.pairs[at].clone() else {
            return;
        };
        let Some(hash) = document.hash.clone() else {
            return;
        };
        let old = pair.crm.as_ref().and_then(|side| {
            self.documents.get(&side.id).map(|seen| (side.clone(), (*seen).clone()))
        });
        if let Some((side, seen)) = old {
            let untouched = match self.content(&seen, &pair) {
                Content::Known(known) => known == pair.hash,
                Content::Unknown if self.too_large(seen.size_bytes) => false,
                Content::Unknown => {
                    // Perhaps only renamed: nothing is decided about bytes nobody has looked at.
                    self.used_documents.insert(document.id.clone());
                    return self.hash(&seen);
                }
            };
            if untouched && self.is_higher_twin(&side, &seen, document) {
                // The pair's document holds it already: this one is the twin that leaves.
                pair.superseded.push(crm_side(document));
                self.used_documents.insert(document.id.clone());
                self.pairs[at] = Some(pair);
                return;
            }
            if untouched {
                pair.superseded.push(CrmSide {
                    size_bytes: seen.size_bytes,
                    updated_at: seen.updated_at.clone(),
                    place: seen.place.clone(),
                    id: side.id,
                });
            } else {
                // The user changed the old document meanwhile: it is theirs, stays, and goes to Dropbox as a new one.
                self.conflicts.push(seen.place.clone());
                self.used_documents.remove(&seen.id);
            }
        }
        let before = pair.crm.replace(crm_side(document));
        pair.hash = hash;
        match (pair.dropbox.as_mut(), file) {
            (Some(side), Some(file)) => {
                let wanted = self.naming().place_key(&self.naming().place_of(&file.path));
                if wanted == self.naming().place_key(&document.nfc) {
                    side.path = file.path.clone();
                }
                if file.hash.as_ref() == Some(&pair.hash) {
                    side.rev = file.rev.clone();
                }
            }
            (Some(side), None) => {
                // Gone since; it stood last where the document was made for it. What stands at its old path now is
                // another file, and no edit of this one (K2).
                let key = |place: &crate::effect::Place| self.naming().place_key(place);
                let moved = before.is_some_and(|before| {
                    let before = key(&before.place);
                    before != key(&document.place) && before != key(&document.nfc)
                });
                if moved {
                    side.path = self.naming().path_of(&document.nfc);
                }
            }
            (None, _) => {}
        }
        self.used_documents.insert(document.id.clone());
        self.pairs[at] = Some(pair);
    }

    /// The last step of a replacement: the new document is listed and holds the content, the old one is as seen.
    pub(super) fn finish_replacements(&mut self) {
        for at in 0..self.pairs.len() {
            let Some(mut pair) = self.pairs[at].clone() else {
                continue;
            };
            if pair.superseded.is_empty() {
                continue;
            }
            let new = pair.crm.as_ref().map(|side| side.id.clone());
            let documents = &self.documents;
            let new_stands = new.as_ref().is_some_and(|id| documents.contains_key(id));
            pair.superseded.retain(|old| {
                let unchanged = documents.get(&old.id).is_some_and(|seen| {
                    seen.updated_at == old.updated_at
                        && seen.size_bytes == old.size_bytes
                        && seen.place == old.place
                });
                // A damaged row could say that a document makes way for itself.
                unchanged && new.as_ref() != Some(&old.id)
            });
            if new_stands {
                for old in &pair.superseded {
                    // RACE: an edit of the old document, or a delete of the new one, between this look and the delete
                    // below is caught by the `files.info` of both just before it, except for the time of one request.
                    let stays = pair.crm.as_ref().map(|side| side.id.clone());
                    if let (Some(seen), Some(stays)) = (self.documents.get(&old.id), stays) {
                        let document = (*seen).clone();
                        self.operations.push(Operation::DeleteDocument { document, stays });
                        self.waiting = true;
                    }
                }
            } else {
                for old in core::mem::take(&mut pair.superseded) {
                    self.used_documents.remove(&old.id);
                }
            }
            self.pairs[at] = Some(pair);
        }
    }

    /// The matrix for every pair, then renames and moves.
    pub(super) fn decide_pairs(&mut self) {
        self.mark_leaving();
        self.turn_rings();
        for at in 0..self.pairs.len() {
            let Some(pair) = self.pairs[at].clone() else {
                continue;
            };
            let document = pair.crm.as_ref().and_then(|side| self.documents.get(&side.id)).copied();
            let file = pair.dropbox.as_ref().and_then(|side| self.files.get(&side.id)).cloned();
            let decided = match (&pair.crm, &pair.dropbox) {
                (Some(_), Some(_)) => self.decide(pair, document, file),
                (Some(_), None) => self.decide_kept_in_crm(pair, document),
                _ => self.decide_kept_in_dropbox(pair, file),
            };
            self.pairs[at] = decided;
        }
    }

    /// Documents whose file moved away in Dropbox: their places become free once they have followed.
    fn mark_leaving(&mut self) {
        if self.policy.one_way {
            return;
        }
        for pair in self.pairs.iter().flatten() {
            let (Some(crm), Some(dropbox)) = (&pair.crm, &pair.dropbox) else {
                continue;
            };
            let (Some(document), Some(file)) =
                (self.documents.get(&crm.id), self.files.get(&dropbox.id))
            else {
                continue;
            };
            if document.place == crm.place && self.file_moved(dropbox.path.as_str(), file, document)
            {
                self.leaving.insert(document.id.clone());
            }
        }
    }

    fn file_moved(&self, before: &str, file: &File, document: &SeenDocument) -> bool {
        fold(before) != fold(&file.path)
            && fold(&self.naming().path_of(&document.nfc)) != fold(&file.path)
            && self.naming().place_key(&self.naming().place_of(&file.path))
                != self.naming().place_key(&document.nfc)
    }

    fn decide(
        &mut self,
        mut pair: Pair,
        document: Option<&SeenDocument>,
        file: Option<File>,
    ) -> Option<Pair> {
        match (document, file) {
            (None, None) => None, // M15
            (Some(_), None) if self.replaced_perhaps(&pair) => {
                self.waiting = true;
                Some(pair)
            }
            (Some(document), None) => match self.content(document, &pair) {
                Content::Known(hash) if hash == pair.hash && !self.policy.pressed => {
                    // M13: kept in the CRM, not copied back.
                    pair.lost_path = pair.dropbox.take().map(|side| side.path);
                    self.reserved.extend(pair.lost_path.as_deref().map(fold));
                    pair.crm =
                        Some(CrmSide { place: document.place.clone(), ..crm_side(document) });
                    Some(pair)
                }
                Content::Known(_) => self.release(document), // M14: uploaded again as new
                Content::Unknown => {
                    if self.too_large(document.size_bytes) {
                        return self.release(document);
                    }
                    self.hash(document);
                    Some(pair)
                }
            },
            (None, Some(file)) => self.decide_deleted_in_crm(pair, file),
            (Some(document), Some(file)) => self.decide_both(pair, document, &file),
        }
    }

    fn release(&mut self, document: &SeenDocument) -> Option<Pair> {
        self.used_documents.remove(&document.id);
        None
    }

    /// M11 and M12: only after `files.info` answered 404.
    fn decide_deleted_in_crm(&mut self, pair: Pair, file: File) -> Option<Pair> {
        let Some(side) = pair.crm.clone() else {
            return Some(pair);
        };
        let edited = file.hash.as_ref() != Some(&pair.hash);
        // A document of the same size still to be hashed may be this one under a new name (R9).
        let renamed_perhaps = self.hashing.iter().any(|id| {
            self.documents.get(id).is_some_and(|d| {
                (d.size_bytes == side.size_bytes || d.place == side.place)
                    && !self.used_documents.contains(&d.id)
            })
        });
        if !edited {
            self.counts.deletes += 1;
            self.counts.undecided += u32::from(renamed_perhaps);
        }
        if renamed_perhaps {
            self.waiting = true;
            return Some(pair);
        }
        if !self.policy.gone.contains(&side.id) {
            self.waiting = true;
            self.operations.push(Operation::ConfirmGone { document: side.id });
            return Some(pair);
        }
        if edited {
            // M12: the edit wins. As a file of its own it goes to the CRM again.
            self.loose.insert(file.id.clone(), file.clone());
            return None;
        }
        self.operations.push(Operation::DeleteFile { file: file.id, rev: file.rev });
        Some(pair)
    }

    fn decide_kept_in_crm(&mut self, pair: Pair, document: Option<&SeenDocument>) -> Option<Pair> {
        let document = document?;
        if self.policy.pressed {
            return self.release(document);
        }
        match self.content(document, &pair) {
            Content::Known(hash) if hash == pair.hash => {
                Some(Pair { crm: Some(crm_side(document)), ..pair })
            }
            Content::Known(_) => {
                // M14: its old path is its own again.
                if let Some(path) = &pair.lost_path {
                    self.reserved.remove(&fold(path));
                }
                self.release(document)
            }
            Content::Unknown => {
                self.hash(document);
                Some(pair)
            }
        }
    }

    fn decide_kept_in_dropbox(&mut self, pair: Pair, file: Option<File>) -> Option<Pair> {
        let file = file?;
        if file.hash.as_ref() == Some(&pair.hash) && !self.policy.pressed {
            return Some(Pair { dropbox: Some(dropbox_side(&file)), ..pair });
        }
        self.loose.insert(file.id.clone(), file.clone());
        None
    }

    fn decide_both(
        &mut self,
        mut pair: Pair,
        document: &SeenDocument,
        file: &File,
    ) -> Option<Pair> {
        let Some(file_hash) = file.hash.clone() else {
            self.problem(&document.place, ProblemKind::Refused(Reason::Unsupported));
            return Some(pair);
        };
        let file_edited = file_hash != pair.hash;
        let content = self.content(document, &pair);
        let crm_edited = match &content {
            Content::Known(hash) => Some(*hash != pair.hash),
            Content::Unknown => {
                let size_before = pair.crm.as_ref().map(|side| side.size_bytes);
                (size_before != Some(document.size_bytes)).then_some(true)
            }
        };
        if content == Content::Known(file_hash.clone()) {
            // M6, M9: equal contents are never a conflict.
            self.count_changes(crm_edited == Some(true) && !file_edited, false, false);
            pair.hash = file_hash;
            return self.decide_places(pair, document, file);
        }
        self.count_changes(crm_edited != Some(false), file_edited, crm_edited.is_none());
        match (crm_edited, file_edited) {
            (None, _) => {
                // Same size, new stamp: nothing is decided about bytes nobody has looked at.
                self.hash(document);
                Some(pair)
            }
            (Some(true), false) => {
                // M7. The places are looked at when the contents are one.
                let mode = WriteMode::Update(file.rev.clone());
                self.upload(document, file.path.clone(), mode, Some(file.id.clone()));
                Some(pair)
            }
            (Some(true), true) => {
                if content == Content::Unknown && document.size_bytes == file.size_bytes {
                    self.hash(document);
                    return Some(pair);
                }
                self.conflict(document, file); // M10
                if self.policy.one_way {
                    // The document's own file is the one beside it from now on.
                    self.used_documents.insert(document.id.clone());
                    return None;
                }
                Some(pair)
            }
            (Some(false), _) => {
                // M8. A rename in the CRM goes first, so that the new document is made under its name.
                let renamed = |pair: &Pair| {
                    pair.crm.as_ref().is_some_and(|side| side.place != document.place)
                };
                if renamed(&pair) {
                    pair = self.decide_places(pair, document, file)?;
                    if renamed(&pair) {
                        return Some(pair);
                    }
                }
                self.replace(pair, document, file)
            }
        }
    }

    fn count_changes(&mut self, crm: bool, dropbox: bool, undecided: bool) {
        self.counts.changed_crm += u32::from(crm);
        self.counts.changed_dropbox += u32::from(dropbox);
        self.counts.undecided += u32::from(undecided);
    }

    /// Contents are equal (or the CRM renamed first): do the places agree?
    fn decide_places(
        &mut self,
        mut pair: Pair,
        document: &SeenDocument,
        file: &File,
    ) -> Option<Pair> {
        let (Some(crm), Some(dropbox)) = (pair.crm.clone(), pair.dropbox.clone()) else {
            return Some(pair);
        };
        let equal_contents = file.hash.as_ref() == Some(&pair.hash);
        let settle = |mut pair: Pair| {
            let (before_crm, before_dropbox) = (pair.crm.take(), pair.dropbox.take());
            if equal_contents {
                pair.crm = Some(crm_side(document));
                pair.dropbox = Some(dropbox_side(file));
            } else {
                pair.crm = before_crm.map(|side| CrmSide { place: document.place.clone(), ..side });
                pair.dropbox = before_dropbox;
            }
            Some(pair)
        };
        let target = self.naming().path_of(&document.nfc);
        if crm.place != document.place {
            // The CRM's name wins (R16). Only the spelling changed: no request (R12, R13).
            let same = fold(&self.naming().path_of(&crm.place)) == fold(&target);
            if same && fold(&dropbox.path) == fold(&file.path) || fold(&file.path) == fold(&target)
            {
                return settle(pair);
            }
            let to = self.free_path(&target, Some(&file.path));
            if fold(&to) == fold(&file.path) {
                return settle(pair);
            }
            if let Some(kind) = self.document_refusal(document) {
                self.problem(&document.place, kind);
                return Some(pair);
            }
            self.waiting = true;
            self.operations.push(Operation::MoveFile { file: file.id.clone(), to });
            return Some(pair);
        }
        if self.policy.one_way || !self.file_moved(&dropbox.path, file, document) {
            return settle(pair);
        }
        // The stamps may be new though the place is still the old one.
        if equal_contents {
            pair.crm = Some(crm_side(document));
            pair.dropbox =
                Some(crate::state::DropboxSide { path: dropbox.path, ..dropbox_side(file) });
        }
        self.replace(pair, document, file)
    }

    /// Upload new, see it listed and hashed, delete old: a new content (M8), a new place (R1–R4), or both.
    fn replace(&mut self, pair: Pair, document: &SeenDocument, file: &File) -> Option<Pair> {
        let moved =
            pair.dropbox.as_ref().is_some_and(|side| self.file_moved(&side.path, file, document));
        // Pairing goes by NFC; what is uploaded keeps the CRM's own spelling.
        let (place, nfc) = if moved {
            let place = self.naming().place_of(&file.path);
            (place.clone(), place)
        } else {
            (document.place.clone(), document.nfc.clone())
        };
        if self.policy.one_way {
            self.problem(&document.place, ProblemKind::NewerInDropbox);
            return Some(pair);
        }
        let key = self.naming().place_key(&nfc);
        let twin = self.seen.iter().copied().find(|other| {
            other.size_bytes == file.size_bytes
                && !self.used_documents.contains(&other.id)
                && self.naming().place_key(&other.nfc) == key
                && (other.hash.is_none() || other.hash == file.hash)
        });
        if let Some(other) = twin {
            // Somebody (we before a crash, or another browser) has put it there already.
            if other.hash.is_none() {
                self.hash(other);
                return Some(pair);
            }
            let ours = self
                .record
                .attempts
                .iter()
                .any(|a| self.attempted(a, other) && Some(&a.hash) == other.hash.as_ref());
            if moved && !ours {
                // Not our upload: it is the file's document now, and the old one nobody's to delete. Whoever made it
                // may be about to delete the one of the two that we would keep.
                self.used_documents.insert(other.id.clone());
                self.used_documents.remove(&document.id);
                return Some(Pair {
                    crm: Some(crm_side(other)),
                    dropbox: Some(dropbox_side(file)),
                    hash: other.hash.clone().unwrap_or(pair.hash),
                    superseded: Vec::new(),
                    lost_path: None,
                });
            }
            self.pairs.push(Some(pair));
            let at = self.pairs.len() - 1;
            self.supersede(at, other, Some(file));
            return self.pairs.pop().flatten();
        }
        if moved && file.hash.as_ref() != Some(&pair.hash) && !self.too_large(file.size_bytes) {
            if let Some(other) = self.loose_of(file) {
                return self.take_over(pair, document, file, other);
            }
        }
        match self.occupant(&nfc, Some(&document.id)) {
            Occupant::Nobody => {}
            Occupant::Leaving => {
                self.waiting = true;
                return Some(pair);
            }
            Occupant::Document(other) if moved => return self.make_room(pair, file, other),
            Occupant::Document(_) => {
                // Two documents of one name (N4): an upload under it may be taken for a new version of the
                // other one. The file's own name is free in Dropbox, so most often here too.
                let own = self.naming().place_of(&file.path);
                let place = match self.occupant(&own, Some(&document.id)) {
                    Occupant::Nobody => own,
                    _ => self.free_place(&nfc),
                };
                self.create_from_file(file, place, Some(document.id.clone()));
                return Some(pair);
            }
        }
        self.create_from_file(file, place, Some(document.id.clone()));
        Some(pair)
    }

    /// A document that no pair speaks for, and that holds what the file holds, or may hold it.
    fn loose_of(&self, file: &File) -> Option<&'a SeenDocument> {
        let may_hold = |d: &SeenDocument| d.hash.is_none() || d.hash == file.hash;
        let mut equal =
            self.seen.iter().copied().filter(|d| d.size_bytes == file.size_bytes && may_hold(d));
        equal.find(|d| !self.used_documents.contains(&d.id))
    }

    /// Elsewhere and with another document's content, a file is that document's, not an edit of the one it was paired
    /// with: its old id came back with an upload that was not heard of. The old document stays, and is copied anew.
    fn take_over(
        &mut self,
        pair: Pair,
        document: &SeenDocument,
        file: &File,
        other: &SeenDocument,
    ) -> Option<Pair> {
        let Some(hash) = other.hash.clone() else {
            self.hash(other);
            return Some(pair);
        };
        self.used_documents.insert(other.id.clone());
        self.used_documents.remove(&document.id);
        // That the two are named differently is a change of the CRM's side.
        let place = self.naming().place_of(&file.path);
        Some(Pair {
            crm: Some(CrmSide { place, ..crm_side(other) }),
            dropbox: Some(dropbox_side(file)),
            hash,
            superseded: Vec::new(),
            lost_path: None,
        })
    }

    /// R8: names swapped in a ring would wait for each other for ever, and uploading over another document's name is
    /// no way out (the CRM may take it for a new version of that one). So the whole ring is paired anew by place:
    /// the contents then follow as edits.
    fn turn_rings(&mut self) {
        let mut standing: Map<(String, String), usize> = Map::new();
        let mut target: Map<usize, (String, String)> = Map::new();
        for at in 0..self.pairs.len() {
            let Some((document, file)) = self.pairs[at].as_ref().and_then(|pair| self.sides(pair))
            else {
                continue;
            };
            if self.leaving.contains(&document.id) {
                standing.insert(self.naming().place_key(&document.nfc), at);
                target.insert(at, self.naming().place_key(&self.naming().place_of(&file.path)));
            }
        }
        let next = |at: usize| target.get(&at).and_then(|key| standing.get(key)).copied();
        let mut turned = Set::new();
        for start in target.keys().copied() {
            let mut ring = alloc::vec![start];
            let mut at = start;
            while let Some(following) =
                next(at).filter(|n| *n != start && ring.len() <= target.len())
            {
                ring.push(following);
                at = following;
            }
            if next(at) != Some(start)
                || ring.len() < 2
                || !turned.insert(ring.iter().copied().min())
            {
                continue;
            }
            let before: Vec<Option<Pair>> = ring.iter().map(|at| self.pairs[*at].clone()).collect();
            for (place, at) in ring.iter().enumerate() {
                let (Some(mine), Some(theirs)) =
                    (&before[place], &before[(place + 1) % ring.len()])
                else {
                    continue;
                };
                let side = mine.dropbox.as_ref().and_then(|side| self.files.get(&side.id));
                let dropbox = side.map(dropbox_side);
                for document in theirs.crm.iter() {
                    self.leaving.remove(&document.id);
                }
                self.pairs[*at] = Some(Pair { dropbox, ..theirs.clone() });
            }
        }
    }

    pub(super) fn sides(&self, pair: &Pair) -> Option<(&'a SeenDocument, &File)> {
        let document = self.documents.get(&pair.crm.as_ref()?.id).copied()?;
        Some((document, self.files.get(&pair.dropbox.as_ref()?.id)?))
    }

    /// R7: a document kept in the CRM only steps aside; anything else keeps its name, and our file gets another.
    pub(super) fn make_room(
        &mut self,
        pair: Pair,
        file: &File,
        other: &SeenDocument,
    ) -> Option<Pair> {
        let kept = self.pairs.iter().flatten().chain(core::iter::once(&pair)).find(|p| {
            p.dropbox.is_none()
                && p.crm.as_ref().is_some_and(|side| side.id == other.id)
                && !self.too_large(other.size_bytes)
        });
        self.waiting = true;
        if let Some(kept) = kept {
            let hash = kept.hash.clone();
            let aside = self.free_place(&other.nfc);
            let source = Source::Document { id: other.id.clone() };
            let replaces = Replacement { file: None, document: Some(other.id.clone()) };
            self.create(aside, source, hash, other.size_bytes, replaces);
        } else {
            // In its own folder: another one of that place in the CRM may have a file in its way.
            let to = self.free_everywhere(&file.path);
            self.operations.push(Operation::MoveFile { file: file.id.clone(), to });
        }
        Some(pair)
    }
}
