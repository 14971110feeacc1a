//! Templates of campaigns: the campaigns of a service, without year, days and guest.

use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::bounded_text::{Instructions, TaskTitle};
use gridward_domain::code::{CampaignTemplateCode, KindCode, OccasionCode};
use gridward_domain::range::{AmountFen, CalendarYear, DaysBefore, QuotaPerDay, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::goods::plan::ItemForEach;
use crate::task::words::{Goods, TaskGuest};

/// A campaign of a service, of which a draft is made for each year of its occasion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "spring_festival_letters", "name": "春节慰问信", "name_en": "Spring Festival letters",
    "occasion": "spring_festival", "filter": { "all": [] }, "starts_before": 19, "ends_before": 1,
    "items": [{ "item": "spring_festival_letter", "quantity": 1 }]
}))]
pub struct CampaignTemplate {
    /// The code.
    pub code: CampaignTemplateCode,
    /// The name in Chinese, the title of the tasks.
    #[schema(example = "春节慰问信")]
    pub name: TaskTitle,
    /// The name in English.
    #[schema(example = "Spring Festival letters")]
    pub name_en: TaskTitle,
    /// The code of the occasion, such as that of a holiday.
    pub occasion: OccasionCode,
    /// Which beneficiaries of the area of the campaign belong to it.
    pub filter: Filter,
    /// The kind of the tasks, of the document or of the district. Either a kind or items are required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<KindCode>,
    /// What each member gets, of the register of goods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 20)]
    pub items: Vec<ItemForEach>,
    /// How many days before the day of the occasion the visits begin.
    pub starts_before: DaysBefore,
    /// How many days before it they are due, at most as many as `starts_before`.
    pub ends_before: DaysBefore,
    /// The most visits that become possible on one day. Default: all on the first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_per_day: Option<QuotaPerDay>,
    /// What the visitor does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Instructions>,
    /// The money that each visitor hands over, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<AmountFen>,
    /// The goods that each visitor brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub goods: Vec<Goods>,
}

/// A template as the district has it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StoredTemplate {
    /// The template.
    #[serde(flatten)]
    pub template: CampaignTemplate,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The templates of a district.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignTemplates {
    /// The templates, ordered by code.
    #[schema(max_items = 500)]
    pub items: Vec<StoredTemplate>,
}

/// What a draft has besides its template.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "year": 2027 }))]
pub struct CampaignOrder {
    /// The year of the occasion, on whose day the days of the campaign depend.
    pub year: CalendarYear,
    /// Only beneficiaries of this area get a task: the caller's, unless given, or one in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    /// A guest who comes along on each visit, such as a leader; stored encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<TaskGuest>,
}
