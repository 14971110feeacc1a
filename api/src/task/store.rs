//! Queries for tasks and their transitions.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::visibility::TaskFacts;

use super::reports::report_row;
use super::row::TaskRow;
use super::view::facts::FactsRow;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError, changed_one, in_batches};
use crate::in_range;

/// The task's row, anywhere in the district.
///
/// # Errors
/// [`DbError`].
pub fn row(conn: &mut Conn, district: AreaCode, id: TaskId) -> Result<Option<TaskRow>, DbError> {
    Ok(tasks::table.find((district, id)).select(TaskRow::as_select()).first(conn).optional()?)
}

/// The columns of a task that its grid depends on: id, grid, latitude, longitude, beneficiary.
pub type LocatedTask = (TaskId, AreaCode, f64, f64, Option<BeneficiaryId>);

/// The tasks of the range in any state, with their location.
///
/// # Errors
/// [`DbError`].
pub fn located(conn: &mut Conn, range: &AreaRange) -> Result<Vec<LocatedTask>, DbError> {
    Ok(tasks::table
        .filter(tasks::district.eq(range.area().district()))
        .filter(in_range!(tasks::grid, range))
        .order(tasks::id)
        .select((tasks::id, tasks::grid, tasks::lat, tasks::lon, tasks::beneficiary))
        .load(conn)?)
}

/// The rows of these tasks.
///
/// # Errors
/// [`DbError`].
pub fn rows(conn: &mut Conn, district: AreaCode, ids: &[TaskId]) -> Result<Vec<TaskRow>, DbError> {
    in_batches(ids, |ids| {
        tasks::table
            .filter(tasks::district.eq(district))
            .filter(tasks::id.eq_any(ids))
            .order(tasks::id)
            .select(TaskRow::as_select())
            .load(conn)
    })
}

/// Those of these tasks that are in one of the states.
///
/// # Errors
/// [`DbError`].
pub fn among(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[TaskId],
    states: &[Phase],
) -> Result<Vec<TaskId>, DbError> {
    in_batches(ids, |ids| {
        tasks::table
            .filter(tasks::district.eq(district))
            .filter(tasks::id.eq_any(ids))
            .filter(tasks::state.eq_any(states))
            .select(tasks::id)
            .load(conn)
    })
}

/// Those of these tasks that ended without a visit at this time or before.
///
/// # Errors
/// [`DbError`].
pub fn unmade_by(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[TaskId],
    time: NaiveDateTime,
) -> Result<Vec<TaskId>, DbError> {
    in_batches(ids, |ids| {
        tasks::table
            .filter(tasks::district.eq(district))
            .filter(tasks::id.eq_any(ids))
            .filter(tasks::state.eq_any([Phase::Failed, Phase::Cancelled, Phase::Expired]))
            .filter(tasks::updated_at.le(time))
            .select(tasks::id)
            .load(conn)
    })
}

/// The visits of today that have a time and are under way, or those that follow them: of the people,
/// if they are given, and in one of these states.
///
/// # Errors
/// [`DbError`].
pub fn timed(
    conn: &mut Conn,
    district: AreaCode,
    day: NaiveDate,
    states: &[Phase],
    people: Option<&[PersonId]>,
) -> Result<Vec<TaskRow>, DbError> {
    let mut query = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::plan.is_not_null())
        .filter(tasks::planned_on.eq(day))
        .filter(tasks::planned_start.is_not_null())
        .filter(tasks::state.eq_any(states))
        .into_boxed();
    if let Some(people) = people {
        query = query.filter(tasks::assignee.is_not_null()).filter(tasks::assignee.eq_any(people));
    }
    let rows = query.order((tasks::planned_start, tasks::id)).select(TaskRow::as_select());
    Ok(rows.load(conn)?)
}

/// Moves the task and its reports to the grid of `next`, with its version and time.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if it has changed since it was read.
pub fn move_to_grid(conn: &mut Conn, row: &TaskRow, next: &TaskRow) -> Result<(), DbError> {
    let unchanged =
        tasks::table.find((row.district, row.id)).filter(tasks::version.eq(row.version));
    let values = (
        tasks::grid.eq(next.grid),
        tasks::version.eq(next.version),
        tasks::updated_at.eq(next.updated_at),
    );
    let changed = diesel::update(unchanged).set(values).execute(conn)?;
    changed_one(changed)?;
    report_row::move_with_task(conn, row, next)
}

