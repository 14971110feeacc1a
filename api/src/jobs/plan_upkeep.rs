//! Keeps the plans of a district alive: makes the plan of each night, takes back visits that were not
//! accepted in time, and plans tasks anew that lost their assignee. The plans wait in the queue.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::plan::{enqueue_nightly, offers, replan};
use crate::task::freed;

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
            loop {
                match db.write(district, move |tx| offers::release_due(tx, district)).await? {
                    0 => break,
                    released => processed += released,
                }
            }
            if db.read(move |conn| freed::any(conn, district)).await? {
                processed += db.write(district, move |tx| replan::enqueue(tx, district)).await?;
            }
            Ok(processed)
        })
    }
}
