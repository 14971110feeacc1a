//! Queries for plans.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::{CampaignId, PersonId, PlanId, TaskId};

use super::model::{Plan, PlanOrigin, PlanState};
use super::plan_row::{Kept, PlanRow};
use super::request::order::PlanOrder;
use super::request::stored_order::StoredOrder;
use crate::db::schema::plans;
use crate::db::{Conn, DbError, batches, changed_one};
use crate::http::page::Wanted;
use crate::in_range;

/// The number of plans of the person in one of these states.
///
/// # Errors
/// [`DbError`].
pub fn count_of_author(
    conn: &mut Conn,
    district: AreaCode,
    author: PersonId,
    states: &[PlanState],
) -> Result<i64, DbError> {
    let of_author = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::created_by.eq(author))
        .filter(plans::state.eq_any(states));
    Ok(of_author.count().get_result(conn)?)
}

/// Inserts a plan.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] for a second plan of a night.
pub fn insert(conn: &mut Conn, plan: &PlanRow) -> Result<(), DbError> {
    let inserted = diesel::insert_into(plans::table).values(plan).execute(conn);
    inserted.map_err(DbError::unless_unique)?;
    Ok(())
}

/// When a plan gave its visits, and what was ordered.
pub struct Given {
    /// When the plan was applied, or came into a later state.
    pub at: DateTime<Utc>,
    /// The order; `None` of older plans.
    pub order: Option<PlanOrder>,
}

impl Given {
    /// Whether a person pinned the task in the order of the plan.
    pub fn pins(&self, task: TaskId) -> bool {
        self.order.iter().flat_map(PlanOrder::pinned).any(|pinned| pinned == task)
    }
}

/// When these plans of the district gave their visits.
///
/// # Errors
/// [`DbError`].
pub fn given(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[PlanId],
) -> Result<HashMap<PlanId, Given>, DbError> {
    let mut given = HashMap::new();
    for ids in batches(ids) {
        let rows: Vec<PlanRow> = plans::table
            .filter(plans::district.eq(district))
            .filter(plans::id.eq_any(ids))
            .load(conn)?;
        for row in rows {
            let order = row.order()?.map(|stored| stored.order);
            let at = row.state_at.unwrap_or(row.created_at).and_utc();
            given.insert(row.id, Given { at, order });
        }
    }
    Ok(given)
}

/// The tasks that suggestions which begin on this day move, whatever became of these.
///
/// # Errors
/// [`DbError`].
pub fn suggested_moves(
    conn: &mut Conn,
    district: AreaCode,
    first_day: NaiveDate,
) -> Result<HashSet<TaskId>, DbError> {
    // The first condition has an index.
    let rows: Vec<PlanRow> = plans::table
        .filter(plans::district.eq(district).and(plans::last_day.ge(first_day)))
        .filter(plans::first_day.eq(first_day))
        .filter(plans::origin.eq(PlanOrigin::Replan))
        .filter(plans::is_applied_at_once.eq(false))
        .load(conn)?;
    let mut tasks = HashSet::new();
    for row in rows {
        let order = row.order()?.map(|stored| stored.order);
        let moves = order.filter(|order| order.move_unaccepted);
        tasks.extend(moves.into_iter().flat_map(|order| order.only.ids));
    }
    Ok(tasks)
}

/// Stores the result of a plan.
///
/// # Errors
/// [`DbError`].
pub fn keep(conn: &mut Conn, row: &mut PlanRow, kept: &Kept) -> Result<(), DbError> {
    row.measures = serde_json::to_string(kept).map_err(|error| DbError::corrupt("plans", error))?;
    diesel::update(plans::table.find((row.district, row.id)))
        .set(plans::measures.eq(&row.measures))
        .execute(conn)?;
    Ok(())
}

/// The plan, if its area is in the range.
///
/// # Errors
/// [`DbError`].
pub fn one(conn: &mut Conn, scope: &AreaRange, id: PlanId) -> Result<Option<Plan>, DbError> {
    row(conn, scope, id)?.map(PlanRow::plan).transpose()
}

/// The latest dry plan of the campaign in its present area that is not discarded: one of an earlier area
/// has figures of places that are no longer the campaign's.
///
/// # Errors
/// [`DbError`].
pub fn of_campaign(
    conn: &mut Conn,
    area: AreaCode,
    campaign: CampaignId,
) -> Result<Option<PlanRow>, DbError> {
    let row = plans::table
        .filter(plans::district.eq(area.district()))
        .filter(plans::campaign.eq(campaign))
        .filter(plans::area.eq(area))
        .filter(plans::state.ne(PlanState::Discarded))
        .order(plans::id.desc())
        .first(conn);
    Ok(row.optional()?)
}

