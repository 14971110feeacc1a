//! The cached rows of one table: each is read once, and a changed one is written once.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use diesel::PgConnection;
use gridward_domain::area::AreaCode;

use super::row::{Row, RowChange};
use crate::db::{Conn, DbError};

/// The rows of one table that a transaction has read or changed.
#[derive(Debug)]
pub(super) struct IdentityMap<R: Row>(BTreeMap<R::Key, Entry<R>>);

#[derive(Debug)]
struct Entry<R> {
    /// The row as the transaction sees it; `None` if there is none.
    row: Option<R>,
    stored: Stored<R>,
}

/// The stored state of a cached row.
#[derive(Debug)]
enum Stored<R> {
    /// As the transaction sees it.
    Same,
    /// Otherwise, or not at all: the transaction's row is queued.
    Was(Option<R>),
}

impl<R> Entry<R> {
    /// A row as the database has it.
    const fn read(row: Option<R>) -> Self {
        Self { row, stored: Stored::Same }
    }
}

impl<R: Row> Default for IdentityMap<R> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<R: Row> IdentityMap<R> {
    /// The row of this key; read if it is not yet known.
    pub(super) fn find(
        &mut self,
        conn: &mut Conn,
        district: AreaCode,
        key: R::Key,
    ) -> Result<Option<R>, DbError> {
        if let Some(entry) = self.0.get(&key) {
            return Ok(entry.row.clone());
        }
        let row = R::one(conn, district, &key)?;
        self.0.insert(key, Entry::read(row.clone()));
        Ok(row)
    }

    /// Reads those of `keys` that are not yet known, in one statement.
    pub(super) fn fetch(
        &mut self,
        conn: &mut PgConnection,
        district: AreaCode,
        keys: &BTreeSet<R::Key>,
    ) -> Result<(), DbError> {
        let unknown = keys.iter().filter(|key| !self.0.contains_key(key));
        let keys: BTreeSet<R::Key> = unknown.cloned().collect();
        if keys.is_empty() {
            return Ok(());
        }
        let found = R::many(conn, district, &keys)?;
        self.0.extend(keys.into_iter().map(|key| (key, Entry::read(None))));
        self.0.extend(found.into_iter().map(|row| (row.key(), Entry::read(Some(row)))));
        Ok(())
    }

    /// Queues `new` to replace `old` at commit; `old` is `None` for an insert.
    pub(super) fn put(&mut self, old: Option<R>, new: R) {
        let entry = self.0.entry(new.key()).or_insert(Entry::read(old));
        let before = entry.row.replace(new);
        if matches!(entry.stored, Stored::Same) {
            entry.stored = Stored::Was(before);
        }
    }
}

/// An identity map, whatever its row type.
pub(super) trait AnyIdentityMap: Debug {
    /// Writes the queued rows.
    fn flush(&mut self, conn: &mut Conn, district: AreaCode) -> Result<(), DbError>;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<R: Row> AnyIdentityMap for IdentityMap<R> {
    fn flush(&mut self, conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
        let changes = self.0.values().filter_map(|entry| match &entry.stored {
            Stored::Same => None,
            Stored::Was(old) => Some(RowChange { old: old.as_ref(), new: entry.row.as_ref()? }),
        });
        let changes: Vec<_> = changes.collect();
        if changes.is_empty() {
            return Ok(());
        }
        R::write(conn, district, &changes)?;
        self.0.values_mut().for_each(|entry| entry.stored = Stored::Same);
        Ok(())
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
