//! One dispatch run: reading and solving; and, for the command line, storing and applying a draft.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use gridward_dispatch::solve::{self, Observer, Options};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::time::Minutes;
use rayon::ThreadPool;
use std::sync::Arc;
use uuid::Uuid;

use super::computed::{Computed, Request};
use super::queue;
use super::run_error::RunError;
use super::{solver_problem, solving};
use crate::area;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::plan::drafts::draft;
use crate::plan::execution::apply::ApplyPlan;
use crate::plan::execution::{apply, batches, left};
use crate::plan::model::{Plan, PlanResult};
use crate::plan::plan_row::PlanRow;
use crate::plan::problem::base::{self, Base};
use crate::plan::problem::build::Rows;
use crate::plan::problem::carried::Carried;
use crate::plan::problem::departure::remove_departures;
use crate::plan::problem::{input, missed, movable};
use crate::plan::request::goods_handover;
use crate::plan::request::imagined::Imagined;
use crate::plan::request::order::PlanOrder;
use crate::plan::request::span::Span;
use crate::plan::settings::ReplanMode;
use crate::plan::store;
use crate::task::row::TaskRow;
use crate::task::schedule::work_time::work_columns;
use crate::tx::Db;

/// The duration of each stage of a run.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Reading tasks and people.
    pub read: Duration,
    /// Building the problem and solving it.
    pub solve: Duration,
    /// Writing the plan.
    pub write: Duration,
}

/// Plans the open tasks of the request as a draft on these threads: no task changes.
///
/// # Errors
/// 422 for an area that does not exist, 503 when the database is unavailable; nothing is written
/// then.
pub async fn draft(
    db: &Db,
    request: Request,
    pool: Arc<ThreadPool>,
) -> Result<(Plan, Timing), RunError> {
    let district = request.order.area.district();
    let means = Means { pool, alternatives: true, is_ordered: true, replan: None };
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
    /// The threads.
    pub pool: Arc<ThreadPool>,
    /// Whether the explanations of served visits name other people: an estimate shows none.
    pub alternatives: bool,
    /// Whether a person ordered the plan.
    pub is_ordered: bool,
    /// Of a plan of freed and urgent tasks that no person ordered: whether it is applied at once.
    pub replan: Option<bool>,
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
    Means { pool, alternatives, is_ordered, replan }: Means,
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
    let input = db.read(move |conn| read(conn, (&asked, is_ordered, replan), &more)).await?;
    let read = began.elapsed();
    let began = Instant::now();
    let computed = tokio::task::spawn_blocking(move || {
        pool.install(|| solved(input, request, &options, &observer))
    });
    let computed = computed.await.map_err(|_| DbError::Panicked)??;
    let timing = Timing { read, solve: began.elapsed(), write: Duration::ZERO };
    Ok((computed, timing))
}

/// The plan of the input with its measures and, with alternatives, its bounds.
fn solved(
    Input { mut rows, mut more, mut base, overdue, imagined, urgent }: Input,
    request: Request,
    options: &Options,
    observer: &impl Observer,
) -> Result<Computed, RunError> {
    let unreal: HashSet<TaskId> = imagined.keys().copied().collect();
    let managers_only = more.managers_only;
    let (asked, before) = ((&request, &mut more), (&base, urgent.as_ref()));
    let (mut problem, mut solved) =
        solver_problem::solved(&mut rows, asked, before, options, observer)?;
    // The solver checks each plan that it computes. This is the one that is stored, with the problem whose
    // measures and bounds it gets: not that of another round or of other pins.
    debug_assert_eq!(
        solve::check(&problem.reaching(options.reach), &solved),
        Ok(()),
        "a plan keeps the rules of its problem"
    );
    let alone = (&solved, &unreal);
    let unserved_alone = solving::unserved_alone(&mut problem, alone, options, observer)?;
    base.forget_held(&rows);
    base::keep_day_reasons(&mut solved, &base.day_reasons);
    let left = remove_departures(&mut problem, &mut solved);
    let measured = request.order.only.area.or(left.then_some(request.order.area.district()));
    let alternatives = options.alternatives;
    let wide = (measured.is_some() || alternatives).then(|| problem.reaching(options.reach));
    // Visits that people hold elsewhere take their time, but the order does not ask about them.
    if let Some((area, wide)) = measured.zip(wide.as_ref()) {
        solved.measures = solve::measures_in(wide, &solved, &area);
    }
    let bounds = wide.filter(|_| alternatives).map(|wide| match measured {
        Some(area) => solve::bounds_in(&wide, &solved, &area),
        None => solve::bounds(&wide, &solved),
    });
    let mut volunteers = if unreal.is_empty() { Vec::new() } else { problem.volunteers };
    if managers_only {
        volunteers.retain(goods_handover::hands_out);
    }
    Ok(Computed {
        request,
        rows,
        base,
        overdue,
        solved,
        bounds,
        imagined,
        unserved_alone,
        volunteers,
        managers_only,
    })
}

