//! Pairs that whoever looks makes in the same way.
//!
//! Two browsers of one user know the same documents and files, each with a synced tree of its own. Where these trees
//! pair differently, each browser would carry the other's writes on, for ever. So what is equal in content and place
//! is a pair, whatever was paired before; and what is equal in content alone is paired by ids and paths.

use super::{crm_side, dropbox_side, Content, Planner};
use crate::ids::ContentHash;
use crate::path::fold;
use crate::state::{CrmSide, DropboxSide, SeenDocument};
use crate::tree::File;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// A pair whose two sides stand, with contents that are known.
struct Whole<'a> {
    at: usize,
    document: &'a SeenDocument,
    content: ContentHash,
    file: File,
    file_hash: ContentHash,
    dropbox: DropboxSide,
    /// Nothing changed on either side.
    rests: bool,
}

/// A content at a place.
type Spot = (ContentHash, String, String);

impl<'a> Planner<'a> {
    pub(super) fn pair_equals_by_place(&mut self) {
        let mut wholes = self.wholes();
        wholes.sort_by(|a, b| a.document.id.cmp(&b.document.id));
        let taken = self.places_first(&wholes);
        let taken = self.then_by_order(&wholes, taken);
        for (member, whole) in wholes.iter().enumerate() {
            match taken[member] {
                Some(other) if other == member => {}
                Some(other) => self.exchange(whole, &wholes[other]),
                None => {
                    // Another document has its file; what is left of it is as if it had never been paired.
                    self.pairs[whole.at] = None;
                    self.used_documents.remove(&whole.document.id);
                }
            }
        }
        for (member, whole) in wholes.iter().enumerate() {
            if !taken.contains(&Some(member)) {
                self.used_files.remove(&whole.file.id);
            }
        }
    }

    fn wholes(&self) -> Vec<Whole<'a>> {
        let mut wholes = Vec::new();
        for (at, pair) in self.pairs.iter().enumerate() {
            let Some(pair) = pair.as_ref().filter(|pair| pair.superseded.is_empty()) else {
                continue;
            };
            let (Some((document, file)), Some(dropbox)) = (self.sides(pair), &pair.dropbox) else {
                continue;
            };
            let content = self.content(document, pair);
            if let (Content::Known(content), Some(file_hash)) = (content, file.hash.clone()) {
                let rests = content == pair.hash && file_hash == pair.hash;
                let (file, dropbox) = (file.clone(), dropbox.clone());
                wholes.push(Whole { at, document, content, file, file_hash, dropbox, rests });
            }
        }
        wholes
    }

    /// For each member, whose file stands at its document's place with its content: of several the first path, and
    /// of several documents the lowest id.
    fn places_first(&self, wholes: &[Whole<'a>]) -> Vec<Option<usize>> {
        let mut spots: BTreeMap<Spot, Vec<usize>> = BTreeMap::new();
        for (member, whole) in wholes.iter().enumerate() {
            let (folder, name) = self.naming().place_key(&self.naming().place_of(&whole.file.path));
            let by_place = (whole.file_hash.clone(), folder, name);
            let by_path = (whole.file_hash.clone(), "/".into(), fold(&whole.file.path));
            for spot in [by_place, by_path] {
                spots.entry(spot).or_default().push(member);
            }
        }
        let mut given = alloc::vec![false; wholes.len()];
        let mut taken = Vec::with_capacity(wholes.len());
        for whole in wholes {
            let (folder, name) = self.naming().place_key(&whole.document.nfc);
            let path = fold(&self.naming().path_of(&whole.document.nfc));
            let by_place = (whole.content.clone(), folder, name);
            let by_path = (whole.content.clone(), "/".into(), path);
            let found = [by_place, by_path]
                .iter()
                .filter_map(|spot| spots.get(spot))
                .flatten()
                .filter(|other| !given[**other])
                .min_by(|a, b| wholes[**a].file.key.cmp(&wholes[**b].file.key))
                .copied();
            if let Some(other) = found {
                given[other] = true;
            }
            taken.push(found);
        }
        taken
    }

    /// Of the rest, what rests and is equal: documents by place and id, files by path. Everything else stays with its
    /// own file, if that is still to be had.
    fn then_by_order(
        &self,
        wholes: &[Whole<'a>],
        mut taken: Vec<Option<usize>>,
    ) -> Vec<Option<usize>> {
        let mut given = alloc::vec![false; wholes.len()];
        for other in taken.iter().flatten() {
            given[*other] = true;
        }
        let mut rest: Vec<usize> =
            (0..wholes.len()).filter(|member| taken[*member].is_none()).collect();
        rest.sort_by_cached_key(|member| {
            let document = wholes[*member].document;
            (self.naming().place_key(&document.nfc), document.id.clone())
        });
        let mut left: Vec<usize> =
            (0..wholes.len()).filter(|m| !given[*m] && wholes[*m].rests).collect();
        left.sort_by(|a, b| wholes[*a].file.key.cmp(&wholes[*b].file.key));
        for member in &rest {
            let whole = &wholes[*member];
            let equal = |other: &usize| wholes[*other].file_hash == whole.content;
            if let Some(at) = left.iter().position(|other| whole.rests && equal(other)) {
                let other = left.remove(at);
                given[other] = true;
                taken[*member] = Some(other);
            }
        }
        for member in rest {
            if taken[member].is_none() && !given[member] {
                given[member] = true;
                taken[member] = Some(member);
            }
        }
        taken
    }

    /// The document of `mine` gets the file of `theirs`, of equal content.
    fn exchange(&mut self, mine: &Whole<'a>, theirs: &Whole<'a>) {
        let agree = self.agree(mine.document, &theirs.file);
        if let Some(pair) = self.pairs[mine.at].as_mut() {
            pair.hash = mine.content.clone();
            if agree {
                pair.crm = Some(crm_side(mine.document));
                pair.dropbox = Some(dropbox_side(&theirs.file));
            } else {
                pair.dropbox = Some(theirs.dropbox.clone());
            }
        }
    }

    /// Do document and file stand at the same place?
    fn agree(&self, document: &SeenDocument, file: &File) -> bool {
        fold(&self.naming().path_of(&document.nfc)) == fold(&file.path)
            || self.naming().place_key(&self.naming().place_of(&file.path))
                == self.naming().place_key(&document.nfc)
    }

    /// Two uploads of one content to one place, ours and another browser's: the lower id stays, wherever one looks.
    pub(super) fn is_higher_twin(
        &self,
        side: &CrmSide,
        seen: &SeenDocument,
        document: &SeenDocument,
    ) -> bool {
        self.naming().place_key(&seen.nfc) == self.naming().place_key(&document.nfc)
            && seen.hash == document.hash
            && side.id < document.id
    }
}
