//! The input: volunteers, visits, ties and travel.
//!
//! A [`DispatchProblem`] is plain values. [`DispatchProblem::validate`] rejects contradictory input
//! and names the volunteer or visit at fault; any other obstacle to a visit is no error but a
//! [`super::Reason`] in the plan.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike as _, NaiveDate, Weekday};
use thiserror::Error;

use super::ties::{self, Tie};
use super::travel::Mode;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::channel::Channel;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::Priority;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};

/// Everything that a plan is computed from.
///
/// The plan does not depend on the order of the volunteers and visits.
#[derive(Clone, Debug, Default)]
pub struct DispatchProblem {
    /// The volunteers.
    pub volunteers: Vec<Volunteer>,
    /// The visits.
    pub visits: Vec<Visit>,
    /// Which visits belong together.
    pub ties: Vec<Tie>,
    /// The person and the day that visits had before. One that is not pinned keeps both unless another
    /// place gains more than the weight of a moved visit; of no effect for calls and for people of other
    /// grids.
    pub former: HashMap<TaskId, (PersonId, NaiveDate)>,
}

/// A volunteer with their availability.
#[derive(Clone, Debug)]
pub struct Volunteer {
    /// Identifies the person.
    pub id: PersonId,
    /// Start and end of every route.
    pub home: Place,
    /// The home grid, which the volunteer always serves.
    pub grid: AreaCode,
    /// Areas of any level that the volunteer serves besides the home grid.
    pub also_serves: Vec<AreaCode>,
    /// Where the volunteer helps on some days.
    pub lent: Vec<Lending>,
    /// The volunteer's skills.
    pub skills: Skills,
    /// The shifts; at most one per day.
    pub shifts: Vec<Shift>,
    /// The most minutes that may be carried, for service and travel together.
    pub offered: Minutes,
    /// The offers for single weeks, which then limit the load in place of `offered`; one for each
    /// week in which the volunteer has a shift. None if the offer is for the whole period.
    pub weeks: Vec<WeekOffer>,
    /// Minutes already carried, without the pinned visits of this problem.
    pub carried: Minutes,
    /// The minutes offered in the period over which work is shared fairly, if it is longer than the
    /// plan: loads are measured as shares of it. `None`: as shares of `offered`.
    pub share_of: Option<Minutes>,
    /// Whether the volunteer has had nothing to do for long and is to get a visit, if that costs
    /// neither a visit, nor lateness, nor fairness.
    pub is_idle: bool,
    /// The mode of travel.
    pub mode: Mode,
}

/// An area that a volunteer serves on some days, besides the areas that they always serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lending {
    /// The area, of any level.
    pub area: AreaCode,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
}

impl Lending {
    /// Whether it has the day.
    pub fn has(&self, day: NaiveDate) -> bool {
        (self.first_day..=self.last_day).contains(&day)
    }
}

/// The minutes that a volunteer offers for one calendar week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekOffer {
    /// The Monday on which the week begins.
    pub monday: NaiveDate,
    /// The most minutes that may be carried in the week, for service and travel together.
    pub offered: Minutes,
    /// Minutes already carried in the week, without the pinned visits of this problem.
    pub carried: Minutes,
}

impl WeekOffer {
    /// Whether a day is in the week.
    pub fn covers(&self, day: NaiveDate) -> bool {
        (0..7).contains(&(day - self.monday).num_days())
    }
}

/// One volunteer's availability on one day.
///
/// The volunteer leaves home no earlier than the window opens and is home again when it closes.
#[derive(Clone, Debug)]
pub struct Shift {
    /// The day.
    pub day: NaiveDate,
    /// From leaving home to being home again.
    pub window: Window,
    /// Spans without travel or service, in any order.
    pub breaks: Vec<Window>,
}

