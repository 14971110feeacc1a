use super::*;
use crate::routing::explain::Feasibility;
use crate::routing::{Effort, InstanceError, Relaxation, bounds, explain, replan};

#[test]
fn two_people_come_at_once_where_two_must() {
    let pair = |visit, first| Some(Partner { visit, first, gap: (0, 0) });
    let instance = street(
        vec![(0, volunteer()), (300, volunteer())],
        vec![
            (100, Visit { partner: pair(1, true), ..visit() }),
            (100, Visit { partner: pair(0, false), ..visit() }),
            (50, visit()),
        ],
    );
    let plan = planned(&instance);
    let (one, other) = (goes(&plan, 0).expect("made"), goes(&plan, 1).expect("made"));
    assert_ne!(one.0, other.0);
    assert_eq!(one.1, other.1);
    assert!(plan.unserved.is_empty());
}

#[test]
fn the_second_follows_the_first_within_the_gap() {
    let pair = |visit, first| Some(Partner { visit, first, gap: (60, 90) });
    let late = Visit { partner: pair(0, false), windows: vec![(500, 600)], ..visit() };
    let instance = street(
        vec![(0, volunteer()), (10, volunteer())],
        vec![(20, Visit { partner: pair(1, true), ..visit() }), (30, late)],
    );
    let plan = planned(&instance);
    let (first, second) = (goes(&plan, 0).expect("made").1, goes(&plan, 1).expect("made").1);
    assert!((60..=90).contains(&(second - first)), "{first} {second}");
    assert!(second >= 500);
}

#[test]
fn a_visit_for_two_is_not_made_by_one() {
    let pair = |visit, first| Some(Partner { visit, first, gap: (0, 0) });
    let instance = street(
        vec![(0, volunteer())],
        vec![
            (20, Visit { partner: pair(1, true), ..visit() }),
            (20, Visit { partner: pair(0, false), ..visit() }),
        ],
    );
    assert_eq!(planned(&instance).unserved, [0, 1]);
}

#[test]
fn a_group_is_in_one_pair_of_hands_even_where_two_would_be_nearer() {
    let both = |at| (at, Visit { group: Some(0), ..visit() });
    let instance = street(vec![(0, volunteer()), (400, volunteer())], vec![both(10), both(390)]);
    let plan = planned(&instance);
    assert!(plan.unserved.is_empty());
    assert_eq!(goes(&plan, 0).map(|seat| seat.0), goes(&plan, 1).map(|seat| seat.0));
}

#[test]
fn no_more_goes_into_a_shift_than_it_holds() {
    let shifts = vec![Shift { capacity: Some(2), ..shift(0, 0, 1_000) }];
    let instance = street(
        vec![(0, Volunteer { shifts, ..Volunteer::default() })],
        (1..=3).map(|at| (at, Visit { amount: 1, priority: at, ..visit() })).collect(),
    );
    assert_eq!(planned(&instance).unserved, [0], "the least urgent stays");
}

#[test]
fn the_last_of_several_windows_serves_when_the_first_is_missed() {
    let windows = vec![(0, 10), (400, 410)];
    let instance = street(vec![(0, volunteer())], vec![(100, Visit { windows, ..visit() })]);
    assert_eq!(goes(&planned(&instance), 0), Some((0, 400)));
}

#[test]
fn work_lies_evenly_where_ways_are_alike() {
    let visits = (0..8).map(|_| (100, Visit { service: 80, ..visit() })).collect();
    let instance = street(vec![(0, volunteer()), (200, volunteer())], visits);
    let plan = planned(&instance);
    let loads = plan.loads(&instance);
    assert_eq!(loads[0], loads[1]);
}

#[test]
fn whoever_carried_much_before_gets_less_now() {
    let busy = Volunteer { carried: 600, ..volunteer() };
    let instance = street(vec![(0, busy), (0, volunteer())], vec![(50, visit()), (51, visit())]);
    let plan = planned(&instance);
    assert_eq!(goes(&plan, 0).map(|seat| seat.0), Some(1));
    assert_eq!(goes(&plan, 1).map(|seat| seat.0), Some(1));
}

