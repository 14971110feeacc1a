//! Goes on with the launches of campaigns that a stopped server left.

use gridward_domain::area::AreaCode;

use super::{Job, JobContext, RunFuture, Schedule};
use crate::campaign::create_tasks::LaunchBatch;
use crate::campaign::launch_queue;

/// Creates the remaining tasks of launched campaigns.
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
        let JobContext { db, keys, .. } = context;
        Box::pin(async move { Ok(launch_queue::run_all(db, keys, district, self.batch).await?) })
    }
}
