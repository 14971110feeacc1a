//! The types that describe the dry plan of a campaign.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::id::PlanId;
use serde::Serialize;
use utoipa::ToSchema;

use super::outcome_model::LendingOfArea;
use crate::plan::drafts::obstacles::PlanObstacle;
use crate::plan::model::PlanState;

/// The plan that there would be with the visits of a campaign.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignDryPlan {
    /// Identifies the plan, which assigns no task.
    pub plan_id: PlanId,
    /// `computing`, then `draft`, or `failed`.
    pub state: PlanState,
    /// The part that is computed, in percent; absent while the plan waits for a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 100, example = 40)]
    pub progress: Option<u8>,
    /// The first day of the plan.
    pub first_day: NaiveDate,
    /// The last day: that of the campaign, or the 31st.
    pub last_day: NaiveDate,
    /// When it was ordered.
    pub ordered_at: DateTime<FixedOffset>,
    /// Whether it has the present content of the campaign and of its kind, and was ordered after the last launch of
    /// another campaign in the area.
    pub is_current: bool,
    /// What it found; absent before it is computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<CampaignDryResult>,
}

/// What a dry plan found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignDryResult {
    /// Whether every visit of the campaign has a person and a time, may begin by `quota_per_day`, and takes none from a
    /// present task that would have one without the campaign.
    pub fits: bool,
    /// The visits of the campaign that were planned: all, or of a campaign of more than 31 days the
    /// share of the first 31.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 62_000)]
    pub visits: i64,
    /// Those that found no room.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 240)]
    pub without_room: i64,
    /// The minutes that these would take, with the way.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 9_600)]
    pub lacking_minutes: i64,
    /// The present tasks of the area that have room on these days, but found none beside the campaign. Plans of earlier
    /// versions count those as well that have none without the campaign either.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 3)]
    pub other_tasks_without_room: i64,
    /// Why the visits found no room, the most frequent reason first.
    #[schema(max_items = 32)]
    pub obstacles: Vec<PlanObstacle>,
    /// The villages with visits, those that lack most first.
    #[schema(max_items = 100_000)]
    pub areas: Vec<DryPlanOfArea>,
}

/// The visits of a village in a dry plan, and what would make them fit.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "area": "500116001001", "name": "南门社区", "visits": 240, "without_room": 40,
    "lacking_minutes": 1_600, "lend": [{ "from": "500116002001", "name": "北门社区", "minutes": 1_200 }],
    "earlier_days": 5, "calls": 54
}))]
pub struct DryPlanOfArea {
    /// The village.
    pub area: AreaCode,
    /// Its name.
    #[schema(max_length = 100, example = "南门社区")]
    pub name: String,
    /// The visits.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 240)]
    pub visits: i64,
    /// Those that found no room, although people of the town help.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 40)]
    pub without_room: i64,
    /// The minutes that these would take, with the way.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1_600)]
    pub lacking_minutes: i64,
    /// The villages of other towns in the area of the campaign whose people have time left, the nearest
    /// first; none for a campaign of one town.
    #[schema(max_items = 3)]
    pub lend: Vec<LendingOfArea>,
    /// The days by which the campaign would have to begin earlier, if there is the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100_000, example = 5)]
    pub earlier_days: Option<i64>,
    /// The visits that would have to be phone calls instead, if that suffices.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 54)]
    pub calls: Option<i64>,
}
