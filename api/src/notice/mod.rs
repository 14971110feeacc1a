//! Notices: what all who work in an area are told.

pub mod routes;
pub mod store;

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{NoticeId, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What all who work in an area are told.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// Names the notice.
    pub id: NoticeId,
    /// The area in which it is told.
    pub area: AreaCode,
    /// In a few words.
    #[schema(max_length = 100, example = "高温预警")]
    pub title: String,
    /// The whole of it.
    #[schema(max_length = 2000)]
    pub text: String,
    /// The last day on which it is shown.
    pub until: NaiveDate,
    /// Who tells it.
    pub created_by: PersonId,
    /// Since when.
    pub created_at: DateTime<FixedOffset>,
    /// How often it has changed.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub version: i64,
}
