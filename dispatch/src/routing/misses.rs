//! By how much a visit misses the hours of a shift at a position in its route, or at the best of all
//! its positions.
//!
//! How much a delay moves the end of a route is a step function with as many steps as the rest of the
//! route has windows and breaks. The best position does without it: a later departure makes no later
//! stop earlier and no miss smaller, so of two insertions before the same stop only the earlier one is
//! followed, unless it misses more. This is the dominance of labelling algorithms for shortest paths
//! with time windows (Desrochers and Soumis, INFOR 26(3), 1988).

use super::instance::Seconds;
use super::timeline::{self, Span};

/// A visit of a route as far as timing needs it.
#[derive(Clone)]
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

/// A visit inserted at one position of a route, and later the route up to a stop after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Insertion {
    /// The largest miss of a window so far.
    miss: Seconds,
    /// When the last service so far ends.
    leave: Seconds,
    /// Travel time to what follows.
    onward: Seconds,
}

impl Insertion {
    /// `visit` in a route that is free from `left` on, with the way `onward` to what follows.
    pub(crate) fn new(
        left: Seconds,
        visit: TimedVisit<impl Iterator<Item = Span>>,
        onward: Seconds,
        breaks: &[Span],
    ) -> Self {
        let (miss, leave) = placed(left, visit, breaks);
        Self { miss, leave, onward }
    }

    /// Its misses, but for the end of the shift: that is missed by a second at least unless what follows
    /// is reached by `deadline`.
    pub(crate) fn at_least(self, deadline: Seconds, breaks: &[Span]) -> Misses {
        let is_late = self.arrives(breaks) > deadline;
        Misses { own: self.miss, later: 0, shift: is_late.into() }
    }

    /// When its service ends.
    pub(crate) const fn ends(self) -> Seconds {
        self.leave
    }

