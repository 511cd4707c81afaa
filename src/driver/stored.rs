//! The engine's state as rows of the store: JSON text under keys of the accounts it belongs to.

use crate::json::{Read, Value, Write};
use crate::percent::percent_encode;
use crate::ports::{Store, StoreError};
use std::future::Future;
use sync_core::{decimal, Record, Save, StoredIndex, SCHEMA};

/// Whose state it is. State of other accounts is never touched (G7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateKey {
    /// The CRM account's id.
    pub account: String,
    /// The CRM user's id.
    pub user: String,
    /// The Dropbox account's id.
    pub dropbox: String,
}

impl StateKey {
    /// What all of its rows' keys begin with.
    pub fn prefix(&self) -> String {
        let part = |text: &str| percent_encode(text);
        let (account, user) = (part(&self.account), part(&self.user));
        ["state/", &account, "/", &user, "/", &part(&self.dropbox), "/"].concat()
    }

    /// The checkpoint whose connection ended here, while Dropbox was not told.
    fn retired(&self) -> String {
        "retired/".to_owned() + &self.prefix()
    }

    fn index(&self) -> String {
        self.prefix() + "index"
    }

    fn record(&self, record: &Record) -> String {
        let (prefix, id) = (self.prefix(), percent_encode(&record.id));
        [&*prefix, "record/", record.kind.word(), "/", &id].concat()
    }
}

/// Why the state cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Written by a newer version of the plugin. It is left as it is; reloading the page gets the newer one.
    #[error("the state is of version {0}")]
    Newer(u32),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The index; a fresh one for none and for one that cannot be read (then it is a first link: nothing is deleted).
pub(super) async fn load_index(
    store: &impl Store,
    key: &StateKey,
) -> Result<StoredIndex, OpenError> {
    let Some(text) = store.load(&key.index()).await? else {
        let retired = store.load(&key.retired()).await?.and_then(|text| text.parse().ok());
        let mut index = StoredIndex::fresh();
        index.shared.retired = retired.unwrap_or(0);
        return Ok(index);
    };
    let value = Value::said(&text);
    // Every row says this much, whatever else its version says.
    match value.number("schema") {
        Some(schema) if schema > u64::from(SCHEMA) => {
            Err(OpenError::Newer(u32::try_from(schema).unwrap_or(u32::MAX)))
        }
        _ => Ok(StoredIndex::read(&value).unwrap_or_else(StoredIndex::fresh)),
    }
}

/// A record's row, unread; `None` where there is none, or none that this version can read.
pub(super) async fn load_row(
    store: &impl Store,
    key: &StateKey,
    record: &Record,
) -> Result<Option<Value>, StoreError> {
    let row = store.load(&key.record(record)).await?;
    let row = row.map(|text| Value::said(&text));
    Ok(row.filter(|row| row.number("schema").is_some_and(|schema| schema <= u64::from(SCHEMA))))
}

/// All of it in one transaction, a row written out when its turn has come. The index is the last: whatever happens, its
/// cursor does not come before the trees.
pub(super) async fn save(
    store: &impl Store,
    key: &StateKey,
    save: &mut Save,
) -> Result<(), StoreError> {
    let mut records = save.records.iter();
    let mut index = Some(std::mem::take(&mut save.index));
    let mut next = || match records.next() {
        Some((record, stored)) => {
            Some((key.record(record), stored.as_ref().map(|stored| stored.write_text())))
        }
        None => index.take().map(|index| (key.index(), Some(index))),
    };
    store.save_rows(&mut next).await
}

/// Removes all rows, and remembers the checkpoint that they belonged to (0: none).
pub(super) async fn retire(
    store: &impl Store,
    key: &StateKey,
    generation: u64,
) -> Result<(), StoreError> {
    let keys = store.keys(&key.prefix()).await?;
    let mut changes = Vec::new();
    for key in keys {
        changes.push((key, None));
    }
    if generation != 0 {
        changes.push((key.retired(), Some(decimal(generation))));
    }
    store.save(changes).await
}

/// Dropbox was told.
pub(super) fn forget_retired<'a>(
    store: &'a impl Store,
    key: &StateKey,
) -> impl Future<Output = Result<(), StoreError>> + 'a {
    store.save(vec![(key.retired(), None)])
}