/// A task as the solver sees it.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Identifies the task.
    pub id: TaskId,
    /// The grid of the visit; volunteers who serve it may make the visit.
    pub grid: AreaCode,
    /// The location.
    pub place: Place,
    /// Whether the volunteer travels to the place. A call takes the time of its service and no
    /// journey: it may be made anywhere, but not during a journey, a service or a break.
    pub channel: Channel,
    /// Duration of the service, without travel.
    pub service: Minutes,
    /// Spans of a day that must contain the whole service; none means any time of day.
    pub windows: Vec<Window>,
    /// The first day on which the visit may be made.
    pub not_before: NaiveDate,
    /// The last day on which the visit is not late. Later is allowed and counted.
    pub due: NaiveDate,
    /// The urgency.
    pub priority: Priority,
    /// The required skills, all of them.
    pub skills: Skills,
    /// The volunteer of the last visit.
    pub last: Option<PersonId>,
    /// The volunteer whom the beneficiary prefers.
    pub preferred: Option<PersonId>,
    /// Volunteers who must not make the visit.
    pub forbidden: Vec<PersonId>,
    /// The assignment, if it is fixed.
    pub pinned: Option<Pin>,
}

/// A fixed assignment, which the solver does not change.
///
/// People made this decision, so area, skills, the first day and the offered minutes do not
/// restrict it; the shift and the hours of the day do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The volunteer.
    pub volunteer: PersonId,
    /// On which day.
    pub day: NaiveDate,
    /// When the service begins, if that is fixed; the visit's windows then do not apply.
    pub start: Option<TimeOfDay>,
}

/// Why a problem is rejected, and which volunteer or visit is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DispatchProblemError {
    /// A volunteer is listed twice.
    #[error("volunteer {0} is listed twice")]
    VolunteerTwice(PersonId),
    /// A visit is listed twice.
    #[error("visit {0} is listed twice")]
    VisitTwice(TaskId),
    /// A volunteer's home is an area larger than a grid.
    #[error("the home area of volunteer {0} is not a grid")]
    HomeNotGrid(PersonId),
    /// A visit's area is larger than a grid.
    #[error("the area of visit {0} is not a grid")]
    VisitNotGrid(TaskId),
    /// A volunteer has two shifts on one day; one shift with a break expresses the same.
    #[error("volunteer {volunteer} has two shifts on {day}")]
    TwoShifts {
        /// The volunteer.
        volunteer: PersonId,
        /// The day.
        day: NaiveDate,
    },
    /// The offers for weeks do not have exactly one, from its Monday on, for this day.
    #[error("volunteer {volunteer} does not have exactly one offer, from Monday on, for {day}")]
    Week {
        /// The volunteer.
        volunteer: PersonId,
        /// The day.
        day: NaiveDate,
    },
    /// A visit is pinned to a person who is not among the volunteers.
    #[error("visit {visit} is pinned to {volunteer}, who is not among the volunteers")]
    UnknownPin {
        /// The pinned visit.
        visit: TaskId,
        /// The missing person.
        volunteer: PersonId,
    },
    /// A tie names a visit that is not among the visits.
    #[error("visit {0} is tied to another, but is not among the visits")]
    UnknownTie(TaskId),
    /// A visit is in two ties of one kind.
    #[error("visit {0} is in two ties of one kind")]
    TiedTwice(TaskId),
    /// Visits for one person are pinned to several, or two visits for two people are pinned to one,
    /// or visits are tied both ways.
    #[error("the ties and pins of visit {0} contradict each other")]
    TornTie(TaskId),
    /// A call is tied to other visits.
    #[error("visit {0} is a call, but is tied to others")]
    TiedCall(TaskId),
    /// The latest begin of the second visit of a pair is before its earliest.
    #[error("the latest begin of the second visit after visit {0} is before its earliest")]
    ReversedTie(TaskId),
}

