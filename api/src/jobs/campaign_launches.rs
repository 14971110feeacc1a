//! Goes on with the launches and closings of campaigns that a stopped server left.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::campaign::create_tasks::LaunchBatch;
use crate::campaign::{closing, launch_queue};

/// Creates the remaining tasks of launched campaigns, and returns the planned hand-outs of closed ones.
pub struct CampaignLaunches {
    /// The beneficiaries of one transaction.
    pub batch: LaunchBatch,
}

impl Job for CampaignLaunches {
    fn name(&self) -> &'static str {
        "campaign_launches"
    }

    fn schedule(&self) -> Schedule {
        Schedule::Every { seconds: 60 }
    }

    fn run<'a>(&'a self, context: &'a JobContext, district: AreaCode) -> RunFuture<'a> {
        let JobContext { db, keys, clock, .. } = context;
        Box::pin(async move {
            let steps = launch_queue::run_all(db, keys, district, self.batch).await?;
            Ok(steps + closing::run_all(db, district, clock(), self.batch).await?)
        })
    }
}
