//! The scheduler: one endless task for each job, so that a long run delays no
//! other job.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gridward_domain::area::AreaCode;

use super::run::run_in_districts;
use super::schedule::LastRun;
use super::{Job, JobContext, Schedule};

/// How often the scheduler checks whether a job is due.
const TICK: Duration = Duration::from_secs(10);
/// How long a new district waits at most for its first run.
const LISTING_INTERVAL: Duration = Duration::from_secs(60);

/// Starts the jobs on the current runtime; they run as long as it does.
pub fn start(context: JobContext, jobs: Vec<Arc<dyn Job>>) {
    let context = Arc::new(context);
    for job in jobs {
        if !matches!(job.schedule(), Schedule::Off(_)) {
            tokio::spawn(run_when_due(job, Arc::clone(&context)));
        }
    }
}

async fn run_when_due(job: Arc<dyn Job>, context: Arc<JobContext>) {
    let mut last_runs = HashMap::new();
    let mut listed = None;
    loop {
        let due = |last: &LastRun| job.schedule().is_due(Some(*last), (context.clock)());
        let new_ones = listed.is_none_or(|at: Instant| at.elapsed() >= LISTING_INTERVAL);
        // Listing the districts reads every shard, so an idle tick does without it.
        if new_ones || last_runs.values().any(due) {
            listed = Some(Instant::now());
            run_due(&job, &context, &mut last_runs).await;
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Runs `job` in every district where it is due. A district where another server
/// has the job's lock stays due: that server's run may fail.
async fn run_due(
    job: &Arc<dyn Job>,
    context: &Arc<JobContext>,
    last_runs: &mut HashMap<AreaCode, LastRun>,
) {
    let is_due = |district: AreaCode| {
        job.schedule().is_due(last_runs.get(&district).copied(), (context.clock)())
    };
    match run_in_districts(job, context, is_due).await {
        Ok(runs) => last_runs.extend(runs.into_iter().filter_map(|(district, run)| {
            run.map(|run| (district, LastRun { started_at: run.started_at, outcome: run.outcome }))
        })),
        Err(error) => {
            tracing::error!(job = job.name(), %error, "a background job could not start");
        }
    }
}
