//! Discards drafts that can no longer be applied, and deletes the visits of old plans.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::plan::upkeep::retention;

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
            let now = (context.clock)();
            Ok(retention::run(&context.db, district, now).await?)
        })
    }
}
