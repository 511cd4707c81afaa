//! The checkpoint's files in the app folder: JSON with a version, whose it is, and what it says.

use super::stored::{self, StateKey};
use super::Driver;
use crate::dropbox::Dropbox;
use crate::json::{Object, Read, Value, Write};
use crate::percent::percent_encode;
use crate::ports::Ports;
use crate::wire::Wire;
use futures_util::future::{select, Either};
use futures_util::{FutureExt, TryFutureExt};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use sync_core::{
    Failure, FileEntry, Lease, LeaseState, Outcome, Revision, Share, WriteMode, SHARED_SCHEMA,
};

/// The end of a connection waits this long for Dropbox to hear of it (ms).
const RETIRE_MS: u32 = 5_000;

impl StateKey {
    /// Where the user's checkpoint stands, relative to the app folder. Users of one Dropbox have one each.
    pub fn shared_folder(&self) -> String {
        let part = |text: &str| percent_encode(text).to_ascii_lowercase();
        ["/.teamleader-sync/", &part(&self.account), "-", &part(&self.user)].concat()
    }

    fn shared_path(&self, name: &str) -> String {
        [&*self.shared_folder(), "/", name, ".json"].concat()
    }
}

/// `None` for what makes no sense or is another account's; [`Failure::Newer`] for what is of a newer version.
fn read<T: Read>(owner: &str, text: &str) -> Result<Option<T>, Failure> {
    let value = Value::said(text);
    Ok(said(owner, &value)?.and_then(T::read))
}

fn said<'v>(owner: &str, value: &'v Value) -> Result<Option<&'v Value>, Failure> {
    match value.number("schema") {
        Some(schema) if schema > u64::from(SHARED_SCHEMA) => Err(Failure::Newer),
        Some(_) if value.word("owner") == Some(owner) => Ok(value.field("said")),
        _ => Ok(None),
    }
}

impl<P: Ports> Driver<P> {
    pub(super) async fn load_lease(
        &self,
        rev: &Revision,
        clock: Option<&WriteMode>,
    ) -> Result<Outcome, Failure> {
        let (text, at_ms) = self.dropbox.read_text(rev).await?;
        let lease = read(&self.key.prefix(), &text)?;
        let age_ms = match clock {
            None => None,
            Some(mode) => {
                let told = self.write_shared("clock", self.shared_text(&()), mode).await;
                // Another one asked at the same time: next time, then.
                told.ok().map(|(_, now_ms)| now_ms.saturating_sub(at_ms))
            }
        };
        Ok(Outcome::Lease { lease, age_ms })
    }

    pub(super) fn load_share<'a>(
        &'a self,
        rev: &'a Revision,
    ) -> impl Future<Output = Result<Outcome, Failure>> + 'a {
        self.dropbox.read_text(rev).map(|told| {
            let (text, _) = told?;
            Ok(Outcome::Share(read(&self.key.prefix(), &text)?))
        })
    }

    /// Writes a share's file, with the synced trees as they are stored here.
    pub(super) async fn save_share(
        &self,
        name: &str,
        share: &mut Share,
        mode: &WriteMode,
    ) -> Result<Outcome, Failure> {
        for told in &mut share.records {
            let row = stored::load_row(&*self.ports, &self.key, &told.record).await?;
            // Reading a row, writing what is told of it and sending that are a task of the page each: one for all would
            // hold it up.
            self.ports.sleep(0).await;
            told.pairs = row.and_then(|row| Read::read(row.field("pairs")?)).unwrap_or_default();
        }
        self.ports.sleep(0).await;
        let text = self.shared_text(share);
        share.records = Vec::new();
        self.ports.sleep(0).await;
        self.save_shared(name, text, mode).await
    }

    pub(super) fn save_shared<'a>(
        &'a self,
        name: &str,
        text: String,
        mode: &'a WriteMode,
    ) -> impl Future<Output = Result<Outcome, Failure>> + 'a {
        self.write_shared(name, text, mode).map_ok(|(file, _)| Outcome::Saved(file.rev))
    }

    /// As it stands in the file. `turn` is another number each time: Dropbox takes equal bytes for no write at all.
    pub(super) fn shared_text(&self, said: &dyn Write) -> String {
        Object(&[
            ("schema", &SHARED_SCHEMA),
            ("owner", &self.key.prefix()),
            ("turn", &self.ports.random()),
            ("said", said),
        ])
        .write_text()
    }

    fn write_shared<'a>(
        &'a self,
        name: &str,
        text: String,
        mode: &'a WriteMode,
    ) -> impl Future<Output = Result<(Box<FileEntry>, u64), Failure>> + 'a {
        self.dropbox.write_text(self.key.shared_path(name), text, mode)
    }

    /// The connection ends: its checkpoint authorises nothing any more. Over a way of its own, as nothing else leaves
    /// any more; says whether it was done.
    pub(super) async fn retire_checkpoint(&self, generation: u64) -> bool {
        let dropbox = Dropbox::new(Rc::new(Wire::new(self.ports.clone())), self.auth.clone());
        let path = self.key.shared_path("lease");
        let telling = async {
            loop {
                let Some((file, text, _)) = dropbox.text_at(&path).await? else { return Ok(()) };
                let said = read(&self.key.prefix(), &text)?;
                let Some(lease) = said.filter(|lease: &Lease| lease.generation == generation)
                else {
                    return Ok(()); // Another one stands there already.
                };
                let lease = Lease { state: LeaseState::Retired, ..lease };
                let text = self.shared_text(&lease);
                match dropbox.write_text(path.clone(), text, &WriteMode::Update(file.rev)).await {
                    Err(Failure::Conflict) => {}
                    ended => return ended.map(|_| ()),
                }
            }
        };
        let telling = pin!(telling);
        let waiting = pin!(self.ports.sleep(RETIRE_MS));
        match select(telling, waiting).await {
            Either::Left((told, _)) => matches!(told, Ok(()) | Err(Failure::NotFound)),
            Either::Right(_) => false,
        }
    }
}
