//! Why a visit is on its day.

use super::*;

/// The reason of the day of the first visit, which is pinned for the plan to this day if one is given.
fn reason(who: Volunteer, visits: Vec<Visit>) -> (u32, Option<DayReason>) {
    let plan = planned(&village(vec![who], visits));
    let (_, day) = goes(&plan, 1).expect("a volunteer");
    (chrono::Datelike::day(&day), stop(&plan, 1).why.day)
}

/// Has the mornings of these days and four hours.
fn on(days: &[u32]) -> Volunteer {
    let shifts = days.iter().map(|day| shift(*day, "0900-1200")).collect();
    Volunteer { shifts, offered: Minutes(240), ..volunteer(1) }
}

#[test]
fn a_visit_is_made_on_its_first_day_or_when_its_volunteer_is_first_free() {
    assert_eq!(reason(on(&[1, 2]), vec![visit(1)]), (1, Some(DayReason::FirstPossible)));
    assert_eq!(reason(on(&[3, 4]), vec![visit(1)]), (3, Some(DayReason::FirstPossible)));
    assert_eq!(reason(on(&[3]), vec![visit(1)]), (3, Some(DayReason::OnlyDay)));
    // The morning of the second is too short for the way there and back.
    let short = Volunteer { shifts: vec![shift(2, "0900-0930"), shift(3, "0900-1200")], ..on(&[]) };
    assert_eq!(reason(short, vec![visit(1)]), (3, Some(DayReason::OnlyDay)));
    let pinned = Visit { pinned: Some(pin(1, 3, None)), ..visit(1) };
    assert_eq!(reason(on(&[1, 3]), vec![pinned]), (3, Some(DayReason::Pinned)));
}

#[test]
fn a_visit_waits_while_earlier_days_are_full() {
    let long = |number, day| Visit {
        service: Minutes(150),
        pinned: Some(pin(1, day, None)),
        ..visit(number)
    };
    let who = Volunteer { offered: Minutes(400), ..on(&[1, 2]) };
    assert_eq!(reason(who, vec![visit(1), long(2, 1)]), (2, Some(DayReason::EarlierFull)));
    // The minutes of the first week are used up.
    let week = |monday, offered| WeekOffer {
        monday: june(monday),
        offered: Minutes(offered),
        carried: Minutes(0),
    };
    let weekly = Volunteer { weeks: vec![week(1, 49), week(8, 120)], ..on(&[1, 8]) };
    assert_eq!(reason(weekly, vec![visit(1)]), (8, Some(DayReason::EarlierFull)));
}

#[test]
fn a_visit_waits_for_others_nearby() {
    let there = Visit { pinned: Some(pin(1, 2, None)), ..visit(2) };
    assert_eq!(reason(on(&[1, 2]), vec![visit(1), there]), (2, Some(DayReason::Nearby)));
    let tie = |by| Pair { first: task(1), second: task(2), after: Minutes(0), by };
    let (one, other) = (on(&[2, 3]), Volunteer { id: person(2), ..on(&[3]) });
    let mut problem = village(vec![one, other], vec![visit(1), visit(2)]);
    problem.ties = vec![Tie::TwoPeople(tie(Minutes(0)))];
    let plan = planned(&problem);
    let first = if goes(&plan, 1).map(|(who, _)| who) == Some(person(1)) { 1 } else { 2 };
    assert_eq!(stop(&plan, first).why.day, Some(DayReason::BestFit), "the other has no other day");
    assert_eq!(stop(&plan, 3 - first).why.day, Some(DayReason::OnlyDay));
}

#[test]
fn a_neighbour_who_helps_has_a_reason_for_the_day_too() {
    let busy = Volunteer { shifts: vec![], ..volunteer(1) };
    let neighbour = Volunteer { grid: area(NEXT_GRID), ..on(&[2, 3]) };
    let neighbour = Volunteer { id: person(2), ..neighbour };
    let plan = planned_with_help(&village(vec![busy, neighbour], vec![visit(1)]), Level::Village);
    assert_eq!(stop(&plan, 1).why.day, Some(DayReason::FirstPossible));
}
