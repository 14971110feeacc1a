//! What is to be planned: who can go, where, and when.
//!
//! A [`Problem`] is plain values. [`Problem::validate`] finds what no plan
//! could be drawn up from and names the one at fault; all else that stands in
//! a visit's way is no error but a [`super::Reason`] in the plan.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ties::{self, Tie};
use super::travel::{Mode, Travel};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};

/// Everything that a plan is drawn up from.
///
/// The order of the volunteers and of the visits makes no difference to the plan.
#[derive(Clone, Debug, Default)]
pub struct DispatchProblem {
    /// Who can go.
    pub volunteers: Vec<Volunteer>,
    /// What is to be done.
    pub visits: Vec<Visit>,
    /// Which visits belong together.
    pub ties: Vec<Tie>,
    /// How long journeys take.
    pub travel: Travel,
}

/// Someone who can go, with the time they have.
#[derive(Clone, Debug)]
pub struct Volunteer {
    /// Who it is.
    pub id: PersonId,
    /// Where each of their days begins and ends.
    pub home: Place,
    /// Their home grid, which they always serve.
    pub grid: AreaCode,
    /// Areas of any level that they serve besides the home grid.
    pub also_serves: Vec<AreaCode>,
    /// What they can do.
    pub skills: Skills,
    /// When they can go; at most one shift a day.
    pub shifts: Vec<Shift>,
    /// What they offered in the period of the plan: service and travel together.
    pub offered: Minutes,
    /// What they already carried in that period, the pinned visits of this problem not counted.
    pub carried: Minutes,
    /// How they travel.
    pub mode: Mode,
}

/// One volunteer's availability on one day.
///
/// They leave home when it opens or later and are home again when it closes.
#[derive(Clone, Debug)]
pub struct Shift {
    /// The day.
    pub day: NaiveDate,
    /// From leaving home to being home again.
    pub window: Window,
    /// Spans in which they neither travel nor serve, in any order.
    pub breaks: Vec<Window>,
}

/// A task as the solver sees it.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Which task it is.
    pub id: TaskId,
    /// The grid it lies in; who serves that grid may go.
    pub grid: AreaCode,
    /// Where it is.
    pub place: Place,
    /// How long it takes, without the way there.
    pub service: Minutes,
    /// The spans of a day that can hold the whole service; none means any time of day.
    pub windows: Vec<Window>,
    /// The first day on which it may be done.
    pub not_before: NaiveDate,
    /// The last day on which it is not late. Later is allowed, and counted.
    pub due: NaiveDate,
    /// How urgent it is.
    pub priority: Priority,
    /// What the one who goes must be able to do; all of it.
    pub skills: Skills,
    /// Who went the last time.
    pub last: Option<PersonId>,
    /// Whom the beneficiary would like to come.
    pub preferred: Option<PersonId>,
    /// Those who must not go: the two are not to meet.
    pub forbidden: Vec<PersonId>,
    /// Who goes, where that is settled already.
    pub pinned: Option<Pin>,
}

/// An assignment that stands and is not the solver's to change.
///
/// It was decided by people, so area, skills, the first day and the offered
/// minutes do not hold it up; the shift and the hours of the day do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Who goes.
    pub volunteer: PersonId,
    /// On which day.
    pub day: NaiveDate,
    /// When the service begins, if that is settled; the visit's windows then do not count.
    pub start: Option<TimeOfDay>,
}

/// How urgent a visit is: 1 to 10, where 10 is the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Priority(u8);

/// A number that is no priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a priority is 1 to 10, and 10 is the most urgent")]
pub struct PriorityError;

impl Priority {
    /// The least urgent.
    pub const LEAST: Self = Self(1);
    /// The most urgent.
    pub const MOST: Self = Self(10);

    /// The priority `points`.
    ///
    /// # Errors
    /// Below 1 or above 10.
    pub const fn new(points: u8) -> Result<Self, PriorityError> {
        if points >= 1 && points <= 10 { Ok(Self(points)) } else { Err(PriorityError) }
    }

