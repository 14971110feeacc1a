//! Discards drafts that can no longer be applied, and deletes the visits of old plans.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::plan::retention;
use crate::tx::Tx;

/// Applies the retention of plans.
pub struct PlanRetention;

impl Job for PlanRetention {
    fn name(&self) -> &'static str {
        "plan_retention"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Daily { hour: 4 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let db = &context.db;
            let mut processed = 0;
            loop {
                let discard = move |tx: &mut Tx<'_>| retention::discard_expired(tx, district);
                match db.write(district, discard).await? {
                    0 => break,
                    discarded => processed += discarded,
                }
            }
            let mut after = None;
            loop {
                let now = (context.clock)();
                let read = move |conn: &mut _| retention::outdated(conn, district, now, after);
                let outdated = db.read(read).await?;
                after = outdated.last().map(|(plan, _)| *plan);
                if after.is_none() {
                    return Ok(processed);
                }
                for plan in outdated {
                    loop {
                        let delete = move |tx: &mut Tx<'_>| {
                            retention::delete_visits(tx.write_unbatched(), district, plan)
                        };
                        match db.write(district, delete).await? {
                            0 => break,
                            deleted => processed += deleted,
                        }
                    }
                }
            }
        })
    }
}
