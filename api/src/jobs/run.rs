//! One run of a job: locked, isolated, measured and recorded.

use gridward_domain::area::AreaCode;
use gridward_domain::word::Word as _;
use std::sync::Arc;
use std::time::Instant;

use super::lock::JobLock;
use super::store::{self, JobRun, RunOutcome};
use super::{Job, JobContext, JobError};
use crate::crypto::store::districts;
use crate::db::DbError;

/// Runs `job` in each district where `is_due` is true, one after another; returns for
/// each of them the run, or `None` if another server has the job's lock.
///
/// # Errors
/// [`DbError`] if the districts cannot be read; failures of runs are in the runs.
pub async fn run_in_districts(
    job: &Arc<dyn Job>,
    context: &Arc<JobContext>,
    is_due: impl Fn(AreaCode) -> bool,
) -> Result<Vec<(AreaCode, Option<JobRun>)>, DbError> {
    let (mut runs, mut lock) = (Vec::new(), JobLock::new(context.db.address().clone()));
    for district in context.db.read(districts).await? {
        if is_due(district) {
            let run = run_in(job, context, &mut lock, district).await;
            runs.push((district, run));
        }
    }
    let mut ran = runs.iter().filter_map(|(_, run)| run.as_ref()).peekable();
    if ran.peek().is_some() && ran.all(|run| run.outcome == RunOutcome::Succeeded) {
        context.metrics.job_succeeded(job.name(), (context.clock)());
    }
    Ok(runs)
}

/// Runs `job` in `district`; `None` while another server runs it there.
async fn run_in(
    job: &Arc<dyn Job>,
    context: &Arc<JobContext>,
    lock: &mut JobLock,
    district: AreaCode,
) -> Option<JobRun> {
    let (started_at, timer) = ((context.clock)(), Instant::now());
    let result = match lock.try_acquire(job.name(), district).await {
        Ok(true) => isolated(job, context, district).await,
        Ok(false) => return None,
        Err(error) => Err(error.into()),
    };
    let run = JobRun {
        district,
        job: job.name().to_owned(),
        started_at,
        finished_at: (context.clock)(),
        outcome: if result.is_ok() { RunOutcome::Succeeded } else { RunOutcome::Failed },
        processed: *result.as_ref().unwrap_or(&0),
        error: result.as_ref().err().map(JobError::summary),
    };
    let seconds = timer.elapsed().as_secs_f64();
    log(&run, result.as_ref().err());
    if let Err(error) = record(context, run.clone()).await {
        tracing::warn!(job = job.name(), %district, %error, "a job's run was not recorded");
    }
    context.metrics.job_run(job.name(), run.outcome.as_str(), seconds);
    lock.release().await;
    Some(run)
}

/// Runs the job in a separate task, so that a panic ends only that task.
async fn isolated(
    job: &Arc<dyn Job>,
    context: &Arc<JobContext>,
    district: AreaCode,
) -> Result<usize, JobError> {
    let (job, context) = (Arc::clone(job), Arc::clone(context));
    let run = tokio::spawn(async move { job.run(&context, district).await });
    run.await.unwrap_or(Err(JobError::Panicked))
}

fn log(run: &JobRun, error: Option<&JobError>) {
    let JobRun { job, district, processed, .. } = run;
    match error {
        Some(error) => tracing::error!(job, %district, %error, "a background job failed"),
        None if *processed > 0 => {
            tracing::info!(job, %district, processed, "a background job ran");
        }
        None => {}
    }
}

/// Writes the run to `job_runs`, unless it has no new information.
async fn record(context: &JobContext, run: JobRun) -> Result<(), DbError> {
    let (district, job) = (run.district, run.job.clone());
    let last = context.db.read(move |conn| store::last_run(conn, district, &job)).await?;
    if !store::is_recorded(last.as_ref(), &run) {
        return Ok(());
    }
    let district = run.district;
    context.db.write(district, move |tx| store::replace(tx, &run)).await
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::clock;
    use crate::crypto::KeyRing;
    use crate::crypto::installation::{InstallationKey, random};
    use crate::db::{Address, migrate::migrate};
    use crate::jobs::{RunFuture, Schedule};
    use crate::ops::Metrics;
    use crate::tx::Db;

    /// Panics in district 500101 and processes one row in any other.
    struct PanicsInOneDistrict;

    impl Job for PanicsInOneDistrict {
        fn name(&self) -> &'static str {
            "panics_in_one_district"
        }

        fn schedule(&self) -> Schedule {
            Schedule::Every { seconds: 1 }
        }

        fn run<'a>(&'a self, _: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
            Box::pin(async move {
                assert_ne!(district.as_str(), "500101", "a defect");
                Ok(1)
            })
        }
    }

    #[tokio::test]
    async fn a_panic_is_recorded_and_the_next_district_is_served() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let address = Address::Sqlite(folder.path().join("gridward.db"));
        let mut conn = address.connect().expect("a connection");
        migrate(&mut conn).expect("tables");
        conn.batch_execute(
            "INSERT INTO districts (district, sealed_key, created_at) VALUES
                 ('500101', x'', '2026-01-01 00:00:00'), ('500102', x'', '2026-01-01 00:00:00')",
        )
        .expect("districts");
        let db = Db::open(address, 1, clock::system);
        let metrics = Metrics::default();
        let secret = BASE64_STANDARD.encode(random::<32>().expect("a key"));
        let key = InstallationKey::from_setting(&secret.into()).expect("a key");
        let context = JobContext {
            db: db.clone(),
            keys: KeyRing::new(key),
            clock: clock::system,
            metrics: metrics.clone(),
        };
        let (job, context): (Arc<dyn Job>, _) = (Arc::new(PanicsInOneDistrict), Arc::new(context));
        let runs = run_in_districts(&job, &context, |_| true).await.expect("districts");
        let ends: Vec<_> = runs.iter().flat_map(|(_, run)| run).map(|run| run.outcome).collect();
        assert_eq!(ends, [RunOutcome::Failed, RunOutcome::Succeeded]);
        let last = store::last_run(&mut conn, runs[0].0, job.name()).expect("a row");
        assert_eq!(last.and_then(|run| run.error).as_deref(), Some("the job panicked"));
        let page = metrics.page();
        assert!(!page.contains("gridward_job_last_success"), "one district failed: {page}");
        db.close();
    }
}
