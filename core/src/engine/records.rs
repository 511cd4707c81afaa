//! Records that the engine has heard of, and their trees as far as they stand in memory. What a save carries is what
//! stands here: a record that changes meanwhile gets a copy of its own.

use super::Work;
use crate::ids::Record;
use crate::sort::retain;
use crate::state::StoredRecord;
use crate::status::Problem;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// A record, by its place in the table: what the engine calls it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number(u32);

#[derive(Debug)]
struct Known {
    record: Record,
    stored: Option<Rc<StoredRecord>>,
    /// What its last plan could not do.
    problems: Vec<Problem>,
}

/// The table. A number stays its record's until that is unlinked, and nothing else ever has it.
#[derive(Debug, Default)]
pub(super) struct Records {
    known: Vec<Known>,
    /// All of them, in the order of the records.
    sorted: Vec<Number>,
}

impl Records {
    /// The number of a record that was heard of before.
    pub(super) fn find(&self, record: &Record) -> Option<Number> {
        self.search(record).ok().map(|at| self.sorted[at])
    }

    /// The number of a record, from now on if it is new.
    pub(super) fn number(&mut self, record: &Record) -> Number {
        match self.search(record) {
            Ok(at) => self.sorted[at],
            Err(at) => {
                let number = Number(self.known.len() as u32);
                let record = record.clone();
                self.known.push(Known { record, stored: None, problems: Vec::new() });
                self.sorted.insert(at, number);
                number
            }
        }
    }

    /// Where it stands, or would stand, in the order of the records.
    fn search(&self, record: &Record) -> Result<usize, usize> {
        self.sorted.binary_search_by(|number| self.record(*number).cmp(record))
    }

    /// The record itself.
    pub(super) fn record(&self, number: Number) -> &Record {
        &self.known[number.at()].record
    }

    /// The records themselves.
    pub(super) fn records(&self, numbers: &[Number]) -> Vec<Record> {
        let mut records = Vec::with_capacity(numbers.len());
        for number in numbers {
            records.push(self.record(*number).clone());
        }
        records
    }

    pub(super) fn get(&self, number: Number) -> Option<&StoredRecord> {
        self.known[number.at()].stored.as_deref()
    }

    /// To be changed.
    pub(super) fn get_mut(&mut self, number: Number) -> Option<&mut StoredRecord> {
        self.known[number.at()].stored.as_mut().map(Rc::make_mut)
    }

    /// To be stored as it is now.
    pub(super) fn shared(&self, number: Number) -> Option<Rc<StoredRecord>> {
        self.known[number.at()].stored.clone()
    }

    pub(super) fn problems(&self, number: Number) -> &[Problem] {
        &self.known[number.at()].problems
    }

    pub(super) fn problems_mut(&mut self, number: Number) -> &mut Vec<Problem> {
        &mut self.known[number.at()].problems
    }

    /// How many have a number.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Of all records.
    pub(super) fn problem_count(&self) -> u32 {
        self.known.iter().map(|known| known.problems.len() as u32).sum()
    }

    pub(super) fn contains_key(&self, number: Number) -> bool {
        self.get(number).is_some()
    }

    pub(super) fn insert(&mut self, number: Number, stored: StoredRecord) {
        self.known[number.at()].stored = Some(Rc::new(stored));
    }

    /// Nothing is known of it yet.
    pub(super) fn insert_fresh(&mut self, number: Number) {
        self.insert(number, StoredRecord::fresh());
    }

    /// From now on the record is new: linked again, it has another number. What is under way for the old one is no part
    /// of the new link.
    pub(super) fn forget(&mut self, number: Number) {
        let known = &mut self.known[number.at()];
        known.stored = None;
        known.problems.clear();
        retain(&mut self.sorted, &mut |other| *other != number);
    }

    /// Only those.
    pub(super) fn keep(&mut self, keep: impl Fn(Number) -> bool) {
        for (at, known) in self.known.iter_mut().enumerate() {
            if !keep(Number(at as u32)) {
                known.stored = None;
            }
        }
    }
}

impl Number {
    /// Its place in the table.
    pub(super) fn at(self) -> usize {
        self.0 as usize
    }
}

/// Some of the records: a mark at each one's number.
#[derive(Debug, Default)]
pub(super) struct Marked(Vec<bool>);

impl Marked {
    pub(super) fn insert(&mut self, number: Number) {
        let at = number.at();
        if at >= self.0.len() {
            self.0.resize(at + 1, false);
        }
        self.0[at] = true;
    }

    pub(super) fn remove(&mut self, number: Number) {
        if let Some(mark) = self.0.get_mut(number.at()) {
            *mark = false;
        }
    }

    pub(super) fn contains(&self, number: Number) -> bool {
        self.0.get(number.at()) == Some(&true)
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }

    /// Which ones, in the order of their numbers.
    pub(super) fn numbers(&self) -> Vec<Number> {
        let mut numbers = Vec::new();
        for (at, mark) in self.0.iter().enumerate() {
            if *mark {
                numbers.push(Number(at as u32));
            }
        }
        numbers
    }
}

/// The records in their turn: a handful, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Working(Vec<(Number, Work)>);

impl Working {
    pub(super) fn get(&self, number: Number) -> Option<&Work> {
        self.0.iter().find(|(other, _)| *other == number).map(|(_, work)| work)
    }

    pub(super) fn get_mut(&mut self, number: Number) -> Option<&mut Work> {
        self.0.iter_mut().find(|(other, _)| *other == number).map(|(_, work)| work)
    }

    pub(super) fn contains_key(&self, number: Number) -> bool {
        self.get(number).is_some()
    }

    /// Its turn begins; one that was under way is over.
    pub(super) fn insert(&mut self, number: Number, work: Work) {
        self.remove(number);
        self.0.push((number, work));
    }

    pub(super) fn remove(&mut self, number: Number) {
        retain(&mut self.0, &mut |(other, _)| *other != number);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Which ones.
    pub(super) fn numbers(&self) -> Vec<Number> {
        let mut numbers = Vec::new();
        for (number, _) in &self.0 {
            numbers.push(*number);
        }
        numbers
    }
}
