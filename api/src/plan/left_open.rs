//! Marks the open tasks that an applied plan left without a visitor, with the reason; an undo takes
//! the marks away.

use std::collections::HashMap;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::task::Phase;
use serde_json::json;

use super::store::PlanRow;
use super::why::StoredReason;
use crate::db::schema::plan_visits;
use crate::db::{Conn, DbError};
use crate::log::{Event, Subject};
use crate::task;
use crate::task::row::TaskRow;
use crate::task::unserved_why::UnservedWhy;
use crate::tx::Tx;

/// Gives each of these tasks that is open the mark that `to` makes of the reason. A task with the same
/// mark does not change.
///
/// # Errors
/// [`DbError`].
pub(super) fn set(
    tx: &mut Tx<'_>,
    plan: &PlanRow,
    reasons: &[(TaskId, UnservedWhy)],
    to: impl Fn(UnservedWhy) -> Option<UnservedWhy>,
) -> Result<(), DbError> {
    let reasons: HashMap<TaskId, UnservedWhy> = reasons.iter().copied().collect();
    let ids: Vec<TaskId> = reasons.keys().copied().collect();
    for row in task::store::rows(tx.read()?, plan.district, &ids)? {
        let why = reasons.get(&row.id).copied().and_then(&to);
        if row.state != Phase::Open || row.unserved_why == why {
            continue;
        }
        let next = TaskRow { unserved_why: why, version: row.version + 1, ..row.clone() };
        let event = Event::new("task.unserved", Subject::Task, row.id, next.grid, next.version);
        tx.record(event.by(plan.changed_by).with(json!({ "plan": plan.id, "why": why })));
        tx.replace(&row, next);
    }
    Ok(())
}

/// The reason of each task that the plan left, by task.
///
/// # Errors
/// [`DbError`].
pub(super) fn reasons(
    conn: &mut Conn,
    district: AreaCode,
    plan: PlanId,
) -> Result<Vec<(TaskId, UnservedWhy)>, DbError> {
    let rows: Vec<(TaskId, String)> = plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(plan))
        .filter(plan_visits::person.is_null())
        .order(plan_visits::task)
        .select((plan_visits::task, plan_visits::reason))
        .load(conn)?;
    let word = |(task, stored): (TaskId, String)| {
        let stored = serde_json::from_str::<StoredReason>(&stored);
        let stored = stored.map_err(|error| DbError::corrupt("plan_visits", error))?;
        // A word that this version does not know is no mark.
        Ok(stored.code.parse().ok().map(|why| (task, why)))
    };
    rows.into_iter().filter_map(|row| word(row).transpose()).collect()
}
