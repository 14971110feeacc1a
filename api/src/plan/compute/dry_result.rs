//! What a dry plan found: how many visits of a campaign have room, by village.

use gridward_domain::area::AreaCode;
use gridward_domain::feasibility::PlannedEffort;
use serde::{Deserialize, Serialize};

use crate::plan::drafts::obstacles::PlanObstacle;

/// What a dry plan found, as its row has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DryResult {
    /// The villages.
    pub villages: Vec<PlannedVillage>,
    /// The visits of the campaign without room, by reason.
    pub obstacles: Vec<PlanObstacle>,
    /// The tasks that exist and have room, but none beside the campaign; of plans of earlier versions, all without room.
    pub other_unserved: u64,
    /// The same, by which servers of earlier versions decide; of plans of theirs, the tasks for which people had the
    /// skills and the hours, but no time was left.
    #[serde(default)]
    pub other_without_time: u64,
}

impl DryResult {
    /// Whether every visit of the campaign has a person and a time, and takes none from other visits.
    pub fn has_room(&self) -> bool {
        self.other_without_time == 0 && self.villages.iter().all(|one| one.planned.unserved == 0)
    }
}

/// What the plan made of a village.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedVillage {
    /// The village.
    pub area: AreaCode,
    /// Its figures.
    #[serde(flatten)]
    pub planned: PlannedEffort,
}
