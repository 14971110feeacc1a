//! Visits that a plan gave and that their people did not accept in time: they go on to others.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;
use serde_json::json;

use crate::clock::{day, midnight};
use crate::db::schema::{plan_visits, plans, tasks};
use crate::db::{Conn, DbError, in_batches};
use crate::plan::model::PlanState;
use crate::plan::settings;
use crate::plan::store;
use crate::task;
use crate::task::assignment::freed;
use crate::task::commands::release;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The maximum number of tasks that are read in one transaction.
const BATCH: i64 = 200;
/// The hours of the day that count: an offer of the night waits for the morning.
const HOURS: (TimeDelta, TimeDelta) = (TimeDelta::hours(8), TimeDelta::hours(20));

/// The task up to which a part of the visits has been read, with its plan.
pub type Position = (PlanId, TaskId);

/// Reads a part of the visits after `after`, opens those that were not accepted in time, and records
/// that plans give them to other people; answers their number and where the next part begins. One that a
/// person pinned in the order of its plan is none of them: it has the time of those that people assigned.
///
/// # Errors
/// [`DbError`].
pub fn release_due(
    tx: &mut Tx<'_>,
    district: AreaCode,
    after: Option<Position>,
) -> Result<(usize, Option<Position>), DbError> {
    let (settings, _) = settings::read(tx.read_unbatched(), district)?;
    let Some(minutes) = settings.accept_within_minutes else { return Ok((0, None)) };
    let (within, now) = (TimeDelta::minutes(minutes.into()), tx.now);
    // A first, generous bound for the query: not all hours count.
    let offers = given_until(tx.read()?, district, now - within, after)?;
    let next = offers.last().copied().filter(|_| i64::try_from(offers.len()) == Ok(BATCH));
    let due = not_accepted(tx.read()?, district, offers, (false, within, now))?;
    let ids: Vec<TaskId> = due.iter().map(|(_, task)| *task).collect();
    for row in task::store::rows(tx.read()?, district, &ids)? {
        // Another server may have written an acceptance since the list was read.
        let is_due = row.plan.is_some_and(|plan| due.contains(&(plan, row.id)));
        if row.state == Phase::Assigned && is_due {
            go_on(tx, &row)?;
        }
    }
    Ok((ids.len(), next))
}

/// Those of the visits whose time `within` to accept them is over: of those that a person pinned in the order
/// of the plan, or of all others.
///
/// # Errors
/// [`DbError`].
pub(super) fn not_accepted(
    conn: &mut Conn,
    district: AreaCode,
    mut visits: Vec<Position>,
    (pinned, within, now): (bool, TimeDelta, DateTime<Utc>),
) -> Result<Vec<Position>, DbError> {
    let plans: BTreeSet<PlanId> = visits.iter().map(|(plan, _)| *plan).collect();
    let plans: Vec<PlanId> = plans.into_iter().collect();
    let given = store::given(conn, district, &plans)?;
    let is_over = |at: DateTime<Utc>| accept_by(at, within) <= now;
    visits.retain(|(plan, task)| {
        let given = given.get(plan).filter(|given| given.pins(*task) == pinned);
        given.is_some_and(|given| is_over(given.at))
    });
    let ids: Vec<TaskId> = visits.iter().map(|(_, task)| *task).collect();
    let back = given_back(conn, district, &ids)?;
    visits.retain(|visit| back.get(visit).is_none_or(|at| is_over(*at)));
    Ok(visits)
}

/// Opens the visit of `row`, and records that a plan gives it to another person.
///
/// # Errors
/// [`DbError`].
pub(super) fn go_on(tx: &mut Tx<'_>, row: &TaskRow) -> Result<(), DbError> {
    freed::not_accepted(tx, row)?;
    release::open(tx, row, None, json!({ "because": "not_accepted", "was": row.state }))?;
    Ok(())
}

/// A part of the visits that plans gave until the time `given` and that are not accepted yet, after
/// those up to `after`: by plan and task.
fn given_until(
    conn: &mut Conn,
    district: AreaCode,
    given: DateTime<Utc>,
    after: Option<Position>,
) -> Result<Vec<Position>, DbError> {
    let given = given.naive_utc();
    let since = plans::state_at.le(given).or(plans::created_at.le(given));
    let mut query = tasks::table
        .inner_join(
            plans::table
                .on(plans::district.eq(tasks::district).and(plans::id.nullable().eq(tasks::plan))),
        )
        .filter(tasks::district.eq(district))
        .filter(tasks::state.eq(Phase::Assigned))
        .filter(tasks::plan.is_not_null())
        .filter(plans::district.eq(district))
        .filter(since)
        .into_boxed();
    if let Some((plan, task)) = after {
        let later = tasks::plan.gt(plan).or(tasks::plan.eq(plan).and(tasks::id.gt(task)));
        query = query.filter(tasks::plan.ge(plan)).filter(later);
    }
    let rows = query.order((tasks::plan, tasks::id)).limit(BATCH).select((plans::id, tasks::id));
    Ok(rows.load(conn)?)
}

/// When these visits last went back to the plans that gave them: plans that had moved them were undone.
fn given_back(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[TaskId],
) -> Result<HashMap<(PlanId, TaskId), DateTime<Utc>>, DbError> {
    type Columns = (Option<PlanId>, TaskId, Option<NaiveDateTime>);
    let rows: Vec<Columns> =
        in_batches(ids, |ids| {
            plan_visits::table
                .inner_join(plans::table.on(
                    plans::district.eq(plan_visits::district).and(plans::id.eq(plan_visits::plan)),
                ))
                .filter(plans::district.eq(district))
                .filter(plans::state.eq_any([PlanState::Undoing, PlanState::Undone]))
                .filter(plan_visits::task.eq_any(ids))
                .filter(plan_visits::former_plan.is_not_null())
                .order(plans::state_at)
                .select((plan_visits::former_plan, plan_visits::task, plans::state_at))
                .load(conn)
        })?;
    let back =
        |(plan, task, at): Columns| plan.zip(at).map(|(plan, at)| ((plan, task), at.and_utc()));
    // The latest time of each stays.
    Ok(rows.into_iter().filter_map(back).collect())
}

/// Until when a visit given at this moment is accepted in time.
pub(super) fn accept_by(given: DateTime<Utc>, within: TimeDelta) -> DateTime<Utc> {
    let mut left = within;
    for date in day(given).iter_days() {
        let (begins, ends) = (midnight(date) + HOURS.0, midnight(date) + HOURS.1);
        let from = given.max(begins);
        let hours = (ends - from).max(TimeDelta::zero());
        if left <= hours {
            return from + left;
        }
        left -= hours;
    }
    given + within
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(given: &str, minutes: i64) -> String {
        let at = |text: &str| -> DateTime<Utc> {
            format!("2026-11-{text}:00+08:00").parse().expect("a moment")
        };
        let end = accept_by(at(given), TimeDelta::minutes(minutes));
        end.with_timezone(&crate::clock::china()).format("%dT%H:%M").to_string()
    }

    #[test]
    fn only_the_hours_of_the_day_count() {
        assert_eq!(by("26T09:00", 60), "26T10:00");
        assert_eq!(by("26T02:00", 60), "26T09:00", "a plan of the night");
        assert_eq!(by("26T19:30", 60), "27T08:30");
        assert_eq!(by("26T22:00", 60), "27T09:00");
        assert_eq!(by("26T08:00", 720), "26T20:00");
        assert_eq!(by("26T08:00", 1_500), "28T09:00");
    }
}
