//! The types that describe secondments.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, SecondmentId};
use gridward_domain::range::Version;
use gridward_domain::secondment::SecondmentState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A volunteer's help in another area for some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0198a3b0-0000-7000-8000-000000000001",
    "person_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8", "person_name": "王小明",
    "home": "500116001001001", "area": "500116001002", "first_day": "2026-12-07",
    "last_day": "2026-12-09", "state": "requested",
    "requested_by": "018cc7af-06c6-75e0-82a8-eee14b60d3d9",
    "requested_at": "2026-12-01T09:00:00+08:00", "version": 1
}))]
pub struct Secondment {
    /// Identifies the secondment.
    pub id: SecondmentId,
    /// The volunteer.
    pub person_id: PersonId,
    /// The name of the volunteer; absent once the name is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub person_name: Option<String>,
    /// The volunteer's grid; its manager agrees or declines.
    pub home: AreaCode,
    /// Where the volunteer helps.
    pub area: AreaCode,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
    /// The state.
    pub state: SecondmentState,
    /// Who requested it.
    pub requested_by: PersonId,
    /// When it was requested.
    pub requested_at: DateTime<FixedOffset>,
    /// Who decided last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<PersonId>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<FixedOffset>>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// A request for a volunteer's help.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "person_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8", "area": "500116001002",
    "first_day": "2026-12-07", "last_day": "2026-12-09"
}))]
pub struct NewSecondment {
    /// An active volunteer of the caller's area.
    pub person_id: PersonId,
    /// Where the volunteer helps: a grid, a village or a town of the caller's area without the
    /// volunteer's grid.
    pub area: AreaCode,
    /// The first day; today at the earliest.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub first_day: NaiveDate,
    /// The last day, at most 30 days after the first.
    #[serde(deserialize_with = "crate::http::day::stored")]
    pub last_day: NaiveDate,
}
