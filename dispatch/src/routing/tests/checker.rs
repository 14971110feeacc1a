//! The checker can fail: a valid plan with one error is rejected for that error.

use super::*;
use crate::routing::solution::{ShiftRoute, Stop};
use crate::routing::{Violation, check};

/// Anna at 0 and Ben at 500, each on two days; on the first Anna makes visits 0 and 1, Ben
/// visit 2, and visit 3 is unserved.
fn sample() -> (Instance, Solution) {
    let who = || Volunteer { shifts: vec![shift(0, 0, 1_000), shift(1, 0, 1_000)], ..volunteer() };
    let visits = [100, 200, 600, 400].map(|at| (at, visit())).to_vec();
    let instance = street(vec![(0, who()), (500, who())], visits);
    let anna = ShiftRoute {
        volunteer: 0,
        shift: 0,
        stops: vec![stop(0, 100, 100), stop(1, 100, 210)],
        home: 200,
    };
    let ben = ShiftRoute { volunteer: 1, shift: 0, stops: vec![stop(2, 100, 100)], home: 100 };
    let plan = Solution { routes: vec![anna, ben], unserved: vec![3] };
    assert_eq!(check(&instance, &plan), Ok(()), "the sample is sound");
    (instance, plan)
}

/// A visit that begins on arrival.
fn stop(visit: usize, travel: Seconds, arrive: Seconds) -> Stop {
    Stop { visit, travel, arrive, start: arrive, leave: arrive + 10 }
}

/// What the checker says of the sample after a change to the instance or to the plan.
fn after(change: impl FnOnce(&mut Instance, &mut Solution)) -> Result<(), Violation> {
    let (mut instance, mut plan) = sample();
    change(&mut instance, &mut plan);
    check(&instance, &plan)
}

/// What the checker finds in the sample's plan after a change to it.
fn wrong(change: impl FnOnce(&mut Solution)) -> Violation {
    after(|_, plan| change(plan)).expect_err("a plan with something wrong")
}

/// What the checker finds after a change to the instance.
fn wrong_for(change: impl FnOnce(&mut Instance)) -> Violation {
    after(|instance, _| change(instance)).expect_err("an instance that the plan is not for")
}

/// The plan keeps the rules of the changed instance: the bounds of a rule belong to it.
fn sound_for(change: impl FnOnce(&mut Instance)) {
    assert_eq!(after(|instance, _| change(instance)), Ok(()));
}

/// Ties two visits, the first before the second.
fn tie(instance: &mut Instance, first: usize, second: usize, gap: (Seconds, Seconds)) {
    instance.visits[first].partner = Some(Partner { visit: second, first: true, gap });
    instance.visits[second].partner = Some(Partner { visit: first, first: false, gap });
}

#[test]
fn a_route_for_no_shift_or_a_second_for_one_is_found() {
    assert_eq!(wrong(|plan| plan.routes[0].shift = 2), Violation::Shift(0));
    assert_eq!(wrong(|plan| plan.routes[1].volunteer = 2), Violation::Shift(1));
    let again = |plan: &mut Solution| {
        plan.routes.push(ShiftRoute { volunteer: 0, shift: 0, ..ShiftRoute::default() });
    };
    assert_eq!(wrong(again), Violation::Shift(2));
    assert_eq!(wrong_for(|instance| instance.volunteers[1].shifts.clear()), Violation::Shift(1));
}

#[test]
fn a_visit_that_stands_twice_or_nowhere_is_found() {
    assert_eq!(wrong(|plan| plan.unserved.push(0)), Violation::Count(0));
    assert_eq!(wrong(|plan| plan.unserved.push(3)), Violation::Count(3));
    assert_eq!(wrong(|plan| plan.unserved.clear()), Violation::Count(3));
    assert_eq!(wrong(|plan| plan.unserved[0] = 4), Violation::Count(4));
    assert_eq!(wrong(|plan| plan.routes[1].stops.clear()), Violation::Count(2));
    assert_eq!(wrong(|plan| plan.routes[0].stops[1].visit = 9), Violation::Count(9));
    assert_eq!(wrong(|plan| plan.routes[1].stops.push(stop(0, 0, 500))), Violation::Count(0));
}

#[test]
fn somebody_who_may_not_go_is_found() {
    for bar in [Bar::Skill, Bar::Area, Bar::Forbidden] {
        assert_eq!(wrong_for(|instance| instance.bars[0] = bar), Violation::Barred(0));
        assert_eq!(wrong_for(|instance| instance.bars[2 * 2 + 1] = bar), Violation::Barred(2));
        sound_for(|instance| instance.bars[1] = bar);
    }
}

