//! What both services do with an effect and answer to it.

use super::{hash_of, lower, size_of, Content, Thing, World};
use sync_core::*;

impl World {
    /// Carries one effect out, at once and whole.
    pub fn perform(&mut self, d: usize, effect: &Effect) -> Outcome {
        let failed = Outcome::Failed;
        match effect {
            Effect::Load(_) | Effect::Save(_) | Effect::Turn => unreachable!("the store's"),
            Effect::LoadLease { .. }
            | Effect::SaveLease { .. }
            | Effect::LoadShare { .. }
            | Effect::SaveShare { .. } => unreachable!("the checkpoint's"),
            Effect::ObserveDropbox { cursor } => {
                self.listings += 1;
                let log = &self.dropboxes[d].log;
                let epoch = self.dropboxes[d].epoch;
                let end = Cursor(format!("{epoch}:{}", log.len()));
                let mut entries: Vec<Entry> = match cursor {
                    None => {
                        let keys: Vec<String> = self.dropboxes[d].things.keys().cloned().collect();
                        keys.iter().filter_map(|key| self.entry(d, key)).collect()
                    }
                    Some(cursor) => {
                        let (known, at) = cursor.as_str().split_once(':').unwrap();
                        if known != epoch.to_string() {
                            return failed(Failure::CursorReset);
                        }
                        log[at.parse::<usize>().unwrap()..].to_vec()
                    }
                };
                if self.variants.child_first {
                    children_first(&mut entries);
                }
                Outcome::Changes { entries, cursor: end }
            }
            Effect::ListFolder { path } => {
                let entries = self
                    .below(d, &lower(path))
                    .iter()
                    .filter_map(|key| self.entry(d, key))
                    .collect();
                Outcome::Changes { entries, cursor: Cursor(String::new()) }
            }
            Effect::EnsureFolder { path } => {
                let existed = self.dropboxes[d].things.contains_key(&lower(path));
                Outcome::Folder { folder: self.make_folder(d, path), existed }
            }
            Effect::CountChildren { path } => {
                let key = lower(path);
                let below = self.below(d, &key);
                let direct = below.iter().filter(|k| !k[key.len() + 1..].contains('/')).count();
                Outcome::Children(direct as u32)
            }
            Effect::MoveFolder { from, to } => {
                let Some(key) = self.find_any(d, from) else {
                    return failed(Failure::NotFound);
                };
                if !self.dropboxes[d].things.contains_key(&key) {
                    return failed(Failure::NotFound);
                }
                if self.too_many_files {
                    return failed(Failure::TooManyFiles);
                }
                if !self.rename(d, &key, to) {
                    return failed(Failure::Conflict);
                }
                self.writes += 1;
                Outcome::Folder { folder: self.folder_entry(d, &lower(to)).unwrap(), existed: true }
            }
            Effect::NameRecords { kind, ids } => Outcome::Names(
                ids.iter()
                    .filter_map(|id| {
                        let record = self.records.get(&Record::new(*kind, id.as_str()))?;
                        Some((id.clone(), record.name.clone()?))
                    })
                    .collect(),
            ),
            Effect::ListDocuments { record, .. } => match self.records.get(record) {
                Some(r) if r.forbidden => failed(Failure::Forbidden),
                Some(r) if !r.gone => Outcome::Documents(
                    r.docs
                        .iter()
                        .filter(|(id, _)| !self.unlisted.contains(*id))
                        .map(|(id, doc)| Self::document(id, doc))
                        .collect(),
                ),
                _ => failed(Failure::NotFound),
            },
            Effect::ConfirmGone { document } => {
                Outcome::Gone(self.find_doc(document.as_str()).is_none())
            }
            Effect::HashDocument { document, .. } => match self.find_doc(document.as_str()) {
                Some((_, doc)) if self.unreadable.contains(&doc.content) => {
                    failed(Failure::Refused(Reason::Damaged))
                }
                Some((_, doc)) => {
                    Outcome::Hashed { hash: hash_of(doc.content), size_bytes: size_of(doc.content) }
                }
                None => failed(Failure::NotFound),
            },
            Effect::StageDocument { document, .. } => match self.find_doc(document.as_str()) {
                Some((_, doc)) => Outcome::Staged(Staged {
                    session: doc.content.to_string(),
                    size_bytes: size_of(doc.content),
                    hash: hash_of(doc.content),
                }),
                None => failed(Failure::NotFound),
            },
            Effect::WriteFiles(writes) => {
                Outcome::Files(writes.iter().map(|write| self.write(d, write)).collect())
            }
            Effect::CreateDocument { record, place, source, hash, .. } => {
                if self.variants.one_way {
                    return failed(Failure::KindRefused);
                }
                if self.variants.slash_refused && place.folder.contains('/') {
                    return failed(Failure::SlashRefused);
                }
                let content = match source {
                    Source::File { id, rev } => self.find_file(d, id.as_str()).and_then(|key| {
                        match self.dropboxes[d].things.get(&key)? {
                            Thing::File { content, rev: now, .. } if *now == rev.0 => {
                                Some(*content)
                            }
                            _ => None,
                        }
                    }),
                    Source::Document { id } => {
                        self.find_doc(id.as_str()).map(|(_, doc)| doc.content)
                    }
                };
                match content {
                    Some(content) if self.refused.contains(&content) => {
                        failed(Failure::Refused(Reason::CrmRefused))
                    }
                    Some(content) if hash_of(content) == *hash => {
                        self.writes += 1;
                        self.upload(&record.clone(), &place.clone(), content);
                        Outcome::Done
                    }
                    _ => failed(Failure::Conflict),
                }
            }
            Effect::DeleteDocument { document } => {
                let found = self.find_doc(document.id.as_str()).map(|(record, doc)| {
                    let shown = Self::document(document.id.as_str(), doc);
                    let same = shown.place == document.place && shown.same_stamp(document);
                    (record.clone(), same)
                });
                match found {
                    None => Outcome::Done,
                    Some((_, false)) => failed(Failure::Conflict),
                    Some((record, true)) => {
                        self.writes += 1;
                        let docs = &mut self.records.get_mut(&record).unwrap().docs;
                        docs.remove(document.id.as_str());
                        Outcome::Done
                    }
                }
            }
        }
    }

