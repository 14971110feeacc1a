//! The types that describe the reminders, the report and the feasibility of a campaign.

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::CampaignId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dry_plan_model::CampaignDryPlan;
use super::model::{CampaignCounts, HandoutCounts};

/// A reminder of the managers of unfinished grids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CampaignReminder {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The day.
    pub day: NaiveDate,
    /// The number of grids whose manager got a notice.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 210)]
    pub grids: i64,
    /// Their open tasks, of the campaign's occasion and kind.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1_400)]
    pub open_tasks: i64,
    /// Their hand-outs that the campaign has planned and that are still to be handed out.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 2_300)]
    pub planned_handouts: i64,
}

/// Tasks that will not be done, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignFailures {
    /// The last attempt failed.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 12)]
    pub failed: i64,
    /// Cancelled.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 3)]
    pub cancelled: i64,
    /// Not done in time.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 5)]
    pub expired: i64,
}

/// The attempts that were reported, by what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignAttempts {
    /// Done as requested, without a need.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 780)]
    pub done: i64,
    /// Done, and a need was found: the outcome `needs_follow_up`, or `done` with `needs`.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 20)]
    pub needs_found: i64,
    /// The beneficiary was not at home.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 40)]
    pub not_home: i64,
    /// The beneficiary declined.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 8)]
    pub refused: i64,
}

/// Goods that the beneficiaries do not have, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignReturns {
    /// The beneficiary was not at home.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 9)]
    pub absent: i64,
    /// The beneficiary lives elsewhere now.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 4)]
    pub moved: i64,
    /// The beneficiary did not want it.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 3)]
    pub declined: i64,
    /// The goods were damaged.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub damaged: i64,
    /// The beneficiary has died.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 2)]
    pub deceased: i64,
    /// Another reason.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub other: i64,
}

/// The report of a campaign.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignReport {
    /// The campaign.
    pub id: CampaignId,
    /// The level of the areas.
    pub by: Level,
    /// The tasks.
    pub tasks: CampaignCounts,
    /// Those that will not be done.
    pub failures: CampaignFailures,
    /// The attempts.
    pub attempts: CampaignAttempts,
    /// The minutes of the visits that were made.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 24_000)]
    pub minutes_done: i64,
    /// The hand-outs that the campaign has planned.
    pub handouts: HandoutCounts,
    /// Those that came back or were not delivered.
    pub returns: CampaignReturns,
    /// The figures of the areas, ordered by code.
    #[schema(max_items = 100_000)]
    pub areas: Vec<ReportOfArea>,
}

/// The report of a campaign in an area.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportOfArea {
    /// The area.
    pub area: AreaCode,
    /// Its name.
    #[schema(max_length = 100, example = "几江街道")]
    pub name: String,
    /// The tasks.
    pub tasks: CampaignCounts,
    /// Those that will not be done.
    pub failures: CampaignFailures,
    /// The attempts.
    pub attempts: CampaignAttempts,
    /// The minutes of the visits that were made.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1_200)]
    pub minutes_done: i64,
    /// The hand-outs.
    pub handouts: HandoutCounts,
}

impl CampaignReport {
    /// A report without figures.
    pub fn of(id: CampaignId, by: Level) -> Self {
        Self {
            id,
            by,
            tasks: CampaignCounts::default(),
            failures: CampaignFailures::default(),
            attempts: CampaignAttempts::default(),
            minutes_done: 0,
            handouts: HandoutCounts::default(),
            returns: CampaignReturns::default(),
            areas: Vec::new(),
        }
    }
}

impl ReportOfArea {
    /// The area without figures.
    pub fn of(area: AreaCode, name: String) -> Self {
        Self {
            area,
            name,
            tasks: CampaignCounts::default(),
            failures: CampaignFailures::default(),
            attempts: CampaignAttempts::default(),
            minutes_done: 0,
            handouts: HandoutCounts::default(),
        }
    }
}

/// What is unusual about a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignWarning {
    /// Its days end more than 30 days before the day of its occasion, or begin more than 7 days after it.
    FarFromOccasion,
}

/// Whether the visits of a campaign fit into the hours of its area: a quick sum of minutes, and the
/// latest dry plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignFeasibility {
    /// The campaign.
    pub id: CampaignId,
    /// Whether the visits fit in every village, and may all begin by `quota_per_day`.
    pub fits: bool,
    /// The visits that `quota_per_day` does not let begin on the days that remain: an approval and a launch
    /// are refused while there are any. 0 once the campaign is launched.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 0)]
    pub beyond_quota: i64,
    /// The number of visits: one for each member; of a campaign with goods alone that has an item for households or a
    /// plaque, one for each member to whom something is to be handed out after the launch.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 62_000)]
    pub visits: i64,
    /// Minutes at the doors and on the way.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 2_100_000)]
    pub needed_minutes: i64,
    /// Minutes that the visitors offer on these days beyond their other work; with `managers_only` those of managers.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 2_400_000)]
    pub available_minutes: i64,
    /// Whether only managers count, here and in the dry plan, as of a campaign with goods alone: managers hand goods out
    /// in their grid, volunteers only to the beneficiaries of their own visits, of which it has none. Open tasks then
    /// are work of the volunteers first; no village lends, and no call is in place of a hand-over.
    pub managers_only: bool,
    /// `managers_only` in words, in Chinese; absent unless it is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub note_zh: Option<String>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub note_en: Option<String>,
    /// The day of the occasion in its year, as `occasion_day` of the campaign; absent for an occasion without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occasion_day: Option<NaiveDate>,
    /// What a supervisor should look at before the approval; nothing of it refuses the campaign.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 1)]
    pub warnings: Vec<CampaignWarning>,
    /// The villages with visits, those that lack most first.
    #[schema(max_items = 100_000)]
    pub areas: Vec<FeasibilityOfArea>,
    /// The latest dry plan, which is slower and takes ways, hours and skills into account; absent
    /// before `POST /v1/campaigns/{id}/dry-plans`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_plan: Option<CampaignDryPlan>,
}

/// Whether the visits fit into the hours of a village, and what would make them fit.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "area": "500116001001", "name": "南门社区", "visits": 240, "needed_minutes": 8_200,
    "available_minutes": 6_400, "lacking_minutes": 1_800,
    "lend": [{ "from": "500116001002", "name": "北门社区", "minutes": 1_200 }],
    "earlier_days": 6, "calls": 75
}))]
pub struct FeasibilityOfArea {
    /// The village.
    pub area: AreaCode,
    /// Its name.
    #[schema(max_length = 100, example = "南门社区")]
    pub name: String,
    /// The visits.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 240)]
    pub visits: i64,
    /// Minutes at the doors and on the way.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 8_200)]
    pub needed_minutes: i64,
    /// Minutes that its visitors offer beyond their other work; with `managers_only` its managers.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 6_400)]
    pub available_minutes: i64,
    /// Minutes that it lacks; 0 if the visits fit.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1_800)]
    pub lacking_minutes: i64,
    /// The villages of the caller that can lend people, the nearest first; none with `managers_only`.
    #[schema(max_items = 3)]
    pub lend: Vec<LendingOfArea>,
    /// The days by which the campaign would have to begin earlier, if there is the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100_000, example = 6)]
    pub earlier_days: Option<i64>,
    /// The visits that would have to be phone calls instead, if that suffices; absent with `managers_only`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 75)]
    pub calls: Option<i64>,
}

/// What a village can lend.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LendingOfArea {
    /// The village.
    pub from: AreaCode,
    /// Its name.
    #[schema(max_length = 100, example = "北门社区")]
    pub name: String,
    /// The minutes.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1_200)]
    pub minutes: i64,
}
