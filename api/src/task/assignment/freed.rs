//! Tasks that lost their assignee and wait to be planned anew.

use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::range::Priority;
use gridward_domain::task::Phase;

use super::refusals;
use crate::clock;
use crate::db::schema::freed_tasks;
use crate::db::{Conn, DbError, batches};
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The least priority of an urgent task.
const URGENT: Priority = Priority::of::<8>();
/// An urgent task that is due today or within this many days is planned as soon as it is so.
const URGENT_WITHIN: Days = Days::new(1);

/// Records that the task of `row` has lost its assignee and may be planned anew.
///
/// # Errors
/// [`DbError`].
pub fn freed(tx: &mut Tx<'_>, row: &TaskRow) -> Result<(), DbError> {
    let now = tx.now;
    add(tx.write_unbatched(), (row.district, row.id), now, false)
}

/// Records that the new task of `row` is planned at once, if it is urgent and due soon.
///
/// # Errors
/// [`DbError`].
pub fn created(tx: &mut Tx<'_>, row: &TaskRow) -> Result<(), DbError> {
    if is_due_at_once(row, clock::day(tx.now)) { freed(tx, row) } else { Ok(()) }
}

/// Records that the task is planned at once if a change has made it open, urgent and due soon.
///
/// # Errors
/// [`DbError`].
pub fn changed(tx: &mut Tx<'_>, was: &TaskRow, is: &TaskRow) -> Result<(), DbError> {
    if is_due_at_once(was, clock::day(tx.now)) { Ok(()) } else { created(tx, is) }
}

fn is_due_at_once(row: &TaskRow, today: NaiveDate) -> bool {
    let last = today.checked_add_days(URGENT_WITHIN).unwrap_or(today);
    is_urgent(row) && row.due_on <= last
}

/// Whether the task is open and urgent, whenever it is due.
pub fn is_urgent(row: &TaskRow) -> bool {
    row.state == Phase::Open && row.priority >= URGENT
}

/// Records that the task can be planned anew; with `goes_on`, whatever the district does with freed tasks.
///
/// # Errors
/// [`DbError`].
pub fn add(
    conn: &mut Conn,
    (district, task): (AreaCode, TaskId),
    now: DateTime<Utc>,
    goes_on: bool,
) -> Result<(), DbError> {
    // The present row may be of an earlier loss, and in a plan that does not know of this one.
    diesel::delete(freed_tasks::table.find((district, task))).execute(conn)?;
    let values = (
        freed_tasks::district.eq(district),
        freed_tasks::task.eq(task),
        freed_tasks::freed_at.eq(now.naive_utc()),
        freed_tasks::goes_on.eq(goes_on),
    );
    let inserted = diesel::insert_into(freed_tasks::table).values(values).execute(conn);
    inserted.map(drop).map_err(DbError::unless_unique)
}

/// Records that the freed task waits until the day `from`, on which a plan can have it.
///
/// # Errors
/// [`DbError`].
pub fn wait_until(
    conn: &mut Conn,
    (district, task): (AreaCode, TaskId),
    from: NaiveDate,
) -> Result<(), DbError> {
    let row = diesel::update(freed_tasks::table.find((district, task)));
    row.set(freed_tasks::from_day.eq(from)).execute(conn)?;
    Ok(())
}

/// Records that the assignee of `row` gave the task back.
///
/// # Errors
/// [`DbError`].
pub fn refused(tx: &mut Tx<'_>, row: &TaskRow) -> Result<(), DbError> {
    freed(tx, row)?;
    refusals::add(tx, row)
}

/// Records that the assignee of `row` did not accept the task in time: it goes on to another person.
///
/// # Errors
/// [`DbError`].
pub fn not_accepted(tx: &mut Tx<'_>, row: &TaskRow) -> Result<(), DbError> {
    let now = tx.now;
    add(tx.write_unbatched(), (row.district, row.id), now, true)?;
    refusals::add(tx, row)
}

/// Up to `limit` freed tasks of the district that no plan has and that can be planned on the day `today`, the
/// oldest first, each with whether it goes on to another person whatever the district does with freed tasks.
///
/// # Errors
/// [`DbError`].
pub fn waiting(
    conn: &mut Conn,
    district: AreaCode,
    today: NaiveDate,
    limit: i64,
) -> Result<Vec<(TaskId, bool)>, DbError> {
    Ok(freed_tasks::table
        .filter(freed_tasks::district.eq(district))
        .filter(freed_tasks::plan.is_null())
        .filter(freed_tasks::from_day.is_null().or(freed_tasks::from_day.le(today)))
        .order((freed_tasks::freed_at, freed_tasks::task))
        .limit(limit)
        .select((freed_tasks::task, freed_tasks::goes_on))
        .load(conn)?)
}

/// Records that the plan has these tasks: they wait for what becomes of it.
///
/// # Errors
/// [`DbError`].
pub fn give(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[TaskId],
    plan: PlanId,
) -> Result<(), DbError> {
    for ids in batches(ids) {
        let these = freed_tasks::table
            .filter(freed_tasks::district.eq(district))
            .filter(freed_tasks::task.eq_any(ids));
        diesel::update(these)
            .set((freed_tasks::plan.eq(plan), freed_tasks::tries.eq(freed_tasks::tries + 1)))
            .execute(conn)?;
    }
    Ok(())
}

/// The tasks that plans have, with the number of plans that have had them.
///
/// # Errors
/// [`DbError`].
pub fn given(conn: &mut Conn, district: AreaCode) -> Result<Vec<(TaskId, PlanId, i32)>, DbError> {
    let rows: Vec<(TaskId, Option<PlanId>, i32)> = freed_tasks::table
        .filter(freed_tasks::district.eq(district))
        .filter(freed_tasks::plan.is_not_null())
        .order(freed_tasks::task)
        .select((freed_tasks::task, freed_tasks::plan, freed_tasks::tries))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(task, plan, tries)| Some((task, plan?, tries))).collect())
}

/// Records that no plan has these tasks any more: they wait again.
///
/// # Errors
/// [`DbError`].
pub fn again(conn: &mut Conn, district: AreaCode, ids: &[TaskId]) -> Result<(), DbError> {
    for ids in batches(ids) {
        let these = freed_tasks::table
            .filter(freed_tasks::district.eq(district))
            .filter(freed_tasks::task.eq_any(ids));
        diesel::update(these).set(freed_tasks::plan.eq(None::<PlanId>)).execute(conn)?;
    }
    Ok(())
}

/// Whether tasks of the district wait to be planned anew and can be planned on the day `today`, or wait for
/// what becomes of a plan.
///
/// # Errors
/// [`DbError`].
pub fn any(conn: &mut Conn, district: AreaCode, today: NaiveDate) -> Result<bool, DbError> {
    let waiting = freed_tasks::table
        .filter(freed_tasks::district.eq(district))
        .filter(freed_tasks::from_day.is_null().or(freed_tasks::from_day.le(today)));
    Ok(diesel::select(exists(waiting)).get_result(conn)?)
}

/// Forgets that these tasks can be planned anew: a plan of them is ordered, or none is possible.
///
/// # Errors
/// [`DbError`].
pub fn planned(conn: &mut Conn, district: AreaCode, ids: &[TaskId]) -> Result<(), DbError> {
    for ids in batches(ids) {
        let these = freed_tasks::table
            .filter(freed_tasks::district.eq(district))
            .filter(freed_tasks::task.eq_any(ids));
        diesel::delete(these).execute(conn)?;
    }
    Ok(())
}
