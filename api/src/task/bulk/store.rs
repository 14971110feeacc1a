//! The bulks that can be undone.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BulkId, PersonId};

use super::UNDOABLE_FOR;
use super::model::Inverse;
use crate::crypto::SealingKey;
use crate::db::schema::task_bulks;
use crate::db::{Conn, DbError, changed_one};

const TABLE: &str = "task_bulks";

crate::table_row! {
    /// A row of `task_bulks`.
    #[derive(Clone, Debug)]
    pub(super) struct BulkRow in task_bulks {
        district: AreaCode,
        key {
            id: BulkId,
        }
        fixed {
            person: PersonId,
            created_at: NaiveDateTime,
            undone_at: Option<NaiveDateTime>,
            sealed: Vec<u8>,
        }
    }
}

impl BulkRow {
    /// Whether it can be undone at `now`.
    pub(super) fn is_undoable(&self, now: DateTime<Utc>) -> bool {
        self.undone_at.is_none() && now < self.created_at.and_utc() + UNDOABLE_FOR
    }

    /// What undoes it.
    pub(super) fn inverses(&self, key: &SealingKey) -> Result<Vec<Inverse>, DbError> {
        key.open_row((self.district, TABLE, self.id), &self.sealed)
    }
}

/// Stores what undoes a bulk of the person, and forgets those that can no longer be undone.
pub(super) fn keep(
    conn: &mut Conn,
    key: &SealingKey,
    (district, person): (AreaCode, PersonId),
    id: BulkId,
    inverses: &[Inverse],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let over = (now - UNDOABLE_FOR).naive_utc();
    let those = task_bulks::table
        .filter(task_bulks::district.eq(district))
        .filter(task_bulks::created_at.lt(over));
    diesel::delete(those).execute(conn)?;
    let sealed = key.seal_row((district, TABLE, id), &inverses)?;
    let created_at = now.naive_utc();
    let row = BulkRow { district, id, person, created_at, undone_at: None, sealed };
    BulkRow::insert_all(conn, &[&row])
}

/// The bulk of the person.
pub(super) fn one(
    conn: &mut Conn,
    (district, person): (AreaCode, PersonId),
    id: BulkId,
) -> Result<Option<BulkRow>, DbError> {
    let found = task_bulks::table.find((district, id)).filter(task_bulks::person.eq(person));
    Ok(found.select(BulkRow::as_select()).first(conn).optional()?)
}

/// Marks the bulk as undone.
///
/// # Errors
/// [`DbError::Collision`] if another server undid it meanwhile.
pub(super) fn mark(conn: &mut Conn, row: &BulkRow, now: DateTime<Utc>) -> Result<(), DbError> {
    let open = task_bulks::table.find((row.district, row.id));
    let open = open.filter(task_bulks::undone_at.is_null());
    let changed =
        diesel::update(open).set(task_bulks::undone_at.eq(now.naive_utc())).execute(conn)?;
    changed_one(changed)
}
