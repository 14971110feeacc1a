//! Solves the problem of a plan that may move visits which people hold: a pure function. They keep their
//! person, day and hour unless a visit would have no visitor or be late otherwise.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use gridward_dispatch::solve::{
    self, DispatchProblem, Observer, Options, Pin, Plan, PlanError, Visit,
};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};

use crate::plan::problem::base;
use crate::plan::problem::base_visit::BaseVisit;
use crate::plan::request::changes::PlanChanges;

/// The plan of the problem. First all `former` visits stay that still fit, beside which the others are
/// planned. Where one of these has no visitor or is late then, those of its grid may move, each at the
/// cost that the search has for a moved visit; those that keep their person and day keep their hour as well
/// if that serves as much. No person loses a visit that no other gets, and none of these visits becomes late, or later.
///
/// # Errors
/// [`PlanError`].
pub(in crate::plan) fn solve(
    problem: &mut DispatchProblem,
    (former, changes): (&[BaseVisit], &PlanChanges),
    options: &Options,
    observer: &impl Observer,
) -> Result<Plan, PlanError> {
    let pins = base::former(former, changes, |_| false);
    let held: HashMap<TaskId, NaiveDate> =
        former.iter().map(|visit| (visit.task, visit.day)).collect();
    let solved = |pins: &[(TaskId, Pin)]| {
        let mut keeping = problem.clone();
        solve::keep_former(&mut keeping, pins, options.reach);
        let plan = solve::plan_observed(&keeping, options, observer)?;
        let rank = rank(problem, &plan, &held);
        Ok::<_, PlanError>((rank, plan, keeping))
    };
    let mut best = solved(&pins)?;
    let crowded = crowded(problem, &best.1);
    if !crowded.is_empty() {
        let moved = solved(&without_crowded(problem, &pins, &crowded))?;
        if moved.0 < best.0 {
            let mut settled = solved(&as_planned(&moved.1, &pins))?;
            keep_day_reasons(&mut settled.1, &moved.1);
            best = if settled.0 <= moved.0 { settled } else { moved };
        }
    }
    let (_, plan, keeping) = best;
    *problem = keeping;
    Ok(plan)
}

/// What a plan is compared by: former visits without a visitor or later than their day and their due day, the
/// priority and the number of all without a visitor, and days late times priority.
type Rank = (usize, u32, u32, i64);

fn rank(problem: &DispatchProblem, plan: &Plan, held: &HashMap<TaskId, NaiveDate>) -> Rank {
    let visits = by_task(problem);
    let lost = plan.unserved.iter().filter(|left| held.contains_key(&left.visit)).count();
    let is_later = |(visit, late): &(TaskId, i64)| {
        let former = held.get(visit).zip(visits.get(visit));
        former.is_some_and(|(day, visit)| *late > (*day - visit.due).num_days().max(0))
    };
    let later = late(&visits, plan).filter(is_later).count();
    let delay = |(visit, late): (TaskId, i64)| {
        visits.get(&visit).map_or(0, |visit| late * i64::from(visit.priority.get()))
    };
    let delays = late(&visits, plan).map(delay).sum();
    (lost + later, plan.measures.unserved_priority, plan.measures.unserved, delays)
}

fn by_task(problem: &DispatchProblem) -> HashMap<TaskId, &Visit> {
    problem.visits.iter().map(|visit| (visit.id, visit)).collect()
}

/// The late visits of the plan with the days by which they are late.
fn late<'p>(
    visits: &'p HashMap<TaskId, &Visit>,
    plan: &'p Plan,
) -> impl Iterator<Item = (TaskId, i64)> + 'p {
    plan.routes.iter().flat_map(move |route| {
        route.stops.iter().filter_map(move |stop| {
            let days = (route.day - visits.get(&stop.visit)?.due).num_days();
            (days > 0).then_some((stop.visit, days))
        })
    })
}

/// The grids of the visits that have no visitor or are late by the plan, but for those that people hold
/// in any case.
fn crowded(problem: &DispatchProblem, plan: &Plan) -> HashSet<AreaCode> {
    let visits = by_task(problem);
    let late = late(&visits, plan).map(|(visit, _)| visit);
    let ids = plan.unserved.iter().map(|left| left.visit).chain(late);
    let found = ids.filter_map(|id| visits.get(&id).filter(|visit| visit.pinned.is_none()));
    found.map(|visit| visit.grid).collect()
}

/// The pins without those of the visits in these grids whose people serve them: the search knows what a
/// move of these costs.
fn without_crowded(
    problem: &DispatchProblem,
    pins: &[(TaskId, Pin)],
    crowded: &HashSet<AreaCode>,
) -> Vec<(TaskId, Pin)> {
    let visits = by_task(problem);
    let people: HashMap<PersonId, _> = problem.volunteers.iter().map(|who| (who.id, who)).collect();
    let is_free = |(task, pin): &(TaskId, Pin)| {
        let grid = visits.get(task).map(|visit| visit.grid).filter(|grid| crowded.contains(grid));
        let serves = |grid| people.get(&pin.volunteer).is_some_and(|who| who.serves(grid));
        grid.is_some_and(serves)
    };
    pins.iter().filter(|pin| !is_free(pin)).copied().collect()
}

/// The persons and days of the plan, with the hours of those visits that had both before.
fn as_planned(plan: &Plan, pins: &[(TaskId, Pin)]) -> Vec<(TaskId, Pin)> {
    let former: HashMap<TaskId, Pin> = pins.iter().copied().collect();
    let pin = |task: TaskId, planned: Pin| {
        let same = |pin: &&Pin| (pin.volunteer, pin.day) == (planned.volunteer, planned.day);
        (task, former.get(&task).filter(same).copied().unwrap_or(planned))
    };
    let routes = plan.routes.iter().flat_map(|route| {
        let planned = Pin { volunteer: route.volunteer, day: route.day, start: None };
        route.stops.iter().map(move |stop| (stop.visit, planned))
    });
    routes.map(|(task, planned)| pin(task, planned)).collect()
}

/// Gives the visits of the plan, which are pinned to the days of the plan `from`, the reasons that the days had
/// there.
fn keep_day_reasons(plan: &mut Plan, from: &Plan) {
    let stops = from.routes.iter().flat_map(|route| &route.stops);
    let reasons: HashMap<TaskId, _> = stops.map(|stop| (stop.visit, stop.why.day)).collect();
    for stop in plan.routes.iter_mut().flat_map(|route| &mut route.stops) {
        stop.why.day = reasons.get(&stop.visit).copied().unwrap_or(stop.why.day);
    }
}

#[cfg(test)]
mod tests {
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
        let former = held.iter().map(|visit| (visit.task, (visit.person, visit.day))).collect();
        let mut problem =
            DispatchProblem { volunteers, visits, former, ..DispatchProblem::default() };
        let before = (held, &PlanChanges::default());
        solve(&mut problem, before, &Options::default(), &()).expect("a plan")
    }

    /// The task, the person and the start of each visit that has a visitor.
    fn planned(
        volunteers: Vec<Volunteer>,
        visits: Vec<Visit>,
        held: &[BaseVisit],
    ) -> Vec<(TaskId, PersonId, TimeOfDay)> {
        let plan = plan(volunteers, visits, held);
        let stops = plan.routes.iter().flat_map(|route| {
            route.stops.iter().map(|stop| (stop.visit, route.volunteer, stop.start))
        });
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
        let days = plan
            .routes
            .iter()
            .flat_map(|route| route.stops.iter().map(|stop| (stop.visit, route.day)));
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
}
