//! Carries out one effect: the mapping from the engine's words to the clients' methods, and nothing else.

use super::{stored, Driver};
use crate::json::Read;
use crate::permits::Permits;
use crate::ports::Ports;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, TryFutureExt};
use sync_core::{
    ContentHash, DocumentId, Effect, Failure, FileWrite, Outcome, Place, Record, Save, Side,
    Source, StoredRecord,
};

/// What an effect asks for, under way. Boxed: whatever it is, [`Driver::carry_out`] waits for it at one place.
type Step<'a> = LocalBoxFuture<'a, Result<Outcome, Failure>>;

impl<P: Ports> Driver<P> {
    /// One effect, start to end.
    pub(super) async fn carry_out(&self, mut effect: Effect) -> Result<Outcome, Failure> {
        let _held = match self.permits(&effect) {
            Some((permits, units)) => Some(permits.take(units).await),
            None => None,
        };
        self.begin(&mut effect).await
    }

    fn begin<'a>(&'a self, effect: &'a mut Effect) -> Step<'a> {
        let Self { dropbox, crm, .. } = self;
        match effect {
            Effect::Load(records) => self.load(records).boxed_local(),
            Effect::Save(save) => self.save(save).boxed_local(),
            // The page goes on until the store has answered. A timer would let a page in the background wait for up to
            // a minute.
            Effect::Turn => self.ports.load("").map(|_| Ok(Outcome::Done)).boxed_local(),
            Effect::ObserveDropbox { cursor } => dropbox.changes(cursor.as_ref()),
            Effect::ListFolder { path } => dropbox.folder_tree(path),
            Effect::EnsureFolder { path } => dropbox.ensure_folder(path).boxed_local(),
            Effect::CountChildren { path } => dropbox.count_children(path),
            Effect::MoveFolder { from, to } => dropbox.move_folder(from, to).boxed_local(),
            Effect::NameRecords { kind, ids } => crm.names(*kind, ids).boxed_local(),
            Effect::ListDocuments { record, urgent } => {
                crm.documents(record, *urgent).boxed_local()
            }
            Effect::ConfirmGone { document } => {
                crm.shown(document).map_ok(|shown| Outcome::Gone(shown.is_none())).boxed_local()
            }
            Effect::HashDocument { document, size_bytes } => {
                self.read_document(document, *size_bytes, true, false).boxed_local()
            }
            Effect::StageDocument { document, size_bytes, urgent } => {
                self.read_document(document, *size_bytes, *urgent, true).boxed_local()
            }
            Effect::WriteFiles(writes) => self.write_files(writes).boxed_local(),
            Effect::CreateDocument { record, place, source, hash, size_bytes } => {
                self.create_document(record, place, source, hash, *size_bytes).boxed_local()
            }
            Effect::DeleteDocument { document } => crm.delete(document).boxed_local(),
            Effect::LoadLease { rev, clock } => self.load_lease(rev, clock.as_ref()).boxed_local(),
            Effect::SaveLease { lease, mode } => {
                self.save_shared("lease", self.shared_text(lease), mode).boxed_local()
            }
            Effect::LoadShare { rev } => self.load_share(rev).boxed_local(),
            Effect::SaveShare { name, share, mode } => {
                self.save_share(name, share, mode).boxed_local()
            }
        }
    }

    async fn load(&self, records: &[Record]) -> Result<Outcome, Failure> {
        let mut read = Vec::with_capacity(records.len());
        // One at a time: reading many rows at once would hold up the page.
        for record in records {
            let row = stored::load_row(&*self.ports, &self.key, record).await?;
            read.push(row.as_ref().and_then(StoredRecord::read));
        }
        Ok(Outcome::Records(read))
    }

    async fn save(&self, save: &mut Save) -> Result<Outcome, Failure> {
        stored::save(&*self.ports, &self.key, save).await?;
        *self.cursor.borrow_mut() = save.cursor.take();
        Ok(Outcome::Done)
    }

    /// A copy stands alone: Dropbox takes no batch of them.
    async fn write_files(&self, writes: &[FileWrite]) -> Result<Outcome, Failure> {
        Ok(Outcome::Files(match writes {
            [FileWrite::Copy(copy)] => {
                vec![Ok(Some(self.dropbox.copy_file(&copy.id, &copy.to).await?))]
            }
            writes => self.dropbox.write_files(writes).await?,
        }))
    }

    /// A document's bytes, hashed, and staged if that is asked for.
    async fn read_document(
        &self,
        document: &DocumentId,
        size_bytes: u64,
        urgent: bool,
        stages: bool,
    ) -> Result<Outcome, Failure> {
        let (content, hash) = self.crm.download(document, size_bytes, urgent, None).await?;
        if stages {
            return Ok(Outcome::Staged(self.dropbox.stage(&content, &hash).await?));
        }
        Ok(Outcome::Hashed { hash, size_bytes })
    }

    async fn create_document(
        &self,
        record: &Record,
        place: &Place,
        source: &Source,
        hash: &ContentHash,
        size_bytes: u64,
    ) -> Result<Outcome, Failure> {
        let content = match source {
            Source::File { rev, .. } => self.dropbox.download(rev, size_bytes, hash).await?,
            Source::Document { id } => self.crm.download(id, size_bytes, true, Some(hash)).await?.0,
        };
        self.crm.create(record, place, content).await?;
        Ok(Outcome::Done)
    }

    /// What an effect holds while it is carried out: bytes in the page, or the turn to write to Dropbox.
    fn permits(&self, effect: &Effect) -> Option<(&Permits, u64)> {
        match effect {
            Effect::HashDocument { size_bytes, .. }
            | Effect::StageDocument { size_bytes, .. }
            | Effect::CreateDocument { size_bytes, .. } => {
                Some((&self.bytes_in_flight, *size_bytes))
            }
            Effect::EnsureFolder { .. }
            | Effect::MoveFolder { .. }
            | Effect::WriteFiles(_)
            | Effect::LoadLease { clock: Some(_), .. }
            | Effect::SaveLease { .. }
            | Effect::SaveShare { .. } => Some((self.dropbox.writer(), 1)),
            _ => None,
        }
    }
}

/// Whether longpolling again makes sense without a new connection.
pub(super) fn may_pass(failure: &Failure) -> bool {
    !matches!(failure, Failure::Unauthorized(Side::Dropbox) | Failure::Cancelled)
}
