//! Marks the open tasks that an applied plan left without a visitor, with the reason; an undo restores
//! the marks before.

use std::collections::HashMap;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;
use serde_json::json;

use crate::db::schema::plan_visits;
use crate::db::{Conn, DbError};
use crate::log::{Event, Subject};
use crate::plan::drafts::why::StoredReason;
use crate::plan::plan_row::PlanRow;
use crate::plan::problem::former_marks;
use crate::task;
use crate::task::row::TaskRow;
use crate::task::view::unserved_why::UnservedWhy;
use crate::tx::Tx;

/// A task that a plan left without a visitor.
pub(in crate::plan) struct LeftOpen {
    task: TaskId,
    why: UnservedWhy,
    /// The mark of the task before the plan was applied.
    former: Option<UnservedWhy>,
}

/// Marks each of these tasks that is open. A task with the same mark does not change.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn mark(
    tx: &mut Tx<'_>,
    plan: &PlanRow,
    unserved: &[LeftOpen],
) -> Result<(), DbError> {
    for (row, left) in rows(tx, plan, unserved)? {
        if row.state == Phase::Open {
            set(tx, plan, &row, Some(left.why));
        }
    }
    Ok(())
}

/// Gives each of these tasks that has the mark of the plan the one before, as far as it is valid.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn unmark(
    tx: &mut Tx<'_>,
    plan: &PlanRow,
    unserved: &[LeftOpen],
) -> Result<(), DbError> {
    let former = unserved.iter().map(|left| (left.task, left.former)).collect();
    let former = former_marks::valid(tx.read_unbatched(), plan, &former)?;
    for (row, left) in rows(tx, plan, unserved)? {
        if row.state == Phase::Open && row.unserved_why == Some(left.why) {
            set(tx, plan, &row, former.get(&row.id).copied());
        }
    }
    Ok(())
}

/// The rows of these tasks.
fn rows<'l>(
    tx: &mut Tx<'_>,
    plan: &PlanRow,
    unserved: &'l [LeftOpen],
) -> Result<Vec<(TaskRow, &'l LeftOpen)>, DbError> {
    let left: HashMap<TaskId, &LeftOpen> = unserved.iter().map(|left| (left.task, left)).collect();
    let ids: Vec<TaskId> = left.keys().copied().collect();
    let rows = task::store::rows(tx.read()?, plan.district, &ids)?.into_iter();
    Ok(rows.filter_map(|row| left.get(&row.id).map(|left| (row, *left))).collect())
}

fn set(tx: &mut Tx<'_>, plan: &PlanRow, row: &TaskRow, why: Option<UnservedWhy>) {
    if row.unserved_why == why {
        return;
    }
    let next = TaskRow { unserved_why: why, version: row.version + 1, ..row.clone() };
    let event = Event::new("task.unserved", Subject::Task, row.id, next.grid, next.version);
    tx.record(event.by(plan.changed_by).with(json!({ "plan": plan.id, "why": why })));
    tx.replace(row, next);
}

/// The tasks that the plan left without a visitor, by task.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn of(
    conn: &mut Conn,
    district: AreaCode,
    plan: PlanId,
) -> Result<Vec<LeftOpen>, DbError> {
    let rows: Vec<(TaskId, String, Option<UnservedWhy>)> = plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(plan))
        .filter(plan_visits::person.is_null())
        .order(plan_visits::task)
        .select((plan_visits::task, plan_visits::reason, plan_visits::former_unserved))
        .load(conn)?;
    let word = |(task, stored, former): (TaskId, String, Option<UnservedWhy>)| {
        Ok(StoredReason::mark(&stored)?.map(|why| LeftOpen { task, why, former }))
    };
    rows.into_iter().filter_map(|row| word(row).transpose()).collect()
}
