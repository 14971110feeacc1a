//! Drafts of tasks that an undo opens again. The undo restores the tasks as the drafts knew them, so the
//! drafts remain applicable.

use std::collections::BTreeMap;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};

use crate::db::schema::{plan_visits, plans};
use crate::db::{Conn, DbError, batches};
use crate::plan::model::PlanState;

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
    let drafts: Vec<PlanId> = plans::table
        .filter(plans::district.eq(district))
        .filter(plans::state.eq(PlanState::Draft))
        .filter(plans::campaign.is_null())
        .order(plans::id)
        .select(plans::id)
        .load(conn)?;
    for draft in drafts {
        for (versions, tasks) in by_versions(restored) {
            for tasks in batches(&tasks) {
                let (Some(first), Some(last)) = (tasks.first(), tasks.last()) else { continue };
                // PostgreSQL, which has no statistics of a new draft, would read all of it for each batch
                // without the range.
                let visits = plan_visits::table
                    .filter(plan_visits::district.eq(district))
                    .filter(plan_visits::plan.eq(draft))
                    .filter(plan_visits::task.between(*first, *last))
                    .filter(plan_visits::task.eq_any(tasks))
                    .filter(plan_visits::task_version.eq(versions.0));
                let now = plan_visits::task_version.eq(versions.1);
                diesel::update(visits).set(now).execute(conn)?;
            }
        }
    }
    Ok(())
}

/// The tasks with the same versions, in their order.
fn by_versions(restored: &[(TaskId, Versions)]) -> BTreeMap<Versions, Vec<TaskId>> {
    let mut groups: BTreeMap<Versions, Vec<TaskId>> = BTreeMap::new();
    for (task, versions) in restored {
        groups.entry(*versions).or_default().push(*task);
    }
    for tasks in groups.values_mut() {
        tasks.sort_unstable();
    }
    groups
}
