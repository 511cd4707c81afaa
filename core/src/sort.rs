//! Stable sorting, with one copy of the sort for all types, and sifting, with one copy for each.
//!
//! `slice::sort_by` costs four kilobytes of WebAssembly for each type it sorts; here the order is found over
//! indices, and only the exchange of elements is compiled anew. `Vec::retain` is compiled anew for each question.

use alloc::vec::Vec;
use core::cmp::Ordering;

/// Sorts stably: n log n comparisons, n exchanges.
pub fn sort_by<T>(items: &mut [T], compare: &mut dyn FnMut(&T, &T) -> Ordering) {
    let mut from = order(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    arrange(&mut from, &mut |a, b| items.swap(a, b));
}

/// Keeps those that this says yes to, in their order.
pub(crate) fn retain<T>(items: &mut Vec<T>, keep: &mut dyn FnMut(&T) -> bool) {
    let mut kept = 0;
    for at in 0..items.len() {
        if keep(&items[at]) {
            items.swap(kept, at);
            kept += 1;
        }
    }
    items.truncate(kept);
}

/// Puts first what stands at the first of these indices, and so on: each index once. Not once more for each type.
#[inline(never)]
pub(crate) fn arrange(from: &mut [usize], swap: &mut dyn FnMut(usize, usize)) {
    for at in 0..from.len() {
        // Each place takes what belongs there; what an earlier exchange moved is followed to where it went.
        let mut source = from[at];
        while source < at {
            source = from[source];
        }
        from[at] = source;
        swap(at, source);
    }
}

/// Which index comes first, second … in the sorted order.
fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..count).collect();
    // Stable by the index; the library's stable sort is twice as large.
    indices.sort_unstable_by(|a, b| compare(*a, *b).then(a.cmp(b)));
    indices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sorts_as_the_standard_library_does() {
        let mut seed = 7_u32;
        for count in 0..200_u32 {
            let mut ours: Vec<(u32, u32)> = (0..count)
                .map(|index| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    ((seed >> 16) % 17, index)
                })
                .collect();
            let mut theirs = ours.clone();
            theirs.sort_by_key(|entry| entry.0);
            sort_by(&mut ours, &mut |a, b| a.0.cmp(&b.0));
            assert_eq!(ours, theirs);
        }
    }
}
