//! Deletes hand-outs after the years for which their item keeps them, and some time after the end of beneficiaries,
//! which may be taken back until then without loss, their plain answers and their places in regimes.

use chrono::Days;
use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::beneficiary::answers;
use crate::db::DbError;
use crate::goods::{retention, store};
use crate::regime::members;
use crate::tx::{Db, Tx};

/// How long the answers of an ended beneficiary stay, and the day in the cycle and the last visit of each regime.
const KEPT_AFTER_END: Days = Days::new(90);

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
            let (db, today) = (&context.db, context.today());
            let ended_before = today - KEPT_AFTER_END;
            let answers = move |tx: &mut Tx<'_>| {
                answers::forget_ended(tx.write_unbatched(), district, ended_before)
            };
            let mut deleted = all(db, district, answers).await?;
            let members = move |tx: &mut Tx<'_>| {
                members::forget_ended(tx.write_unbatched(), district, ended_before)
            };
            deleted += all(db, district, members).await?;
            for item in db.read(move |conn| store::kept_for_years(conn, district)).await? {
                let handouts = move |tx: &mut Tx<'_>| retention::forget(tx, &item, today);
                deleted += all(db, district, handouts).await?;
            }
            Ok(deleted)
        })
    }
}

/// Deletes batch after batch, each in a transaction, until one is empty; returns the number of rows.
async fn all(
    db: &Db,
    district: AreaCode,
    batch: impl Fn(&mut Tx<'_>) -> Result<usize, DbError> + Clone + Send + 'static,
) -> Result<usize, DbError> {
    let mut deleted = 0;
    loop {
        match db.write(district, batch.clone()).await? {
            0 => return Ok(deleted),
            rows => deleted += rows,
        }
    }
}
