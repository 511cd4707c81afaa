//! Pairs of the synced tree: find each side again, then the matrix, cell by cell.

use super::{dropbox_side, Content, Operation, Planner};
use crate::effect::{Document, Reason};
use crate::ids::ContentHash;
use crate::map::Map;
use crate::path::{alike, fold, is_numbered, PlaceKey};
use crate::state::{CrmSide, Pair};
use crate::status::ProblemKind;
use crate::tree::File;
use crate::words::folds_to;
use alloc::vec::Vec;

impl<'a> Planner<'a> {
    /// K1, K2, R9 and marks whose file came back: the same thing under a new id.
    pub(super) fn rebind(&mut self) {
        for at in 0..self.pairs.len() {
            if let Some(mut pair) = self.pairs[at].take() {
                self.rebind_sides(&mut pair);
                self.pairs[at] = Some(pair);
            }
        }
        self.rebind_renamed();
    }

    fn rebind_sides(&mut self, pair: &mut Pair) {
        if let Some(side) = pair.crm.as_mut() {
            if !self.documents.contains_key(&side.id) {
                let found = self.free_document(&|document| {
                    document.place == side.place && !self.hashing.contains_key(&document.id)
                });
                if let Some(document) = found {
                    side.id = document.id.clone();
                    // The content is another one until its hash says otherwise.
                    side.updated_at.clear();
                    self.used_documents.insert(&document.id);
                }
            }
        }
        if let Some(file) = self.came_back(pair) {
            self.loose.remove(&file.id);
            pair.dropbox = Some(dropbox_side(file));
            pair.lost_path = None;
        }
    }