/// Whether the person has an active task at the beneficiary.
///
/// # Errors
/// [`DbError`].
pub fn holds_at(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
    beneficiary: BeneficiaryId,
) -> Result<bool, DbError> {
    let held = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::beneficiary.eq(beneficiary))
        .filter(tasks::assignee.eq(person))
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED));
    let one: Option<TaskId> = held.select(tasks::id).first(conn).optional()?;
    Ok(one.is_some())
}

/// The properties of the tasks at these beneficiaries that determine who sees them; without those
/// that left the phones long ago.
///
/// # Errors
/// [`DbError`].
pub fn facts_at(
    conn: &mut Conn,
    district: AreaCode,
    beneficiaries: &[BeneficiaryId],
) -> Result<Vec<(BeneficiaryId, TaskFacts)>, DbError> {
    if beneficiaries.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(BeneficiaryId, FactsRow)> = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::beneficiary.eq_any(beneficiaries))
        // SQLite uses the partial index only if the query repeats the index's condition.
        .filter(tasks::beneficiary.is_not_null())
        .filter(tasks::archived.eq(false))
        .select((tasks::beneficiary.assume_not_null(), FactsRow::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(at, task)| (at, task.facts())).collect())
}

/// The input of dispatch: open tasks of the range that may be done by `last`, and assigned
/// tasks.
///
/// # Errors
/// [`DbError`].
pub fn for_dispatch(
    conn: &mut Conn,
    range: &AreaRange,
    last: NaiveDate,
) -> Result<Vec<TaskRow>, DbError> {
    let query = tasks::table
        .filter(tasks::district.eq(range.area().district()))
        .filter(in_range!(tasks::grid, range))
        .filter(tasks::state.eq_any(Phase::UNFINISHED))
        .filter(tasks::not_before.le(last))
        .order((tasks::grid, tasks::due_on, tasks::id));
    match conn {
        // A campaign's tasks are tens of megabytes, which the client library would keep beside the rows.
        Conn::Pg(conn) => {
            let query = query.select(TaskRow::as_select());
            let rows = query.load_iter::<TaskRow, PgRowByRowLoadingMode>(conn)?;
            Ok(rows.collect::<Result<_, _>>()?)
        }
        Conn::Sqlite(conn) => Ok(query.select(TaskRow::as_select()).load(conn)?),
    }
}

/// The assigned tasks of the district outside the range; none if the range is the whole
/// district.
///
/// # Errors
/// [`DbError`].
pub fn held_outside(conn: &mut Conn, range: &AreaRange) -> Result<Vec<TaskRow>, DbError> {
    if range.area().level() == Level::District {
        return Ok(Vec::new());
    }
    Ok(tasks::table
        .filter(tasks::district.eq(range.area().district()))
        .filter(diesel::dsl::not(in_range!(tasks::grid, range)))
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .order((tasks::grid, tasks::due_on, tasks::id))
        .select(TaskRow::as_select())
        .load(conn)?)
}

/// Up to `limit` tasks of the district whose next automatic step is due on `today`.
///
/// # Errors
/// [`DbError`].
pub fn due_tasks(
    conn: &mut Conn,
    district: AreaCode,
    today: NaiveDate,
    limit: i64,
) -> Result<Vec<TaskRow>, DbError> {
    Ok(tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::next_action_on.le(today))
        .order((tasks::next_action_on, tasks::id))
        .limit(limit)
        .select(TaskRow::as_select())
        .load(conn)?)
}

/// The unfinished tasks of a person, in the order of their keys.
///
/// # Errors
/// [`DbError`].
pub fn held_by(
    conn: &mut Conn,
    district: AreaCode,
    person: PersonId,
) -> Result<Vec<TaskRow>, DbError> {
    Ok(tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.eq(person))
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .order(tasks::id)
        .select(TaskRow::as_select())
        .load(conn)?)
}
