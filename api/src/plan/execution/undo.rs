//! Undoes an applied plan for the tasks that are not accepted yet, and discards drafts.

use std::collections::HashMap;

use gridward_domain::area::AreaRange;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::task::Phase;
use serde_json::json;

use super::batches::{self, Change};
use super::moves::Former;
use super::{other_drafts, plan_state};
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::plan::drafts::visit_store::VisitRow;
use crate::plan::model::{LeftBecause, LeftTask, Plan, PlanResult, PlanState};
use crate::plan::plan_row::PlanRow;
use crate::plan::problem::former_marks;
use crate::plan::request::changes::PlanChanges;
use crate::plan::store;
use crate::task;
use crate::task::commands::release;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Opens the tasks that the plan assigned and that are not accepted yet, or gives them back; the others are
/// listed. Many tasks are opened by the planner, in batches: the plan is `undoing` until then.
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

/// Opens the tasks of these visits of the plan that their people have not accepted, with the valid marks that
/// they had before, or gives them back to the visits that they had by earlier plans, which `orders` number;
/// returns the others.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn open(
    tx: &mut Tx<'_>,
    plan: &PlanRow,
    (visits, orders): (&[VisitRow], &HashMap<PlanId, HashMap<TaskId, i32>>),
    by: Option<PersonId>,
) -> Result<Vec<LeftTask>, DbError> {
    let ids: Vec<TaskId> = visits.iter().map(|visit| visit.task).collect();
    let tasks = task::store::rows(tx.read()?, plan.district, &ids)?;
    let tasks: HashMap<TaskId, TaskRow> = tasks.into_iter().map(|row| (row.id, row)).collect();
    let marked = visits.iter().filter(|visit| visit.former_unserved.is_some());
    let marked = marked.map(|visit| (visit.task, visit.former_unserved)).collect();
    let former = former_marks::valid(tx.read_unbatched(), plan, &marked)?;
    let given = visits.iter().filter_map(|visit| Some((tasks.get(&visit.task)?, visit)));
    let given: Vec<_> = given.filter(|(task, visit)| visit.is_unaccepted(task)).collect();
    let earlier = Former::read(tx, plan, &given, orders)?;
    let (mut left, mut restored) = (Vec::new(), Vec::new());
    for visit in visits {
        let (hindered, task) = (earlier.hindered(visit.task), tasks.get(&visit.task));
        let is_back = |task: &&TaskRow| visit.is_unaccepted(task) && hindered.is_none();
        let Some(task) = task.filter(is_back) else {
            let because = hindered.unwrap_or(LeftBecause::Changed);
            left.push(LeftTask::of(visit.task, because, (plan.id, visit.former_plan), task));
            continue;
        };
        let after = if let Some(after) = earlier.give_back(tx, (plan, task), by)? {
            after
        } else {
            // The author of the undo decides the next step: the tasks are not planned anew.
            let about = json!({ "because": "plan_undone", "plan": plan.id });
            let unserved_why = former.get(&task.id).copied();
            release::open(tx, &TaskRow { unserved_why, ..task.clone() }, by, about)?
        };
        // Drafts know the task as it was before, unless it has changed otherwise since.
        let before = visit.task_version.filter(|version| task.version == version + 1);
        let is_cancelled = after.state == Phase::Cancelled;
        if let Some(before) = before.filter(|_| !is_cancelled) {
            restored.push((task.id, (before, after.version)));
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
