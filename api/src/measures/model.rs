//! The public representation of measures.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use serde::Serialize;
use utoipa::ToSchema;

/// The measures of an area, including all levels below it, over a period. They describe how needs
/// are met, and never a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AreaMeasures {
    /// The area.
    pub area: AreaCode,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The tasks that were due in the period.
    pub due: DueTasks,
    /// The visits that were made in the period.
    pub visits: VisitsMade,
    /// The work that is planned in the period, against the minutes that people offer.
    pub shares: WorkShares,
    /// The journeys of the visits that are planned in the period.
    pub travel: PlannedTravel,
    /// The needs that were met in the period.
    pub needs: NeedsMet,
    /// The last plan that is applied for the area, or for one that contains it, without plans of tasks that
    /// had lost their assignee and plans of a selection of its tasks; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_plan: Option<LastPlan>,
    /// The replans that were applied in the period.
    pub replans: Replans,
    /// When that plan was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_plan_applied_at: Option<DateTime<FixedOffset>>,
}

/// Tasks that were due.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct DueTasks {
    /// Their number, without cancelled ones.
    #[schema(minimum = 0, maximum = 100_000_000, example = 120)]
    pub count: i64,
    /// Those that were not served: failed, expired, or unfinished although the due day is over.
    #[schema(minimum = 0, maximum = 100_000_000, example = 3)]
    pub unserved: i64,
}

/// Visits that were made.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct VisitsMade {
    /// Their number, by the day on which the report arrived.
    #[schema(minimum = 0, maximum = 100_000_000, example = 118)]
    pub count: i64,
    /// Those whose report was made after the due day, also if it arrived later.
    #[schema(minimum = 0, maximum = 100_000_000, example = 5)]
    pub late: i64,
    /// The median of the days after the due day, of the late ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 200_000, example = 2.0)]
    pub median_days_late: Option<f64>,
    /// Those by a person who had visited the beneficiary before.
    #[schema(minimum = 0, maximum = 100_000_000, example = 80)]
    pub by_known_person: i64,
}

/// Planned minutes against offered ones, over the visitors of the area.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct WorkShares {
    /// The number of visitors who offer minutes.
    #[schema(minimum = 0, maximum = 1_000_000, example = 14)]
    pub people: u32,
    /// Those of them without any planned visit.
    #[schema(minimum = 0, maximum = 1_000_000, example = 2)]
    pub without_visits: u32,
    /// The largest share of planned in offered minutes; absent without visitors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1_000_000, example = 0.7)]
    pub largest: Option<f64>,
    /// The Gini coefficient of the shares, from 0 (all equal) to 1; absent without planned visits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1, example = 0.2)]
    pub gini: Option<f64>,
}

/// The journeys of planned visits.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PlannedTravel {
    /// The number of the visits.
    #[schema(minimum = 0, maximum = 100_000_000, example = 110)]
    pub visits: i64,
    /// The minutes of travel to all of them, from the visit before or from home; the ways home do not count.
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 900)]
    pub minutes: i64,
}

/// An applied plan as a whole; its area may be larger.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct LastPlan {
    /// When it was applied.
    pub applied_at: DateTime<FixedOffset>,
    /// The tasks that it gave to a person.
    #[schema(minimum = 0, maximum = 100_000_000, example = 110)]
    pub assigned: u32,
    /// The tasks that it left without a person.
    #[schema(minimum = 0, maximum = 100_000_000, example = 4)]
    pub unserved: u32,
    /// The tasks that it planned after their due day.
    #[schema(minimum = 0, maximum = 100_000_000, example = 2)]
    pub late: u32,
}

/// The plans of tasks that had lost their assignee, also those ordered with an absence or a departure, and
/// of urgent tasks, for areas that contain the area or are contained in it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Replans {
    /// Their number.
    #[schema(minimum = 0, maximum = 100_000_000, example = 9)]
    pub count: i64,
    /// The tasks that they gave to a person; all other tasks keep theirs.
    #[schema(minimum = 0, maximum = 100_000_000, example = 14)]
    pub moves: i64,
}

/// Needs that were met: by a follow-up task, or by a case that ended with help.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct NeedsMet {
    /// Their number.
    #[schema(minimum = 0, maximum = 100_000_000, example = 6)]
    pub count: i64,
    /// The median of the days from need to help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 200_000, example = 4.5)]
    pub median_days: Option<f64>,
}
