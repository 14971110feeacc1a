//! The promises of a plan, one by one.

use super::*;

#[test]
fn one_volunteer_and_one_visit_make_one_route_there_and_back() {
    let plan = planned(&village(vec![volunteer(1)], vec![visit(1)]));
    assert_eq!(goes(&plan, 1), Some((person(1), june(1))));
    let stop = stop(&plan, 1);
    assert_eq!((stop.arrive, stop.start, stop.leave), (at("0910"), at("0910"), at("0940")));
    assert_eq!(plan.routes[0].travel, Minutes(20));
    assert_eq!(stop.why.extra_travel, Minutes(20));
    assert!((stop.why.share_before, stop.why.others, stop.why.known) == (0.0, 0, false));
    assert!((stop.why.share_after - 50.0 / 180.0).abs() < 1e-12);
}

#[test]
fn the_nearest_goes() {
    let near = Volunteer { home: north(8.0), ..volunteer(2) };
    let plan = planned(&village(vec![volunteer(1), near], vec![visit(1)]));
    assert_eq!(goes(&plan, 1), Some((person(2), june(1))));
    assert_eq!(stop(&plan, 1).why.others, 1);
}

#[test]
fn of_two_as_near_the_one_with_the_smaller_share_goes() {
    let busy = Volunteer { carried: Minutes(60), ..volunteer(1) };
    let plan = planned(&village(vec![busy, volunteer(2)], vec![visit(1)]));
    assert_eq!(goes(&plan, 1), Some((person(2), june(1))));
}

#[test]
fn a_share_counts_what_was_offered_and_not_the_minutes() {
    let offers_much = Volunteer { carried: Minutes(60), offered: Minutes(600), ..volunteer(1) };
    let plan = planned(&village(vec![offers_much, volunteer(2)], vec![visit(1)]));
    assert_eq!(goes(&plan, 1), Some((person(1), june(1))));
}

#[test]
fn shares_are_of_the_period_of_fairness_and_the_limit_is_of_the_plan() {
    // Both carried an hour; the first offered it in four weeks, the second in one.
    let month = Some(Minutes(480));
    let offers_long = Volunteer { carried: Minutes(60), share_of: month, ..volunteer(1) };
    let offers_short = Volunteer { carried: Minutes(60), ..volunteer(2) };
    let plan = planned(&village(vec![offers_long, offers_short], vec![visit(1)]));
    assert_eq!(goes(&plan, 1), Some((person(1), june(1))));
    let why = &stop(&plan, 1).why;
    assert!((why.share_before - 60.0 / 480.0).abs() < 1e-9, "{why:?}");

    let spent = Volunteer { carried: Minutes(140), share_of: month, ..volunteer(1) };
    let plan = planned(&village(vec![spent], vec![visit(1)]));
    assert_eq!(plan.measures.unserved, 1, "the limit is what is offered for the plan");
}

#[test]
fn of_two_as_near_the_one_they_know_goes() {
    let known = Visit { last: Some(person(2)), ..visit(1) };
    let plan = planned(&village(vec![volunteer(1), volunteer(2)], vec![known]));
    assert_eq!(goes(&plan, 1), Some((person(2), june(1))));
    assert!(stop(&plan, 1).why.known);
    assert_eq!((plan.measures.known, plan.measures.known_possible), (1, 1));
}

#[test]
fn when_not_all_can_be_done_the_most_urgent_is() {
    let short = Volunteer { offered: Minutes(50), ..volunteer(1) };
    let urgent = Visit { priority: Priority::MAX, ..visit(2) };
    let plan = planned(&village(vec![short], vec![visit(1), urgent]));
    assert_eq!(goes(&plan, 2), Some((person(1), june(1))));
    assert_eq!((plan.measures.unserved, plan.measures.unserved_priority), (1, 5));
}

#[test]
fn the_bound_of_travel_is_that_of_the_best_plan_where_no_home_is_nearer() {
    // Out and back again, whatever the order; a call takes no travel.
    let on_the_way = Visit { place: north(2.0), ..visit(2) };
    let call = Visit { channel: Channel::Call, ..visit(3) };
    let problem = village(vec![volunteer(1)], vec![visit(1), on_the_way, call]);
    let plan = planned(&problem);
    assert_eq!(bounds(&problem, &plan).travel, plan.measures.travel);
}

