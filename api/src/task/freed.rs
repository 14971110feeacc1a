//! Tasks that lost their assignee and wait to be planned anew, and the people who gave a task back:
//! plans do not give it to them again.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::Phase;

use super::row::TaskRow;
use crate::db::schema::{freed_tasks, task_refusals, tasks};
use crate::db::{Conn, DbError};
use crate::in_range;
use crate::tx::Tx;

/// Records that the task of `row` has lost its assignee and may be planned anew.
///
/// # Errors
/// [`DbError`].
pub fn freed(tx: &mut Tx<'_>, row: &TaskRow) -> Result<(), DbError> {
    let now = tx.now.naive_utc();
    let conn = tx.write_unbatched();
    // A row that another server takes at this moment may be of an earlier loss.
    diesel::delete(freed_tasks::table.find((row.district, row.id))).execute(conn)?;
    let values = (
        freed_tasks::district.eq(row.district),
        freed_tasks::task.eq(row.id),
        freed_tasks::freed_at.eq(now),
    );
    let inserted = diesel::insert_into(freed_tasks::table).values(values).execute(conn);
    inserted.map(drop).map_err(DbError::unless_unique)
}

/// Records that the assignee of `row` gave the task back, or did not accept it.
///
/// # Errors
/// [`DbError`].
pub fn refused(tx: &mut Tx<'_>, row: &TaskRow) -> Result<(), DbError> {
    freed(tx, row)?;
    let Some(person) = row.assignee else { return Ok(()) };
    let now = tx.now.naive_utc();
    let conn = tx.write_unbatched();
    let there = task_refusals::table.find((row.district, row.id, person));
    if diesel::select(exists(there)).get_result(conn)? {
        return Ok(());
    }
    let values = (
        task_refusals::district.eq(row.district),
        task_refusals::task.eq(row.id),
        task_refusals::person.eq(person),
        task_refusals::refused_at.eq(now),
    );
    let inserted = diesel::insert_into(task_refusals::table).values(values).execute(conn);
    inserted.map(drop).map_err(DbError::unless_unique)
}

/// Takes up to `limit` freed tasks of the district, the oldest first: they no longer wait.
///
/// # Errors
/// [`DbError`].
pub fn take(conn: &mut Conn, district: AreaCode, limit: i64) -> Result<Vec<TaskId>, DbError> {
    let rows: Vec<(TaskId, NaiveDateTime)> = freed_tasks::table
        .filter(freed_tasks::district.eq(district))
        .order((freed_tasks::freed_at, freed_tasks::task))
        .limit(limit)
        .select((freed_tasks::task, freed_tasks::freed_at))
        .load(conn)?;
    let ids: Vec<TaskId> = rows.into_iter().map(|(id, _)| id).collect();
    for ids in ids.chunks(500) {
        let taken = freed_tasks::table
            .filter(freed_tasks::district.eq(district))
            .filter(freed_tasks::task.eq_any(ids));
        diesel::delete(taken).execute(conn)?;
    }
    Ok(ids)
}

/// Whether tasks of the district wait to be planned anew.
///
/// # Errors
/// [`DbError`].
pub fn any(conn: &mut Conn, district: AreaCode) -> Result<bool, DbError> {
    let waiting = freed_tasks::table.filter(freed_tasks::district.eq(district));
    Ok(diesel::select(exists(waiting)).get_result(conn)?)
}

/// The people who gave back an open task of the range, by task.
///
/// # Errors
/// [`DbError`].
pub fn refusals(
    conn: &mut Conn,
    range: &AreaRange,
) -> Result<HashMap<TaskId, Vec<PersonId>>, DbError> {
    let district = range.area().district();
    let open = tasks::table
        .filter(tasks::district.eq(district))
        .filter(in_range!(tasks::grid, range))
        .filter(tasks::state.eq(Phase::Open))
        .select(tasks::id);
    let rows: Vec<(TaskId, PersonId)> = task_refusals::table
        .filter(task_refusals::district.eq(district))
        .filter(task_refusals::task.eq_any(open))
        .order((task_refusals::task, task_refusals::person))
        .select((task_refusals::task, task_refusals::person))
        .load(conn)?;
    let mut refusals: HashMap<TaskId, Vec<PersonId>> = HashMap::new();
    for (task, person) in rows {
        refusals.entry(task).or_default().push(person);
    }
    Ok(refusals)
}
