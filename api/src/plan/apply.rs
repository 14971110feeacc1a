//! Applies a plan: assignments, reasons and log events, in one transaction.

use std::collections::HashMap;

use gridward_dispatch::solve::{self, Reason, Remedy, Route, Stop};
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::task::{self as life, AutomaticCommand, Candidate, Phase, Transition};
use serde::Serialize;
use serde_json::json;

use super::build::Rows;
use super::model::{Plan, Span};
use super::store::{self, Kept, PlanRow, VisitRow};
use crate::clock;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::person;
use crate::task;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// A plan to be applied.
pub struct Draft {
    /// Identifies the plan.
    pub id: PlanId,
    /// The area.
    pub area: AreaCode,
    /// The days.
    pub span: Span,
    /// The seed.
    pub seed: u64,
    /// The requester; `None` on the command line.
    pub by: Option<PersonId>,
    /// The input of the solver.
    pub rows: Rows,
    /// The output of the solver.
    pub solved: solve::Plan,
}

/// Assigns the tasks as planned and stores the plan.
///
/// # Errors
/// [`DbError`]; nothing is written then.
pub fn apply(tx: &mut Tx<'_>, draft: &Draft) -> Result<Plan, DbError> {
    let tasks: HashMap<TaskId, &TaskRow> =
        draft.rows.tasks.iter().map(|row| (row.id, row)).collect();
    let read: HashMap<PersonId, AreaCode> =
        draft.rows.people.iter().map(|row| (row.id, row.area)).collect();
    // A person who has left or moved since the plan was computed gets nothing.
    let going = draft.solved.routes.iter().map(|route| route.volunteer).collect();
    let present = person::store::lock_active(tx.read()?, draft.area.district(), &going)?;
    let homes: HashMap<PersonId, AreaCode> =
        read.into_iter().filter(|(id, home)| present.get(id) == Some(home)).collect();
    // Read together: a task that has changed since the plan was computed is not assigned.
    let open = task::store::open_versions(tx.read()?, &draft.area.range())?;
    let (mut assigned, mut overtaken) = (0, 0);
    let mut visits = Vec::with_capacity(tasks.len());
    for route in &draft.solved.routes {
        for stop in &route.stops {
            let task = found(&tasks, stop.visit)?;
            if task.state == Phase::Open {
                let home = homes.get(&route.volunteer).copied();
                let unchanged = open.get(&task.id) == Some(&task.version);
                if let (true, Some(home)) = (unchanged, home)
                    && assign(tx, draft, task, route, stop, home)?
                {
                    assigned += 1;
                } else {
                    overtaken += 1;
                    continue;
                }
            }
            if draft.area.contains(&task.grid) {
                visits.push(said(draft, task, Some((route, stop)), &stop.why)?);
            }
        }
    }
    for unserved in &draft.solved.unserved {
        let task = found(&tasks, unserved.visit)?;
        let (reason, remedy) = (&unserved.reason, &unserved.remedy);
        visits.push(said(draft, task, None, &Missing { reason, remedy })?);
    }
    let measures = serde_json::to_value(draft.solved.measures)
        .map_err(|error| DbError::corrupt("plans", error))?;
    let kept = Kept { assigned, overtaken, measures };
    let row = PlanRow {
        district: draft.area.district(),
        id: draft.id,
        area: draft.area,
        first_day: draft.span.first(),
        last_day: draft.span.last(),
        seed: i64::try_from(draft.seed).unwrap_or(i64::MAX),
        measures: json!(kept).to_string(),
        created_by: draft.by,
        created_at: tx.now.naive_utc(),
    };
    store::insert(tx.write_unbatched(), &row, &visits)?;
    tx.record(
        Event::new("plan.apply", Subject::Plan, row.id, draft.area, 1)
            .by(draft.by)
            .with(json!({ "assigned": assigned, "overtaken": overtaken })),
    );
    row.plan()
}

/// The stored record of an unplanned visit.
#[derive(Serialize)]
struct Missing<'p> {
    #[serde(flatten)]
    reason: &'p Reason,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: &'p Option<Remedy>,
}

fn found<'a>(tasks: &HashMap<TaskId, &'a TaskRow>, id: TaskId) -> Result<&'a TaskRow, DbError> {
    tasks.get(&id).copied().ok_or_else(|| DbError::corrupt("plans", "a visit of no task"))
}

/// Assigns the task to the route's volunteer, together with the plan's other tasks at the
/// end of the transaction; returns whether the task's state allows it.
fn assign(
    tx: &mut Tx<'_>,
    draft: &Draft,
    task: &TaskRow,
    route: &Route,
    stop: &Stop,
    home: AreaCode,
) -> Result<bool, DbError> {
    // Dispatch assigns only to the visitors it has read, so the role is a visitor's.
    let to = Candidate { person: route.volunteer, role: Role::Volunteer, grid: home };
    let command = AutomaticCommand::Assign { to, within: draft.area };
    let applied = life::apply_automatic(&task.life()?, &command, clock::day(tx.now));
    let Ok(Transition::Changed(next)) = applied else {
        return Ok(false);
    };
    let load = stop.leave.minutes().saturating_sub(stop.start.minutes());
    let travel = i32::try_from(stop.why.extra_travel.0).unwrap_or_default();
    let row = TaskRow {
        planned_on: Some(route.day),
        planned_start: Some(stop.start),
        planned_minutes: Some(i32::from(load) + travel),
        plan: Some(draft.id),
        ..task.moved(&next, tx.now)
    };
    tx.replace(task, row);
    tx.record(
        Event::new("task.assign", Subject::Task, task.id, next.grid, next.version)
            .by(draft.by)
            .assignees(None, Some(route.volunteer))
            .with(json!({ "plan": draft.id })),
    );
    Ok(true)
}

fn said(
    draft: &Draft,
    task: &TaskRow,
    stop: Option<(&Route, &Stop)>,
    reason: &impl Serialize,
) -> Result<VisitRow, DbError> {
    let reason = serde_json::to_string(reason);
    Ok(VisitRow {
        district: task.district,
        plan: draft.id,
        task: task.id,
        grid: task.grid,
        person: stop.map(|(route, _)| route.volunteer),
        day: stop.map(|(route, _)| route.day),
        start: stop.map(|(_, stop)| stop.start),
        travel: stop.map(|(_, stop)| i32::try_from(stop.travel.0).unwrap_or(i32::MAX)),
        reason: reason.map_err(|error| DbError::corrupt("plan_visits", error))?,
    })
}
