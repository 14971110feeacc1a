//! The reports of lists, and their totals.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::code::{KindCode, Need};
use gridward_domain::id::{BeneficiaryId, PersonId, ReportId, TaskId};
use gridward_domain::range::{Attempts, Version};
use gridward_domain::task::Outcome;
use serde::Serialize;
use utoipa::ToSchema;

use crate::task::reports::report_flag::ReportFlag;

/// A report in a list: without its texts, answers, position and photos.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportSummary {
    /// Identifies the report.
    pub id: ReportId,
    /// The task.
    pub task_id: TaskId,
    /// The kind of service.
    #[schema(value_type = String, max_length = 32, example = "home_visit")]
    pub kind: KindCode,
    /// The grid of the task.
    pub grid: AreaCode,
    /// The name of the grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "南门社区第一网格")]
    pub grid_name: Option<String>,
    /// The beneficiary; absent for a task at a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary_id: Option<BeneficiaryId>,
    /// The masked name of the beneficiary; absent for volunteers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王*明")]
    pub beneficiary_name: Option<String>,
    /// The visitor.
    pub person_id: PersonId,
    /// The name of the visitor; absent if there is no such person any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "王小明")]
    pub person_name: Option<String>,
    /// The person who wrote the report on behalf of the visitor; absent if the visitor wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_by_id: Option<PersonId>,
    /// The name of that person; absent if there is no such person any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, example = "张网格")]
    pub written_by_name: Option<String>,
    /// When the report arrived, by the server's clock.
    pub received_at: DateTime<FixedOffset>,
    /// The version of the report: above 1 after an amendment.
    #[schema(value_type = Version)]
    pub version: i64,
    /// When the report was last amended; absent if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amended_at: Option<DateTime<FixedOffset>>,
    /// The day of the visit.
    pub visited_on: NaiveDate,
    /// The outcome; absent if unreadable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The needs that the visit found.
    #[schema(max_items = 200, value_type = Vec<Need>)]
    pub needs: BTreeSet<Need>,
    /// The number of the attempt that the report is about.
    pub attempt: Attempts,
    /// Whether the report was stored as evidence without changing the task.
    pub recorded: bool,
    /// Flags of doubtful values.
    #[schema(max_items = 16)]
    pub flags: Vec<ReportFlag>,
}

/// The numbers of reports by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct OutcomeCounts {
    /// All reports.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 12)]
    pub reports: i64,
    /// Done as requested.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 8)]
    pub done: i64,
    /// Done, and a need was found.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub needs_follow_up: i64,
    /// The beneficiary was not at home.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 2)]
    pub not_home: i64,
    /// The beneficiary declined the visit.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub refused: i64,
    /// The outcome was unreadable.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 0)]
    pub unreadable: i64,
}

impl OutcomeCounts {
    /// Counts `reports` with this outcome.
    pub const fn add(&mut self, outcome: Option<Outcome>, reports: i64) {
        self.reports += reports;
        *match outcome {
            Some(Outcome::Done) => &mut self.done,
            Some(Outcome::NeedsFollowUp) => &mut self.needs_follow_up,
            Some(Outcome::NotHome) => &mut self.not_home,
            Some(Outcome::Refused) => &mut self.refused,
            None => &mut self.unreadable,
        } += reports;
    }
}

/// The reports of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayCounts {
    /// The day on which the reports arrived.
    pub day: NaiveDate,
    /// Their numbers.
    #[serde(flatten)]
    pub counts: OutcomeCounts,
}

/// The numbers of reports in a span of days, by outcome and by day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportTotals {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The numbers of all days together.
    pub total: OutcomeCounts,
    /// The numbers of each day with reports, in order.
    #[schema(max_items = 366)]
    pub days: Vec<DayCounts>,
}
