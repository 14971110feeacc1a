//! Tasks in a unit of work: the tasks of a commit are read and locked together, and their
//! transitions are written together.

use gridward_domain::area::AreaCode;
use gridward_domain::id::TaskId;
use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::task::row::TaskRow;
use crate::tx::row::{Row, RowChange, write_versioned};

impl Row for TaskRow {
    type Key = TaskId;
    /// Locked, so it is read before what is only read: the previous transaction on the task has
    /// then committed, and its commands and reports are visible.
    const ORDER: u8 = 1;

    fn key(&self) -> TaskId {
        self.id
    }

    fn one(conn: &mut Conn, district: AreaCode, id: &TaskId) -> Result<Option<Self>, DbError> {
        let found = tasks::table.find((district, id)).select(Self::as_select());
        Ok(found.first(conn).optional()?)
    }

    /// Locks the tasks, on every server in the order of their keys, so that no deadlock can
    /// occur.
    fn many(
        conn: &mut PgConnection,
        district: AreaCode,
        ids: &BTreeSet<TaskId>,
    ) -> Result<Vec<Self>, DbError> {
        let of_ids = tasks::table
            .filter(tasks::district.eq(district))
            .filter(tasks::id.eq_any(ids))
            .order(tasks::id)
            .for_no_key_update()
            .select(Self::as_select());
        Ok(of_ids.load(conn)?)
    }

    fn write(conn: &mut Conn, _: AreaCode, changes: &[RowChange<'_, Self>]) -> Result<(), DbError> {
        write_versioned(conn, changes, |row| row.version, Self::insert_all, Self::update_all)
    }
}