#[test]
fn the_bound_of_unserved_priority_is_of_visits_that_none_may_make_and_of_the_minutes_offered() {
    let skilled = Visit { skills: skills(&["driving"]), priority: Priority::MAX, ..visit(9) };
    let services = |offered| {
        let who = Volunteer { offered: Minutes(offered), home: north(9.9), ..volunteer(1) };
        let problem = village(vec![who], vec![visit(1), visit(2), visit(3), skilled.clone()]);
        let plan = planned(&problem);
        (bounds(&problem, &plan).unserved_priority, plan.measures.unserved_priority)
    };
    assert_eq!(services(90), (Some(10), 10));
    assert_eq!(services(60), (Some(15), 15));
    // Half of the second visit could be made.
    assert_eq!(services(45), (Some(18), 20));
}

#[test]
fn the_bound_of_the_largest_share_is_the_level_of_even_loads() {
    let near = |number| Volunteer { home: north(9.9), ..volunteer(number) };
    let busy = Volunteer { carried: Minutes(30), ..near(2) };
    let problem = village(vec![near(1), busy], vec![visit(1), visit(2), visit(3)]);
    let share = |problem: &DispatchProblem| {
        let plan = planned(problem);
        (bounds(problem, &plan).largest_share.unwrap_or_default(), plan.measures.largest_share)
    };
    let (bound, share_of_plan) = share(&problem);
    assert!((bound - 60.0 / 180.0).abs() < 1e-9 && (share_of_plan - bound).abs() < 1e-9, "{bound}");
    // What was carried before is a share of any plan.
    let spent = Volunteer { carried: Minutes(150), ..near(3) };
    let (bound, _) = share(&village(vec![spent], vec![]));
    assert!((bound - 150.0 / 180.0).abs() < 1e-9, "{bound}");
}

#[test]
fn a_visit_on_the_way_adds_only_its_service() {
    let on_the_way = Visit { place: north(4.95), priority: Priority::MIN, ..visit(2) };
    let plan = planned(&village(vec![volunteer(1)], vec![visit(1), on_the_way]));
    assert_eq!(plan.measures.travel, Minutes(20));
    assert_eq!(stop(&plan, 2).why.extra_travel, Minutes(0));
}

#[test]
fn nobody_carries_more_than_they_offered_with_the_way_home() {
    let just = |offered| village(vec![Volunteer { offered, ..volunteer(1) }], vec![visit(1)]);
    assert!(goes(&planned(&just(Minutes(50))), 1).is_some());
    let plan = planned(&just(Minutes(49)));
    assert_eq!(reason(&plan), &Reason::NoMinutes { short: Minutes(1) });
}

/// Offers of a volunteer for the weeks that begin on the first and on the eighth.
fn weekly(offered: u32, carried: u32) -> Vec<WeekOffer> {
    let week = |(day, carried)| WeekOffer {
        monday: june(day),
        offered: Minutes(offered),
        carried: Minutes(carried),
    };
    [(1, carried), (8, 0)].map(week).to_vec()
}

#[test]
fn the_minutes_of_a_week_are_not_given_in_another() {
    let shifts = vec![shift(1, "0900-1200"), shift(2, "0900-1200"), shift(9, "0900-1200")];
    let who = |weeks| Volunteer { shifts: shifts.clone(), weeks, ..volunteer(1) };
    let hour = |number| Visit { service: Minutes(60), place: north(0.0), ..visit(number) };
    let late = |number| Visit { due: june(30), ..hour(number) };
    let weeks_of = |plan: &Plan| -> Vec<bool> {
        let mut weeks: Vec<_> = plan.routes.iter().map(|route| route.day >= june(8)).collect();
        weeks.dedup();
        weeks
    };
    let two = |weeks| planned(&village(vec![who(weeks)], vec![late(1), late(2)]));
    assert_eq!(weeks_of(&two(weekly(60, 0))), [false, true], "one in each week");
    assert_eq!(two(weekly(60, 0)).measures.unserved, 0);
    let full = two(weekly(60, 30));
    assert_eq!(weeks_of(&full), [true], "the first week has half an hour left");
    assert_eq!(reason(&full), &Reason::NoMinutes { short: Minutes(30) });
    let more =
        Remedy::MoreMinutes { volunteer: person(1), week: Some(june(1)), minutes: Minutes(30) };
    assert_eq!(full.unserved[0].remedy, Some(more));
}

