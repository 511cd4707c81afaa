//! Zip archives (PKWARE's APPNOTE 6.3): written so that equal files give equal bytes, and read without trust.
//!
//! The reader takes only what a package needs: one disk, files that are stored or deflated, names that stay below the
//! folder. Everything else is refused, also where two readers of the same archive could see different files.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use anyhow::{bail, Context, Result};
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Files by their path below the archive's root.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What a package may be when it is unpacked.
pub const UNPACKED_BYTES_MOST: usize = 16 << 20;
/// How many files a package may hold.
pub const FILES_MOST: usize = 500;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_BYTES: usize = 22;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Names are UTF-8.
const UTF8_NAMES: u16 = 1 << 11;
/// Version 2.0: folders and deflate.
const VERSION: u16 = 20;
const MADE_ON_UNIX: u16 = 3 << 8;
/// 1980-01-01, the first day that the format knows.
const FIRST_DAY: u16 = 0x21;
/// A regular file that everybody may read.
const MODE: u32 = 0o100_644;
const MODE_KIND: u32 = 0o170_000;
const MODE_SYMLINK: u32 = 0o120_000;

/// The archive of these files: sorted, without times, owners or comments.
pub fn write(files: &Files) -> Result<Vec<u8>> {
    let mut archive = Vec::new();
    let mut central = Vec::new();
    for (name, bytes) in files {
        let offset = u32::try_from(archive.len())?;
        let packed = deflate(bytes)?;
        let (method, data) =
            if packed.len() < bytes.len() { (DEFLATED, &packed) } else { (STORED, bytes) };
        let mut common = Vec::new();
        put16(&mut common, &[VERSION, UTF8_NAMES, method, 0, FIRST_DAY]);
        put32(&mut common, &[crc(bytes), u32::try_from(data.len())?, u32::try_from(bytes.len())?]);
        put16(&mut common, &[u16::try_from(name.len())?, 0]);

        put32(&mut archive, &[LOCAL]);
        archive.extend(&common);
        archive.extend(name.as_bytes());
        archive.extend(data);

        put32(&mut central, &[CENTRAL]);
        put16(&mut central, &[MADE_ON_UNIX | VERSION]);
        central.extend(&common);
        put16(&mut central, &[0, 0, 0]);
        put32(&mut central, &[MODE << 16, offset]);
        central.extend(name.as_bytes());
    }
    let (begin, length) = (u32::try_from(archive.len())?, u32::try_from(central.len())?);
    let count = u16::try_from(files.len())?;
    archive.extend(central);
    put32(&mut archive, &[END]);
    put16(&mut archive, &[0, 0, count, count]);
    put32(&mut archive, &[length, begin]);
    put16(&mut archive, &[0]);
    Ok(archive)
}

/// The files of an archive; an error says in one line why it is not taken.
pub fn read(archive: &[u8]) -> Result<Files> {
    let end = archive.len().checked_sub(END_BYTES).context("this is no zip archive")?;
    let mut tail = Cursor { bytes: archive, at: end };
    if tail.take32()? != END {
        bail!("this is no zip archive, or something stands behind its end");
    }
    let (disk, disk_of_list) = (tail.take16()?, tail.take16()?);
    let (count_here, count) = (tail.take16()?, tail.take16()?);
    let (length, begin) = (tail.take_size()?, tail.take_size()?);
    if disk != 0 || disk_of_list != 0 || count_here != count || tail.take16()? != 0 {
        bail!("the archive is split or carries a comment");
    }
    if usize::from(count) > FILES_MOST {
        bail!("the archive holds {count} files; {FILES_MOST} are the most");
    }
    if begin.checked_add(length) != Some(end) {
        bail!("the archive's list of files is not where it should be");
    }
    let mut files = Files::new();
    let mut left = UNPACKED_BYTES_MOST;
    let mut list = Cursor { bytes: &archive[..end], at: begin };
    let mut next_local = 0;
    for _ in 0..count {
        let entry = Listed::read(&mut list)?;
        check_name(&entry.name)?;
        if entry.offset != next_local {
            bail!("{}: the archive's files overlap, or have gaps between them", entry.name);
        }
        let bytes = entry.unpack(&archive[..begin], &mut next_local, left)?;
        left -= bytes.len();
        let Listed { name, .. } = entry;
        if files.keys().any(|other| other.eq_ignore_ascii_case(&name)) {
            bail!("{name}: stands in the archive twice");
        }
        files.insert(name, bytes);
    }
    if list.at != end || next_local != begin {
        bail!("the archive holds bytes that belong to no file");
    }
    Ok(files)
}