    fn write(&mut self, d: usize, write: &FileWrite) -> Result<Option<Box<FileEntry>>, Failure> {
        let file = match write {
            FileWrite::Commit(commit) => self.commit(d, commit)?,
            FileWrite::Move(Move { id, to }) => {
                let key = self.find_file(d, id.as_str()).ok_or(Failure::NotFound)?;
                if !self.rename(d, &key, to) {
                    return Err(Failure::Conflict);
                }
                self.writes += 1;
                self.file_result(d, &lower(to))?
            }
            FileWrite::Delete(delete) => {
                let Some(key) = self.find_file(d, delete.id.as_str()) else {
                    return Ok(None);
                };
                if self.file_result(d, &key)?.rev != delete.rev {
                    return Err(Failure::Conflict);
                }
                self.writes += 1;
                self.delete(d, &key);
                return Ok(None);
            }
            FileWrite::Copy(Move { id, to }) => {
                let key = self.find_file(d, id.as_str()).ok_or(Failure::NotFound)?;
                if self.dropboxes[d].things.contains_key(&lower(to)) {
                    return Err(Failure::Conflict);
                }
                let Some(Thing::File { content, .. }) = self.dropboxes[d].things.get(&key).cloned()
                else {
                    return Err(Failure::NotFound);
                };
                self.writes += 1;
                self.put(d, to, content).ok_or(Failure::Conflict)?
            }
        };
        Ok(Some(Box::new(file)))
    }

    fn commit(&mut self, d: usize, commit: &Commit) -> Result<FileEntry, Failure> {
        if self.dropboxes[d].full {
            return Err(Failure::OutOfSpace);
        }
        let content: Content = commit.staged.session.parse().unwrap();
        if self.refused.contains(&content) {
            return Err(Failure::Refused(Reason::DropboxRefused));
        }
        let key = self.find_any(d, &commit.path).ok_or(Failure::Conflict)?;
        let there = self.dropboxes[d].things.get(&key).cloned();
        match (&commit.mode, there) {
            (WriteMode::Add, None) => {}
            (WriteMode::Update(rev), Some(Thing::File { rev: now, .. })) if now == rev.0 => {}
            _ => return Err(Failure::Conflict),
        }
        self.writes += 1;
        let path = if commit.path.starts_with("id:") {
            self.display(d, &key)
        } else {
            commit.path.clone()
        };
        self.put(d, &path, content).ok_or(Failure::Conflict)
    }
}

/// Exchanges each folder with the entry of its child that follows it.
fn children_first(entries: &mut [Entry]) {
    for at in 1..entries.len() {
        let Entry::Folder(parent) = &entries[at - 1] else { continue };
        let below = format!("{}/", parent.path_lower);
        if matches!(&entries[at], Entry::File(file) if file.path_lower.starts_with(&below)) {
            entries.swap(at - 1, at);
        }
    }
}
