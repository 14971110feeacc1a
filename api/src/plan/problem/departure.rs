//! The place that a person leaves, after a visit that no plan has, as a visit of the solver: the first of
//! the person's day, which takes no time. It is taken out of the computed plan.

use std::collections::HashSet;

use gridward_dispatch::solve::{DispatchProblem, Pin, Plan, Visit};
use gridward_domain::area::AreaCode;
use gridward_domain::channel::Channel;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::Priority;
use gridward_domain::skill::Skills;
use gridward_domain::time::{Minutes, TimeOfDay};

use super::earliest::Earliest;

/// The departure of a person of the grid as a visit of the solver, which takes no time and has the id of
/// its person.
pub(in crate::plan) fn departure(
    person: PersonId,
    grid: AreaCode,
    (place, at): (Place, TimeOfDay),
    earliest: Earliest,
) -> Visit {
    let day = earliest.day();
    Visit {
        id: TaskId(person.0),
        grid,
        place,
        channel: Channel::Visit,
        service: Minutes(0),
        windows: Vec::new(),
        not_before: day,
        due: day,
        priority: Priority::of::<1>(),
        skills: Skills::default(),
        last: None,
        preferred: None,
        forbidden: Vec::new(),
        pinned: Some(Pin { volunteer: person, day, start: Some(at) }),
    }
}

/// Takes the departures out of the problem and its plan; answers whether there were any.
pub(in crate::plan) fn remove_departures(problem: &mut DispatchProblem, plan: &mut Plan) -> bool {
    let people = problem.volunteers.iter().map(|who| TaskId(who.id.0));
    let departures: HashSet<TaskId> = people.collect();
    let count = problem.visits.len();
    problem.visits.retain(|visit| !departures.contains(&visit.id));
    for route in &mut plan.routes {
        route.stops.retain(|stop| !departures.contains(&stop.visit));
    }
    plan.routes.retain(|route| !route.stops.is_empty());
    plan.unserved.retain(|left| !departures.contains(&left.visit));
    problem.visits.len() < count
}