#[test]
fn every_shift_needs_an_offer_for_its_week() {
    let refused = |change: &dyn Fn(&mut Volunteer)| {
        let mut who = Volunteer { weeks: weekly(60, 0), ..volunteer(1) };
        change(&mut who);
        refusal(&village(vec![who], Vec::new()))
    };
    let odd = |day| DispatchProblemError::Week { volunteer: person(1), day: june(day) };
    assert_eq!(refused(&|who| who.weeks[0].monday = june(2)), odd(2));
    assert_eq!(refused(&|who| who.weeks[1].monday = june(1)), odd(1));
    assert_eq!(refused(&|who| who.shifts[0].day = june(15)), odd(15));
}

#[test]
fn the_last_offered_minute_can_be_given() {
    let next_door = Visit { place: north(0.0), ..visit(1) };
    let who = Volunteer { offered: Minutes(30), ..volunteer(1) };
    assert!(planned(&village(vec![who], vec![next_door])).unserved.is_empty());
}

#[test]
fn a_call_that_cuts_a_journey_at_a_break_makes_room_for_a_more_urgent_one() {
    let rests = Shift { breaks: vec![hours("0920-0925")], ..shift(1, "0900-1200") };
    let who = Volunteer { shifts: vec![rests], ..volunteer(1) };
    let far = Visit {
        place: north(29.9),
        service: Minutes(10),
        windows: vec![hours("0900-1000")],
        priority: Priority::MAX,
        ..visit(1)
    };
    let halfway = Visit { place: north(14.95), service: Minutes(5), ..visit(2) };
    let alone = planned(&village(vec![who.clone()], vec![far.clone()]));
    assert_eq!(reason(&alone), &Reason::NoWindow, "half an hour on the road begins at 0925");
    let plan = planned(&village(vec![who], vec![far, halfway]));
    assert_eq!((stop(&plan, 2).leave, stop(&plan, 1).arrive), (at("0920"), at("0940")));
}

#[test]
fn what_was_carried_before_counts_against_the_offer() {
    let busy = Volunteer { carried: Minutes(140), ..volunteer(1) };
    let plan = planned(&village(vec![busy], vec![visit(1)]));
    assert_eq!(reason(&plan), &Reason::NoMinutes { short: Minutes(10) });
}

#[test]
fn a_full_shift_leaves_the_visit_unserved_and_says_by_how_much() {
    let brief = Volunteer { shifts: vec![shift(1, "0900-1000")], ..volunteer(1) };
    let plan = planned(&village(vec![brief], vec![visit(1), visit(2)]));
    assert_eq!(reason(&plan), &Reason::NoRoom { short: Minutes(20) }, "30 + 30 + 20 of 60");
}

#[test]
fn nobody_who_serves_the_grid_is_told_from_nobody_with_the_skill() {
    let elsewhere = Visit { grid: area(NEXT_GRID), ..visit(1) };
    let plan = planned(&village(vec![volunteer(1)], vec![elsewhere]));
    assert_eq!(reason(&plan), &Reason::NoVolunteer);

    let hard = Visit { skills: skills(&["driving", "legal", "medical"]), ..visit(1) };
    let drives = Volunteer { skills: skills(&["driving"]), ..volunteer(1) };
    let learned = Volunteer { skills: skills(&["legal", "medical"]), ..volunteer(2) };
    let plan = planned(&village(vec![drives, learned], vec![hard]));
    assert_eq!(reason(&plan), &Reason::NoSkill { missing: skills(&["driving"]) });
}

#[test]
fn no_shift_is_told_from_no_shift_that_fits_the_window() {
    let later = Visit { not_before: june(2), ..visit(1) };
    assert_eq!(reason(&planned(&village(vec![volunteer(1)], vec![later]))), &Reason::NoShift);

    let evening = Visit { windows: vec![hours("1800-1900")], ..visit(1) };
    assert_eq!(reason(&planned(&village(vec![volunteer(1)], vec![evening]))), &Reason::NoWindow);

    let far = Visit { place: north(79.9), ..visit(1) };
    let plan = planned(&village(vec![volunteer(1)], vec![far]));
    assert_eq!(reason(&plan), &Reason::NoWindow, "80 + 30 + 80 minutes in 180");
}

#[test]
fn an_area_served_besides_the_home_grid_may_be_of_any_level() {
    for served in [NEXT_GRID, "500116001001", "500116001", "500116"] {
        let wide = Volunteer { also_serves: vec![area(served)], ..volunteer(1) };
        let elsewhere = Visit { grid: area(NEXT_GRID), ..visit(1) };
        let plan = planned(&village(vec![wide], vec![elsewhere, visit(2)]));
        assert!(plan.unserved.is_empty(), "{served}");
        assert_eq!(plan.routes.len(), 1, "one route through both grids");
    }
}

