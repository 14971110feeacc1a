//! Tasks in a unit of work: the tasks of a commit are read and locked together, and their
//! transitions are written together.

use gridward_domain::area::AreaCode;
use gridward_domain::id::TaskId;
use std::collections::BTreeSet;

use diesel::prelude::*;

use super::row::TaskRow;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::tx::row::{Row, RowChange};

impl Row for TaskRow {
    type Key = TaskId;
    /// Locked, so it is read first: the previous transaction on the task has then
    /// committed, and its commands and reports are visible.
    const ORDER: u8 = 0;

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
        let new = changes.iter().filter(|change| change.old.is_none());
        let new: Vec<&Self> = new.map(|change| change.new).collect();
        Self::insert_all(conn, &new)?;
        let steps = changes.iter().filter_map(|change| Some((change.old?.version, change.new)));
        let steps: Vec<(i64, &Self)> = steps.collect();
        let written = Self::update_all(conn, &steps)?;
        if written == steps.len() { Ok(()) } else { Err(DbError::Collision) }
    }
}
