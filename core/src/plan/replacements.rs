//! A document of the CRM takes another one's place: upload new, see it listed, delete old, whatever crashed in between.

use super::room::Occupant;
use super::{paired, Content, Operation, Planner, Replacement};
use crate::effect::{Document, Source};
use crate::sort::retain;
use crate::state::{Attempt, CrmSide, Pair};
use crate::status::ProblemKind;
use crate::tree::File;
use alloc::vec::Vec;

impl<'a> Planner<'a> {
    /// K3, K4, K5: documents that our own uploads made.
    pub(super) fn recognise_attempts(&mut self) {
        for document in self.moving.documents.iter().copied() {
            if self.used_documents.contains(&document.id) {
                continue;
            }
            let mut attempts = self.record.attempts.iter().rev();
            let Some(hash) = &document.hash else {
                if attempts.any(|attempt| self.attempted(attempt, document)) {
                    self.hash(document);
                }
                continue;
            };
            let made = |a: &&Attempt| a.hash == *hash && self.attempted(a, document);
            let Some(attempt) = attempts.find(made) else {
                continue;
            };
            let pair_at = self
                .pairs
                .iter()
                .position(|pair| pair.as_ref().is_some_and(|pair| is_made_for(attempt, pair)));
            let file = attempt.file.as_ref().and_then(|id| self.files.get(id)).copied();
            let agreed = pair_at.and_then(|at| self.pairs[at].as_ref()).map(|pair| &pair.hash);
            let holds = file.and_then(|file| file.hash.as_ref());
            if agreed.is_some() && holds == agreed && holds != Some(hash) {
                // A deleted file comes back under its old id when the CRM's older document is copied there again. What
                // was attempted is newer than that, and this document may be its only copy: it is one of its own.
                continue;
            }
            match (pair_at, file) {
                (Some(at), file) => {
                    if let Some(mut pair) = self.pairs[at].take() {
                        self.supersede(&mut pair, document, file);
                        self.pairs[at] = Some(pair);
                    }
                }
                (None, Some(file)) if self.loose.contains_key(&file.id) => {
                    self.adopt(document, file, hash);
                }
                _ => {}
            }
        }
    }

    /// The pair's document was perhaps replaced already, by one that is still to be hashed (K3).
    pub(super) fn replaced_perhaps(&self, pair: &Pair) -> bool {
        self.record.attempts.iter().any(|attempt| {
            is_made_for(attempt, pair)
                && self.hashing.values().any(|document| {
                    !self.used_documents.contains(&document.id) && self.attempted(attempt, document)
                })
        })
    }

    /// May this attempt have made this document? An attempt has the spelling of the document it replaces; the CRM
    /// may have answered with another one of the same name (N6).
    fn attempted(&self, attempt: &Attempt, document: &Document) -> bool {
        let naming = self.naming();
        let replaced = attempt.replaces.as_ref().and_then(|id| self.documents.get(id));
        naming.same_place(&attempt.place, &document.nfc)
            || naming.same_place(&attempt.place, &document.place)
            || replaced.is_some_and(|old| {
                old.place == attempt.place && naming.same_place(&old.nfc, &document.nfc)
            })
            || self.may_be_default_folder(attempt, document)
    }

    /// K6: an upload without a folder comes back in the account's default folder. Any folder may be it, for what was
    /// learned of it may be wrong; the document's hash tells.
    fn may_be_default_folder(&self, attempt: &Attempt, document: &Document) -> bool {
        document.hash.is_none()
            && attempt.place.folder.is_empty()
            && attempt.place.name == document.nfc.name
    }

