//! Bytes up and down. They stay in the page: only handles pass here.

use super::call::{part, read, transfer_timeout_ms};
use super::{malformed, Dropbox};
use crate::json::{Object, Write};
use crate::ports::{Body, Ports};
use sync_core::{ContentHash, Failure, FileEntry, Reason, Revision, Staged};

/// Bytes that arrive damaged are asked for once more.
const TRIES: u32 = 2;

impl<P: Ports> Dropbox<P> {
    /// Sends bytes into a closed upload session, in one request; nothing is visible yet.
    ///
    /// Dropbox checks the hash of what arrives. A repeat after a lost answer opens another session; the one
    /// left behind expires by itself.
    pub async fn stage(&self, content: &P::Content, hash: &ContentHash) -> Result<Staged, Failure> {
        let argument = Object(&[("close", &true), ("content_hash", hash)]).write_text();
        let size_bytes = self.wire.ports().size_bytes(content);
        let timeout_ms = transfer_timeout_ms(size_bytes);
        for _ in 0..TRIES {
            let body = Body::Content(content.clone());
            let answer =
                self.upload("files/upload_session/start", &argument, body, timeout_ms).await?;
            match answer.plain() {
                Ok(started) => {
                    let session = part(&started.text, "session_id")?;
                    return Ok(Staged { session, size_bytes, hash: hash.clone() });
                }
                Err(Failure::Refused(Reason::Damaged)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::Refused(Reason::Damaged))
    }

    /// Downloads exactly this revision, and checks size and hash of what arrived.
    ///
    /// [`Failure::Conflict`]: the revision holds other content than expected.
    pub async fn download(
        &self,
        rev: &Revision,
        size_bytes: u64,
        hash: &ContentHash,
    ) -> Result<P::Content, Failure> {
        let timeout_ms = transfer_timeout_ms(size_bytes);
        for _ in 0..TRIES {
            let answer = self.fetch(rev, true, timeout_ms).await?.plain()?;
            let promised: FileEntry = read(&answer.api_result)?;
            if promised.hash.is_some_and(|promised| promised != *hash) {
                return Err(Failure::Conflict);
            }
            let ports = self.wire.ports();
            let Some(content) = answer.content else { return malformed() };
            let whole = ports.size_bytes(&content) == size_bytes;
            let arrived = ports.content_hash(&content).await;
            if whole && arrived.is_ok_and(|arrived| arrived == *hash) {
                return Ok(content);
            }
        }
        Err(Failure::Refused(Reason::Damaged))
    }
}
