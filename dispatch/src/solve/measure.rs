//! Measures the quality of a plan, from the plan itself.

use std::collections::HashMap;

use super::plan::{Measures, Plan, Route, Unserved, share};
use super::problem::{DispatchProblem, Visit, Volunteer};
use crate::routing::solution::Shares;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::Minutes;

/// The measures of the plan for `problem`, of the visits in `area` only. The shares are those of the
/// whole plan: a person's load is one. The travel of a route that has other visits too is that of a route
/// without them.
pub fn measures_in(problem: &DispatchProblem, plan: &Plan, area: &AreaCode) -> Measures {
    measure_those(problem, (&plan.routes, &plan.unserved), |visit| area.contains(&visit.grid))
}

/// The measures of a plan for `problem` with these routes and unserved visits.
pub(super) fn measure(
    problem: &DispatchProblem,
    routes: &[Route],
    unserved: &[Unserved],
) -> Measures {
    measure_those(problem, (routes, unserved), |_| true)
}

/// The measures of those visits of a plan that are counted.
fn measure_those(
    problem: &DispatchProblem,
    (routes, unserved): (&[Route], &[Unserved]),
    is_counted: impl Fn(&Visit) -> bool,
) -> Measures {
    let visits: HashMap<TaskId, &Visit> =
        problem.visits.iter().map(|visit| (visit.id, visit)).collect();
    let people: HashMap<PersonId, &Volunteer> =
        problem.volunteers.iter().map(|volunteer| (volunteer.id, volunteer)).collect();
    let mut measures = Measures::default();
    let mut planned: HashMap<PersonId, Minutes> = HashMap::new();
    for route in routes {
        let mut minutes = route.travel;
        let made: Vec<&Visit> =
            route.stops.iter().filter_map(|stop| visits.get(&stop.visit).copied()).collect();
        let who = people.get(&route.volunteer).filter(|_| !made.iter().all(|it| is_counted(it)));
        measures.travel += who.map_or(route.travel, |who| {
            travel(who, made.iter().copied().filter(|visit| is_counted(visit)))
        });
        for visit in made {
            minutes += visit.service;
            if !is_counted(visit) {
                continue;
            }
            measures.service += visit.service;
            let days = visit.days_late(route.day);
            measures.served += 1;
            measures.late += u32::from(days > 0);
            measures.late_days += days;
            measures.known += u32::from(visit.knows(route.volunteer));
        }
        *planned.entry(route.volunteer).or_default() += minutes;
    }
    let unserved = unserved.iter().filter_map(|left| visits.get(&left.visit));
    for visit in unserved.filter(|visit| is_counted(visit)) {
        measures.unserved += 1;
        measures.unserved_priority += visit.priority.get().unsigned_abs();
    }
    let someone_known = |visit: &&Visit| {
        let known = [visit.last, visit.preferred].into_iter().flatten();
        known.filter_map(|person| people.get(&person)).any(|person| person.can(visit))
    };
    let counted = problem.visits.iter().filter(|visit| is_counted(visit));
    measures.known_possible = count(counted.filter(|visit| someone_known(visit)));
    weigh(&mut measures, problem, &planned);
    measures
}

/// The travel of a route with these visits only.
fn travel<'v>(who: &Volunteer, visits: impl Iterator<Item = &'v Visit>) -> Minutes {
    let places = visits.filter(|visit| !visit.is_call()).map(|visit| visit.place);
    let (mut from, mut travel) = (who.home, Minutes(0));
    for to in places.chain([who.home]) {
        travel += who.mode.minutes(from, to);
        from = to;
    }
    travel
}

fn count<T>(all: impl Iterator<Item = T>) -> u32 {
    u32::try_from(all.count()).unwrap_or(u32::MAX)
}

/// Measures how evenly the load is distributed over the volunteers who offered minutes.
fn weigh(measures: &mut Measures, problem: &DispatchProblem, planned: &HashMap<PersonId, Minutes>) {
    let offering = problem.volunteers.iter().filter(|volunteer| volunteer.offered > Minutes(0));
    let shares = offering
        .map(|volunteer| {
            let planned = planned.get(&volunteer.id).copied().unwrap_or_default();
            share(volunteer.carried + planned, volunteer.share_of())
        })
        .collect();
    let shares = Shares::of(shares);
    measures.largest_share = shares.largest;
    measures.mean_share = shares.mean;
    measures.share_spread = shares.deviation;
}
