//! Ordered maps and sets: what the engine needs of a map, in a tenth of the code.
//!
//! Written here because of its size in WebAssembly: each of the two dozen key and value types that go through
//! `alloc`'s B-tree costs nine kilobytes. Here the entries stand as they came, and what is ordered are their numbers,
//! with one copy of the code for all types. Lookups are binary searches; an insertion moves at most one chunk of numbers,
//! so building a map of n entries in any order takes n log n comparisons. Iteration is in key order.

use crate::sort::arrange;
use alloc::vec::{self, Vec};
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::slice;

/// Numbers of one chunk at most; a full one is split in two.
const CHUNK_MAX: usize = 128;

/// An ordered map.
#[derive(Clone)]
pub struct Map<K, V> {
    entries: Vec<(K, V)>,
    order: Order,
}

/// The numbers of a map's entries in the order of their keys, in chunks of which none is empty.
#[derive(Clone)]
struct Order {
    chunks: Vec<Vec<u32>>,
}

/// Where a number stands: its chunk, and its place there.
#[derive(Clone, Copy)]
struct Spot {
    chunk: usize,
    at: usize,
}

/// The first of these that is not less, and whether it is equal.
fn search<T>(ascending: &[T], compare: &mut dyn FnMut(&T) -> Ordering) -> (usize, bool) {
    let (mut low, mut high) = (0, ascending.len());
    while low < high {
        let middle = (low + high) / 2;
        match compare(&ascending[middle]) {
            Ordering::Less => low = middle + 1,
            Ordering::Equal => return (middle, true),
            Ordering::Greater => high = middle,
        }
    }
    (low, false)
}

impl Order {
    /// Of entries that stand in the order of their keys.
    fn ascending(count: usize) -> Self {
        let numbers: Vec<u32> = (0..count as u32).collect();
        Self { chunks: numbers.chunks(CHUNK_MAX).map(<[u32]>::to_vec).collect() }
    }

    /// Where the entry stands or would stand that is equal to a key, and whether it does. The chunk may be one past the
    /// last.
    fn find(&self, compare: &mut dyn FnMut(u32) -> Ordering) -> (Spot, bool) {
        // By each chunk's last entry: a key greater than all of them goes to the end of the last one.
        let (mut chunk, _) = search(&self.chunks, &mut |chunk| match chunk.last() {
            Some(last) => compare(*last),
            None => Ordering::Less,
        });
        if chunk == self.chunks.len() {
            chunk = chunk.saturating_sub(1);
        }
        let Some(numbers) = self.chunks.get(chunk) else {
            return (Spot { chunk, at: 0 }, false);
        };
        let (at, found) = search(numbers, &mut |number| compare(*number));
        (Spot { chunk, at }, found)
    }

    /// The number of the entry that is equal to a key.
    fn number_of(&self, compare: &mut dyn FnMut(u32) -> Ordering) -> Option<usize> {
        let (spot, found) = self.find(compare);
        found.then(|| self.number(spot))
    }

    /// The same; if there is none, this one is the number of the key's entry from now on.
    fn number_or(&mut self, new: usize, compare: &mut dyn FnMut(u32) -> Ordering) -> usize {
        let (spot, found) = self.find(compare);
        if found {
            return self.number(spot);
        }
        self.insert(spot, new);
        new
    }

    fn insert(&mut self, spot: Spot, number: usize) {
        let Spot { mut chunk, mut at } = spot;
        if self.chunks.is_empty() {
            self.chunks.push(Vec::new());
        }
        let numbers = &mut self.chunks[chunk];
        if numbers.len() == CHUNK_MAX {
            // Keys that come in order fill their chunks.
            let keep = if at == CHUNK_MAX { at } else { CHUNK_MAX / 2 };
            let rest = numbers.split_off(keep);
            self.chunks.insert(chunk + 1, rest);
            if at >= keep {
                at -= keep;
                chunk += 1;
            }
        }
        self.chunks[chunk].insert(at, number as u32);
    }

    /// Takes the number at a spot away and gives it to the entry at another one; says which it was.
    fn hand_on(&mut self, spot: Spot, to: Spot) -> usize {
        let number = self.number(spot);
        self.chunks[to.chunk][to.at] = number as u32;
        self.chunks[spot.chunk].remove(spot.at);
        if self.chunks[spot.chunk].is_empty() {
            self.chunks.remove(spot.chunk);
        }
        number
    }

    fn number(&self, spot: Spot) -> usize {
        self.chunks[spot.chunk][spot.at] as usize
    }

    fn iter(&self) -> Numbers<'_> {
        Numbers { chunks: self.chunks.iter(), chunk: [].iter() }
    }

    fn iter_from(&self, spot: Spot) -> Numbers<'_> {
        let mut chunks = self.chunks[spot.chunk.min(self.chunks.len())..].iter();
        let chunk = chunks.next().map_or([].iter(), |chunk| chunk[spot.at..].iter());
        Numbers { chunks, chunk }
    }
}

