//! The interface of rows that a transaction caches and writes in batches.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::fmt::Debug;

use diesel::PgConnection;
use gridward_domain::area::AreaCode;

use crate::db::{Conn, DbError};

/// A row that a transaction caches by key, within one district.
pub trait Row: Clone + Debug + Send + Sync + 'static {
    /// The table's key within a district.
    type Key: Clone + Debug + Ord + Send + Sync + 'static;

    /// The table's position in the order of reading and writing, ascending. A table
    /// whose rows are locked comes before those that are only read.
    const ORDER: u8;

    /// Its key.
    fn key(&self) -> Self::Key;

    /// The row of this key, as the database has it.
    ///
    /// # Errors
    /// [`DbError`].
    fn one(conn: &mut Conn, district: AreaCode, key: &Self::Key) -> Result<Option<Self>, DbError>;

    /// The rows of these keys, as PostgreSQL has them.
    ///
    /// # Errors
    /// [`DbError`].
    fn many(
        conn: &mut PgConnection,
        district: AreaCode,
        keys: &BTreeSet<Self::Key>,
    ) -> Result<Vec<Self>, DbError>;

    /// Writes changed rows.
    ///
    /// # Errors
    /// [`DbError::Collision`] if one of them is no longer as it was read.
    fn write(
        conn: &mut Conn,
        district: AreaCode,
        changes: &[RowChange<'_, Self>],
    ) -> Result<(), DbError>;
}

/// A row to be written.
#[derive(Debug)]
pub struct RowChange<'a, R> {
    /// The row as the database has it; `None` for an insert.
    pub old: Option<&'a R>,
    /// The row to be written.
    pub new: &'a R,
}

/// Writes changed rows with a version: inserts the new ones, and updates those that still have the
/// version with which they were read.
///
/// # Errors
/// [`DbError::Collision`] if one of them is no longer as it was read.
pub fn write_versioned<R>(
    conn: &mut Conn,
    changes: &[RowChange<'_, R>],
    version: impl Fn(&R) -> i64,
    insert: impl FnOnce(&mut Conn, &[&R]) -> Result<(), DbError>,
    update: impl FnOnce(&mut Conn, &[(i64, &R)]) -> Result<usize, DbError>,
) -> Result<(), DbError> {
    let new = changes.iter().filter(|change| change.old.is_none());
    let new: Vec<&R> = new.map(|change| change.new).collect();
    insert(conn, &new)?;
    let steps = changes.iter().filter_map(|change| Some((version(change.old?), change.new)));
    let steps: Vec<(i64, &R)> = steps.collect();
    let written = update(conn, &steps)?;
    if written == steps.len() { Ok(()) } else { Err(DbError::Collision) }
}

/// A table's turn: its order, and its row type where two tables share one.
pub(super) type Turn = (u8, TypeId);

pub(super) fn turn<R: Row>() -> Turn {
    (R::ORDER, TypeId::of::<R>())
}
