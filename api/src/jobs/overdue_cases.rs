//! Raises overdue cases to the next level, by the clock of their step in working days.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::case::overdue;
use crate::db::DbError;

/// Raises overdue cases.
pub struct OverdueCases;

impl Job for OverdueCases {
    fn name(&self) -> &'static str {
        "overdue_cases"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Every { seconds: 300 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let today = context.today();
            let mut processed = 0;
            loop {
                let keys = context.keys.clone();
                let batch = context.db.write(district, move |tx| {
                    let key = keys.key(tx.read_unbatched(), district)?;
                    overdue::escalate(tx, &key, today)
                });
                let batch: Result<usize, DbError> = batch.await;
                match batch? {
                    0 => return Ok(processed),
                    batch => processed += batch,
                }
            }
        })
    }
}
