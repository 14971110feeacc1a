//! The tasks that a plan left as they were when it was applied or undone.

use std::collections::HashMap;

use diesel::prelude::*;
use gridward_domain::id::TaskId;
use gridward_domain::task::Phase;

use super::model::{LeftBecause, LeftTask, PlanResult, PlanState};
use super::plan_row::PlanRow;
use crate::db::schema::plan_visits;
use crate::db::{Conn, DbError, batches};
use crate::task;

/// Records that these tasks are left. A plan that is being applied does not assign them.
///
/// # Errors
/// [`DbError`].
pub(super) fn record(conn: &mut Conn, plan: &PlanRow, left: &[LeftTask]) -> Result<(), DbError> {
    let mut by_reason: HashMap<LeftBecause, Vec<TaskId>> = HashMap::new();
    for LeftTask { task_id, because, .. } in left {
        by_reason.entry(*because).or_default().push(*task_id);
    }
    for (because, tasks) in by_reason {
        for tasks in batches(&tasks) {
            let visits = || {
                plan_visits::table
                    .filter(plan_visits::district.eq(plan.district))
                    .filter(plan_visits::plan.eq(plan.id))
                    .filter(plan_visits::task.eq_any(tasks))
            };
            diesel::update(visits()).set(plan_visits::left_because.eq(because)).execute(conn)?;
            if plan.state == PlanState::Applying {
                let none = plan_visits::task_version.eq(None::<i64>);
                diesel::update(visits()).set(none).execute(conn)?;
            }
        }
    }
    Ok(())
}

/// The numbers of tasks that the plan changed and left in its present change.
///
/// # Errors
/// [`DbError`].
pub(super) fn counts(conn: &mut Conn, plan: &PlanRow) -> Result<(i64, i64), DbError> {
    let visits = || {
        plan_visits::table
            .filter(plan_visits::district.eq(plan.district))
            .filter(plan_visits::plan.eq(plan.id))
    };
    let assigned = visits().filter(plan_visits::task_version.is_not_null());
    let done = assigned.filter(plan_visits::left_because.is_null()).count().get_result(conn)?;
    let left = match plan.state {
        PlanState::Applying | PlanState::Applied => visits()
            .filter(plan_visits::task_version.is_null())
            .filter(plan_visits::left_because.is_not_null())
            .count()
            .get_result(conn)?,
        _ => assigned.filter(plan_visits::left_because.is_not_null()).count().get_result(conn)?,
    };
    Ok((done, left))
}

/// The plan with the tasks that its last change left, in their present states.
///
/// # Errors
/// [`DbError`].
pub(super) fn result(conn: &mut Conn, plan: PlanRow) -> Result<PlanResult, DbError> {
    let visits = plan_visits::table
        .filter(plan_visits::district.eq(plan.district))
        .filter(plan_visits::plan.eq(plan.id))
        .filter(plan_visits::left_because.is_not_null())
        .order(plan_visits::task)
        .select((plan_visits::task, plan_visits::left_because, plan_visits::task_version));
    let rows: Vec<(TaskId, Option<LeftBecause>, Option<i64>)> = visits.load(conn)?;
    // Those that the application left were never assigned, so an undo has nothing to do with them.
    let is_undone = matches!(plan.state, PlanState::Undoing | PlanState::Undone);
    let rows = rows.into_iter().filter(|(_, _, version)| version.is_some() == is_undone);
    let rows: Vec<(TaskId, LeftBecause)> =
        rows.filter_map(|(task, because, _)| Some((task, because?))).collect();
    let ids: Vec<TaskId> = rows.iter().map(|(task, _)| *task).collect();
    let states = task::store::rows(conn, plan.district, &ids)?.into_iter();
    let states: HashMap<TaskId, Phase> = states.map(|row| (row.id, row.state)).collect();
    let left = rows.into_iter().map(|(task_id, because)| {
        let state = states.get(&task_id).copied();
        LeftTask { task_id, because, state }
    });
    Ok(PlanResult { left: left.collect(), plan: plan.plan()? })
}