#[test]
fn a_visit_waits_for_its_window_and_takes_the_first_that_fits() {
    let windows = vec![hours("1100-1200"), hours("0905-0930"), hours("1000-1030")];
    let plan = planned(&village(vec![volunteer(1)], vec![Visit { windows, ..visit(1) }]));
    assert_eq!((stop(&plan, 1).arrive, stop(&plan, 1).start), (at("0910"), at("1000")));
}

#[test]
fn neither_service_nor_journey_runs_into_a_break() {
    let rests = |pause| Shift { breaks: vec![hours(pause)], ..shift(1, "0900-1200") };
    let plan_with = |pause| {
        let who = Volunteer { shifts: vec![rests(pause)], ..volunteer(1) };
        planned(&village(vec![who], vec![visit(1)]))
    };
    let plan = plan_with("0905-0930");
    assert_eq!((stop(&plan, 1).arrive, stop(&plan, 1).start), (at("0940"), at("0940")));
    let plan = plan_with("0930-0945");
    assert_eq!((stop(&plan, 1).arrive, stop(&plan, 1).start), (at("0910"), at("0945")));
    let plan = plan_with("0945-1155");
    assert_eq!(reason(&plan), &Reason::NoWindow, "the way home takes ten minutes");
}

#[test]
fn a_day_in_time_is_taken_before_a_late_one_and_a_late_one_before_none() {
    let shifts = |days: &[u32]| days.iter().map(|day| shift(*day, "0900-1200")).collect();
    let due = Visit { due: june(3), not_before: june(2), ..visit(1) };
    let plan_with = |days: &[u32]| {
        let who = Volunteer { shifts: shifts(days), ..volunteer(1) };
        planned(&village(vec![who], vec![due.clone()]))
    };
    assert_eq!(goes(&plan_with(&[6, 3, 1]), 1), Some((person(1), june(3))));
    let late = plan_with(&[6, 5, 1]);
    assert_eq!(goes(&late, 1), Some((person(1), june(5))));
    assert_eq!((late.measures.late, late.measures.late_days), (1, 2));
}

#[test]
fn a_visit_long_overdue_is_done_on_the_first_day_that_holds_it() {
    let overdue = Visit { due: june(1), not_before: june(1), ..visit(1) };
    let near_but_later =
        Volunteer { home: north(9.9), shifts: vec![shift(4, "0900-1200")], ..volunteer(1) };
    let sooner = Volunteer { shifts: vec![shift(3, "0900-1200")], ..volunteer(2) };
    let plan = planned(&village(vec![near_but_later, sooner], vec![overdue]));
    assert_eq!(goes(&plan, 1), Some((person(2), june(3))));
    assert_eq!(plan.measures.late_days, 2);
}

#[test]
fn a_pinned_visit_stays_where_it_is_and_the_others_give_way() {
    let pinned =
        Visit { pinned: Some(pin(1, 1, Some("0910"))), priority: Priority::MIN, ..visit(1) };
    let urgent = Visit { priority: Priority::MAX, ..visit(2) };
    let plan = planned(&village(vec![volunteer(1)], vec![urgent, pinned]));
    assert_eq!(stop(&plan, 1).start, at("0910"));
    assert_eq!(stop(&plan, 2).start, at("0940"));
}

#[test]
fn pins_without_an_hour_give_way_to_those_with_one() {
    let at_the_well = |number, minutes, start| Visit {
        place: north(0.0),
        service: Minutes(minutes),
        pinned: Some(pin(1, 1, start)),
        ..visit(number)
    };
    let urgent = Visit { priority: Priority::MAX, ..at_the_well(1, 20, None) };
    let visits = vec![urgent, at_the_well(2, 60, None), at_the_well(3, 30, Some("0940"))];
    let who = Volunteer { shifts: vec![shift(1, "0900-1115")], ..volunteer(1) };
    let plan = planned(&village(vec![who], visits));
    let starts = [1, 2, 3].map(|number| stop(&plan, number).start);
    assert_eq!(starts, [at("0900"), at("1010"), at("0940")]);
}

