//! Templates of campaigns: the campaigns of a service, without year, days and guest.

use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::code::CampaignTemplateCode;
use gridward_domain::range::{CalendarYear, DaysBefore, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::with_shared_fields;
use crate::task::words::TaskGuest;

with_shared_fields! {
    /// A campaign of a service, of which a draft is made for each year of its occasion.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[schema(example = json!({
        "code": "spring_festival_letters", "name": "春节慰问信", "name_en": "Spring Festival letters",
        "occasion": "spring_festival", "filter": { "all": [] }, "starts_before": 19,
        "ends_before": 1, "items": [{ "item": "spring_festival_letter", "quantity": 1 }]
    }))]
    pub struct CampaignTemplate {
        /// The code.
        pub code: CampaignTemplateCode,
        /// Which beneficiaries of the area of the campaign belong to it.
        pub filter: Filter,
        /// How many days before the day of the occasion the visits begin.
        pub starts_before: DaysBefore,
        /// How many days before it they are due, at most as many as `starts_before`.
        pub ends_before: DaysBefore,
    }
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
