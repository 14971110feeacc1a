//! Drafts of tasks that an undo opens again. The undo restores the tasks as the drafts knew them, so the
//! drafts remain applicable.

use std::collections::BTreeMap;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};

use crate::db::schema::{plan_visits, plans};
use crate::db::{Conn, DbError, batches, in_batches};
use crate::plan::model::PlanState;
use crate::plan::request::lane::Lane;

/// The versions of a task before a plan was applied and after it was undone.
pub(in crate::plan) type Versions = (i64, i64);

/// Has the drafts that were computed for the tasks as they were before, with these versions, stand for the
/// tasks as they are now.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn follow(
    conn: &mut Conn,
    district: AreaCode,
    restored: &[(TaskId, Versions)],
) -> Result<(), DbError> {
    for ((draft, (before, after)), tasks) in visits(conn, district, restored)? {
        for tasks in batches(&tasks) {
            let (Some(first), Some(last)) = (tasks.first(), tasks.last()) else { continue };
            // PostgreSQL, which has no statistics of a new draft, would read all of it for each batch
            // without the range.
            let visits = plan_visits::table
                .filter(plan_visits::district.eq(district))
                .filter(plan_visits::plan.eq(draft))
                .filter(plan_visits::task.between(*first, *last))
                .filter(plan_visits::task.eq_any(tasks))
                .filter(plan_visits::task_version.eq(before));
            diesel::update(visits).set(plan_visits::task_version.eq(after)).execute(conn)?;
        }
    }
    Ok(())
}

/// The tasks that drafts may have with the versions before, in their order. The drafts of a few tasks, of which there are
/// many and most have none of these, are read together; the others are given all of the tasks.
fn visits(
    conn: &mut Conn,
    district: AreaCode,
    restored: &[(TaskId, Versions)],
) -> Result<BTreeMap<(PlanId, Versions), Vec<TaskId>>, DbError> {
    let restored: BTreeMap<TaskId, Versions> = restored.iter().copied().collect();
    let drafts: Vec<(PlanId, Lane)> = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::state.eq(PlanState::Draft))
        .filter(plans::campaign.is_null())
        .select((plans::id, plans::lane))
        .load(conn)?;
    let (small, large): (Vec<_>, Vec<_>) =
        drafts.into_iter().partition(|(_, lane)| *lane == Lane::Small);
    let small: Vec<PlanId> = small.into_iter().map(|(draft, _)| draft).collect();
    let few: Vec<(PlanId, TaskId)> = in_batches(&small, |drafts| {
        plan_visits::table
            .filter(plan_visits::district.eq(district))
            .filter(plan_visits::plan.eq_any(drafts))
            .select((plan_visits::plan, plan_visits::task))
            .load(conn)
    })?;
    let all =
        large.into_iter().flat_map(|(draft, _)| restored.keys().map(move |task| (draft, *task)));
    let mut visits: BTreeMap<(PlanId, Versions), Vec<TaskId>> = BTreeMap::new();
    for (draft, task) in few.into_iter().chain(all) {
        if let Some(versions) = restored.get(&task) {
            visits.entry((draft, *versions)).or_default().push(task);
        }
    }
    for tasks in visits.values_mut() {
        tasks.sort_unstable();
    }
    Ok(visits)
}
