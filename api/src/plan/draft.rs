//! Stores a computed plan as a draft: no task changes.

use std::collections::HashMap;

use gridward_dispatch::solve::{Reason, Remedy, Route, Stop};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::Phase;
use serde::Serialize;
use serde_json::json;

use super::computed::Computed;
use super::model::{Plan, PlanState};
use super::store::{self, Kept, PlanRow, VisitRow};
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Stores the plan as a draft.
///
/// # Errors
/// [`DbError`]; nothing is written then.
pub fn store(tx: &mut Tx<'_>, computed: &Computed) -> Result<Plan, DbError> {
    let visits = visits(computed)?;
    let assigned = visits.iter().filter(|visit| visit.task_version.is_some()).count();
    let measures = serde_json::to_value(computed.solved.measures)
        .map_err(|error| DbError::corrupt("plans", error))?;
    let assigned = u32::try_from(assigned).unwrap_or(u32::MAX);
    let order = &computed.order;
    let row = PlanRow {
        district: order.area.district(),
        id: computed.id,
        area: order.area,
        first_day: order.span.first(),
        last_day: order.span.last(),
        seed: i64::try_from(order.seed).unwrap_or(i64::MAX),
        measures: json!(Kept { assigned, overtaken: 0, measures }).to_string(),
        created_by: order.by,
        created_at: tx.now.naive_utc(),
        state: PlanState::Draft,
        state_at: Some(tx.now.naive_utc()),
    };
    store::insert(tx.write_unbatched(), &row, &visits)?;
    let event = Event::new("plan.create", Subject::Plan, row.id, order.area, 1).by(order.by);
    tx.record(event.with(json!({ "assigned": assigned })));
    row.plan()
}

/// The visits of the plan, those without a visitor included.
fn visits(computed: &Computed) -> Result<Vec<VisitRow>, DbError> {
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
            if task.state == Phase::Open || computed.order.area.contains(&task.grid) {
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
    let travel = i32::try_from(stop.why.extra_travel.0).unwrap_or_default();
    Ok(VisitRow {
        person: Some(route.volunteer),
        day: Some(route.day),
        start: Some(stop.start),
        travel: Some(i32::try_from(stop.travel.0).unwrap_or(i32::MAX)),
        task_version: (task.state == Phase::Open).then_some(task.version),
        minutes: Some(service.saturating_add(travel)),
        person_grid: grid,
        ..row(computed, task, &stop.why)?
    })
}

/// The row of a task without a visitor; `reason` says why, or why this visitor.
fn row(computed: &Computed, task: &TaskRow, reason: &impl Serialize) -> Result<VisitRow, DbError> {
    let reason = serde_json::to_string(reason);
    Ok(VisitRow {
        district: task.district,
        plan: computed.id,
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
    })
}
