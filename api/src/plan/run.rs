//! One dispatch run: reading and solving; and, for the command line, storing and applying a draft.

use std::time::{Duration, Instant};

use chrono::NaiveDate;
use gridward_dispatch::solve::{self, Options};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::PlanId;
use uuid::Uuid;

use super::build::Rows;
use super::computed::{Computed, Order};
use super::earliest::Earliest;
use super::model::{Plan, PlanResult};
use super::span::Span;
use super::{apply, build, draft, store};
use crate::area;
use crate::clock;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::tx::Db;

/// The duration of each stage of a run.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Reading tasks and people and building the problem.
    pub read: Duration,
    /// Solving it.
    pub solve: Duration,
    /// Writing the plan.
    pub write: Duration,
}

/// Plans the open tasks of the order as a draft: no task changes.
///
/// # Errors
/// 503 when the database is unavailable; nothing is written then.
pub async fn draft(db: &Db, order: Order) -> Result<(Plan, Timing), Problem> {
    let (computed, timing) = compute(db, order).await?;
    let began = Instant::now();
    let stored = db.write(order.area.district(), move |tx| draft::store(tx, &computed));
    let plan = stored.await.map_err(Problem::from)?;
    Ok((plan, Timing { write: began.elapsed(), ..timing }))
}

/// Assigns the tasks of a draft of the area, on the command line, whose user has seen it.
///
/// # Errors
/// As [`apply::apply`].
pub async fn apply(db: &Db, area: AreaCode, id: PlanId) -> Result<PlanResult, Problem> {
    let how = apply::ApplyPlan { confirm: true, ..apply::ApplyPlan::default() };
    let applied =
        db.write(area.district(), move |tx| apply::apply(tx, &area.range(), id, None, how));
    applied.await
}

/// Plans the open tasks of the order without writing anything.
///
/// # Errors
/// As [`draft`].
pub async fn compute(db: &Db, order: Order) -> Result<(Computed, Timing), Problem> {
    let began = Instant::now();
    let Order { area, span, seed, now, .. } = order;
    let earliest = Earliest::after(now, order.lead);
    let read = move |conn: &mut _| {
        if area::store::current(conn, &area)?.is_none() {
            return Err(Problem::invalid("/area", "the area does not exist"));
        }
        let mut rows = store::rows(conn, &area.range(), span)?;
        if !order.include_late {
            leave_later(&mut rows, span, clock::day(now));
        }
        let problem = build::problem(&rows, span, earliest)?;
        Ok((rows, problem, began.elapsed()))
    };
    let (rows, problem, read) = db.read(read).await?;
    let began = Instant::now();
    // Visitors of the village, then of the town, are added as helpers.
    let options = Options { seed, reach: Level::Town, ..Options::default() };
    let solved = tokio::task::spawn_blocking(move || solve::plan(&problem, &options));
    let solved = solved.await.map_err(|_| DbError::Panicked)?;
    let solved = solved.map_err(|error| DbError::corrupt("tasks", error))?;
    let timing = Timing { read, solve: began.elapsed(), write: Duration::ZERO };
    Ok((Computed { id: PlanId(Uuid::now_v7()), order, rows, solved }, timing))
}

/// Leaves open tasks out that every day of the span makes late, while earlier days are possible.
fn leave_later(rows: &mut Rows, span: Span, today: NaiveDate) {
    let first = span.first();
    if first > today {
        rows.tasks.retain(|task| task.assignee.is_some() || task.due_on >= first);
    }
}
