//! Puts the plan of the night into the queue.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PlanId;
use uuid::Uuid;

use super::nightly::{DueNight, PlanMode};
use crate::db::schema::plans;
use crate::db::{Conn, DbError};
use crate::plan::compute::computed::Request;
use crate::plan::compute::queue;
use crate::plan::drafts::draft::{self, Unordered};
use crate::plan::model::{PlanOrigin, PlanState};
use crate::plan::request::order::PlanOrder;
use crate::plan::request::span::Span;
use crate::plan::settings;
use crate::tx::Tx;

/// The most plans of one night: another one is made only after each has failed.
const MOST_TRIES: i64 = 3;
/// How long a night waits after a plan that failed for the next one: a short fault does not use up all of them.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Puts the plan of the night into the queue, if it is due and the night has none but some that failed a while
/// ago, not as many as a night gets at most; answers the number of new plans.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if another server does it at the same time.
pub fn enqueue_due(tx: &mut Tx<'_>, district: AreaCode) -> Result<usize, DbError> {
    let (settings, _) = settings::read(tx.read_unbatched(), district)?;
    let Some(nightly) = settings.nightly_plan else { return Ok(0) };
    let Some(due) = nightly.due(tx.now) else { return Ok(0) };
    let Some(span) = nightly.span(due.first_day) else { return Ok(0) };
    let now = tx.now;
    if !lacks_plan(tx.read_unbatched(), district, due, now)? {
        return Ok(0);
    }
    release_failed(tx.write_unbatched(), district, due.night)?;
    let (id, order) = (PlanId(Uuid::now_v7()), order(district, span));
    let request = Request { id, order, now, by: None };
    let unordered = Unordered {
        origin: PlanOrigin::Nightly,
        is_applied_at_once: nightly.mode == PlanMode::Apply,
        night: Some(due.night),
    };
    draft::insert_unordered(tx, &request, unordered)?;
    Ok(1)
}

/// Whether a plan is to be made for the night: it has none, or one that failed and another try. One that a
/// person has discarded is not made again.
fn lacks_plan(
    conn: &mut Conn,
    district: AreaCode,
    due: DueNight,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let plan: Option<(PlanState, i32, Option<NaiveDateTime>)> = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::night.eq(due.night))
        .select((plans::state, plans::attempts, plans::state_at))
        .first(conn)
        .optional()?;
    match plan {
        None => Ok(true),
        Some((PlanState::Failed, attempts, failed_at)) => {
            let may_retry = may_retry((attempts, failed_at), now);
            Ok(may_retry && failed(conn, district, due.first_day)? < MOST_TRIES)
        }
        Some(_) => Ok(false),
    }
}

/// Whether another plan may be made now after one that failed: not after one that was given up because servers
/// began and did not finish it, since it may be what stopped them.
fn may_retry((attempts, failed_at): (i32, Option<NaiveDateTime>), now: DateTime<Utc>) -> bool {
    attempts < queue::MOST_ATTEMPTS && failed_at.is_none_or(|at| now - at.and_utc() >= RETRY_AFTER)
}

/// The number of nightly plans that begin on this day and failed: earlier tries have no night any longer.
fn failed(conn: &mut Conn, district: AreaCode, first_day: NaiveDate) -> Result<i64, DbError> {
    // The first condition has an index.
    Ok(plans::table
        .filter(plans::district.eq(district).and(plans::last_day.ge(first_day)))
        .filter(plans::first_day.eq(first_day))
        .filter(plans::origin.eq(PlanOrigin::Nightly))
        .filter(plans::state.eq(PlanState::Failed))
        .count()
        .get_result(conn)?)
}

/// Takes the night from its plan, if that failed: a night has one plan.
fn release_failed(conn: &mut Conn, district: AreaCode, night: NaiveDate) -> Result<(), DbError> {
    let failed = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::night.eq(night))
        .filter(plans::state.eq(PlanState::Failed));
    diesel::update(failed).set(plans::night.eq(None::<NaiveDate>)).execute(conn)?;
    Ok(())
}

/// The order for the night's plan: also of tasks that are due before its first day, which would otherwise
/// be left out each night.
fn order(district: AreaCode, span: Span) -> PlanOrder {
    PlanOrder { include_late: true, ..PlanOrder::of(district, span) }
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};

    use super::*;

    #[test]
    fn a_night_waits_after_a_plan_that_failed_and_is_over_after_one_that_was_given_up() {
        let now: DateTime<Utc> = "2026-11-26T18:20:00Z".parse().expect("a moment");
        let ago = |minutes| Some((now - TimeDelta::minutes(minutes)).naive_utc());
        assert!(!may_retry((1, ago(14)), now));
        assert!(may_retry((1, ago(15)), now));
        assert!(may_retry((2, None), now));
        assert!(!may_retry((queue::MOST_ATTEMPTS, ago(60)), now));
    }

    #[test]
    fn the_plan_of_an_evening_has_the_tasks_that_are_due_today_and_before() {
        let today: NaiveDate = "2026-11-26".parse().expect("a day");
        let tomorrow = today + Days::new(1);
        let span = Span::new(tomorrow, tomorrow + Days::new(2)).expect("days");
        let district = "500116".parse().expect("a code");
        let of_evening = order(district, span);
        for due in [today, today - Days::new(1), today - Days::new(30)] {
            assert!(!of_evening.leaves_out(due, today), "{due}");
            assert!(PlanOrder::of(district, span).leaves_out(due, today), "{due}");
        }
    }
}