/// The dry plans of the campaign that are being computed, of any area that it has had.
///
/// # Errors
/// [`DbError`].
pub fn computing_of_campaign(
    conn: &mut Conn,
    district: AreaCode,
    campaign: CampaignId,
) -> Result<Vec<PlanRow>, DbError> {
    Ok(plans::table
        .filter(plans::district.eq(district))
        .filter(plans::campaign.eq(campaign))
        .filter(plans::state.eq(PlanState::Computing))
        .order(plans::id)
        .load(conn)?)
}

/// The row of the plan, if its area is in the range.
///
/// # Errors
/// [`DbError`].
pub fn row(conn: &mut Conn, scope: &AreaRange, id: PlanId) -> Result<Option<PlanRow>, DbError> {
    let row = plans::table
        .find((scope.area().district(), id))
        .filter(in_range!(plans::area, scope))
        .first(conn);
    Ok(row.optional()?)
}

/// Replaces the order of a plan that is not computed yet.
///
/// # Errors
/// [`DbError`].
pub fn replace_order(conn: &mut Conn, row: &PlanRow, order: &PlanOrder) -> Result<(), DbError> {
    let text = StoredOrder::usual(order.clone()).text()?;
    let whole_area = order.only.whole_area(order.area);
    diesel::update(plans::table.find((row.district, row.id)))
        .set((
            plans::area.eq(order.area),
            plans::request.eq(text),
            plans::whole_area.eq(whole_area),
        ))
        .execute(conn)?;
    Ok(())
}

/// Changes the state of the plan. The update locks the row until the end of the transaction.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the state has changed since the row was read.
pub fn change_state(
    conn: &mut Conn,
    row: &mut PlanRow,
    to: PlanState,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let now = now.naive_utc();
    let changed = diesel::update(plans::table.find((row.district, row.id)))
        .filter(plans::state.eq(row.state))
        .set((plans::state.eq(to), plans::state_at.eq(now)))
        .execute(conn)?;
    changed_one(changed)?;
    (row.state, row.state_at) = (to, Some(now));
    Ok(())
}

/// The plans of the district whose tasks are being changed.
///
/// # Errors
/// [`DbError`].
pub fn in_progress(conn: &mut Conn, district: AreaCode) -> Result<Vec<PlanRow>, DbError> {
    Ok(plans::table
        .filter(plans::district.eq(district))
        .filter(plans::state.eq_any(PlanState::IN_PROGRESS))
        .order(plans::id)
        .load(conn)?)
}

/// Begins a change of the plan's tasks by a person, or by the system.
///
/// # Errors
/// [`DbError`].
pub fn begin(conn: &mut Conn, row: &mut PlanRow, by: Option<PersonId>) -> Result<(), DbError> {
    diesel::update(plans::table.find((row.district, row.id)))
        .set((
            plans::changed_by.eq(by),
            plans::reached.eq(None::<TaskId>),
            plans::progress.eq(0),
            plans::lease.eq(None::<String>),
            plans::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    (row.changed_by, row.reached, row.progress) = (by, None, 0);
    (row.lease, row.lease_until) = (None, None);
    Ok(())
}

/// Stores how many tasks the plan assigned, and how many it left.
///
/// # Errors
/// [`DbError`].
pub fn count(
    conn: &mut Conn,
    row: &mut PlanRow,
    assigned: u32,
    overtaken: u32,
) -> Result<(), DbError> {
    let kept = Kept { assigned, overtaken, ..row.kept()? };
    keep(conn, row, &kept)
}

/// A page of the plans in the range and the state, newest first, without dry plans.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    scope: &AreaRange,
    state: Option<PlanState>,
    wanted: &Wanted<PlanId>,
) -> Result<Vec<Plan>, DbError> {
    let mut query = plans::table
        .filter(plans::district.eq(scope.area().district()))
        .filter(in_range!(plans::area, scope))
        .filter(plans::campaign.is_null())
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(plans::state.eq(state));
    }
    if let Some(id) = wanted.after {
        query = query.filter(plans::id.lt(id));
    }
    let rows: Vec<PlanRow> = query.order(plans::id.desc()).limit(wanted.rows()).load(conn)?;
    rows.into_iter().map(PlanRow::plan).collect()
}
