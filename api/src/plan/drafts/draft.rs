//! Stores a computed plan as a draft: no task changes.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use gridward_dispatch::solve::{Reason, Remedy, Route, Stop, Why};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{CampaignId, PersonId, TaskId};
use gridward_domain::task::Phase;
use serde::Serialize;
use serde_json::json;

use super::visit_store::VisitRow;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::plan::compute::computed::{Computed, Request};
use crate::plan::compute::dry;
use crate::plan::model::{Plan, PlanBase, PlanOrigin, PlanState};
use crate::plan::plan_row::{Kept, PlanRow};
use crate::plan::problem::base;
use crate::plan::problem::build::Rows;
use crate::plan::request::imagined::ImaginedVisits;
use crate::plan::request::lane::Lane;
use crate::plan::request::stored_order::StoredOrder;
use crate::plan::store;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Stores the request as a plan that is to be computed.
///
/// # Errors
/// [`DbError`]; nothing is written then.
pub fn insert(tx: &mut Tx<'_>, request: &Request, origin: PlanOrigin) -> Result<Plan, DbError> {
    let row = PlanRow { origin, ..row_of(tx, request)? };
    store::insert(tx.write_unbatched(), &row)?;
    row.plan()
}

/// What distinguishes a plan that no person ordered.
#[derive(Clone, Copy, Debug)]
pub struct Unordered {
    /// Why it is made.
    pub origin: PlanOrigin,
    /// Whether it is applied as soon as it is computed.
    pub is_applied_at_once: bool,
    /// The night of which it is the one plan of the district.
    pub night: Option<NaiveDate>,
}

/// Stores the request, which is the system's, as a plan that is to be computed.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] for a second plan of a night.
pub fn insert_unordered(
    tx: &mut Tx<'_>,
    request: &Request,
    Unordered { origin, is_applied_at_once, night }: Unordered,
) -> Result<(), DbError> {
    let row = PlanRow { origin, is_applied_at_once, night, ..row_of(tx, request)? };
    store::insert(tx.write_unbatched(), &row)
}

/// Stores the request for a dry plan of the campaign, which is to be computed.
///
/// # Errors
/// [`DbError`]; nothing is written then.
pub fn insert_dry(
    tx: &mut Tx<'_>,
    request: &Request,
    (campaign, imagined): (CampaignId, ImaginedVisits),
) -> Result<Plan, DbError> {
    let order = StoredOrder { order: request.order.clone(), imagined: Some(imagined) }.text()?;
    let row = row_of(tx, request)?;
    let row = PlanRow { campaign: Some(campaign), request: Some(order), ..row };
    store::insert(tx.write_unbatched(), &row)?;
    row.plan()
}

/// Stores a computed plan as a draft.
///
/// # Errors
/// [`DbError`]; nothing is written then.
pub fn store(tx: &mut Tx<'_>, computed: &Computed) -> Result<Plan, DbError> {
    let mut row = row_of(tx, &computed.request)?;
    store::insert(tx.write_unbatched(), &row)?;
    finish(tx, computed, &mut row)?;
    row.plan()
}

/// Stores the result of a plan that was being computed: it becomes a draft.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the plan has been discarded meanwhile.
pub fn finish(tx: &mut Tx<'_>, computed: &Computed, row: &mut PlanRow) -> Result<(), DbError> {
    if row.campaign.is_some() {
        return dry::finish(tx, computed, row);
    }
    let visits = visits(computed)?;
    let assigned = visits.iter().filter(|visit| visit.task_version.is_some()).count();
    let measures = serde_json::to_value(computed.solved.measures)
        .map_err(|error| DbError::corrupt("plans", error))?;
    let assigned = u32::try_from(assigned).unwrap_or(u32::MAX);
    let now = tx.now;
    store::change_state(tx.write_unbatched(), row, PlanState::Draft, now)?;
    store::keep(
        tx.write_unbatched(),
        row,
        &Kept {
            assigned,
            measures,
            bounds: computed.bounds,
            overdue: computed.overdue,
            made_late: Some(computed.made_late(row.origin)),
            base: against_base(computed),
            ..Kept::default()
        },
    )?;
    VisitRow::insert_all(tx.write_unbatched(), &visits.iter().collect::<Vec<_>>())?;
    let event = Event::new("plan.create", Subject::Plan, row.id, row.area, 1).by(row.created_by);
    tx.record(event.with(json!({ "assigned": assigned })));
    Ok(())
}

