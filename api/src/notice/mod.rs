//! Notices: announcements to all staff and volunteers of an area.

pub mod routes;
pub mod store;

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::{NoticeText, NoticeTitle};
use gridward_domain::id::{NoticeId, PersonId};
use gridward_domain::range::Version;
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
    pub title: NoticeTitle,
    /// The full text.
    pub text: NoticeText,
    /// The last day on which the notice is shown.
    pub until: NaiveDate,
    /// The author.
    pub created_by: PersonId,
    /// When the notice was posted.
    pub created_at: DateTime<FixedOffset>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}
