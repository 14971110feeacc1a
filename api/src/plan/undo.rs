//! Undoes an applied plan for the tasks that have not changed since, and discards drafts.

use std::collections::HashMap;

use gridward_domain::area::AreaRange;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::task::Phase;
use serde_json::json;

use super::batches::{self, Change};
use super::changes::PlanChanges;
use super::model::{LeftBecause, LeftTask, Plan, PlanResult, PlanState};
use super::plan_row::PlanRow;
use super::store;
use super::visit_store::VisitRow;
use super::{former_marks, other_drafts, plan_state};
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::task;
use crate::task::release;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Opens the tasks that the plan assigned and that have not changed since; the others are listed. Many
/// tasks are opened by the planner, in batches: the plan is `undoing` until then.
///
/// # Errors
/// 404 outside the scope; 409 unless the plan is applied, and while another plan of the area is applied
/// or undone. Nothing is written then.
pub fn undo(
    tx: &mut Tx<'_>,
    scope: &AreaRange,
    id: PlanId,
    by: PersonId,
) -> Result<PlanResult, Problem> {
    let mut row = in_state(tx, scope, id, &[PlanState::Applied])?;
    batches::check_alone(tx, &row)?;
    batches::begin(tx, &mut row, Change::Undo, Some(by))?;
    batches::finish_if_small(tx, row, &PlanChanges::default())
}

/// Opens the tasks of these visits of the plan that have not changed since they were assigned, with the
/// valid marks that they had before; returns the others.
///
/// # Errors
/// [`DbError`].
pub(super) fn open(
    tx: &mut Tx<'_>,
    plan: &PlanRow,
    visits: &[VisitRow],
    by: Option<PersonId>,
) -> Result<Vec<LeftTask>, DbError> {
    let ids: Vec<TaskId> = visits.iter().map(|visit| visit.task).collect();
    let tasks = task::store::rows(tx.read()?, plan.district, &ids)?;
    let tasks: HashMap<TaskId, TaskRow> = tasks.into_iter().map(|row| (row.id, row)).collect();
    let marked = visits.iter().filter(|visit| visit.former_unserved.is_some());
    let marked = marked.map(|visit| (visit.task, visit.former_unserved)).collect();
    let former = former_marks::valid(tx.read_unbatched(), plan, &marked)?;
    let (mut left, mut restored) = (Vec::new(), Vec::new());
    for visit in visits {
        let task = tasks.get(&visit.task);
        if let Some(task) = task.filter(|task| is_unchanged(task, visit)) {
            // The author of the undo decides the next step: the tasks are not planned anew.
            let about = json!({ "because": "plan_undone", "plan": plan.id });
            let unserved_why = former.get(&task.id).copied();
            let task = TaskRow { unserved_why, ..task.clone() };
            let opened = release::open(tx, &task, by, about)?;
            if let Some(version) = visit.task_version.filter(|_| opened.state == Phase::Open) {
                restored.push((task.id, (version, opened.version)));
            }
        } else {
            let state = task.map(|task| task.state);
            left.push(LeftTask { task_id: visit.task, because: LeftBecause::Changed, state });
        }
    }
    other_drafts::follow(tx.write_unbatched(), plan.district, &restored)?;
    Ok(left)
}

/// Discards a draft, or a plan that is being computed.
///
/// # Errors
/// 404 outside the scope; 409 for a plan in another state. Nothing is written then.
pub fn discard(
    tx: &mut Tx<'_>,
    scope: &AreaRange,
    id: PlanId,
    by: PersonId,
) -> Result<Plan, Problem> {
    let states = [PlanState::Computing, PlanState::Draft];
    let (mut row, now) = (in_state(tx, scope, id, &states)?, tx.now);
    let version = if row.state == PlanState::Computing { 1 } else { 2 };
    store::change_state(tx.write_unbatched(), &mut row, PlanState::Discarded, now)?;
    tx.record(Event::new("plan.discard", Subject::Plan, id, row.area, version).by(by));
    Ok(row.plan()?)
}

fn in_state(
    tx: &mut Tx<'_>,
    scope: &AreaRange,
    id: PlanId,
    states: &[PlanState],
) -> Result<PlanRow, Problem> {
    let row = store::row(tx.read_unbatched(), scope, id)?.ok_or_else(Problem::not_found)?;
    if states.contains(&row.state) {
        return Ok(row);
    }
    Err(plan_state::refused(&row.plan()?))
}

/// Whether the task is as the plan left it: its assignment was the last change.
fn is_unchanged(task: &TaskRow, visit: &VisitRow) -> bool {
    task.state == Phase::Assigned
        && task.plan == Some(visit.plan)
        && visit.task_version.is_some_and(|version| task.version == version + 1)
}
