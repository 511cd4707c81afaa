//! Places of things in a list, found by a number made of what they are called. Open addressing, half full at most.

use crate::effect::Document;
use crate::path::fold;
use alloc::vec::Vec;

/// An index of a list: the hash and the place, or nothing.
pub(super) struct Index {
    slots: Vec<(u32, u32)>,
}

/// No thing stands at this place.
const EMPTY: u32 = u32::MAX;

/// Of an id or of a content's hash: both are as good as random in some of their last sixteen bytes.
pub(super) fn hash_of(text: &str) -> u32 {
    let bytes = text.as_bytes();
    caseless_hash(&bytes[bytes.len().saturating_sub(16)..])
}

/// Of a name, case aside. Other names may have it too.
pub(super) fn folded_hash(name: &str) -> u32 {
    match name.is_ascii() {
        true => caseless_hash(name.as_bytes()),
        false => caseless_hash(fold(name).as_bytes()),
    }
}

/// With the bit set that tells small letters from capitals.
fn caseless_hash(bytes: &[u8]) -> u32 {
    let mixed = |hash: u64, word: u64| {
        let hash = (hash ^ (word | 0x2020_2020_2020_2020)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^ (hash >> 31)
    };
    let (mut hash, mut rest) = (bytes.len() as u64, bytes);
    while let Some((word, after)) = rest.split_first_chunk() {
        hash = mixed(hash, u64::from_le_bytes(*word));
        rest = after;
    }
    if !rest.is_empty() {
        hash = mixed(hash, rest.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte)));
    }
    spread(hash)
}

fn spread(hash: u64) -> u32 {
    ((hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

impl Index {
    /// Of so many things at most.
    pub fn new(count: usize) -> Self {
        Self { slots: alloc::vec![(0, EMPTY); (count * 2 + 2).next_power_of_two()] }
    }

    /// Of these hashes alone.
    pub fn of(hashes: &[u32]) -> Self {
        let mut index = Self::new(hashes.len());
        for (at, hash) in hashes.iter().enumerate() {
            index.put_once(*hash, at, |_| true);
        }
        index
    }

    /// Something has this hash.
    pub fn has(&self, hash: u32) -> bool {
        self.find(hash, |_| true).is_some()
    }

    /// Puts a place in, unless the same thing stands there already; says whether it did.
    pub fn put_once(&mut self, hash: u32, at: usize, same: impl Fn(usize) -> bool) -> bool {
        let mut slot = self.first(hash);
        while self.slots[slot].1 != EMPTY {
            if self.slots[slot].0 == hash && same(self.slots[slot].1 as usize) {
                return false;
            }
            slot = self.next(slot);
        }
        self.slots[slot] = (hash, at as u32);
        true
    }

    /// The place of the thing that this says yes to.
    pub fn find(&self, hash: u32, is: impl Fn(usize) -> bool) -> Option<usize> {
        let mut found = None;
        self.each(hash, |at| {
            found = Some(at).filter(|at| is(*at));
            found.is_none()
        });
        found
    }

    /// All places under a hash, and perhaps a few others, until this says no.
    pub fn each(&self, hash: u32, mut go_on: impl FnMut(usize) -> bool) {
        let mut slot = self.first(hash);
        while self.slots[slot].1 != EMPTY {
            if self.slots[slot].0 == hash && !go_on(self.slots[slot].1 as usize) {
                return;
            }
            slot = self.next(slot);
        }
    }

    fn first(&self, hash: u32) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    fn next(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }
}

/// Documents by their names, case aside.
pub(super) fn by_name(documents: &[&Document]) -> Index {
    let mut index = Index::new(documents.len());
    for (at, document) in documents.iter().enumerate() {
        index.put_once(folded_hash(&document.nfc.name), at, |_| false);
    }
    index
}
