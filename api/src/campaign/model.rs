//! The types that describe campaigns.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::bounded_text::{Instructions, Occasion, TaskTitle};
use gridward_domain::campaign::CampaignState;
use gridward_domain::code::{KindCode, OccasionCode};
use gridward_domain::id::{AudienceId, CampaignId, PersonId, PlanId};
use gridward_domain::range::{AmountFen, CalendarYear, QuotaPerDay, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::with_shared_fields;
use crate::goods::plan::ItemForEach;
use crate::task::words::{Goods, TaskGuest};

/// A campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Campaign {
    /// Identifies the campaign.
    pub id: CampaignId,
    /// Only beneficiaries of this area get a task.
    pub area: AreaCode,
    /// Its state.
    pub state: CampaignState,
    /// Its name in Chinese, the title of its tasks.
    pub name: TaskTitle,
    /// Its name in English.
    pub name_en: TaskTitle,
    /// The code of the occasion.
    pub occasion: OccasionCode,
    /// The year of the occasion.
    pub year: CalendarYear,
    /// The occasion of its tasks and hand-outs, by which these are filtered: the code and the year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occasion_key: Option<Occasion>,
    /// The day of the occasion, if the district's holidays have it or it can be computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occasion_day: Option<NaiveDate>,
    /// The saved audience from which the filter was copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience_id: Option<AudienceId>,
    /// The version of that audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Version>)]
    pub audience_version: Option<i64>,
    /// Which beneficiaries of the area get a task.
    pub filter: Filter,
    /// Whom it reaches, in Chinese: the audience, of goods alone those of it who may get them.
    #[schema(max_length = 20_000, example = "江津区内 80 岁及以上、独居的烈士遗属")]
    pub sentence_zh: String,
    /// The same in English.
    #[schema(
        max_length = 20_000,
        example = "Beneficiaries in 江津区 who are aged 80 or over and live alone"
    )]
    pub sentence_en: String,
    /// The kind of the tasks; absent for a campaign with goods alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindCode>,
    /// What each member gets: items of the register, whose hand-outs the launch plans.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub items: Vec<ItemForEach>,
    /// The first day of the visits.
    pub first_day: NaiveDate,
    /// The due day of the visits.
    pub last_day: NaiveDate,
    /// The most visits that become possible on one day; any number if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_per_day: Option<QuotaPerDay>,
    /// What the visitor does; only in the answer of `GET /v1/campaigns/{id}`, for supervisors and
    /// admins, as amount and goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Instructions>,
    /// The money that each visitor hands over, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<AmountFen>,
    /// The goods that each visitor brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub goods: Vec<Goods>,
    /// The guest who comes along on each visit; shown as `instructions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<TaskGuest>,
    /// The number of tasks that the launch has created so far.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 62_000)]
    pub created_tasks: i64,
    /// The number of members that had a task of the kind for the occasion already.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 0)]
    pub existing_tasks: i64,
    /// The number of hand-outs that the launch has planned so far.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 124_000)]
    pub planned_handouts: i64,
    /// The last day on which the managers of unfinished grids were reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_on: Option<NaiveDate>,
    /// Who created it.
    pub created_by: PersonId,
    /// When it was created.
    pub created_at: DateTime<FixedOffset>,
    /// Who wrote its present content.
    pub edited_by: PersonId,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<PersonId>,
    /// When it was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<DateTime<FixedOffset>>,
    /// The dry plan by which every visit of the approved content has room; absent if it was approved without one, by
    /// `confirm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_plan_id: Option<PlanId>,
    /// Who launched it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launched_by: Option<PersonId>,
    /// When it was launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launched_at: Option<DateTime<FixedOffset>>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<FixedOffset>>,
    /// Incremented with every change, also while tasks are created.
    #[schema(value_type = Version)]
    pub version: i64,
}

with_shared_fields! {
    /// The content of a campaign. The audience is either a saved one or a filter.
    #[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[schema(example = json!({
        "name": "春节慰问", "name_en": "Spring Festival visits", "occasion": "spring_festival",
        "year": 2027, "filter": { "category": ["martyr_family"] }, "kind": "home_visit",
        "first_day": "2027-01-18", "last_day": "2027-02-05", "quota_per_day": 400
    }))]
    pub struct CampaignContent {
        /// The year of the occasion.
        pub year: CalendarYear,
        /// Only beneficiaries of this area get a task: that of the saved audience or else the caller's,
        /// unless given, or one in it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub area: Option<AreaCode>,
        /// A saved audience, whose filter is copied.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub audience_id: Option<AudienceId>,
        /// Which beneficiaries of the area get a task.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub filter: Option<Filter>,
        /// The first day of the visits.
        #[serde(deserialize_with = "crate::http::day::stored")]
        pub first_day: NaiveDate,
        /// The due day of the visits, at most 365 days after the first.
        #[serde(deserialize_with = "crate::http::day::stored")]
        pub last_day: NaiveDate,
        /// A guest who comes along on each visit, such as a leader; stored encrypted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub guest: Option<TaskGuest>,
    }
}

/// How a campaign is launched.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "confirm": true }))]
pub struct LaunchCampaign {
    /// Confirms a campaign for all beneficiaries of the district or of a town.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
}

/// How far a campaign has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignProgress {
    /// The campaign.
    pub id: CampaignId,
    /// Its state.
    pub state: CampaignState,
    /// The tasks of the occasion and kind in the campaign's area, or in the caller's if that is a part of it.
    pub total: CampaignCounts,
    /// The hand-outs there that the campaign has planned: neither those of another campaign of the occasion, nor those
    /// that were made without a plan.
    pub handouts: HandoutCounts,
    /// The same in the areas directly below, ordered by code; none below a grid.
    #[schema(max_items = 999)]
    pub areas: Vec<CampaignOfArea>,
}

/// Tasks by how far they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignCounts {
    /// All tasks.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1_200)]
    pub tasks: i64,
    /// Completed ones.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 800)]
    pub done: i64,
    /// Ones that can still be done.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 380)]
    pub open: i64,
    /// Failed, cancelled and expired ones.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 20)]
    pub failed: i64,
}

/// The tasks of a campaign in an area.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignOfArea {
    /// The area.
    pub area: AreaCode,
    /// Its name.
    #[schema(max_length = 100, example = "几江街道")]
    pub name: String,
    /// Its tasks.
    pub counts: CampaignCounts,
    /// Its hand-outs.
    pub handouts: HandoutCounts,
}

/// Hand-outs by how far they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct HandoutCounts {
    /// Ones that are still to be handed out.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 380)]
    pub planned: i64,
    /// Ones that the beneficiaries have.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 800)]
    pub handed_out: i64,
    /// Ones that came back or were not delivered.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 20)]
    pub returned: i64,
}
