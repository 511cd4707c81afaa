//! Ordered maps and sets in sorted chunks: what the engine needs of a map, in a tenth of the code.
//!
//! Written here because of its size in WebAssembly: each of the two dozen key and value types that go through
//! `alloc`'s B-tree costs nine kilobytes, here under one. Lookups are binary searches; an insertion moves at most
//! one chunk, so building a map of n entries in any order takes n log n comparisons. Iteration is in key order.

use alloc::vec::{self, Vec};
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::slice;

/// Entries of one chunk at most; a full one is split in two.
const CHUNK_MAX: usize = 128;

/// An ordered map. Invariants: keys ascend over all chunks, and no chunk is empty.
#[derive(Clone)]
pub struct Map<K, V> {
    chunks: Vec<Vec<(K, V)>>,
}

/// Where a key stands: its chunk, and its place there.
#[derive(Clone, Copy)]
struct Spot {
    chunk: usize,
    at: usize,
}

/// The first of `count` ascending things that is not less, and whether it is equal. One copy for all types.
fn search(count: usize, compare: &mut dyn FnMut(usize) -> Ordering) -> (usize, bool) {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = (low + high) / 2;
        match compare(middle) {
            Ordering::Less => low = middle + 1,
            Ordering::Equal => return (middle, true),
            Ordering::Greater => high = middle,
        }
    }
    (low, false)
}

impl<K, V> Map<K, V> {
    /// Without entries.
    pub const fn new() -> Self {
        Self { chunks: Vec::new() }
    }

    /// Entries.
    pub fn len(&self) -> usize {
        let mut count = 0;
        for chunk in &self.chunks {
            count += chunk.len();
        }
        count
    }

    /// Without entries.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Takes all entries out.
    pub fn clear(&mut self) {
        self.chunks.clear();
    }

    /// Entries in key order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter { chunks: self.chunks.iter(), chunk: [].iter() }
    }

    /// Keys in order.
    pub fn keys(&self) -> Keys<'_, K, V> {
        Keys(self.iter())
    }

    /// Values in key order.
    pub fn values(&self) -> Values<'_, K, V> {
        Values(self.iter())
    }

    /// Values in key order, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.chunks.iter_mut().flatten().map(|(_, value)| value)
    }

    /// Keeps the entries that this says yes to; it is asked in key order.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        for chunk in &mut self.chunks {
            chunk.retain_mut(|(key, value)| keep(key, value));
        }
        self.chunks.retain(|chunk| !chunk.is_empty());
    }
}

impl<K: Ord, V> Map<K, V> {
    /// Where the key stands or would stand, and whether it does. The chunk may be one past the last.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> (Spot, bool)
    where
        K: Borrow<Q>,
    {
        let chunks = &self.chunks;
        // By each chunk's last entry: a key greater than all of them goes to the end of the last one.
        let mut last = |at: usize| match chunks[at].last() {
            Some((other, _)) => other.borrow().cmp(key),
            None => Ordering::Less,
        };
        let (mut chunk, _) = search(chunks.len(), &mut last);
        if chunk == chunks.len() {
            chunk = chunk.saturating_sub(1);
        }
        let Some(entries) = chunks.get(chunk) else {
            return (Spot { chunk, at: 0 }, false);
        };
        let (at, found) =
            search(entries.len(), &mut |at| Borrow::<Q>::borrow(&entries[at].0).cmp(key));
        (Spot { chunk, at }, found)
    }

    fn insert_at(&mut self, spot: Spot, key: K, value: V) -> Spot {
        let Spot { mut chunk, mut at } = spot;
        if self.chunks.is_empty() {
            self.chunks.push(Vec::new());
        }
        let entries = &mut self.chunks[chunk];
        if entries.len() == CHUNK_MAX {
            // Keys that come in order fill their chunks.
            let keep = if at == CHUNK_MAX { at } else { CHUNK_MAX / 2 };
            let rest = entries.split_off(keep);
            if at == CHUNK_MAX || at > keep {
                at -= keep;
                chunk += 1;
                self.chunks.insert(chunk, rest);
            } else {
                self.chunks.insert(chunk + 1, rest);
            }
        }
        self.chunks[chunk].insert(at, (key, value));
        Spot { chunk, at }
    }

