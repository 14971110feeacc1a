//! Solves the problem of a plan that may move visits which people hold: a pure function. They keep their
//! person, day and hour unless a visit would have no visitor or be late otherwise.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use gridward_dispatch::solve::{
    self, DispatchProblem, Observer, Options, Pin, Plan, PlanError, Visit,
};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};

use crate::plan::problem::base::{self, DayReasons};
use crate::plan::problem::base_visit::BaseVisit;
use crate::plan::request::changes::PlanChanges;

/// The visits that are to stay, and the places that accepted remedies found.
type Former<'f> = (&'f [BaseVisit], &'f [(TaskId, Pin)]);

/// The plan of the problem. First all `former` visits stay that still fit, beside which the others are
/// planned. Where one of these, or of the `urgent` ones alone, has no visitor or is late then, those of its grid may move, each at the
/// cost that the search has for a moved visit; those that keep their person and day keep their hour as well
/// if that serves as much. No person loses a visit that no other gets, and none of these visits becomes late, or later.
///
/// # Errors
/// [`PlanError`].
pub(in crate::plan) fn solve(
    problem: &mut DispatchProblem,
    ((former, remedied), changes, urgent): (Former<'_>, &PlanChanges, Option<&HashSet<TaskId>>),
    options: &Options,
    observer: &impl Observer,
) -> Result<Plan, PlanError> {
    let pins = base::former(former, (changes, remedied), |_| false);
    let held = former.iter().map(|visit| (visit.task, visit.day));
    let held: HashMap<TaskId, NaiveDate> =
        held.chain(remedied.iter().map(|(task, pin)| (*task, pin.day))).collect();
    let solved = |pins: &[(TaskId, Pin)]| {
        let mut keeping = problem.clone();
        base::keep(&mut keeping, pins, remedied, options.reach, observer)?;
        let plan = solve::plan_observed(&keeping, options, observer)?;
        let rank = rank(problem, &plan, &held);
        Ok::<_, PlanError>((rank, plan, keeping))
    };
    let mut best = solved(&pins)?;
    let crowded = crowded(problem, &best.1, urgent);
    if !crowded.is_empty() {
        let moved = solved(&without_crowded(problem, &pins, &crowded))?;
        if moved.0 < best.0 {
            let mut settled = solved(&as_planned(&moved.1, &pins))?;
            base::keep_day_reasons(&mut settled.1, &day_reasons(&moved.1));
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
/// in any case; with `urgent`, only of these.
fn crowded(
    problem: &DispatchProblem,
    plan: &Plan,
    urgent: Option<&HashSet<TaskId>>,
) -> HashSet<AreaCode> {
    let visits = by_task(problem);
    let late = late(&visits, plan).map(|(visit, _)| visit);
    let ids = plan.unserved.iter().map(|left| left.visit).chain(late);
    let ids = ids.filter(|id| urgent.is_none_or(|urgent| urgent.contains(id)));
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

/// Why the visits of the plan are on their days.
fn day_reasons(plan: &Plan) -> DayReasons {
    let stops = plan.routes.iter().flat_map(|route| &route.stops);
    stops.filter_map(|stop| Some((stop.visit, stop.why.day?))).collect()
}

#[cfg(test)]
mod tests;
