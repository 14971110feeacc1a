//! The minutes that people offer, and the shares of them that are used.

use super::*;

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
    let (week, minutes) = (Some(june(1)), Minutes(30));
    let more = Remedy::MoreMinutes { volunteer: person(1), week, day: june(1), minutes };
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
fn what_was_carried_before_counts_against_the_offer() {
    let busy = Volunteer { carried: Minutes(140), ..volunteer(1) };
    let plan = planned(&village(vec![busy], vec![visit(1)]));
    assert_eq!(reason(&plan), &Reason::NoMinutes { short: Minutes(10) });
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
