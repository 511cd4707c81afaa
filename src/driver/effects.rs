//! Carries out one effect: the mapping from the engine's words to the clients' methods, and nothing else.

use super::{stored, Driver};
use crate::json::Read;
use crate::permits::Permits;
use crate::ports::{Ports, StoreError};
use sync_core::{Effect, Failure, FileEntry, FileWrite, Outcome, Side, Source, StoredRecord};

impl<P: Ports> Driver<P> {
    /// One effect, start to end.
    pub(super) async fn carry_out(&self, mut effect: Effect) -> Result<Outcome, Failure> {
        let ports = &*self.ports;
        let dropbox = &self.dropbox;
        let crm = &self.crm;
        let _held = match self.permits(&effect) {
            Some((permits, units)) => Some(permits.take(units).await),
            None => None,
        };
        Ok(match &mut effect {
            Effect::Load(records) => {
                let mut read = Vec::with_capacity(records.len());
                // One at a time: reading many rows at once would hold up the page.
                for record in records.iter() {
                    let row = stored::load_row(ports, &self.key, record).await?;
                    read.push(row.as_ref().and_then(StoredRecord::read));
                }
                Outcome::Records(read)
            }
            Effect::Save(save) => {
                stored::save(ports, &self.key, save).await?;
                *self.cursor.borrow_mut() = save.cursor.take();
                Outcome::Done
            }
            Effect::Turn => {
                // The page goes on until the store has answered. A timer would let a page in the background wait for up
                // to a minute.
                let _: Result<Option<String>, StoreError> = ports.load("").await;
                Outcome::Done
            }
            Effect::ObserveDropbox { cursor } => {
                let listing = dropbox.changes(cursor.as_ref()).await?;
                Outcome::Changes { entries: listing.entries, cursor: listing.cursor }
            }
            Effect::ListFolder { path } => {
                let listing = dropbox.folder_tree(path).await?;
                Outcome::Changes { entries: listing.entries, cursor: listing.cursor }
            }
            Effect::EnsureFolder { path } => {
                let (folder, existed) = dropbox.ensure_folder(path).await?;
                Outcome::Folder { folder, existed }
            }
            Effect::CountChildren { path } => {
                Outcome::Children(dropbox.children(path).await?.count())
            }
            Effect::MoveFolder { from, to } => {
                let folder = dropbox.move_folder(from, to).await?;
                Outcome::Folder { folder, existed: false }
            }
            Effect::NameRecords { kind, ids } => Outcome::Names(crm.names(*kind, ids).await?),
            Effect::ListDocuments { record, urgent } => {
                Outcome::Documents(crm.documents(record, *urgent).await?)
            }
            Effect::ConfirmGone { document } => Outcome::Gone(crm.shown(document).await?.is_none()),
            Effect::HashDocument { document, size_bytes } => {
                let (content, hash) = crm.download(document, *size_bytes, true, None).await?;
                Outcome::Hashed { hash, size_bytes: ports.size_bytes(&content) }
            }
            Effect::StageDocument { document, size_bytes, urgent } => {
                let (content, hash) = crm.download(document, *size_bytes, *urgent, None).await?;
                Outcome::Staged(dropbox.stage(&content, &hash).await?)
            }
            Effect::WriteFiles(writes) => Outcome::Files(match &writes[..] {
                [FileWrite::Copy(copy)] => {
                    vec![Ok(Some(dropbox.copy_file(&copy.id, &copy.to).await?))]
                }
                writes => dropbox.write_files(writes).await?,
            }),
            Effect::CreateDocument { record, place, source, hash, size_bytes } => {
                let content = match source {
                    Source::File { rev, .. } => dropbox.download(rev, *size_bytes, hash).await?,
                    Source::Document { id } => {
                        crm.download(id, *size_bytes, true, Some(hash)).await?.0
                    }
                };
                crm.create(record, place, content).await?;
                Outcome::Done
            }
            Effect::LoadLease { rev, clock } => self.load_lease(rev, clock.as_ref()).await?,
            Effect::SaveLease { lease, mode } => {
                let text = self.shared_text(lease);
                saved(self.write_shared("lease", text, mode).await?)
            }
            Effect::LoadShare { rev } => self.read_share(&dropbox.read_text(rev).await?.0)?,
            Effect::SaveShare { name, share, mode } => {
                let text = self.share_text(share).await?;
                saved(self.write_shared(name, text, mode).await?)
            }
            Effect::DeleteDocument { document } => {
                crm.delete(document).await?;
                Outcome::Done
            }
        })
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

/// A file of the checkpoint was written.
fn saved((file, _): (Box<FileEntry>, u64)) -> Outcome {
    Outcome::Saved(file.rev)
}

/// Whether longpolling again makes sense without a new connection.
pub(super) fn may_pass(failure: &Failure) -> bool {
    !matches!(failure, Failure::Unauthorized(Side::Dropbox) | Failure::Cancelled)
}
