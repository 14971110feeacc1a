//! What is left to do with a plan that is applied or undone.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use diesel::prelude::*;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::range::ServiceMinutes;

use super::assignment::Assignments;
use super::left_open::{self, LeftOpen};
use super::moves;
use super::premises::Premises;
use crate::db::schema::{plan_visits, tasks};
use crate::db::{Conn, DbError};
use crate::plan::drafts::visit_store::{self, VisitRow};
use crate::plan::drafts::why;
use crate::plan::model::PlanState;
use crate::plan::plan_row::PlanRow;
use crate::plan::request::changes::PlanChanges;
use crate::tx::Tx;

/// The least number of tasks of a batch; tied ones are added to it.
pub(in crate::plan) const BATCH: usize = 1_000;

/// What is left to do with a plan.
pub(in crate::plan) struct Work {
    /// The visits with a task to assign or to open, tied ones side by side, in the order of the keys.
    pub(in crate::plan) visits: Vec<VisitRow>,
    /// What each visit is sorted by: its task, or the tie that it has in common with others.
    keys: Vec<TaskId>,
    /// The number of each visit in the day of its person.
    orders: HashMap<TaskId, i32>,
    /// The same of the earlier plans to which an undo gives visits back.
    pub(in crate::plan) former_orders: HashMap<PlanId, HashMap<TaskId, i32>>,
    /// What may have changed since the draft of a plan that is applied.
    premises: Premises,
    /// The tasks that the plan left without a visitor.
    pub(in crate::plan) unserved: Vec<LeftOpen>,
}

impl Work {
    /// Reads what is left to do after the place that the plan has reached; `changes` are those of its order.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::plan) fn read(
        conn: &mut Conn,
        plan: &PlanRow,
        changes: &PlanChanges,
    ) -> Result<Self, DbError> {
        let tasks = known_tasks(conn, plan)?;
        let tie = |task: TaskId| tasks.get(&task).and_then(|(tie, _)| *tie);
        let visits = visit_store::assignments(conn, plan.district, plan.id)?.into_iter();
        let mut visits: Vec<(TaskId, VisitRow)> =
            visits.map(|visit| (tie(visit.task).unwrap_or(visit.task), visit)).collect();
        visits.sort_unstable_by_key(|(key, visit)| (*key, visit.task));
        let premises = if plan.state == PlanState::Undoing {
            Premises::default()
        } else {
            let services = tasks.iter().map(|(task, (_, minutes))| (*task, *minutes)).collect();
            let all: Vec<&VisitRow> = visits.iter().map(|(_, visit)| visit).collect();
            let moving = moves::pending(conn, plan)?;
            Premises::read(conn, plan, (&all, changes), (&services, &moving))?
        };
        visits.retain(|(key, _)| plan.reached.is_none_or(|reached| *key > reached));
        let (keys, visits): (Vec<TaskId>, Vec<VisitRow>) = visits.into_iter().unzip();
        let orders = why::orders(conn, plan.district, plan.id)?;
        let mut former_orders = HashMap::new();
        if plan.state == PlanState::Undoing {
            let moved = visits.iter().filter_map(|visit| visit.former_plan);
            for id in moved.collect::<BTreeSet<PlanId>>() {
                former_orders.insert(id, why::orders(conn, plan.district, id)?);
            }
        }
        let unserved = left_open::of(conn, plan.district, plan.id)?;
        Ok(Self { visits, keys, orders, former_orders, premises, unserved })
    }

    /// The assignments of some of the visits.
    ///
    /// # Errors
    /// [`DbError`].
    pub(in crate::plan) fn assignments(
        &self,
        tx: &mut Tx<'_>,
        plan: &PlanRow,
        visits: &[VisitRow],
    ) -> Result<Assignments, DbError> {
        Assignments::of(tx, plan, visits, (&self.orders, &self.premises))
    }

    /// The batches of visits.
    pub(in crate::plan) fn batches(&self) -> Vec<Range<usize>> {
        batches(&self.keys, BATCH)
    }

    /// The place that the plan has reached after the batch.
    pub(in crate::plan) fn reached(&self, batch: &Range<usize>) -> TaskId {
        self.keys[batch.end - 1]
    }
}

/// Ranges of at least `least` keys that separate no equal ones; the last one may be smaller.
fn batches(keys: &[TaskId], least: usize) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let mut begin = 0;
    while begin < keys.len() {
        let mut end = keys.len().min(begin + least);
        while end < keys.len() && keys[end] == keys[end - 1] {
            end += 1;
        }
        batches.push(begin..end);
        begin = end;
    }
    batches
}

/// The tasks of the plan with their ties and the minutes at the door.
fn known_tasks(
    conn: &mut Conn,
    plan: &PlanRow,
) -> Result<HashMap<TaskId, (Option<TaskId>, ServiceMinutes)>, DbError> {
    let of_plan = plan_visits::table
        .filter(plan_visits::district.eq(plan.district))
        .filter(plan_visits::plan.eq(plan.id))
        .select(plan_visits::task);
    let rows: Vec<(TaskId, Option<TaskId>, ServiceMinutes)> = tasks::table
        .filter(tasks::district.eq(plan.district))
        .filter(tasks::id.eq_any(of_plan))
        .select((tasks::id, tasks::tie_id, tasks::minutes))
        .load(conn)?;
    Ok(rows.into_iter().map(|(task, tie, minutes)| (task, (tie, minutes))).collect())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn keys(of: &[u128]) -> Vec<TaskId> {
        of.iter().map(|key| TaskId(Uuid::from_u128(*key))).collect()
    }

    #[test]
    fn batches_have_every_visit_once_and_separate_no_tied_ones() {
        assert!(batches(&keys(&[]), 2).is_empty());
        assert_eq!(batches(&keys(&[1]), 2), vec![0..1]);
        assert_eq!(batches(&keys(&[1, 2, 3, 4, 5]), 2), [0..2, 2..4, 4..5]);
        assert_eq!(batches(&keys(&[1, 2, 2, 2, 3]), 2), [0..4, 4..5]);
        assert_eq!(batches(&keys(&[1, 1, 1, 2, 3]), 2), [0..3, 3..5]);
    }
}
