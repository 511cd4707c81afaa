//! A browser's store and locks in memory, shared by its tabs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use teamleader_dropbox::bell::Bell;
use teamleader_dropbox::ports::StoreError;

/// What the tabs of one browser share. A clone is the same browser.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    inner: Rc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    rows: RefCell<BTreeMap<String, String>>,
    locks: RefCell<BTreeMap<String, Rc<Lock>>>,
    good_saves: Cell<u32>,
    failing_saves: Cell<u32>,
    failing_loads: Cell<u32>,
}

impl MemoryStore {
    /// The next so many transactions fail without effect (quota, abort).
    pub fn fail_saves(&self, count: u32) {
        self.inner.good_saves.set(0);
        self.inner.failing_saves.set(count);
    }

    /// After so many good transactions one fails without effect.
    pub fn fail_save_after(&self, good: u32) {
        self.inner.good_saves.set(good);
        self.inner.failing_saves.set(1);
    }

    /// A browser with these rows.
    pub fn of(rows: BTreeMap<String, String>) -> Self {
        let store = Self::default();
        *store.inner.rows.borrow_mut() = rows;
        store
    }

    /// The next so many readings fail.
    pub fn fail_loads(&self, count: u32) {
        self.inner.failing_loads.set(count);
    }

    /// All rows, as they stand.
    pub fn rows(&self) -> BTreeMap<String, String> {
        self.inner.rows.borrow().clone()
    }

    /// Puts a row there, past all rules.
    pub fn put(&self, key: &str, value: &str) {
        self.inner.rows.borrow_mut().insert(key.into(), value.into());
    }

    /// The user clears the browser's data: everything whose key begins so.
    pub fn wipe(&self, prefix: &str) {
        self.inner.rows.borrow_mut().retain(|key, _| !key.starts_with(prefix));
    }

    pub(super) fn load(&self, key: &str) -> Result<Option<String>, StoreError> {
        take_failure(&self.inner.failing_loads)?;
        Ok(self.inner.rows.borrow().get(key).cloned())
    }

    pub(super) fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        take_failure(&self.inner.failing_loads)?;
        let rows = self.inner.rows.borrow();
        Ok(rows.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }

    pub(super) fn save(&self, changes: Vec<(String, Option<String>)>) -> Result<(), StoreError> {
        match self.inner.good_saves.get().checked_sub(1) {
            Some(good) => self.inner.good_saves.set(good),
            None => take_failure(&self.inner.failing_saves)?,
        }
        let mut rows = self.inner.rows.borrow_mut();
        for (key, value) in changes {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok(())
    }

    pub(super) async fn lock(&self, name: &str) -> Held {
        let lock = self.inner.locks.borrow_mut().entry(name.into()).or_default().clone();
        lock.freed.until(|| (!lock.is_held.replace(true)).then_some(())).await;
        Held(lock)
    }
}

#[derive(Debug, Default)]
struct Lock {
    is_held: Cell<bool>,
    freed: Bell,
}

/// Frees the lock when dropped.
pub struct Held(Rc<Lock>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.is_held.set(false);
        self.0.freed.ring();
    }
}

fn take_failure(count: &Cell<u32>) -> Result<(), StoreError> {
    if count.get() > 0 {
        count.set(count.get() - 1);
        return Err(StoreError);
    }
    Ok(())
}