/// How the plan differs from the one on which it is based.
fn against_base(computed: &Computed) -> Option<PlanBase> {
    let base = computed.request.order.based_on?;
    let Rows { tasks, movable, .. } = &computed.rows;
    let open = tasks.iter().filter(|task| task.state == Phase::Open).map(|task| task.id);
    let planned: HashSet<TaskId> = open.chain(movable.keys().copied()).collect();
    Some(base::compare(base, &computed.base, &computed.solved, |task| planned.contains(task)))
}

fn row_of(tx: &Tx<'_>, Request { id, order, by, .. }: &Request) -> Result<PlanRow, DbError> {
    Ok(PlanRow {
        district: order.area.district(),
        id: *id,
        area: order.area,
        first_day: order.first_day,
        last_day: order.last_day,
        seed: order.seed.into(),
        measures: json!(Kept::default()).to_string(),
        created_by: *by,
        created_at: tx.now.naive_utc(),
        state: PlanState::Computing,
        state_at: Some(tx.now.naive_utc()),
        request: Some(StoredOrder::usual(order.clone()).text()?),
        progress: 0,
        attempts: 0,
        lease: None,
        lease_until: None,
        origin: PlanOrigin::Ordered,
        is_applied_at_once: false,
        night: None,
        changed_by: None,
        reached: None,
        campaign: None,
        lane: Lane::of(order),
    })
}

/// The visits of the plan, those without a visitor included.
///
/// # Errors
/// [`DbError::Corrupt`] for an invalid row.
pub fn visits(computed: &Computed) -> Result<Vec<VisitRow>, DbError> {
    let rows = &computed.rows;
    let tasks: HashMap<TaskId, &TaskRow> = rows.tasks.iter().map(|row| (row.id, row)).collect();
    let grids: HashMap<PersonId, AreaCode> =
        rows.people.iter().map(|row| (row.id, row.area)).collect();
    let find = |id: TaskId| {
        tasks.get(&id).copied().ok_or_else(|| DbError::corrupt("plans", "a visit of no task"))
    };
    let mut visits = Vec::with_capacity(tasks.len());
    for route in &computed.solved.routes {
        for stop in &route.stops {
            let task = find(stop.visit)?;
            // Tasks that the people hold in other grids take their time, but are not planned.
            if task.state == Phase::Open || computed.request.order.area.contains(&task.grid) {
                let grid = grids.get(&route.volunteer).copied();
                visits.push(served(computed, task, (route, stop), grid)?);
            }
        }
    }
    for unserved in &computed.solved.unserved {
        let task = find(unserved.visit)?;
        let (reason, remedy) = (&unserved.reason, &unserved.remedy);
        visits.push(row(computed, task, &Missing { reason, remedy })?);
    }
    Ok(visits)
}

/// The stored reason of a planned visit.
#[derive(Serialize)]
struct Chosen<'p> {
    #[serde(flatten)]
    why: &'p Why,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    by_hand: bool,
}

/// The stored record of an unplanned visit.
#[derive(Serialize)]
struct Missing<'p> {
    #[serde(flatten)]
    reason: &'p Reason,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: &'p Option<Remedy>,
}

fn served(
    computed: &Computed,
    task: &TaskRow,
    (route, stop): (&Route, &Stop),
    grid: Option<AreaCode>,
) -> Result<VisitRow, DbError> {
    let service = i32::from(stop.leave.minutes().saturating_sub(stop.start.minutes()));
    let by_hand = computed.request.order.pinned().any(|pinned| pinned == task.id);
    let travel = i32::try_from(stop.why.extra_travel.0).unwrap_or_default();
    let is_given = computed.gives(task, (route, stop));
    Ok(VisitRow {
        person: Some(route.volunteer),
        day: Some(route.day),
        start: Some(stop.start),
        travel: Some(i32::try_from(stop.travel.0).unwrap_or(i32::MAX)),
        task_version: is_given.then_some(task.version),
        former_plan: task.plan.filter(|_| is_given),
        minutes: Some(service.saturating_add(travel)),
        person_grid: grid,
        ..row(computed, task, &Chosen { why: &stop.why, by_hand })?
    })
}

/// The row of a task without a visitor; `reason` says why, or why this visitor.
fn row(computed: &Computed, task: &TaskRow, reason: &impl Serialize) -> Result<VisitRow, DbError> {
    let reason = serde_json::to_string(reason);
    Ok(VisitRow {
        district: task.district,
        plan: computed.request.id,
        task: task.id,
        grid: task.grid,
        person: None,
        day: None,
        start: None,
        travel: None,
        reason: reason.map_err(|error| DbError::corrupt("plan_visits", error))?,
        task_version: None,
        minutes: None,
        person_grid: None,
        former_unserved: None,
        former_plan: None,
    })
}
