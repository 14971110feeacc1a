//! Opens unfinished tasks of people who have left or are suspended. A departure and a suspension open
//! them themselves; this job opens those that were assigned at the same moment, so that none stays.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::handover::orphaned;

/// The number of tasks in one transaction.
const BATCH: i64 = 200;

/// Opens the tasks of leavers.
pub struct OrphanedTasks;

impl Job for OrphanedTasks {
    fn name(&self) -> &'static str {
        "orphaned_tasks"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Every { seconds: 60 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        Box::pin(async move {
            let mut processed = 0;
            loop {
                match context.db.write(district, |tx| orphaned::open(tx, BATCH)).await? {
                    0 => return Ok(processed),
                    batch => processed += batch,
                }
            }
        })
    }
}
