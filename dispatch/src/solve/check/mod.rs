//! An independent checker of plans.
//!
//! [`check`] verifies any plan against its problem. It shares no code with the construction: it
//! walks the written times and recomputes journeys, loads and measures, minute by minute where that
//! is simplest, so it does not repeat a mistake of the construction.

mod distance;
mod measures;
mod reasons;
mod ties;
mod timeline;
mod violation;

use std::collections::{HashMap, HashSet};

pub use violation::Violation;

use chrono::NaiveDate;

use super::plan::Plan;
use super::problem::{DispatchProblem, Visit, Volunteer};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};

/// Checks that a plan keeps every rule of its problem and that its claims about itself are true.
///
/// Not checked, since that would take the search itself: that no better plan exists, the exact
/// number in [`super::Why::others`] and in `short` of a reason, the hindrance of an alternative,
/// and that a remedy suffices.
///
/// # Errors
/// The first violation found.
pub fn check(problem: &DispatchProblem, plan: &Plan) -> Result<(), Violation> {
    let index = Index::of(problem);
    index.every_visit_occurs_once(plan)?;
    let loads = rules_hold(&index, plan)?;
    measures::whys_hold(&index, plan, &loads)?;
    reasons::reasons_hold(&index, plan, &loads, &ties::assignments(plan))?;
    measures::measures_hold(&index, plan, &loads)
}

/// Checks that the routes of a plan keep every rule of its problem, whatever the plan says about
/// itself; not that every visit occurs in it.
#[cfg(test)]
pub(super) fn check_routes(problem: &DispatchProblem, plan: &Plan) -> Result<(), Violation> {
    rules_hold(&Index::of(problem), plan).map(|_| ())
}

/// Checks the times, areas, skills, pins, ties and offers of the routes, and returns the loads.
fn rules_hold(index: &Index<'_>, plan: &Plan) -> Result<measures::Loads, Violation> {
    let mut days = HashSet::new();
    for route in &plan.routes {
        if !days.insert((route.volunteer, route.day)) {
            return Err(Violation::RouteTwice(route.volunteer, route.day));
        }
        timeline::check(index, route)?;
    }
    ties::ties_are_kept(index, &ties::assignments(plan))?;
    let loads = measures::loads(index, plan);
    measures::offers_are_kept(index, plan, &loads)?;
    Ok(loads)
}

/// A problem indexed by id.
struct Index<'p> {
    problem: &'p DispatchProblem,
    people: HashMap<PersonId, &'p Volunteer>,
    visits: HashMap<TaskId, &'p Visit>,
}

impl<'p> Index<'p> {
    fn of(problem: &'p DispatchProblem) -> Self {
        Self {
            problem,
            people: problem.volunteers.iter().map(|who| (who.id, who)).collect(),
            visits: problem.visits.iter().map(|visit| (visit.id, visit)).collect(),
        }
    }

    fn person(&self, id: PersonId) -> Result<&'p Volunteer, Violation> {
        self.people.get(&id).copied().ok_or(Violation::UnknownVolunteer(id))
    }

    fn visit(&self, id: TaskId) -> Result<&'p Visit, Violation> {
        self.visits.get(&id).copied().ok_or(Violation::UnknownVisit(id))
    }

    fn every_visit_occurs_once(&self, plan: &Plan) -> Result<(), Violation> {
        let stops = plan.routes.iter().flat_map(|route| &route.stops).map(|stop| stop.visit);
        let mut seen = HashSet::new();
        for id in stops.chain(plan.unserved.iter().map(|left| left.visit)) {
            self.visit(id)?;
            if !seen.insert(id) {
                return Err(Violation::VisitTwice(id));
            }
        }
        let missing = self.problem.visits.iter().find(|visit| !seen.contains(&visit.id));
        missing.map_or(Ok(()), |visit| Err(Violation::VisitMissing(visit.id)))
    }
}

/// Whether a volunteer may make a visit: area and skills.
fn may_go(who: &Volunteer, visit: &Visit) -> bool {
    in_area(who, visit) && visit.skills.iter().all(|skill| who.skills.contains(skill))
}

/// Whether a visit is in a volunteer's home grid or in an area they serve on some day, and not forbidden
/// to them.
fn in_area(who: &Volunteer, visit: &Visit) -> bool {
    let lent = || who.lent.iter().any(|lending| is_within(visit, &lending.area));
    !visit.forbidden.contains(&who.id) && (is_always_there(who, visit) || lent())
}

/// Whether the visit is where the volunteer serves on the day.
fn is_there(who: &Volunteer, visit: &Visit, day: NaiveDate) -> bool {
    let lent = || {
        let mut of_day =
            who.lent.iter().filter(|one| (one.first_day..=one.last_day).contains(&day));
        of_day.any(|lending| is_within(visit, &lending.area))
    };
    !visit.forbidden.contains(&who.id) && (is_always_there(who, visit) || lent())
}

/// Whether the visit is where the volunteer serves on every day.
fn is_always_there(who: &Volunteer, visit: &Visit) -> bool {
    who.grid == visit.grid || who.also_serves.iter().any(|area| is_within(visit, area))
}

fn is_within(visit: &Visit, area: &AreaCode) -> bool {
    visit.grid.as_str().starts_with(area.as_str())
}
