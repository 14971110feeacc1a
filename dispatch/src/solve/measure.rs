//! Measures the quality of a plan, from the plan itself.

use std::collections::HashMap;

use super::plan::{Measures, Route, Unserved, share};
use super::problem::{DispatchProblem, Visit, Volunteer};
use crate::routing::solution::Shares;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::Minutes;

/// The measures of a plan for `problem` with these routes and unserved visits.
pub(super) fn measure(
    problem: &DispatchProblem,
    routes: &[Route],
    unserved: &[Unserved],
) -> Measures {
    let visits: HashMap<TaskId, &Visit> =
        problem.visits.iter().map(|visit| (visit.id, visit)).collect();
    let people: HashMap<PersonId, &Volunteer> =
        problem.volunteers.iter().map(|volunteer| (volunteer.id, volunteer)).collect();
    let mut measures = Measures::default();
    let mut planned: HashMap<PersonId, Minutes> = HashMap::new();
    for route in routes {
        let mut minutes = route.travel;
        measures.travel += route.travel;
        for visit in route.stops.iter().filter_map(|stop| visits.get(&stop.visit)) {
            minutes += visit.service;
            measures.service += visit.service;
            let days = u32::try_from((route.day - visit.due).num_days()).unwrap_or(0);
            measures.served += 1;
            measures.late += u32::from(days > 0);
            measures.late_days += days;
            measures.known += u32::from(visit.knows(route.volunteer));
        }
        *planned.entry(route.volunteer).or_default() += minutes;
    }
    for visit in unserved.iter().filter_map(|left| visits.get(&left.visit)) {
        measures.unserved += 1;
        measures.unserved_priority += visit.priority.get().unsigned_abs();
    }
    let someone_known = |visit: &&Visit| {
        let known = [visit.last, visit.preferred].into_iter().flatten();
        known.filter_map(|person| people.get(&person)).any(|person| person.can(visit))
    };
    measures.known_possible = count(problem.visits.iter().filter(|visit| someone_known(visit)));
    weigh(&mut measures, problem, &planned);
    measures
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
