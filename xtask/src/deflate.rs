//! What code costs behind other code, about as deflate (RFC 1951) writes it: bytes as they are, and copies of what
//! stands in the last 32 KiB.
//!
//! Deflate gives frequent things short codes, and knows which are frequent only at the end. Here every length and
//! distance has the code that it mostly gets in a module, so that two ways to write the same function can be compared.

/// How far back deflate copies from (bytes).
const FARTHEST: usize = 32 * 1024;
/// The longest copy (bytes).
const LONGEST: usize = 258;
/// Shorter copies deflate makes as well (three bytes); they save next to nothing.
const SHORTEST: usize = 4;
/// So many places with the same first bytes are looked at, the nearest first.
const LOOKED_AT: usize = 32;
/// A byte as it is (bits).
const LITERAL: f32 = 8.0;

const TABLE_BITS: u32 = 17;
const NOWHERE: usize = usize::MAX;

/// Code that has been written, and where in it each four bytes stand.
pub struct Written {
    bytes: Vec<u8>,
    /// For each hash of four bytes, the last place of such.
    last: Vec<usize>,
    /// For each place, the one before it with the same hash.
    before: Vec<usize>,
    /// What copies of a code are possible: for each place of it the first that is its own, then its length and distance.
    firsts: Vec<usize>,
    copies: Vec<(usize, usize)>,
    costs: Vec<f32>,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            last: vec![NOWHERE; 1 << TABLE_BITS],
            before: Vec::new(),
            firsts: Vec::new(),
            copies: Vec::new(),
            costs: Vec::new(),
        }
    }
}

impl Written {
    /// Writes code.
    pub fn put(&mut self, code: &[u8]) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(code);
        (begin..self.bytes.len()).for_each(|place| self.note(place));
    }

    /// What this code would cost here, at best (bits); nothing is written.
    pub fn cost(&mut self, code: &[u8]) -> f32 {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(code);
        self.firsts.clear();
        self.copies.clear();
        for place in begin..self.bytes.len() {
            self.firsts.push(self.copies.len());
            self.look_for_copies(place);
            self.note(place);
        }
        self.firsts.push(self.copies.len());
        for place in (begin..self.bytes.len()).rev() {
            if let Some(hash) = self.hash(place) {
                self.last[hash] = self.before[place];
            }
        }
        self.bytes.truncate(begin);
        self.before.truncate(begin);
        self.cheapest(code.len())
    }

    /// From the end on: the rest of a code costs what its first byte or copy does, and what is left then.
    fn cheapest(&mut self, length: usize) -> f32 {
        let Self { firsts, copies, costs, .. } = self;
        costs.clear();
        costs.resize(length + 1, 0.0);
        for place in (0..length).rev() {
            let mut cost = LITERAL + costs[place + 1];
            let mut shortest = SHORTEST;
            for (longest, distance) in &copies[firsts[place]..firsts[place + 1]] {
                for length in shortest..=*longest {
                    cost = cost.min(copy(length, *distance) + costs[place + length]);
                }
                shortest = longest + 1;
            }
            costs[place] = cost;
        }
        costs[0]
    }

    /// Each longer copy lies farther back: nearer ones cost less.
    fn look_for_copies(&mut self, place: usize) {
        let Some(hash) = self.hash(place) else { return };
        let here = &self.bytes[place..];
        let longest = here.len().min(LONGEST);
        let mut found = SHORTEST - 1;
        let mut from = self.last[hash];
        for _ in 0..LOOKED_AT {
            if from == NOWHERE || place - from > FARTHEST {
                break;
            }
            let there = &self.bytes[from..];
            if there[found] == here[found] {
                let alike = here.iter().zip(there).take(longest);
                let length = alike.take_while(|(a, b)| a == b).count();
                if length > found {
                    self.copies.push((length, place - from));
                    found = length;
                }
                if length == longest {
                    break;
                }
            }
            from = self.before[from];
        }
    }

    fn note(&mut self, place: usize) {
        let before = self.hash(place).map(|hash| std::mem::replace(&mut self.last[hash], place));
        self.before.push(before.unwrap_or(NOWHERE));
    }

    /// Nothing for the last three bytes.
    fn hash(&self, place: usize) -> Option<usize> {
        let four = self.bytes.get(place..)?.first_chunk()?;
        let mixed = u32::from_le_bytes(*four).wrapping_mul(0x9e37_79b1);
        Some((mixed >> (u32::BITS - TABLE_BITS)) as usize)
    }
}

/// A copy (bits): the code of its length and that of its distance, as they mostly are, and the bits behind them
/// (RFC 1951, 3.2.5).
fn copy(length: usize, distance: usize) -> f32 {
    let length = match length {
        0..=4 => 3.6,
        5 => 4.0,
        6 => 4.5,
        7 => 5.0,
        8 => 5.5,
        9..=10 => 6.2,
        11..=12 => 7.5,
        13..=18 => 8.5,
        19..=34 => 10.5,
        _ => 13.0,
    };
    let behind = (distance - 1).checked_ilog2().map_or(0, |bits| bits.saturating_sub(1));
    length + 4.4 + behind as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(code: &[u8]) -> Written {
        let mut written = Written::default();
        written.put(code);
        written
    }

    #[test]
    fn what_stands_there_already_costs_one_copy() {
        let code = b"abcdefghij";
        assert_eq!(Written::default().cost(code), 80.0);
        assert_eq!(written(code).cost(code), copy(10, 10));
        assert_eq!(written(b"abcdeabcdef").cost(b"abcdef"), copy(6, 6), "the longer one");
        assert_eq!(written(b"abcd1abcd2").cost(b"abcd3"), copy(4, 5) + LITERAL, "the nearer one");
    }

    #[test]
    fn what_stands_too_far_back_is_not_copied() {
        let mut far = written(b"abcdefgh");
        far.put(&[0; FARTHEST - 8]);
        assert_eq!(far.cost(b"abcdefgh"), copy(8, FARTHEST));
        far.put(&[0]);
        assert_eq!(far.cost(b"abcdefgh"), 64.0);
    }

    #[test]
    fn code_is_copied_from_itself_too() {
        assert_eq!(Written::default().cost(b"abcdabcd"), 32.0 + copy(4, 4));
        assert_eq!(Written::default().cost(&[0; 20]), 8.0 + copy(19, 1));
    }

    #[test]
    fn to_ask_for_a_cost_writes_nothing() {
        let mut asked = written(b"abcdefgh");
        asked.cost(b"efghijkl");
        assert_eq!(asked.cost(b"ijkl"), 32.0);
        assert_eq!(asked.cost(b"abcdefgh"), copy(8, 8));
    }
}
