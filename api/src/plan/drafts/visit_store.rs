//! Queries for the visits of plans.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;
use serde_json::Value;

use super::changed_visits::VisitChange;
use super::why::StoredWhy;
use crate::db::schema::{plan_visits, tasks};
use crate::db::{Conn, DbError, in_batches};
use crate::http::page::Wanted;
use crate::in_range;
use crate::plan::model::PlanVisit;
use crate::task::row::TaskRow;
use crate::task::view::unserved_why::UnservedWhy;

crate::table_row! {
    /// A row of `plan_visits`.
    pub struct VisitRow in plan_visits {
        district: AreaCode,
        key {
            plan: PlanId,
            task: TaskId,
        }
        fixed {
            grid: AreaCode,
            person: Option<PersonId>,
            day: Option<NaiveDate>,
            start: Option<TimeOfDay>,
            travel: Option<i32>,
            reason: String,
            task_version: Option<i64>,
            minutes: Option<i32>,
            person_grid: Option<AreaCode>,
            former_unserved: Option<UnservedWhy>,
            former_plan: Option<PlanId>,
        }
    }
}

impl VisitRow {
    /// Whether the task is as the plan gave it, and not accepted: other values of it, such as its priority,
    /// may have changed.
    pub fn is_unaccepted(&self, task: &TaskRow) -> bool {
        task.state == Phase::Assigned
            && task.plan == Some(self.plan)
            && (task.assignee, task.planned_on) == (self.person, self.day)
            && task.planned_start == self.start
    }

    /// The task of an assignee with this visit, the one of this number on the day.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn given(&self, task: TaskRow, order: Option<i32>) -> Result<TaskRow, DbError> {
        Ok(TaskRow {
            planned_on: self.day,
            planned_start: self.start,
            planned_minutes: self.minutes,
            plan: Some(self.plan),
            planned_why: Some(StoredWhy::read(&self.reason)?.decisive()),
            planned_travel: self.travel,
            planned_order: order,
            ..task
        })
    }

    fn visit(self) -> Result<PlanVisit, DbError> {
        let mut said: Value = serde_json::from_str(&self.reason)
            .map_err(|error| DbError::corrupt("plan_visits", error))?;
        let goes = self.person.is_some();
        // Older plans store this as "relief", or not at all.
        let remedy = said
            .as_object_mut()
            .and_then(|said| said.remove("remedy").or_else(|| said.remove("relief")));
        Ok(PlanVisit {
            task_id: self.task,
            grid: self.grid,
            grid_name: None,
            kind: None,
            title: None,
            place: None,
            cell: None,
            beneficiary_id: None,
            beneficiary_name: None,
            minutes: None,
            due_on: None,
            window: None,
            person_id: self.person,
            person_name: None,
            declined_by_ids: Vec::new(),
            day: self.day,
            start: self.start,
            change: None,
            travel: self.travel,
            why: goes.then(|| said.clone()),
            reason: (!goes).then_some(said),
            remedy,
        })
    }
}

/// All visits of the plan, by task; only those without a visitor if `unserved`.
///
/// # Errors
/// [`DbError`].
pub fn all_visits(
    conn: &mut Conn,
    district: AreaCode,
    id: PlanId,
    unserved: bool,
) -> Result<Vec<VisitRow>, DbError> {
    let mut query = plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(id))
        .into_boxed();
    if unserved {
        query = query.filter(plan_visits::person.is_null());
    }
    Ok(query.order(plan_visits::task).select(VisitRow::as_select()).load(conn)?)
}

/// The visits of the plan by task, without those that were left when it was applied.
///
/// # Errors
/// [`DbError`].
pub fn standing_visits(
    conn: &mut Conn,
    district: AreaCode,
    id: PlanId,
) -> Result<Vec<VisitRow>, DbError> {
    Ok(plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(id))
        .filter(plan_visits::left_because.is_null().or(plan_visits::task_version.is_not_null()))
        .order(plan_visits::task)
        .select(VisitRow::as_select())
        .load(conn)?)
}

/// The visits whose tasks the plan assigns, by task.
///
/// # Errors
/// [`DbError`].
pub fn assignments(
    conn: &mut Conn,
    district: AreaCode,
    id: PlanId,
) -> Result<Vec<VisitRow>, DbError> {
    Ok(plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(id))
        .filter(plan_visits::task_version.is_not_null())
        .order(plan_visits::task)
        .select(VisitRow::as_select())
        .load(conn)?)
}

