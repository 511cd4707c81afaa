//! Small files of our own, as text: the checkpoint. Unlike documents, what they say passes through here.

use super::call::read;
use super::listing::standing_file;
use super::types::CommitInfo;
use super::{malformed, Dropbox};
use crate::json::forms::Form;
use crate::json::{Value, Write};
use crate::ports::{Body, Ports};
use futures_util::FutureExt;
use std::future::Future;
use sync_core::{Failure, FileEntry, Revision, WriteMode};

/// How long one may take (ms); a share of twenty thousand documents has half a megabyte.
const TIMEOUT_MS: u32 = 120_000;

/// Metadata with the time of the write.
struct Dated {
    file: Box<FileEntry>,
    /// By the service's clock (ms since 1970), to the second.
    at_ms: u64,
}

impl Form for Dated {
    fn blank() -> Self {
        Self { file: Form::blank(), at_ms: 0 }
    }

    fn fill(&mut self, value: &Value) -> Option<()> {
        self.at_ms = time_ms(value.word("server_modified")?)?;
        self.file.fill(value)
    }
}

impl<P: Ports> Dropbox<P> {
    /// What this revision says, and when it was written by the service's clock (ms since 1970).
    pub fn read_text(
        &self,
        rev: &Revision,
    ) -> impl Future<Output = Result<(String, u64), Failure>> + '_ {
        self.fetch(rev, false, TIMEOUT_MS).map(|answer| {
            let answer = answer?.plain()?;
            let dated: Dated = read(&answer.api_result)?;
            Ok((answer.text, dated.at_ms))
        })
    }

    /// Writes a file in one request, and says when that was by the service's clock (ms since 1970).
    /// [`Failure::Conflict`]: something else stands there than the mode says.
    pub async fn write_text(
        &self,
        path: String,
        text: String,
        mode: &WriteMode,
    ) -> Result<(Box<FileEntry>, u64), Failure> {
        let argument = CommitInfo { path: &path, mode }.write_text();
        let body = Body::Text(text.clone());
        let answer = self.upload("files/upload", &argument, body, TIMEOUT_MS).await?;
        let dated: Dated = match answer.result {
            Ok(written) => read(&written.text)?,
            // After a lost answer: does our own text stand there?
            Err(refusal) if answer.unclear && refusal.is_conflict() => {
                return match self.text_at(&path).await? {
                    Some((file, stands, at_ms)) if stands == text => Ok((file, at_ms)),
                    _ => Err(Failure::Conflict),
                };
            }
            Err(refusal) => return Err(refusal.failure()),
        };
        if dated.file.path_lower.is_empty() {
            return malformed();
        }
        Ok((dated.file, dated.at_ms))
    }

    /// The file at a path, what it says, and when it was written by the service's clock (ms since 1970).
    pub async fn text_at(
        &self,
        path: &str,
    ) -> Result<Option<(Box<FileEntry>, String, u64)>, Failure> {
        let Some(file) = standing_file(self.metadata(path).await)? else { return Ok(None) };
        let (text, at_ms) = self.read_text(&file.rev).await?;
        Ok(Some((file, text, at_ms)))
    }
}

/// `2015-05-12T15:50:38Z` as milliseconds since 1970.
fn time_ms(text: &str) -> Option<u64> {
    let number = |at: usize, digits: usize| text.get(at..at + digits)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    // Years that begin in March: the leap day is their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    let days = days.checked_sub(719_469)?;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::time_ms;

    #[test]
    fn times_of_the_service_are_read() {
        assert_eq!(time_ms("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(time_ms("2015-05-12T15:50:38Z"), Some(1_431_445_838_000));
        assert_eq!(time_ms("2024-02-29T23:59:59Z"), Some(1_709_251_199_000));
        assert_eq!(time_ms("2026-13-01T00:00:00Z"), None);
        assert_eq!(time_ms("yesterday"), None);
    }
}
