//! Visits that people assigned, or pinned in the order of a plan, and that were not accepted in time: they go
//! on to others, where the district says so.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;

use super::offers;
use crate::db::schema::{events, plans, tasks};
use crate::db::{Conn, DbError, in_batches};
use crate::log::Subject;
use crate::plan::request::stored_order::StoredOrder;
use crate::plan::settings;
use crate::task;
use crate::tx::Tx;

/// The most visits that people assigned, and that they pinned, which are opened in one transaction.
const BATCH: u8 = 200;
/// The condition of the index `tasks_assigned_without_plan`.
const WITHOUT_PLAN: &str = "tasks.state = 'assigned' AND tasks.plan IS NULL";
/// What the text of an order with pins has: an order without any leaves them out.
const WITH_PINS: &str = r#"%"pins":[{%"#;

/// Up to a batch of the visits that a person assigned and that are not accepted in time, the longest unchanged
/// first, and of those that one pinned; none where the district sets no time. What the regime of a responsible
/// person assigned stays, as does what was loaded with its assignee.
///
/// # Errors
/// [`DbError`].
pub fn due(
    conn: &mut Conn,
    district: AreaCode,
    now: DateTime<Utc>,
) -> Result<Vec<TaskId>, DbError> {
    let Some(within) = within(conn, district)? else { return Ok(Vec::new()) };
    // As `log::store::handover`, by a person.
    let by_a_person = events::table
        .filter(events::district.eq(district))
        .filter(events::subject_id.eq(tasks::id))
        .filter(events::subject.eq(Subject::Task))
        .filter(events::actor.is_not_null())
        .filter(events::person.eq(tasks::assignee))
        .filter(events::person_before.is_null().or(events::person_before.ne(tasks::assignee)));
    // A first, generous bound for the query: not all hours count.
    let since = (now - within).naive_utc();
    let rows: Vec<(TaskId, NaiveDateTime)> = tasks::table
        .filter(tasks::district.eq(district))
        .filter(sql::<Bool>(WITHOUT_PLAN))
        .filter(tasks::updated_at.le(since))
        .filter(exists(by_a_person))
        .order((tasks::updated_at, tasks::id))
        .limit(BATCH.into())
        .select((tasks::id, tasks::updated_at))
        .load(conn)?;
    let due = rows.into_iter().filter(|(_, changed)| is_over(*changed, within, now));
    let pinned = pinned(conn, district, (within, now))?;
    Ok(due.map(|(id, _)| id).chain(pinned).collect())
}

/// Up to a batch of the visits that a person pinned in the order of the plan that gave them, and that are not
/// accepted in this time.
fn pinned(
    conn: &mut Conn,
    district: AreaCode,
    (within, now): (TimeDelta, DateTime<Utc>),
) -> Result<Vec<TaskId>, DbError> {
    let unaccepted = || {
        tasks::table
            .filter(tasks::district.eq(district))
            .filter(tasks::state.eq(Phase::Assigned))
            .filter(tasks::plan.is_not_null())
    };
    let orders: Vec<String> = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::id.eq_any(unaccepted().select(tasks::plan.assume_not_null())))
        .filter(plans::request.like(WITH_PINS))
        .select(plans::request.assume_not_null())
        .load(conn)?;
    let mut ids: Vec<TaskId> = Vec::new();
    for order in orders {
        ids.extend(StoredOrder::parse(&order)?.order.pinned());
    }
    let visits: Vec<(PlanId, TaskId)> = in_batches(&ids, |ids| {
        unaccepted()
            .filter(tasks::id.eq_any(ids))
            .select((tasks::plan.assume_not_null(), tasks::id))
            .load(conn)
    })?;
    let due = offers::not_accepted(conn, district, visits, (true, within, now))?;
    Ok(due.into_iter().map(|(_, task)| task).take(BATCH.into()).collect())
}

/// Opens those of the visits that are still due, and records that plans give them to other people; answers
/// their number.
///
/// # Errors
/// [`DbError`].
pub fn release(tx: &mut Tx<'_>, district: AreaCode, ids: &[TaskId]) -> Result<usize, DbError> {
    let Some(within) = within(tx.read_unbatched(), district)? else { return Ok(0) };
    let (now, mut count) = (tx.now, 0);
    let rows = task::store::rows(tx.read()?, district, ids)?;
    let of_plans = rows.iter().filter_map(|row| Some((row.plan?, row.id))).collect();
    let pinned = offers::not_accepted(tx.read()?, district, of_plans, (true, within, now))?;
    for row in &rows {
        // An acceptance or a change may have been written since the visits were read.
        let is_due = match row.plan {
            Some(plan) => pinned.contains(&(plan, row.id)),
            None => is_over(row.updated_at, within, now),
        };
        if row.state == Phase::Assigned && is_due {
            offers::go_on(tx, row)?;
            count += 1;
        }
    }
    Ok(count)
}

/// The time to accept a visit that a person assigned.
fn within(conn: &mut Conn, district: AreaCode) -> Result<Option<TimeDelta>, DbError> {
    let (settings, _) = settings::read(conn, district)?;
    Ok(settings.accept_assigned_within_minutes.map(|minutes| TimeDelta::minutes(minutes.into())))
}

/// Whether the time is over, which begins anew with each change of a visit.
fn is_over(changed: NaiveDateTime, within: TimeDelta, now: DateTime<Utc>) -> bool {
    offers::accept_by(changed.and_utc(), within) <= now
}
