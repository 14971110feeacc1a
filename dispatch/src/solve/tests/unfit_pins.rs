//! Pinned visits that do not fit into the day keep their time free of other visits.

use proptest::prelude::*;

use super::random::some_problem;
use super::*;

/// A visit of half an hour just under ten minutes from home, pinned to an hour of the first.
fn promised(number: u128, start: &str) -> Visit {
    Visit { pinned: Some(pin(1, 1, Some(start))), ..visit(number) }
}

/// The tasks that do not fit, and the breaks of the first shift.
fn blocked(problem: &mut DispatchProblem) -> (Vec<TaskId>, Vec<Window>) {
    let mut unfit: Vec<TaskId> = block_unfit_pins(problem).into_iter().collect();
    unfit.sort_unstable();
    (unfit, problem.volunteers[0].shifts[0].breaks.clone())
}

#[test]
fn pinned_visits_that_fit_are_left_as_they_are() {
    let visits = vec![promised(1, "0910"), promised(2, "0940"), visit(3)];
    let mut problem = village(vec![volunteer(1)], visits);
    assert_eq!(blocked(&mut problem), (Vec::new(), Vec::new()));
    assert_eq!((problem.visits.len(), problem.volunteers[0].carried), (3, Minutes(0)));
}

#[test]
fn the_time_of_a_visit_that_does_not_fit_is_a_break_with_the_ways_and_counts_as_carried() {
    for (start, taken) in [
        // The way from home would begin before the shift.
        ("0905", "0900-0945"),
        // The way home would end after it.
        ("1125", "1115-1200"),
        // It begins before the shift; the person is on the way home until then.
        ("0825", "0900-0905"),
        ("1150", "1140-1200"),
    ] {
        let mut problem = village(vec![volunteer(1)], vec![promised(1, start), visit(2)]);
        assert_eq!(blocked(&mut problem), (vec![task(1)], vec![hours(taken)]), "{start}");
        assert_eq!((problem.visits.len(), problem.volunteers[0].carried), (1, Minutes(30)));
        let stop = stop(&planned(&problem), 2).clone();
        let taken = hours(taken);
        assert!(stop.leave <= taken.start() || stop.start >= taken.end(), "{stop:?}");
    }
}

#[test]
fn of_two_that_overlap_the_earlier_one_is_made_and_the_rest_of_the_other_is_blocked() {
    let mut problem = village(vec![volunteer(1)], vec![promised(1, "0930"), promised(2, "0950")]);
    assert_eq!(blocked(&mut problem), (vec![task(2)], vec![hours("1000-1030")]));
    assert_eq!(stop(&planned(&problem), 1).start, at("0930"));
}

#[test]
fn a_visit_on_a_day_without_a_shift_only_counts_as_carried() {
    let pinned = Some(pin(1, 2, Some("1000")));
    let mut problem = village(vec![volunteer(1)], vec![Visit { pinned, ..visit(1) }]);
    assert_eq!(blocked(&mut problem), (vec![task(1)], Vec::new()));
    assert_eq!(problem.volunteers[0].carried, Minutes(30));
}

#[test]
fn a_call_that_meets_a_break_is_blocked_without_ways() {
    let call = Visit { channel: Channel::Call, ..promised(1, "1150") };
    let mut problem = village(vec![volunteer(1)], vec![call]);
    assert_eq!(blocked(&mut problem), (vec![task(1)], vec![hours("1150-1200")]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn afterwards_every_hour_that_is_pinned_is_kept_and_no_other_visit_is_in_a_promised_one(
        problem in some_problem(),
    ) {
        let mut problem = DispatchProblem { ties: Vec::new(), ..problem };
        let before = problem.clone();
        let unfit = block_unfit_pins(&mut problem);
        let plan = plan(&problem, &Options::default()).expect("a sound problem");
        prop_assert_eq!(check(&problem, &plan), Ok(()));
        let hour = |visit: &Visit| visit.pinned.and_then(|pin| Some((pin, pin.start?)));
        for visit in problem.visits.iter().filter(|visit| hour(visit).is_some()) {
            prop_assert!(plan.unserved.iter().all(|left| left.visit != visit.id), "{visit:?}");
        }
        for promised in before.visits.iter().filter(|visit| unfit.contains(&visit.id)) {
            let (pin, start) = hour(promised).expect("a pinned hour");
            let end = u32::from(start.minutes()) + promised.service.0;
            let routes = plan.routes.iter().filter(|route| (route.volunteer, route.day) == (pin.volunteer, pin.day));
            for stop in routes.flat_map(|route| &route.stops) {
                let of = problem.visits.iter().find(|visit| visit.id == stop.visit).expect("a visit");
                let overlaps = stop.start < stop.leave && start < stop.leave && u32::from(stop.start.minutes()) < end;
                prop_assert!(!overlaps || hour(of).is_some(), "{stop:?} in {promised:?}");
            }
        }
    }
}