#[test]
fn a_pin_that_is_not_kept_is_found() {
    let pin = |volunteer, day, start| Some(Pin { volunteer, day, start });
    for other in [pin(1, 0, None), pin(0, 1, None), pin(0, 0, Some(99)), pin(0, 0, Some(101))] {
        assert_eq!(wrong_for(|instance| instance.visits[0].pinned = other), Violation::Pin(0));
    }
    let at_any_hour = |instance: &mut Instance| {
        instance.visits[0].pinned = pin(0, 0, None);
        instance.visits[0].windows = vec![(0, 99)];
    };
    assert_eq!(wrong_for(at_any_hour), Violation::Pin(0));
    // People decided it, so neither bars nor days nor windows hold it up.
    sound_for(|instance| {
        instance.visits[0].pinned = pin(0, 0, Some(100));
        instance.visits[0].windows = vec![(0, 99)];
        instance.visits[0].first_day = 1;
        instance.bars[0] = Bar::Forbidden;
    });
}

#[test]
fn a_visit_before_its_first_day_is_found() {
    assert_eq!(wrong_for(|instance| instance.visits[0].first_day = 1), Violation::Early(0));
    let yesterday = |instance: &mut Instance| instance.volunteers[1].shifts[0].day = -1;
    assert_eq!(wrong_for(yesterday), Violation::Early(2));
}

#[test]
fn a_service_outside_its_windows_is_found() {
    for windows in [vec![(0, 99)], vec![(101, 200)], vec![(0, 99), (101, 200)]] {
        let found = wrong_for(|instance| instance.visits[0].windows.clone_from(&windows));
        assert_eq!(found, Violation::Window(0), "{windows:?}");
    }
    sound_for(|instance| instance.visits[0].windows = vec![(0, 5), (100, 100)]);
}

#[test]
fn times_that_do_not_follow_are_found() {
    let first = |change: fn(&mut Stop)| wrong(|plan| change(&mut plan.routes[0].stops[0]));
    let second = |change: fn(&mut Stop)| wrong(|plan| change(&mut plan.routes[0].stops[1]));
    assert_eq!(first(|stop| stop.travel += 1), Violation::Clock(0));
    assert_eq!(first(|stop| stop.travel -= 1), Violation::Clock(0));
    assert_eq!(first(|stop| stop.arrive -= 1), Violation::Clock(0));
    assert_eq!(first(|stop| stop.arrive += 1), Violation::Clock(0));
    assert_eq!(first(|stop| stop.start += 1), Violation::Clock(0));
    assert_eq!(first(|stop| stop.leave += 1), Violation::Clock(0));
    assert_eq!(first(|stop| stop.leave -= 1), Violation::Clock(0));
    assert_eq!(second(|stop| stop.arrive -= 1), Violation::Clock(1));
    assert_eq!(second(|stop| stop.travel = 200), Violation::Clock(1));
    assert_eq!(wrong(|plan| plan.routes[0].stops.swap(0, 1)), Violation::Clock(1));
    let opens_later = |instance: &mut Instance| instance.volunteers[0].shifts[0].open = 1;
    assert_eq!(wrong_for(opens_later), Violation::Clock(0));
    let on_foot = |instance: &mut Instance| {
        instance.travel.push(Matrix::metric(6, |a, b| if a == b { 0 } else { 700 }));
        instance.volunteers[1].matrix = 1;
    };
    assert_eq!(wrong_for(on_foot), Violation::Clock(2));
}

#[test]
fn a_journey_or_service_in_a_break_is_found() {
    let rest = |breaks: Vec<(Seconds, Seconds)>| {
        after(|instance, _| instance.volunteers[0].shifts[0].breaks = breaks)
    };
    // On the way to the first, while there, on the way to the second, while there.
    for pause in [(0, 1), (99, 100), (50, 60), (104, 105), (0, 500), (150, 151), (219, 220)] {
        assert_eq!(rest(vec![pause]), Err(Violation::Hours(0)), "{pause:?}");
    }
    assert_eq!(rest(vec![(500, 600), (104, 105)]), Err(Violation::Hours(0)), "any of them");
    // Before the way home one may wait.
    assert_eq!(rest(vec![(220, 230), (500, 600)]), Ok(()));
}

#[test]
fn a_way_home_past_the_shift_or_left_out_is_found() {
    let closes =
        |close| move |instance: &mut Instance| instance.volunteers[0].shifts[0].close = close;
    assert_eq!(wrong_for(closes(419)), Violation::Hours(0));
    sound_for(closes(420));
    let rest = |close| {
        move |instance: &mut Instance| {
            instance.volunteers[0].shifts[0].breaks = vec![(300, 310)];
            closes(close)(instance);
        }
    };
    assert_eq!(wrong_for(rest(509)), Violation::Hours(0), "the way home waits for the break");
    sound_for(rest(510));
    assert_eq!(wrong(|plan| plan.routes[0].home -= 1), Violation::Hours(0));
    assert_eq!(wrong(|plan| plan.routes[1].home = 0), Violation::Hours(1));
    let from_nowhere = |plan: &mut Solution| {
        plan.routes.push(ShiftRoute { volunteer: 0, shift: 1, stops: vec![], home: 1 });
    };
    assert_eq!(wrong(from_nowhere), Violation::Hours(2));
}

