//! The planner: three trees of one record in, the next primitive steps out. Total and pure.
//!
//! A plan is never remembered. Its steps are carried out, the trees learn what came of them, and the planner
//! looks again until nothing is left: so a crash anywhere is repaired by planning from what is seen.
//! Steps that only look (hash, confirm a deletion) come before the writes that depend on them.

mod equals;
mod index;
mod pairs;
mod replacements;
mod rest;
mod room;
mod unpaired;

use crate::effect::{Document, Place, Source, WriteMode};
use crate::guard;
use crate::ids::{ContentHash, DocumentId, FileId, Revision};
use crate::map::{Map, Set};
use crate::path::{fold, Naming, PlaceKey};
use crate::sort::{retain, sort_by};
use crate::state::{CrmSide, DropboxSide, Pair, StoredRecord, Subject};
use crate::status::{Halt, Problem, ProblemKind};
use crate::tree::{self, File};
use alloc::string::String;
use alloc::vec::Vec;

/// What the planner must know besides the trees.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Names on both sides.
    pub naming: Naming,
    /// Largest file to copy.
    pub max_size_bytes: u64,
    /// G3, in percent of the synced files.
    pub delete_guard_percent: u32,
    /// The CRM refuses uploads to this kind of record.
    pub one_way: bool,
    /// The Dropbox is full: nothing is sent there in this cycle.
    pub out_of_space: bool,
    /// The button was pressed: marks count no longer, and what is missing in Dropbox is copied.
    pub pressed: bool,
    /// Today, `YYYY-MM-DD`.
    pub today: String,
    /// Documents missing in the listing whose `files.info` answered 404 in this cycle.
    pub gone: Set<DocumentId>,
    /// Uploads to the CRM acknowledged in this cycle: not made twice if the listing lags.
    pub created: Vec<(Place, ContentHash)>,
    /// The halt that the user let pass.
    pub confirmed: Option<Halt>,
}

/// What an upload to the CRM is to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The file it is made for, if Dropbox is the source.
    pub file: Option<FileId>,
    /// The document to be deleted afterwards.
    pub document: Option<DocumentId>,
}

/// A primitive step. Paths are relative to the record's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Operation {
    /// Download and hash: nothing can be decided before.
    Hash {
        /// Which document.
        document: DocumentId,
        /// As listed.
        size_bytes: u64,
    },
    /// Ask whether a missing document is truly gone.
    ConfirmGone {
        /// Which document.
        document: DocumentId,
    },
    /// CRM → Dropbox.
    Upload {
        /// Which document.
        document: DocumentId,
        /// As listed.
        size_bytes: u64,
        /// Where to.
        path: String,
        /// Over what.
        mode: WriteMode,
        /// The file it is written over, for [`WriteMode::Update`].
        over: Option<FileId>,
    },
    /// Move or rename in Dropbox, as in the CRM.
    MoveFile {
        /// Which file.
        file: FileId,
        /// Where to.
        to: String,
    },
    /// Keep Dropbox's version of a conflict under another name.
    CopyFile {
        /// Which file.
        file: FileId,
        /// Where to.
        to: String,
    },
    /// Delete in Dropbox, as in the CRM.
    DeleteFile {
        /// Which file.
        file: FileId,
        /// As seen.
        rev: Revision,
    },
    /// Dropbox → CRM (or within the CRM).
    Create {
        /// Where to.
        place: Place,
        /// From where.
        source: Source,
        /// What.
        hash: ContentHash,
        /// In bytes.
        size_bytes: u64,
        /// What it is made for.
        replaces: Replacement,
    },
    /// The last step of a replacement.
    DeleteDocument {
        /// As it was seen.
        document: Document,
        /// The document that holds the content from now on.
        stays: DocumentId,
    },
}

impl Operation {
    /// It changes nothing anywhere.
    pub fn only_looks(&self) -> bool {
        matches!(self, Self::Hash { .. } | Self::ConfirmGone { .. })
    }

    /// Bytes that it carries.
    pub(crate) fn size_bytes(&self) -> u64 {
        match self {
            Self::Hash { size_bytes, .. }
            | Self::Upload { size_bytes, .. }
            | Self::Create { size_bytes, .. } => *size_bytes,
            _ => 0,
        }
    }
}

/// What is to be done for one record now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What was merely recognised: pairs that are others now, by their place in the synced tree; `None` is forgotten.
    pub changed_pairs: Vec<(usize, Option<Pair>)>,
    /// Pairs that are new.
    pub new_pairs: Vec<Pair>,
    /// The next steps; independent of each other.
    pub operations: Vec<Operation>,
    /// Paths that cannot be done; the rest goes on.
    pub problems: Vec<Problem>,
    /// A guard stopped the record; there are no operations then.
    pub halt: Option<Halt>,
    /// Something waits for another step of this plan.
    pub waiting: bool,
}