#[test]
fn the_same_seed_gives_the_same_plan() {
    let visits = (0..30).map(|at| (at * 37 % 101, visit())).collect();
    let instance = street(vec![(0, volunteer()), (50, volunteer()), (100, volunteer())], visits);
    assert_eq!(planned(&instance), planned(&instance));
}

#[test]
fn after_an_absence_only_what_was_theirs_moves() {
    let volunteers = vec![(0, volunteer()), (300, volunteer()), (600, volunteer())];
    let visits = [10, 20, 290, 310, 580, 590].map(|at| (at, visit())).to_vec();
    let mut instance = street(volunteers, visits);
    let before = planned(&instance);
    instance.volunteers[1].shifts.clear();
    let after = replan(&instance, &before, Weights::default(), &Budget::Iterations(500), 1)
        .expect("it makes sense");
    for visit in [0, 1, 4, 5] {
        assert_eq!(goes(&before, visit).map(|g| g.0), goes(&after, visit).map(|g| g.0));
    }
    assert!(after.unserved.is_empty());
}

#[test]
fn a_claim_is_kept_whatever_it_costs() {
    let mut instance =
        street(vec![(0, volunteer()), (400, volunteer())], vec![(10, visit()), (390, visit())]);
    let before = planned(&instance);
    assert_eq!(goes(&before, 0).map(|seat| seat.0), Some(0));
    instance.visits[0].pinned = Some(Pin { volunteer: 1, day: 0, start: None });
    let after = replan(&instance, &before, Weights::default(), &Budget::Iterations(500), 1)
        .expect("it makes sense");
    assert_eq!(goes(&after, 0).map(|seat| seat.0), Some(1));
    assert_eq!(goes(&after, 1).map(|seat| seat.0), Some(1), "it need not move");
}

#[test]
fn reasons_tell_who_else_could_go_and_what_it_would_add() {
    let mut instance =
        street(vec![(0, volunteer()), (100, volunteer()), (900, volunteer())], vec![(10, visit())]);
    instance.bars[1] = Bar::Skill;
    let plan = planned(&instance);
    let reasons = explain(&instance, Weights::default(), &plan, Detail::All);
    let choice = &reasons.choices[0];
    assert_eq!((choice.volunteer, choice.travel), (0, 20));
    assert_eq!((choice.load_before, choice.load_after), (0, 30));
    assert_eq!(choice.others[0].volunteer, 2, "the nearer to being done come first");
    assert_eq!(choice.others[0].verdict, Feasibility::Hours, "890 there and 890 back");
    assert_eq!(choice.others[1].verdict, Feasibility::Skill);
}

#[test]
fn a_visit_too_long_for_the_shift_says_how_much_is_missing() {
    let long = Visit { service: 950, ..visit() };
    let instance = street(vec![(0, volunteer())], vec![(50, long)]);
    let plan = planned(&instance);
    let missing = explain(&instance, Weights::default(), &plan, Detail::All).missing;
    assert_eq!(missing[0].reason, Feasibility::Hours);
    assert_eq!(
        missing[0].relaxation,
        Some(Relaxation::MoreTime { volunteer: 0, day: 0, seconds: 50 })
    );
}

#[test]
fn a_missing_skill_is_the_relaxation_where_there_is_time() {
    let mut instance = street(vec![(0, volunteer())], vec![(50, visit())]);
    instance.bars[0] = Bar::Skill;
    let plan = planned(&instance);
    let missing = explain(&instance, Weights::default(), &plan, Detail::All).missing;
    assert_eq!(missing[0].reason, Feasibility::Skill);
    assert_eq!(missing[0].relaxation, Some(Relaxation::Skill { volunteer: 0, day: 0 }));
}

#[test]
fn an_offer_too_small_says_how_much_more_it_takes() {
    let modest = Volunteer { offered: Some(100), ..volunteer() };
    let instance = street(vec![(0, modest)], vec![(50, visit())]);
    let plan = planned(&instance);
    let missing = explain(&instance, Weights::default(), &plan, Detail::All).missing;
    assert_eq!(missing[0].reason, Feasibility::Offered { short: 10 });
    assert_eq!(missing[0].relaxation, Some(more_offered(None, 10)));
}

