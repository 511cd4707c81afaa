//! Steps of a plan carried out, all with success. What an upload made is learned, as the engine learns it: a file whose
//! path does not say whose it is would be taken for a new one. All the rest is only observed, as after a crash.

use crate::trees::{hash, Content, Sides};
use sync_core::*;

/// Plans until nothing is left; gives the plans. `pick` says which step of a plan is the next.
pub fn settle(
    sides: &mut Sides,
    policy: &mut Policy,
    mut pick: impl FnMut(usize) -> usize,
    mut watch: impl FnMut(&Sides, &Operation),
) -> Result<Plan, String> {
    for _ in 0..200 {
        let plan = plan(&sides.record, policy);
        if sides.contents.len() > 100 {
            break;
        }
        plan.clone().adopt_into(&mut sides.record.pairs);
        if plan.operations.is_empty() {
            return Ok(plan);
        }
        let looks = plan.operations.iter().any(Operation::only_looks);
        let mut steps: Vec<Operation> = plan
            .operations
            .into_iter()
            .filter(|step| !looks || step.only_looks() || is_new(step))
            .collect();
        while !steps.is_empty() {
            let step = steps.remove(pick(steps.len()));
            watch(sides, &step);
            carry_out(sides, policy, &step);
        }
    }
    Err(format!("does not come to rest: {:?}", plan(&sides.record, policy).operations))
}

fn is_new(step: &Operation) -> bool {
    matches!(step, Operation::Upload { mode: WriteMode::Add, .. })
}

fn carry_out(sides: &mut Sides, policy: &mut Policy, step: &Operation) {
    match step {
        Operation::Hash { document, .. } => {
            let content = sides.content(document);
            let seen = sides.record.documents.iter_mut().find(|seen| seen.id == *document);
            if let (Some(seen), Some(content)) = (seen, content) {
                seen.hash = Some(hash(content));
            }
        }
        Operation::ConfirmGone { document } => {
            if !sides.record.documents.iter().any(|seen| seen.id == *document) {
                policy.gone.insert(document.clone());
            }
        }
        Operation::Upload { document, path, mode, over, .. } => {
            let Some(content) = content_listed(sides, document) else { return };
            match (mode, over) {
                (WriteMode::Add, _) => {
                    if let Some(file) = sides.put(path, content) {
                        learn(sides, document, &file, content);
                    }
                }
                (WriteMode::Update(rev), Some(over)) => {
                    let file = file_of(&sides.record.nodes, over);
                    if let Some(file) = file.filter(|file| file.rev == *rev) {
                        sides.write(&file.path, file.id, content);
                    }
                }
                (WriteMode::Update(_), None) => panic!("over what?"),
            }
        }
        Operation::MoveFile { file, to } => {
            let Some(content) = sides.content_of_file(file) else { return };
            let before = file_of(&sides.record.nodes, file).expect("it holds something");
            sides.forget_file(file);
            let to = if sides.is_free(to) { to } else { &before.path };
            sides.write(to, file.clone(), content);
        }
        Operation::CopyFile { file, to } => {
            if let Some(content) = sides.content_of_file(file) {
                sides.put(to, content);
            }
        }
        Operation::DeleteFile { file, rev } => {
            let found = file_of(&sides.record.nodes, file);
            if found.is_some_and(|found| found.rev == *rev) {
                sides.forget_file(file);
            }
        }
        Operation::Create { place, source, hash: wanted, replaces, .. } => {
            let content = match source {
                Source::File { id, .. } => sides.content_of_file(id),
                Source::Document { id } => content_listed(sides, id),
            };
            let Some(content) = content.filter(|content| hash(*content) == *wanted) else { return };
            sides.record.attempts.push(Attempt {
                place: place.clone(),
                hash: wanted.clone(),
                file: replaces.file.clone(),
                replaces: replaces.document.clone(),
                at_ms: 0,
            });
            sides.add(place.clone(), content);
        }
        Operation::DeleteDocument { document, stays } => {
            let documents = &mut sides.record.documents;
            if documents.iter().any(|seen| seen.id == *stays) {
                documents.retain(|seen| seen != document);
            }
        }
    }
}

/// The document and the file that was made of it are a pair.
fn learn(sides: &mut Sides, document: &DocumentId, file: &FileId, content: Content) {
    let seen = sides.record.documents.iter_mut().find(|seen| seen.id == *document);
    let seen = seen.expect("what was uploaded is listed");
    seen.hash = Some(hash(content));
    let crm = CrmSide {
        id: seen.id.clone(),
        place: seen.place.clone(),
        size_bytes: seen.size_bytes,
        updated_at: seen.updated_at.clone(),
    };
    let file = file_of(&sides.record.nodes, file).expect("it was put");
    let dropbox = DropboxSide { id: file.id, path: file.path, rev: file.rev };
    sides.record.pairs.push(Pair {
        crm: Some(crm),
        dropbox: Some(dropbox),
        hash: hash(content),
        superseded: Vec::new(),
        lost_path: None,
    });
}

/// A document that was deleted meanwhile holds nothing.
fn content_listed(sides: &Sides, id: &DocumentId) -> Option<Content> {
    let listed = sides.record.documents.iter().any(|seen| seen.id == *id);
    sides.content(id).filter(|_| listed)
}

/// All contents of the CRM's side.
pub fn in_crm(sides: &Sides) -> Vec<Content> {
    let documents = sides.record.documents.iter();
    let mut all: Vec<_> = documents.filter_map(|seen| sides.content(&seen.id)).collect();
    all.sort_unstable();
    all
}

/// All contents of Dropbox's side.
pub fn in_dropbox(sides: &Sides) -> Vec<Content> {
    let all = files(&sides.record.nodes);
    let mut all: Vec<_> = all.iter().filter_map(|f| sides.content_of_file(&f.id)).collect();
    all.sort_unstable();
    all
}