    /// Puts an entry in; answers what the key held before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            (spot, true) => {
                Some(core::mem::replace(&mut self.chunks[spot.chunk][spot.at].1, value))
            }
            (spot, false) => {
                self.insert_at(spot, key, value);
                None
            }
        }
    }

    /// The value of the key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        match self.find(key) {
            (spot, true) => Some(&self.chunks[spot.chunk][spot.at].1),
            _ => None,
        }
    }

    /// The key as it was put in, and its value.
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        match self.find(key) {
            (spot, true) => {
                let (key, value) = &self.chunks[spot.chunk][spot.at];
                Some((key, value))
            }
            _ => None,
        }
    }

    /// The value of the key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        match self.find(key) {
            (spot, true) => Some(&mut self.chunks[spot.chunk][spot.at].1),
            _ => None,
        }
    }

    /// The key has a value.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).1
    }

    /// Takes an entry out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (spot, found) = self.find(key);
        if !found {
            return None;
        }
        let (_, value) = self.chunks[spot.chunk].remove(spot.at);
        if self.chunks[spot.chunk].is_empty() {
            self.chunks.remove(spot.chunk);
        }
        Some(value)
    }

    /// The value of the key; the default one is put there first if it has none.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let (mut spot, found) = self.find(&key);
        if !found {
            spot = self.insert_at(spot, key, V::default());
        }
        &mut self.chunks[spot.chunk][spot.at].1
    }

    /// Entries in key order from the first key that is not less than this one.
    pub fn from_key<Q: Ord + ?Sized>(&self, key: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let (spot, _) = self.find(key);
        let mut chunks = self.chunks[spot.chunk.min(self.chunks.len())..].iter();
        let chunk = chunks.next().map_or([].iter(), |chunk| chunk[spot.at..].iter());
        Iter { chunks, chunk }
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Map<K, V> {
    /// By entries: equal maps may be cut into different chunks.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Eq, V: Eq> Eq for Map<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Ord, V> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    /// Of entries with one key the last one counts.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for Map<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter { chunks: self.chunks.into_iter(), chunk: Vec::new().into_iter() }
    }
}

impl<'m, K, V> IntoIterator for &'m Map<K, V> {
    type Item = (&'m K, &'m V);
    type IntoIter = Iter<'m, K, V>;

    fn into_iter(self) -> Iter<'m, K, V> {
        self.iter()
    }
}

/// Entries in key order.
#[derive(Debug)]
pub struct Iter<'m, K, V> {
    chunks: slice::Iter<'m, Vec<(K, V)>>,
    chunk: slice::Iter<'m, (K, V)>,
}

impl<'m, K, V> Iterator for Iter<'m, K, V> {
    type Item = (&'m K, &'m V);

    fn next(&mut self) -> Option<(&'m K, &'m V)> {
        loop {
            if let Some((key, value)) = self.chunk.next() {
                return Some((key, value));
            }
            self.chunk = self.chunks.next()?.iter();
        }
    }
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), chunk: self.chunk.clone() }
    }
}

/// Keys in order.
#[derive(Debug)]
pub struct Keys<'m, K, V>(Iter<'m, K, V>);

impl<'m, K, V> Iterator for Keys<'m, K, V> {
    type Item = &'m K;

    fn next(&mut self) -> Option<&'m K> {
        self.0.next().map(|(key, _)| key)
    }
}

/// Values in key order.
#[derive(Debug)]
pub struct Values<'m, K, V>(Iter<'m, K, V>);

impl<'m, K, V> Iterator for Values<'m, K, V> {
    type Item = &'m V;

    fn next(&mut self) -> Option<&'m V> {
        self.0.next().map(|(_, value)| value)
    }
}

