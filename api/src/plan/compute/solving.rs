//! Solves the problem of a plan; of one that is based on another, or that may move visits, so that the
//! visits of before stay as they are as far as they can: a pure function.

use std::collections::HashSet;

use gridward_dispatch::solve::{self, DispatchProblem, Observer, Options, Plan, PlanError};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};

use super::moving;
use crate::plan::problem::base::{self, Base};
use crate::plan::problem::base_visit::BaseVisit;
use crate::plan::request::changes::PlanChanges;

/// What the visits of a problem had before.
#[derive(Clone, Copy)]
pub(in crate::plan) struct Before<'b> {
    /// The plan on which the order is based.
    pub(in crate::plan) base: &'b Base,
    /// The visits that people hold and that the plan may move.
    pub(in crate::plan) movable: &'b [BaseVisit],
    /// The visits for which alone these move; `None`: all.
    pub(in crate::plan) urgent: Option<&'b HashSet<TaskId>>,
    /// The changes by hand.
    pub(in crate::plan) changes: &'b PlanChanges,
}

/// The plan of the problem.
///
/// # Errors
/// [`PlanError`].
pub(in crate::plan) fn solve(
    problem: &mut DispatchProblem,
    Before { base, movable, urgent, changes }: Before<'_>,
    options: &Options,
    observer: &impl Observer,
) -> Result<Plan, PlanError> {
    if movable.is_empty() {
        return based(problem, (base, changes), options, observer);
    }
    // A base gives what it moves itself.
    let of_base: HashSet<TaskId> = base.visits.iter().map(|visit| visit.task).collect();
    let others = movable.iter().filter(|visit| !of_base.contains(&visit.task));
    let former: Vec<BaseVisit> = base.visits.iter().chain(others).copied().collect();
    moving::solve(problem, ((&former, &base.remedied), changes, urgent), options, observer)
}

/// The plan of the problem. The visits of the base keep their person and day as far as they fit, and
/// their start where their person's day is not changed by hand, and accepted remedies find their place. If one
/// of these visits has no visitor then, the people of its grid keep their visits and days alone, should that
/// serve more. The problem becomes that of the plan.
///
/// # Errors
/// [`PlanError`].
fn based(
    problem: &mut DispatchProblem,
    (base, changes): (&Base, &PlanChanges),
    options: &Options,
    observer: &impl Observer,
) -> Result<Plan, PlanError> {
    let (remedied, reach) = (base.remedied.as_slice(), options.reach);
    let former = base::former(&base.visits, (changes, remedied), |_| false);
    let kept = base::keep(problem, &former, remedied, reach, observer)?;
    let plan = solve::plan_observed(problem, options, observer)?;
    let lost = lost(base, &plan);
    if lost.is_empty() {
        return Ok(plan);
    }
    let mut freed = problem.clone();
    for visit in freed.visits.iter_mut().filter(|visit| kept.contains(&visit.id)) {
        visit.pinned = None;
    }
    let people = around(problem, &lost);
    let is_free = |person: &PersonId| people.contains(person);
    let mut former = base::former(&base.visits, (changes, remedied), is_free);
    former.retain(|(task, _)| !lost.contains(task));
    base::keep(&mut freed, &former, remedied, reach, observer)?;
    let other = solve::plan_observed(&freed, options, observer)?;
    if left(base, &other) >= left(base, &plan) {
        return Ok(plan);
    }
    *problem = freed;
    Ok(other)
}

