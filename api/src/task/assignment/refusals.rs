//! The people who gave a task back: plans do not give it to them again.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::Phase;

use crate::db::schema::{task_refusals, tasks};
use crate::db::{Conn, DbError, in_batches};
use crate::in_range;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The most tasks whose refusals are forgotten in one transaction.
const FORGOTTEN: i64 = 500;

/// Records that no plan gives the task of `row` to its assignee again.
///
/// # Errors
/// [`DbError`].
pub(super) fn add(tx: &mut Tx<'_>, row: &TaskRow) -> Result<(), DbError> {
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

/// Tasks that people gave back and that have ended since.
///
/// # Errors
/// [`DbError`].
pub fn ended(conn: &mut Conn, district: AreaCode) -> Result<Vec<TaskId>, DbError> {
    let those =
        tasks::table
            .inner_join(task_refusals::table.on(
                task_refusals::district.eq(tasks::district).and(task_refusals::task.eq(tasks::id)),
            ))
            .filter(task_refusals::district.eq(district))
            .filter(tasks::district.eq(district))
            .filter(tasks::state.ne_all(Phase::UNFINISHED))
            .order(tasks::id)
            .limit(FORGOTTEN)
            .select(tasks::id)
            .distinct();
    Ok(those.load(conn)?)
}

/// Forgets who gave these tasks back; answers the number of tasks.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, district: AreaCode, ids: &[TaskId]) -> Result<usize, DbError> {
    let those = task_refusals::table
        .filter(task_refusals::district.eq(district))
        .filter(task_refusals::task.eq_any(ids));
    diesel::delete(those).execute(conn)?;
    Ok(ids.len())
}

/// The people who gave back a task of the range that is open or not accepted by another person yet, by task.
///
/// # Errors
/// [`DbError`].
pub fn of_unaccepted(
    conn: &mut Conn,
    range: &AreaRange,
) -> Result<HashMap<TaskId, Vec<PersonId>>, DbError> {
    let district = range.area().district();
    let unaccepted = tasks::table
        .filter(tasks::district.eq(district))
        .filter(in_range!(tasks::grid, range))
        .filter(tasks::state.eq_any([Phase::Open, Phase::Assigned]))
        .select(tasks::id);
    let those = task_refusals::table
        .filter(task_refusals::district.eq(district))
        .filter(task_refusals::task.eq_any(unaccepted));
    Ok(by_task(rows(conn, those.into_boxed())?))
}

/// The people who gave these tasks back, by task; of an ended task they are forgotten.
///
/// # Errors
/// [`DbError`].
pub fn of_tasks(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[TaskId],
) -> Result<HashMap<TaskId, Vec<PersonId>>, DbError> {
    let found = in_batches(ids, |ids| {
        let those = task_refusals::table
            .filter(task_refusals::district.eq(district))
            .filter(task_refusals::task.eq_any(ids));
        rows(conn, those.into_boxed())
    })?;
    Ok(by_task(found))
}

/// Refusals under conditions.
type Refusals<'a> = task_refusals::BoxedQuery<'a, <Conn as Connection>::Backend>;

fn rows(conn: &mut Conn, those: Refusals<'_>) -> Result<Vec<(TaskId, PersonId)>, DbError> {
    let ordered = those.order((task_refusals::task, task_refusals::person));
    Ok(ordered.select((task_refusals::task, task_refusals::person)).load(conn)?)
}

fn by_task(rows: Vec<(TaskId, PersonId)>) -> HashMap<TaskId, Vec<PersonId>> {
    let mut people: HashMap<TaskId, Vec<PersonId>> = HashMap::new();
    for (task, person) in rows {
        people.entry(task).or_default().push(person);
    }
    people
}
