//! Solves the problem of a plan; of one that is based on another, or that may move visits, so that the
//! visits of before stay as they are as far as they can: a pure function.

use std::collections::HashSet;

use gridward_dispatch::solve::{self, DispatchProblem, Observer, Options, Plan, PlanError};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};

use super::moving;
use crate::plan::problem::base;
use crate::plan::problem::base_visit::BaseVisit;
use crate::plan::request::changes::PlanChanges;

/// What the visits of a problem had before.
#[derive(Clone, Copy)]
pub(in crate::plan) struct Before<'b> {
    /// The visits of the plan on which the order is based.
    pub(in crate::plan) base: &'b [BaseVisit],
    /// The visits that people hold and that the plan may move.
    pub(in crate::plan) movable: &'b [BaseVisit],
    /// The changes by hand.
    pub(in crate::plan) changes: &'b PlanChanges,
}

/// The plan of the problem.
///
/// # Errors
/// [`PlanError`].
pub(in crate::plan) fn solve(
    problem: &mut DispatchProblem,
    Before { base, movable, changes }: Before<'_>,
    options: &Options,
    observer: &impl Observer,
) -> Result<Plan, PlanError> {
    if movable.is_empty() {
        return based(problem, (base, changes), options, observer);
    }
    // A base gives what it moves itself.
    let of_base: HashSet<TaskId> = base.iter().map(|visit| visit.task).collect();
    let others = movable.iter().filter(|visit| !of_base.contains(&visit.task));
    let former: Vec<BaseVisit> = base.iter().chain(others).copied().collect();
    moving::solve(problem, (&former, changes), options, observer)
}

/// The plan of the problem. The visits of the base keep their person and day as far as they fit, and
/// their start where their person's day is not changed by hand. If one of them has no visitor then, the
/// people of its grid keep their visits and days alone, should that serve more.
///
/// # Errors
/// [`PlanError`].
fn based(
    problem: &mut DispatchProblem,
    (base, changes): (&[BaseVisit], &PlanChanges),
    options: &Options,
    observer: &impl Observer,
) -> Result<Plan, PlanError> {
    let former = base::former(base, changes, |_| false);
    let kept = solve::keep_former(problem, &former, options.reach);
    let plan = solve::plan_observed(problem, options, observer)?;
    let lost = lost(base, &plan);
    if lost.is_empty() {
        return Ok(plan);
    }
    for visit in problem.visits.iter_mut().filter(|visit| kept.contains(&visit.id)) {
        visit.pinned = None;
    }
    let people = around(problem, &lost);
    let mut former = base::former(base, changes, |person| people.contains(person));
    former.retain(|(task, _)| !lost.contains(task));
    solve::keep_former(problem, &former, options.reach);
    let other = solve::plan_observed(problem, options, observer)?;
    let unserved = |plan: &Plan| (plan.measures.unserved_priority, plan.measures.unserved);
    Ok(if unserved(&other) < unserved(&plan) { other } else { plan })
}

/// The visits of the base that have no visitor in the plan.
fn lost(base: &[BaseVisit], plan: &Plan) -> HashSet<TaskId> {
    let unserved: HashSet<TaskId> = plan.unserved.iter().map(|left| left.visit).collect();
    base.iter().map(|visit| visit.task).filter(|task| unserved.contains(task)).collect()
}

/// The people who serve the grids of these visits.
fn around(problem: &DispatchProblem, lost: &HashSet<TaskId>) -> HashSet<PersonId> {
    let visits = problem.visits.iter().filter(|visit| lost.contains(&visit.id));
    let grids: HashSet<AreaCode> = visits.map(|visit| visit.grid).collect();
    let serves = |grid: &AreaCode, who: &solve::Volunteer| who.serves(*grid);
    let people = problem.volunteers.iter().filter(|who| grids.iter().any(|grid| serves(grid, who)));
    people.map(|who| who.id).collect()
}
