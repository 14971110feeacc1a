//! Needs of households: they are unknown until a visit finds them or the household reports them.

use crate::demand::Day;
use crate::district::Beneficiary;
use crate::luck::{Decision, Luck, subject};

/// The fewest and most days until a household reports a need that no visit has found.
const REPORTED_AFTER: (Day, Day) = (3, 45);

/// A need of a household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The number of the beneficiary in the district.
    pub beneficiary: usize,
    /// The day on which it arose.
    pub arose: Day,
    /// The day on which the household reports it, unless it is known by then.
    pub reported: Day,
    /// Whether it is known.
    pub known: bool,
    /// The day on which help came.
    pub helped: Option<Day>,
}

/// The need that arises in the household on `day`, if one does.
pub fn arises(luck: Luck, number: usize, one: &Beneficiary, day: Day) -> Option<Need> {
    let about = [subject(one.id.0), i64::from(day).cast_unsigned()];
    if !luck.happens(Decision::Need, &about, one.segment.needs_a_year() / 365.0) {
        return None;
    }
    let (least, most) = REPORTED_AFTER;
    let span = u64::from((most - least).unsigned_abs()) + 1;
    let more = Day::try_from(luck.below(Decision::Report, &about, span)).unwrap_or(0);
    let reported = day + least + more;
    Some(Need { beneficiary: number, arose: day, reported, known: false, helped: None })
}
