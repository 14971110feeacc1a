//! The marks that the tasks of a plan had from earlier plans before it was applied; its undo restores
//! those that are still valid.

use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::id::TaskId;

use crate::db::schema::{plan_visits, plans, tasks};
use crate::db::{Conn, DbError, batches};
use crate::plan::drafts::why::StoredReason;
use crate::plan::model::PlanState;
use crate::plan::plan_row::PlanRow;
use crate::task::view::unserved_why::UnservedWhy;

/// Remembers the marks that the tasks of the plan have before it changes them.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn remember(conn: &mut Conn, plan: &PlanRow) -> Result<(), DbError> {
    let marked = || {
        tasks::table
            .filter(tasks::district.eq(plan.district))
            .filter(tasks::id.eq(plan_visits::task))
            .filter(tasks::unserved_why.is_not_null())
    };
    let visits = plan_visits::table
        .filter(plan_visits::district.eq(plan.district))
        .filter(plan_visits::plan.eq(plan.id))
        .filter(exists(marked()));
    let marks = marked().select(tasks::unserved_why).single_value();
    diesel::update(visits).set(plan_visits::former_unserved.eq(marks)).execute(conn)?;
    Ok(())
}

/// The marks without the plan of those of its tasks, given with the former marks, that another applied plan
/// has left without a visitor: that of the one that was applied last. The mark of a plan that was undone
/// since is not valid any more.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn valid(
    conn: &mut Conn,
    plan: &PlanRow,
    former: &HashMap<TaskId, Option<UnservedWhy>>,
) -> Result<HashMap<TaskId, UnservedWhy>, DbError> {
    let (mut marks, tasks) = (HashMap::new(), former.keys().copied().collect::<Vec<TaskId>>());
    for tasks in batches(&tasks) {
        let of_plan =
            plans::district.eq(plan_visits::district).and(plans::id.eq(plan_visits::plan));
        let rows: Vec<(TaskId, String, Option<UnservedWhy>)> = plan_visits::table
            .inner_join(plans::table.on(of_plan))
            .filter(plan_visits::district.eq(plan.district))
            .filter(plan_visits::plan.ne(plan.id))
            .filter(plan_visits::task.eq_any(tasks))
            .filter(plan_visits::person.is_null())
            .filter(plans::state.eq(PlanState::Applied))
            .order((plans::state_at, plans::id))
            .select((plan_visits::task, plan_visits::reason, plan_visits::former_unserved))
            .load(conn)?;
        for (task, stored, found) in rows {
            // Either this plan found the mark of the other one, or the other one that of this plan;
            // otherwise the task had lost its mark in between.
            if found.is_some() || former.get(&task).is_some_and(Option::is_some) {
                // Of two, that of the later one.
                marks.extend(StoredReason::mark(&stored)?.map(|mark| (task, mark)));
            }
        }
    }
    Ok(marks)
}
