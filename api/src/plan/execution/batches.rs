//! Applies and undoes a plan part by part. A plan of many tasks would keep others from writing for
//! seconds if it were one transaction, so each batch is one, together with the place that it has
//! reached: a server that stops loses nothing, and another one goes on under a new lease. Tied tasks
//! are in one batch. A small plan is one transaction.

use std::sync::Arc;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId};
use serde_json::json;
use uuid::Uuid;

use super::left;
use super::left_open::{self, LeftOpen};
use super::undo;
use super::work::{BATCH, Work};
use crate::db::schema::plan_visits;
use crate::db::{Conn, DbError, dialect};
use crate::http::problem::{Problem, ProblemCode};
use crate::log::{Event, Subject};
use crate::plan::compute::queue;
use crate::plan::drafts::visit_store::VisitRow;
use crate::plan::model::{LeftTask, PlanResult, PlanState};
use crate::plan::plan_row::PlanRow;
use crate::plan::problem::former_marks;
use crate::plan::request::changes::PlanChanges;
use crate::plan::store;
use crate::tx::{Db, Tx};

/// A plan of at most so many tasks is one transaction.
const SMALL: i64 = 2_000;

/// What is done with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Change {
    /// Its tasks are assigned.
    Apply,
    /// Its tasks are opened.
    Undo,
}

impl Change {
    /// The change that a plan in this state undergoes.
    pub(in crate::plan) const fn of(state: PlanState) -> Option<Self> {
        match state {
            PlanState::Applying => Some(Self::Apply),
            PlanState::Undoing => Some(Self::Undo),
            _ => None,
        }
    }

    const fn states(self) -> (PlanState, PlanState) {
        match self {
            Self::Apply => (PlanState::Applying, PlanState::Applied),
            Self::Undo => (PlanState::Undoing, PlanState::Undone),
        }
    }
}

/// The number of tasks of the plan.
fn size(conn: &mut Conn, plan: &PlanRow) -> Result<i64, DbError> {
    Ok(plan_visits::table
        .filter(plan_visits::district.eq(plan.district))
        .filter(plan_visits::plan.eq(plan.id))
        .count()
        .get_result(conn)?)
}

/// An error, if another plan of the area is being applied or undone. None begins until the end of the
/// transaction.
///
/// # Errors
/// 409 `plan_in_progress` with that plan.
pub(in crate::plan) fn check_alone(tx: &mut Tx<'_>, plan: &PlanRow) -> Result<(), Problem> {
    dialect::lock_changes_of_plans(tx.write_unbatched(), plan.district)?;
    let others = store::in_progress(tx.read_unbatched(), plan.district)?;
    let other = others.into_iter().find(|other| {
        other.id != plan.id && (other.area.contains(&plan.area) || plan.area.contains(&other.area))
    });
    match other {
        Some(other) => Err(Problem::from(ProblemCode::PlanInProgress).showing(&other.plan()?)),
        None => Ok(()),
    }
}

/// Begins a change of the plan.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn begin(
    tx: &mut Tx<'_>,
    plan: &mut PlanRow,
    change: Change,
    by: Option<PersonId>,
) -> Result<(), DbError> {
    let (during, _) = change.states();
    let now = tx.now;
    store::change_state(tx.write_unbatched(), plan, during, now)?;
    store::begin(tx.write_unbatched(), plan, by)?;
    match change {
        // Before the first batch: one that is done again would find the marks of this plan.
        Change::Apply => former_marks::remember(tx.write()?, plan),
        Change::Undo => Ok(()),
    }
}

/// Does all of a plan in this transaction, if it is small; else the planner does it. `changes` are those of its
/// order.
///
/// # Errors
/// [`Problem`] of the database.
pub(in crate::plan) fn finish_if_small(
    tx: &mut Tx<'_>,
    mut plan: PlanRow,
    changes: &PlanChanges,
) -> Result<PlanResult, Problem> {
    if size(tx.read_unbatched(), &plan)? > SMALL {
        return Ok(PlanResult { plan: plan.plan()?, left: Vec::new() });
    }
    let work = Work::read(tx.read_unbatched(), &plan, changes)?;
    let left = advance(tx, &plan, &work, &work.visits)?;
    mark(tx, &plan, &work.unserved)?;
    finish(tx, &mut plan)?;
    Ok(PlanResult { plan: plan.plan()?, left })
}

