//! An order of functions made better, one function at a time.
//!
//! A stretch of code costs little where it stands before, not far back. So each stretch of a function says at which
//! places it would be found so, and at which places it would help the same stretch of others behind it. The function
//! moves to where the most stretches are helped.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

/// How far back a stretch may stand (bytes), and what it is worth that it does. gzip looks back 32 KiB, and writes nearer
/// distances with fewer bits.
const NEAR: [(usize, f32); 3] = [(31_000, 0.6), (6_000, 0.2), (1_200, 0.2)];
/// What a stretch is (bytes).
const STRETCH: usize = 5;
/// A function stays where another place is not better by more stretches than this.
const WORTHWHILE: f32 = 5.0;
/// Shorter functions have hardly a stretch of their own (bytes).
const SHORT: usize = 12;
/// So often each function is looked at: what moves later may make another place better.
const PASSES: usize = 3;

/// The same functions in a better order.
pub fn improved(bodies: &[&[u8]], mut order: Vec<usize>) -> Vec<usize> {
    let shared = Shared::of(bodies);
    let mut functions: Vec<usize> = (0..bodies.len()).collect();
    functions.retain(|function| bodies[*function].len() >= SHORT);
    functions.sort_by_key(|function| Reverse(bodies[*function].len()));
    for _ in 0..PASSES {
        for function in &functions {
            let before = order.iter().position(|other| other == function).expect("it has a place");
            order.remove(before);
            let gains = Standing::of(bodies, &order).gains(&shared, *function);
            let best =
                (0..gains.len()).max_by(|a, b| gains[*a].total_cmp(&gains[*b]).then(b.cmp(a)));
            let better = best.filter(|best| gains[*best] > gains[before] + WORTHWHILE);
            order.insert(better.unwrap_or(before), *function);
        }
    }
    order
}

/// The stretches that functions have in common.
struct Shared {
    /// Of each stretch, the functions that have it.
    owners: Vec<Vec<usize>>,
    /// Of each function, those that others have as well.
    stretches: Vec<Vec<usize>>,
}

impl Shared {
    fn of(bodies: &[&[u8]]) -> Self {
        // In the order in which they come, so that the sums, and with them the module, are the same each time.
        let mut numbers: HashMap<&[u8], usize> = HashMap::new();
        let mut owners: Vec<Vec<usize>> = Vec::new();
        for (function, body) in bodies.iter().enumerate() {
            for stretch in body.windows(STRETCH) {
                let number = *numbers.entry(stretch).or_insert(owners.len());
                if number == owners.len() {
                    owners.push(Vec::new());
                }
                if owners[number].last() != Some(&function) {
                    owners[number].push(function);
                }
            }
        }
        let mut stretches = vec![Vec::new(); bodies.len()];
        for (stretch, owners) in owners.iter().enumerate().filter(|(_, owners)| owners.len() > 1) {
            owners.iter().for_each(|function| stretches[*function].push(stretch));
        }
        Self { owners, stretches }
    }
}

/// Where the functions stand while one of them has no place.
struct Standing {
    /// The place of each function.
    places: Vec<usize>,
    /// Where each place begins, and where the last one ends (bytes).
    starts: Vec<usize>,
}

impl Standing {
    fn of(bodies: &[&[u8]], order: &[usize]) -> Self {
        let mut places = vec![usize::MAX; bodies.len()];
        let mut starts = vec![0];
        for (place, function) in order.iter().enumerate() {
            places[*function] = place;
            starts.push(starts[place] + bodies[*function].len());
        }
        Self { places, starts }
    }

    /// For each place what it is worth that the function stands there, before the one that is there now.
    fn gains(&self, shared: &Shared, function: usize) -> Vec<f32> {
        // What is gained from a place on, and lost again.
        let mut changes = vec![0.0; self.starts.len() + 1];
        let mut gain = |places: Range<usize>, worth: f32| {
            if !places.is_empty() {
                changes[places.start] += worth;
                changes[places.end] -= worth;
            }
        };
        for stretch in &shared.stretches[function] {
            let others = shared.owners[*stretch].iter().filter(|other| **other != function);
            let mut places: Vec<usize> = others.map(|other| self.places[*other]).collect();
            places.sort_unstable();
            for (far, worth) in NEAR {
                let (mut counted, mut last) = (0, None);
                for place in &places {
                    // Found behind this one …
                    let behind = place + 1..self.first_beyond(self.starts[place + 1] + far);
                    gain(counted.max(behind.start)..behind.end.max(counted), worth);
                    counted = behind.end;
                    // … and of help to this one, if it has none yet.
                    let helped = self.first_beyond(self.starts[*place].saturating_sub(far + 1));
                    let from = last.map_or(0, |last| last + 1);
                    if last.is_none_or(|last| self.starts[last + 1] + far < self.starts[*place]) {
                        gain(helped.max(from)..place + 1, worth);
                    }
                    last = Some(*place);
                }
            }
        }
        let mut gains = Vec::with_capacity(self.starts.len());
        let mut sum = 0.0;
        for change in &changes[..self.starts.len()] {
            sum += change;
            gains.push(sum);
        }
        gains
    }

    /// The first place that begins behind this byte, or one more than there are.
    fn first_beyond(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// Functions of so many bytes each, none of which has a stretch of another.
    fn unlike(count: u32, length: usize) -> Vec<Vec<u8>> {
        (0..count)
            .map(|seed| {
                let mut state = 12_345 + seed;
                let mut bytes = Vec::new();
                bytes.resize_with(length, || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                });
                bytes
            })
            .collect()
    }

    fn improved_order(bodies: &[Vec<u8>], order: Vec<usize>) -> Vec<usize> {
        let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
        improved(&bodies, order)
    }

    #[test]
    fn a_function_moves_near_the_one_whose_code_it_has() {
        let mut bodies = unlike(100, 1_000);
        bodies[90] = bodies[10].clone();
        let order = improved_order(&bodies, (0..100).collect());
        let place = |function| order.iter().position(|other| *other == function).unwrap();
        // At most 1,200 bytes between them.
        assert!(place(10_usize).abs_diff(place(90)) <= 2, "{order:?}");
        let mut all = order.clone();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn what_has_nothing_in_common_stays() {
        let order: Vec<usize> = (0..100).rev().collect();
        assert_eq!(improved_order(&unlike(100, 1_000), order.clone()), order);
    }
}
