//! The input of the search: volunteers and visits by number, times in seconds.
//!
//! An [`Instance`] knows no names, areas or skills: for each pair of a visit and a volunteer it
//! states whether something bars the assignment ([`Bar`]), and all else is numbers in flat arrays.
//! It is validated once, here, so that the search never has to.

use thiserror::Error;

use super::quota;
pub use super::quota::Quota;
use super::travel::Matrix;

/// Seconds: since midnight for a moment, else a length.
pub type Seconds = i32;

/// The latest moment and the longest length allowed: over three years, so that a sum of a few of
/// them still fits.
pub const MOST_SECONDS: Seconds = 100_000_000;

/// A volunteer.
#[derive(Clone, Debug, Default)]
pub struct Volunteer {
    /// The shifts.
    pub shifts: Vec<Shift>,
    /// The most service and travel together that the volunteer takes on in the period.
    pub offered: Option<Seconds>,
    /// The offers for spans of days, in place of the one for the period. A shift on a day of none of
    /// them has no limit.
    pub quotas: Vec<Quota>,
    /// The capacity that a load is a share of, for fairness; by default the offer, or the length of
    /// the shifts.
    pub share_of: Option<Seconds>,
    /// The load carried before.
    pub carried: Seconds,
    /// The index of the volunteer's travel matrix.
    pub matrix: usize,
}

/// A span of a day in which a volunteer leaves home and comes back.
#[derive(Clone, Debug, Default)]
pub struct Shift {
    /// The day, counted from the first of the period.
    pub day: i32,
    /// The earliest departure from home.
    pub open: Seconds,
    /// The latest arrival at home.
    pub close: Seconds,
    /// Spans without travel or service.
    pub breaks: Vec<(Seconds, Seconds)>,
    /// The largest sum of [`Visit::amount`].
    pub capacity: Option<i32>,
}

/// A visit.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// Duration of the service.
    pub service: Seconds,
    /// Spans within which the service may begin; none means any time.
    pub windows: Vec<(Seconds, Seconds)>,
    /// The first day on which the visit may be made.
    pub first_day: i32,
    /// The only days of some volunteers; all others may make it on each day.
    pub only: Vec<DaysOf>,
    /// The last day on which it is not late.
    pub due: i32,
    /// Priority points lost if it is unserved.
    pub priority: i32,
    /// The share of a shift's capacity that it takes.
    pub amount: i32,
    /// Volunteers whom the beneficiary knows: of the last visit, and preferred ones.
    pub known: Vec<usize>,
    /// The volunteer and the day in the previous plan, which may have been read already.
    pub previous: Option<(usize, i32)>,
    /// The assignment, if it is fixed.
    pub pinned: Option<Pin>,
    /// One volunteer makes all visits of a group.
    pub group: Option<usize>,
    /// The other visit of a pair.
    pub partner: Option<Partner>,
}

/// Days on which a volunteer may make a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaysOf {
    /// The volunteer.
    pub volunteer: usize,
    /// The first day.
    pub first_day: i32,
    /// The last day.
    pub last_day: i32,
}

impl DaysOf {
    /// Whether they include the day.
    pub fn covers(&self, day: i32) -> bool {
        (self.first_day..=self.last_day).contains(&day)
    }
}

/// A fixed assignment, which the search does not change.
///
/// People made this decision, so bars and offers do not restrict it; hours do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The volunteer.
    pub volunteer: usize,
    /// The day.
    pub day: i32,
    /// The begin of the service, if fixed; the windows then do not apply.
    pub start: Option<Seconds>,
}

impl Visit {
    /// Whether the volunteer may make the visit on the day, as far as days are concerned.
    pub fn is_possible(&self, volunteer: usize, day: i32) -> bool {
        let mut of = self.only.iter().filter(|only| only.volunteer == volunteer).peekable();
        let is_free = of.peek().is_none();
        day >= self.first_day && (is_free || of.any(|only| only.covers(day)))
    }

    /// Days late on a given day.
    pub fn days_late(&self, day: i32) -> i64 {
        i64::from((day - self.due).max(0))
    }

    /// Days from the first day of the period on which the visit may be made to a given day.
    pub fn days_waiting(&self, day: i32) -> i64 {
        i64::from((day - self.first_day.max(0)).max(0))
    }
}

