//! Keeps the plans of a district alive: puts the plan of each night into the queue of plans.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::plan::nightly;

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
            let enqueued = context.db.write(district, move |tx| nightly::enqueue_due(tx, district));
            Ok(enqueued.await?)
        })
    }
}
