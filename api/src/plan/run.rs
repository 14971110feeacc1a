//! One dispatch run, from reading to writing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gridward_dispatch::solve::{self, Options};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{PersonId, PlanId};
use uuid::Uuid;

use super::apply::{Draft, apply};
use super::model::{Plan, Span};
use super::{build, store};
use crate::area;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::tx::Db;

/// The order for a run.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The area.
    pub area: AreaCode,
    /// The days.
    pub span: Span,
    /// The random seed. The same seed and the same tasks give the same plan.
    pub seed: u64,
    /// The requester; `None` on the command line.
    pub by: Option<PersonId>,
}

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

/// Plans the open tasks of the order and assigns them.
///
/// # Errors
/// 503 when the database is unavailable; nothing is written then.
pub async fn run(db: &Db, order: Order) -> Result<(Plan, Timing), Problem> {
    let (draft, timing) = draft(db, order).await?;
    let began = Instant::now();
    let plan = db.write(order.area.district(), move |tx| apply(tx, &draft)).await?;
    Ok((plan, Timing { write: began.elapsed(), ..timing }))
}

/// Plans the open tasks of the order without writing anything.
///
/// # Errors
/// As [`run`].
pub async fn draft(db: &Db, order: Order) -> Result<(Arc<Draft>, Timing), Problem> {
    let began = Instant::now();
    let Order { area, span, seed, by } = order;
    let read = move |conn: &mut _| {
        if area::store::current(conn, &area)?.is_none() {
            return Err(Problem::invalid("/area", "the area does not exist"));
        }
        let rows = store::rows(conn, &area.range(), span)?;
        let problem = build::problem(&rows, span)?;
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
    let id = PlanId(Uuid::now_v7());
    Ok((Arc::new(Draft { id, area, span, seed, by, rows, solved }), timing))
}