/// Entries in key order, owned.
#[derive(Debug)]
pub struct IntoIter<K, V> {
    chunks: vec::IntoIter<Vec<(K, V)>>,
    chunk: vec::IntoIter<(K, V)>,
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        loop {
            if let Some(entry) = self.chunk.next() {
                return Some(entry);
            }
            self.chunk = self.chunks.next()?.into_iter();
        }
    }
}

/// An ordered set.
#[derive(Clone, PartialEq, Eq)]
pub struct Set<K>(Map<K, ()>);

impl<K> Set<K> {
    /// Without elements.
    pub const fn new() -> Self {
        Self(Map::new())
    }

    /// Elements.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Without elements.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all elements out.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Elements in order.
    pub fn iter(&self) -> Keys<'_, K, ()> {
        self.0.keys()
    }

    /// Keeps the elements that this says yes to.
    pub fn retain(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.0.retain(|key, ()| keep(key));
    }
}

impl<K: Ord> Set<K> {
    /// Puts an element in; says whether it is new.
    pub fn insert(&mut self, key: K) -> bool {
        self.0.insert(key, ()).is_none()
    }

    /// It is in.
    pub fn contains<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// Takes an element out; says whether it was in.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.remove(key).is_some()
    }
}

impl<K> Default for Set<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug> fmt::Debug for Set<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<K: Ord> Extend<K> for Set<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        for key in keys {
            self.insert(key);
        }
    }
}

impl<K: Ord> FromIterator<K> for Set<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut set = Self::new();
        set.extend(keys);
        set
    }
}

impl<K: Ord, const N: usize> From<[K; N]> for Set<K> {
    fn from(keys: [K; N]) -> Self {
        keys.into_iter().collect()
    }
}

impl<K> IntoIterator for Set<K> {
    type Item = K;
    type IntoIter = core::iter::Map<IntoIter<K, ()>, fn((K, ())) -> K>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().map(|(key, ())| key)
    }
}

impl<'m, K> IntoIterator for &'m Set<K> {
    type Item = &'m K;
    type IntoIter = Keys<'m, K, ()>;

    fn into_iter(self) -> Keys<'m, K, ()> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;

    #[test]
    fn it_holds_what_a_b_tree_holds_whatever_is_done_to_both() {
        let mut seed = 1_u32;
        let mut number = |most: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % most
        };
        let (mut ours, mut theirs) = (Map::new(), BTreeMap::new());
        for round in 0..20_000_u32 {
            let key = number(2_000);
            match number(10) {
                0..=5 => assert_eq!(ours.insert(key, round), theirs.insert(key, round)),
                6 | 7 => assert_eq!(ours.remove(&key), theirs.remove(&key)),
                8 => assert_eq!(
                    ours.from_key(&key).next(),
                    theirs.range(key..).next(),
                    "round {round}"
                ),
                _ => {
                    *ours.or_default(key) += 1;
                    *theirs.entry(key).or_default() += 1;
                }
            }
            assert_eq!(ours.get(&key), theirs.get(&key), "round {round}");
            assert_eq!(ours.len(), theirs.len(), "round {round}");
            if round % 1_000 == 0 {
                assert!(ours.iter().eq(theirs.iter()), "round {round}");
                ours.retain(|key, _| key % 7 != round / 1_000 % 7);
                theirs.retain(|key, _| key % 7 != round / 1_000 % 7);
            }
        }
        let rebuilt: Map<u32, u32> = theirs.clone().into_iter().rev().collect();
        assert_eq!(rebuilt, ours, "equal, though cut into other chunks");
        assert!(ours.into_iter().eq(theirs));
    }

    #[test]
    fn keys_that_come_in_order_fill_their_chunks() {
        let map: Map<u32, ()> = (0..1_000).map(|key| (key, ())).collect();
        assert_eq!(map.chunks.len(), 1_000_usize.div_ceil(CHUNK_MAX));
        assert_eq!(map.from_key(&999).count(), 1);
        assert_eq!(map.from_key(&1_000).count(), 0);
    }
}
