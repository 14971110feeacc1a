//! What the search works on: people and visits by number, times in seconds.
//!
//! An [`Instance`] knows no names, areas or skills. Whoever builds one says for
//! each pair of a visit and a volunteer whether something bars it ([`Bar`]);
//! all else is numbers in flat arrays. It is checked once, here, so that the
//! search never has to.

use thiserror::Error;

use super::travel::Matrix;

/// Seconds: of a day when a moment, else a length.
pub type Seconds = i32;

/// The latest moment and the longest length that are taken: over three years, and
/// a sum of a few of them still fits.
pub const MOST_SECONDS: Seconds = 100_000_000;

/// Someone who can go.
#[derive(Clone, Debug, Default)]
pub struct Volunteer {
    /// When they can go.
    pub shifts: Vec<Shift>,
    /// The most service and travel together that they take on in the period.
    pub offered: Option<Seconds>,
    /// What they are thought to be able to carry, for fairness; what is not said is their shifts.
    pub share_of: Option<Seconds>,
    /// What they carry already.
    pub carried: Seconds,
    /// Which of the matrices holds their journeys.
    pub matrix: usize,
}

/// One span of one day in which a volunteer leaves home and comes back.
#[derive(Clone, Debug, Default)]
pub struct Shift {
    /// The day, counted from the first of the period.
    pub day: i32,
    /// Not away before.
    pub open: Seconds,
    /// Home again by.
    pub close: Seconds,
    /// Spans in which they neither travel nor serve.
    pub breaks: Vec<(Seconds, Seconds)>,
    /// The most of [`Visit::amount`] that fits into it.
    pub capacity: Option<i32>,
}

/// What is to be done at one place.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// How long it takes.
    pub service: Seconds,
    /// When it may begin, each from first to last moment; none means whenever.
    pub windows: Vec<(Seconds, Seconds)>,
    /// The first day on which it may be done.
    pub first_day: i32,
    /// The last day on which it is not late.
    pub due: i32,
    /// How bad it is to leave it out.
    pub priority: i32,
    /// How much of a shift's capacity it takes.
    pub amount: i32,
    /// Those whom the beneficiary knows: who went last, who is preferred.
    pub known: Vec<usize>,
    /// Who and when by the plan that stands, which people may have read already.
    pub previous: Option<(usize, i32)>,
    /// Who and when, where that is settled.
    pub pinned: Option<Pin>,
    /// Visits of the same group go to one person.
    pub group: Option<usize>,
    /// The visit of another person that belongs to this one.
    pub partner: Option<Partner>,
}

/// An assignment that is not the search's to change.
///
/// People decided it, so bars and offered minutes do not hold it up; hours do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Who.
    pub volunteer: usize,
    /// On which day.
    pub day: i32,
    /// At what time exactly; the windows then do not count.
    pub start: Option<Seconds>,
}

impl Visit {
    /// How many days late it is on a day.
    pub fn days_late(&self, day: i32) -> i64 {
        i64::from((day - self.due).max(0))
    }
}

/// How the visit of a second person is tied to that of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partner {
    /// The other visit; it names this one in turn, with the same gap.
    pub visit: usize,
    /// Whether this one is the first of the two.
    pub first: bool,
    /// How long after the beginning of the first the second begins: from, to; both
    /// nothing means at once.
    pub gap: (Seconds, Seconds),
}

/// What keeps a volunteer from a visit, whatever the hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bar {
    /// Nothing.
    #[default]
    None,
    /// They lack a skill.
    Skill,
    /// They do not serve the place.
    Area,
    /// The two must not meet.
    Forbidden,
}

/// All of it, as it is handed in.
///
/// Place `v` of a matrix is the home of volunteer `v`, and place
/// `volunteers.len() + j` that of visit `j`.
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// Who can go.
    pub volunteers: Vec<Volunteer>,
    /// What is to be done.
    pub visits: Vec<Visit>,
    /// What bars volunteer `v` from visit `j`, at `j * volunteers.len() + v`.
    pub bars: Vec<Bar>,
    /// Journeys, one matrix for each way to travel.
    pub travel: Vec<Matrix>,
}

/// Why an instance makes no sense, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InstanceError {
    /// A time or length below nothing or past all reason.
    #[error("{what} {index}: a time is out of range")]
    Time {
        /// `volunteer` or `visit`.
        what: &'static str,
        /// Which.
        index: usize,
    },
    /// A window, break or shift that closes before it opens.
    #[error("{what} {index}: a window closes before it opens")]
    Reversed {
        /// `volunteer` or `visit`.
        what: &'static str,
        /// Which.
        index: usize,
    },
    /// Something names a volunteer, visit or matrix that is not there.
    #[error("{what} {index} names a volunteer, visit or matrix that is not there")]
    Unknown {
        /// `volunteer` or `visit`.
        what: &'static str,
        /// Which.
        index: usize,
    },
    /// A matrix that has not one row and column for every home and visit.
    #[error("matrix {0} has not one row and column for every home and visit")]
    Matrix(usize),
    /// Bars that are not one for every pair.
    #[error("there is not one bar for every visit and volunteer")]
    Bars,
    /// A visit and its partner do not name each other alike.
    #[error("visit {0} and its partner do not name each other alike")]
    Partner(usize),
    /// A visit and its partner belong to one group: one person, and two.
    #[error("visit {0} and its partner are of one group, though two people make them")]
    OneGroup(usize),
    /// Visits of one group that are pinned to two people.
    #[error("visit {0} is pinned to somebody else than another of its group")]
    TornGroup(usize),
    /// Two shifts of one volunteer on one day that overlap.
    #[error("volunteer {0} has two shifts that overlap")]
    Overlap(usize),
}

impl Instance {
    /// Where visit `j` lies in the matrices.
    pub fn place(&self, visit: usize) -> usize {
        self.volunteers.len() + visit
    }

    /// What bars a volunteer from a visit.
    pub fn bar(&self, visit: usize, volunteer: usize) -> Bar {
        self.bars[visit * self.volunteers.len() + volunteer]
    }

    /// What a volunteer's load is a share of.
    pub fn share_of(&self, volunteer: usize) -> Seconds {
        let volunteer = &self.volunteers[volunteer];
        let shifts = || volunteer.shifts.iter().map(|shift| shift.close - shift.open).sum();
        volunteer.share_of.or(volunteer.offered).unwrap_or_else(shifts).max(1)
    }

    /// The day after the last shift: what is left out is made then at the earliest.
    pub fn day_after(&self) -> i32 {
        let days = self.volunteers.iter().flat_map(|who| &who.shifts).map(|shift| shift.day);
        days.max().map_or(0, |last| last + 1)
    }

    /// Whether it makes sense.
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
            let whole = [shift.capacity.unwrap_or(0), shift.day.saturating_abs()];
            in_range(whole.into_iter(), what, index)?;
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
        let whole = [visit.service, visit.priority, visit.amount, start];
        in_range(whole.into_iter(), what, index)?;
        let days = [visit.first_day.saturating_abs(), visit.due.saturating_abs()];
        in_range(days.into_iter(), what, index)?;
        spans_in_order(visit.windows.iter().copied(), what, index)?;
        let people = visit.known.iter().copied().chain(visit.pinned.map(|pin| pin.volunteer));
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
