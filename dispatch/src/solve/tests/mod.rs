//! The specification of plans by small villages, and the builders for it.

mod accepted;
mod answers;
mod bounds;
mod calls;
mod cancelling;
mod checker;
mod days;
mod former;
mod idle;
mod late;
mod offers;
mod order;
mod pins;
mod random;
mod refusals;
mod spec;
mod ties;
mod unfit_pins;

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::*;
use gridward_domain::area::AreaCode;
use gridward_domain::channel::Channel;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::Priority;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay, Window};

/// The first grid of the samples.
pub(super) const GRID: &str = "500116001001001";
/// Another grid of the same village.
pub(super) const NEXT_GRID: &str = "500116001001002";

/// Monday, the first of June, and the days after it.
fn june(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 6, day).expect("a day")
}

pub(super) fn area(code: &str) -> AreaCode {
    code.parse().expect("an area code")
}

fn at(text: &str) -> TimeOfDay {
    TimeOfDay::parse(text).expect("a time")
}

/// `hours("0900-1200")`.
fn hours(text: &str) -> Window {
    let (start, end) = text.split_once('-').expect("two times");
    Window::new(at(start), at(end)).expect("a window")
}

/// The place `north` times 250 m of road north of the village's well: by
/// bicycle one minute each, rounded up where it is not exact.
fn north(steps: f64) -> Place {
    Place::new(29.29 + steps * 250.0 / 1.3 / 111_195.08, 106.25).expect("a place")
}

fn skills(words: &[&str]) -> Skills {
    words.iter().map(|word| word.parse().expect("a skill")).collect()
}

fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(number))
}

fn task(number: u128) -> TaskId {
    TaskId(Uuid::from_u128(0xface_0000 + number))
}

pub(super) fn pin(who: u128, day: u32, start: Option<&str>) -> Pin {
    Pin { volunteer: person(who), day: june(day), start: start.map(at) }
}

fn shift(day: u32, window: &str) -> Shift {
    Shift { day: june(day), window: hours(window), breaks: Vec::new() }
}

/// Lives at the well, has the morning of the first, offers three hours.
pub(super) fn volunteer(number: u128) -> Volunteer {
    Volunteer {
        id: person(number),
        home: north(0.0),
        grid: area(GRID),
        also_serves: Vec::new(),
        lent: Vec::new(),
        skills: Skills::new(),
        shifts: vec![shift(1, "0900-1200")],
        offered: Minutes(180),
        weeks: Vec::new(),
        carried: Minutes(0),
        share_of: None,
        is_idle: false,
        mode: Mode::Bicycle,
    }
}

/// Half an hour's service just under ten minutes north of the well.
pub(super) fn visit(number: u128) -> Visit {
    Visit {
        id: task(number),
        grid: area(GRID),
        place: north(9.9),
        channel: Channel::Visit,
        service: Minutes(30),
        windows: Vec::new(),
        not_before: june(1),
        due: june(7),
        priority: Priority::of::<5>(),
        skills: Skills::new(),
        last: None,
        preferred: None,
        forbidden: Vec::new(),
        pinned: None,
    }
}

pub(super) fn village(volunteers: Vec<Volunteer>, visits: Vec<Visit>) -> DispatchProblem {
    DispatchProblem { volunteers, visits, ..DispatchProblem::default() }
}

/// The plan of a problem, checked against every rule.
fn planned(problem: &DispatchProblem) -> Plan {
    planned_within(problem, Options::default().iterations)
}

/// The plan after this many iterations for each visit, checked against every rule.
fn planned_within(problem: &DispatchProblem, iterations: u64) -> Plan {
    let options = Options { iterations, ..Options::default() };
    let plan = plan(problem, &options).expect("a sound problem");
    assert_eq!(check(problem, &plan), Ok(()));
    plan
}

/// The plan with help within the area of level `reach`, checked against every rule.
fn planned_with_help(problem: &DispatchProblem, reach: Level) -> Plan {
    let options = Options { reach, ..Options::default() };
    let plan = plan(problem, &options).expect("a sound problem");
    assert_eq!(check(&problem.reaching(reach), &plan), Ok(()));
    plan
}

/// Why a problem that contradicts itself is refused.
fn refusal(problem: &DispatchProblem) -> DispatchProblemError {
    match plan(problem, &Options::default()) {
        Err(PlanError::Problem(error)) => error,
        other => panic!("not refused: {other:?}"),
    }
}

/// The volunteer and the day of a visit, if it is served.
fn goes(plan: &Plan, number: u128) -> Option<(PersonId, NaiveDate)> {
    let has = |route: &&Route| route.stops.iter().any(|stop| stop.visit == task(number));
    plan.routes.iter().find(has).map(|route| (route.volunteer, route.day))
}

fn stop(plan: &Plan, number: u128) -> &Stop {
    let mut stops = plan.routes.iter().flat_map(|route| &route.stops);
    stops.find(|stop| stop.visit == task(number)).expect("somebody goes")
}

/// The reason of the only unserved visit.
fn reason(plan: &Plan) -> &Reason {
    assert_eq!(plan.unserved.len(), 1, "one visit is unserved");
    &plan.unserved[0].reason
}
