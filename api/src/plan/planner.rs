//! Computes the plans of the queue, and applies and undoes large ones, one at a time on each server,
//! apart from the threads that serve requests.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use gridward_dispatch::solve::Observer;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::PlanId;
use gridward_domain::word::Word as _;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::build::Rows;
use super::computed::Request;
use super::imagined::{Imagined, StoredOrder};
use super::model::{Plan, PlanState};
use super::run::{self, Means, RunError};
use super::store::{self, PlanRow};
use super::what_if::{WhatIf, WhatIfAnswer};
use super::{apply, batches, draft, gauges, obstacles, queue, subjects};
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::crypto::store::districts;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::http::shutdown::Shutdown;
use crate::ops::Metrics;
use crate::tx::{Db, Tx};

/// How often the queue is read for plans that other servers were asked for or have given up.
const QUEUE_INTERVAL: Duration = Duration::from_secs(5);
/// How long plans of a new district wait at most on a server that was not asked for them.
const LISTING_INTERVAL: Duration = Duration::from_secs(60);
/// How often a lease is renewed, the progress stored and a cancellation noticed.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(1);
/// How long a question waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often a waiting request reads a plan that another server may compute.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Computes plans.
#[derive(Clone)]
pub struct Planner {
    db: Db,
    /// Opens the places of stays.
    keys: KeyRing,
    clock: Clock,
    pool: Arc<ThreadPool>,
    /// Notified of a new plan in the queue.
    ordered: Arc<Notify>,
    /// The districts of new plans.
    districts: Arc<Mutex<BTreeSet<AreaCode>>>,
    /// Changed when a plan has left the queue.
    finished: watch::Sender<()>,
    /// The turn of a question that is not stored.
    questions: Arc<Semaphore>,
    metrics: Metrics,
    shutdown: Shutdown,
}

/// The progress of a computation, and whether it is to end.
#[derive(Default)]
struct Progress {
    percent: AtomicU8,
    is_cancelled: AtomicBool,
}

/// The turn of a question. The computation holds it to its end, which follows soon after the caller
/// hangs up or the server stops.
struct Turn {
    #[expect(dead_code, reason = "held until it is dropped")]
    permit: OwnedSemaphorePermit,
    /// Upgraded as long as the caller waits.
    caller: Weak<()>,
    shutdown: Shutdown,
}