/// The tie between the visits of two volunteers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partner {
    /// The other visit, which names this one with the same gap.
    pub visit: usize,
    /// Whether this is the first of the two.
    pub first: bool,
    /// The least and the most time between the begins of the first and the second; zero for both
    /// means at once.
    pub gap: (Seconds, Seconds),
}

/// Why a volunteer may not make a visit, whatever the hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bar {
    /// Nothing bars it.
    #[default]
    None,
    /// The volunteer lacks a skill.
    Skill,
    /// The volunteer does not serve the area.
    Area,
    /// The volunteer is forbidden.
    Forbidden,
}

/// The input of a search.
///
/// Place `v` of a matrix is the home of volunteer `v`, and place `volunteers.len() + j` the
/// location of visit `j`.
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// The volunteers.
    pub volunteers: Vec<Volunteer>,
    /// The visits.
    pub visits: Vec<Visit>,
    /// The bar for volunteer `v` and visit `j`, at `j * volunteers.len() + v`.
    pub bars: Vec<Bar>,
    /// Travel times, one matrix for each mode of travel.
    pub travel: Vec<Matrix>,
}

/// Why an instance is rejected, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InstanceError {
    /// A number is negative or too large.
    #[error("{what} {index}: a number is out of range")]
    Time {
        /// `volunteer` or `visit`.
        what: &'static str,
        /// Its index.
        index: usize,
    },
    /// A window, break or shift closes before it opens.
    #[error("{what} {index}: a window closes before it opens")]
    Reversed {
        /// `volunteer` or `visit`.
        what: &'static str,
        /// Its index.
        index: usize,
    },
    /// A volunteer or visit refers to an index that does not exist.
    #[error("{what} {index} refers to a volunteer, visit or matrix that does not exist")]
    Unknown {
        /// `volunteer` or `visit`.
        what: &'static str,
        /// Its index.
        index: usize,
    },
    /// A matrix does not have one row and column for every home and visit.
    #[error("matrix {0} does not have one row and column for every home and visit")]
    Matrix(usize),
    /// The number of bars is not that of the pairs.
    #[error("the number of bars is not that of the pairs of a visit and a volunteer")]
    Bars,
    /// A visit and its partner do not name each other with the same gap.
    #[error("visit {0} and its partner do not name each other with the same gap")]
    Partner(usize),
    /// A visit and its partner are of one group.
    #[error("visit {0} and its partner are of one group, but two volunteers make them")]
    OneGroup(usize),
    /// Visits of one group are pinned to two volunteers.
    #[error("visit {0} and another of its group are pinned to different volunteers")]
    TornGroup(usize),
    /// Two offers of one volunteer are for the same day, or one ends before it begins.
    #[error("the offers of volunteer {0} for spans of days overlap, or one ends before it begins")]
    Quotas(usize),
    /// Two shifts of one volunteer overlap.
    #[error("volunteer {0} has overlapping shifts")]
    Overlap(usize),
}

impl Instance {
    /// The index of a visit's location in the matrices.
    pub fn place(&self, visit: usize) -> usize {
        self.volunteers.len() + visit
    }

    /// The bar for a volunteer and a visit.
    pub fn bar(&self, visit: usize, volunteer: usize) -> Bar {
        self.bars[visit * self.volunteers.len() + volunteer]
    }

    /// The capacity that a volunteer's load is a share of.
    pub fn share_of(&self, volunteer: usize) -> Seconds {
        let volunteer = &self.volunteers[volunteer];
        let shifts = || volunteer.shifts.iter().map(|shift| shift.close - shift.open).sum();
        volunteer.share_of.or(volunteer.offered).unwrap_or_else(shifts).max(1)
    }

    /// The day after the last shift: the earliest day on which an unserved visit could be made.
    pub fn day_after(&self) -> i32 {
        let days = self.volunteers.iter().flat_map(|who| &who.shifts).map(|shift| shift.day);
        days.max().map_or(0, |last| last + 1)
    }

    /// Validates the instance.
    ///
    /// # Errors
    /// The first fault found.
    pub fn validate(&self) -> Result<(), InstanceError> {
        let places = self.volunteers.len() + self.visits.len();
        if let Some(odd) = self.travel.iter().position(|matrix| matrix.places() != places) {
            return Err(InstanceError::Matrix(odd));
        }
        if self.bars.len() != self.volunteers.len() * self.visits.len() {
            return Err(InstanceError::Bars);
        }
        (0..self.volunteers.len()).try_for_each(|index| self.validate_volunteer(index))?;
        (0..self.visits.len()).try_for_each(|index| self.validate_visit(index))?;
        self.validate_groups()
    }