/// Refuses names that leave the folder, or mean different files on different systems.
pub fn check_name(name: &str) -> Result<()> {
    let odd = |c: char| c.is_control() || "\\:*?\"<>|".contains(c) || !c.is_ascii();
    let part_is_odd = |part: &str| {
        part.is_empty() || part == "." || part == ".." || part.ends_with('.') || part.ends_with(' ')
    };
    if name.len() > 200 || name.contains(odd) || name.split('/').any(part_is_odd) {
        bail!("{name:?}: a path that leads out of the package, or is not the same everywhere");
    }
    Ok(())
}

/// One line of the archive's list.
struct Listed {
    name: String,
    method: u16,
    crc: u32,
    packed: usize,
    unpacked: usize,
    offset: usize,
}

impl Listed {
    fn read(list: &mut Cursor<'_>) -> Result<Self> {
        if list.take32()? != CENTRAL {
            bail!("the archive's list of files is malformed");
        }
        let made_by = list.take16()?;
        list.take16()?;
        let (flags, method) = (list.take16()?, list.take16()?);
        list.take32()?;
        let crc = list.take32()?;
        let (packed, unpacked) = (list.take_size()?, list.take_size()?);
        let (name, extra, comment) = (list.take16()?, list.take16()?, list.take16()?);
        let disk = list.take16()?;
        list.take16()?;
        let attributes = list.take32()?;
        let offset = list.take_size()?;
        let name = String::from_utf8(list.take(usize::from(name))?.to_vec())
            .context("a name in the archive is not UTF-8")?;
        if flags & !UTF8_NAMES != 0 || extra != 0 || comment != 0 || disk != 0 {
            bail!("{name}: encrypted, streamed, split, or with extra fields");
        }
        if made_by & 0xff00 == MADE_ON_UNIX && (attributes >> 16) & MODE_KIND == MODE_SYMLINK {
            bail!("{name}: a symbolic link");
        }
        Ok(Self { name, method, crc, packed, unpacked, offset })
    }

    /// The file's bytes, after its own header was compared with the list; moves `next` behind it.
    fn unpack(&self, files: &[u8], next: &mut usize, bytes_most: usize) -> Result<Vec<u8>> {
        let name = &self.name;
        if self.unpacked > bytes_most {
            bail!("{name}: the package is larger than {UNPACKED_BYTES_MOST} bytes unpacked");
        }
        let mut local = Cursor { bytes: files, at: self.offset };
        let same = local.take32()? == LOCAL
            && local.take16()? <= VERSION
            && local.take16()? & !UTF8_NAMES == 0
            && local.take16()? == self.method
            && local.take32().is_ok()
            && local.take32()? == self.crc
            && local.take_size()? == self.packed
            && local.take_size()? == self.unpacked
            && usize::from(local.take16()?) == name.len()
            && local.take16()? == 0
            && local.take(name.len())? == name.as_bytes();
        if !same {
            bail!("{name}: the file's own header says something else than the archive's list");
        }
        let data = local.take(self.packed)?;
        *next = local.at;
        let bytes = match self.method {
            STORED => data.to_vec(),
            DEFLATED => {
                let mut bytes = Vec::new();
                let most = u64::try_from(self.unpacked)?.saturating_add(1);
                let mut decoder = DeflateDecoder::new(data).take(most);
                decoder.read_to_end(&mut bytes).with_context(|| format!("{name}: damaged"))?;
                bytes
            }
            _ => bail!("{name}: compressed in a way that not every reader knows"),
        };
        if bytes.len() != self.unpacked || crc(&bytes) != self.crc {
            bail!("{name}: damaged");
        }
        Ok(bytes)
    }
}

