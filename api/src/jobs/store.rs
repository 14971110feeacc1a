//! The last run of each job in each district: table `job_runs`.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use thiserror::Error;

use crate::db::schema::job_runs;
use crate::db::{Conn, DbError, parsed};
use crate::tx::Tx;

/// A run that succeeded, as the one before it did, and processed nothing replaces
/// that one's row only after this time, so that idle jobs rarely write.
const IDLE_WRITE_INTERVAL: TimeDelta = TimeDelta::hours(1);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// All work that was due is done.
    Succeeded,
    /// Some of the work is not done.
    Failed,
}

/// Text that is no [`RunOutcome`].
#[derive(Debug, Error)]
#[error("must be succeeded or failed")]
pub struct UnknownOutcome;

impl RunOutcome {
    /// The text in the table, the metrics and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

impl std::str::FromStr for RunOutcome {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, UnknownOutcome> {
        let all = [Self::Succeeded, Self::Failed];
        all.into_iter().find(|outcome| outcome.as_str() == text).ok_or(UnknownOutcome)
    }
}

/// One run of a job in one district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRun {
    /// The district.
    pub district: String,
    /// The job's name.
    pub job: String,
    /// When the run started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// How many rows the job processed; 0 for a failed run.
    pub processed: usize,
    /// Why the run failed, without personal data.
    pub error: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = job_runs)]
struct JobRunRow {
    district: String,
    job: String,
    started_at: NaiveDateTime,
    finished_at: NaiveDateTime,
    outcome: String,
    processed: i64,
    error: Option<String>,
}

impl From<&JobRun> for JobRunRow {
    fn from(run: &JobRun) -> Self {
        Self {
            district: run.district.clone(),
            job: run.job.clone(),
            started_at: run.started_at.naive_utc(),
            finished_at: run.finished_at.naive_utc(),
            outcome: run.outcome.as_str().to_owned(),
            processed: i64::try_from(run.processed).unwrap_or(i64::MAX),
            error: run.error.clone(),
        }
    }
}

impl TryFrom<JobRunRow> for JobRun {
    type Error = DbError;

    fn try_from(row: JobRunRow) -> Result<Self, DbError> {
        Ok(Self {
            outcome: parsed("job_runs", &row.outcome)?,
            district: row.district,
            job: row.job,
            started_at: row.started_at.and_utc(),
            finished_at: row.finished_at.and_utc(),
            processed: usize::try_from(row.processed).unwrap_or_default(),
            error: row.error,
        })
    }
}

/// The last recorded run of `job` in `district`.
///
/// # Errors
/// [`DbError`].
pub fn last_run(conn: &mut Conn, district: &str, job: &str) -> Result<Option<JobRun>, DbError> {
    let row = job_runs::table.find((district, job)).select(JobRunRow::as_select());
    row.first(conn).optional()?.map(JobRun::try_from).transpose()
}

/// Replaces the row of the run's job and district.
///
/// # Errors
/// [`DbError`].
pub fn replace(tx: &mut Tx<'_>, run: &JobRun) -> Result<(), DbError> {
    let conn = tx.write_unbatched();
    diesel::delete(job_runs::table.find((&run.district, &run.job))).execute(conn)?;
    diesel::insert_into(job_runs::table).values(JobRunRow::from(run)).execute(conn)?;
    Ok(())
}

/// Whether `run` is written in place of `last`.
pub fn is_recorded(last: Option<&JobRun>, run: &JobRun) -> bool {
    let Some(last) = last else { return true };
    let eventful = run.processed > 0 || run.outcome == RunOutcome::Failed;
    eventful
        || run.outcome != last.outcome
        || run.finished_at - last.finished_at >= IDLE_WRITE_INTERVAL
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(minute: i64, outcome: RunOutcome, processed: usize) -> JobRun {
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        JobRun {
            district: "500116".to_owned(),
            job: "overdue_tasks".to_owned(),
            started_at: at,
            finished_at: at,
            outcome,
            processed,
            error: (outcome == RunOutcome::Failed).then(|| "no space".to_owned()),
        }
    }

    #[test]
    fn an_idle_run_is_recorded_only_after_an_hour() {
        let first = run(0, RunOutcome::Succeeded, 3);
        assert!(is_recorded(None, &run(0, RunOutcome::Succeeded, 0)));
        assert!(!is_recorded(Some(&first), &run(1, RunOutcome::Succeeded, 0)));
        assert!(!is_recorded(Some(&first), &run(59, RunOutcome::Succeeded, 0)));
        assert!(is_recorded(Some(&first), &run(60, RunOutcome::Succeeded, 0)));
    }

    #[test]
    fn a_run_that_did_something_failed_or_recovered_is_recorded_at_once() {
        let first = run(0, RunOutcome::Succeeded, 0);
        assert!(is_recorded(Some(&first), &run(1, RunOutcome::Succeeded, 1)));
        assert!(is_recorded(Some(&first), &run(1, RunOutcome::Failed, 0)));
        let failed = run(1, RunOutcome::Failed, 0);
        assert!(is_recorded(Some(&failed), &run(2, RunOutcome::Succeeded, 0)));
    }

    #[test]
    fn a_row_holds_all_of_a_run() {
        let failed = run(7, RunOutcome::Failed, 0);
        let read = JobRun::try_from(JobRunRow::from(&failed)).expect("a run");
        assert_eq!(read, failed);
    }
}