    fn validate_groups(&self) -> Result<(), InstanceError> {
        let mut holders = vec![None; self.visits.len()];
        for (index, visit) in self.visits.iter().enumerate() {
            if let (Some(group), Some(pin)) = (visit.group, visit.pinned)
                && *holders[group].get_or_insert(pin.volunteer) != pin.volunteer
            {
                return Err(InstanceError::TornGroup(index));
            }
        }
        Ok(())
    }

    fn validate_volunteer(&self, index: usize) -> Result<(), InstanceError> {
        let volunteer = &self.volunteers[index];
        let what = "volunteer";
        if volunteer.matrix >= self.travel.len() {
            return Err(InstanceError::Unknown { what, index });
        }
        let times = [Some(volunteer.carried), volunteer.offered, volunteer.share_of];
        in_range(times.into_iter().flatten(), what, index)?;
        for shift in &volunteer.shifts {
            let spans =
                std::iter::once((shift.open, shift.close)).chain(shift.breaks.iter().copied());
            spans_in_order(spans, what, index)?;
            let amounts = [shift.capacity.unwrap_or(0), shift.day.saturating_abs()];
            in_range(amounts.into_iter(), what, index)?;
        }
        let numbers = volunteer.quotas.iter().flat_map(Quota::numbers);
        in_range(numbers, what, index)?;
        if !quota::are_apart(&volunteer.quotas) {
            return Err(InstanceError::Quotas(index));
        }
        let mut spans: Vec<_> =
            volunteer.shifts.iter().map(|shift| (shift.day, shift.open, shift.close)).collect();
        spans.sort_unstable();
        let overlap = |pair: &[(i32, i32, i32)]| pair[0].0 == pair[1].0 && pair[1].1 < pair[0].2;
        if spans.windows(2).any(overlap) {
            return Err(InstanceError::Overlap(index));
        }
        Ok(())
    }

    fn validate_visit(&self, index: usize) -> Result<(), InstanceError> {
        let visit = &self.visits[index];
        let what = "visit";
        let start = visit.pinned.and_then(|pin| pin.start).unwrap_or(0);
        let amounts = [visit.service, visit.priority, visit.amount, start];
        in_range(amounts.into_iter(), what, index)?;
        let days = [visit.first_day.saturating_abs(), visit.due.saturating_abs()];
        in_range(days.into_iter(), what, index)?;
        spans_in_order(visit.windows.iter().copied(), what, index)?;
        let only = visit.only.iter().flat_map(|only| [only.first_day, only.last_day]);
        in_range(only.map(i32::saturating_abs), what, index)?;
        let people =
            visit.known.iter().copied().chain(visit.only.iter().map(|only| only.volunteer));
        let people = people.chain(visit.pinned.map(|pin| pin.volunteer));
        let mut people = people.chain(visit.previous.map(|(volunteer, _)| volunteer));
        let stranger = people.any(|volunteer| volunteer >= self.volunteers.len());
        if stranger || visit.group.is_some_and(|group| group >= self.visits.len()) {
            return Err(InstanceError::Unknown { what, index });
        }
        let Some(partner) = visit.partner else { return Ok(()) };
        spans_in_order(std::iter::once(partner.gap), what, index)?;
        let back = self.visits.get(partner.visit).and_then(|other| other.partner);
        let expected = Partner { visit: index, first: !partner.first, gap: partner.gap };
        if back != Some(expected) || partner.visit == index {
            return Err(InstanceError::Partner(index));
        }
        let other = &self.visits[partner.visit];
        if visit.group.is_some() && visit.group == other.group {
            return Err(InstanceError::OneGroup(index));
        }
        Ok(())
    }
}

fn in_range(
    mut times: impl Iterator<Item = i32>,
    what: &'static str,
    index: usize,
) -> Result<(), InstanceError> {
    if times.all(|time| (0..=MOST_SECONDS).contains(&time)) {
        Ok(())
    } else {
        Err(InstanceError::Time { what, index })
    }
}

fn spans_in_order(
    spans: impl Iterator<Item = (Seconds, Seconds)>,
    what: &'static str,
    index: usize,
) -> Result<(), InstanceError> {
    for (open, close) in spans {
        in_range([open, close].into_iter(), what, index)?;
        if close < open {
            return Err(InstanceError::Reversed { what, index });
        }
    }
    Ok(())
}