    /// The file that stands where the pair's was lost, if it is this pair's.
    fn came_back(&self, pair: &Pair) -> Option<&'a File> {
        let kept = pair.crm.as_ref().filter(|side| self.documents.contains_key(&side.id));
        let mark = pair.dropbox.is_none();
        let lost = match &pair.dropbox {
            Some(side) if !self.files.contains_key(&side.id) => &side.path,
            // Its document deleted meanwhile, a file that came back is a new one (M3), not one to be deleted.
            None if kept.is_some() => pair.lost_path.as_ref()?,
            _ => return None,
        };
        let key = fold(lost);
        let found = self.loose.values().copied().find(|file| {
            folds_to(&file.path, &key)
                // A kept document is only its own file's come back; another content takes the name, and the
                // document steps aside (R7).
                && (!mark || file.hash.as_ref() == Some(&pair.hash))
                && !self.belongs_to_another(file, mark)
        });
        found.or_else(|| kept.filter(|_| mark).and_then(|side| self.copied(side, &pair.hash)))
    }

    /// P6: a kept document that another browser of the same user has copied meanwhile, under its path or beside it.
    fn copied(&self, side: &CrmSide, hash: &ContentHash) -> Option<&'a File> {
        let document = self.documents.get(&side.id)?;
        let path = self.naming().path_of(&document.nfc);
        self.loose.values().copied().find(|file| {
            file.hash.as_ref() == Some(hash)
                && (alike(&file.path, &path) || is_numbered(&file.path, &path))
                && !self.belongs_to_another(file, true)
        })
    }

    /// A file at a lost path may be another document's: one that no pair speaks for yet and whose upload was not
    /// heard of. Beside a mark any document of that path is enough of a doubt; beside a pair, one of equal content.
    fn belongs_to_another(&self, file: &File, mark: bool) -> bool {
        let key = fold(&file.path);
        let stands_there = |document: &Document| {
            (mark || document.hash == file.hash)
                && folds_to(&self.naming().path_of(&document.nfc), &key)
        };
        self.free_document(&stands_there).is_some()
    }

    /// R9: the old id is gone, and a new document of equal content stands elsewhere.
    fn rebind_renamed(&mut self) {
        for at in 0..self.pairs.len() {
            let Some(pair) = &self.pairs[at] else {
                continue;
            };
            let Some(side) = &pair.crm else {
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
            let file = pair.dropbox.as_ref().and_then(|side| self.file(side));
            if file.is_some_and(|file| file.hash.as_ref() != Some(&pair.hash)) {
                continue;
            }
            let size_bytes = side.size_bytes;
            let found = self.free_document(&|d| {
                d.size_bytes == size_bytes && d.hash.as_ref() == Some(&pair.hash)
            });
            if let Some(document) = found {
                // The place stays the old one: that the document moved is a change of the CRM's side.
                if let Some(side) = self.pairs[at].as_mut().and_then(|pair| pair.crm.as_mut()) {
                    side.id = document.id.clone();
                    side.updated_at = document.updated_at.clone();
                }
                self.used_documents.insert(&document.id);
            } else {
                for document in &self.moving.documents {
                    let unknown = document.size_bytes == size_bytes && document.hash.is_none();
                    if unknown && !self.used_documents.contains(&document.id) {
                        self.hash(document);
                    }
                }
            }
        }
    }

    /// The matrix for every pair, then renames and moves. Each cell says whether its pair stays one.
    pub(super) fn decide_pairs(&mut self) {
        self.mark_leaving();
        self.turn_rings();
        for at in 0..self.pairs.len() {
            // Whom a pair replaces is looked up among the pairs while it is decided.
            let replaces = self.pairs[at].as_ref().is_some_and(|pair| !pair.superseded.is_empty());
            let pair = if replaces { self.pairs[at].clone() } else { self.pairs[at].take() };
            let Some(mut pair) = pair else {
                continue;
            };
            let document = pair.crm.as_ref().and_then(|side| self.documents.get(&side.id)).copied();
            let file = pair.dropbox.as_ref().and_then(|side| self.file(side));
            let stays = match (&pair.crm, &pair.dropbox) {
                (Some(_), Some(_)) => self.decide(&mut pair, document, file),
                (Some(_), None) => self.decide_kept_in_crm(&mut pair, document),
                _ => self.decide_kept_in_dropbox(&mut pair, file),
            };
            self.pairs[at] = stays.then_some(pair);
        }
    }

    /// Documents whose file moved away in Dropbox: their places become free once they have followed.
    fn mark_leaving(&mut self) {
        if self.policy.one_way {
            return;
        }
        for pair in self.pairs.iter().flatten() {
            let (Some(crm), Some(dropbox), Some((document, file))) =
                (&pair.crm, &pair.dropbox, self.sides(pair))
            else {
                continue;
            };
            // Following takes an upload, which never comes where the content is too large.
            let stays = self.too_large(document.size_bytes) || self.too_large(file.size_bytes);
            let follows = !stays && document.place == crm.place;
            if follows && self.file_moved(dropbox.path.as_str(), file, document) {
                self.leaving.insert(&document.id);
            }
        }
    }

    pub(super) fn file_moved(&self, before: &str, file: &File, document: &Document) -> bool {
        !alike(before, &file.path) && !self.agree(document, file)
    }

    fn decide(
        &mut self,
        pair: &mut Pair,
        document: Option<&'a Document>,
        file: Option<&'a File>,
    ) -> bool {
        match (document, file) {
            (None, None) => false, // M15
            (Some(_), None) if self.replaced_perhaps(pair) => {
                self.plan.waiting = true;
                true
            }
            (Some(document), None) => match self.content(document, pair) {
                Content::Known(hash) if *hash == pair.hash && !self.policy.pressed => {
                    // M13: kept in the CRM, not copied back.
                    pair.lost_path = pair.dropbox.take().map(|side| side.path);
                    self.reserved.extend(pair.lost_path.as_deref().map(fold));
                    pair.crm = Some(CrmSide::of(document));
                    true
                }
                Content::Known(_) => self.release(document), // M14: uploaded again as new
                Content::Unknown => {
                    if self.too_large(document.size_bytes) {
                        return self.release(document);
                    }
                    self.hash(document);
                    true
                }
            },
            (None, Some(file)) => self.decide_deleted_in_crm(pair, file),
            (Some(document), Some(file)) => self.decide_both(pair, document, file),
        }
    }

    fn release(&mut self, document: &'a Document) -> bool {
        self.used_documents.remove(&document.id);
        false
    }

    /// M11 and M12: only after `files.info` answered 404.
    fn decide_deleted_in_crm(&mut self, pair: &mut Pair, file: &'a File) -> bool {
        let Some(side) = &pair.crm else {
            return true;
        };
        let edited = file.hash.as_ref() != Some(&pair.hash);
        // A document of the same size still to be hashed may be this one under a new name (R9).
        let renamed_perhaps = self.hashing.values().any(|d| {
            (d.size_bytes == side.size_bytes || d.place == side.place)
                && !self.used_documents.contains(&d.id)
        });
        if !edited {
            self.counts.deletes += 1;
            self.counts.undecided += u32::from(renamed_perhaps);
        }
        if renamed_perhaps {
            self.plan.waiting = true;
            return true;
        }
        if !self.policy.gone.contains(&side.id) {
            self.plan.waiting = true;
            self.plan.operations.push(Operation::ConfirmGone { document: side.id.clone() });
            return true;
        }
        if edited {
            // M12: the edit wins. As a file of its own it goes to the CRM again.
            self.loose.insert(&file.id, file);
            return false;
        }
        let (file, rev) = (file.id.clone(), file.rev.clone());
        self.plan.operations.push(Operation::DeleteFile { file, rev });
        true
    }

    fn decide_kept_in_crm(&mut self, pair: &mut Pair, document: Option<&'a Document>) -> bool {
        let Some(document) = document else {
            return false;
        };
        if self.policy.pressed {
            return self.release(document);
        }
        match self.content(document, pair) {
            Content::Known(hash) if *hash == pair.hash => {
                pair.crm = Some(CrmSide::of(document));
                true
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
                true
            }
        }
    }

    fn decide_kept_in_dropbox(&mut self, pair: &mut Pair, file: Option<&'a File>) -> bool {
        let Some(file) = file else {
            return false;
        };
        if file.hash.as_ref() == Some(&pair.hash) && !self.policy.pressed {
            follow(pair, file);
            return true;
        }
        self.loose.insert(&file.id, file);
        false
    }

    fn decide_both(&mut self, pair: &mut Pair, document: &'a Document, file: &'a File) -> bool {
        let Some(file_hash) = &file.hash else {
            self.problem(&document.place, ProblemKind::Refused(Reason::Unsupported));
            return true;
        };
        let file_edited = *file_hash != pair.hash;
        let content = self.content(document, pair);
        let crm_edited = match content {
            Content::Known(hash) => Some(*hash != pair.hash),
            Content::Unknown => {
                let size_before = pair.crm.as_ref().map(|side| side.size_bytes);
                (size_before != Some(document.size_bytes)).then_some(true)
            }
        };
        if content == Content::Known(file_hash) {
            // M6, M9: equal contents are never a conflict.
            self.count_changes(crm_edited == Some(true) && !file_edited, false, false);
            pair.hash = file_hash.clone();
            self.decide_places(pair, document, file);
            return true;
        }
        // Perhaps it is the same edit on both sides, as after a crash between an upload and its row.
        let perhaps_equal = file_edited && document.size_bytes == file.size_bytes;
        let undecided = content == Content::Unknown && (crm_edited.is_none() || perhaps_equal);
        self.count_changes(crm_edited != Some(false), file_edited, undecided);
        match (crm_edited, file_edited) {
            (None, _) => {
                // Same size, new stamp: nothing is decided about bytes nobody has looked at.
                self.hash(document);
                true
            }
            (Some(true), false) => {
                // M7. The places are looked at when the contents are one.
                self.upload_over(document, file);
                true
            }
            (Some(true), true) => {
                if undecided {
                    self.hash(document);
                    return true;
                }
                self.conflict(document, file); // M10
                if self.policy.one_way {
                    // The document's own file is the one beside it from now on.
                    self.used_documents.insert(&document.id);
                    return false;
                }
                true
            }
            (Some(false), _) => {
                // M8. A rename in the CRM goes first, so that the new document is made under its name.
                let renamed = |pair: &Pair| {
                    pair.crm.as_ref().is_some_and(|side| side.place != document.place)
                };
                if renamed(pair) {
                    self.decide_places(pair, document, file);
                    if renamed(pair) {
                        return true;
                    }
                }
                self.replace(pair, document, file);
                true
            }
        }
    }

    fn count_changes(&mut self, crm: bool, dropbox: bool, undecided: bool) {
        self.counts.changed_crm += u32::from(crm);
        self.counts.changed_dropbox += u32::from(dropbox);
        self.counts.undecided += u32::from(undecided);
    }

    /// Contents are equal (or the CRM renamed first): do the places agree?
    fn decide_places(&mut self, pair: &mut Pair, document: &'a Document, file: &'a File) {
        let (Some(crm), Some(dropbox)) = (&pair.crm, &mut pair.dropbox) else {
            return;
        };
        if crm.place != document.place {
            // The CRM's name wins (R16). Only the spelling changed: no request (R12, R13).
            let target = self.naming().path_of(&document.nfc);
            let same = alike(&self.naming().path_of(&crm.place), &target);
            if same && alike(&dropbox.path, &file.path) || alike(&file.path, &target) {
                return settle(pair, document, file);
            }
            let to = self.free_path(&target, Some(&file.path));
            if alike(&to, &file.path) {
                return settle(pair, document, file);
            }
            if let Some(kind) = self.document_refusal(document) {
                return self.problem(&document.place, kind);
            }
            self.plan.waiting = true;
            self.plan.operations.push(Operation::MoveFile { file: file.id.clone(), to });
            return;
        }
        if self.policy.one_way || !self.file_moved(&dropbox.path, file, document) {
            return settle(pair, document, file);
        }
        // The stamps may be new though the place is still the old one.
        if file.hash.as_ref() == Some(&pair.hash) {
            dropbox.rev = file.rev.clone();
            pair.crm = Some(CrmSide::of(document));
        }
        self.replace(pair, document, file);
    }

    /// R8: names swapped in a ring would wait for each other for ever, and uploading over another document's name is
    /// no way out (the CRM may take it for a new version of that one). So the whole ring is paired anew by place:
    /// the contents then follow as edits.
    fn turn_rings(&mut self) {
        let mut standing: Map<PlaceKey, Vec<usize>> = Map::new();
        let mut leaving: Vec<(usize, &Document, &File)> = Vec::new();
        for (at, pair) in self.pairs.iter().enumerate() {
            let Some((document, file)) = pair.as_ref().and_then(|pair| self.sides(pair)) else {
                continue;
            };
            if self.leaving.contains(&document.id) {
                standing.or_default(self.naming().place_key(&document.nfc)).push(leaving.len());
                leaving.push((at, document, file));
            }
        }
        // Who stands where each wants to go.
        let mut next = Vec::with_capacity(leaving.len());
        for (_, _, file) in &leaving {
            let there = standing.get(&self.naming().path_place_key(&file.path));
            next.push(there.and_then(|there| there.last()).copied());
        }
        for start in 0..leaving.len() {
            let mut ring = Vec::new();
            let mut last = start;
            // Each ring once, from its first.
            loop {
                ring.push(last);
                match next[last] {
                    Some(n) if n > start && ring.len() <= leaving.len() => last = n,
                    _ => break,
                }
            }
            if next[last] != Some(start) || ring.len() < 2 {
                continue;
            }
            for two in ring.windows(2) {
                self.pairs.swap(leaving[two[0]].0, leaving[two[1]].0);
            }
            for n in &ring {
                let (at, document, file) = leaving[*n];
                self.leaving.remove(&document.id);
                if let Some(pair) = &mut self.pairs[at] {
                    pair.dropbox = Some(dropbox_side(file));
                }
            }
        }
    }

    pub(super) fn sides(&self, pair: &Pair) -> Option<(&'a Document, &'a File)> {
        let document = self.documents.get(&pair.crm.as_ref()?.id).copied()?;
        Some((document, self.file(pair.dropbox.as_ref()?)?))
    }
}

/// Nothing is to be moved: the pair is as both sides stand, or, while the contents differ, as the document is named.
fn settle(pair: &mut Pair, document: &Document, file: &File) {
    if file.hash.as_ref() == Some(&pair.hash) {
        pair.crm = Some(CrmSide::of(document));
        follow(pair, file);
    } else if let Some(side) = &mut pair.crm {
        side.place = document.place.clone();
    }
}

/// The pair's file stands here. Nobody is told of a change of case alone: who lists the folder anew sees another
/// spelling than who goes on, and two browsers of one user would correct each other for ever (R12).
fn follow(pair: &mut Pair, file: &File) {
    match &mut pair.dropbox {
        Some(side) if side.id == file.id && alike(&side.path, &file.path) => {
            side.rev = file.rev.clone();
        }
        side => *side = Some(dropbox_side(file)),
    }
}