/// Little-endian fields, one after the other.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(length).context("the archive is cut off")?;
        let taken = self.bytes.get(self.at..end).context("the archive is cut off")?;
        self.at = end;
        Ok(taken)
    }

    fn take16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.take(2)?.try_into()?))
    }

    fn take32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into()?))
    }

    fn take_size(&mut self) -> Result<usize> {
        Ok(usize::try_from(self.take32()?)?)
    }
}

fn put16(to: &mut Vec<u8>, fields: &[u16]) {
    fields.iter().for_each(|field| to.extend(field.to_le_bytes()));
}

fn put32(to: &mut Vec<u8>, fields: &[u32]) {
    fields.iter().for_each(|field| to.extend(field.to_le_bytes()));
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
    use super::*;

    fn files() -> Files {
        let text = "the same line again\n".repeat(200).into_bytes();
        Files::from([("a/b.txt".into(), text), ("c.bin".into(), vec![1, 2, 3])])
    }

    #[test]
    fn what_is_written_is_read_again() {
        let archive = write(&files()).unwrap();
        assert!(archive.len() < 600, "{} bytes: not compressed", archive.len());
        assert_eq!(read(&archive).unwrap(), files());
        assert_eq!(write(&files()).unwrap(), archive);
    }

    #[track_caller]
    fn refused(archive: &[u8], reason: &str) {
        let error = read(archive).expect_err(reason).to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }

    /// Replaces every occurrence of a name by another of the same length.
    fn renamed(archive: &[u8], from: &str, to: &str) -> Vec<u8> {
        assert_eq!(from.len(), to.len());
        let mut bytes = archive.to_vec();
        for at in 0..bytes.len() - from.len() {
            if bytes[at..].starts_with(from.as_bytes()) {
                bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            }
        }
        bytes
    }

    #[test]
    fn path_tricks_are_refused() {
        let archive = write(&files()).unwrap();
        for name in ["../b.tx", "/b/.txt", "a\\b.txt", "a//.txt", "C:b.txt", "a/b.tx.", "a\0b.txt"]
        {
            refused(&renamed(&archive, "a/b.txt", name), "leads out of the package");
        }
    }

    #[test]
    fn one_name_for_two_files_is_refused() {
        let two = Files::from([("ab".into(), vec![1]), ("ac".into(), vec![2])]);
        refused(&renamed(&write(&two).unwrap(), "ac", "AB"), "twice");
    }

    #[test]
    fn a_symbolic_link_is_refused() {
        let mut archive = write(&files()).unwrap();
        let mode = (MODE << 16).to_le_bytes();
        let at = archive.windows(4).position(|field| field == mode).unwrap();
        archive[at..at + 4].copy_from_slice(&((MODE_SYMLINK | 0o777) << 16).to_le_bytes());
        refused(&archive, "a symbolic link");
    }

    #[test]
    fn two_headers_that_differ_are_refused() {
        let mut archive = write(&files()).unwrap();
        // The name in the file's own header alone.
        archive[30] = b'x';
        refused(&archive, "says something else");
    }

    #[test]
    fn a_file_that_unpacks_to_more_than_it_says_is_refused() {
        let honest = write(&files()).unwrap();
        let said = 4000_u32.to_le_bytes();
        let mut archive = honest.clone();
        for at in 0..archive.len() - 4 {
            if archive[at..at + 4] == said {
                archive[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
            }
        }
        refused(&archive, "damaged");
        for at in 0..honest.len() - 4 {
            if archive[at..at + 4] == 10_u32.to_le_bytes() && honest[at..at + 4] == said {
                archive[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
            }
        }
        refused(&archive, "larger than");
    }

    #[test]
    fn bytes_that_belong_to_no_file_are_refused() {
        let archive = write(&files()).unwrap();
        refused(&[&archive[..], b"more"].concat(), "behind its end");
        refused(&[b"more", &archive[..]].concat(), "not where it should be");
        refused(b"no archive", "no zip archive");
        for cut in 0..archive.len() {
            assert!(read(&archive[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn any_damaged_byte_is_refused_or_harmless() {
        let archive = write(&files()).unwrap();
        for at in 0..archive.len() {
            let mut damaged = archive.clone();
            damaged[at] ^= 0x55;
            // Times, versions and modes say nothing about contents.
            if let Ok(read) = read(&damaged) {
                assert_eq!(read, files(), "byte {at}");
            }
        }
    }
}
