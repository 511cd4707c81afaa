//! Records in memory. What a save carries is what stands here: a record that changes meanwhile gets a copy of its own.

use crate::ids::Record;
use crate::map::Map;
use crate::state::StoredRecord;
use alloc::rc::Rc;

/// Records by their ids.
#[derive(Debug, Default)]
pub(super) struct Records(Map<Record, Rc<StoredRecord>>);

impl Records {
    pub(super) fn get(&self, record: &Record) -> Option<&StoredRecord> {
        self.0.get(record).map(|stored| &**stored)
    }

    /// To be changed.
    pub(super) fn get_mut(&mut self, record: &Record) -> Option<&mut StoredRecord> {
        self.0.get_mut(record).map(Rc::make_mut)
    }

    /// To be stored as it is now.
    pub(super) fn shared(&self, record: &Record) -> Option<Rc<StoredRecord>> {
        self.0.get(record).cloned()
    }

    pub(super) fn contains_key(&self, record: &Record) -> bool {
        self.0.contains_key(record)
    }

    pub(super) fn insert(&mut self, record: Record, stored: StoredRecord) {
        self.0.insert(record, Rc::new(stored));
    }

    pub(super) fn remove(&mut self, record: &Record) {
        self.0.remove(record);
    }

    /// Only those.
    pub(super) fn retain(&mut self, keep: impl Fn(&Record) -> bool) {
        self.0.retain(|record, _| keep(record));
    }
}