/// The visits without a visitor in the plan of the problem without the `unreal` visits, which are none of a task. It is
/// computed only if the plan with these leaves another visit without a visitor.
///
/// # Errors
/// [`PlanError`].
pub(in crate::plan) fn unserved_alone(
    problem: &mut DispatchProblem,
    (plan, unreal): (&Plan, &HashSet<TaskId>),
    options: &Options,
    observer: &impl Observer,
) -> Result<HashSet<TaskId>, PlanError> {
    let is_unreal = |id: &TaskId| unreal.contains(id);
    if unreal.is_empty() || plan.unserved.iter().all(|left| is_unreal(&left.visit)) {
        return Ok(HashSet::new());
    }
    // The two plans are compared one after another, and a district's visits are many: they are not copied.
    let visits = std::mem::take(&mut problem.visits).into_iter();
    let (others, real): (Vec<_>, Vec<_>) = visits.partition(|visit| is_unreal(&visit.id));
    problem.visits = real;
    let alone = solve::plan_observed(problem, options, observer)?;
    problem.visits.extend(others);
    Ok(alone.unserved.iter().map(|left| left.visit).collect())
}

/// The visits of the base and of the accepted remedies that have no visitor in the plan.
fn lost(Base { visits, remedied, .. }: &Base, plan: &Plan) -> HashSet<TaskId> {
    let unserved: HashSet<TaskId> = plan.unserved.iter().map(|left| left.visit).collect();
    let tasks = visits.iter().map(|visit| visit.task);
    let tasks = tasks.chain(remedied.iter().map(|(task, _)| *task));
    tasks.filter(|task| unserved.contains(task)).collect()
}

/// What a plan leaves without a visitor, the worst first: the number of visits of the base, which are to stay also
/// where an accepted remedy finds no place beside them; that of accepted remedies; the priority and number of all.
fn left(Base { visits, remedied, .. }: &Base, plan: &Plan) -> (usize, usize, u32, u32) {
    let unserved: HashSet<TaskId> = plan.unserved.iter().map(|left| left.visit).collect();
    let of_base = visits.iter().filter(|visit| unserved.contains(&visit.task)).count();
    let accepted = remedied.iter().filter(|(task, _)| unserved.contains(task)).count();
    (of_base, accepted, plan.measures.unserved_priority, plan.measures.unserved)
}

/// The people who serve the grids of these visits.
fn around(problem: &DispatchProblem, lost: &HashSet<TaskId>) -> HashSet<PersonId> {
    let visits = problem.visits.iter().filter(|visit| lost.contains(&visit.id));
    let grids: HashSet<AreaCode> = visits.map(|visit| visit.grid).collect();
    let serves = |grid: &AreaCode, who: &solve::Volunteer| who.serves(*grid);
    let people = problem.volunteers.iter().filter(|who| grids.iter().any(|grid| serves(grid, who)));
    people.map(|who| who.id).collect()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use gridward_dispatch::solve::{Measures, Pin, Reason, Unserved};
    use gridward_domain::time::TimeOfDay;
    use uuid::Uuid;

    use super::*;

    fn task(number: u128) -> TaskId {
        TaskId(Uuid::from_u128(number))
    }

    fn without(tasks: &[u128]) -> Plan {
        let reason = Reason::NoWindow;
        let unserved = tasks.iter().map(|number| Unserved {
            visit: task(*number),
            reason: reason.clone(),
            remedy: None,
        });
        let count = u32::try_from(tasks.len()).expect("few");
        let measures =
            Measures { unserved: count, unserved_priority: 5 * count, ..Measures::default() };
        Plan { unserved: unserved.collect(), measures, ..Plan::default() }
    }

    #[test]
    fn no_visit_of_the_base_makes_room_for_accepted_remedies_or_for_more_visits() {
        let (person, day) = (PersonId(Uuid::nil()), NaiveDate::default());
        let visit = BaseVisit { task: task(1), person, day, start: TimeOfDay::LAST };
        let pin = Pin { volunteer: person, day, start: None };
        let base = Base {
            visits: vec![visit],
            remedied: vec![(task(2), pin), (task(3), pin)],
            ..Base::default()
        };
        let plans = [&[2, 3][..], &[4, 5], &[2], &[1]].map(|tasks| left(&base, &without(tasks)));
        assert!(plans[3] > plans[0], "the base goes before both remedies");
        assert!(plans[0] > plans[2] && plans[2] > plans[1], "remedies go before other visits");
    }
}
