//! Writes to files: commits, moves, deletes in batches, and the one copy. Each is conditional.
//!
//! A batch is sent again only for the entries that writers got in the way of. After a lost answer, an entry
//! that failed is compared with what stands there: our own write is recognised, everything else is told.

use super::call::{part, Answer};
use super::listing::standing_file;
use super::tags::Refusal;
use super::types::{BatchEntry, CommitInfo, Launch, Metadata};
use super::{malformed, Dropbox};
use crate::backoff::{Backoff, Wait};
use crate::json::{separate, Object, Read, Write};
use crate::ports::{Ports, Response};
use sync_core::{
    Commit, Delete, Entry, Failure, FileEntry, FileId, FileWrite, Move, Side, WriteMode,
};

/// An entry's end: the file, where it is told, or why it failed.
type Settled = Answer<Option<Box<FileEntry>>>;

/// What differs from one batch to another.
struct BatchRoute {
    route: &'static str,
    /// Asked when the batch became a job.
    check: &'static str,
    /// Of the argument, behind its entries.
    rest: &'static str,
}

const COMMIT: BatchRoute =
    BatchRoute { route: "files/upload_session/finish_batch_v2", check: "", rest: "" };
const MOVE: BatchRoute = BatchRoute {
    route: "files/move_batch_v2",
    check: "files/move_batch/check_v2",
    rest: r#","autorename":false,"allow_ownership_transfer":false"#,
};
const DELETE: BatchRoute =
    BatchRoute { route: "files/delete_batch", check: "files/delete_batch/check", rest: "" };

/// What came of each entry of a batch, or of the whole of it.
type Written = Result<Vec<Result<Option<Box<FileEntry>>, Failure>>, Failure>;

/// All of one kind.
fn route(writes: &[FileWrite]) -> &'static BatchRoute {
    match writes {
        [FileWrite::Move(_), ..] => &MOVE,
        [FileWrite::Delete(_), ..] => &DELETE,
        _ => &COMMIT,
    }
}

/// An entry as it is sent.
fn entry(write: &FileWrite) -> String {
    match write {
        FileWrite::Commit(commit) => finish_arg(commit),
        FileWrite::Move(item) | FileWrite::Copy(item) => relocation_path(item),
        FileWrite::Delete(item) => delete_arg(item),
    }
}

/// Where our own write of an entry is looked for.
fn path(write: &FileWrite) -> &str {
    match write {
        FileWrite::Commit(commit) => &commit.path,
        FileWrite::Move(item) | FileWrite::Copy(item) => item.id.as_str(),
        FileWrite::Delete(item) => item.id.as_str(),
    }
}

impl<P: Ports> Dropbox<P> {
    /// Commits, moves or deletes files, in order; at most 1000, all in one way. One result each. Files are deleted at
    /// exactly these revisions; one already gone counts as deleted, so a repeat after a lost answer needs no further
    /// look.
    pub async fn write_files(&self, writes: &[FileWrite]) -> Written {
        let batch = self.batch(writes).await?;
        let mut results = Vec::with_capacity(batch.len());
        for (write, settled) in writes.iter().zip(batch) {
            let deletes = matches!(write, FileWrite::Delete(_));
            let refusal = match settled.result {
                Ok(None) if !deletes => return malformed(),
                Ok(file) => {
                    results.push(Ok(file));
                    continue;
                }
                Err(refusal) => refusal,
            };
            // After a lost answer: is it our own write that stands there?
            let found = if settled.unclear && !deletes {
                standing_file(self.metadata(path(write)).await)?
            } else {
                None
            };
            results.push(match found {
                Some(file) if self.is_own(write, &file) => Ok(Some(file)),
                _ => failed(write, refusal),
            });
        }
        Ok(results)
    }