#[test]
fn a_pin_outweighs_area_skill_and_offer_and_is_paid_from_the_offer() {
    let settled = Visit {
        grid: area(NEXT_GRID),
        skills: skills(&["legal"]),
        pinned: Some(pin(1, 1, None)),
        ..visit(1)
    };
    let who = Volunteer { offered: Minutes(40), ..volunteer(1) };
    let plan = planned(&village(vec![who], vec![settled, visit(2)]));
    assert_eq!(goes(&plan, 1), Some((person(1), june(1))));
    assert_eq!(reason(&plan), &Reason::NoMinutes { short: Minutes(40) }, "50 + 30 of 40");
}

#[test]
fn a_pin_that_does_not_fit_is_said_and_not_forced() {
    for wrong in [pin(1, 2, None), pin(1, 1, Some("0909")), pin(1, 1, Some("1121"))] {
        let pinned = Visit { pinned: Some(wrong), ..visit(1) };
        let plan = planned(&village(vec![volunteer(1), volunteer(2)], vec![pinned]));
        assert_eq!(reason(&plan), &Reason::PinDoesNotFit);
    }
}

#[test]
fn a_senseless_problem_is_refused_by_name() {
    let refused = |problem: DispatchProblem| refusal(&problem);
    let twice = village(vec![volunteer(1), volunteer(1)], vec![]);
    assert_eq!(refused(twice), DispatchProblemError::VolunteerTwice(person(1)));
    let twice = village(vec![], vec![visit(1), visit(1)]);
    assert_eq!(refused(twice), DispatchProblemError::VisitTwice(task(1)));
    let homeless = Volunteer { grid: area("500116"), ..volunteer(1) };
    assert_eq!(
        refused(village(vec![homeless], vec![])),
        DispatchProblemError::HomeNotGrid(person(1))
    );
    let wide = Visit { grid: area("500116001"), ..visit(1) };
    assert_eq!(refused(village(vec![], vec![wide])), DispatchProblemError::VisitNotGrid(task(1)));
    let shifts = vec![shift(1, "0900-1000"), shift(1, "1100-1200")];
    let two = village(vec![Volunteer { shifts, ..volunteer(1) }], vec![]);
    assert_eq!(
        refused(two),
        DispatchProblemError::TwoShifts { volunteer: person(1), day: june(1) }
    );
    let lost = Visit { pinned: Some(pin(9, 1, None)), ..visit(1) };
    assert_eq!(
        refused(village(vec![volunteer(1)], vec![lost])),
        DispatchProblemError::UnknownPin { visit: task(1), volunteer: person(9) }
    );
}

#[test]
fn a_problem_out_of_the_range_of_the_search_is_an_error_and_not_an_empty_plan() {
    // Days are counted from the first shift; these are more apart than the search can count.
    let shifts = vec![Shift { day: NaiveDate::MAX, ..shift(1, "0900-1200") }];
    let problem = village(
        vec![Volunteer { shifts, ..volunteer(1) }],
        vec![Visit { due: NaiveDate::MIN, not_before: NaiveDate::MIN, ..visit(1) }],
    );
    let error = plan(&problem, &Options::default()).expect_err("no plan");
    assert_eq!(error, PlanError::Instance(InstanceError::Time { what: "visit", index: 0 }));
}

#[test]
fn minutes_beyond_all_sense_overflow_nothing() {
    let endless = Visit { service: Minutes(u32::MAX), ..visit(1) };
    let rich = Volunteer { offered: Minutes(u32::MAX), ..volunteer(1) };
    let spent = Volunteer { carried: Minutes(u32::MAX), ..volunteer(2) };
    let antipode = Place::new(-29.29, -73.75).expect("a place");
    let far = Visit { place: antipode, pinned: Some(pin(2, 1, None)), ..visit(2) };
    let plan = planned(&village(vec![rich, spent], vec![endless, far]));
    let reasons: Vec<_> = plan.unserved.iter().map(|left| &left.reason).collect();
    assert_eq!(reasons, [&Reason::NoWindow, &Reason::PinDoesNotFit]);
}

