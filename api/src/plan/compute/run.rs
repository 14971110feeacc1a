//! One dispatch run: reading and solving; and, for the command line, storing and applying a draft.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use gridward_dispatch::solve::{self, DispatchProblem, Observer, Options, PlanError};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::time::Minutes;
use rayon::ThreadPool;
use std::sync::Arc;
use thiserror::Error;
use uuid::Uuid;

use super::computed::{Computed, Request};
use super::queue;
use super::solving;
use super::solving::Before;
use crate::area;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::plan::drafts::draft;
use crate::plan::execution::apply::ApplyPlan;
use crate::plan::execution::{apply, batches, left};
use crate::plan::model::{Plan, PlanResult};
use crate::plan::plan_row::PlanRow;
use crate::plan::problem::base_visit::BaseVisit;
use crate::plan::problem::build::Rows;
use crate::plan::problem::departure::remove_departures;
use crate::plan::problem::earliest::Earliest;
use crate::plan::problem::{base, build, input, movable};
use crate::plan::request::imagined::Imagined;
use crate::plan::request::order::PlanOrder;
use crate::plan::store;
use crate::plan::upkeep::overruns;
use crate::task::row::TaskRow;
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

/// Why a plan is not computed.
#[derive(Debug, Error)]
pub enum RunError {
    /// The order is refused, or the database is unavailable.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// The observer ended the computation.
    #[error("the computation was cancelled")]
    Cancelled,
}

impl From<DbError> for RunError {
    fn from(error: DbError) -> Self {
        Self::Refused(error.into())
    }
}

/// Plans the open tasks of the request as a draft: no task changes.
///
/// # Errors
/// 422 for an area that does not exist, 503 when the database is unavailable; nothing is written
/// then.
pub async fn draft(db: &Db, request: Request) -> Result<(Plan, Timing), RunError> {
    let district = request.order.area.district();
    let means = Means { pool: None, alternatives: true };
    let (computed, timing) =
        compute(db, request, |_, _| Ok(Imagined::default()), means, ()).await?;
    let began = Instant::now();
    let stored = db.write(district, move |tx| draft::store(tx, &computed));
    let plan = stored.await.map_err(Problem::from)?;
    Ok((plan, Timing { write: began.elapsed(), ..timing }))
}

