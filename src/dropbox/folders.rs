//! Folders: making, finding, moving. They are never deleted: a file that arrived meanwhile would go with them.

use super::types::{CreateFolder, CreatedFolder, Metadata, Relocated, Relocation};
use super::{malformed, Dropbox};
use crate::ports::Ports;
use sync_core::{Failure, FolderEntry, Reason};

impl<P: Ports> Dropbox<P> {
    /// Makes the folder with its parents, or finds it; the flag says that it was there before.
    ///
    /// After a lost answer our own folder counts as there before: whoever asks lists it then, which is right
    /// for both. [`Failure::Conflict`]: a file is in the way.
    pub async fn ensure_folder(&self, path: &str) -> Result<(FolderEntry, bool), Failure> {
        let _turn = self.writer.take(1).await;
        let argument = CreateFolder { path, autorename: false };
        let answer = self.rpc::<CreatedFolder>("files/create_folder_v2", &argument).await?;
        match answer.result {
            Ok(created) => Ok((created.metadata.entry().map_or_else(malformed, Ok)?, false)),
            Err(tags) if tags.starts_with(&["path", "conflict", "folder"]) => {
                match self.metadata(path).await? {
                    Metadata::Folder(folder) => {
                        Ok((folder.entry().map_or_else(malformed, Ok)?, true))
                    }
                    // It changed in between.
                    _ => Err(Failure::Conflict),
                }
            }
            Err(tags) if tags.is_bad_request() => Err(Failure::Refused(Reason::Name)),
            Err(tags) => Err(tags.failure()),
        }
    }

    /// Moves a folder, by path or id. [`Failure::Conflict`]: something stands at the target.
    pub async fn move_folder(&self, from: &str, to: &str) -> Result<FolderEntry, Failure> {
        let _turn = self.writer.take(1).await;
        let argument = Relocation {
            from_path: from,
            to_path: to,
            autorename: false,
            allow_ownership_transfer: false,
        };
        let answer = self.rpc::<Relocated>("files/move_v2", &argument).await?;
        let tags = match answer.result {
            Ok(Relocated { metadata: Metadata::Folder(folder) }) => {
                return folder.entry().map_or_else(malformed, Ok);
            }
            Ok(_) => return malformed(),
            Err(tags) => tags,
        };
        if answer.unclear {
            // Our own move may have been carried out: then the folder stands at the target. One without an
            // id is only known by having left its old path.
            let by_id = from.starts_with("id:");
            if by_id || tags.failure() == Failure::NotFound {
                let found = self.metadata(if by_id { from } else { to }).await;
                if let Ok(Metadata::Folder(folder)) = found {
                    if let Some(entry) =
                        folder.entry().filter(|entry| self.stands_at(&entry.path_lower, to))
                    {
                        return Ok(entry);
                    }
                }
            }
        }
        if tags.is_bad_request() {
            return Err(Failure::Refused(Reason::Name));
        }
        Err(tags.failure())
    }

    /// Whether the server's key is that of the path we asked for. A prediction: Dropbox lower-cases by a table
    /// of its own, so a "no" may be wrong, which only costs another look.
    pub(super) fn stands_at(&self, path_lower: &str, path: &str) -> bool {
        path_lower == sync_core::fold(&self.wire.ports().nfc(path))
    }
}
