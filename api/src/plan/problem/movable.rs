//! The visits that plans gave and that their people have not accepted yet: a plan that is ordered so may
//! move them. What a person assigned, or pinned in the order of a plan, stays, as does what a person accepted.

use std::collections::{BTreeSet, HashMap};

use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;

use super::base_visit::BaseVisit;
use crate::db::{Conn, DbError};
use crate::plan::drafts::visit_store;
use crate::plan::request::order::PlanOrder;
use crate::plan::store;
use crate::task::row::TaskRow;

/// The visits among those of `tasks` that the order may move, as they are now; none unless it says so.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn read(
    conn: &mut Conn,
    order: &PlanOrder,
    tasks: &[TaskRow],
) -> Result<HashMap<TaskId, BaseVisit>, DbError> {
    let mut movable = HashMap::new();
    if !order.move_unaccepted {
        return Ok(movable);
    }
    let is_selected = order.only.matcher();
    let is_offered = |task: &&TaskRow| {
        task.state == Phase::Assigned && order.area.contains(&task.grid) && is_selected(task)
    };
    let offered: HashMap<TaskId, &TaskRow> =
        tasks.iter().filter(is_offered).map(|task| (task.id, task)).collect();
    let district = order.area.district();
    let plans: BTreeSet<PlanId> = offered.values().filter_map(|task| task.plan).collect();
    let plans: Vec<PlanId> = plans.into_iter().collect();
    let plans = store::given(conn, district, &plans)?;
    let by_plan = |task: &&TaskRow| {
        let plan = task.plan.filter(|id| plans.get(id).is_some_and(|plan| !plan.pins(task.id)));
        Some((plan?, task.id))
    };
    let given: Vec<(PlanId, TaskId)> = offered.values().filter_map(by_plan).collect();
    for (id, visit) in visit_store::of_tasks(conn, district, &given)? {
        let is_unaccepted = offered.get(&id).is_some_and(|task| visit.is_unaccepted(task));
        if is_unaccepted && let Some(visit) = BaseVisit::of(&visit) {
            movable.insert(id, visit);
        }
    }
    Ok(movable)
}

/// Has the movable visits planned as open tasks, also those whose hours have begun and those of people who are no
/// visitors of the plan.
pub(in crate::plan) fn free(tasks: &mut [TaskRow], movable: &HashMap<TaskId, BaseVisit>) {
    for task in tasks.iter_mut().filter(|task| movable.contains_key(&task.id)) {
        (task.state, task.assignee) = (Phase::Open, None);
        (task.planned_on, task.planned_start) = (None, None);
    }
}
