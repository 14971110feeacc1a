//! Visits that people hold and that move for others.

use gridward_dispatch::solve::{DayReason, Mode, Shift, Volunteer};
use gridward_domain::channel::Channel;
use gridward_domain::place::Place;
use gridward_domain::range::Priority;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};
use uuid::Uuid;

use super::*;

fn task(n: u128) -> TaskId {
    TaskId(Uuid::from_u128(n))
}

fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day")
}

fn at(hour: u16) -> TimeOfDay {
    TimeOfDay::new(hour * 60).expect("a time")
}

fn skills(is_medical: bool) -> Skills {
    let medical = is_medical.then(|| "medical".parse().expect("a skill"));
    medical.into_iter().collect()
}

/// Lives where all visits are, and has the morning of the day.
fn volunteer(n: u128, offered: u32, is_medical: bool) -> Volunteer {
    let window = Window::new(at(9), at(12)).expect("a window");
    Volunteer {
        id: person(n),
        home: Place::new(29.0, 106.0).expect("a place"),
        grid: "500116001002001".parse().expect("a grid"),
        also_serves: Vec::new(),
        lent: Vec::new(),
        skills: skills(is_medical),
        shifts: vec![Shift { day: day(), window, breaks: Vec::new() }],
        offered: Minutes(offered),
        weeks: Vec::new(),
        carried: Minutes(0),
        share_of: None,
        is_idle: false,
        mode: Mode::Bicycle,
    }
}

fn visit(n: u128, is_medical: bool) -> Visit {
    let Volunteer { grid, home, .. } = volunteer(n, 0, false);
    Visit {
        id: task(n),
        grid,
        place: home,
        channel: Channel::Visit,
        service: Minutes(30),
        windows: Vec::new(),
        not_before: day(),
        due: day(),
        priority: if is_medical { Priority::of::<9>() } else { Priority::of::<3>() },
        skills: skills(is_medical),
        last: None,
        preferred: None,
        forbidden: Vec::new(),
        pinned: None,
    }
}

fn held(n: u128, who: u128, hour: u16) -> BaseVisit {
    BaseVisit { task: task(n), person: person(who), day: day(), start: at(hour) }
}

fn plan(volunteers: Vec<Volunteer>, visits: Vec<Visit>, held: &[BaseVisit]) -> Plan {
    plan_for(None, volunteers, visits, held)
}

/// The plan in which visits move for these urgent ones alone.
fn plan_for(
    urgent: Option<&[TaskId]>,
    volunteers: Vec<Volunteer>,
    visits: Vec<Visit>,
    held: &[BaseVisit],
) -> Plan {
    let former = held.iter().map(|visit| (visit.task, (visit.person, visit.day))).collect();
    let mut problem = DispatchProblem { volunteers, visits, former, ..DispatchProblem::default() };
    let changes = PlanChanges::default();
    let urgent = urgent.map(|ids| ids.iter().copied().collect());
    solve(&mut problem, ((held, &[]), &changes, urgent.as_ref()), &Options::default(), &())
        .expect("a plan")
}

/// The task, the person and the start of each visit that has a visitor.
fn planned(
    volunteers: Vec<Volunteer>,
    visits: Vec<Visit>,
    held: &[BaseVisit],
) -> Vec<(TaskId, PersonId, TimeOfDay)> {
    stops(&plan(volunteers, visits, held))
}

fn stops(plan: &Plan) -> Vec<(TaskId, PersonId, TimeOfDay)> {
    let stops = plan
        .routes
        .iter()
        .flat_map(|route| route.stops.iter().map(|stop| (stop.visit, route.volunteer, stop.start)));
    let mut stops: Vec<_> = stops.collect();
    stops.sort_unstable();
    stops
}