fn more_offered(first_day: Option<i32>, seconds: i64) -> Relaxation {
    Relaxation::MoreOffered { volunteer: 0, first_day, seconds }
}

#[test]
fn an_offer_for_each_week_is_kept_in_each_week() {
    let week = |number: i32| Quota {
        first_day: 7 * number,
        last_day: 7 * number + 6,
        most: 60,
        carried: 0,
    };
    let shifts = vec![shift(0, 0, 1_000), shift(1, 0, 1_000), shift(8, 0, 1_000)];
    let who =
        Volunteer { shifts, quotas: vec![week(0), week(1)], share_of: Some(120), ..volunteer() };
    let long = || Visit { service: 60, ..visit() };
    let instance = street(vec![(0, who)], vec![(0, long()), (0, long()), (0, long())]);
    let plan = planned(&instance);
    let visits = |shift: usize| plan.routes[shift].stops.len();
    assert_eq!((visits(0) + visits(1), visits(2)), (1, 1));
    let missing = explain(&instance, Weights::default(), &plan, Detail::All).missing;
    assert_eq!(missing[0].reason, Feasibility::Offered { short: 60 });
    assert_eq!(missing[0].relaxation, Some(more_offered(Some(0), 60)));
    let bounds = bounds(&instance, &plan, Effort::Quick);
    assert_eq!(bounds.gaps.unserved_priority, 0, "the bound knows the weeks");
}

#[test]
fn one_more_volunteer_is_no_relaxation_where_others_may_not_go() {
    let relaxation = |instance: &Instance| {
        let missing =
            explain(instance, Weights::default(), &planned(instance), Detail::All).missing;
        missing.last().expect("an unserved visit").relaxation
    };
    let nobody = Volunteer::default();
    let free = street(vec![(0, nobody.clone())], vec![(50, visit())]);
    assert_eq!(relaxation(&free), Some(Relaxation::OneMore));
    let mut pinned = free;
    pinned.visits[0].pinned = Some(Pin { volunteer: 0, day: 0, start: None });
    assert_eq!(relaxation(&pinned), None);
    // The volunteer of the group has no shift on the second visit's first day.
    let of_group = |first_day| Visit { first_day, group: Some(0), ..visit() };
    let group = street(vec![(0, volunteer())], vec![(0, of_group(0)), (0, of_group(5))]);
    assert_eq!(relaxation(&group), None);
    let partner = |visit, first| Some(Partner { visit, first, gap: (0, 0) });
    let pair = street(
        vec![(0, nobody)],
        vec![
            (20, Visit { partner: partner(1, true), ..visit() }),
            (20, Visit { partner: partner(0, false), ..visit() }),
        ],
    );
    assert_eq!(relaxation(&pair), None);
}

#[test]
fn a_senseless_instance_is_refused_by_name() {
    let sound = || street(vec![(0, volunteer())], vec![(50, visit())]);
    let refused = |change: &dyn Fn(&mut Instance)| {
        let mut instance = sound();
        change(&mut instance);
        plan(&instance, Weights::default(), &Budget::Iterations(1), 1).expect_err("senseless")
    };
    let (what, index) = ("visit", 0);
    assert_eq!(refused(&|i| i.visits[0].service = -1), InstanceError::Time { what, index });
    assert_eq!(
        refused(&|i| i.visits[0].windows = vec![(9, 8)]),
        InstanceError::Reversed { what, index }
    );
    assert_eq!(refused(&|i| i.visits[0].known = vec![7]), InstanceError::Unknown { what, index });
    assert_eq!(refused(&|i| i.travel = vec![Matrix::default()]), InstanceError::Matrix(0));
    assert_eq!(refused(&|i| i.bars.clear()), InstanceError::Bars);
    let widow = Partner { visit: 0, first: true, gap: (0, 0) };
    assert_eq!(refused(&|i| i.visits[0].partner = Some(widow)), InstanceError::Partner(0));
    let twice = vec![shift(0, 0, 10), shift(0, 5, 20)];
    assert_eq!(refused(&|i| i.volunteers[0].shifts.clone_from(&twice)), InstanceError::Overlap(0));
}