/// What the problem of the solver is made from.
struct Input {
    rows: Rows,
    /// What the problem has besides.
    more: Imagined,
    /// The plan on which the new one is based.
    base: Base,
    /// Number of open tasks that are left out, since every day makes them late.
    overdue: u32,
    /// The grid and the minutes at the door of each visit that does not exist.
    imagined: HashMap<TaskId, (AreaCode, Minutes)>,
    /// The visits for which alone those of people move; `None`: all.
    urgent: Option<HashSet<TaskId>>,
}

/// Reads the input of the request. `more` are volunteers and visits besides those of the database.
fn read(
    conn: &mut Conn,
    (Request { order, now, by, .. }, is_ordered, replan): (&Request, bool, Option<bool>),
    more: impl Fn(&mut Conn, &Rows) -> Result<Imagined, Problem>,
) -> Result<Input, Problem> {
    if area::store::current(conn, &order.area)?.is_none() {
        return Err(Problem::invalid("/area", "the area does not exist"));
    }
    let span = order.span()?;
    let mut rows = input::rows(conn, &order.area.range(), span, *now)?;
    let today = clock::day(*now);
    let before = missed::before(*now, is_ordered);
    let missed = missed::read(conn, order.area, before, (&rows.tasks, &rows.tied))?;
    let overdue = select(&mut rows, order, &missed, (span, today));
    // What is applied at once moves others only where the district wants no suggestions.
    let may_move = |at_once: bool| !at_once || rows.settings.replan == ReplanMode::Automatic;
    let urgent = replan.is_some_and(may_move).then(|| movable::urgent(order, &rows.tasks));
    let urgent = urgent.unwrap_or_default();
    let around: HashSet<AreaCode> = urgent.values().copied().collect();
    rows.movable = movable::read(conn, order, (&around, *now), &rows.tasks)?;
    if by.is_none() {
        // Those that an earlier visit of their person holds up.
        movable::free(&mut rows.tasks, order, &rows.movable);
    }
    let more = more(conn, &rows)?;
    let imagined = more.visits.iter().map(|visit| (visit.id, (visit.grid, visit.service)));
    let imagined = imagined.collect();
    let base = Base::read(conn, order, &rows.tasks)?;
    let urgent = (!order.move_unaccepted).then(|| urgent.into_keys().collect());
    Ok(Input { rows, more, base, overdue, imagined, urgent })
}

/// Leaves the open tasks out that the order does not select, and those that every day of the span
/// makes late while earlier days are possible, unless the order wants them or a change names them; answers how
/// many these are. The `missed` visits are as open tasks, but stay with their people where they are left out.
fn select(
    rows: &mut Rows,
    order: &PlanOrder,
    missed: &HashSet<TaskId>,
    (span, today): (Span, NaiveDate),
) -> u32 {
    // A decision by hand counts more than an earlier refusal.
    for pin in &order.changes.pins {
        if let Some(people) = rows.refusals.get_mut(&pin.task_id) {
            people.retain(|person| *person != pin.person_id);
        }
    }
    let named: HashSet<TaskId> = order.changes.tasks().map(|(_, task)| task).collect();
    let is_late =
        |task: &TaskRow| order.leaves_out(task.due_on, today) && !named.contains(&task.id);
    let includes = order.only.matcher();
    let is_selected = |task: &TaskRow| includes(task) && !is_late(task);
    let is_open = |task: &TaskRow| task.assignee.is_none() || missed.contains(&task.id);
    let is_overdue = |task: &TaskRow| is_open(task) && includes(task) && is_late(task);
    let (mut overdue, mut planned_anew) = (0, Vec::new());
    // Two people make a visit together: with one of its tasks the other is selected.
    let selected = rows.tasks.iter().filter(|task| is_open(task) && is_selected(task));
    let pairs: HashSet<TaskId> = selected.filter_map(TaskRow::pair).collect();
    rows.tasks.retain_mut(|task| {
        let is_in_pair = task.pair().is_some_and(|pair| pairs.contains(&pair));
        let is_planned = is_in_pair || is_selected(task);
        overdue += u32::from(!is_planned && is_overdue(task));
        if is_planned && missed.contains(&task.id) {
            planned_anew.push(work_columns(task));
            movable::as_open(task);
        }
        is_planned || task.assignee.is_some()
    });
    // The plan itself has them now.
    let planned_anew = Carried::of(planned_anew, span, rows.settings.fairness_weeks);
    rows.carried.leave_out(&planned_anew);
    overdue
}

#[cfg(test)]
mod tests;
