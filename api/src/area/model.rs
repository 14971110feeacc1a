//! The public representation of an area.

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::place::Place;
use gridward_domain::range::Version;
use serde::Serialize;
use utoipa::ToSchema;

/// An area.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Area {
    /// The area's code.
    pub code: AreaCode,
    /// The level.
    pub level: Level,
    /// The full official name.
    #[schema(max_length = 64, example = "几江街道")]
    pub name: String,
    /// The parent area; a district has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<AreaCode>,
    /// A point inside the area, WGS-84.
    pub place: Place,
    /// The day on which the area began.
    pub valid_from: NaiveDate,
    /// The day on which the area was closed; absent for a current one. A closed area is not
    /// listed and gets no new tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<NaiveDate>,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// Totals of an area, including all levels below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Number of towns.
    #[schema(minimum = 0, maximum = 1_000_000, example = 30)]
    pub towns: i64,
    /// Number of villages.
    #[schema(minimum = 0, maximum = 1_000_000, example = 301)]
    pub villages: i64,
    /// Number of grids.
    #[schema(minimum = 0, maximum = 1_000_000, example = 2395)]
    pub grids: i64,
    /// Number of managers.
    #[schema(minimum = 0, maximum = 10_000_000, example = 2395)]
    pub managers: i64,
    /// Number of volunteers.
    #[schema(minimum = 0, maximum = 10_000_000, example = 19160)]
    pub volunteers: i64,
    /// Number of beneficiaries.
    #[schema(minimum = 0, maximum = 100_000_000, example = 62000)]
    pub beneficiaries: i64,
    /// Number of open tasks.
    #[schema(minimum = 0, maximum = 100_000_000, example = 410)]
    pub open_tasks: i64,
    /// Number of tasks that are assigned and not finished.
    #[schema(minimum = 0, maximum = 100_000_000, example = 1260)]
    pub held_tasks: i64,
    /// Number of unfinished tasks whose due day has passed.
    #[schema(minimum = 0, maximum = 100_000_000, example = 12)]
    pub overdue_tasks: i64,
}

/// An area with its totals.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AreaWithCounts {
    /// The area.
    #[serde(flatten)]
    pub area: Area,
    /// The totals.
    pub counts: Counts,
    /// The areas that took over from this one, or from part of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub successors: Vec<AreaCode>,
}
