//! Applies a draft: assigns its tasks, in one transaction or, if they are many, in batches.

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::{PersonId, PlanId, TaskId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::batches::{self, Change};
use super::plan_state;
use super::work::Work;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::plan::drafts::visit_store::{self, VisitRow};
use crate::plan::model::{
    APPLICABLE_FOR, LeftBecause, LeftTask, Plan, PlanOrigin, PlanResult, PlanState,
};
use crate::plan::plan_row::PlanRow;
use crate::plan::request::changes::PlanChanges;
use crate::plan::store;
use crate::tx::Tx;

/// A plan is applied without a confirmation if it makes at most one in this many visits late.
const LATE_RATIO: u64 = 10;

/// How a plan is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "conflicts": "refuse" }))]
pub struct ApplyPlan {
    /// What happens if visits can no longer be made as they were computed.
    pub conflicts: Conflicts,
    /// Applies the plan although it makes more than a tenth of its visits late.
    pub confirm: bool,
}

/// What happens with a plan of which visits can no longer be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conflicts {
    /// Their tasks are left as they are, and the others are assigned, if any.
    #[default]
    Skip,
    /// Nothing is applied. Of a plan of more than 2,000 tasks, those that change after its first batch has begun
    /// are left.
    Refuse,
}

/// Assigns the tasks of the draft. Many tasks are assigned by the planner, in batches: the plan is
/// `applying` until then.
///
/// # Errors
/// 404 outside the scope; 409 for another state, while another plan of the area is applied or undone,
/// without a necessary confirmation, for a draft that is outdated with [`Conflicts::Refuse`], and for a
/// small plan of which every task has changed or has passed, or every one that it does not move from a visit
/// that could still be made; 410 for an expired draft. Nothing is written then.
pub fn apply(
    tx: &mut Tx<'_>,
    scope: &AreaRange,
    id: PlanId,
    by: Option<PersonId>,
    how: ApplyPlan,
) -> Result<PlanResult, Problem> {
    let row = store::row(tx.read_unbatched(), scope, id)?.ok_or_else(Problem::not_found)?;
    let (changes, district) = (row.changes()?, row.district);
    let result = begun(tx, row, &changes, by, how)?;
    let today = clock::day(tx.now);
    if is_outdated(tx.read_unbatched(), (district, id), &result, today)? {
        return Err(Problem::from(ProblemCode::PlanOutdated).showing(&result.left));
    }
    Ok(result)
}

/// Whether every task has changed or has passed: for instance, another plan of the same tasks was applied
/// before, or the days are over. Visits that are moved make room for those of open tasks, so they count only
/// in a plan without such. A task whose former visit is of a day that has passed counts as an open one: it
/// needs its visit.
fn is_outdated(
    conn: &mut Conn,
    (district, id): (AreaCode, PlanId),
    PlanResult { plan, left }: &PlanResult,
    today: NaiveDate,
) -> Result<bool, DbError> {
    if left.is_empty() {
        return Ok(false);
    }
    let is_over =
        |left: &LeftTask| matches!(left.because, LeftBecause::Changed | LeftBecause::Passed);
    let ids: Vec<(PlanId, TaskId)> = left.iter().map(|left| (id, left.task_id)).collect();
    let visits = visit_store::of_tasks(conn, district, &ids)?;
    let given = visit_store::assignments(conn, district, id)?;
    let all = given.iter().chain(visits.values());
    let moved: Vec<(PlanId, TaskId)> =
        all.filter_map(|visit| Some((visit.former_plan?, visit.task))).collect();
    let former = visit_store::of_tasks(conn, district, &moved)?;
    let is_new = |visit: &VisitRow| {
        let day = former.get(&visit.task).and_then(|former| former.day);
        visit.former_plan.is_none() || day.is_some_and(|day| day < today)
    };
    let new = left.iter().filter(|left| visits.get(&left.task_id).is_some_and(is_new));
    let new: Vec<&LeftTask> = new.collect();
    if new.is_empty() {
        return Ok(plan.assigned == 0 && left.iter().all(is_over));
    }
    let gives_new = given.iter().any(is_new);
    Ok(!gives_new && new.into_iter().all(is_over))
}

/// As [`apply`], without regard to how many tasks are assigned; `changes` are those of the order.
fn begun(
    tx: &mut Tx<'_>,
    mut row: PlanRow,
    changes: &PlanChanges,
    by: Option<PersonId>,
    how: ApplyPlan,
) -> Result<PlanResult, Problem> {
    check(&row, tx, how)?;
    batches::check_alone(tx, &row)?;
    if how.conflicts == Conflicts::Refuse {
        let work = Work::read(tx.read_unbatched(), &row, changes)?;
        let left = work.assignments(tx, &row, &work.visits)?.left;
        if !left.is_empty() {
            return Err(Problem::from(ProblemCode::PlanOutdated).showing(&left));
        }
    }
    batches::begin(tx, &mut row, Change::Apply, by)?;
    batches::finish_if_small(tx, row, changes)
}

/// Applies a draft that is to be applied as soon as it is computed, and answers the applied plan; `changes` are
/// those of its order. One of a night that makes more than a tenth of its visits late remains a draft, for a
/// person to confirm; freed tasks can have no earlier day.
///
/// # Errors
/// As [`apply`].
pub fn apply_at_once(
    tx: &mut Tx<'_>,
    row: PlanRow,
    changes: &PlanChanges,
) -> Result<Option<Plan>, Problem> {
    let how = ApplyPlan { confirm: row.origin == PlanOrigin::Replan, ..ApplyPlan::default() };
    if !row.is_applied_at_once || (!how.confirm && too_late(&row)?.is_some()) {
        return Ok(None);
    }
    let by = row.created_by;
    begun(tx, row, changes, by, how).map(|result| Some(result.plan))
}

/// The numbers of visits that the plan makes late and of all its visits, if these are more than a tenth.
fn too_late(row: &PlanRow) -> Result<Option<(u64, u64)>, DbError> {
    let kept = row.kept()?;
    let count = |name: &str| kept.measures[name].as_u64().unwrap_or_default();
    let (late, visits) = match kept.made_late {
        Some(late) => (late.into(), kept.assigned.into()),
        None => (count("late"), count("served")),
    };
    Ok((late * LATE_RATIO > visits).then_some((late, visits)))
}

/// An error, unless the plan is a draft that can be applied.
fn check(row: &PlanRow, tx: &Tx<'_>, how: ApplyPlan) -> Result<(), Problem> {
    // A daily job discards expired drafts.
    let was_draft = matches!(row.state, PlanState::Draft | PlanState::Discarded);
    let is_old = tx.now - row.created_at.and_utc() > APPLICABLE_FOR;
    if is_old && was_draft && row.campaign.is_none() {
        return Err(ProblemCode::PlanExpired.into());
    }
    if row.state != PlanState::Draft || row.campaign.is_some() {
        return Err(plan_state::refused(&row.clone().plan()?));
    }
    if let Some((late, visits)) = too_late(row)?.filter(|_| !how.confirm) {
        let detail = format!("{late} of {visits} visits would be late");
        let problem = Problem::from(ProblemCode::ConfirmationRequired);
        return Err(problem.with(FieldError::new("/confirm", detail)));
    }
    Ok(())
}