    /// `document`, of known content, takes the place of the pair's document, which is to be deleted.
    fn supersede(&mut self, pair: &mut Pair, document: &'a Document, file: Option<&File>) {
        let Some(hash) = document.hash.clone() else {
            return;
        };
        let old = pair.crm.as_ref().and_then(|side| self.documents.get(&side.id)).copied();
        if let Some(seen) = old {
            let untouched = match self.content(seen, pair) {
                Content::Known(known) => *known == pair.hash,
                Content::Unknown if self.too_large(seen.size_bytes) => false,
                Content::Unknown => {
                    // Perhaps only renamed: nothing is decided about bytes nobody has looked at.
                    self.used_documents.insert(&document.id);
                    return self.hash(seen);
                }
            };
            if untouched && self.is_higher_twin(seen, document) {
                // The pair's document holds it already: this one is the twin that leaves.
                pair.superseded.push(CrmSide::of(document));
                self.used_documents.insert(&document.id);
                return;
            }
            if untouched {
                pair.superseded.push(CrmSide::of(seen));
            } else {
                // The user changed the old document meanwhile: it is theirs, stays, and goes to Dropbox as a new one.
                self.used_documents.remove(&seen.id);
            }
        }
        let before = pair.crm.replace(CrmSide::of(document));
        pair.hash = hash;
        match (pair.dropbox.as_mut(), file) {
            (Some(side), Some(file)) => {
                let wanted = self.naming().place_of(&file.path);
                if self.naming().same_place(&wanted, &document.nfc) {
                    side.path = file.path.clone();
                }
                if file.hash.as_ref() == Some(&pair.hash) {
                    side.rev = file.rev.clone();
                }
            }
            (Some(side), None) => {
                // Gone since; it stood last where the document was made for it. What stands at its old path now is
                // another file, and no edit of this one (K2).
                let moved = before.is_some_and(|before| {
                    !self.naming().same_place(&before.place, &document.place)
                        && !self.naming().same_place(&before.place, &document.nfc)
                });
                if moved {
                    side.path = self.naming().path_of(&document.nfc);
                }
            }
            (None, _) => {}
        }
        self.used_documents.insert(&document.id);
    }

    /// R8: what this document holds (or may hold, while nobody has looked) was on its way to another one of its ring,
    /// never came there, and is gone in Dropbox.
    fn is_last_of_ring(&self, document: &Document) -> bool {
        self.record.attempts.iter().any(|attempt| {
            let hash = Some(&attempt.hash);
            let holds = |other: &&Document| other.id != document.id && other.hash.as_ref() == hash;
            (document.hash.is_none() || document.hash.as_ref() == hash)
                && !self.attempted(attempt, document)
                && !self.moving.files.iter().any(|file| file.hash.as_ref() == hash)
                && !self.moving.documents.iter().any(holds)
        })
    }

    /// The last step of a replacement: the new document is listed and holds the content, the old one is as seen.
    pub(super) fn finish_replacements(&mut self) {
        let mut old = Vec::new();
        for side in self.pairs.iter().flatten().flat_map(|pair| &pair.superseded) {
            old.extend(self.documents.get(&side.id).copied());
        }
        let (mut last, mut unlooked) = (Vec::new(), Vec::new());
        for document in old {
            if !self.is_last_of_ring(document) {
                continue;
            }
            if document.hash.is_some() {
                self.used_documents.remove(&document.id);
                last.push(&document.id);
            } else {
                self.hash(document);
                unlooked.push(&document.id);
            }
        }
        let documents = &self.documents;
        for pair in self.pairs.iter_mut().flatten() {
            let new = pair.crm.as_ref().map(|side| &side.id);
            retain(&mut pair.superseded, &mut |old| {
                let seen = documents.get(&old.id);
                let unchanged =
                    seen.is_some_and(|seen| old.is_still(seen) && old.place == seen.place);
                // A damaged row could say that a document makes way for itself.
                unchanged && new != Some(&old.id) && !last.contains(&&old.id)
            });
            let Some(new) = new.filter(|id| documents.contains_key(id)) else {
                for old in core::mem::take(&mut pair.superseded) {
                    self.used_documents.remove(&old.id);
                }
                continue;
            };
            for old in pair.superseded.iter().filter(|old| !unlooked.contains(&&old.id)) {
                // RACE: an edit of the old document, or a delete of the new one, between this look and the delete
                // below is caught by the `files.info` of both just before it, except for the time of one request.
                if let Some(seen) = documents.get(&old.id) {
                    let (document, stays) = ((*seen).clone(), new.clone());
                    self.plan.operations.push(Operation::DeleteDocument { document, stays });
                    self.plan.waiting = true;
                }
            }
        }
    }

