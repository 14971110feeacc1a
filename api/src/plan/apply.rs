//! Applies a draft: assigns its tasks in one transaction.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::Role;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use gridward_domain::task::{self as life, AutomaticCommand, Candidate, Transition};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::left_open;
use super::model::{APPLICABLE_FOR, LeftBecause, LeftTask, PlanOrigin, PlanResult, PlanState};
use super::store::{self, PlanRow, VisitRow};
use super::why::{self, StoredWhy};
use crate::beneficiary::visitors::{self, VisitorChoices};
use crate::clock;
use crate::db::DbError;
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::task::breach;
use crate::task::row::TaskRow;
use crate::tx::Tx;
use crate::{person, task};

/// A plan is applied without a confirmation if at most one in this many visits is late.
const LATE_RATIO: u64 = 10;

/// How a plan is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "conflicts": "refuse" }))]
pub struct ApplyPlan {
    /// What happens if tasks have changed since the draft was computed.
    pub conflicts: Conflicts,
    /// Applies the plan although more than a tenth of its visits are late.
    pub confirm: bool,
}

/// What happens with a plan of which tasks have changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conflicts {
    /// The changed tasks are left as they are, and the others are assigned.
    #[default]
    Skip,
    /// Nothing is applied.
    Refuse,
}

/// Assigns the tasks of the draft.
///
/// # Errors
/// 404 outside the scope; 409 for another state, without a necessary confirmation, and with
/// [`Conflicts::Refuse`] for changed tasks; 410 for an expired draft. Nothing is written then.
pub fn apply(
    tx: &mut Tx<'_>,
    scope: &AreaRange,
    id: PlanId,
    by: Option<PersonId>,
    how: ApplyPlan,
) -> Result<PlanResult, Problem> {
    let mut row = store::row(tx.read_unbatched(), scope, id)?.ok_or_else(Problem::not_found)?;
    check(&row, tx, how)?;
    let now = tx.now;
    store::change_state(tx.write_unbatched(), &mut row, PlanState::Applied, now)?;
    let visits = store::assignments(tx.read_unbatched(), row.district, id)?;
    let facts = Facts::read(tx, row.district, &visits)?;
    let orders = why::orders(tx.read_unbatched(), row.district, id)?;
    let mut assignments = Vec::with_capacity(visits.len());
    let mut reasons = HashMap::new();
    for visit in &visits {
        let order = orders.get(&visit.task).copied();
        match assigned(&row, &facts, (visit, order), now)? {
            Ok(assignment) => assignments.push(assignment),
            Err(because) => drop(reasons.insert(visit.task, because)),
        }
    }
    for task in facts.torn(&assignments, &reasons) {
        reasons.insert(task, LeftBecause::Tied);
    }
    for (task, next) in assignments {
        if !reasons.contains_key(&task.id) {
            assign(tx, (id, by), task, next);
        }
    }
    let reasons = visits.iter().filter_map(|visit| Some((visit.task, *reasons.get(&visit.task)?)));
    let left: Vec<LeftTask> = reasons.map(|(task, because)| facts.left(task, because)).collect();
    if how.conflicts == Conflicts::Refuse && !left.is_empty() {
        return Err(Problem::from(ProblemCode::PlanOutdated).showing(&left));
    }
    let tasks: Vec<TaskId> = left.iter().map(|left| left.task_id).collect();
    left_open::mark(tx, &row, by)?;
    store::assign_none(tx.write_unbatched(), row.district, id, &tasks)?;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let (assigned, overtaken) = (count(visits.len() - left.len()), count(left.len()));
    store::count(tx.write_unbatched(), &mut row, assigned, overtaken)?;
    tx.record(
        Event::new("plan.apply", Subject::Plan, id, row.area, 2)
            .by(by)
            .with(json!({ "assigned": assigned, "overtaken": overtaken })),
    );
    Ok(PlanResult { plan: row.plan()?, left })
}

/// Applies a draft that is to be applied as soon as it is computed. One of a night of which more than
/// a tenth is late remains a draft, for a person to confirm; freed tasks may be late already.
///
/// # Errors
/// As [`apply`].
pub fn apply_at_once(tx: &mut Tx<'_>, row: &PlanRow) -> Result<(), Problem> {
    let how = ApplyPlan { confirm: row.origin == PlanOrigin::Replan, ..ApplyPlan::default() };
    if !row.is_applied_at_once || (!how.confirm && too_late(row)?.is_some()) {
        return Ok(());
    }
    apply(tx, &row.area.range(), row.id, row.created_by, how).map(drop)
}

/// The numbers of late and of served visits, if more than a tenth is late.
fn too_late(row: &PlanRow) -> Result<Option<(u64, u64)>, DbError> {
    let measures = row.kept()?.measures;
    let count = |name: &str| measures[name].as_u64().unwrap_or_default();
    let (late, served) = (count("late"), count("served"));
    Ok((late * LATE_RATIO > served).then_some((late, served)))
}

/// An error, unless the plan is a draft that can be applied.
fn check(row: &PlanRow, tx: &Tx<'_>, how: ApplyPlan) -> Result<(), Problem> {
    if row.state != PlanState::Draft {
        return Err(Problem::from(ProblemCode::PlanState).showing(&row.clone().plan()?));
    }
    if tx.now - row.created_at.and_utc() > APPLICABLE_FOR {
        return Err(ProblemCode::PlanExpired.into());
    }
    if let Some((late, served)) = too_late(row)?.filter(|_| !how.confirm) {
        let detail = format!("{late} of {served} visits would be late");
        let problem = Problem::from(ProblemCode::ConfirmationRequired);
        return Err(problem.with(FieldError::new("/confirm", detail)));
    }
    Ok(())
}

