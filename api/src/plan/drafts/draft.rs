//! Stores a computed plan as a draft: no task changes.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use gridward_dispatch::solve::{Pin, Reason, Remedy, Route, Stop, Unserved};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{CampaignId, PersonId, TaskId};
use gridward_domain::task::Phase;
use serde::Serialize;
use serde_json::json;

use super::chosen_why::ChosenWhy;
use super::visit_store::VisitRow;
use crate::db::bulk::INSERTED;
use crate::db::{Conn, DbError};
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
    // As of an ordered plan: what a person gets during the computation is from after it.
    let created_at = computed.request.now.naive_utc();
    let mut row = PlanRow { created_at, ..row_of(tx, &computed.request)? };
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
    let measures = serde_json::to_value(computed.solved.measures)
        .map_err(|error| DbError::corrupt("plans", error))?;
    let now = tx.now;
    store::change_state(tx.write_unbatched(), row, PlanState::Draft, now)?;
    let assigned = insert_visits(tx.write_unbatched(), computed)?;
    store::keep(
        tx.write_unbatched(),
        row,
        &Kept {
            assigned,
            measures,
            bounds: computed.bounds,
            overdue: computed.overdue,
            made_late: Some(computed.made_late(row.origin)),
            read_at: Some(computed.request.now.naive_utc()),
            base: against_base(computed),
            ..Kept::default()
        },
    )?;
    let event = Event::new("plan.create", Subject::Plan, row.id, row.area, 1).by(row.created_by);
    tx.record(event.with(json!({ "assigned": assigned })));
    Ok(())
}

/// Inserts the visits of the plan, a part at a time; returns how many the plan gives to people.
fn insert_visits(conn: &mut Conn, computed: &Computed) -> Result<u32, DbError> {
    let visits = Visits::of(computed);
    let mut rows = visits.rows();
    let mut assigned = 0;
    loop {
        let part: Vec<VisitRow> = rows.by_ref().take(INSERTED).collect::<Result<_, _>>()?;
        if part.is_empty() {
            return Ok(u32::try_from(assigned).unwrap_or(u32::MAX));
        }
        assigned += part.iter().filter(|visit| visit.task_version.is_some()).count();
        VisitRow::insert_all(conn, &part.iter().collect::<Vec<_>>())?;
    }
}

/// How the plan differs from the one on which it is based.
fn against_base(computed: &Computed) -> Option<PlanBase> {
    let base = computed.request.order.based_on?;
    let Rows { tasks, movable, .. } = &computed.rows;
    let open = tasks.iter().filter(|task| task.state == Phase::Open).map(|task| task.id);
    let planned: HashSet<TaskId> = open.chain(movable.keys().copied()).collect();
    Some(base::compare(base, &computed.base.visits, &computed.solved, |task| {
        planned.contains(task)
    }))
}

fn row_of(tx: &Tx<'_>, Request { id, order, by, .. }: &Request) -> Result<PlanRow, DbError> {
    Ok(PlanRow {
        district: order.area.district(),
        id: *id,
        area: order.area,
        first_day: order.first_day,
        last_day: order.last_day,
        seed: order.seed.get(),
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
        whole_area: order.only.whole_area(order.area),
    })
}

/// The stored record of an unplanned visit.
#[derive(Serialize)]
struct Missing<'p> {
    #[serde(flatten)]
    reason: &'p Reason,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: &'p Option<Remedy>,
}

/// The visits of a computed plan as rows. They are made one by one: the explanations of all of a district
/// are tens of megabytes.
pub struct Visits<'c> {
    computed: &'c Computed,
    tasks: HashMap<TaskId, &'c TaskRow>,
    grids: HashMap<PersonId, AreaCode>,
    /// The tasks that the order pins.
    pinned: HashSet<TaskId>,
}

impl<'c> Visits<'c> {
    /// The visits of the plan.
    pub fn of(computed: &'c Computed) -> Self {
        let Rows { tasks, people, .. } = &computed.rows;
        let tasks = tasks.iter().map(|row| (row.id, row)).collect();
        let grids = people.iter().map(|row| (row.id, row.area)).collect();
        Self { computed, tasks, grids, pinned: computed.request.order.pinned().collect() }
    }

    /// The rows of all of them; [`DbError::Corrupt`] for one of no task.
    fn rows(&self) -> impl Iterator<Item = Result<VisitRow, DbError>> {
        let served = self.computed.solved.routes.iter().flat_map(move |route| {
            route.stops.iter().filter_map(move |stop| self.served((route, stop)).transpose())
        });
        served.chain(self.unserved())
    }

    /// The rows of those without a visitor; [`DbError::Corrupt`] for one of no task.
    pub fn unserved(&self) -> impl Iterator<Item = Result<VisitRow, DbError>> {
        self.computed.solved.unserved.iter().map(|Unserved { visit, reason, remedy }| {
            row(self.computed, self.task(*visit)?, &Missing { reason, remedy })
        })
    }

    fn task(&self, id: TaskId) -> Result<&'c TaskRow, DbError> {
        let task = self.tasks.get(&id).copied();
        task.ok_or_else(|| DbError::corrupt("plans", "a visit of no task"))
    }

    /// The row of a visit; `None` for a task that its person holds in another grid, which takes time but is
    /// not planned.
    fn served(&self, (route, stop): (&Route, &Stop)) -> Result<Option<VisitRow>, DbError> {
        let Self { computed, grids, pinned, .. } = self;
        let (task, area) = (self.task(stop.visit)?, computed.request.order.area);
        if task.state != Phase::Open && !area.contains(&task.grid) {
            return Ok(None);
        }
        let service = i32::from(stop.leave.minutes().saturating_sub(stop.start.minutes()));
        let place = Pin { volunteer: route.volunteer, day: route.day, start: None };
        let by_hand =
            pinned.contains(&task.id) || computed.base.remedied.contains(&(task.id, place));
        let travel = i32::try_from(stop.why.extra_travel.0).unwrap_or_default();
        let is_given = computed.gives(task, (route, stop));
        Ok(Some(VisitRow {
            person: Some(route.volunteer),
            day: Some(route.day),
            start: Some(stop.start),
            travel: Some(i32::try_from(stop.travel.0).unwrap_or(i32::MAX)),
            task_version: is_given.then_some(task.version),
            former_plan: task.plan.filter(|_| is_given),
            minutes: Some(service.saturating_add(travel)),
            person_grid: grids.get(&route.volunteer).copied(),
            ..row(computed, task, &ChosenWhy { why: stop.why.clone(), by_hand })?
        }))
    }
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
