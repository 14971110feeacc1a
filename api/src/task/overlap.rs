//! Other visits of a person at the hour of a visit: a command that has a person make two visits at one
//! time is refused until the caller insists.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::authority::Principal;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::range::ServiceMinutes;
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;
use gridward_domain::visibility::View;
use serde::Serialize;
use utoipa::ToSchema;

use super::command::VisitTime;
use super::commitments::Commitments;
use super::model::Task;
use super::row::TaskRow;
use super::task_tie::TieType;
use super::tie;
use crate::db::DbError;
use crate::http::problem::{Problem, ProblemCode};
use crate::tx::Tx;

/// Another visit of a person at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OverlappingVisit {
    /// The task; absent outside the caller's area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The day.
    pub day: NaiveDate,
    /// The start, in minutes from midnight.
    pub start: TimeOfDay,
    /// Duration at the place, in minutes.
    pub minutes: ServiceMinutes,
}

/// The current task, and the other visits at its hour.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskWithOverlaps {
    /// The current task.
    pub task: Task,
    /// The other visits, by start.
    #[schema(max_items = 1_000)]
    pub overlaps: Vec<OverlappingVisit>,
}

/// The visits of the person, other than that of the task and those tied to it, during a visit at
/// `time` that takes `minutes`.
///
/// # Errors
/// [`DbError`].
pub(super) fn of(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    person: PersonId,
    (VisitTime { day, start }, minutes): (VisitTime, ServiceMinutes),
) -> Result<Vec<OverlappingVisit>, DbError> {
    let who = BTreeSet::from([person]);
    let own: Vec<TaskId> = match row.pair() {
        Some(_) => tie::tied(tx, row)?.iter().map(|tied| tied.id).chain([row.id]).collect(),
        None => vec![row.id],
    };
    let held = Commitments::read(tx.read()?, (row.district, None), &who, (day, day))?;
    let others = held.overlapping(person, day, start, minutes.get());
    let mut overlaps: Vec<OverlappingVisit> = others
        .filter(|held| !own.contains(&held.task))
        .map(|held| OverlappingVisit {
            task_id: principal.area.contains(&held.grid).then_some(held.task),
            day,
            start: held.start,
            minutes: held.minutes,
        })
        .collect();
    overlaps.sort_unstable_by_key(|visit| (visit.start, visit.task_id));
    Ok(overlaps)
}

/// Checks that the task's assignee, and the second person of the visit, can make it at `time` for
/// `minutes`.
///
/// # Errors
/// 409 with the other visits; [`DbError`].
pub(super) fn check(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    visit: (VisitTime, ServiceMinutes),
) -> Result<(), Problem> {
    let mut people: Vec<PersonId> = row.assignee.into_iter().collect();
    if row.pair().is_some() {
        let tied = tie::tied(tx, row)?.into_iter();
        let tied = tied.filter(|other| Phase::UNFINISHED_ASSIGNED.contains(&other.state));
        people.extend(tied.filter_map(|other| other.assignee));
    }
    let mut overlaps = Vec::new();
    for person in people {
        overlaps.extend(of(tx, principal, row, person, visit)?);
    }
    if overlaps.is_empty() {
        return Ok(());
    }
    let task = row.task(View::Pool)?;
    Err(Problem::from(ProblemCode::VisitOverlap).showing(&TaskWithOverlaps { task, overlaps }))
}

/// The visits of the person at the hour of the other task of a visit by two people, one of these
/// tied tasks.
///
/// # Errors
/// [`DbError`].
pub(super) fn with_second(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    tied: &[TaskRow],
    person: PersonId,
) -> Result<Vec<OverlappingVisit>, DbError> {
    if row.tie().is_none_or(|tie| tie.r#type != TieType::TwoPeople) {
        return Ok(Vec::new());
    }
    let held = tied.iter().filter(|other| Phase::UNFINISHED_ASSIGNED.contains(&other.state));
    let mut times = held.filter_map(|other| other.planned_on.zip(other.planned_start));
    match times.next() {
        Some((day, start)) => {
            of(tx, principal, row, person, (VisitTime { day, start }, row.minutes))
        }
        None => Ok(Vec::new()),
    }
}