/// The present rows of a draft's tasks and the present grids of its active people.
struct Facts {
    tasks: HashMap<TaskId, TaskRow>,
    /// Those of them that are tied, with the tasks to which they are tied.
    tied: Vec<TaskRow>,
    grids: HashMap<PersonId, AreaCode>,
    visitor_choices: VisitorChoices,
}

impl Facts {
    fn read(tx: &mut Tx<'_>, district: AreaCode, visits: &[VisitRow]) -> Result<Self, DbError> {
        let going = visits.iter().filter_map(|visit| visit.person).collect();
        let ids: Vec<TaskId> = visits.iter().map(|visit| visit.task).collect();
        let grids = person::store::lock_active(tx.read()?, district, &going)?;
        let tasks = task::store::rows(tx.read()?, district, &ids)?;
        let ids = tasks.iter().filter_map(TaskRow::tie).map(|tie| tie.id).collect();
        let tied = task::tie::binding(tx.read()?, district, &ids)?;
        let visitor_choices = visitors::all(tx.read()?, district)?;
        let tasks = tasks.into_iter().map(|row| (row.id, row)).collect();
        Ok(Self { tasks, tied, grids, visitor_choices })
    }

    /// The assignments that would break a tie: without the second person, or to a person whom the
    /// present assignees of the tied tasks exclude.
    fn torn(
        &self,
        assignments: &[(&TaskRow, TaskRow)],
        left: &HashMap<TaskId, LeftBecause>,
    ) -> Vec<TaskId> {
        let next: HashMap<TaskId, &TaskRow> = assignments
            .iter()
            .filter(|(task, _)| !left.contains_key(&task.id))
            .map(|(task, next)| (task.id, next))
            .collect();
        let breaks = |row: &TaskRow| {
            let tied = self.tied.iter().filter(|other| other.tie_id == row.tie_id);
            let others = tied.filter(|other| other.id != row.id);
            let others = others.map(|other| next.get(&other.id).copied().unwrap_or(other));
            row.assignee.and_then(|person| breach::broken_tie(row, others, person)).is_some()
        };
        let broken = next.values().filter(|row| row.tie_id.is_some() && breaks(row));
        let broken: Vec<TaskId> = broken.map(|row| row.id).collect();
        broken.into_iter().chain(self.without_second_person(left)).collect()
    }

    /// The other tasks of visits by two people of which one task is left as it is.
    fn without_second_person(&self, left: &HashMap<TaskId, LeftBecause>) -> Vec<TaskId> {
        let torn: HashSet<TaskId> =
            left.keys().filter_map(|task| self.tasks.get(task)?.pair()).collect();
        let others = self.tasks.values().filter(|task| !left.contains_key(&task.id));
        let others = others.filter(|task| task.pair().is_some_and(|pair| torn.contains(&pair)));
        others.map(|task| task.id).collect()
    }

    /// Whether the person must not visit the beneficiary of the task.
    fn is_forbidden(&self, task: &TaskRow, person: PersonId) -> bool {
        visitors::forbidden(&self.visitor_choices, task.beneficiary).contains(&person)
    }

    fn left(&self, task_id: TaskId, because: LeftBecause) -> LeftTask {
        LeftTask { task_id, because, state: self.tasks.get(&task_id).map(|row| row.state) }
    }
}

/// The task of a visit before and after its assignment; or why it is left as it is.
fn assigned<'f>(
    plan: &PlanRow,
    facts: &'f Facts,
    (visit, order): (&VisitRow, Option<i32>),
    now: DateTime<Utc>,
) -> Result<Result<(&'f TaskRow, TaskRow), LeftBecause>, DbError> {
    let task = facts.tasks.get(&visit.task);
    let Some(task) = task.filter(|task| Some(task.version) == visit.task_version) else {
        return Ok(Err(LeftBecause::Changed));
    };
    let grid = visit.person.and_then(|person| facts.grids.get(&person)).copied();
    let (Some(person), Some(grid)) = (visit.person, grid.filter(|_| grid == visit.person_grid))
    else {
        return Ok(Err(LeftBecause::PersonUnavailable));
    };
    if facts.is_forbidden(task, person) {
        return Ok(Err(LeftBecause::PersonUnavailable));
    }
    // Dispatch assigns only to the visitors it has read, so the role is a visitor's.
    let to = Candidate { person, role: Role::Volunteer, grid };
    let command = AutomaticCommand::Assign { to, within: plan.area };
    let applied = life::apply_automatic(&task.life()?, &command, clock::day(now));
    let Ok(Transition::Changed(next)) = applied else {
        return Ok(Err(LeftBecause::Changed));
    };
    let row = TaskRow {
        planned_on: visit.day,
        planned_start: visit.start,
        planned_minutes: visit.minutes,
        plan: Some(plan.id),
        planned_why: Some(StoredWhy::read(&visit.reason)?.decisive()),
        planned_travel: visit.travel,
        planned_order: order,
        ..task.moved(&next, now)
    };
    Ok(Ok((task, row)))
}

/// Queues the assignment, which is written together with the plan's others at the end of the
/// transaction.
fn assign(tx: &mut Tx<'_>, (plan, by): (PlanId, Option<PersonId>), task: &TaskRow, next: TaskRow) {
    tx.record(
        Event::new("task.assign", Subject::Task, task.id, next.grid, next.version)
            .by(by)
            .assignees(None, next.assignee)
            .with(json!({ "plan": plan })),
    );
    tx.replace(task, next);
}