    /// The number, 1 to 10.
    pub const fn points(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Priority {
    type Error = PriorityError;

    fn try_from(points: u8) -> Result<Self, PriorityError> {
        Self::new(points)
    }
}

impl From<Priority> for u8 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}

/// Why no plan can be drawn up from a problem, and who or what is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DispatchProblemError {
    /// The same person stands twice among the volunteers.
    #[error("volunteer {0} is listed twice")]
    VolunteerTwice(PersonId),
    /// The same task stands twice among the visits.
    #[error("visit {0} is listed twice")]
    VisitTwice(TaskId),
    /// A volunteer's home is an area larger than a grid.
    #[error("the home area of volunteer {0} is not a grid")]
    HomeNotGrid(PersonId),
    /// A visit's area is larger than a grid.
    #[error("the area of visit {0} is not a grid")]
    VisitNotGrid(TaskId),
    /// A volunteer has two shifts on one day; one with a break between them says the same.
    #[error("volunteer {volunteer} has two shifts on {day}")]
    TwoShifts {
        /// Whose shifts.
        volunteer: PersonId,
        /// The day.
        day: NaiveDate,
    },
    /// A visit is pinned to someone who is not among the volunteers.
    #[error("visit {visit} is pinned to {volunteer}, who is not among the volunteers")]
    UnknownPin {
        /// The pinned visit.
        visit: TaskId,
        /// Who is missing.
        volunteer: PersonId,
    },
    /// A tie names a visit that is not among the visits.
    #[error("visit {0} is tied to another, but is not among the visits")]
    UnknownTie(TaskId),
    /// A visit stands twice in ties of one kind.
    #[error("visit {0} is tied twice")]
    TiedTwice(TaskId),
    /// Visits that one person is to make are pinned to several, or two that two people
    /// are to make to one, or they are to be made by one person and by two.
    #[error("no people could make visit {0} and those it is tied to")]
    TornTie(TaskId),
    /// The second of two people would have to begin by a moment that comes before the earliest.
    #[error("the second person's beginning after visit {0} is latest before it is earliest")]
    ReversedTie(TaskId),
}

impl DispatchProblem {
    /// Whether a plan can be drawn up at all.
    ///
    /// # Errors
    /// The first fault found, volunteers before visits, each in the order given.
    pub fn validate(&self) -> Result<(), DispatchProblemError> {
        let mut people = HashSet::with_capacity(self.volunteers.len());
        for volunteer in &self.volunteers {
            volunteer.validate()?;
            if !people.insert(volunteer.id) {
                return Err(DispatchProblemError::VolunteerTwice(volunteer.id));
            }
        }
        let mut tasks = HashSet::with_capacity(self.visits.len());
        for visit in &self.visits {
            if visit.grid.level() != Level::Grid {
                return Err(DispatchProblemError::VisitNotGrid(visit.id));
            }
            if !tasks.insert(visit.id) {
                return Err(DispatchProblemError::VisitTwice(visit.id));
            }
            match visit.pinned {
                Some(Pin { volunteer, .. }) if !people.contains(&volunteer) => {
                    return Err(DispatchProblemError::UnknownPin { visit: visit.id, volunteer });
                }
                _ => {}
            }
        }
        ties::validate(&self.ties, &self.visits)
    }
}

impl DispatchProblem {
    /// The problem in which everybody serves the whole area of `reach` that they
    /// live in: what a plan that asks neighbours for help is held against.
    pub fn reaching(&self, reach: Level) -> Self {
        let wider = |who: &Volunteer| match who.grid.ancestor(reach) {
            Some(area) if reach != Level::Grid => who.serving_also(area),
            _ => who.clone(),
        };
        let volunteers = self.volunteers.iter().map(wider).collect();
        Self { volunteers, ..self.clone() }
    }
}

impl Volunteer {
    fn validate(&self) -> Result<(), DispatchProblemError> {
        if self.grid.level() != Level::Grid {
            return Err(DispatchProblemError::HomeNotGrid(self.id));
        }
        let again = |at: usize, shift: &Shift| {
            self.shifts[..at].iter().any(|earlier| earlier.day == shift.day)
        };
        match self.shifts.iter().enumerate().find(|(at, shift)| again(*at, shift)) {
            Some((_, shift)) => {
                Err(DispatchProblemError::TwoShifts { volunteer: self.id, day: shift.day })
            }
            None => Ok(()),
        }
    }
}

impl Visit {
    /// Whether `person` went the last time or is who the beneficiary would like to come.
    pub fn knows(&self, person: PersonId) -> bool {
        self.last == Some(person) || self.preferred == Some(person)
    }
}

impl Volunteer {
    /// Whether they serve `grid`: it is their home grid or lies in an area they also serve.
    pub fn serves(&self, grid: AreaCode) -> bool {
        self.grid == grid || self.also_serves.iter().any(|area| area.contains(&grid))
    }

    /// Whether they serve the visit's grid, have every skill it needs and are not barred from it.
    pub fn can(&self, visit: &Visit) -> bool {
        self.serves(visit.grid)
            && visit.skills.is_subset(&self.skills)
            && !visit.forbidden.contains(&self.id)
    }

    /// The same person serving one area more.
    pub(super) fn serving_also(&self, area: AreaCode) -> Self {
        let mut also_serves = self.also_serves.clone();
        also_serves.push(area);
        Self { also_serves, ..self.clone() }
    }

    /// The areas they serve without those that lie in another of them.
    pub(super) fn widest(&self) -> impl Iterator<Item = AreaCode> {
        let all = move || std::iter::once(self.grid).chain(self.also_serves.iter().copied());
        all().enumerate().filter_map(move |(at, area)| {
            let inside = all()
                .enumerate()
                .any(|(other, wider)| wider.contains(&area) && (wider != area || other < at));
            (!inside).then_some(area)
        })
    }
}