    fn arrives(self, breaks: &[Span]) -> Seconds {
        timeline::arrive(self.leave, self.onward, breaks)
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
    let (own, mut left) = placed(left, visit, breaks);
    let mut misses = Misses { own, later: 0, shift: 0 };
    for next in rest {
        let leaves = next.leaves;
        let (over, leave) = placed(left, next, breaks);
        misses.later = misses.later.max(over);
        if leave <= leaves {
            return misses; // the rest of the route keeps its times, which are feasible
        }
        left = leave;
    }
    misses.shift = (timeline::arrive(left, home, breaks) - close).max(0);
    misses
}

/// By how much a visit misses its windows if the stop before it is left at `left`, and when its
/// service ends.
fn placed(
    left: Seconds,
    visit: TimedVisit<impl Iterator<Item = Span>>,
    breaks: &[Span],
) -> (Seconds, Seconds) {
    let arrive = timeline::arrive(left, visit.way, breaks);
    let (over, start) = timeline::begin_or_miss(arrive, visit.service, visit.windows, breaks);
    (over, start + visit.service)
}

/// The latest arrival at each visit of a route, and at last at home, from which no miss follows.
pub(crate) fn deadlines<W: Iterator<Item = Span>>(
    route: impl DoubleEndedIterator<Item = TimedVisit<W>>,
    (home, close): (Seconds, Seconds),
    breaks: &[Span],
) -> Vec<Seconds> {
    let (mut deadline, mut way) = (close, home);
    let mut deadlines = vec![deadline];
    for visit in route.rev() {
        let by = timeline::clear_before(deadline, way, breaks).max(visit.leaves);
        deadline = timeline::last_begin(by, visit.service, visit.windows, breaks);
        way = visit.way;
        deadlines.push(deadline);
    }
    deadlines.reverse();
    deadlines
}

/// The least of [`Misses::most`] over insertions into a route, at most one for each of its positions;
/// none if with each of them a later visit misses its windows by more than `most_later`.
pub(crate) fn least_miss<W: Iterator<Item = Span> + Clone>(
    insertions: impl IntoIterator<Item = Option<Insertion>>,
    route: impl Iterator<Item = TimedVisit<W>>,
    (home, close): (Seconds, Seconds),
    breaks: &[Span],
    most_later: Seconds,
) -> Option<Seconds> {
    let mut insertions = insertions.into_iter();
    let mut followed: Vec<Insertion> = Vec::new();
    let mut least = Seconds::MAX;
    for next in route {
        for it in &mut followed {
            it.onward = next.way;
        }
        followed.extend(insertions.next().flatten());
        followed.retain_mut(|it| {
            let visit = TimedVisit { way: it.onward, ..next.clone() };
            let (over, leave) = placed(it.leave, visit, breaks);
            (it.miss, it.leave) = (it.miss.max(over), leave);
            let catches_up = leave <= next.leaves;
            if catches_up && over <= most_later {
                least = least.min(it.miss);
            }
            !catches_up && over <= most_later && it.miss < least
        });
        drop_dominated(&mut followed);
    }
    for it in &mut followed {
        it.onward = home;
    }
    followed.extend(insertions.flatten());
    let at_home = followed.iter().map(|it| it.miss.max(it.arrives(breaks) - close));
    let least = at_home.fold(least, Seconds::min);
    (least < Seconds::MAX).then_some(least)
}

/// Drops the insertions that are no earlier than another and miss at least as much.
fn drop_dominated(followed: &mut Vec<Insertion>) {
    followed.sort_unstable_by_key(|it| (it.leave, it.miss));
    let mut least = Seconds::MAX;
    followed.retain(|it| {
        let is_less = it.miss < least;
        least = least.min(it.miss);
        is_less
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    fn some_spans() -> impl Strategy<Value = Vec<Span>> {
        let span = (0..200, 0..80).prop_map(|(opens, length)| (opens, opens + length));
        prop::collection::vec(span, 0..3)
    }

    fn visit(
        way: Seconds,
        service: Seconds,
        windows: &[Span],
    ) -> TimedVisit<impl Iterator<Item = Span> + Clone> {
        TimedVisit { way, service, windows: windows.iter().copied(), leaves: 0 }
    }

    proptest! {
        #[test]
        fn one_pass_finds_the_least_miss_of_following_the_route_from_each_position(
            visits in prop::collection::vec((0..30, 0..20, some_spans()), 0..7),
            (service, windows) in (0..40, some_spans()),
            ways in prop::collection::vec((0..30, 0..30), 7),
            (home, close) in (0..30, 20..300),
            mut breaks in some_spans(),
        ) {
            breaks.sort_unstable();
            let mut free = vec![0];
            for (way, service, windows) in &visits {
                let leave = placed(free[free.len() - 1], visit(*way, *service, windows), &breaks).1;
                free.push(leave);
            }
            let route: Vec<_> = visits
                .iter()
                .zip(&free[1..])
                .map(|((way, service, windows), leaves)| {
                    TimedVisit { leaves: *leaves, ..visit(*way, *service, windows) }
                })
                .collect();
            let inserted = |at: usize| visit(ways[at].0, service, &windows);
            let positions = || 0..=visits.len();
            let followed = |at: usize| {
                let mut rest = route[at..].to_vec();
                let last = if let Some(next) = rest.first_mut() {
                    next.way = ways[at].1;
                    home
                } else {
                    ways[at].1
                };
                misses(free[at], inserted(at), rest.into_iter(), (last, close), &breaks)
            };
            let all: Vec<Misses> = positions().map(followed).collect();

            let insertion = |at: usize| Insertion::new(free[at], inserted(at), ways[at].1, &breaks);
            let deadlines = deadlines(route.iter().cloned(), (home, close), &breaks);
            for (at, misses) in positions().zip(&all) {
                let at_least = insertion(at).at_least(deadlines[at], &breaks);
                prop_assert_eq!(at_least.own, misses.own);
                prop_assert_eq!(at_least.shift == 0, (misses.later, misses.shift) == (0, 0));
            }
            let least = |most_later: Seconds| {
                let insertions = positions().map(|at| Some(insertion(at)));
                least_miss(insertions, route.iter().cloned(), (home, close), &breaks, most_later)
            };
            let among = |most_later: Seconds| {
                all.iter().filter(|it| it.later <= most_later).map(|it| it.most()).min()
            };
            prop_assert_eq!(least(0), among(0));
            prop_assert_eq!(least(Seconds::MAX), among(Seconds::MAX));
        }
    }
}
