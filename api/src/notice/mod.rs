//! Notices: announcements to all staff and volunteers of an area.

pub mod routes;
pub mod store;

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{NoticeId, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An announcement to all staff and volunteers of an area.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// Identifies the notice.
    pub id: NoticeId,
    /// The area that the notice addresses.
    pub area: AreaCode,
    /// A short title.
    #[schema(max_length = 100, example = "高温预警")]
    pub title: String,
    /// The full text.
    #[schema(max_length = 2000)]
    pub text: String,
    /// The last day on which the notice is shown.
    pub until: NaiveDate,
    /// The author.
    pub created_by: PersonId,
    /// When the notice was posted.
    pub created_at: DateTime<FixedOffset>,
    /// Incremented with every change.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub version: i64,
}
