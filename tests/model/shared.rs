//! The checkpoint's files, as the model's Dropbox holds them: by revision, what each says.

use super::{Said, Thing, World, SHARED};
use std::collections::BTreeMap;
use sync_core::*;

/// Contents of the checkpoint's files: nobody's documents.
const SHARED_CONTENT: super::Content = 1 << 50;

impl World {
    /// As [`World::perform`], for a browser that stored these rows.
    pub fn perform_for(
        &mut self,
        d: usize,
        effect: &Effect,
        rows: &BTreeMap<Record, StoredRecord>,
    ) -> Outcome {
        match effect {
            Effect::LoadLease { rev, clock } => {
                let Some((said, at)) = self.dropboxes[d].shared.get(rev.as_str()).cloned() else {
                    return Outcome::Failed(Failure::NotFound);
                };
                let age_ms = clock.as_ref().and_then(|mode| {
                    let now = self.clock.saturating_add_signed(self.set_back);
                    self.write_shared(d, "clock", mode, Said::Nonsense).ok()?;
                    Some(now - at)
                });
                match said {
                    Said::Newer => Outcome::Failed(Failure::Newer),
                    Said::Lease(lease) => Outcome::Lease { lease: Some(lease), age_ms },
                    _ => Outcome::Lease { lease: None, age_ms },
                }
            }
            Effect::SaveLease { lease, mode } => {
                saved(self.write_shared(d, "lease", mode, Said::Lease(lease.clone())))
            }
            Effect::LoadShare { rev } => {
                match self.dropboxes[d].shared.get(rev.as_str()).map(|(said, _)| said.clone()) {
                    Some(Said::Share(share)) => Outcome::Share(Some(share)),
                    Some(Said::Newer) => Outcome::Failed(Failure::Newer),
                    Some(_) => Outcome::Share(None),
                    None => Outcome::Failed(Failure::NotFound),
                }
            }
            Effect::SaveShare { name, share, mode } => {
                let mut share = share.clone();
                for told in &mut share.records {
                    told.pairs =
                        rows.get(&told.record).map_or_else(Vec::new, |row| row.pairs.clone());
                }
                saved(self.write_shared(d, name, mode, Said::Share(share)))
            }
            effect => self.perform(d, effect),
        }
    }

    fn write_shared(
        &mut self,
        d: usize,
        name: &str,
        mode: &WriteMode,
        said: Said,
    ) -> Result<FileEntry, Failure> {
        if self.dropboxes[d].full {
            return Err(Failure::OutOfSpace);
        }
        let path = format!("{SHARED}/{name}.json");
        match (mode, self.dropboxes[d].things.get(&path)) {
            (WriteMode::Add, None) => {}
            (WriteMode::Update(rev), Some(Thing::File { rev: now, .. })) if now == rev.as_str() => {
            }
            _ => return Err(Failure::Conflict),
        }
        self.shared_writes += 1;
        Ok(self.say(d, name, said))
    }

    /// Whoever writes it, over whatever stands there.
    pub fn say(&mut self, d: usize, name: &str, said: Said) -> FileEntry {
        let now = self.clock.saturating_add_signed(self.set_back);
        let entry = self.put(d, &format!("{SHARED}/{name}.json"), SHARED_CONTENT).unwrap();
        self.dropboxes[d].shared.insert(entry.rev.0.clone(), (said, now));
        entry
    }

    /// The user's connection ends: the lease says so, if it is of that checkpoint.
    pub fn retire(&mut self, d: usize, generation: u64) {
        match self.said(d, "lease") {
            Some(Said::Lease(lease)) if lease.generation == generation => {
                let state = LeaseState::Retired;
                self.say(d, "lease", Said::Lease(Lease { state, ..lease }));
            }
            _ => {}
        }
    }

    /// Counts what becomes of the checkpoint.
    pub fn meet(&mut self, effect: &Effect, outcome: &Outcome) {
        let what = match (effect, outcome) {
            (Effect::SaveLease { lease, .. }, Outcome::Saved(_)) => match lease.state {
                LeaseState::Held => "lease: taken",
                _ => "lease: freed",
            },
            (Effect::SaveLease { .. }, Outcome::Failed(Failure::Conflict)) => "lease: lost",
            (Effect::SaveShare { .. }, Outcome::Failed(Failure::Conflict)) => {
                "lease: lost while telling"
            }
            (Effect::LoadLease { .. }, Outcome::Lease { lease: Some(lease), age_ms }) => {
                match (lease.state, age_ms) {
                    (LeaseState::Retired, _) => "checkpoint: retired",
                    (LeaseState::Held, Some(600_000..)) => "lease: of a dead browser",
                    (LeaseState::Held, _) => "lease: held by another",
                    _ => "lease: of another",
                }
            }
            (Effect::LoadShare { .. }, Outcome::Share(Some(_))) => "checkpoint: adopted",
            _ => return,
        };
        *self.met.entry(what).or_default() += 1;
    }

    /// What a file of the checkpoint says now.
    pub fn said(&self, d: usize, name: &str) -> Option<Said> {
        match self.dropboxes[d].things.get(&format!("{SHARED}/{name}.json"))? {
            Thing::File { rev, .. } => Some(self.dropboxes[d].shared.get(rev)?.0.clone()),
            Thing::Folder { .. } => None,
        }
    }
}

fn saved(written: Result<FileEntry, Failure>) -> Outcome {
    written.map_or_else(Outcome::Failed, |file| Outcome::Saved(file.rev))
}
