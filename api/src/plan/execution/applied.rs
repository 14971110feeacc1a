//! The plans that are applied: the last one, and those that planned tasks anew.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::max;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::PlanId;
use gridward_domain::word::VariantArray as _;

use crate::db::schema::plans;
use crate::db::{Conn, DbError};
use crate::in_range;
use crate::plan::model::{PlanOrigin, PlanState};
use crate::plan::plan_row::Kept;

/// What is known of an applied plan as a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AppliedPlan {
    /// When it was applied.
    pub at: DateTime<Utc>,
    /// The tasks that it gave to a person.
    pub assigned: u32,
    /// The tasks that it left without a person.
    pub unserved: u32,
    /// The tasks that it planned after their due day.
    pub late: u32,
    /// All visits in it, those that people had before included.
    pub served: u32,
    /// Those made by a person whom the beneficiary knows.
    pub known: u32,
    /// The travel minutes.
    pub travel: u32,
    /// The largest load as a share of the offered minutes; 1 is all.
    pub largest_share: f64,
    /// The standard deviation of the shares.
    pub share_spread: f64,
}

impl AppliedPlan {
    fn read((at, kept): (Option<NaiveDateTime>, String)) -> Result<Option<Self>, DbError> {
        let kept: Kept =
            serde_json::from_str(&kept).map_err(|error| DbError::corrupt("plans", error))?;
        let count = |name: &str| {
            let count = kept.measures[name].as_u64().unwrap_or_default();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        let share = |name: &str| kept.measures[name].as_f64().unwrap_or_default();
        Ok(at.map(|at| Self {
            at: at.and_utc(),
            assigned: kept.assigned,
            unserved: count("unserved"),
            late: count("late"),
            served: count("served"),
            known: count("known"),
            travel: count("travel"),
            largest_share: share("largest_share"),
            share_spread: share("share_spread"),
        }))
    }
}

/// The origins of plans of single tasks that had lost their assignee.
const REPLANS: [PlanOrigin; 2] = [PlanOrigin::Replan, PlanOrigin::Released];

/// The last applied plan of all open tasks of the area, without replans of single tasks.
///
/// # Errors
/// [`DbError`].
pub fn last(conn: &mut Conn, area: AreaCode) -> Result<Option<AppliedPlan>, DbError> {
    let containing = Level::VARIANTS.iter().filter_map(|level| area.ancestor(*level));
    last_of(conn, area.district(), &containing.collect::<Vec<AreaCode>>())
}

/// The most areas of a district of which [`last_by_area`] answers the plan.
const MOST_AREAS: usize = 31;

/// The last plan of all open tasks of the district that was applied since this moment, if it plans as a whole, and
/// that of each town that plans for itself; of more than 30 such towns, those that planned last. Replans of single
/// tasks do not count.
///
/// # Errors
/// [`DbError`].
pub fn last_by_area(
    conn: &mut Conn,
    district: AreaCode,
    since: DateTime<Utc>,
) -> Result<Vec<(AreaCode, AppliedPlan)>, DbError> {
    let applied = || {
        plans::table
            .filter(plans::district.eq(district))
            .filter(plans::state.eq(PlanState::Applied))
            .filter(plans::state_at.ge(since.naive_utc()))
            .filter(plans::origin.ne_all(REPLANS))
    };
    let moments: Vec<(Option<AreaCode>, Option<NaiveDateTime>)> = applied()
        .filter(plans::whole_area.is_not_null())
        .group_by(plans::whole_area)
        .select((plans::whole_area, max(plans::state_at)))
        .load(conn)?;
    let areas = moments.into_iter().filter_map(|(area, at)| Some((area?, at?)));
    let mut areas: Vec<(AreaCode, NaiveDateTime)> =
        areas.filter(|(area, _)| area.level() <= Level::Town).collect();
    areas.sort_unstable_by_key(|(area, at)| (area.level(), Reverse(*at), *area));
    areas.truncate(MOST_AREAS);
    let areas: Vec<AreaCode> = areas.into_iter().map(|(area, _)| area).collect();
    let in_order: Vec<(Option<AreaCode>, PlanId)> = applied()
        .filter(plans::whole_area.eq_any(&areas))
        .order((plans::state_at, plans::id))
        .select((plans::whole_area, plans::id))
        .load(conn)?;
    let last: HashMap<Option<AreaCode>, PlanId> = in_order.into_iter().collect();
    let ids: Vec<PlanId> = last.values().copied().collect();
    let rows: Vec<(PlanId, Option<NaiveDateTime>, String)> = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::id.eq_any(&ids))
        .select((plans::id, plans::state_at, plans::measures))
        .load(conn)?;
    let mut read = HashMap::with_capacity(rows.len());
    for (id, at, kept) in rows {
        read.extend(AppliedPlan::read((at, kept))?.map(|plan| (id, plan)));
    }
    let plan_of = |area: AreaCode| Some((area, *read.get(last.get(&Some(area))?)?));
    Ok(areas.into_iter().filter_map(plan_of).collect())
}

/// The last applied plan of all open tasks of one of these areas, without replans of single tasks.
fn last_of(
    conn: &mut Conn,
    district: AreaCode,
    areas: &[AreaCode],
) -> Result<Option<AppliedPlan>, DbError> {
    let row = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::state.eq(PlanState::Applied))
        .filter(plans::origin.ne_all(REPLANS))
        .filter(plans::whole_area.eq_any(areas))
        .order((plans::state_at.desc(), plans::id.desc()))
        .select((plans::state_at, plans::measures))
        .first(conn)
        .optional()?;
    Ok(row.map(AppliedPlan::read).transpose()?.flatten())
}

/// The last replan of single tasks that is applied anywhere in the district.
///
/// # Errors
/// [`DbError`].
pub fn last_replan(conn: &mut Conn, district: AreaCode) -> Result<Option<AppliedPlan>, DbError> {
    let row = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::state.eq(PlanState::Applied))
        .filter(plans::origin.eq_any(REPLANS))
        .order(plans::state_at.desc())
        .select((plans::state_at, plans::measures))
        .first(conn)
        .optional()?;
    Ok(row.map(AppliedPlan::read).transpose()?.flatten())
}

/// The replans that were applied from one moment to before another, of areas that contain `area` or
/// are contained in it.
///
/// # Errors
/// [`DbError`].
pub fn replans(
    conn: &mut Conn,
    area: AreaCode,
    (from, before): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<AppliedPlan>, DbError> {
    let (range, levels) = (area.range(), Level::VARIANTS.iter());
    let containing: Vec<AreaCode> = levels.filter_map(|level| area.ancestor(*level)).collect();
    let rows = plans::table
        .filter(plans::district.eq(area.district()))
        .filter(plans::state.eq(PlanState::Applied))
        .filter(plans::state_at.ge(from.naive_utc()))
        .filter(plans::state_at.lt(before.naive_utc()))
        .filter(plans::origin.eq_any(REPLANS))
        .filter(plans::area.eq_any(containing).or(in_range!(plans::area, range)))
        .select((plans::state_at, plans::measures))
        .load(conn)?;
    rows.into_iter().filter_map(|row| AppliedPlan::read(row).transpose()).collect()
}
