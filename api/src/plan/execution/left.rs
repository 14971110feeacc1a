//! The tasks that a plan left as they were when it was applied or undone.

use std::collections::HashMap;

use diesel::prelude::*;
use gridward_domain::id::{PlanId, TaskId};

use crate::db::schema::plan_visits;
use crate::db::{Conn, DbError, batches};
use crate::plan::model::{LeftBecause, LeftTask, PlanResult, PlanState};
use crate::plan::plan_row::PlanRow;
use crate::task;
use crate::task::row::TaskRow;
use crate::task::schedule::commitments::Conflict;

impl From<Conflict> for LeftBecause {
    fn from(conflict: Conflict) -> Self {
        match conflict {
            Conflict::Away => Self::PersonUnavailable,
            Conflict::Busy => Self::PersonBusy,
        }
    }
}

impl LeftTask {
    /// A task that a plan leaves, and had from the plan `former` before; `task` is its present row, if it
    /// still exists.
    pub(in crate::plan) fn of(
        task_id: TaskId,
        because: LeftBecause,
        (plan, former): (PlanId, Option<PlanId>),
        task: Option<&TaskRow>,
    ) -> Self {
        let present = task.and_then(|task| task.plan).filter(|_| because == LeftBecause::Changed);
        let plan_id = present.filter(|present| *present != plan && Some(*present) != former);
        Self { task_id, because, state: task.map(|task| task.state), plan_id }
    }
}

/// Records that these tasks are left. A plan that is being applied does not assign them.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn record(
    conn: &mut Conn,
    plan: &PlanRow,
    left: &[LeftTask],
) -> Result<(), DbError> {
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
pub(in crate::plan) fn counts(conn: &mut Conn, plan: &PlanRow) -> Result<(i64, i64), DbError> {
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
pub(in crate::plan) fn result(conn: &mut Conn, plan: PlanRow) -> Result<PlanResult, DbError> {
    type Columns = (TaskId, Option<LeftBecause>, Option<i64>, Option<PlanId>);
    let visits = plan_visits::table
        .filter(plan_visits::district.eq(plan.district))
        .filter(plan_visits::plan.eq(plan.id))
        .filter(plan_visits::left_because.is_not_null())
        .order(plan_visits::task)
        .select((
            plan_visits::task,
            plan_visits::left_because,
            plan_visits::task_version,
            plan_visits::former_plan,
        ));
    let rows: Vec<Columns> = visits.load(conn)?;
    // Those that the application left were never assigned, so an undo has nothing to do with them.
    let is_undone = matches!(plan.state, PlanState::Undoing | PlanState::Undone);
    let rows = rows.into_iter().filter(|(_, _, version, _)| version.is_some() == is_undone);
    let rows: Vec<(TaskId, LeftBecause, Option<PlanId>)> =
        rows.filter_map(|(task, because, _, former)| Some((task, because?, former))).collect();
    let ids: Vec<TaskId> = rows.iter().map(|(task, ..)| *task).collect();
    let tasks = task::store::rows(conn, plan.district, &ids)?.into_iter();
    let tasks: HashMap<TaskId, TaskRow> = tasks.map(|row| (row.id, row)).collect();
    let left = rows
        .into_iter()
        .map(|(id, because, former)| LeftTask::of(id, because, (plan.id, former), tasks.get(&id)));
    Ok(PlanResult { left: left.collect(), plan: plan.plan()? })
}
