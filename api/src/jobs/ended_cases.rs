//! Deletes cases after the years for which their kind keeps them: ended ones, and open ones of beneficiaries who have
//! ended. The job `expired_uploads` deletes their documents an hour later.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::case::{kind_store, retention};
use crate::db::DbError;

/// Deletes cases that are no longer kept: ended ones, and open ones of beneficiaries who have ended.
pub struct EndedCases;

impl Job for EndedCases {
    fn name(&self) -> &'static str {
        "ended_cases"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Daily { hour: 3 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let today = context.today();
            let kinds = context.db.read(move |conn| kind_store::all(conn, district)).await?;
            let mut deleted = 0;
            for kind in kinds.into_iter().filter(|kind| kind.keep_years.is_some()) {
                loop {
                    let kind = kind.code.clone();
                    let batch =
                        context.db.write(district, move |tx| retention::forget(tx, &kind, today));
                    let batch: Result<usize, DbError> = batch.await;
                    match batch? {
                        0 => break,
                        batch => deleted += batch,
                    }
                }
            }
            Ok(deleted)
        })
    }
}
