//! Visits that are pinned to a person and a day.

use super::*;

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
