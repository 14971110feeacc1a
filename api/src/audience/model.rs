//! The types that describe audiences.

use chrono::{DateTime, FixedOffset};
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::bounded_text::RegisterName;
use gridward_domain::id::{AudienceId, PersonId};
use gridward_domain::range::Version;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A saved audience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SavedAudience {
    /// Identifies the audience.
    pub id: AudienceId,
    /// Only beneficiaries of this area belong to it.
    pub area: AreaCode,
    /// Its name.
    #[schema(value_type = String, max_length = 100, example = "高龄独居烈士遗属")]
    pub name: RegisterName,
    /// Which beneficiaries of the area belong to it.
    pub filter: Filter,
    /// The audience in Chinese.
    #[schema(max_length = 20_000, example = "江津区内 80 岁及以上、独居的烈士遗属")]
    pub sentence_zh: String,
    /// The audience in English.
    #[schema(
        max_length = 20_000,
        example = "Beneficiaries in 江津区 who are aged 80 or over and live alone"
    )]
    pub sentence_en: String,
    /// The author.
    pub created_by: PersonId,
    /// When it was saved.
    pub created_at: DateTime<FixedOffset>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// What is counted.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "filter": { "all": [{ "category": ["martyr_family"] }, { "age": { "from": 80 } }] },
    "area": "500116001"
}))]
pub struct AudiencePreview {
    /// Which beneficiaries are counted.
    pub filter: Filter,
    /// The area whose beneficiaries are counted: the caller's, unless given, or one in it.
    pub area: Option<AreaCode>,
}

/// The size of an audience.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AudienceCount {
    /// The area whose beneficiaries are counted.
    pub area: AreaCode,
    /// The number of current beneficiaries of the area that belong to the audience.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 214)]
    pub count: i64,
    /// The number of all current beneficiaries of the area.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 62_000)]
    pub of: i64,
    /// The audience in Chinese.
    #[schema(max_length = 20_000, example = "江津区内 80 岁及以上、独居的烈士遗属")]
    pub sentence_zh: String,
    /// The audience in English.
    #[schema(
        max_length = 20_000,
        example = "Beneficiaries in 江津区 who are aged 80 or over and live alone"
    )]
    pub sentence_en: String,
    /// The counts of the areas directly below, ordered by code; none below a grid.
    #[schema(max_items = 999)]
    pub areas: Vec<AudienceOfArea>,
}

/// The size of an audience in an area.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AudienceOfArea {
    /// The area.
    pub area: AreaCode,
    /// Its name.
    #[schema(max_length = 100, example = "几江街道")]
    pub name: String,
    /// The number of its beneficiaries that belong to the audience.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 12)]
    pub count: i64,
}

/// An audience to save.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "高龄烈士遗属", "area": "500116001",
    "filter": { "all": [{ "category": ["martyr_family"] }, { "age": { "from": 80 } }] }
}))]
pub struct NewAudience {
    /// Its name.
    pub name: RegisterName,
    /// Only beneficiaries of this area belong to it: the caller's, unless given, or one in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaCode>,
    /// Which beneficiaries of the area belong to it.
    pub filter: Filter,
}

/// The content of a saved audience; its area stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "高龄烈士遗属",
    "filter": { "all": [{ "category": ["martyr_family"] }, { "age": { "from": 85 } }] }
}))]
pub struct AudienceContent {
    /// Its name.
    pub name: RegisterName,
    /// Which beneficiaries of the area belong to it.
    pub filter: Filter,
}
