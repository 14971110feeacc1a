//! What becomes of freed tasks after the plan that was to give them to others: those of a plan that failed,
//! and those that it left, wait for another one, but not for ever.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};

use crate::db::schema::{plan_visits, plans};
use crate::db::{Conn, DbError, batches};
use crate::plan::model::PlanState;
use crate::task::assignment::freed;
use crate::tx::Tx;

/// The most plans that a task gets after it has lost its assignee.
const MOST_TRIES: i32 = 3;

/// What becomes of a freed task that a plan has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It waits for the plan.
    Waits,
    /// Another plan is made for it.
    Again,
    /// The plan has done its work, or a person decides.
    Over,
}

/// Has those of the tasks that plans have wait again of which another plan is to be made, and forgets those of
/// plans that have done their work.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn settle(tx: &mut Tx<'_>, district: AreaCode) -> Result<(), DbError> {
    let given = freed::given(tx.read_unbatched(), district)?;
    let ids: HashSet<PlanId> = given.iter().map(|(_, plan, _)| *plan).collect();
    let ids: Vec<PlanId> = ids.into_iter().collect();
    let (states, left) =
        (states(tx.read_unbatched(), district, &ids)?, left(tx.read_unbatched(), district, &ids)?);
    let (mut again, mut over) = (Vec::new(), Vec::new());
    for (task, plan, tries) in given {
        match fate(states.get(&plan).copied(), left.contains(&(plan, task)), tries) {
            Fate::Waits => {}
            Fate::Again => again.push(task),
            Fate::Over => over.push(task),
        }
    }
    freed::again(tx.write_unbatched(), district, &again)?;
    freed::planned(tx.write_unbatched(), district, &over)
}

/// What becomes of a task of a plan in this state, `None` for one that does not exist, that may have left it.
fn fate(state: Option<PlanState>, is_left: bool, tries: i32) -> Fate {
    let is_lost = match state {
        Some(PlanState::Computing | PlanState::Applying) => return Fate::Waits,
        Some(PlanState::Failed) => true,
        Some(PlanState::Applied) => is_left,
        Some(PlanState::Draft | PlanState::Undoing | PlanState::Undone | PlanState::Discarded)
        | None => false,
    };
    if is_lost && tries < MOST_TRIES { Fate::Again } else { Fate::Over }
}

/// The states of these plans.
fn states(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[PlanId],
) -> Result<HashMap<PlanId, PlanState>, DbError> {
    let mut states = HashMap::new();
    for ids in batches(ids) {
        let of: Vec<(PlanId, PlanState)> = plans::table
            .filter(plans::district.eq(district))
            .filter(plans::id.eq_any(ids))
            .select((plans::id, plans::state))
            .load(conn)?;
        states.extend(of);
    }
    Ok(states)
}

/// The tasks that these plans left as they were when they were applied.
fn left(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[PlanId],
) -> Result<HashSet<(PlanId, TaskId)>, DbError> {
    let mut left = HashSet::new();
    for ids in batches(ids) {
        let of: Vec<(PlanId, TaskId)> = plan_visits::table
            .filter(plan_visits::district.eq(district))
            .filter(plan_visits::plan.eq_any(ids))
            .filter(plan_visits::left_because.is_not_null())
            .select((plan_visits::plan, plan_visits::task))
            .load(conn)?;
        left.extend(of);
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_a_plan_failed_or_left_gets_another_one_until_it_has_had_three() {
        assert_eq!(fate(Some(PlanState::Computing), false, 1), Fate::Waits);
        assert_eq!(fate(Some(PlanState::Applying), true, 1), Fate::Waits);
        assert_eq!(fate(Some(PlanState::Failed), false, 2), Fate::Again);
        assert_eq!(fate(Some(PlanState::Failed), false, 3), Fate::Over);
        assert_eq!(fate(Some(PlanState::Applied), true, 1), Fate::Again);
        assert_eq!(fate(Some(PlanState::Applied), false, 1), Fate::Over);
        assert_eq!(fate(Some(PlanState::Draft), false, 1), Fate::Over, "a suggestion");
        assert_eq!(fate(Some(PlanState::Discarded), false, 1), Fate::Over);
        assert_eq!(fate(None, false, 1), Fate::Over);
    }
}
