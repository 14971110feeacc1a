//! The visits that plans gave and that their people have not accepted yet: a plan that is ordered so may
//! move those of its selection, and one of urgent tasks that no person ordered those around these. What a person
//! assigned, or pinned in the order of a plan, stays, as does what a person accepted.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;

use super::base_visit::BaseVisit;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::plan::drafts::visit_store::{self, VisitRow};
use crate::plan::request::order::PlanOrder;
use crate::plan::store;
use crate::task::assignment::freed;
use crate::task::row::TaskRow;

/// A visit given within this time stays, so that it does not change hands each minute.
const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(30);

/// Whether a task that changed then has been as it is for a while.
pub(in crate::plan) fn is_settled(changed: NaiveDateTime, now: DateTime<Utc>) -> bool {
    now - changed.and_utc() >= SETTLED_AFTER
}

/// The urgent open tasks that the order selects, with their grids.
pub(in crate::plan) fn urgent(order: &PlanOrder, tasks: &[TaskRow]) -> HashMap<TaskId, AreaCode> {
    let is_selected = order.only.matcher();
    let urgent = tasks.iter().filter(|task| freed::is_urgent(task) && is_selected(task));
    urgent.map(|task| (task.id, task.grid)).collect()
}

/// The visits among those of `tasks` that the order may move, as they are now: those that it selects, if it says
/// so, and those in the grids `around` that have been as they are for a while. Those whose day has passed are
/// planned anew in any case (`missed`).
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn read(
    conn: &mut Conn,
    order: &PlanOrder,
    (around, now): (&HashSet<AreaCode>, DateTime<Utc>),
    tasks: &[TaskRow],
) -> Result<HashMap<TaskId, BaseVisit>, DbError> {
    let mut movable = HashMap::new();
    if !order.move_unaccepted && around.is_empty() {
        return Ok(movable);
    }
    let (is_selected, today) = (order.only.matcher(), clock::day(now));
    let is_offered = |task: &&TaskRow| {
        task.state == Phase::Assigned
            && task.planned_on.is_none_or(|day| day >= today)
            && order.area.contains(&task.grid)
            && ((order.move_unaccepted && is_selected(task))
                || (around.contains(&task.grid) && is_settled(task.updated_at, now)))
    };
    let offered: HashMap<TaskId, &TaskRow> =
        tasks.iter().filter(is_offered).map(|task| (task.id, task)).collect();
    let visits = given(conn, order.area.district(), &offered)?;
    movable.extend(visits.iter().filter_map(BaseVisit::of).map(|visit| (visit.task, visit)));
    Ok(movable)
}

/// The visits that plans gave to these tasks of the district and that are as they were given: not accepted,
/// not rescheduled, and not pinned in the order of the plan.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn given(
    conn: &mut Conn,
    district: AreaCode,
    tasks: &HashMap<TaskId, &TaskRow>,
) -> Result<Vec<VisitRow>, DbError> {
    let plans: BTreeSet<PlanId> = tasks.values().filter_map(|task| task.plan).collect();
    let plans: Vec<PlanId> = plans.into_iter().collect();
    let plans = store::given(conn, district, &plans)?;
    let by_plan = |task: &&TaskRow| {
        let plan = task.plan.filter(|id| plans.get(id).is_some_and(|plan| !plan.pins(task.id)));
        Some((plan?, task.id))
    };
    let given: Vec<(PlanId, TaskId)> = tasks.values().filter_map(by_plan).collect();
    let visits = visit_store::of_tasks(conn, district, &given)?.into_values();
    let is_unaccepted =
        |visit: &VisitRow| tasks.get(&visit.task).is_some_and(|task| visit.is_unaccepted(task));
    Ok(visits.filter(is_unaccepted).collect())
}

/// Has the movable visits that the order selects planned as open tasks, also those whose hours have begun and those
/// of people who are no visitors of the plan.
pub(in crate::plan) fn free(
    tasks: &mut [TaskRow],
    order: &PlanOrder,
    movable: &HashMap<TaskId, BaseVisit>,
) {
    let is_selected = order.only.matcher();
    let is_freed = |task: &&mut TaskRow| {
        order.move_unaccepted && movable.contains_key(&task.id) && is_selected(task)
    };
    tasks.iter_mut().filter(is_freed).for_each(as_open);
}

/// Has the task planned as an open one.
pub(in crate::plan) fn as_open(task: &mut TaskRow) {
    (task.state, task.assignee) = (Phase::Open, None);
    (task.planned_on, task.planned_start) = (None, None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_that_was_given_less_than_half_an_hour_ago_stays() {
        let moment = |text: &str| -> DateTime<Utc> { text.parse().expect("a moment") };
        let now = moment("2026-11-28T02:30:00Z");
        assert!(is_settled(moment("2026-11-28T02:00:00Z").naive_utc(), now));
        assert!(!is_settled(moment("2026-11-28T02:00:01Z").naive_utc(), now));
    }
}