impl Plan {
    /// Makes the synced tree what was recognised of it: the pairs of the record that was planned, in their order.
    pub fn adopt_into(self, pairs: &mut Vec<Pair>) {
        for (at, pair) in self.changed_pairs {
            match pair {
                Some(pair) => pairs[at] = pair,
                None => (pairs[at].crm, pairs[at].dropbox) = (None, None),
            }
        }
        // Of what has neither side nothing is left.
        retain(pairs, &mut |pair| pair.crm.is_some() || pair.dropbox.is_some());
        pairs.extend(self.new_pairs);
    }
}

/// Plans one record. Never fails, whatever the trees hold.
pub fn plan(record: &StoredRecord, policy: &Policy) -> Plan {
    let moving = rest::moving(record, &policy.naming);
    let mut planner = Planner::new(record, policy, &moving);
    planner.recognise_attempts();
    planner.rebind();
    planner.reserve_undecided();
    planner.pair_equals_by_place();
    planner.finish_replacements();
    planner.decide_pairs();
    planner.match_unpaired();
    planner.finish();
    let Planner { mut plan, counts, .. } = planner;
    guard::apply(record, policy, &counts, &mut plan);
    plan
}

/// What is known of a document's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content<'c> {
    /// Hashed, or unchanged since it was.
    Known(&'c ContentHash),
    /// Never hashed in this state.
    Unknown,
}

/// What the guards look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Pairs with both sides when planning began.
    pub synced: u32,
    /// Files that would be deleted in Dropbox.
    pub deletes: u32,
    /// Contents changed in the CRM (or perhaps: not yet hashed).
    pub changed_crm: u32,
    /// Contents changed in Dropbox.
    pub changed_dropbox: u32,
    /// Deletes and changes that a look at the document's content may still clear.
    pub undecided: u32,
}

struct Planner<'a> {
    record: &'a StoredRecord,
    policy: &'a Policy,
    /// What does not rest, and who knows of the rest.
    moving: &'a rest::Moving<'a>,
    /// Documents that do not rest, by id.
    documents: Map<&'a DocumentId, &'a Document>,
    /// Files that do not rest.
    files: Map<&'a FileId, &'a File>,
    /// Those documents by name.
    names: index::Index,
    /// Documents that a pair, or a step of this plan, already speaks for.
    used_documents: Set<&'a DocumentId>,
    /// Those that none speaks for.
    loose: Map<&'a FileId, &'a File>,
    /// Folded paths that this plan gives away.
    reserved: Set<String>,
    /// Documents whose place will be free after a later round.
    leaving: Set<&'a DocumentId>,
    /// Those that do not rest, in their order; behind them, new ones.
    pairs: Vec<Option<Pair>>,
    /// Documents that are to be looked at, by id.
    hashing: Map<&'a DocumentId, &'a Document>,
    plan: Plan,
    counts: Counts,
}

impl<'a> Planner<'a> {
    fn new(record: &'a StoredRecord, policy: &'a Policy, moving: &'a rest::Moving<'a>) -> Self {
        let mut documents = Map::new();
        for document in &moving.documents {
            documents.insert(&document.id, *document);
        }
        let files = tree::by_id(&moving.files);
        let (mut loose, mut used_documents) = (files.clone(), Set::new());
        let (mut reserved, mut pairs) = (Set::new(), Vec::with_capacity(moving.pairs.len()));
        // Those that rest have both sides.
        let mut synced = (record.pairs.len() - moving.pairs.len()) as u32;
        for pair in moving.pairs.iter().map(|at| &record.pairs[*at]) {
            for side in pair.crm.iter().chain(&pair.superseded) {
                used_documents.insert(&side.id);
            }
            if let Some(side) = &pair.dropbox {
                loose.remove(&side.id);
            }
            synced += u32::from(pair.crm.is_some() && pair.dropbox.is_some());
            // A path that a kept document lost stays its own: a file there is taken for it again.
            if let Some(path) = pair.lost_path.as_deref().filter(|_| !policy.pressed) {
                reserved.insert(fold(path));
            }
            pairs.push(Some(pair.clone()));
        }
        Self {
            record,
            policy,
            documents,
            files,
            moving,
            names: index::by_name(&moving.documents),
            used_documents,
            loose,
            reserved,
            leaving: Set::new(),
            pairs,
            hashing: Map::new(),
            plan: Plan::default(),
            counts: Counts { synced, ..Counts::default() },
        }
    }

