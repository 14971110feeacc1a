//! How each visit of a plan differs from what its task has now.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::schema::{plan_visits, tasks};
use crate::db::{Conn, DbError};

/// How a visit of a plan differs from what its task has now. A plan gives open tasks to people, moves visits
/// if its order says so or if their day has passed before they were accepted, and leaves all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VisitChange {
    /// The task is open, and the plan gives it to a person.
    New,
    /// The task has this visit already.
    Kept,
    /// The task has a visit with another person, on another day or at another hour.
    Moved,
    /// The task has a visit now, and the plan has none.
    Left,
    /// The task is open, and the plan has no visit either.
    Open,
    /// The task has ended.
    Ended,
}

/// What differs between two visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The person.
    Person,
    /// The day.
    Day,
    /// The start.
    Start,
}

/// The present visit of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PresentVisit {
    /// The assignee.
    pub person_id: PersonId,
    /// The day, if one is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
    /// The start, if one is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<TimeOfDay>,
}

/// What a task has now, compared with the visit of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangedVisit {
    /// How they differ.
    pub kind: VisitChange,
    /// The present visit, if the plan has another one or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present: Option<PresentVisit>,
    /// What a moved visit changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 3)]
    pub differs: Vec<Difference>,
}

/// The number of visits of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct VisitChangeCounts {
    /// Visits of open tasks.
    #[schema(maximum = 1_000_000, example = 370)]
    pub new: u32,
    /// Visits that the tasks have already.
    #[schema(maximum = 1_000_000, example = 52)]
    pub kept: u32,
    /// Visits that the tasks have with another person, on another day or at another hour.
    #[schema(maximum = 1_000_000, example = 0)]
    pub moved: u32,
    /// Tasks with a visit now and none in the plan.
    #[schema(maximum = 1_000_000, example = 0)]
    pub left: u32,
    /// Open tasks for which the plan has no visit.
    #[schema(maximum = 1_000_000, example = 4)]
    pub open: u32,
    /// Tasks that have ended.
    #[schema(maximum = 1_000_000, example = 0)]
    pub ended: u32,
}

/// The present state and visit of a task.
#[derive(Clone, Copy, Debug)]
pub struct Present {
    /// The state.
    pub state: Phase,
    /// The assignee.
    pub person: Option<PersonId>,
    /// The planned day.
    pub day: Option<NaiveDate>,
    /// The planned start.
    pub start: Option<TimeOfDay>,
}

/// The visit of a plan: who goes, and when; nothing without a visitor.
pub type Visit = (Option<PersonId>, Option<NaiveDate>, Option<TimeOfDay>);

/// Compares the visit of a plan with what its task has now.
pub fn changed((person, day, start): Visit, now: &Present) -> ChangedVisit {
    let plain = |kind| ChangedVisit { kind, present: None, differs: Vec::new() };
    if now.state == Phase::Open {
        return plain(if person.is_some() { VisitChange::New } else { VisitChange::Open });
    }
    let holder = now.person.filter(|_| Phase::UNFINISHED_ASSIGNED.contains(&now.state));
    let Some(holder) = holder else { return plain(VisitChange::Ended) };
    let present = Some(PresentVisit { person_id: holder, day: now.day, start: now.start });
    let Some(person) = person else {
        return ChangedVisit { kind: VisitChange::Left, present, differs: Vec::new() };
    };
    let differences = [
        (Difference::Person, person != holder),
        (Difference::Day, day != now.day),
        (Difference::Start, start != now.start),
    ];
    let differs = differences.into_iter().filter_map(|(what, differs)| differs.then_some(what));
    let differs: Vec<Difference> = differs.collect();
    if differs.is_empty() {
        return plain(VisitChange::Kept);
    }
    ChangedVisit { kind: VisitChange::Moved, present, differs }
}

/// Counts the visits of a plan by how they differ from what their tasks have now.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn counts(
    conn: &mut Conn,
    (district, plan): (AreaCode, PlanId),
    visits: impl Iterator<Item = (TaskId, Visit)>,
) -> Result<VisitChangeCounts, DbError> {
    let present = present(conn, district, plan)?;
    let mut counts = VisitChangeCounts::default();
    for (task, visit) in visits {
        let Some(now) = present.get(&task) else { continue };
        let count = match changed(visit, now).kind {
            VisitChange::New => &mut counts.new,
            VisitChange::Kept => &mut counts.kept,
            VisitChange::Moved => &mut counts.moved,
            VisitChange::Left => &mut counts.left,
            VisitChange::Open => &mut counts.open,
            VisitChange::Ended => &mut counts.ended,
        };
        *count += 1;
    }
    Ok(counts)
}

/// What the tasks of the plan have now.
fn present(
    conn: &mut Conn,
    district: AreaCode,
    plan: PlanId,
) -> Result<HashMap<TaskId, Present>, DbError> {
    type Columns = (TaskId, Phase, Option<PersonId>, Option<NaiveDate>, Option<TimeOfDay>);
    let of_plan = plan_visits::table
        .filter(plan_visits::district.eq(district))
        .filter(plan_visits::plan.eq(plan))
        .select(plan_visits::task);
    let rows: Vec<Columns> = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::id.eq_any(of_plan))
        .select((tasks::id, tasks::state, tasks::assignee, tasks::planned_on, tasks::planned_start))
        .load(conn)?;
    let present =
        |(id, state, person, day, start): Columns| (id, Present { state, person, day, start });
    Ok(rows.into_iter().map(present).collect())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn person(n: u128) -> PersonId {
        PersonId(Uuid::from_u128(n))
    }

    fn at(minutes: u16) -> Option<TimeOfDay> {
        TimeOfDay::new(minutes).ok()
    }

    #[test]
    fn a_visit_is_compared_with_what_its_task_has_now() {
        let day = NaiveDate::from_ymd_opt(2026, 12, 1);
        let held = Present { state: Phase::Accepted, person: Some(person(1)), day, start: at(600) };
        let open = Present { state: Phase::Open, person: None, day: None, start: None };
        let kind = |visit, now: &Present| changed(visit, now).kind;
        let visit = (Some(person(1)), day, at(600));
        assert_eq!(kind(visit, &open), VisitChange::New);
        assert_eq!(kind(visit, &held), VisitChange::Kept);
        assert_eq!(kind((None, None, None), &open), VisitChange::Open);
        assert_eq!(kind((None, None, None), &held), VisitChange::Left);
        let done = Present { state: Phase::Done, ..held };
        assert_eq!(kind(visit, &done), VisitChange::Ended);
        let moved = changed((Some(person(2)), day, at(630)), &held);
        assert_eq!(moved.kind, VisitChange::Moved);
        assert_eq!(moved.differs, [Difference::Person, Difference::Start]);
        let present = PresentVisit { person_id: person(1), day, start: at(600) };
        assert_eq!(moved.present, Some(present));
    }
}
