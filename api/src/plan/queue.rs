//! The queue of plans that are to be computed, or applied or undone in batches: rows in these states,
//! which servers take by leases.
//!
//! A lease is taken by comparing and setting a row, on both databases alike: of two servers one sees
//! the other's lease. A server that stops does not renew its lease, so another one takes the plan
//! when it has run out.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use uuid::Uuid;

use super::imagined::StoredOrder;
use super::model::{PlanOrigin, PlanState};
use super::store::PlanRow;
use crate::db::schema::plans;
use crate::db::{Conn, DbError};

/// How long a lease is valid after it was taken or renewed.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);
/// A plan that this many servers have begun and not finished is given up: it may be what stops them.
pub const MOST_ATTEMPTS: i32 = 3;

/// What a server does with plans of the queue; one does not wait for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Those of few tasks are computed: a person who is ill has visits today.
    Small,
    /// The others are computed, which may take a minute each.
    Large,
    /// They are applied or undone in batches.
    Change,
}

impl Lane {
    const fn states(self) -> &'static [PlanState] {
        match self {
            Self::Small | Self::Large => &[PlanState::Computing],
            Self::Change => &PlanState::IN_PROGRESS,
        }
    }

    /// Whether the plan, which is in one of the states, waits in the lane.
    fn holds(self, row: &PlanRow) -> bool {
        match self {
            Self::Small => has_few_tasks(row),
            Self::Large => !has_few_tasks(row),
            Self::Change => true,
        }
    }
}

/// The next plan of the district that waits in the lane and that no valid lease holds: the oldest one. Dry
/// plans wait until no other plan of the lane does, and until no server computes another dry plan of the
/// district.
///
/// # Errors
/// [`DbError`].
pub fn waiting(
    conn: &mut Conn,
    district: AreaCode,
    lane: Lane,
    now: DateTime<Utc>,
) -> Result<Option<PlanRow>, DbError> {
    let now = now.naive_utc();
    let rows: Vec<PlanRow> = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::state.eq_any(lane.states()))
        .filter(plans::lease_until.is_null().or(plans::lease_until.lt(now)))
        .load(conn)?;
    let next = rows.into_iter().filter(|row| lane.holds(row)).min_by_key(place);
    match next {
        Some(row) if row.campaign.is_some() && computes_dry(conn, district, now)? => Ok(None),
        row => Ok(row),
    }
}

/// The place of a plan in its lane.
fn place(row: &PlanRow) -> (bool, PlanId) {
    (row.campaign.is_some(), row.id)
}

/// The most tasks of the lane of small plans that an order names.
const FEW: usize = 100;

/// Whether the plan is of tasks that lost their assignee, or of a few tasks that the order names.
fn has_few_tasks(row: &PlanRow) -> bool {
    let names_tasks = |text: &str| match StoredOrder::parse(text) {
        Ok(StoredOrder::Usual(order)) => (1..=FEW).contains(&order.only.ids.len()),
        // An order that cannot be read is found when the plan is computed.
        Ok(StoredOrder::Dry { .. }) | Err(_) => false,
    };
    row.origin == PlanOrigin::Replan || row.request.as_deref().is_some_and(names_tasks)
}

/// Whether a server computes a dry plan of the district.
fn computes_dry(conn: &mut Conn, district: AreaCode, now: NaiveDateTime) -> Result<bool, DbError> {
    let computing = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::state.eq(PlanState::Computing))
        .filter(plans::campaign.is_not_null())
        .filter(plans::lease_until.ge(now));
    Ok(diesel::select(exists(computing)).get_result(conn)?)
}

/// Puts a dry plan that is being computed back into the queue if a plan of the district that assigns tasks
/// waits; answers whether it did.
///
/// # Errors
/// [`DbError`].
pub fn give_way(
    conn: &mut Conn,
    (district, id): (AreaCode, PlanId),
    lease: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    if waiting(conn, district, Lane::Large, now)?.is_none_or(|row| row.campaign.is_some()) {
        return Ok(false);
    }
    hand_back(conn, (district, id), lease)
}

/// Puts a plan whose computation was cancelled back into the queue, if it is still computed under the
/// lease; answers whether it is. The attempt does not count.
///
/// # Errors
/// [`DbError`].
pub fn hand_back(
    conn: &mut Conn,
    (district, id): (AreaCode, PlanId),
    lease: Uuid,
) -> Result<bool, DbError> {
    let back = diesel::update(plans::table.find((district, id)))
        .filter(plans::state.eq(PlanState::Computing))
        .filter(plans::lease.eq(lease.to_string()))
        .set((
            plans::lease.eq(None::<String>),
            plans::lease_until.eq(None::<NaiveDateTime>),
            plans::attempts.eq(plans::attempts - 1),
            plans::progress.eq(0),
        ))
        .execute(conn)?;
    Ok(back == 1)
}

/// Takes the plan, unless a valid lease holds it or another server has taken it since it was read.
///
/// # Errors
/// [`DbError`].
pub fn take(
    conn: &mut Conn,
    row: &mut PlanRow,
    lease: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let until = (now + LEASE).naive_utc();
    let (text, attempts) = (lease.to_string(), row.attempts + 1);
    let taken = diesel::update(plans::table.find((row.district, row.id)))
        .filter(plans::state.eq(row.state))
        .filter(plans::lease_until.is_null().or(plans::lease_until.lt(now.naive_utc())))
        .filter(plans::attempts.eq(row.attempts))
        .set((plans::lease.eq(&text), plans::lease_until.eq(until), plans::attempts.eq(attempts)))
        .execute(conn)?;
    (row.lease, row.lease_until, row.attempts) = (Some(text), Some(until), attempts);
    Ok(taken == 1)
}

/// Renews the lease and stores the progress in percent; answers `false` if the plan has been
/// discarded or another server has taken it.
///
/// # Errors
/// [`DbError`].
pub fn renew(
    conn: &mut Conn,
    (district, id): (AreaCode, PlanId),
    lease: Uuid,
    progress: u8,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let renewed = diesel::update(plans::table.find((district, id)))
        .filter(plans::state.eq_any(PlanState::QUEUED))
        .filter(plans::lease.eq(lease.to_string()))
        .set((
            plans::lease_until.eq((now + LEASE).naive_utc()),
            plans::progress.eq(i32::from(progress)),
        ))
        .execute(conn)?;
    Ok(renewed == 1)
}

/// Renews the lease and stores the place that the change of the plan has reached, with its progress.
///
/// # Errors
/// [`DbError`].
pub fn reach(
    conn: &mut Conn,
    plan: &PlanRow,
    now: DateTime<Utc>,
    reached: TaskId,
    progress: u8,
) -> Result<(), DbError> {
    diesel::update(plans::table.find((plan.district, plan.id)))
        .set((
            plans::lease_until.eq((now + LEASE).naive_utc()),
            plans::progress.eq(i32::from(progress)),
            plans::reached.eq(reached),
        ))
        .execute(conn)?;
    Ok(())
}

/// The plan, if it is still in the queue under the lease.
///
/// # Errors
/// [`DbError`].
pub fn leased(
    conn: &mut Conn,
    (district, id): (AreaCode, PlanId),
    lease: Uuid,
) -> Result<Option<PlanRow>, DbError> {
    let row = plans::table
        .find((district, id))
        .filter(plans::state.eq_any(PlanState::QUEUED))
        .filter(plans::lease.eq(lease.to_string()))
        .first(conn);
    Ok(row.optional()?)
}