    /// Files that nothing speaks for, by id.
    fn loose_files(&self) -> Vec<&'a File> {
        let mut files = Vec::new();
        for file in self.loose.values() {
            files.push(*file);
        }
        files
    }

    /// The file of a pair's side, unless it rests or is gone.
    fn file(&self, side: &DropboxSide) -> Option<&'a File> {
        self.files.get(&side.id).copied()
    }

    /// The first document that neither rests nor is spoken for, of those that this says yes to.
    fn free_document(&self, is: &dyn Fn(&Document) -> bool) -> Option<&'a Document> {
        let mut documents = self.moving.documents.iter().copied();
        documents.find(|document| is(document) && !self.used_documents.contains(&document.id))
    }

    /// A pair, or a step of this plan, speaks for this document.
    fn is_spoken_for(&self, document: &Document) -> bool {
        let rests = !self.documents.contains_key(&document.id);
        rests || self.used_documents.contains(&document.id)
    }

    /// All documents at a place (as [`Naming::place_key`] names it), one that rests among them.
    fn at_place(&self, key: &PlaceKey) -> Vec<&'a Document> {
        let mut found = Vec::new();
        found.extend(self.moving.resting_at(key));
        self.names.each(index::folded_hash(&key.1), |at| {
            let document = self.moving.documents[at];
            if self.naming().place_key(&document.nfc) == *key {
                found.push(document);
            }
            true
        });
        found
    }

    fn naming(&self) -> &'a Naming {
        &self.policy.naming
    }

    /// The problems in their order, and what was recognised of the pairs.
    fn finish(&mut self) {
        let plan = &mut self.plan;
        sort_by(&mut plan.problems, &mut |a, b| a.cmp(b));
        plan.problems.dedup();
        let mut places = self.moving.pairs.iter();
        for pair in &mut self.pairs {
            match (places.next(), pair.take()) {
                (Some(at), pair) => {
                    if pair.as_ref() != self.record.pairs.get(*at) {
                        plan.changed_pairs.push((*at, pair));
                    }
                }
                (None, Some(pair)) => plan.new_pairs.push(pair),
                (None, None) => {}
            }
        }
    }

    /// The content of a pair's document: unchanged stamps mean the pair's hash.
    fn content<'c>(&self, document: &'c Document, pair: &'c Pair) -> Content<'c> {
        if pair.crm.as_ref().is_some_and(|side| side.is_still(document)) {
            Content::Known(&pair.hash)
        } else {
            document.hash.as_ref().map_or(Content::Unknown, Content::Known)
        }
    }

    /// Asks for a hash, once per document.
    fn hash(&mut self, document: &'a Document) {
        self.plan.waiting = true;
        if self.too_large(document.size_bytes) {
            // Nothing that large is ever copied, so nothing is worth downloading it for.
            return;
        }
        if let Some(kind) = self.document_refusal(document) {
            return self.problem(&document.place, kind);
        }
        if !self.hashing.contains_key(&document.id) {
            self.hashing.insert(&document.id, document);
            self.plan.operations.push(Operation::Hash {
                document: document.id.clone(),
                size_bytes: document.size_bytes,
            });
        }
    }

    /// Document and file become a pair; nothing spoke for them.
    fn adopt(&mut self, document: &'a Document, file: &File, hash: &ContentHash) {
        self.used_documents.insert(&document.id);
        self.loose.remove(&file.id);
        self.pairs.push(Some(paired(document, file, hash)));
    }

    fn too_large(&self, size_bytes: u64) -> bool {
        size_bytes > self.policy.max_size_bytes
    }

    fn problem(&mut self, place: &Place, kind: ProblemKind) {
        self.plan.problems.push(Problem { place: place.clone(), kind });
    }

    fn document_refusal(&self, document: &Document) -> Option<ProblemKind> {
        self.record.refusals.iter().find_map(|refusal| match &refusal.subject {
            Subject::Document { id, updated_at, place }
                if *id == document.id
                    && *updated_at == document.updated_at
                    && *place == document.place =>
            {
                Some(ProblemKind::Refused(refusal.reason))
            }
            _ => None,
        })
    }

    fn file_refusal(&self, file: &File) -> Option<ProblemKind> {
        self.record.refusals.iter().find_map(|refusal| match &refusal.subject {
            Subject::File { id, rev, path }
                if *id == file.id && *rev == file.rev && *path == file.path =>
            {
                Some(ProblemKind::Refused(refusal.reason))
            }
            _ => None,
        })
    }
}

/// A document and its file, as both stand, with the content they have.
fn paired(document: &Document, file: &File, hash: &ContentHash) -> Pair {
    Pair::new(Some(CrmSide::of(document)), Some(dropbox_side(file)), hash.clone())
}

/// A path as a place, so that one map finds both: what the CRM has in a folder called `/` stands at the root in Dropbox.
fn path_key(path: &str) -> PlaceKey {
    ("/".into(), fold(path))
}

fn dropbox_side(file: &File) -> DropboxSide {
    DropboxSide { id: file.id.clone(), path: file.path.clone(), rev: file.rev.clone() }
}