/// Continues unless the computation is to end.
fn unless(ends: bool) -> ControlFlow<()> {
    if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl Observer for Turn {
    fn advanced(&self, _: usize, _: usize) {}

    fn proceed(&self) -> ControlFlow<()> {
        unless(self.caller.strong_count() == 0 || self.shutdown.has_begun())
    }
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

/// Lets the threads of requests run before this one: on Linux a nice value is that of a thread
/// (sched(7)), elsewhere that of the process.
fn yield_to_requests() {
    /// The nice value: a request gets nine times the time of a plan on the same core.
    const NICE: i32 = 10;
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::setpriority_process(None, NICE)
    {
        tracing::warn!(%error, "plans are computed at the usual priority");
    }
}

/// Waits until a plan of this server is finished, or a plan may have advanced elsewhere.
pub async fn advanced(finished: &mut watch::Receiver<()>) {
    let _ = tokio::time::timeout(POLL_INTERVAL, finished.changed()).await;
}

impl Planner {
    /// Computes plans of `db` on this many threads.
    ///
    /// # Errors
    /// If the threads cannot be started.
    pub fn new(
        (db, keys): (Db, KeyRing),
        clock: Clock,
        threads: usize,
        (metrics, shutdown): (Metrics, Shutdown),
    ) -> Result<Self, ThreadPoolBuildError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("plan-{number}"))
            .start_handler(|_| yield_to_requests())
            .build()?;
        Ok(Self {
            db,
            keys,
            clock,
            pool: Arc::new(pool),
            ordered: Arc::default(),
            districts: Arc::default(),
            finished: watch::Sender::new(()),
            questions: Arc::new(Semaphore::new(1)),
            metrics,
            shutdown,
        })
    }

    /// Begins with a new plan of the district at once.
    pub fn wake(&self, district: AreaCode) {
        self.known().insert(district);
        self.ordered.notify_one();
    }

    /// The districts whose queues are read.
    fn known(&self) -> MutexGuard<'_, BTreeSet<AreaCode>> {
        self.districts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The plan, when no server works on it, `patience` has passed or this server stops.
    ///
    /// # Errors
    /// 404 outside the principal's area; 503 when the database is unavailable.
    pub async fn wait(
        &self,
        principal: Principal,
        id: PlanId,
        patience: Duration,
    ) -> Result<Plan, Problem> {
        let end = Instant::now() + patience;
        let mut finished = self.finished.subscribe();
        loop {
            let plan = self.db.read(move |conn| store::one(conn, &principal.scope(), id)).await?;
            let plan = plan.ok_or_else(Problem::not_found)?;
            let now = Instant::now();
            if !plan.state.is_queued() || now >= end || self.shutdown.has_begun() {
                return Ok(plan);
            }
            // A plan of another server is seen by polling.
            let _ = timeout_at(end.min(now + POLL_INTERVAL), finished.changed()).await;
        }
    }

    /// Changes when a plan of this server is finished.
    pub fn finished(&self) -> watch::Receiver<()> {
        self.finished.subscribe()
    }

    /// Computes what a plan would be, without storing it. One question at a time is computed.
    ///
    /// # Errors
    /// 422 for an invalid question; 503 while others wait for too long, when the database is
    /// unavailable, or when the server stops.
    pub async fn answer(
        &self,
        request: Request,
        question: WhatIf,
    ) -> Result<WhatIfAnswer, Problem> {
        let questions = Arc::clone(&self.questions);
        let turn = tokio::time::timeout(LONGEST_WAIT, questions.acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok);
        let busy = || Problem::service_unavailable("another estimate is being computed");
        let caller = Arc::new(());
        let turn = Turn {
            permit: turn.ok_or_else(busy)?,
            caller: Arc::downgrade(&caller),
            shutdown: self.shutdown.clone(),
        };
        let means = Means { pool: Some(Arc::clone(&self.pool)), alternatives: false };
        let now = request.now;
        let more = move |conn: &mut Conn, _: &Rows| {
            subjects::check(conn, &question.order, now)
                .map_err(|problem| problem.under("/order"))?;
            let volunteers = question.volunteers(conn)?;
            Ok(Imagined { volunteers, ..Imagined::default() })
        };
        let computed = run::compute(&self.db, request, more, means, turn).await;
        let (computed, _) = match computed {
            Ok(computed) => computed,
            Err(RunError::Refused(problem)) => return Err(problem),
            Err(RunError::Cancelled) => {
                return Err(Problem::service_unavailable("the server is stopping"));
            }
        };
        drop(caller);
        let mut visits = draft::visits(&computed)?;
        visits.retain(|visit| visit.person.is_none());
        let obstacles = obstacles::obstacles(&visits);
        Ok(WhatIfAnswer { measures: computed.solved.measures, obstacles })
    }

    /// Computes the plans of the queue until the server stops.
    pub async fn run(self) {
        let mut listed: Option<Instant> = None;
        let mut stopping = self.shutdown.signal();
        while !self.shutdown.has_begun() {
            // Listing the districts reads every shard.
            if listed.is_none_or(|at| at.elapsed() >= LISTING_INTERVAL) {
                match self.db.read(districts).await {
                    Ok(all) => {
                        self.known().extend(all);
                        listed = Some(Instant::now());
                    }
                    Err(error) => tracing::warn!(%error, "the districts could not be read"),
                }
                let districts = self.known().clone();
                gauges::record(&self.db, (self.clock)(), &self.metrics, districts).await;
            }
            if let Err(error) = self.run_waiting().await {
                tracing::warn!(%error, "the queue of plans could not be read");
            }
            tokio::select! {
                _ = tokio::time::timeout(QUEUE_INTERVAL, self.ordered.notified()) => {}
                () = stopping.started() => {}
            }
        }
    }

    /// Computes plans until none waits in any district, or the server stops.
    async fn run_waiting(&self) -> Result<(), DbError> {
        let districts = self.known().clone();
        for district in districts {
            while let Some((row, lease)) = self.take(district).await? {
                if row.state == PlanState::Computing {
                    self.run_computation(row, lease).await?;
                } else {
                    let id = row.id;
                    // If it fails, the lease runs out, and the plan is taken again.
                    if let Err(error) = batches::run(&self.db, row, lease).await {
                        tracing::error!(plan = %id, %error, "a plan is to be continued");
                    }
                }
                self.finished.send_replace(());
            }
        }
        Ok(())
    }

    /// Computes the plan; one that cannot be computed is given up.
    async fn run_computation(&self, row: PlanRow, lease: Uuid) -> Result<(), DbError> {
        let (district, id, origin, began) = (row.district, row.id, row.origin, Instant::now());
        let computed = self.compute(row, lease).await;
        let outcome = if computed.is_ok() { "ok" } else { "error" };
        let seconds = began.elapsed().as_secs_f64();
        self.metrics.plan_computed(origin.as_str(), outcome, seconds);
        match computed {
            Ok(()) => Ok(()),
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

    /// Takes the next plan of the district.
    async fn take(&self, district: AreaCode) -> Result<Option<(PlanRow, Uuid)>, DbError> {
        if self.shutdown.has_begun() {
            return Ok(None);
        }
        let now = (self.clock)();
        let waiting = self.db.read(move |conn| queue::waiting(conn, district, now)).await?;
        let Some(row) = waiting else { return Ok(None) };
        let lease = Uuid::now_v7();
        let taken = self.db.write(district, move |tx| {
            let mut row = row.clone();
            if row.state == PlanState::Computing && row.attempts >= queue::MOST_ATTEMPTS {
                let now = tx.now;
                store::change_state(tx.write_unbatched(), &mut row, PlanState::Failed, now)?;
                return Ok::<_, DbError>(None);
            }
            let is_taken = queue::take(tx.write_unbatched(), &mut row, lease, now)?;
            Ok(is_taken.then_some((row, lease)))
        });
        taken.await
    }

    /// Computes the plan and stores it, unless it is discarded meanwhile.
    async fn compute(&self, row: PlanRow, lease: Uuid) -> Result<(), RunError> {
        let key = (row.district, row.id);
        let (order, imagined) =
            match StoredOrder::parse(row.request.as_deref().unwrap_or_default())? {
                StoredOrder::Dry { order, imagined } => (order, Some(imagined)),
                StoredOrder::Usual(order) => (order, None),
            };
        let request = Request { id: row.id, order, now: (self.clock)(), by: row.created_by };
        let progress = Arc::new(Progress::default());
        let is_dry = imagined.is_some();
        let keeping = self.clone().keep(key, (lease, is_dry), Arc::clone(&progress));
        let keeping = tokio::spawn(keeping);
        let means = Means { pool: Some(Arc::clone(&self.pool)), alternatives: imagined.is_none() };
        let (area, span) = (request.order.area, request.order.span()?);
        let today = clock::day(request.now);
        let keys = self.keys.clone();
        let more = move |conn: &mut Conn, rows: &Rows| {
            let Some(imagined) = &imagined else { return Ok(Imagined::default()) };
            let key = keys.key(conn, area.district())?;
            let visits = imagined.read(conn, (rows, &key), (area, span, today))?;
            Ok(Imagined { visits, ..Imagined::default() })
        };
        let computed = run::compute(&self.db, request, more, means, progress).await;
        let stored = match computed {
            Ok((computed, _)) => {
                let store = move |tx: &mut Tx<'_>| {
                    let Some(mut row) = queue::leased(tx.read_unbatched(), key, lease)? else {
                        return Ok(());
                    };
                    draft::finish(tx, &computed, &mut row)?;
                    apply::apply_at_once(tx, &row)
                };
                self.db.write(key.0, store).await.map_err(RunError::from)
            }
            // Discarded, taken by another server, or a dry plan that gave way; or the server stops, and
            // the next one begins anew at once.
            Err(RunError::Cancelled) => {
                let hand_back =
                    move |tx: &mut Tx<'_>| queue::hand_back(tx.write_unbatched(), key, lease);
                self.db.write(key.0, hand_back).await.map_err(RunError::from).map(|_| ())
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
