//! The visits that plans gave and that their people have not accepted yet: a plan that is ordered so may
//! move them. What a person assigned, or pinned in the order of a plan, stays, as does what a person accepted.

use std::collections::{BTreeMap, HashMap, HashSet};

use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;

use super::base_visit::BaseVisit;
use super::order::PlanOrder;
use super::{store, visit_store};
use crate::db::{Conn, DbError};
use crate::task::row::TaskRow;

/// The visits among those of `tasks` that the order may move, as they are now; none unless it says so.
///
/// # Errors
/// [`DbError`].
pub(super) fn read(
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
    let mut by_plan: BTreeMap<PlanId, Vec<&TaskRow>> = BTreeMap::new();
    for task in tasks.iter().filter(is_offered) {
        if let Some(plan) = task.plan {
            by_plan.entry(plan).or_default().push(task);
        }
    }
    let district = order.area.district();
    let plans: Vec<PlanId> = by_plan.keys().copied().collect();
    let given = store::given(conn, district, &plans)?;
    for (plan, tasks) in by_plan {
        let order = given.get(&plan).and_then(|given| given.order.as_ref());
        let by_hand: HashSet<TaskId> = order.into_iter().flat_map(PlanOrder::pinned).collect();
        let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
        let visits = visit_store::of_tasks(conn, (district, plan), &ids)?.into_iter();
        let visits: HashMap<TaskId, _> = visits.map(|visit| (visit.task, visit)).collect();
        for task in tasks.into_iter().filter(|task| !by_hand.contains(&task.id)) {
            let visit = visits.get(&task.id).filter(|visit| visit.is_unaccepted(task));
            movable.extend(visit.and_then(BaseVisit::of).map(|visit| (task.id, visit)));
        }
    }
    Ok(movable)
}

/// Has the movable visits planned as open tasks, also those whose hours have begun and those of people who are no
/// visitors of the plan.
pub(super) fn free(tasks: &mut [TaskRow], movable: &HashMap<TaskId, BaseVisit>) {
    for task in tasks.iter_mut().filter(|task| movable.contains_key(&task.id)) {
        (task.state, task.assignee) = (Phase::Open, None);
        (task.planned_on, task.planned_start) = (None, None);
    }
}