    /// Copies a file to a path where nothing stands.
    pub async fn copy_file(&self, id: &FileId, to: &str) -> Result<Box<FileEntry>, Failure> {
        let answer = self.rpc("files/copy_v2", relocation(id.as_str(), to)).await?;
        let refusal = match answer.result {
            Ok(copied) => match relocated(&copied)? {
                Some(Entry::File(file)) => return Ok(Box::new(file)),
                _ => return malformed(),
            },
            Err(refusal) => refusal,
        };
        if answer.unclear && refusal.is_conflict() {
            let original = standing_file(self.metadata(id.as_str()).await)?;
            let copy = standing_file(self.metadata(to).await)?;
            if let (Some(original), Some(copy)) = (original, copy) {
                if copy.hash.is_some() && copy.hash == original.hash && copy.id != original.id {
                    return Ok(copy);
                }
            }
        }
        Err(refusal.path_failure())
    }

    /// Whether the file stands as this entry would have left it.
    fn is_own(&self, write: &FileWrite, file: &FileEntry) -> bool {
        match write {
            FileWrite::Commit(commit) => {
                let replaced = match &commit.mode {
                    WriteMode::Add => true,
                    WriteMode::Update(before) => file.rev != *before,
                };
                replaced && file.hash.as_ref() == Some(&commit.staged.hash)
            }
            FileWrite::Move(item) => self.stands_at(&file.path_lower, &item.to),
            _ => false,
        }
    }

    /// Sends a batch until every entry is settled. Entries that met other writers are sent again, in order;
    /// a batch that Dropbox does not understand is halved until the entry at fault stands alone.
    async fn batch(&self, writes: &[FileWrite]) -> Result<Vec<Settled>, Failure> {
        let mut batch = Batch::new(writes);
        let route = route(writes);
        let mut backoff = Backoff::new(Side::Dropbox);
        while let Some(indices) = batch.rounds.pop() {
            if indices.is_empty() {
                continue;
            }
            let answer = self.job(route, batch.argument(&indices)).await?;
            if batch.settle(indices, answer)? {
                backoff.wait(self.wire.ports(), Wait::Limit(None))?.await;
            }
        }
        Ok(batch.settled)
    }

    /// Launches a batch that may become a job, and asks until the job has ended.
    async fn job(
        &self,
        route: &BatchRoute,
        argument: String,
    ) -> Result<Answer<Vec<BatchEntry>>, Failure> {
        let mut backoff = Backoff::new(Side::Dropbox);
        let mut polls = Backoff::new(Side::Dropbox);
        let mut job_id: Option<String> = None;
        let mut unclear = false;
        loop {
            let called = match &job_id {
                None => self.rpc(route.route, argument.clone()),
                Some(id) => self.rpc(route.check, Object(&[("async_job_id", id)]).write_text()),
            };
            let answer = called.await?;
            unclear |= answer.unclear;
            let launch = match answer.result {
                Ok(said) => {
                    Launch::read_text(&said.text).ok_or(Failure::Malformed(Side::Dropbox))?
                }
                Err(refusal) => {
                    // A job is no longer known, or nobody knows how it ended: look at each item.
                    unclear |= job_id.is_some();
                    Launch::Failed(refusal)
                }
            };
            let pause = match launch {
                Launch::Complete { entries } => {
                    return Ok(Answer { result: Ok(entries), unclear });
                }
                Launch::Failed(Refusal::Transient) => {
                    // From the beginning.
                    (job_id, unclear, polls) = (None, false, Backoff::new(Side::Dropbox));
                    backoff.wait(self.wire.ports(), Wait::Limit(None))?
                }
                Launch::Failed(refusal) => return Ok(Answer { result: Err(refusal), unclear }),
                Launch::Pending { async_job_id } => {
                    job_id = async_job_id.or(job_id);
                    if job_id.is_none() || route.check.is_empty() {
                        return malformed();
                    }
                    polls.wait(self.wire.ports(), Wait::Job)?
                }
                Launch::Other => return malformed(),
            };
            pause.await;
        }
    }
}

/// A batch under way.
struct Batch<'a> {
    writes: &'a [FileWrite],
    /// Of each item, as far as it is known.
    settled: Vec<Settled>,
    /// Indices of the items that are still to be sent, request by request; the last one is the next.
    rounds: Vec<Vec<usize>>,
    /// An answer was lost so far.
    unclear: bool,
}