#[test]
fn a_plan_is_told_in_plain_json() {
    let hard = Visit { skills: skills(&["legal"]), ..visit(2) };
    let plan = planned(&village(vec![volunteer(1)], vec![visit(1), hard]));
    let json = serde_json::to_value(&plan).expect("json");
    assert_eq!(
        json["unserved"],
        serde_json::json!([{
            "visit": task(2),
            "reason": {"code": "no_skill", "missing": ["legal"]},
            "remedy": {
                "code": "skill", "volunteer": person(1), "day": "2026-06-01", "missing": ["legal"],
            },
        }])
    );
    assert_eq!(
        json["routes"],
        serde_json::json!([{
            "volunteer": person(1),
            "day": "2026-06-01",
            "stops": [{
                "visit": task(1), "arrive": 550, "start": 550, "leave": 580, "travel": 10,
                "why": {
                    "extra_travel": 20, "share_before": 0.0, "share_after": 50.0 / 180.0,
                    "others": 0, "known": false, "channel": "visit", "next": [],
                    "day": "first_possible",
                },
            }],
            "travel": 20,
        }])
    );
    assert_eq!(json["measures"]["unserved_priority"], 5);
}

#[test]
fn nothing_to_do_is_a_plan() {
    assert_eq!(planned(&DispatchProblem::default()), Plan::default());
    let idle = planned(&village(vec![volunteer(1)], vec![]));
    assert_eq!((idle.routes.len(), idle.measures), (0, Measures::default()));
}

#[test]
fn shares_are_measured_over_all_who_offered() {
    let silent = Volunteer { offered: Minutes(0), ..volunteer(3) };
    let plan = planned(&village(vec![volunteer(1), volunteer(2), silent], vec![visit(1)]));
    let share = 50.0 / 180.0;
    assert!((plan.measures.largest_share - share).abs() < 1e-12);
    assert!((plan.measures.mean_share - share / 2.0).abs() < 1e-12);
    assert!((plan.measures.share_spread - share / 2.0).abs() < 1e-12, "one at 0, one at `share`");
}

#[test]
fn what_a_grid_cannot_do_its_neighbours_of_the_village_do() {
    let busy = Volunteer { offered: Minutes(60), ..volunteer(1) };
    let neighbour = Volunteer { grid: area(NEXT_GRID), ..volunteer(2) };
    let visits = (1..=3).map(visit).collect();
    let problem = village(vec![busy, neighbour], visits);
    let alone = plan(&problem, &Options::default()).expect("it makes sense");
    let together = planned_with_help(&problem, Level::Village);
    assert!(alone.measures.unserved > 0 && together.measures.unserved == 0);
    for stop in &alone.routes[0].stops {
        let has = |route: &&Route| route.stops.iter().any(|other| other.visit == stop.visit);
        let route = together.routes.iter().find(has).expect("it is still made");
        assert_eq!(route.volunteer, person(1), "assigned visits stay where they are");
    }
}

#[test]
fn a_lent_volunteer_serves_the_other_area_on_those_days_alone() {
    let lending = Lending { area: area(NEXT_GRID), first_day: june(2), last_day: june(2) };
    let shifts = [1, 2, 3].map(|day| shift(day, "0900-1200")).to_vec();
    let who = Volunteer { lent: vec![lending], shifts, ..volunteer(1) };
    let there = Visit { grid: area(NEXT_GRID), ..visit(1) };
    let plan = planned(&village(vec![who.clone()], vec![there.clone(), visit(2)]));
    let day_of = |n| {
        let route = plan
            .routes
            .iter()
            .find(|route| route.stops.iter().any(|stop| stop.visit == visit(n).id));
        route.map(|route| route.day)
    };
    assert_eq!(day_of(1), Some(june(2)));
    assert!(day_of(2).is_some(), "the home grid is served on each day");
    let later = Visit { not_before: june(3), ..there };
    assert_eq!(reason(&planned(&village(vec![who], vec![later]))), &Reason::NoShift);
}

#[test]
fn more_visits_at_one_point_than_a_search_takes_are_planned_the_most_urgent_first() {
    let number = 6_000;
    let urgent =
        |n: u128| if n.is_multiple_of(1_000) { Priority::of::<9>() } else { Priority::of::<5>() };
    let visits = (1..=number).map(|n| Visit { priority: urgent(n), ..visit(n) }).collect();
    let plan = planned_within(&village(vec![volunteer(1), volunteer(2)], visits), 1);
    let served: Vec<u128> = (1..=number).filter(|n| goes(&plan, *n).is_some()).collect();
    assert_eq!(served.len() + plan.unserved.len(), usize::try_from(number).expect("a number"));
    for n in (1_000..=number).step_by(1_000) {
        assert!(served.contains(&n), "{served:?}");
    }
    let no_room =
        |left: &Unserved| matches!(left.reason, Reason::NoRoom { .. } | Reason::NoMinutes { .. });
    assert!(plan.unserved.iter().all(no_room));
}
