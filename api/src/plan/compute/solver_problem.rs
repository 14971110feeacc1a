//! The solver's problem of a request, and its plan.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use gridward_dispatch::solve::{DispatchProblem, Observer, Options, Plan};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::Phase;

use super::computed::Request;
use super::run_error::RunError;
use super::solving::{self, Before};
use crate::http::problem::Problem;
use crate::plan::problem::base::Base;
use crate::plan::problem::base_visit::BaseVisit;
use crate::plan::problem::build::{self, Rows};
use crate::plan::problem::earliest::Earliest;
use crate::plan::request::goods_handover;
use crate::plan::request::imagined::Imagined;
use crate::plan::upkeep::overruns;
use crate::task::row::TaskRow;

/// The round in which all held visits of the grids concerned stay.
const OF_GRIDS: u32 = 3;
/// The last round, in which all held visits stay.
const ROUNDS: u32 = 4;

/// The problem and its plan. A visit that its person holds and for which the plan has no visitor is not movable:
/// its person keeps it when the plan is applied, so it is planned again as it stands, whether or not a plan would
/// have made it so. Where a second plan leaves such visits too, all that people hold in their grids stay, and all
/// of the plan where a third one does. Those that no longer fit into the days of their people remain movable, and
/// without a visitor. `base` is the plan on which the order is based, `urgent` are the visits for which alone
/// others move.
///
/// # Errors
/// [`RunError`].
pub(in crate::plan) fn solved(
    rows: &mut Rows,
    (request, more): (&Request, &mut Imagined),
    (base, urgent): (&Base, Option<&HashSet<TaskId>>),
    options: &Options,
    observer: &impl Observer,
) -> Result<(DispatchProblem, Plan), RunError> {
    let mut round = 1;
    loop {
        // A plan that moves nothing is computed once; it may be one of a campaign, with very many visits.
        let is_last = rows.movable.is_empty() || round == ROUNDS;
        let added = if is_last { std::mem::take(more) } else { more.clone() };
        let mut problem = problem(rows, request, added)?;
        let movable: Vec<BaseVisit> = rows.movable.values().copied().collect();
        let before = Before { base, movable: &movable, urgent, changes: &request.order.changes };
        let plan = solving::solve(&mut problem, before, options, observer)?;
        if is_last {
            return Ok((problem, plan));
        }
        let left: HashSet<TaskId> = plan.unserved.iter().map(|left| left.visit).collect();
        let grids = hold(rows, request, |task| left.contains(&task.id))?;
        if grids.is_empty() {
            return Ok((problem, plan));
        }
        round += 1;
        match round {
            ROUNDS => drop(hold(rows, request, |_| true)?),
            OF_GRIDS => drop(hold(rows, request, |task| grids.contains(&task.grid))?),
            _ => {}
        }
    }
}

/// The problem of planning `rows`, with `more` than these and with the changes of the order.
fn problem(rows: &Rows, request: &Request, more: Imagined) -> Result<DispatchProblem, Problem> {
    let Request { order, now, by, .. } = request;
    let mut problem = build::problem(rows, order.span()?, earliest(rows, request))?;
    if by.is_none() {
        without_held_up(&mut problem, &rows.tasks, *now);
    }
    if more.managers_only {
        goods_handover::let_managers(&mut problem.volunteers, &rows.people);
    }
    problem.volunteers.extend(more.volunteers);
    problem.visits.extend(more.visits);
    order.changes.apply(&mut problem);
    Ok(problem)
}

/// Has those movable visits stay that people hold and that are to, if they fit into the days of their people: all
/// but those that the order pins. A visit that is taken from a person who is held up is planned as an open task and
/// counts as none. Returns the grids of those that stay.
fn hold(
    rows: &mut Rows,
    request: &Request,
    is_to: impl Fn(&TaskRow) -> bool,
) -> Result<HashSet<AreaCode>, Problem> {
    let pinned: HashSet<TaskId> = request.order.pinned().collect();
    let mut held = HashMap::new();
    for task in rows.tasks.iter().filter(|task| task.state != Phase::Open && is_to(task)) {
        if !pinned.contains(&task.id)
            && let Some(visit) = rows.movable.remove(&task.id)
        {
            held.insert(task.id, (task.grid, visit));
        }
    }
    if held.is_empty() {
        return Ok(HashSet::new());
    }
    let fitting = build::problem(rows, request.order.span()?, earliest(rows, request))?;
    let mut grids = HashSet::new();
    for visit in &fitting.visits {
        grids.extend(held.remove(&visit.id).map(|(grid, _)| grid));
    }
    rows.movable.extend(held.into_iter().map(|(task, (_, visit))| (task, visit)));
    Ok(grids)
}

/// Before this no new visit begins.
fn earliest(rows: &Rows, Request { order, now, .. }: &Request) -> Earliest {
    Earliest::after(*now, order.lead(rows.settings.lead()))
}

/// Gives no new visit to people who are held up by an earlier one. Only for plans that no person
/// ordered: they would give a visit straight back to the person from whom it was just taken. A visit that is
/// not taken from its person may stay.
fn without_held_up(problem: &mut DispatchProblem, tasks: &[TaskRow], now: DateTime<Utc>) {
    let people = overruns::held_up(tasks, now);
    if people.is_empty() {
        return;
    }
    let holders = tasks.iter().filter_map(|row| Some((row.id, row.assignee?)));
    let holders: HashMap<TaskId, PersonId> = holders.collect();
    for visit in problem.visits.iter_mut().filter(|visit| visit.pinned.is_none()) {
        let holder = holders.get(&visit.id);
        visit.forbidden.extend(people.iter().filter(|person| Some(*person) != holder));
    }
}

#[cfg(test)]
mod tests;
