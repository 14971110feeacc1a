//! The hours at which people cannot make a visit: those of the visits that they hold already, of their
//! absences, and all hours off duty. The draft of a plan, or the bulk that is undone, is from before some of these.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::range::ServiceMinutes;
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;

use crate::availability::calendar::Calendar;
use crate::availability::store as availability;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};

/// The maximum number of ids in a query.
const CHUNK: usize = 500;

/// Why a person cannot make a visit at an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The person is away or off duty.
    Away,
    /// The person has another visit.
    Busy,
}

/// Minutes after midnight, from the first to the end.
type Minutes = (i32, i32);

/// A visit that a person holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldVisit {
    /// The task.
    pub task: TaskId,
    /// The grid of the task.
    pub grid: AreaCode,
    /// The start.
    pub start: TimeOfDay,
    /// The duration at the place.
    pub minutes: ServiceMinutes,
}

impl HeldVisit {
    fn hours(&self) -> Minutes {
        let from = i32::from(self.start.minutes());
        (from, from + self.minutes.get())
    }
}

/// The commitments of some people on some days.
#[derive(Debug, Default)]
pub struct Commitments {
    held: HashMap<(PersonId, NaiveDate), Vec<HeldVisit>>,
    calendars: HashMap<PersonId, Calendar>,
    off_duty: HashSet<PersonId>,
}

impl Commitments {
    /// The commitments of these people from the first of these days to the last, but for the visits of
    /// the plan, which suit each other.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn read(
        conn: &mut Conn,
        (district, plan): (AreaCode, Option<PlanId>),
        people: &BTreeSet<PersonId>,
        (first, last): (NaiveDate, NaiveDate),
    ) -> Result<Self, DbError> {
        let mut all = Self::visits(conn, (district, plan), people, (first, last))?;
        let people: Vec<PersonId> = people.iter().copied().collect();
        for people in people.chunks(CHUNK) {
            let calendars = availability::calendars_from(conn, district, people, first)?;
            let of = |person: &PersonId| (*person, calendars.of(*person).clone());
            all.calendars.extend(people.iter().map(of));
            all.off_duty.extend(availability::off_duty_among(conn, district, people)?);
        }
        Ok(all)
    }

    /// The same without absences and duty.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn visits(
        conn: &mut Conn,
        (district, plan): (AreaCode, Option<PlanId>),
        people: &BTreeSet<PersonId>,
        (first, last): (NaiveDate, NaiveDate),
    ) -> Result<Self, DbError> {
        let mut all = Self::default();
        let people: Vec<PersonId> = people.iter().copied().collect();
        for people in people.chunks(CHUNK) {
            for (person, day, visit) in held(conn, (district, plan), people, (first, last))? {
                all.held.entry((person, day)).or_default().push(visit);
            }
        }
        Ok(all)
    }

    /// Why the person cannot make a visit with a service of `minutes` that begins at `start`, if so.
    pub fn conflict(
        &self,
        person: PersonId,
        day: NaiveDate,
        start: TimeOfDay,
        minutes: i32,
    ) -> Option<Conflict> {
        self.conflict_besides(person, (day, start), minutes, &HashSet::new())
    }

    /// The same, as if the person did not hold the visits of these tasks.
    pub fn conflict_besides(
        &self,
        person: PersonId,
        (day, start): (NaiveDate, TimeOfDay),
        minutes: i32,
        tasks: &HashSet<TaskId>,
    ) -> Option<Conflict> {
        if self.off_duty.contains(&person) || self.is_absent(person, day, start, minutes) {
            return Some(Conflict::Away);
        }
        let mut busy = self.overlapping(person, day, start, minutes);
        busy.any(|held| !tasks.contains(&held.task)).then_some(Conflict::Busy)
    }

    /// The dated hours and absences of the person, if they were read.
    pub fn calendar(&self, person: PersonId) -> Option<&Calendar> {
        self.calendars.get(&person)
    }

    /// The visits of the person during a visit with a service of `minutes` that begins at `start`.
    pub fn overlapping(
        &self,
        person: PersonId,
        day: NaiveDate,
        start: TimeOfDay,
        minutes: i32,
    ) -> impl Iterator<Item = &HeldVisit> {
        let from = i32::from(start.minutes());
        let held = self.held.get(&(person, day)).into_iter().flatten();
        held.filter(move |held| overlap(held.hours(), (from, from + minutes)))
    }

    /// Whether the person is absent during such a visit.
    pub fn is_absent(
        &self,
        person: PersonId,
        day: NaiveDate,
        start: TimeOfDay,
        minutes: i32,
    ) -> bool {
        let from = i32::from(start.minutes());
        let visit = (from, from + minutes);
        let Some(calendar) = self.calendars.get(&person) else { return false };
        let mut absences = calendar.absences.iter().filter(|span| span.contains(day));
        calendar.exceptions.get(&day) == Some(&None)
            || absences.any(|span| {
                let minutes = |at: TimeOfDay| i32::from(at.minutes());
                span.window
                    .is_none_or(|part| overlap((minutes(part.start()), minutes(part.end())), visit))
            })
    }
}

const fn overlap(one: Minutes, other: Minutes) -> bool {
    one.0 < other.1 && other.0 < one.1
}

/// The unfinished visits at an hour that these people hold on these days, but for those of the plan.
fn held(
    conn: &mut Conn,
    (district, plan): (AreaCode, Option<PlanId>),
    people: &[PersonId],
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Vec<(PersonId, NaiveDate, HeldVisit)>, DbError> {
    type Columns = (
        (TaskId, AreaCode),
        Option<PersonId>,
        Option<NaiveDate>,
        Option<TimeOfDay>,
        ServiceMinutes,
    );
    let mut those = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.eq_any(people))
        // SQLite uses the partial index only if the query repeats the index's condition.
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .filter(tasks::planned_on.between(first, last))
        .filter(tasks::planned_start.is_not_null())
        .select((
            (tasks::id, tasks::grid),
            tasks::assignee,
            tasks::planned_on,
            tasks::planned_start,
            tasks::minutes,
        ))
        .into_boxed();
    if let Some(plan) = plan {
        those = those.filter(tasks::plan.is_null().or(tasks::plan.ne(plan)));
    }
    let rows: Vec<Columns> = those.load(conn)?;
    let visit = |((task, grid), person, day, start, minutes): Columns| {
        Some((person?, day?, HeldVisit { task, grid, start: start?, minutes }))
    };
    Ok(rows.into_iter().filter_map(visit).collect())
}