impl<'a> Batch<'a> {
    fn new(writes: &'a [FileWrite]) -> Self {
        let mut settled = Vec::with_capacity(writes.len());
        let mut all = Vec::with_capacity(writes.len());
        for index in 0..writes.len() {
            settled.push(Answer { result: Ok(None), unclear: false });
            all.push(index);
        }
        Self { writes, settled, rounds: vec![all], unclear: false }
    }

    fn argument(&self, indices: &[usize]) -> String {
        let mut argument = String::from(r#"{"entries":["#);
        for index in indices {
            separate(&mut argument);
            argument.push_str(&entry(&self.writes[*index]));
        }
        argument.push(']');
        argument.push_str(route(self.writes).rest);
        argument.push('}');
        argument
    }

    /// What came of these items; says whether to wait before some of them are sent again.
    fn settle(
        &mut self,
        indices: Vec<usize>,
        answer: Answer<Vec<BatchEntry>>,
    ) -> Result<bool, Failure> {
        self.unclear |= answer.unclear;
        let entries = match answer.result {
            Ok(entries) if entries.len() == indices.len() => entries,
            Ok(_) => return malformed(),
            Err(Refusal::BadRequest) if indices.len() > 1 => {
                let (first, second) = indices.split_at(indices.len() / 2);
                self.rounds.push(second.to_vec());
                self.rounds.push(first.to_vec());
                return Ok(false);
            }
            Err(refusal) => {
                for index in indices {
                    self.end(index, Err(refusal));
                }
                return Ok(false);
            }
        };
        let mut again = Vec::new();
        let single = indices.len() == 1;
        for (index, BatchEntry(result)) in indices.iter().copied().zip(entries) {
            match result {
                Err(Refusal::Transient) => again.push(index),
                // One entry of many lies across another: alone it does not.
                Err(Refusal::Nested) if !single => self.rounds.push(vec![index]),
                result => self.end(index, result),
            }
        }
        let wait = !again.is_empty();
        if wait {
            self.rounds.push(again);
        }
        Ok(wait)
    }

    fn end(&mut self, index: usize, result: Result<Option<Box<FileEntry>>, Refusal>) {
        self.settled[index] = Answer { result, unclear: self.unclear };
    }
}

/// The result of an entry that was refused.
fn failed(write: &FileWrite, refusal: Refusal) -> Result<Option<Box<FileEntry>>, Failure> {
    match (write, refusal) {
        (FileWrite::Commit(_), Refusal::Final(Failure::NotFound))
        | (FileWrite::Move(_), Refusal::Nested) => Err(Failure::Conflict),
        (FileWrite::Delete(_), refusal) => match refusal.failure() {
            Failure::NotFound => Ok(None),
            failure => Err(failure),
        },
        (_, refusal) => Err(refusal.path_failure()),
    }
}

fn finish_arg(commit: &Commit) -> String {
    let staged = &commit.staged;
    Object(&[
        ("cursor", &Object(&[("session_id", &staged.session), ("offset", &staged.size_bytes)])),
        ("commit", &CommitInfo { path: &commit.path, mode: &commit.mode }),
    ])
    .write_text()
}

fn relocation_path(item: &Move) -> String {
    Object(&[("from_path", &item.id), ("to_path", &item.to)]).write_text()
}

fn delete_arg(item: &Delete) -> String {
    Object(&[("path", &item.id), ("parent_rev", &item.rev)]).write_text()
}

/// Argument of `files/move_v2` and `files/copy_v2`.
pub(super) fn relocation(from: &str, to: &str) -> String {
    Object(&[
        ("from_path", &from),
        ("to_path", &to),
        ("autorename", &false),
        ("allow_ownership_transfer", &false),
    ])
    .write_text()
}

/// What stands where such a call put it.
pub(super) fn relocated<C>(answer: &Response<C>) -> Result<Option<Entry>, Failure> {
    let Metadata(entry) = part(&answer.text, "metadata")?;
    Ok(entry)
}