#[test]
fn two_who_go_together_wait_for_a_window_that_suits_both() {
    let shift = Shift { open: 0, close: 300, ..Shift::default() };
    let who = || Volunteer { shifts: vec![shift.clone()], ..Volunteer::default() };
    let partner = |visit, first| Some(Partner { visit, first, gap: (0, 20) });
    // The second can be reached at 147 only, and 127 is in none of the first's windows.
    let mut ways = vec![0; 16];
    (ways[3], ways[7]) = (147, 147);
    let instance = Instance {
        volunteers: vec![who(), who()],
        visits: vec![
            Visit {
                windows: vec![(57, 126), (139, 140)],
                partner: partner(1, true),
                ..Visit::default()
            },
            Visit { partner: partner(0, false), ..Visit::default() },
        ],
        bars: vec![Bar::None; 4],
        travel: vec![Matrix::new(4, ways).expect("a way for every pair")],
    };
    let plan = plan(&instance, Weights::default(), &Budget::Iterations(20), 1).expect("sense");
    assert_eq!(plan.unserved, Vec::<usize>::new());
    let starts = plan.routes.iter().flat_map(|route| &route.stops).map(|stop| stop.start);
    assert_eq!(starts.max(), Some(147));
}

#[test]
fn the_longer_overdue_a_visit_is_the_less_it_gives_way() {
    let shift = Shift { open: 0, close: 100, ..Shift::default() };
    let visit = |due, priority| Visit { service: 90, due, priority, ..Visit::default() };
    for (overdue, other) in [((-1, 5), (7, 5)), ((-15, 5), (7, 4)), ((-60, 10), (0, 1))] {
        let visits = vec![visit(other.0, other.1), visit(overdue.0, overdue.1)];
        let instance = Instance {
            volunteers: vec![Volunteer { shifts: vec![shift.clone()], ..Volunteer::default() }],
            visits,
            bars: vec![Bar::None; 2],
            travel: vec![Matrix::new(3, vec![0; 9]).expect("a way for every pair")],
        };
        let plan = plan(&instance, Weights::default(), &Budget::Iterations(50), 1).expect("sense");
        assert_eq!(plan.unserved, [0], "{overdue:?} goes before {other:?}");
    }
}

#[test]
fn a_visit_that_saves_travel_finds_its_place_in_a_full_shift() {
    // Home to A is 500 there and back, home to B 10, B to A 10: by B it is shorter.
    let mut ways = vec![0; 9];
    (ways[1], ways[3], ways[2], ways[6], ways[5], ways[7]) = (500, 500, 10, 10, 500, 10);
    let pin = Some(Pin { volunteer: 0, day: 0, start: None });
    let instance = Instance {
        volunteers: vec![Volunteer {
            shifts: vec![Shift { open: 0, close: 1_000, ..Shift::default() }],
            ..Volunteer::default()
        }],
        visits: vec![
            Visit { pinned: pin, priority: 1, ..Visit::default() },
            Visit { service: 20, priority: 1, ..Visit::default() },
        ],
        bars: vec![Bar::None; 2],
        travel: vec![Matrix::new(3, ways).expect("a way for every pair")],
    };
    let plan = plan(&instance, Weights::default(), &Budget::Iterations(0), 1).expect("sense");
    assert_eq!(plan.unserved, Vec::<usize>::new());
}

#[test]
fn people_with_different_ways_home_are_not_taken_for_each_other() {
    // Both live next to the visit, but one cannot be home in time.
    let mut ways = vec![0; 9];
    (ways[6], ways[7]) = (9_000, 10);
    let who = || Volunteer {
        shifts: vec![Shift { open: 0, close: 1_000, ..Shift::default() }],
        ..Volunteer::default()
    };
    let instance = Instance {
        volunteers: vec![who(), who()],
        visits: vec![Visit { priority: 1, ..Visit::default() }],
        bars: vec![Bar::None; 2],
        travel: vec![Matrix::new(3, ways).expect("a way for every pair")],
    };
    let plan = plan(&instance, Weights::default(), &Budget::Iterations(0), 1).expect("sense");
    assert_eq!(plan.unserved, Vec::<usize>::new());
}
