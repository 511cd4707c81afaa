//! Batches and the jobs some of them become. Entries are done one after the other, each with its
//! own result.

use super::args::{CreateFolderBatch, DeleteBatch, FinishBatch, PollJob, RelocationBatch};
use super::files::PlaceError;
use super::routes::Call;
use super::wire::{nested, Fail};
use super::Account;
use crate::faults::{Effect, TooManyWritesForm};
use crate::world::Ctx;
use serde_json::{json, Value};
use std::collections::BTreeSet;

/// How long a job says `in_progress`.
const JOB_MS: u64 = 500;

/// Work that is asked for later. It was done at once; only the result waits.
#[derive(Clone, Debug)]
pub struct Job {
    route: &'static str,
    ready_ms: u64,
    result: Value,
}

/// Whether a fault makes this entry fail, and how.
fn entry_fault(ctx: &Ctx, entry: &Value, too_many: &Value) -> Option<Value> {
    match ctx.effect? {
        Effect::TooManyWrites(TooManyWritesForm::BatchEntries | TooManyWritesForm::Error409) => {
            Some(too_many.clone())
        }
        Effect::DropboxEntryError { failure, says } if entry.to_string().contains(says) => {
            Some(failure.clone())
        }
        _ => None,
    }
}

fn failure(error: Value) -> Value {
    json!({".tag": "failure", "failure": error})
}

/// An entry's own error; a pattern that does not match fails the whole call.
fn entry_error(fail: Fail) -> Result<Value, Fail> {
    match fail {
        Fail::Endpoint(error) => Ok(error),
        other => Err(other),
    }
}

fn at_most(call: &Call, count: usize, limit: usize) -> Result<(), Fail> {
    match count <= limit {
        true => Ok(()),
        false => Err(call.bad(&format!("entries: list has more than {limit} items"))),
    }
}

impl Account {
    /// `finish_batch_v2`, synchronous; `{"entries":[…]}`.
    pub(super) fn finish_batch(&mut self, ctx: &mut Ctx, call: &Call) -> Result<Value, Fail> {
        let arg: FinishBatch = call.read()?;
        at_most(call, arg.entries.len(), 1000)?;
        let too_many = json!({".tag": "too_many_write_operations"});
        let mut entries = Vec::with_capacity(arg.entries.len());
        for (at, entry) in arg.entries.iter().enumerate() {
            if let Some(error) = entry_fault(ctx, &call.arg["entries"][at], &too_many) {
                entries.push(failure(error));
                continue;
            }
            entries.push(match self.finish_one(ctx, call, entry, &[], true) {
                Ok(mut metadata) => {
                    metadata[".tag"] = json!("success");
                    metadata
                }
                Err(fail) => failure(entry_error(fail)?),
            });
        }
        if ctx.options.variants.dropbox.finish_batch_times_out && entries.len() >= 500 {
            return Err(Fail::Server(503));
        }
        Ok(json!({"entries": entries}))
    }

    /// `create_folder_batch`
    pub(super) fn create_folder_batch(
        &mut self,
        ctx: &mut Ctx,
        call: &Call,
    ) -> Result<Value, Fail> {
        let arg: CreateFolderBatch = call.read()?;
        at_most(call, arg.paths.len(), 10_000)?;
        let too_many = nested("path", json!({".tag": "too_many_write_operations"}));
        let (mut entries, mut seen) = (Vec::new(), BTreeSet::new());
        for path in arg.paths.iter().filter(|path| seen.insert(path.as_str())) {
            if let Some(error) = entry_fault(ctx, &json!(path), &too_many) {
                entries.push(failure(error));
                continue;
            }
            entries.push(match self.create_folder(ctx, call, path, arg.autorename) {
                Ok(key) => json!({".tag": "success", "metadata": self.concrete(ctx, &key)}),
                Err(PlaceError::Fail(fail)) => return Err(fail),
                Err(error) => failure(nested("path", error.value(ctx))),
            });
        }
        Ok(self.launched(ctx, call.name, json!({"entries": entries}), arg.force_async))
    }

    /// `delete_batch`
    pub(super) fn delete_batch(&mut self, ctx: &mut Ctx, call: &Call) -> Result<Value, Fail> {
        let arg: DeleteBatch = call.read()?;
        at_most(call, arg.entries.len(), 1000)?;
        let too_many = json!({".tag": "too_many_write_operations"});
        let mut entries = Vec::with_capacity(arg.entries.len());
        for (at, entry) in arg.entries.iter().enumerate() {
            if let Some(error) = entry_fault(ctx, &call.arg["entries"][at], &too_many) {
                entries.push(failure(error));
                continue;
            }
            entries.push(match self.delete(ctx, call, entry) {
                Ok(metadata) => json!({".tag": "success", "metadata": metadata}),
                Err(fail) => failure(entry_error(fail)?),
            });
        }
        Ok(self.launched(ctx, call.name, json!({"entries": entries}), false))
    }

    /// `move_batch_v2` and `copy_batch_v2`
    pub(super) fn relocate_batch(
        &mut self,
        ctx: &mut Ctx,
        call: &Call,
        copy: bool,
    ) -> Result<Value, Fail> {
        let arg: RelocationBatch = call.read()?;
        at_most(call, arg.entries.len(), 1000)?;
        if arg.entries.is_empty() {
            return Err(call.bad("entries: list has less than 1 items"));
        }
        let too_many = json!({".tag": "too_many_write_operations"});
        let mut entries = Vec::with_capacity(arg.entries.len());
        for (at, entry) in arg.entries.iter().enumerate() {
            if let Some(error) = entry_fault(ctx, &call.arg["entries"][at], &too_many) {
                entries.push(failure(error));
                continue;
            }
            let (from, to) = (&entry.from_path, &entry.to_path);
            entries.push(match self.relocate(ctx, call, from, to, copy, arg.autorename) {
                Ok(key) => json!({".tag": "success", "success": self.tagged(ctx, &key)}),
                Err(fail) => failure(nested("relocation_error", entry_error(fail)?)),
            });
        }
        Ok(self.launched(ctx, call.name, json!({"entries": entries}), false))
    }

    /// The answer of a batch that may become a job.
    pub(super) fn launched(
        &mut self,
        ctx: &mut Ctx,
        route: &'static str,
        mut result: Value,
        force_async: bool,
    ) -> Value {
        result[".tag"] = json!("complete");
        if !force_async && !ctx.options.variants.dropbox.batches_async {
            return result;
        }
        let id = format!("dbjid:{}", ctx.rng.token(60));
        let ready_ms = ctx.now_ms + JOB_MS;
        self.jobs.insert(id.clone(), Job { route, ready_ms, result });
        json!({".tag": "async_job_id", "async_job_id": id})
    }

    /// The `…/check` routes.
    pub(super) fn poll_job(&self, ctx: &Ctx, call: &Call) -> Result<Value, Fail> {
        let arg: PollJob = call.read()?;
        let launcher = match call.name {
            "files/move_batch/check_v2" => "files/move_batch_v2",
            "files/copy_batch/check_v2" => "files/copy_batch_v2",
            name => name.strip_suffix("/check").unwrap_or(name),
        };
        match self.jobs.get(&arg.async_job_id).filter(|job| job.route == launcher) {
            None => Err(Fail::tag("invalid_async_job_id")),
            Some(job) if ctx.now_ms < job.ready_ms => Ok(json!({".tag": "in_progress"})),
            Some(job) => Ok(job.result.clone()),
        }
    }
}
