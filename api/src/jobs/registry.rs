//! All background jobs, one line each.

use std::sync::Arc;

use super::Job;
use super::archive_events::{ArchiveEvents, Retention};
use super::campaign_launches::CampaignLaunches;
use super::casework::Casework;
use super::ended_cases::EndedCases;
use super::ended_records::EndedRecords;
use super::expired_uploads::ExpiredUploads;
use super::forget_commands::ForgetCommands;
use super::orphaned_tasks::OrphanedTasks;
use super::overdue_cases::OverdueCases;
use super::overdue_tasks::OverdueTasks;
use super::plan_retention::PlanRetention;
use super::plan_upkeep::PlanUpkeep;
use super::regimes::Regimes;
use super::seal_passwords::SealPasswords;
use crate::attachment::blob_store::StorageLocation;
use crate::campaign::create_tasks::LaunchBatch;

/// Every job of a server, the most frequent first.
pub fn registry(
    retention: Option<Retention>,
    attachments: StorageLocation,
    batch: LaunchBatch,
) -> Vec<Arc<dyn Job>> {
    vec![
        Arc::new(OverdueTasks),
        Arc::new(OrphanedTasks),
        Arc::new(PlanUpkeep),
        Arc::new(Regimes),
        Arc::new(CampaignLaunches { batch }),
        Arc::new(OverdueCases),
        Arc::new(Casework),
        Arc::new(ForgetCommands),
        Arc::new(ArchiveEvents { retention }),
        Arc::new(ExpiredUploads { attachments }),
        Arc::new(PlanRetention),
        Arc::new(SealPasswords),
        Arc::new(EndedCases),
        Arc::new(EndedRecords),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_unique_and_fits_a_label() {
        let jobs = registry(None, StorageLocation::parse("attachments"), LaunchBatch(500));
        let names: BTreeSet<&str> = jobs.iter().map(|job| job.name()).collect();
        assert_eq!(names.len(), jobs.len());
        let fits = |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(names.iter().all(fits), "{names:?}");
    }
}
