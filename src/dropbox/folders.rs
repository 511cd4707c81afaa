//! Folders: making, finding, moving. They are never deleted: a file that arrived meanwhile would go with them.

use super::batch::{relocated, relocation};
use super::call::part;
use super::listing::standing;
use super::tags::Refusal;
use super::types::FolderMetadata;
use super::{malformed, Dropbox};
use crate::json::{Object, Write};
use crate::ports::Ports;
use sync_core::{Entry, Failure, Outcome};

impl<P: Ports> Dropbox<P> {
    /// Makes the folder with its parents, or finds it. → [`Outcome::Folder`]
    ///
    /// After a lost answer our own folder counts as there before: whoever asks lists it then, which is right
    /// for both. [`Failure::Conflict`]: a file is in the way.
    pub async fn ensure_folder(&self, path: &str) -> Result<Outcome, Failure> {
        let argument = Object(&[("path", &path), ("autorename", &false)]).write_text();
        match self.rpc("files/create_folder_v2", argument).await?.result {
            Ok(made) => {
                let FolderMetadata(folder) = part(&made.text, "metadata")?;
                if folder.path_lower.is_empty() {
                    return malformed();
                }
                Ok(Outcome::Folder { folder, existed: false })
            }
            Err(Refusal::FolderThere) => {
                match standing(self.metadata(path).await)? {
                    Some(Entry::Folder(folder)) => Ok(Outcome::Folder { folder, existed: true }),
                    // It changed in between.
                    _ => Err(Failure::Conflict),
                }
            }
            Err(refusal) => Err(refusal.path_failure()),
        }
    }

    /// Moves a folder, by path or id. → [`Outcome::Folder`]
    ///
    /// [`Failure::Conflict`]: something stands at the target.
    pub async fn move_folder(&self, from: &str, to: &str) -> Result<Outcome, Failure> {
        let answer = self.rpc("files/move_v2", relocation(from, to)).await?;
        let refusal = match answer.result {
            Ok(moved) => match relocated(&moved)? {
                Some(Entry::Folder(folder)) => {
                    return Ok(Outcome::Folder { folder, existed: false });
                }
                _ => return malformed(),
            },
            Err(refusal) => refusal,
        };
        if answer.unclear {
            // Our own move may have been carried out: then the folder stands at the target. One without an
            // id is only known by having left its old path.
            let by_id = from.starts_with("id:");
            if by_id || matches!(refusal, Refusal::Final(Failure::NotFound)) {
                let found = standing(self.metadata(if by_id { from } else { to }).await);
                if let Ok(Some(Entry::Folder(folder))) = found {
                    if self.stands_at(&folder.path_lower, to) {
                        return Ok(Outcome::Folder { folder, existed: false });
                    }
                }
            }
        }
        Err(refusal.path_failure())
    }

    /// Whether the server's key is that of the path we asked for. A prediction: Dropbox lower-cases by a table
    /// of its own, so a "no" may be wrong, which only costs another look.
    pub(super) fn stands_at(&self, path_lower: &str, path: &str) -> bool {
        path_lower == sync_core::fold(&self.wire.ports().nfc(path))
    }
}
