//! Guards of one record: stop before the first write when a plan looks like an accident or an attack.

use crate::effect::{Document, Side};
use crate::plan::{Counts, Operation, Plan, Policy};
use crate::sort::retain;
use crate::state::{Pair, StoredRecord};
use crate::status::Halt;
use crate::tree;
use alloc::vec::Vec;

/// G3: fewer deletes than this never stop a record.
const MIN_DELETES: u32 = 10;
/// G5: a record with fewer synced files is never stopped for many changes.
const MIN_SYNCED: u32 = 10;

/// Turns a suspicious plan into a halt, or lets it only look while a look may clear it.
pub(crate) fn apply(record: &StoredRecord, policy: &Policy, counts: &Counts, plan: &mut Plan) {
    let Some(halt) = suspicion(record, policy, counts) else {
        return;
    };
    if policy.confirmed.as_ref().is_some_and(|passed| same_kind(passed, &halt)) {
        return;
    }
    // Not yet certain while a hash may clear it: then hashes decide, and nothing is written before.
    let undecided = counts.undecided > 0;
    retain(&mut plan.operations, &mut |op| undecided && matches!(op, Operation::Hash { .. }));
    plan.waiting = !plan.operations.is_empty();
    if !plan.waiting {
        plan.halt = Some(halt);
    }
}

fn suspicion(record: &StoredRecord, policy: &Policy, counts: &Counts) -> Option<Halt> {
    let synced_count = counts.synced;
    if record.documents.is_empty() && synced_count >= 2 && counts.deletes > 0 {
        return Some(Halt::CrmEmpty { synced_count });
    }
    let share = |count: u32, percent: u32| {
        u64::from(count) * 100 > u64::from(synced_count) * u64::from(percent)
    };
    if counts.deletes > MIN_DELETES && share(counts.deletes, policy.delete_guard_percent) {
        return Some(Halt::ManyDeletes { delete_count: counts.deletes, synced_count });
    }
    for (change_count, side) in
        [(counts.changed_crm, Side::Crm), (counts.changed_dropbox, Side::Dropbox)]
    {
        if synced_count >= MIN_SYNCED && share(change_count, 50) {
            return Some(Halt::ManyChanges { change_count, synced_count, side });
        }
    }
    None
}

fn same_kind(a: &Halt, b: &Halt) -> bool {
    match (a, b) {
        // An empty listing and many deletes are one accident seen at two sizes.
        (
            Halt::CrmEmpty { .. } | Halt::ManyDeletes { .. },
            Halt::CrmEmpty { .. } | Halt::ManyDeletes { .. },
        ) => true,
        (Halt::ManyChanges { side: a, .. }, Halt::ManyChanges { side: b, .. }) => a == b,
        // No other halt comes of a plan.
        _ => false,
    }
}

/// G11, dismissed: every file and document stays as it is. What the halt was about becomes marks, one for each
/// side, which rest until their content changes.
pub fn dismiss(record: &mut StoredRecord, halt: &Halt) {
    let files = tree::files(&record.nodes);
    let files = tree::by_id(&files);
    let mut others: Vec<Pair> = Vec::new();
    for pair in &mut record.pairs {
        let is = |document: &&Document| pair.has_document(&document.id);
        let document = record.documents.iter().find(is);
        let file = pair.dropbox.as_ref().and_then(|side| files.get(&side.id));
        match (halt, document, file) {
            (Halt::CrmEmpty { .. } | Halt::ManyDeletes { .. }, None, Some(_)) => pair.crm = None,
            (Halt::ManyChanges { .. }, Some(document), Some(file)) => {
                let unchanged = pair.crm.as_ref().is_some_and(|side| side.is_still(document));
                let crm_hash = if unchanged { Some(&pair.hash) } else { document.hash.as_ref() };
                if let (Some(crm), Some(dropbox)) = (crm_hash, &file.hash) {
                    if crm != dropbox {
                        others.push(Pair {
                            crm: None,
                            dropbox: pair.dropbox.take(),
                            hash: dropbox.clone(),
                            superseded: Vec::new(),
                            lost_path: pair.lost_path.take(),
                        });
                        pair.hash = crm.clone();
                        if let Some(side) = pair.crm.as_mut() {
                            side.updated_at = document.updated_at.clone();
                            side.size_bytes = document.size_bytes;
                        }
                    }
                }
            }
            _ => {}
        }
    }
    record.pairs.append(&mut others);
}