/// The visit of each of these tasks by the plan beside it; each task is listed once.
///
/// # Errors
/// [`DbError`].
pub fn of_tasks(
    conn: &mut Conn,
    district: AreaCode,
    given: &[(PlanId, TaskId)],
) -> Result<HashMap<TaskId, VisitRow>, DbError> {
    let visits: Vec<VisitRow> = in_batches(given, |given| {
        let (plans, tasks): (Vec<PlanId>, Vec<TaskId>) = given.iter().copied().unzip();
        plan_visits::table
            .filter(plan_visits::district.eq(district))
            .filter(plan_visits::plan.eq_any(plans))
            .filter(plan_visits::task.eq_any(tasks))
            .select(VisitRow::as_select())
            .load(conn)
    })?;
    let given: HashSet<&(PlanId, TaskId)> = given.iter().collect();
    let visits = visits.into_iter().filter(|visit| given.contains(&(visit.plan, visit.task)));
    Ok(visits.map(|visit| (visit.task, visit)).collect())
}

/// Which visits of a plan are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct VisitFilter {
    /// Only tasks without a visitor.
    pub unassigned: bool,
    /// Only the visits of this person.
    pub person: Option<PersonId>,
    /// Only the visits of this day.
    pub day: Option<NaiveDate>,
    /// Only tasks of this area.
    pub area: Option<AreaCode>,
    /// Only this task.
    pub task: Option<TaskId>,
    /// Only visits that differ in this way from what their tasks have now.
    pub change: Option<VisitChange>,
}

/// The visits of a plan under conditions.
type Boxed = plan_visits::BoxedQuery<'static, <Conn as Connection>::Backend>;

/// The visits that differ in this way from what their tasks have now.
fn with_change(query: Boxed, district: AreaCode, change: VisitChange) -> Boxed {
    let of_task = || {
        let of_task = tasks::table.filter(tasks::district.eq(district));
        of_task.filter(tasks::id.eq(plan_visits::task))
    };
    let open = || exists(of_task().filter(tasks::state.eq(Phase::Open)));
    let held = || of_task().filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED));
    let same = || {
        held()
            .filter(tasks::assignee.eq(plan_visits::person))
            .filter(tasks::planned_on.eq(plan_visits::day))
            .filter(tasks::planned_start.eq(plan_visits::start))
    };
    let (visited, unvisited) = (plan_visits::person.is_not_null(), plan_visits::person.is_null());
    match change {
        VisitChange::New => query.filter(visited).filter(open()),
        VisitChange::Open => query.filter(unvisited).filter(open()),
        VisitChange::Left => query.filter(unvisited).filter(exists(held())),
        VisitChange::Kept => query.filter(visited).filter(exists(same())),
        VisitChange::Moved => {
            query.filter(visited).filter(exists(held())).filter(not(exists(same())))
        }
        VisitChange::Ended => {
            let ended = of_task().filter(tasks::state.ne_all(Phase::UNFINISHED));
            query.filter(exists(ended))
        }
    }
}

/// A page of the plan's visits, ordered by task.
///
/// # Errors
/// [`DbError`].
pub fn visits(
    conn: &mut Conn,
    district: AreaCode,
    id: PlanId,
    filter: VisitFilter,
    wanted: &Wanted<TaskId>,
) -> Result<Vec<PlanVisit>, DbError> {
    let mut query = plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(id))
        .into_boxed();
    if filter.unassigned {
        query = query.filter(plan_visits::person.is_null());
    }
    if let Some(person) = filter.person {
        query = query.filter(plan_visits::person.eq(person));
    }
    if let Some(day) = filter.day {
        query = query.filter(plan_visits::day.eq(day));
    }
    if let Some(area) = filter.area {
        query = query.filter(in_range!(plan_visits::grid, area.range()));
    }
    if let Some(task) = filter.task {
        query = query.filter(plan_visits::task.eq(task));
    }
    if let Some(change) = filter.change {
        query = with_change(query, district, change);
    }
    if let Some(task) = wanted.after {
        query = query.filter(plan_visits::task.gt(task));
    }
    let rows: Vec<VisitRow> = query
        .order(plan_visits::task)
        .limit(wanted.rows())
        .select(VisitRow::as_select())
        .load(conn)?;
    rows.into_iter().map(VisitRow::visit).collect()
}