#[test]
fn more_than_a_shift_can_hold_is_found() {
    let holds = |capacity| {
        move |instance: &mut Instance| {
            instance.volunteers[0].shifts[0].capacity = Some(capacity);
            instance.visits[0].amount = 4;
            instance.visits[1].amount = 6;
        }
    };
    assert_eq!(wrong_for(holds(9)), Violation::Capacity(0));
    assert_eq!(wrong_for(holds(0)), Violation::Capacity(0));
    sound_for(holds(10));
}

#[test]
fn more_than_was_offered_is_found() {
    // Ways of 400 and twice ten seconds of service.
    let offers = |offered, carried| {
        move |instance: &mut Instance| {
            instance.volunteers[0].offered = Some(offered);
            instance.volunteers[0].carried = carried;
        }
    };
    assert_eq!(wrong_for(offers(419, 0)), Violation::Offered(0));
    assert_eq!(wrong_for(offers(420, 1)), Violation::Offered(0));
    sound_for(offers(420, 0));
    let settled = |visits: &'static [usize]| {
        move |instance: &mut Instance| {
            offers(0, 0)(instance);
            for visit in visits {
                let pin = Pin { volunteer: 0, day: 0, start: None };
                instance.visits[*visit].pinned = Some(pin);
            }
        }
    };
    assert_eq!(wrong_for(settled(&[0])), Violation::Offered(0), "one was free to be left out");
    sound_for(settled(&[0, 1]));
}

#[test]
fn what_was_offered_is_for_all_days_together() {
    let tomorrow = |offered| {
        after(|instance, plan| {
            let stops = vec![stop(3, 400, 400)];
            plan.routes.push(ShiftRoute { volunteer: 0, shift: 1, stops, home: 400 });
            plan.unserved.clear();
            instance.volunteers[0].offered = Some(offered);
        })
    };
    assert_eq!(tomorrow(420 + 809), Err(Violation::Offered(0)));
    assert_eq!(tomorrow(420 + 810), Ok(()));
}

#[test]
fn what_was_offered_for_a_span_is_for_its_days() {
    let tomorrow = |quotas: &[Quota]| {
        after(|instance, plan| {
            let stops = vec![stop(3, 400, 400)];
            plan.routes.push(ShiftRoute { volunteer: 0, shift: 1, stops, home: 400 });
            plan.unserved.clear();
            instance.volunteers[0].offered = Some(0);
            instance.volunteers[0].quotas = quotas.to_vec();
        })
    };
    let quota = |days: (i32, i32), most, carried| Quota {
        first_day: days.0,
        last_day: days.1,
        most,
        carried,
    };
    assert_eq!(tomorrow(&[quota((0, 0), 420, 0), quota((1, 6), 810, 0)]), Ok(()));
    assert_eq!(tomorrow(&[quota((0, 0), 421, 1)]), Ok(()), "the other day has no limit");
    assert_eq!(tomorrow(&[quota((0, 0), 420, 1)]), Err(Violation::Offered(0)));
    assert_eq!(tomorrow(&[quota((1, 1), 809, 0)]), Err(Violation::Offered(0)));
    assert_eq!(tomorrow(&[quota((0, 1), 420 + 809, 0)]), Err(Violation::Offered(0)));
}

#[test]
fn a_group_in_the_hands_of_two_is_found() {
    let group = |visits: &'static [usize]| {
        move |instance: &mut Instance| {
            for visit in visits {
                instance.visits[*visit].group = Some(0);
            }
        }
    };
    assert_eq!(wrong_for(group(&[0, 2])), Violation::Group(2));
    assert_eq!(wrong_for(group(&[0, 1, 2, 3])), Violation::Group(2));
    sound_for(group(&[0, 1, 3]));
}

#[test]
fn two_who_do_not_come_as_they_should_are_found() {
    let tied = |first, second, gap| after(|instance, _| tie(instance, first, second, gap));
    assert_eq!(tied(0, 2, (0, 0)), Ok(()));
    assert_eq!(tied(0, 2, (1, 5)), Err(Violation::Partner(0)), "too soon");
    assert_eq!(tied(2, 1, (0, 109)), Err(Violation::Partner(2)), "too late");
    assert_eq!(tied(2, 1, (110, 110)), Ok(()));
    assert_eq!(tied(1, 2, (0, 110)), Err(Violation::Partner(1)), "the second comes first");
    assert_eq!(tied(0, 1, (110, 110)), Err(Violation::Partner(0)), "one person for two");
    assert_eq!(tied(0, 3, (0, 900)), Err(Violation::Partner(0)), "no second");
    assert_eq!(tied(3, 0, (0, 900)), Err(Violation::Partner(3)), "no first");
    let another_day = after(|instance, plan| {
        tie(instance, 0, 2, (0, 0));
        plan.routes[1].shift = 1;
    });
    assert_eq!(another_day, Err(Violation::Partner(0)));
}
