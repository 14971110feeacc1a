//! The rules of a plan, told a second time.
//!
//! [`check`] holds any plan against its problem, whoever drew it up. It shares
//! no code with the construction: it walks the written times, and works out
//! journeys, loads and measures by itself, minute by minute where that is the
//! plainest way. A mistake made there is not made here again.

mod distance;
mod measures;
mod reasons;
mod ties;
mod timeline;
mod violation;

use std::collections::{HashMap, HashSet};

pub use violation::Violation;

use super::plan::Plan;
use super::problem::{DispatchProblem, Visit, Volunteer};
use gridward_domain::id::{PersonId, TaskId};

/// Whether a plan keeps every rule of its problem and says of itself only what is so.
///
/// Not checked, for it takes the search itself: that no better plan exists,
/// the exact number in [`super::Why::others`] and in `short` of a reason, that what hinders
/// an alternative does, and that a relief is enough.
///
/// # Errors
/// The first rule found broken.
pub fn check(problem: &DispatchProblem, plan: &Plan) -> Result<(), Violation> {
    let index = Index::of(problem);
    index.every_visit_occurs_once(plan)?;
    let mut days = HashSet::new();
    for route in &plan.routes {
        if !days.insert((route.volunteer, route.day)) {
            return Err(Violation::RouteTwice(route.volunteer, route.day));
        }
        timeline::check(&index, route)?;
    }
    let assignments = ties::assignments(plan);
    ties::ties_are_kept(&index, &assignments)?;
    let loads = measures::loads(&index, plan);
    measures::offers_are_kept(&index, plan, &loads)?;
    measures::whys_hold(&index, plan, &loads)?;
    reasons::reasons_hold(&index, plan, &loads, &assignments)?;
    measures::measures_hold(&index, plan, &loads)
}

/// A problem with its people and visits by name.
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

/// Whether somebody may go to a visit: area and skills.
fn may_go(who: &Volunteer, visit: &Visit) -> bool {
    in_area(who, visit) && visit.skills.iter().all(|skill| who.skills.contains(skill))
}

/// Whether a visit lies in somebody's home grid or in an area they also serve, and
/// they are not to keep away from it.
fn in_area(who: &Volunteer, visit: &Visit) -> bool {
    let grid = visit.grid.as_str();
    let barred = visit.forbidden.contains(&who.id);
    !barred
        && (who.grid.as_str() == grid
            || who.also_serves.iter().any(|area| grid.starts_with(area.as_str())))
}
