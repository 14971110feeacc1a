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

use crate::db::schema::plans;
use crate::db::{Conn, DbError};
use crate::plan::model::PlanState;
use crate::plan::plan_row::PlanRow;
use crate::plan::request::lane::Lane;

/// How long a lease is valid after it was taken or renewed.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);
/// A plan that this many servers have begun and not finished is given up: it may be what stops them.
pub const MOST_ATTEMPTS: i32 = 3;

/// What a server takes from the queue; one does not wait for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The plans of a lane, to compute them.
    Computation(Lane),
    /// Plans, to apply or undo them in batches.
    Change,
}

/// The next plan of the district that waits for the turn and that no valid lease holds: the oldest one. Dry
/// plans wait until no other plan of the lane does, and until no server computes another dry plan of the
/// district.
///
/// # Errors
/// [`DbError`].
pub fn waiting(
    conn: &mut Conn,
    district: AreaCode,
    turn: Turn,
    now: DateTime<Utc>,
) -> Result<Option<PlanRow>, DbError> {
    let now = now.naive_utc();
    let waiting = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::lease_until.is_null().or(plans::lease_until.lt(now)))
        .into_boxed();
    let waiting = match turn {
        Turn::Computation(lane) => {
            waiting.filter(plans::state.eq(PlanState::Computing)).filter(plans::lane.eq(lane))
        }
        Turn::Change => waiting.filter(plans::state.eq_any(PlanState::IN_PROGRESS)),
    };
    let order = (plans::campaign.is_not_null(), plans::id);
    let next: Option<PlanRow> = waiting.order(order).first(conn).optional()?;
    match next {
        Some(PlanRow { campaign: Some(_), .. }) if computes_dry(conn, district, now)? => Ok(None),
        row => Ok(row),
    }
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
    let next = waiting(conn, district, Turn::Computation(Lane::Large), now)?;
    if next.is_none_or(|row| row.campaign.is_some()) {
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