/// Numbers of entries, in the order of their keys.
#[derive(Clone, Debug)]
struct Numbers<'m> {
    chunks: slice::Iter<'m, Vec<u32>>,
    chunk: slice::Iter<'m, u32>,
}

impl Iterator for Numbers<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            if let Some(number) = self.chunk.next() {
                return Some(*number as usize);
            }
            self.chunk = self.chunks.next()?.iter();
        }
    }
}

impl<K, V> Map<K, V> {
    /// Without entries.
    pub const fn new() -> Self {
        Self { entries: Vec::new(), order: Order { chunks: Vec::new() } }
    }

    /// Entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Without entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes all entries out.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// Entries in key order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter { entries: &self.entries, numbers: self.order.iter() }
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
        self.put_in_order();
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// Keeps the entries that this says yes to; it is asked in key order.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.put_in_order();
        let before = self.len();
        self.entries.retain_mut(|(key, value)| keep(key, value));
        if self.len() < before {
            self.order = Order::ascending(self.len());
        }
    }

    /// Makes the entries stand in the order of their keys.
    fn put_in_order(&mut self) {
        if !self.order.iter().is_sorted() {
            let mut numbers: Vec<usize> = self.order.iter().collect();
            arrange(&mut numbers, &mut |a, b| self.entries.swap(a, b));
            self.order = Order::ascending(self.len());
        }
    }
}

impl<K: Ord, V> Map<K, V> {
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> (Spot, bool)
    where
        K: Borrow<Q>,
    {
        self.order.find(&mut |number| self.entries[number as usize].0.borrow().cmp(key))
    }

    /// The number of the key's entry.
    fn number<Q: Ord + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.order.number_of(&mut |number| self.entries[number as usize].0.borrow().cmp(key))
    }

    /// The same; if it has none, the next one, which its entry is to get.
    fn number_or_next(&mut self, key: &K) -> usize {
        let Self { entries, order } = self;
        order.number_or(entries.len(), &mut |number| entries[number as usize].0.cmp(key))
    }

    /// Puts an entry in, over the value that the key may have.
    pub fn insert(&mut self, key: K, value: V) {
        let number = self.number_or_next(&key);
        match self.entries.get_mut(number) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key, value)),
        }
    }

    /// The value of the key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        Some(&self.entries[self.number(key)?].1)
    }

    /// The key as it was put in, and its value.
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let (key, value) = &self.entries[self.number(key)?];
        Some((key, value))
    }

    /// The value of the key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let number = self.number(key)?;
        Some(&mut self.entries[number].1)
    }

    /// The key has a value.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.number(key).is_some()
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
        // The entry that came last gets its number.
        let (last, _) = self.find(self.entries.last()?.0.borrow());
        let number = self.order.hand_on(spot, last);
        Some(self.entries.swap_remove(number).1)
    }

    /// The value of the key; the default one is put there first if it has none.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let number = self.number_or_next(&key);
        if number == self.entries.len() {
            self.entries.push((key, V::default()));
        }
        &mut self.entries[number].1
    }

    /// Entries in key order from the first key that is not less than this one.
    pub fn from_key<Q: Ord + ?Sized>(&self, key: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let (spot, _) = self.find(key);
        Iter { entries: &self.entries, numbers: self.order.iter_from(spot) }
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Map<K, V> {
    /// In key order: entries of equal maps may have come in different orders.
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
    type IntoIter = vec::IntoIter<(K, V)>;

    fn into_iter(mut self) -> Self::IntoIter {
        self.put_in_order();
        self.entries.into_iter()
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
    entries: &'m [(K, V)],
    numbers: Numbers<'m>,
}

impl<'m, K, V> Iterator for Iter<'m, K, V> {
    type Item = (&'m K, &'m V);

    fn next(&mut self) -> Option<(&'m K, &'m V)> {
        let (key, value) = &self.entries[self.numbers.next()?];
        Some((key, value))
    }
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { entries: self.entries, numbers: self.numbers.clone() }
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
        let new = self.0.number_or_next(&key) == self.len();
        if new {
            self.0.entries.push((key, ()));
        }
        new
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
    type IntoIter = core::iter::Map<vec::IntoIter<(K, ())>, fn((K, ())) -> K>;

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
                0..=5 => {
                    ours.insert(key, round);
                    theirs.insert(key, round);
                }
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
        assert_eq!(rebuilt, ours, "equal, though they came in another order");
        assert!(ours.into_iter().eq(theirs));
    }

    #[test]
    fn keys_that_come_in_order_fill_their_chunks() {
        let map: Map<u32, ()> = (0..1_000).map(|key| (key, ())).collect();
        assert_eq!(map.order.chunks.len(), 1_000_usize.div_ceil(CHUNK_MAX));
        assert_eq!(map.from_key(&999).count(), 1);
        assert_eq!(map.from_key(&1_000).count(), 0);
    }
}
