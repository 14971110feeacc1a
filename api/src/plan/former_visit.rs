//! The visits that tasks have with other people before a plan moves them: an undo gives them back.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::id::{PersonId, PlanId};
use gridward_domain::task::{self as life, AutomaticCommand, Candidate, Transition};
use gridward_domain::time::TimeOfDay;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::plan_row::PlanRow;
use super::visit_store::VisitRow;
use crate::clock;
use crate::db::DbError;
use crate::log::{Event, Subject};
use crate::person;
use crate::task::planned_why::PlannedWhy;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The visit of a task that a plan moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FormerVisit {
    /// The assignee.
    pub(super) person: PersonId,
    /// The grid of the assignee.
    pub(super) grid: AreaCode,
    /// The minutes with the journey.
    pub(super) minutes: Option<i32>,
    day: Option<NaiveDate>,
    start: Option<TimeOfDay>,
    plan: Option<PlanId>,
    why: Option<PlannedWhy>,
    travel: Option<i32>,
    order: Option<i32>,
}

impl FormerVisit {
    /// The visit of the task by its assignee, who works in the grid.
    pub(super) fn of(row: &TaskRow, grid: AreaCode) -> Option<Self> {
        Some(Self {
            person: row.assignee?,
            grid,
            minutes: row.planned_minutes,
            day: row.planned_on,
            start: row.planned_start,
            plan: row.plan,
            why: row.planned_why,
            travel: row.planned_travel,
            order: row.planned_order,
        })
    }

    /// The former visit of the task of a visit, if the plan moves one.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub(super) fn read(visit: &VisitRow) -> Result<Option<Self>, DbError> {
        let stored = visit.former_visit.as_deref().map(serde_json::from_str).transpose();
        stored.map_err(|error| DbError::corrupt("plan_visits", error))
    }

    /// The column.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub(super) fn stored(&self) -> Result<String, DbError> {
        serde_json::to_string(self).map_err(|error| DbError::corrupt("plan_visits", error))
    }

    /// The task of the row with this visit, in the state `to`.
    fn restored(self, row: TaskRow) -> TaskRow {
        TaskRow {
            planned_minutes: self.minutes,
            planned_on: self.day,
            planned_start: self.start,
            plan: self.plan,
            planned_why: self.why,
            planned_travel: self.travel,
            planned_order: self.order,
            ..row
        }
    }
}

/// Gives the task, which the plan has moved, back to the person who had it, on the day and at the hour that it
/// had; answers whether that person can have it.
///
/// # Errors
/// [`DbError`].
pub(super) fn give_back(
    tx: &mut Tx<'_>,
    plan: &PlanRow,
    (task, visit): (&TaskRow, &VisitRow),
    by: Option<PersonId>,
) -> Result<bool, DbError> {
    let Some(former) = FormerVisit::read(visit)? else { return Ok(false) };
    let who = BTreeSet::from([former.person]);
    let active = person::active::areas(tx.read()?, plan.district, &who)?;
    let Some(grid) = active.get(&former.person).copied() else { return Ok(false) };
    // The person had the task, so the role is a visitor's.
    let to = Candidate { person: former.person, role: Role::Volunteer, grid };
    let command = AutomaticCommand::Reassign { to, within: plan.district };
    let given = life::apply_automatic(&task.life()?, &command, clock::day(tx.now));
    let Ok(Transition::Changed(after)) = given else { return Ok(false) };
    let next = former.restored(task.moved(&after, tx.now));
    let event = Event::new("task.reassign", Subject::Task, task.id, next.grid, next.version);
    let event = event.by(by).assignees(task.assignee, next.assignee);
    tx.record(event.with(json!({ "because": "plan_undone", "plan": plan.id })));
    tx.replace(task, next);
    Ok(true)
}
