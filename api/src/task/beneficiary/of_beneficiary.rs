//! The tasks of a beneficiary, and writes of the columns that only the beneficiary's life changes:
//! where a task is, and whose it is.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::task::Phase;

use crate::db::schema::tasks;
use crate::db::{Conn, DbError, changed_one};
use crate::task::reports::report_row;
use crate::task::row::TaskRow;
use crate::task::store;

/// All tasks of the beneficiary, in any state, in the order of their keys.
///
/// # Errors
/// [`DbError`].
pub fn all(
    conn: &mut Conn,
    district: AreaCode,
    beneficiary: BeneficiaryId,
) -> Result<Vec<TaskRow>, DbError> {
    Ok(tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::beneficiary.eq(beneficiary))
        .filter(tasks::beneficiary.is_not_null())
        .order(tasks::id)
        .select(TaskRow::as_select())
        .load(conn)?)
}

/// The unfinished tasks of the beneficiary, in the order of their keys.
///
/// # Errors
/// [`DbError`].
pub fn unfinished(
    conn: &mut Conn,
    district: AreaCode,
    beneficiary: BeneficiaryId,
) -> Result<Vec<TaskRow>, DbError> {
    Ok(tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::beneficiary.eq(beneficiary))
        .filter(tasks::beneficiary.is_not_null())
        .filter(tasks::state.eq_any(Phase::UNFINISHED))
        .order(tasks::id)
        .select(TaskRow::as_select())
        .load(conn)?)
}

/// Whose phones show a beneficiary because of its tasks.
#[derive(Default)]
pub struct Audience {
    /// The assignees of unfinished tasks, and of those that ended a short time ago: their phones show
    /// the beneficiary in clear.
    pub visitors: Vec<PersonId>,
    /// The grids of the tasks, whose phones show it masked, wherever the home is.
    pub grids: BTreeSet<AreaCode>,
}

impl Audience {
    /// These and those of `other`.
    pub(super) fn with(self, other: Self) -> Self {
        let visitors: BTreeSet<PersonId> =
            self.visitors.into_iter().chain(other.visitors).collect();
        let grids = self.grids.into_iter().chain(other.grids).collect();
        Self { visitors: visitors.into_iter().collect(), grids }
    }
}

/// Whose phones show the beneficiary because of its tasks.
///
/// # Errors
/// [`DbError`].
pub fn audience(
    conn: &mut Conn,
    district: AreaCode,
    beneficiary: BeneficiaryId,
    now: DateTime<Utc>,
) -> Result<Audience, DbError> {
    let tasks = store::facts_at(conn, district, &[beneficiary])?;
    let tasks = tasks.iter().map(|(_, task)| task);
    let shown = tasks.clone().filter(|task| task.is_in_clear(now));
    let visitors: BTreeSet<PersonId> = shown.filter_map(|task| task.assignee).collect();
    let grids = tasks.map(|task| task.grid).collect();
    Ok(Audience { visitors: visitors.into_iter().collect(), grids })
}

/// Replaces `was` by `is`: its state, its location and its beneficiary, with which its reports move.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the task has changed since it was read.
pub fn replace(conn: &mut Conn, was: &TaskRow, is: &TaskRow) -> Result<(), DbError> {
    let unchanged =
        tasks::table.find((was.district, was.id)).filter(tasks::version.eq(was.version));
    let changed = diesel::update(unchanged)
        .set((
            (tasks::grid.eq(is.grid), tasks::lat.eq(is.lat), tasks::lon.eq(is.lon)),
            tasks::beneficiary.eq(is.beneficiary),
            (tasks::state.eq(is.state), tasks::assignee.eq(is.assignee)),
            (tasks::planned_on.eq(is.planned_on), tasks::planned_start.eq(is.planned_start)),
            (tasks::planned_minutes.eq(is.planned_minutes), tasks::plan.eq(is.plan)),
            (tasks::planned_why.eq(is.planned_why), tasks::planned_travel.eq(is.planned_travel)),
            (tasks::planned_order.eq(is.planned_order), tasks::unserved_why.eq(is.unserved_why)),
            (tasks::not_before.eq(is.not_before), tasks::due_on.eq(is.due_on)),
            (tasks::attempt.eq(is.attempt), tasks::escalation_level.eq(is.escalation_level)),
            (tasks::next_action_on.eq(is.next_action_on), tasks::updated_at.eq(is.updated_at)),
            (tasks::archived.eq(is.archived), tasks::version.eq(is.version)),
        ))
        .execute(conn)?;
    changed_one(changed)?;
    report_row::move_with_task(conn, was, is)
}
