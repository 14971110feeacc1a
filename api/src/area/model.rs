//! What an area looks like from outside.

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::place::Place;
use serde::Serialize;
use utoipa::ToSchema;

/// An area.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Area {
    /// Names the area.
    pub code: AreaCode,
    /// Which of the four levels.
    pub level: Level,
    /// The full official name.
    #[schema(max_length = 64, example = "几江街道")]
    pub name: String,
    /// The area around it; a district has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<AreaCode>,
    /// A point inside it, WGS-84.
    pub place: Place,
    /// How often the entry has changed.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub version: i64,
}

/// What an area holds, all levels below it together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Towns in it.
    #[schema(minimum = 0, maximum = 1_000_000, example = 30)]
    pub towns: i64,
    /// Villages in it.
    #[schema(minimum = 0, maximum = 1_000_000, example = 301)]
    pub villages: i64,
    /// Grids in it.
    #[schema(minimum = 0, maximum = 1_000_000, example = 2395)]
    pub grids: i64,
    /// Its managers.
    #[schema(minimum = 0, maximum = 10_000_000, example = 2395)]
    pub managers: i64,
    /// Its volunteers.
    #[schema(minimum = 0, maximum = 10_000_000, example = 19160)]
    pub volunteers: i64,
    /// Those cared for in it.
    #[schema(minimum = 0, maximum = 100_000_000, example = 62000)]
    pub beneficiaries: i64,
    /// Tasks that nobody has.
    #[schema(minimum = 0, maximum = 100_000_000, example = 410)]
    pub open_tasks: i64,
    /// Tasks in somebody's hands.
    #[schema(minimum = 0, maximum = 100_000_000, example = 1260)]
    pub held_tasks: i64,
    /// Tasks open or in somebody's hands that should have been done before today.
    #[schema(minimum = 0, maximum = 100_000_000, example = 12)]
    pub overdue_tasks: i64,
}

/// An area with what it holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AreaWithCounts {
    /// The area.
    #[serde(flatten)]
    pub area: Area,
    /// What it holds.
    pub counts: Counts,
}