/// Does what is left to do with a plan that the lease holds, batch by batch. It ends early when another
/// server has the plan.
///
/// # Errors
/// [`DbError`]; the plan is then taken again when the lease has run out.
pub(in crate::plan) async fn run(db: &Db, plan: PlanRow, lease: Uuid) -> Result<(), DbError> {
    let key = (plan.district, plan.id);
    let work = db.read(move |conn| Work::read(conn, &plan, &plan.changes()?)).await?;
    let work = Arc::new(work);
    let all = work.visits.len() + work.unserved.len() + 1;
    for batch in work.batches() {
        let work = Arc::clone(&work);
        let done = db.write(key.0, move |tx| {
            let Some(plan) = leased(tx, key, lease)? else { return Ok::<_, DbError>(false) };
            advance(tx, &plan, &work, &work.visits[batch.clone()])?;
            let reached = work.reached(&batch);
            let (now, percent) = (tx.now, percent(batch.end, all));
            queue::reach(tx.write_unbatched(), &plan, now, reached, percent)?;
            Ok(true)
        });
        if !done.await? {
            return Ok(());
        }
    }
    for begin in (0..work.unserved.len()).step_by(BATCH) {
        let (work, end) = (Arc::clone(&work), work.unserved.len().min(begin + BATCH));
        let done = db.write(key.0, move |tx| {
            let Some(plan) = leased(tx, key, lease)? else { return Ok::<_, DbError>(false) };
            mark(tx, &plan, &work.unserved[begin..end])?;
            let (now, percent) = (tx.now, percent(work.visits.len() + end, all));
            queue::renew(tx.write_unbatched(), key, lease, percent, now)
        });
        if !done.await? {
            return Ok(());
        }
    }
    let finished = db.write(key.0, move |tx| {
        let Some(mut plan) = leased(tx, key, lease)? else { return Ok::<_, DbError>(()) };
        finish(tx, &mut plan)
    });
    finished.await
}

/// The plan, if it is still changed under the lease.
fn leased(
    tx: &mut Tx<'_>,
    key: (AreaCode, PlanId),
    lease: Uuid,
) -> Result<Option<PlanRow>, DbError> {
    let plan = queue::leased(tx.read_unbatched(), key, lease)?;
    Ok(plan.filter(|plan| Change::of(plan.state).is_some()))
}

fn percent(done: usize, all: usize) -> u8 {
    u8::try_from(done * 100 / all.max(1)).unwrap_or(99).min(99)
}

/// Assigns or opens the tasks of some visits; returns those that are left, and records why.
fn advance(
    tx: &mut Tx<'_>,
    plan: &PlanRow,
    work: &Work,
    visits: &[VisitRow],
) -> Result<Vec<LeftTask>, DbError> {
    let left = if plan.state == PlanState::Undoing {
        undo::open(tx, plan, (visits, &work.former_orders), plan.changed_by)?
    } else {
        let mut assignments = work.assignments(tx, plan, visits)?;
        let left = std::mem::take(&mut assignments.left);
        assignments.write(tx, plan, plan.changed_by);
        left
    };
    left::record(tx.write_unbatched(), plan, &left)?;
    Ok(left)
}

/// Marks the open tasks that an applied plan left without a visitor, or restores the marks before.
fn mark(tx: &mut Tx<'_>, plan: &PlanRow, unserved: &[LeftOpen]) -> Result<(), DbError> {
    if plan.state == PlanState::Undoing {
        left_open::unmark(tx, plan, unserved)
    } else {
        left_open::mark(tx, plan, unserved)
    }
}

/// Ends the change: counts what was done, and records it.
fn finish(tx: &mut Tx<'_>, plan: &mut PlanRow) -> Result<(), DbError> {
    let Some(change) = Change::of(plan.state) else { return Ok(()) };
    let (now, (_, after)) = (tx.now, change.states());
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let (done, left) = left::counts(tx.read_unbatched(), plan)?;
    let (done, left) = (count(done), count(left));
    store::change_state(tx.write_unbatched(), plan, after, now)?;
    let event = match change {
        Change::Apply => {
            store::count(tx.write_unbatched(), plan, done, left)?;
            Event::new("plan.apply", Subject::Plan, plan.id, plan.area, 2)
                .with(json!({ "assigned": done, "overtaken": left }))
        }
        Change::Undo => Event::new("plan.undo", Subject::Plan, plan.id, plan.area, 3)
            .with(json!({ "opened": done, "left": left })),
    };
    tx.record(event.by(plan.changed_by));
    Ok(())
}
