//! Deletes hand-outs after the years for which their item keeps them, and the plain answers of beneficiaries some
//! time after their end, which may be taken back until then without loss.

use chrono::Days;
use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::beneficiary::answers;
use crate::db::DbError;
use crate::goods::{retention, store};

/// How long the answers of an ended beneficiary stay.
const ANSWERS_KEPT: Days = Days::new(90);

/// Deletes what is kept no longer.
pub struct EndedRecords;

impl Job for EndedRecords {
    fn name(&self) -> &'static str {
        "ended_records"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Daily { hour: 3 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let today = context.today();
            let ended_before = today - ANSWERS_KEPT;
            let mut deleted = 0;
            loop {
                let batch = context.db.write(district, move |tx| {
                    answers::forget_ended(tx.write_unbatched(), district, ended_before)
                });
                let batch: Result<usize, DbError> = batch.await;
                match batch? {
                    0 => break,
                    batch => deleted += batch,
                }
            }
            let items = context.db.read(move |conn| store::kept_for_years(conn, district)).await?;
            for item in items {
                loop {
                    let code = item.clone();
                    let batch =
                        context.db.write(district, move |tx| retention::forget(tx, &code, today));
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
