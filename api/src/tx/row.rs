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

/// A table's turn: its order, and its row type where two tables share one.
pub(super) type Turn = (u8, TypeId);

pub(super) fn turn<R: Row>() -> Turn {
    (R::ORDER, TypeId::of::<R>())
}
