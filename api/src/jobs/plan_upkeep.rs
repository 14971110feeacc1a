//! Keeps the plans of a district alive: makes the plan of each night, takes back visits that were not
//! accepted in time or that an earlier visit holds up, or suggests plans that move the latter, and plans
//! tasks anew that lost their assignee and urgent new ones. The plans wait in the queue. It also forgets
//! who gave back a task that has ended.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::plan::upkeep::{enqueue_nightly, given_by_hand, offers, overruns, replan};
use crate::task::assignment::{freed, refusals};
use crate::tx::Tx;

/// Makes the plans that no person orders.
pub struct PlanUpkeep;

impl Job for PlanUpkeep {
    fn name(&self) -> &'static str {
        "plan_upkeep"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Every { seconds: 60 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let db = &context.db;
            let mut processed =
                db.write(district, move |tx| enqueue_nightly::enqueue_due(tx, district)).await?;
            let mut after = None;
            loop {
                let release = move |tx: &mut Tx<'_>| offers::release_due(tx, district, after);
                let (released, next) = db.write(district, release).await?;
                processed += released;
                after = next;
                if after.is_none() {
                    break;
                }
            }
            loop {
                let now = (context.clock)();
                let due = db.read(move |conn| given_by_hand::due(conn, district, now)).await?;
                if due.is_empty() {
                    break;
                }
                let release = move |tx: &mut Tx<'_>| given_by_hand::release(tx, district, &due);
                let released = db.write(district, release).await?;
                processed += released;
                if released == 0 {
                    break;
                }
            }
            processed += db.write(district, move |tx| overruns::replan_later(tx, district)).await?;
            let today = context.today();
            if db.read(move |conn| freed::any(conn, district, today)).await? {
                processed += db.write(district, move |tx| replan::enqueue(tx, district)).await?;
            }
            let ended = db.read(move |conn| refusals::ended(conn, district)).await?;
            if !ended.is_empty() {
                let forget =
                    move |tx: &mut Tx<'_>| refusals::forget(tx.write_unbatched(), district, &ended);
                processed += db.write(district, forget).await?;
            }
            Ok(processed)
        })
    }
}
