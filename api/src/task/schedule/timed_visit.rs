//! A visit at a time, and which visits one person cannot both make. Pure functions.

use chrono::NaiveDate;
use gridward_dispatch::solve::Mode;
use gridward_domain::place::Place;
use gridward_domain::range::ServiceMinutes;
use gridward_domain::time::{TimeOfDay, Window};

/// Minutes after midnight, from the first to the end.
type Minutes = (i32, i32);

/// A visit at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedVisit {
    /// The day.
    pub day: NaiveDate,
    /// The start.
    pub start: TimeOfDay,
    /// The duration at the place.
    pub minutes: ServiceMinutes,
    /// The place; `None` for a call, to which there is no way.
    pub place: Option<Place>,
}

impl TimedVisit {
    fn hours(&self) -> Minutes {
        let from = i32::from(self.start.minutes());
        (from, from + self.minutes.get())
    }

    /// Whether some of the visit is in the window.
    pub fn is_during(&self, window: Window) -> bool {
        overlap(self.hours(), (window.start().minutes().into(), window.end().minutes().into()))
    }

    /// Whether a person who travels like this cannot make both visits of a day: they overlap, or the way
    /// between them takes longer than the time. Without a mode the ways are not judged.
    pub fn collides(&self, other: &Self, mode: Option<Mode>) -> bool {
        let way = self.place.zip(other.place).zip(mode);
        let way = way.map_or(0, |((from, to), mode)| least_minutes(from, to, mode));
        // The person sets out after either visit.
        let with_way = |(from, to): Minutes| (from, to.saturating_add(way));
        overlap(with_way(self.hours()), with_way(other.hours()))
    }
}

const fn overlap(one: Minutes, other: Minutes) -> bool {
    one.0 < other.1 && other.0 < one.1
}

/// The whole minutes that a way takes at least. Visits begin at whole minutes, so a part of a minute keeps
/// no one from the next one.
fn least_minutes(from: Place, to: Place, mode: Mode) -> i32 {
    let rounded_up = mode.minutes(from, to).0;
    i32::try_from(rounded_up.saturating_sub(1)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_makes_two_visits_if_the_way_fits_between_them() {
        let visit = |hour: u16, minute: u16, lon: Option<f64>| TimedVisit {
            day: NaiveDate::default(),
            start: TimeOfDay::new(60 * hour + minute).expect("a time"),
            minutes: ServiceMinutes::of::<30>(),
            place: lon.map(|lon| Place::new(29.284, lon).expect("a place")),
        };
        // 1,262 m, at 250 m a minute.
        let (here, there) = (Some(106.25), Some(106.26));
        let first = visit(9, 0, here);
        let collides = |other: TimedVisit| {
            let both = first.collides(&other, Some(Mode::Bicycle));
            assert_eq!(both, other.collides(&first, Some(Mode::Bicycle)), "in either order");
            both
        };
        assert!(collides(visit(9, 34, there)) && !collides(visit(9, 35, there)));
        assert!(collides(visit(8, 26, there)) && !collides(visit(8, 25, there)));
        assert!(collides(visit(9, 29, here)) && !collides(visit(9, 30, here)));
        assert!(!collides(visit(9, 30, Some(106.251))), "a part of a minute");
        assert!(collides(visit(9, 29, None)) && !collides(visit(9, 30, None)), "a call");
        assert!(!first.collides(&visit(9, 30, there), None), "ways are not judged");
    }
}
