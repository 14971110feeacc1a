//! What is kept of plans. A draft that can no longer be applied is discarded. The visits of plans are deleted
//! some time after their end, but for those that an undo, an explanation or a mark of an open task still needs.
//! Applied plans are kept with their measures; those that were discarded, failed or undone are deleted.

use chrono::{DateTime, Days, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;
use serde_json::json;

use crate::clock;
use crate::db::schema::{plan_visits, plans, tasks};
use crate::db::{Conn, DbError, batches};
use crate::log::{Event, Subject};
use crate::plan::model::{APPLICABLE_FOR, PlanState};
use crate::plan::plan_row::PlanRow;
use crate::plan::store;
use crate::tx::{Db, Tx};

/// How long the visits of an applied plan are kept after its last day, and a plan that was undone.
pub const APPLIED_KEPT_FOR: Days = Days::new(90);
/// How long the visits of a plan that was undone or discarded are kept, and one that was discarded or failed.
pub const ENDED_KEPT_FOR: Days = Days::new(7);
/// The most drafts that are discarded in one transaction.
const DRAFTS: i64 = 100;
/// The most plans of which visits are deleted in a row.
const PLANS: i64 = 100;
/// The most visits that are deleted in one transaction.
const VISITS: i64 = 2_000;

/// Applies the retention to the plans of the district; answers the number of discarded drafts, deleted visits and
/// deleted plans.
///
/// # Errors
/// [`DbError`].
pub async fn run(db: &Db, district: AreaCode, now: DateTime<Utc>) -> Result<usize, DbError> {
    let mut processed = repeat(db, district, move |tx| discard_expired(tx, district)).await?;
    let mut after = None;
    loop {
        let plans = db.read(move |conn| outdated(conn, district, now, after)).await?;
        after = plans.last().map(|(plan, _)| *plan);
        if after.is_none() {
            break;
        }
        for plan in plans {
            let delete = move |tx: &mut Tx<'_>| delete_visits(tx.write_unbatched(), district, plan);
            processed += repeat(db, district, delete).await?;
        }
    }
    let delete = move |tx: &mut Tx<'_>| delete_ended(tx.write_unbatched(), district, now);
    Ok(processed + repeat(db, district, delete).await?)
}

/// Repeats a step, each time in a transaction, until nothing is left for it; answers the sum of its numbers.
async fn repeat(
    db: &Db,
    district: AreaCode,
    step: impl Fn(&mut Tx<'_>) -> Result<usize, DbError> + Copy + Send + 'static,
) -> Result<usize, DbError> {
    let mut processed = 0;
    loop {
        match db.write(district, step).await? {
            0 => return Ok(processed),
            some => processed += some,
        }
    }
}

/// Discards drafts that are too old to be applied; answers their number, zero when none is left.
fn discard_expired(tx: &mut Tx<'_>, district: AreaCode) -> Result<usize, DbError> {
    let now = tx.now;
    let mut expired: Vec<PlanRow> = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::state.eq(PlanState::Draft))
        .filter(plans::campaign.is_null())
        .filter(plans::created_at.lt((now - APPLICABLE_FOR).naive_utc()))
        .order(plans::id)
        .limit(DRAFTS)
        .load(tx.read_unbatched())?;
    for row in &mut expired {
        store::change_state(tx.write_unbatched(), row, PlanState::Discarded, now)?;
        let event = Event::new("plan.discard", Subject::Plan, row.id, row.area, 2);
        tx.record(event.with(json!({ "because": "expired" })));
    }
    Ok(expired.len())
}

/// Deletes plans that have no effect and whose visits are deleted already; answers their number, zero when none
/// is left.
fn delete_ended(conn: &mut Conn, district: AreaCode, now: DateTime<Utc>) -> Result<usize, DbError> {
    let ended_before = |kept_for: Days| plans::state_at.lt((now - kept_for).naive_utc());
    let without_effect = plans::state
        .eq_any([PlanState::Discarded, PlanState::Failed])
        .and(ended_before(ENDED_KEPT_FOR));
    let undone = plans::state.eq(PlanState::Undone).and(ended_before(APPLIED_KEPT_FOR));
    let of_plan = plan_visits::table
        .filter(plan_visits::district.eq(plans::district))
        .filter(plan_visits::plan.eq(plans::id));
    let ended: Vec<PlanId> = plans::table
        .filter(plans::district.eq(district))
        .filter(without_effect.or(undone))
        .filter(not(exists(of_plan)))
        .order(plans::id)
        .limit(PLANS)
        .select(plans::id)
        .load(conn)?;
    let ended = plans::table.filter(plans::district.eq(district)).filter(plans::id.eq_any(&ended));
    Ok(diesel::delete(ended).execute(conn)?)
}

/// The next plans of the district, after `after`, of which visits may no longer be needed.
fn outdated(
    conn: &mut Conn,
    district: AreaCode,
    now: DateTime<Utc>,
    after: Option<PlanId>,
) -> Result<Vec<(PlanId, PlanState)>, DbError> {
    let of_plan = plan_visits::table
        .filter(plan_visits::district.eq(plans::district))
        .filter(plan_visits::plan.eq(plans::id));
    let has_ended = plans::state
        .eq_any([PlanState::Discarded, PlanState::Undone])
        .and(plans::state_at.lt((now - ENDED_KEPT_FOR).naive_utc()));
    let is_over = plans::state
        .eq(PlanState::Applied)
        .and(plans::last_day.lt(clock::day(now) - APPLIED_KEPT_FOR));
    let mut those = plans::table
        .filter(plans::district.eq(district))
        .filter(is_over.nullable().or(has_ended))
        .filter(exists(of_plan))
        .order(plans::id)
        .limit(PLANS)
        .select((plans::id, plans::state))
        .into_boxed();
    if let Some(after) = after {
        those = those.filter(plans::id.gt(after));
    }
    Ok(those.load(conn)?)
}

/// Deletes visits of the plan that are not needed: not by an undo or an explanation of what their people have
/// not ended, as what they had accepted before the undo of the plan, and not for the marks that open tasks have
/// of the plan. Answers their number, zero when none is left.
fn delete_visits(
    conn: &mut Conn,
    district: AreaCode,
    (plan, state): (PlanId, PlanState),
) -> Result<usize, DbError> {
    let visits = plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(plan))
        .order(plan_visits::task)
        .limit(VISITS)
        .select(plan_visits::task);
    let task =
        tasks::table.filter(tasks::district.eq(district)).filter(tasks::id.eq(plan_visits::task));
    let is_held = tasks::plan.eq(plan).and(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED));
    let ids: Vec<TaskId> = match state {
        PlanState::Applied => {
            let is_marked = tasks::state
                .eq(Phase::Open)
                .and(tasks::unserved_why.is_not_null())
                .and(plan_visits::person.is_null());
            let needing = task.filter(is_held.or(is_marked.nullable()));
            visits.filter(not(exists(needing))).load(conn)?
        }
        PlanState::Undone => visits.filter(not(exists(task.filter(is_held)))).load(conn)?,
        _ => visits.load(conn)?,
    };
    for ids in batches(&ids) {
        let these = plan_visits::table
            .filter(plan_visits::district.eq(district))
            .filter(plan_visits::plan.eq(plan))
            .filter(plan_visits::task.eq_any(ids));
        diesel::delete(these).execute(conn)?;
    }
    Ok(ids.len())
}