#[test]
fn a_held_visit_moves_only_where_another_would_have_no_visitor() {
    let people = || vec![volunteer(1, 30, true), volunteer(2, 180, false)];
    let held = [held(1, 1, 10), held(2, 2, 11)];
    let stay = planned(people(), vec![visit(1, false), visit(2, false)], &held);
    assert_eq!(stay, [(task(1), person(1), at(10)), (task(2), person(2), at(11))]);
    // The first person has the minutes for one visit, and no one else can make the urgent one.
    let visits = vec![visit(1, false), visit(2, false), visit(3, true)];
    let moved = planned(people(), visits, &held);
    let people: Vec<_> = moved.iter().map(|(visit, who, _)| (*visit, *who)).collect();
    assert_eq!(people, [(task(1), person(2)), (task(2), person(2)), (task(3), person(1))]);
    assert_eq!(moved[1].2, at(11), "the other one keeps its hour");
}

#[test]
fn a_held_visit_that_its_person_must_not_make_goes_to_another_one_or_has_no_visitor() {
    let visits = || vec![Visit { forbidden: vec![person(1)], ..visit(1, false) }];
    let (held, first) = ([held(1, 1, 10)], || volunteer(1, 180, false));
    let moved = planned(vec![first(), volunteer(2, 180, false)], visits(), &held);
    let people: Vec<_> = moved.iter().map(|(visit, who, _)| (*visit, *who)).collect();
    assert_eq!(people, [(task(1), person(2))]);
    assert!(planned(vec![first()], visits(), &held).is_empty());
}

#[test]
fn no_person_loses_a_visit_that_no_other_gets() {
    let visits = vec![visit(1, false), visit(2, true)];
    let kept = planned(vec![volunteer(1, 30, true)], visits, &[held(1, 1, 10)]);
    assert_eq!(kept, [(task(1), person(1), at(10))]);
}

#[test]
fn no_held_visit_becomes_late_for_another_one() {
    let half = Window::new(at(9), TimeOfDay::new(9 * 60 + 30).expect("a time"));
    let window = half.expect("a window");
    let next = day().succ_opt().expect("a day");
    let shifts = [day(), next].map(|day| Shift { day, window, breaks: Vec::new() }).to_vec();
    let person = Volunteer { shifts, ..volunteer(1, 180, true) };
    let visits = vec![visit(1, false), visit(2, true)];
    let plan = plan(vec![person], visits, &[held(1, 1, 9)]);
    let days =
        plan.routes.iter().flat_map(|route| route.stops.iter().map(|stop| (stop.visit, route.day)));
    let mut days: Vec<_> = days.collect();
    days.sort_unstable();
    assert_eq!(days, [(task(1), day()), (task(2), next)], "the urgent one is late");
}

#[test]
fn a_new_visit_beside_a_moved_one_is_not_pinned_to_its_day() {
    let people = vec![volunteer(1, 30, true), volunteer(2, 180, false)];
    let visits = vec![visit(1, false), visit(2, true)];
    let plan = plan(people, visits, &[held(1, 1, 10)]);
    let mut stops = plan.routes.iter().flat_map(|route| &route.stops);
    let new = stops.find(|stop| stop.visit == task(2)).expect("the new visit");
    assert_eq!(new.why.day, Some(DayReason::FirstPossible));
}

#[test]
fn for_urgent_visits_alone_no_other_one_moves_a_held_visit() {
    let people = || vec![volunteer(1, 30, true), volunteer(2, 180, false)];
    let visits = || vec![visit(1, false), visit(2, true)];
    let held = [held(1, 1, 10)];
    let moved = |urgent: &[TaskId]| {
        let plan = plan_for(Some(urgent), people(), visits(), &held);
        stops(&plan).into_iter().map(|(visit, who, _)| (visit, who)).collect::<Vec<_>>()
    };
    assert_eq!(moved(&[task(2)]), [(task(1), person(2)), (task(2), person(1))]);
    assert_eq!(moved(&[task(3)]), [(task(1), person(1))], "the other one has no visitor");
    // An urgent visit that is made in time beside the held one.
    let free = vec![volunteer(1, 180, true), volunteer(2, 180, false)];
    let plan = plan_for(Some(&[task(2)]), free, visits(), &held);
    assert_eq!(stops(&plan)[0], (task(1), person(1), at(10)));
}
