//! Works on the queue of plans, apart from the threads that serve requests: each server computes a plan of
//! few tasks and a larger one at a time, and applies or undoes a large one beside them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::PlanId;
use rayon::{ThreadPool, ThreadPoolBuildError};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::queue::{self, Turn};
use super::thread_pool;
use crate::clock::Clock;
use crate::crypto::KeyRing;
use crate::crypto::store::districts;
use crate::db::DbError;
use crate::http::problem::Problem;
use crate::http::shutdown::Shutdown;
use crate::ops::Metrics;
use crate::plan::execution::{batches, plan_state};
use crate::plan::model::{Plan, PlanState};
use crate::plan::plan_row::PlanRow;
use crate::plan::request::lane::Lane;
use crate::plan::store;
use crate::tx::Db;

/// How often the queue is read for plans that other servers were asked for or have given up.
const QUEUE_INTERVAL: Duration = Duration::from_secs(5);
/// How long plans of a new district wait at most on a server that was not asked for them.
const LISTING_INTERVAL: Duration = Duration::from_secs(60);
/// How often a waiting request reads a plan that another server may compute.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Computes plans.
#[derive(Clone)]
pub struct Planner {
    pub(in crate::plan) db: Db,
    /// Opens the places of stays.
    pub(in crate::plan) keys: KeyRing,
    pub(in crate::plan) clock: Clock,
    /// Threads of large plans and of questions.
    pub(in crate::plan) pool: Arc<ThreadPool>,
    /// The thread of plans of few tasks, which do not wait for a large one.
    small_pool: Arc<ThreadPool>,
    /// Notified of a new plan in the queue, by turn.
    ordered: Arc<[Notify; 3]>,
    /// The districts of new plans.
    districts: Arc<Mutex<BTreeSet<AreaCode>>>,
    /// Changed when a plan has left the queue.
    finished: watch::Sender<()>,
    /// The turn of a question that is not stored.
    pub(in crate::plan) questions: Arc<Semaphore>,
    pub(in crate::plan) metrics: Metrics,
    pub(in crate::plan) shutdown: Shutdown,
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
        Ok(Self {
            db,
            keys,
            clock,
            pool: Arc::new(thread_pool::build("plan", threads)?),
            small_pool: Arc::new(thread_pool::build("small-plan", 1)?),
            ordered: Arc::default(),
            districts: Arc::default(),
            finished: watch::Sender::new(()),
            questions: Arc::new(Semaphore::new(1)),
            metrics,
            shutdown,
        })
    }

    /// Begins with a new plan of the district at once, or with its change.
    pub fn wake(&self, district: AreaCode) {
        self.known().insert(district);
        self.notify();
    }

    /// Has each turn read the queue.
    pub(in crate::plan) fn notify(&self) {
        self.ordered.iter().for_each(Notify::notify_one);
    }

    /// Notified of what waits for the turn.
    fn ordered(&self, turn: Turn) -> &Notify {
        let [small, large, change] = &*self.ordered;
        match turn {
            Turn::Computation(Lane::Small) => small,
            Turn::Computation(Lane::Large) => large,
            Turn::Change => change,
        }
    }

    /// The threads that compute the plans of the lane.
    fn pool(&self, lane: Lane) -> &Arc<ThreadPool> {
        match lane {
            Lane::Small => &self.small_pool,
            Lane::Large => &self.pool,
        }
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
        self.wait_while(PlanState::is_queued, principal, id, patience).await
    }

    /// The plan, if it is computed when `patience` has passed or this server stops.
    ///
    /// # Errors
    /// As [`Self::wait`]; 409 while it is computed.
    pub async fn computed(
        &self,
        principal: Principal,
        id: PlanId,
        patience: Duration,
    ) -> Result<Plan, Problem> {
        let is_computing = |state| state == PlanState::Computing;
        plan_state::computed(self.wait_while(is_computing, principal, id, patience).await?)
    }

    async fn wait_while(
        &self,
        is_busy: fn(PlanState) -> bool,
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
            if !is_busy(plan.state) || now >= end || self.shutdown.has_begun() {
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

    /// Works on the queue until the server stops.
    pub async fn run(self) {
        let computes = |lane| self.serve(Turn::Computation(lane));
        let changes = self.serve(Turn::Change);
        tokio::join!(self.list(), computes(Lane::Small), computes(Lane::Large), changes);
    }

    /// Lists the districts again and again.
    async fn list(&self) {
        let mut stopping = self.shutdown.signal();
        while !self.shutdown.has_begun() {
            // Listing the districts reads every shard.
            let interval = match self.db.read(districts).await {
                Ok(all) => {
                    self.known().extend(all);
                    self.notify();
                    LISTING_INTERVAL
                }
                Err(error) => {
                    tracing::warn!(%error, "the districts could not be read");
                    QUEUE_INTERVAL
                }
            };
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = stopping.started() => {}
            }
        }
    }

    /// Takes one turn again and again.
    async fn serve(&self, turn: Turn) {
        let mut stopping = self.shutdown.signal();
        while !self.shutdown.has_begun() {
            if let Err(error) = self.run_waiting(turn).await {
                tracing::warn!(%error, "the queue of plans could not be read");
            }
            tokio::select! {
                _ = tokio::time::timeout(QUEUE_INTERVAL, self.ordered(turn).notified()) => {}
                () = stopping.started() => {}
            }
        }
    }

    /// Works on plans until none waits in any district, or the server stops.
    async fn run_waiting(&self, turn: Turn) -> Result<(), DbError> {
        let districts = self.known().clone();
        for district in districts {
            while let Some((row, lease)) = self.take(district, turn).await? {
                match turn {
                    Turn::Computation(lane) => {
                        self.run_computation(row, lease, self.pool(lane)).await?;
                        // A large plan may be applied at once.
                        self.ordered(Turn::Change).notify_one();
                    }
                    Turn::Change => {
                        let id = row.id;
                        // If it fails, the lease runs out, and the plan is taken again.
                        if let Err(error) = batches::run(&self.db, row, lease).await {
                            tracing::error!(plan = %id, %error, "a plan is to be continued");
                        }
                    }
                }
                self.finished.send_replace(());
            }
        }
        Ok(())
    }

    /// Takes the next plan of the district. One that another server takes at the same moment, or that is
    /// given up, makes room for the one after it.
    async fn take(
        &self,
        district: AreaCode,
        turn: Turn,
    ) -> Result<Option<(PlanRow, Uuid)>, DbError> {
        while !self.shutdown.has_begun() {
            let now = (self.clock)();
            let waiting =
                self.db.read(move |conn| queue::waiting(conn, district, turn, now)).await?;
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
            if let Some(taken) = taken.await? {
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }
}