/// Assigns the tasks of a draft of the area, for the command line. What is done in batches is done here,
/// unless a server begins with it.
///
/// # Errors
/// As [`apply::apply`].
pub async fn apply(
    db: &Db,
    area: AreaCode,
    id: PlanId,
    how: ApplyPlan,
) -> Result<PlanResult, Problem> {
    let applied =
        db.write(area.district(), move |tx| apply::apply(tx, &area.range(), id, None, how));
    let mut result = applied.await?;
    while result.plan.state.is_queued() {
        let lease = Uuid::now_v7();
        let taken = db.write(area.district(), move |tx| {
            let row = store::row(tx.read_unbatched(), &area.range(), id)?;
            let is_queued = |row: &PlanRow| row.state.is_queued();
            let Some(mut row) = row.filter(is_queued) else { return Ok(None) };
            let now = tx.now;
            let is_taken = queue::take(tx.write_unbatched(), &mut row, lease, now)?;
            Ok::<_, DbError>(is_taken.then_some(row))
        });
        match taken.await? {
            Some(row) => batches::run(db, row, lease).await?,
            None => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        let read = db.read(move |conn| {
            let row = store::row(conn, &area.range(), id)?.ok_or_else(Problem::not_found)?;
            Ok::<_, Problem>(left::result(conn, row)?)
        });
        result = read.await?;
    }
    Ok(result)
}

/// What a plan is computed with, besides the rows of the database.
pub struct Means {
    /// The threads; `None`: all cores.
    pub pool: Option<Arc<ThreadPool>>,
    /// Whether the explanations of served visits name other people: an estimate shows none.
    pub alternatives: bool,
}

/// Plans the open tasks of the request without writing anything. `more` are volunteers and visits
/// besides those of the database.
///
/// # Errors
/// As [`draft`], and [`RunError::Cancelled`].
pub async fn compute(
    db: &Db,
    request: Request,
    more: impl Fn(&mut Conn, &Rows) -> Result<Imagined, Problem> + Send + 'static,
    Means { pool, alternatives }: Means,
    observer: impl Observer + Send + 'static,
) -> Result<(Computed, Timing), RunError> {
    let began = Instant::now();
    let options = Options {
        seed: request.order.seed.into(),
        reach: request.order.reach,
        weights: request.order.weights.weights()?,
        alternatives,
        ..Options::default()
    };
    let asked = request.clone();
    let input = db.read(move |conn| read(conn, &asked, &more)).await?;
    let read = began.elapsed();
    let Input { rows, mut problem, base, overdue, imagined } = input;
    let is_dry = !imagined.is_empty();
    let began = Instant::now();
    let (area, selected) = (request.order.area, request.order.only.area);
    let changes = request.order.changes.clone();
    let movable: Vec<BaseVisit> = rows.movable.values().copied().collect();
    let solved = tokio::task::spawn_blocking(move || {
        let mut solve = || {
            let before = Before { base: &base, movable: &movable, changes: &changes };
            solving::solve(&mut problem, before, &options, &observer)
        };
        let mut solved = match pool {
            Some(pool) => pool.install(solve),
            None => solve(),
        }?;
        let left = remove_departures(&mut problem, &mut solved);
        let measured = selected.or(left.then_some(area.district()));
        let is_shown = alternatives && selected.is_none();
        let wide = (measured.is_some() || is_shown).then(|| problem.reaching(options.reach));
        // Visits that people hold elsewhere take their time, but the order does not ask about them.
        if let Some((area, wide)) = measured.zip(wide.as_ref()) {
            solved.measures = solve::measures_in(wide, &solved, &area);
        }
        let bounds = wide.filter(|_| is_shown).map(|wide| solve::bounds(&wide, &solved));
        let volunteers = if is_dry { problem.volunteers } else { Vec::new() };
        Ok((solved, bounds, volunteers, base))
    });
    let (solved, bounds, volunteers, base) = match solved.await.map_err(|_| DbError::Panicked)? {
        Ok(solved) => solved,
        Err(PlanError::Cancelled) => return Err(RunError::Cancelled),
        Err(error) => return Err(DbError::corrupt("tasks", error).into()),
    };
    let timing = Timing { read, solve: began.elapsed(), write: Duration::ZERO };
    let computed = Computed { request, rows, base, overdue, solved, bounds, imagined, volunteers };
    Ok((computed, timing))
}

/// What the solver gets, and what it is made from.
struct Input {
    rows: Rows,
    problem: DispatchProblem,
    /// The visits of the plan on which the new one is based.
    base: Vec<BaseVisit>,
    /// Number of open tasks that are left out, since every day makes them late.
    overdue: u32,
    /// The grid and the minutes at the door of each visit that does not exist.
    imagined: HashMap<TaskId, (AreaCode, Minutes)>,
}

/// Reads the input of the request. `more` are volunteers and visits besides those of the database.
fn read(
    conn: &mut Conn,
    Request { order, now, by, .. }: &Request,
    more: impl Fn(&mut Conn, &Rows) -> Result<Imagined, Problem>,
) -> Result<Input, Problem> {
    if area::store::current(conn, &order.area)?.is_none() {
        return Err(Problem::invalid("/area", "the area does not exist"));
    }
    let span = order.span()?;
    let mut rows = input::rows(conn, &order.area.range(), span, *now)?;
    let overdue = select(&mut rows, order, clock::day(*now));
    let earliest = Earliest::after(*now, order.lead(rows.settings.lead()));
    rows.movable = movable::read(conn, order, &rows.tasks)?;
    if by.is_none() {
        // Those that an earlier visit of their person holds up.
        movable::free(&mut rows.tasks, &rows.movable);
    }
    let mut problem = build::problem(&rows, span, earliest)?;
    if by.is_none() {
        without_held_up(&mut problem, &rows, *now);
    }
    let more = more(conn, &rows)?;
    let imagined = more.visits.iter().map(|visit| (visit.id, (visit.grid, visit.service)));
    let imagined = imagined.collect();
    problem.volunteers.extend(more.volunteers);
    problem.visits.extend(more.visits);
    order.changes.apply(&mut problem);
    let base = base::visits(conn, order)?;
    Ok(Input { rows, problem, base, overdue, imagined })
}

/// Gives no new visit to people who are held up by an earlier one. Only for plans that no person
/// ordered: they would give a visit straight back to the person from whom it was just taken.
fn without_held_up(problem: &mut DispatchProblem, rows: &Rows, now: DateTime<Utc>) {
    let people = overruns::held_up(&rows.tasks, now);
    let free = problem.visits.iter_mut().filter(|visit| visit.pinned.is_none());
    free.for_each(|visit| visit.forbidden.extend(&people));
}

/// Leaves the open tasks out that the order does not select, and those that every day of the span
/// makes late while earlier days are possible, unless the order wants them; answers how many these are.
fn select(rows: &mut Rows, order: &PlanOrder, today: NaiveDate) -> u32 {
    // A decision by hand counts more than an earlier refusal.
    for pin in &order.changes.pins {
        if let Some(people) = rows.refusals.get_mut(&pin.task_id) {
            people.retain(|person| *person != pin.person_id);
        }
    }
    let is_late = |due: NaiveDate| order.leaves_out(due, today);
    let includes = order.only.matcher();
    let is_selected = |task: &TaskRow| includes(task) && !is_late(task.due_on);
    let is_overdue =
        |task: &TaskRow| task.assignee.is_none() && includes(task) && is_late(task.due_on);
    let mut overdue = 0;
    // Two people make a visit together: with one of its tasks the other is selected.
    let selected = rows.tasks.iter().filter(|task| task.assignee.is_none() && is_selected(task));
    let pairs: HashSet<TaskId> = selected.filter_map(TaskRow::pair).collect();
    rows.tasks.retain(|task| {
        let is_in_pair = task.pair().is_some_and(|pair| pairs.contains(&pair));
        let is_kept = task.assignee.is_some() || is_in_pair || is_selected(task);
        overdue += u32::from(!is_kept && is_overdue(task));
        is_kept
    });
    overdue
}
