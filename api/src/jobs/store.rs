//! The last run of each job in each district: table `job_runs`.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};

use crate::db::schema::job_runs;
use crate::db::{Conn, DbError};
use crate::tx::Tx;

/// A run that succeeded, as the one before it did, and processed nothing replaces
/// that one's row only after this time, so that idle jobs rarely write.
const IDLE_WRITE_INTERVAL: TimeDelta = TimeDelta::hours(1);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<RunOutcome>)]
pub enum RunOutcome {
    /// All work that was due is done.
    Succeeded,
    /// Some of the work is not done.
    Failed,
}

text_column!(RunOutcome);

/// One run of a job in one district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRun {
    /// The district.
    pub district: AreaCode,
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
    district: AreaCode,
    job: String,
    started_at: NaiveDateTime,
    finished_at: NaiveDateTime,
    outcome: RunOutcome,
    processed: i64,
    error: Option<String>,
}

impl From<&JobRun> for JobRunRow {
    fn from(run: &JobRun) -> Self {
        Self {
            district: run.district,
            job: run.job.clone(),
            started_at: run.started_at.naive_utc(),
            finished_at: run.finished_at.naive_utc(),
            outcome: run.outcome,
            processed: i64::try_from(run.processed).unwrap_or(i64::MAX),
            error: run.error.clone(),
        }
    }
}

impl From<JobRunRow> for JobRun {
    fn from(row: JobRunRow) -> Self {
        Self {
            outcome: row.outcome,
            district: row.district,
            job: row.job,
            started_at: row.started_at.and_utc(),
            finished_at: row.finished_at.and_utc(),
            processed: usize::try_from(row.processed).unwrap_or_default(),
            error: row.error,
        }
    }
}

/// The last recorded run of `job` in `district`.
///
/// # Errors
/// [`DbError`].
pub fn last_run(conn: &mut Conn, district: AreaCode, job: &str) -> Result<Option<JobRun>, DbError> {
    let row = job_runs::table.find((district, job)).select(JobRunRow::as_select());
    Ok(row.first(conn).optional()?.map(JobRun::from))
}

/// Replaces the row of the run's job and district.
///
/// # Errors
/// [`DbError`].
pub fn replace(tx: &mut Tx<'_>, run: &JobRun) -> Result<(), DbError> {
    let conn = tx.write_unbatched();
    diesel::delete(job_runs::table.find((run.district, &run.job))).execute(conn)?;
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
            district: "500116".parse().expect("a code"),
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
        let read = JobRun::from(JobRunRow::from(&failed));
        assert_eq!(read, failed);
    }
}
