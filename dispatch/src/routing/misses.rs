//! By how much a visit misses the hours of a shift at a position in its route.

use super::instance::Seconds;
use super::timeline::{self, Span};

/// A visit of a route as far as timing needs it.
pub(crate) struct TimedVisit<W> {
    /// Travel time from the stop before.
    pub(crate) way: Seconds,
    /// Duration of the service.
    pub(crate) service: Seconds,
    /// The spans within which the service may begin; none means any time.
    pub(crate) windows: W,
    /// When the service ends in the route as it is now.
    pub(crate) leaves: Seconds,
}

/// By how many seconds a route with the inserted visit violates each constraint of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Misses {
    /// The inserted visit begins after its window by this much.
    pub(crate) own: Seconds,
    /// A visit after it begins after its own window by this much, at most.
    pub(crate) later: Seconds,
    /// The volunteer is home after the end of the shift by this much.
    pub(crate) shift: Seconds,
}

impl Misses {
    /// The largest of the three; zero means that the visit fits.
    pub(crate) fn most(self) -> Seconds {
        self.own.max(self.later).max(self.shift)
    }
}

/// The misses of `visit` in a route that is free from `left` on, followed by the visits of
/// `rest`, the first of which has the way from `visit`, and by a way `home` within a shift
/// that ends at `close`.
pub(crate) fn misses<W: Iterator<Item = Span>>(
    left: Seconds,
    visit: TimedVisit<W>,
    rest: impl Iterator<Item = TimedVisit<W>>,
    (home, close): (Seconds, Seconds),
    breaks: &[Span],
) -> Misses {
    let place = |left: Seconds, next: TimedVisit<W>| {
        let arrive = timeline::arrive(left, next.way, breaks);
        let (over, start) = timeline::begin_or_miss(arrive, next.service, next.windows, breaks);
        (over, start + next.service)
    };
    let (own, mut left) = place(left, visit);
    let mut misses = Misses { own, later: 0, shift: 0 };
    for next in rest {
        let leaves = next.leaves;
        let (over, leave) = place(left, next);
        misses.later = misses.later.max(over);
        if leave <= leaves {
            return misses; // the rest of the route keeps its times, which are feasible
        }
        left = leave;
    }
    misses.shift = (timeline::arrive(left, home, breaks) - close).max(0);
    misses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(
        way: Seconds,
        windows: &[Span],
        leaves: Seconds,
    ) -> TimedVisit<impl Iterator<Item = Span>> {
        TimedVisit { way, service: 10, windows: windows.iter().copied(), leaves }
    }

    fn inserted(windows: &[Span], next: &[Span], close: Seconds, breaks: &[Span]) -> Misses {
        let rest = [timed(20, next, 70)].into_iter();
        misses(0, timed(30, windows, 0), rest, (5, close), breaks)
    }

    #[test]
    fn a_visit_that_fits_misses_nothing() {
        let fits = Misses { own: 0, later: 0, shift: 0 };
        assert_eq!(inserted(&[], &[], 75, &[]), fits);
        assert_eq!(inserted(&[(0, 30)], &[(0, 60)], 75, &[]), fits);
    }

    #[test]
    fn each_constraint_is_measured_by_itself() {
        assert_eq!(inserted(&[(0, 26)], &[], 900, &[]), Misses { own: 4, later: 0, shift: 0 });
        assert_eq!(inserted(&[], &[(0, 53)], 900, &[]), Misses { own: 0, later: 7, shift: 0 });
        // The next visit begins at 100 instead of 60, so the volunteer is home at 115.
        let waits = inserted(&[], &[(100, 200)], 105, &[]);
        assert_eq!(waits, Misses { own: 0, later: 0, shift: 10 });
    }

    #[test]
    fn the_window_that_is_missed_least_counts() {
        assert_eq!(inserted(&[(0, 10), (20, 28)], &[], 900, &[]).own, 2);
        // A break holds the second window up until 110.
        assert_eq!(inserted(&[(0, 10), (50, 60)], &[], 900, &[(45, 110)]).own, 20);
    }

    #[test]
    fn a_route_that_catches_up_is_not_followed_to_its_end() {
        // The next visit waits for its window as it does now, so the close does not matter.
        let rest = [timed(20, &[(80, 80)], 90)].into_iter();
        assert_eq!(misses(0, timed(30, &[], 0), rest, (5, 0), &[]).shift, 0);
    }

    #[test]
    fn journeys_wait_for_breaks() {
        assert_eq!(inserted(&[(0, 30)], &[], 900, &[(25, 26)]).own, 26);
    }
}