impl DispatchProblem {
    /// Checks that the problem does not contradict itself.
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
    /// The problem in which every volunteer serves their whole area of level `reach`: a plan with
    /// the help of neighbours is checked against it.
    pub fn reaching(&self, reach: Level) -> Self {
        let wider = |who: &Volunteer| match who.grid.ancestor(reach) {
            Some(area) if reach != Level::Grid => who.serving_also(area),
            _ => who.clone(),
        };
        Self {
            volunteers: self.volunteers.iter().map(wider).collect(),
            visits: self.visits.clone(),
            ties: self.ties.clone(),
            former: self.former.clone(),
        }
    }
}

impl Volunteer {
    fn validate(&self) -> Result<(), DispatchProblemError> {
        if self.grid.level() != Level::Grid {
            return Err(DispatchProblemError::HomeNotGrid(self.id));
        }
        let covering = |day| self.weeks.iter().filter(move |week| week.covers(day)).count();
        let mut days = self.shifts.iter().map(|shift| shift.day);
        let mut mondays = self.weeks.iter().map(|week| week.monday);
        let odd = mondays.find(|day| day.weekday() != Weekday::Mon || covering(*day) > 1);
        let open = days.find(|day| !self.weeks.is_empty() && covering(*day) != 1);
        if let Some(day) = odd.or(open) {
            return Err(DispatchProblemError::Week { volunteer: self.id, day });
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
    /// Whether the visit takes no journey.
    pub fn is_call(&self) -> bool {
        self.channel == Channel::Call
    }

    /// Whether `person` made the last visit or is preferred by the beneficiary.
    pub fn knows(&self, person: PersonId) -> bool {
        self.last == Some(person) || self.preferred == Some(person)
    }

    /// The days by which a visit on this day would be late.
    pub fn days_late(&self, day: NaiveDate) -> u32 {
        u32::try_from((day - self.due).num_days()).unwrap_or(0)
    }
}

impl Volunteer {
    /// Whether the volunteer serves `grid` on some day.
    pub fn serves(&self, grid: AreaCode) -> bool {
        self.always_serves(grid) || self.lent.iter().any(|lending| lending.area.contains(&grid))
    }

    /// Whether the volunteer serves `grid` on every day: it is the home grid or within an area that
    /// they also serve.
    pub fn always_serves(&self, grid: AreaCode) -> bool {
        self.grid == grid || self.also_serves.iter().any(|area| area.contains(&grid))
    }

    /// Whether the volunteer serves `grid` on the day.
    pub fn serves_on(&self, grid: AreaCode, day: NaiveDate) -> bool {
        let helps = |lending: &Lending| lending.area.contains(&grid) && lending.has(day);
        self.always_serves(grid) || self.lent.iter().any(helps)
    }

    /// The minutes that loads are measured as shares of.
    pub fn share_of(&self) -> Minutes {
        self.share_of.unwrap_or(self.offered)
    }

    /// Whether the volunteer serves the visit's grid on some day, has every required skill and is not
    /// forbidden.
    pub fn can(&self, visit: &Visit) -> bool {
        self.serves(visit.grid)
            && visit.skills.is_subset(&self.skills)
            && !visit.forbidden.contains(&self.id)
    }

    /// The same volunteer, who also serves `area`.
    pub(super) fn serving_also(&self, area: AreaCode) -> Self {
        let mut also_serves = self.also_serves.clone();
        also_serves.push(area);
        Self { also_serves, ..self.clone() }
    }

    /// The areas that are served on some day, without those contained in another of them.
    pub(super) fn widest(&self) -> impl Iterator<Item = AreaCode> {
        let lent = || self.lent.iter().map(|lending| lending.area);
        let served = || self.also_serves.iter().copied();
        let all = move || std::iter::once(self.grid).chain(served()).chain(lent());
        all().enumerate().filter_map(move |(at, area)| {
            let inside = all()
                .enumerate()
                .any(|(other, wider)| wider.contains(&area) && (wider != area || other < at));
            (!inside).then_some(area)
        })
    }
}
