//! Other visits of a person at the hour of a visit, or so near to it that the way takes longer: a command that
//! has a person make two such visits, or a visit while away, is refused until the caller insists.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::authority::Principal;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::range::ServiceMinutes;
use gridward_domain::time::TimeOfDay;
use gridward_domain::visibility::View;
use serde::Serialize;
use utoipa::ToSchema;

use super::commitments::Commitments;
use super::timed_visit::TimedVisit;
use crate::db::{Conn, DbError};
use crate::http::problem::{Problem, ProblemCode};
use crate::person;
use crate::task::assignment::{assignee_away, pair, tie};
use crate::task::commands::command::VisitTime;
use crate::task::model::Task;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Another visit of a person at the same time, or too near to it for the way between both.
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

/// The visits of the person, other than that of the task and those tied to it, that exclude a visit at
/// `time` that takes `minutes`.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn of(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    person: PersonId,
    (time, minutes): (VisitTime, ServiceMinutes),
) -> Result<Vec<OverlappingVisit>, DbError> {
    let visit = Visit::of(tx, row, time)?;
    visit.overlaps(tx.read()?, principal, &[(person, minutes)])
}

/// Checks that the task's assignee can make a visit at `time` that takes as many minutes. The second
/// person of the visit has a task with its own minutes.
///
/// # Errors
/// 409 with the other visits, or for a person who is away; [`DbError`].
pub(in crate::task) fn check_longer(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    (time, minutes): (VisitTime, ServiceMinutes),
) -> Result<(), Problem> {
    let people: Vec<_> = row.assignee.map(|person| (person, minutes)).into_iter().collect();
    Visit::of(tx, row, time)?.check(tx, principal, &people)
}

/// Checks that the task's assignee, and the second person if the task of that one moves too, can make
/// the visit at `time`.
///
/// # Errors
/// 409 with the other visits, or for a person who is away; [`DbError`].
pub(in crate::task) fn check_moved(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    time: VisitTime,
) -> Result<(), Problem> {
    let visit = Visit::of(tx, row, time)?;
    let moved = pair::rescheduled(principal, row, &visit.tied);
    let people: Vec<_> = moved.filter_map(|task| Some((task.assignee?, task.minutes))).collect();
    visit.check(tx, principal, &people)
}

/// The visits of the person at the hour of the other task of a visit by two people, one of these
/// tied tasks.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn with_second(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    tied: &[TaskRow],
    person: PersonId,
) -> Result<Vec<OverlappingVisit>, DbError> {
    // Without such a time what waits to be written waits on.
    match tie::time_of_other(row, tied) {
        Some(_) => seen_with_second(tx.read()?, principal, row, tied, person),
        None => Ok(Vec::new()),
    }
}

/// The same on a connection for reading.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn seen_with_second(
    conn: &mut Conn,
    principal: &Principal,
    row: &TaskRow,
    tied: &[TaskRow],
    person: PersonId,
) -> Result<Vec<OverlappingVisit>, DbError> {
    let Some((day, start)) = tie::time_of_other(row, tied) else { return Ok(Vec::new()) };
    let visit =
        Visit { row, own: own(row, tied), tied: Vec::new(), time: VisitTime { day, start } };
    visit.overlaps(conn, principal, &[(person, row.minutes)])
}

/// The ids of the task and those tied to it.
fn own(row: &TaskRow, tied: &[TaskRow]) -> Vec<TaskId> {
    tied.iter().map(|other| other.id).chain([row.id]).collect()
}

/// A visit at a time.
struct Visit<'r> {
    row: &'r TaskRow,
    /// The tasks of the visit itself.
    own: Vec<TaskId>,
    /// The other task of a visit by two people.
    tied: Vec<TaskRow>,
    time: VisitTime,
}

impl<'r> Visit<'r> {
    /// The visit of the task at this time.
    fn of(tx: &mut Tx<'_>, row: &'r TaskRow, time: VisitTime) -> Result<Self, DbError> {
        let tied = pair::others(tx, row)?;
        Ok(Self { row, own: own(row, &tied), tied, time })
    }

    /// The visit of a person who makes it for as many minutes.
    fn taking(&self, minutes: ServiceMinutes, held: &Commitments) -> Result<TimedVisit, DbError> {
        let VisitTime { day, start } = self.time;
        Ok(TimedVisit { minutes, ..held.visit(self.row, (day, start))? })
    }

    /// The other visits of these people, each with the minutes for which they make this one.
    fn overlaps(
        &self,
        conn: &mut Conn,
        principal: &Principal,
        people: &[(PersonId, ServiceMinutes)],
    ) -> Result<Vec<OverlappingVisit>, DbError> {
        let (day, who) = (self.time.day, people.iter().map(|(person, _)| *person).collect());
        let held = Commitments::visits(conn, (self.row.district, None), &who, (day, day))?;
        self.overlapping(&held, principal, people)
    }

    /// The visits among these commitments that exclude this one.
    fn overlapping(
        &self,
        held: &Commitments,
        principal: &Principal,
        people: &[(PersonId, ServiceMinutes)],
    ) -> Result<Vec<OverlappingVisit>, DbError> {
        let mut overlaps = Vec::new();
        for (person, minutes) in people {
            let visit = self.taking(*minutes, held)?;
            let others = held.overlapping(*person, &visit);
            let others = others.filter(|held| !self.own.contains(&held.task));
            overlaps.extend(others.map(|held| OverlappingVisit {
                task_id: principal.area.contains(&held.grid).then_some(held.task),
                day: held.visit.day,
                start: held.visit.start,
                minutes: held.visit.minutes,
            }));
        }
        overlaps.sort_unstable_by_key(|visit| (visit.start, visit.task_id));
        Ok(overlaps)
    }

    /// Checks that these people are there and have no other visits. They are locked until the end of the transaction,
    /// so that no other server gives them one at this hour meanwhile.
    fn check(
        &self,
        tx: &mut Tx<'_>,
        principal: &Principal,
        people: &[(PersonId, ServiceMinutes)],
    ) -> Result<(), Problem> {
        let who: BTreeSet<PersonId> = people.iter().map(|(person, _)| *person).collect();
        let conn = tx.read()?;
        let (district, day) = (self.row.district, self.time.day);
        person::active::areas(conn, district, &who)?;
        let held = Commitments::read(conn, (district, None), &who, (day, day))?;
        for (person, minutes) in people {
            if held.is_absent(*person, &self.taking(*minutes, &held)?) {
                return Err(assignee_away::problem(self.row)?);
            }
        }
        let overlaps = self.overlapping(&held, principal, people)?;
        if overlaps.is_empty() {
            return Ok(());
        }
        let task = self.row.task(View::Pool)?;
        Err(Problem::from(ProblemCode::VisitOverlap).showing(&TaskWithOverlaps { task, overlaps }))
    }
}
