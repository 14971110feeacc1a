//! The interface of a background job.

use gridward_domain::area::AreaCode;
use std::error::Error;
use std::pin::Pin;

use chrono::NaiveDate;
use thiserror::Error;

use super::Schedule;
use crate::clock::{self, Clock};
use crate::crypto::KeyRing;
use crate::db::DbError;
use crate::ops::Metrics;
use crate::tx::Db;

/// A run in progress; its value is the number of rows that the job processed.
pub type RunFuture<'a> = Pin<Box<dyn Future<Output = Result<usize, JobError>> + Send + 'a>>;

/// Work that a server does without a request.
pub trait Job: Send + Sync {
    /// The job's name, unique in the registry; it names the job in `job_runs`,
    /// in the metrics and on the command line.
    fn name(&self) -> &'static str;

    /// When the job runs.
    fn schedule(&self) -> Schedule;

    /// Does the work that is due in `district`. A run must be idempotent: several
    /// servers run the job one after another, and a failed run is repeated.
    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a>;
}

/// The components that a job works with.
pub struct JobContext {
    /// The database.
    pub db: Db,
    /// The districts' keys.
    pub keys: KeyRing,
    /// The source of the current time.
    pub clock: Clock,
    /// Receives the counts and durations of runs.
    pub metrics: Metrics,
}

impl JobContext {
    /// The current day in a district.
    pub fn today(&self) -> NaiveDate {
        clock::day((self.clock)())
    }
}

/// Why a run failed.
#[derive(Debug, Error)]
pub enum JobError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The job panicked; this is a defect.
    #[error("the job panicked")]
    Panicked,
    /// Another failure; its text must hold no personal data.
    #[error(transparent)]
    Other(#[from] Box<dyn Error + Send + Sync>),
}

impl JobError {
    /// The reason without personal data: a database's own message may quote a
    /// value, so only the kind of its failure is given.
    pub fn summary(&self) -> String {
        match self {
            Self::Db(DbError::Failed(_)) => "a database statement failed".to_owned(),
            Self::Db(DbError::Unavailable(_)) => "the database is unreachable".to_owned(),
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_of_a_failed_statement_quotes_no_value() {
        let failed = DbError::Failed(diesel::result::Error::QueryBuilderError("Li Wei".into()));
        assert_eq!(JobError::from(failed).summary(), "a database statement failed");
        let corrupt = DbError::corrupt("tasks", "unknown state");
        assert_eq!(JobError::from(corrupt).summary(), "unreadable row in tasks: unknown state");
    }
}
