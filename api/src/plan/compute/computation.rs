//! The computation of a plan of the queue: under a lease, which is renewed until the plan is stored.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use gridward_dispatch::solve::Observer;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PlanId;
use gridward_domain::word::Word as _;
use rayon::ThreadPool;
use tokio::time::Instant;
use uuid::Uuid;

use super::computed::{Computed, Request};
use super::planner::Planner;
use super::queue;
use super::run::{self, Means};
use super::run_error::RunError;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::plan::drafts::draft;
use crate::plan::execution::apply;
use crate::plan::model::{Plan, PlanOrigin, PlanState};
use crate::plan::plan_row::PlanRow;
use crate::plan::problem::build::Rows;
use crate::plan::request::imagined::Imagined;
use crate::plan::request::order::PlanOrder;
use crate::plan::request::stored_order::StoredOrder;
use crate::plan::store;
use crate::plan::upkeep::suggestion;
use crate::tx::Tx;

/// How often a lease is renewed, the progress stored and a cancellation noticed.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(1);

/// The progress of a computation, and whether it is to end.
#[derive(Default)]
struct Progress {
    percent: AtomicU8,
    is_cancelled: AtomicBool,
}

/// Continues unless the computation is to end.
pub(in crate::plan) fn unless(ends: bool) -> ControlFlow<()> {
    if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl Observer for Progress {
    fn advanced(&self, done: usize, total: usize) {
        // The last percent are those of storing the plan.
        let percent = done.saturating_mul(99).checked_div(total).unwrap_or(99);
        let percent = u8::try_from(percent).unwrap_or(99);
        self.percent.fetch_max(percent, Ordering::Relaxed);
    }

    fn proceed(&self) -> ControlFlow<()> {
        unless(self.is_cancelled.load(Ordering::Relaxed))
    }
}

impl Planner {
    /// Computes the plan; one that cannot be computed is given up.
    pub(in crate::plan) async fn run_computation(
        &self,
        row: PlanRow,
        lease: Uuid,
        pool: &Arc<ThreadPool>,
    ) -> Result<(), DbError> {
        let (district, id, origin, began) = (row.district, row.id, row.origin, Instant::now());
        let computed = self.compute(row, lease, pool).await;
        let outcome = if computed.is_ok() { "ok" } else { "error" };
        let seconds = began.elapsed().as_secs_f64();
        self.metrics.plan_computed(origin.as_str(), outcome, seconds);
        match computed {
            Ok(applied) => {
                if let Some(plan) = applied.filter(|plan| plan.origin == PlanOrigin::Replan) {
                    self.metrics.replanned(plan.assigned);
                }
                Ok(())
            }
            // The lease runs out, and the plan is taken again.
            Err(RunError::Refused(problem)) if problem.is_retryable() => {
                tracing::warn!(plan = %id, %problem, "a plan was not computed");
                Ok(())
            }
            Err(error) => {
                tracing::error!(plan = %id, %error, "a plan was not computed");
                self.give_up(district, id, lease).await
            }
        }
    }

    /// Computes the plan and stores it, unless it is discarded meanwhile. Answers the plan if it is applied at
    /// once.
    async fn compute(
        &self,
        row: PlanRow,
        lease: Uuid,
        pool: &Arc<ThreadPool>,
    ) -> Result<Option<Plan>, RunError> {
        let key = (row.district, row.id);
        let order = row.order()?.ok_or_else(|| DbError::corrupt("plans", "no order"))?;
        let StoredOrder { order, imagined } = order;
        let request = Request { id: row.id, order, now: (self.clock)(), by: row.created_by };
        let progress = Arc::new(Progress::default());
        let is_dry = imagined.is_some();
        let keeping = self.clone().keep(key, (lease, is_dry), Arc::clone(&progress));
        let keeping = tokio::spawn(keeping);
        let means = Means {
            pool: Arc::clone(pool),
            alternatives: imagined.is_none(),
            is_ordered: row.origin.is_ordered(),
            replan: (row.origin == PlanOrigin::Replan).then_some(row.is_applied_at_once),
        };
        let (area, span) = (request.order.area, request.order.span()?);
        let today = clock::day(request.now);
        let keys = self.keys.clone();
        let more = move |conn: &mut Conn, rows: &Rows| {
            let Some(imagined) = &imagined else { return Ok(Imagined::default()) };
            let key = keys.key(conn, area.district())?;
            let visits = imagined.read(conn, (rows, &key), (area, span, today))?;
            let managers_only = imagined.managers_only;
            Ok(Imagined { visits, managers_only, ..Imagined::default() })
        };
        let computed = run::compute(&self.db, request, more, means, progress).await;
        let stored = match computed {
            Ok((computed, _)) => {
                let finish = move |tx: &mut Tx<'_>| finish(tx, &computed, key, lease);
                self.db.write(key.0, finish).await.map_err(RunError::from)
            }
            // Discarded, taken by another server, or a dry plan that gave way; or the server stops, and
            // the next one begins anew at once.
            Err(RunError::Cancelled) => {
                let hand_back =
                    move |tx: &mut Tx<'_>| queue::hand_back(tx.write_unbatched(), key, lease);
                self.db.write(key.0, hand_back).await.map_err(RunError::from).map(|_| None)
            }
            Err(error) => Err(error),
        };
        keeping.abort();
        stored
    }

    /// Renews the lease and stores the progress; cancels the computation when the plan has been
    /// discarded or the server stops, and that of a dry plan when another plan waits.
    async fn keep(
        self,
        key: (AreaCode, PlanId),
        (lease, is_dry): (Uuid, bool),
        progress: Arc<Progress>,
    ) {
        let mut stopping = self.shutdown.signal();
        loop {
            tokio::select! {
                () = tokio::time::sleep(RENEWAL_INTERVAL) => {}
                () = stopping.started() => {
                    progress.is_cancelled.store(true, Ordering::Relaxed);
                    return;
                }
            }
            let (percent, now) = (progress.percent.load(Ordering::Relaxed), (self.clock)());
            let renewed = self.db.write(key.0, move |tx| {
                if is_dry && queue::give_way(tx.write_unbatched(), key, lease, now)? {
                    return Ok(false);
                }
                queue::renew(tx.write_unbatched(), key, lease, percent, now)
            });
            match renewed.await {
                Ok(true) => {}
                Ok(false) => {
                    progress.is_cancelled.store(true, Ordering::Relaxed);
                    return;
                }
                Err(error) => tracing::warn!(%error, "the lease of a plan was not renewed"),
            }
        }
    }

    /// Ends a plan that could not be computed.
    async fn give_up(&self, district: AreaCode, id: PlanId, lease: Uuid) -> Result<(), DbError> {
        let given_up = self.db.write(district, move |tx| {
            let now = tx.now;
            match queue::leased(tx.read_unbatched(), (district, id), lease)? {
                Some(mut row) => {
                    store::change_state(tx.write_unbatched(), &mut row, PlanState::Failed, now)
                }
                None => Ok(()),
            }
        });
        given_up.await
    }
}

/// Stores a computed plan and applies it, if it is applied at once, unless its lease was lost; a suggestion
/// that needs a wider area is computed anew.
fn finish(
    tx: &mut Tx<'_>,
    computed: &Computed,
    key: (AreaCode, PlanId),
    lease: Uuid,
) -> Result<Option<Plan>, Problem> {
    let Some(mut row) = queue::leased(tx.read_unbatched(), key, lease)? else {
        return Ok(None);
    };
    if let Some(area) = suggestion::wider(&row, computed) {
        let order = PlanOrder { area, ..computed.request.order.clone() };
        store::replace_order(tx.write_unbatched(), &row, &order)?;
        queue::hand_back(tx.write_unbatched(), key, lease)?;
        return Ok(None);
    }
    draft::finish(tx, computed, &mut row)?;
    let applied = apply::apply_at_once(tx, row.clone(), &computed.request.order.changes)?;
    if applied.is_none() {
        suggestion::announce(tx, &row)?;
    }
    Ok(applied)
}
