//! The hours at which people cannot make a visit: those of the visits that they hold already and of the ways
//! to and from them, of their absences, and all hours off duty. The draft of a plan, or the bulk that is undone,
//! is from before some of these.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_dispatch::solve::Mode;
use gridward_domain::area::AreaCode;
use gridward_domain::channel::Channel;
use gridward_domain::code::KindCode;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::ServiceMinutes;
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;

use super::journey;
use super::timed_visit::TimedVisit;
use crate::availability::calendar::Calendar;
use crate::availability::store as availability;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError, batches};
use crate::task::row::TaskRow;
use crate::{catalogue, person};

/// Why a person cannot make a visit at an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The person is away or off duty.
    Away,
    /// The person has another visit, or is on the way.
    Busy,
}

/// A visit that a person holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldVisit {
    /// The task.
    pub task: TaskId,
    /// The grid of the task.
    pub grid: AreaCode,
    /// When and where it is.
    pub visit: TimedVisit,
    /// When the task was last changed.
    pub changed_at: NaiveDateTime,
}

/// The commitments of some people on some days.
#[derive(Debug, Default)]
pub struct Commitments {
    held: HashMap<(PersonId, NaiveDate), Vec<HeldVisit>>,
    /// How people travel between their visits.
    modes: HashMap<PersonId, Mode>,
    /// The kinds that are phone calls.
    calls: HashSet<KindCode>,
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
        for people in batches(&people) {
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
        let (modes, calls) =
            (modes(conn, district, people)?, catalogue::store::calls(conn, district)?);
        let mut all = Self { modes, calls, ..Self::default() };
        let people: Vec<PersonId> = people.iter().copied().collect();
        for people in batches(&people) {
            for row in held(conn, (district, plan), people, (first, last))? {
                all.add(row)?;
            }
        }
        Ok(all)
    }

    fn add(&mut self, row: HeldRow) -> Result<(), DbError> {
        let (Some(person), Some(day), Some(start)) =
            (row.assignee, row.planned_on, row.planned_start)
        else {
            return Ok(());
        };
        let place = self.place(row.kind.as_str(), row.tie_id.is_some(), (row.lat, row.lon))?;
        let visit = TimedVisit { day, start, minutes: row.minutes, place };
        let held = HeldVisit { task: row.id, grid: row.grid, visit, changed_at: row.updated_at };
        self.held.entry((person, day)).or_default().push(held);
        Ok(())
    }

    /// Judges no ways to and from these visits.
    #[must_use]
    pub fn without_ways(mut self, those: impl Fn(&HeldVisit) -> bool) -> Self {
        for held in self.held.values_mut().flatten().filter(|held| those(held)) {
            held.visit.place = None;
        }
        self
    }

    /// The visit of the task at this time.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn visit(
        &self,
        row: &TaskRow,
        (day, start): (NaiveDate, TimeOfDay),
    ) -> Result<TimedVisit, DbError> {
        let place = self.place(row.kind.as_str(), row.tie_id.is_some(), (row.lat, row.lon))?;
        Ok(TimedVisit { day, start, minutes: row.minutes, place })
    }

    fn place(
        &self,
        kind: &str,
        is_tied: bool,
        (lat, lon): (f64, f64),
    ) -> Result<Option<Place>, DbError> {
        if journey::channel(kind, is_tied, &self.calls) == Channel::Call {
            return Ok(None);
        }
        let place = Place::new(lat, lon).map_err(|error| DbError::corrupt("tasks", error))?;
        Ok(Some(place))
    }

    /// Counts the visit of the task, if it has a time, for the person from now on.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn hold(&mut self, person: PersonId, row: &TaskRow) -> Result<(), DbError> {
        let Some(time) = row.planned_on.zip(row.planned_start) else { return Ok(()) };
        let visit = self.visit(row, time)?;
        let held = HeldVisit { task: row.id, grid: row.grid, visit, changed_at: row.updated_at };
        self.held.entry((person, held.visit.day)).or_default().push(held);
        Ok(())
    }

    /// Counts the visit of the task for the person no longer.
    pub fn give_up(&mut self, person: PersonId, row: &TaskRow) {
        let held = row.planned_on.and_then(|day| self.held.get_mut(&(person, day)));
        if let Some(held) = held {
            held.retain(|held| held.task != row.id);
        }
    }

    /// Why the person cannot make the visit, if so.
    pub fn conflict(&self, person: PersonId, visit: &TimedVisit) -> Option<Conflict> {
        self.conflict_besides(person, visit, &HashSet::new())
    }

    /// The same, as if the person did not hold the visits of these tasks.
    pub fn conflict_besides(
        &self,
        person: PersonId,
        visit: &TimedVisit,
        tasks: &HashSet<TaskId>,
    ) -> Option<Conflict> {
        if self.off_duty.contains(&person) || self.is_absent(person, visit) {
            return Some(Conflict::Away);
        }
        let mut busy = self.overlapping(person, visit);
        busy.any(|held| !tasks.contains(&held.task)).then_some(Conflict::Busy)
    }

    /// The dated hours and absences of the person, if they were read.
    pub fn calendar(&self, person: PersonId) -> Option<&Calendar> {
        self.calendars.get(&person)
    }

    /// The visits of the person that are at the time of this one, or so near to it in time that the way
    /// between both takes longer.
    pub fn overlapping(
        &self,
        person: PersonId,
        visit: &TimedVisit,
    ) -> impl Iterator<Item = &HeldVisit> {
        let (visit, mode) = (*visit, self.modes.get(&person).copied());
        let held = self.held.get(&(person, visit.day)).into_iter().flatten();
        held.filter(move |held| held.visit.collides(&visit, mode))
    }

    /// Whether the person is absent during the visit.
    pub fn is_absent(&self, person: PersonId, visit: &TimedVisit) -> bool {
        let Some(calendar) = self.calendars.get(&person) else { return false };
        let mut absences = calendar.absences.iter().filter(|span| span.contains(visit.day));
        calendar.exceptions.get(&visit.day) == Some(&None)
            || absences.any(|span| span.window.is_none_or(|part| visit.is_during(part)))
    }
}

/// How these people travel.
fn modes(
    conn: &mut Conn,
    district: AreaCode,
    people: &BTreeSet<PersonId>,
) -> Result<HashMap<PersonId, Mode>, DbError> {
    let rows = person::store::many(conn, district, people)?;
    Ok(rows.into_iter().map(|(id, row)| (id, journey::mode(row.skills.members()))).collect())
}

/// The columns of a visit that a person holds.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
struct HeldRow {
    id: TaskId,
    grid: AreaCode,
    kind: String,
    lat: f64,
    lon: f64,
    tie_id: Option<TaskId>,
    assignee: Option<PersonId>,
    planned_on: Option<NaiveDate>,
    planned_start: Option<TimeOfDay>,
    minutes: ServiceMinutes,
    updated_at: NaiveDateTime,
}

/// The unfinished visits at an hour that these people hold on these days, but for those of the plan.
fn held(
    conn: &mut Conn,
    (district, plan): (AreaCode, Option<PlanId>),
    people: &[PersonId],
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Vec<HeldRow>, DbError> {
    let mut those = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.eq_any(people))
        // SQLite uses the partial index only if the query repeats the index's condition.
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .filter(tasks::planned_on.between(first, last))
        .filter(tasks::planned_start.is_not_null())
        .select(HeldRow::as_select())
        .into_boxed();
    if let Some(plan) = plan {
        those = those.filter(tasks::plan.is_null().or(tasks::plan.ne(plan)));
    }
    Ok(those.load(conn)?)
}