    /// Upload new, see it listed and hashed, delete old: a new content (M8), a new place (R1–R4), or both.
    pub(super) fn replace(&mut self, pair: &mut Pair, document: &'a Document, file: &'a File) {
        let moved =
            pair.dropbox.as_ref().is_some_and(|side| self.file_moved(&side.path, file, document));
        // Pairing goes by NFC; what is uploaded keeps the CRM's own spelling.
        let own = self.naming().place_of(&file.path);
        let (place, nfc) = match moved {
            true => (&own, &own),
            false => (&document.place, &document.nfc),
        };
        if self.policy.one_way {
            self.problem(&document.place, ProblemKind::NewerInDropbox);
            return;
        }
        let twin = self.free_document(&|other| {
            may_hold(other, file) && self.naming().same_place(&other.nfc, nfc)
        });
        if let Some(other) = twin {
            // Somebody (we before a crash, or another browser) has put it there already.
            let Some(hash) = &other.hash else {
                return self.hash(other);
            };
            let ours = self
                .record
                .attempts
                .iter()
                .any(|attempt| self.attempted(attempt, other) && attempt.hash == *hash);
            if moved && !ours {
                // Not our upload: it is the file's document now, and the old one nobody's to delete. Whoever made it
                // may be about to delete the one of the two that we would keep.
                self.used_documents.insert(&other.id);
                self.used_documents.remove(&document.id);
                *pair = paired(other, file, hash);
                return;
            }
            return self.supersede(pair, other, Some(file));
        }
        if moved && file.hash.as_ref() != Some(&pair.hash) && !self.too_large(file.size_bytes) {
            if let Some(other) = self.free_document(&|other| may_hold(other, file)) {
                return self.take_over(pair, document, file, other);
            }
        }
        match self.occupant(nfc, Some(&document.id)) {
            Occupant::Nobody => {}
            Occupant::Leaving => {
                self.plan.waiting = true;
                return;
            }
            Occupant::Document(other) if moved => return self.make_room(Some(pair), file, other),
            Occupant::Document(_) => {
                // Two documents of one name (N4): an upload under it may be taken for a new version of the
                // other one. The file's own name is free in Dropbox, so most often here too.
                let place = match self.occupant(&own, Some(&document.id)) {
                    Occupant::Nobody => own,
                    _ => self.free_place(nfc),
                };
                self.create_from_file(file, place, Some(document.id.clone()));
                return;
            }
        }
        self.create_from_file(file, place.clone(), Some(document.id.clone()));
    }

    /// Elsewhere and with another document's content, a file is that document's, not an edit of the one it was paired
    /// with: its old id came back with an upload that was not heard of. The old document stays, and is copied anew.
    fn take_over(
        &mut self,
        pair: &mut Pair,
        document: &'a Document,
        file: &'a File,
        other: &'a Document,
    ) {
        let Some(hash) = &other.hash else {
            return self.hash(other);
        };
        self.used_documents.insert(&other.id);
        self.used_documents.remove(&document.id);
        *pair = paired(other, file, hash);
        if let Some(side) = &mut pair.crm {
            // That the two are named differently is a change of the CRM's side.
            side.place = self.naming().place_of(&file.path);
        }
    }

    /// R7: a document kept in the CRM only steps aside; anything else keeps its name, and our file gets another. So does
    /// what the CRM does not take a second time, as an empty one.
    pub(super) fn make_room(&mut self, pair: Option<&Pair>, file: &File, other: &Document) {
        let kept = self.pairs.iter().flatten().chain(pair).find(|p| {
            p.dropbox.is_none()
                && p.crm.as_ref().is_some_and(|side| side.id == other.id)
                && !self.too_large(other.size_bytes)
                && self.document_refusal(other).is_none()
        });
        self.plan.waiting = true;
        if let Some(kept) = kept {
            let hash = kept.hash.clone();
            let aside = self.free_place(&other.nfc);
            let source = Source::Document { id: other.id.clone() };
            let replaces = Replacement { file: None, document: Some(other.id.clone()) };
            self.create(aside, source, hash, other.size_bytes, replaces);
        } else {
            // In its own folder: another one of that place in the CRM may have a file in its way.
            let to = self.free_everywhere(&file.path);
            self.plan.operations.push(Operation::MoveFile { file: file.id.clone(), to });
        }
    }
}

/// The document holds what the file holds, or may hold it.
fn may_hold(document: &Document, file: &File) -> bool {
    document.size_bytes == file.size_bytes
        && (document.hash.is_none() || document.hash == file.hash)
}

/// Whether the attempt was to give this pair its next document.
fn is_made_for(attempt: &Attempt, pair: &Pair) -> bool {
    match &attempt.file {
        Some(file) => pair.dropbox.as_ref().is_some_and(|side| side.id == *file),
        None => {
            let document = pair.crm.as_ref().map(|side| &side.id);
            attempt.replaces.is_some() && attempt.replaces.as_ref() == document
        }
    }
}
