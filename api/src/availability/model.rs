//! The requests and answers about availability.

use chrono::{DateTime, FixedOffset, NaiveDate};
use gridward_domain::bounded_text::CommandReason;
use gridward_domain::id::{AbsenceId, PersonId};
use gridward_domain::range::{Version, WeeklyMinutes};
use gridward_domain::text_column;
use gridward_domain::time::Window;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::person::Weekday;

/// Why a person is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<AbsenceReason>)]
pub enum AbsenceReason {
    /// 病假
    Sick,
    /// 休假
    Leave,
    /// 培训
    Training,
    /// 其他
    Other,
}

text_column!(AbsenceReason);

/// Whether a person takes new tasks at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Duty>)]
pub enum Duty {
    /// Takes new tasks.
    On,
    /// Takes no new tasks for now.
    Off,
}

/// The hours of a day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyHours {
    /// The day.
    pub weekday: Weekday,
    /// The hours.
    pub window: Window,
}

/// The hours of a date, in place of the weekly ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatedHours {
    /// The day.
    pub day: NaiveDate,
    /// The hours; absent if the person does not work on that day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// A person's weekly hours and the days with other hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "weekly": [{ "weekday": "sat", "window": { "start": 540, "end": 720 } }],
    "exceptions": [
        { "day": "2026-10-01" },
        { "day": "2026-10-09", "window": { "start": 540, "end": 720 } }
    ]
}))]
pub struct AvailabilityContent {
    /// The weekly hours; at most one window a day.
    #[schema(max_items = 7)]
    pub weekly: Vec<WeeklyHours>,
    /// Minutes offered per week, at most the sum of the weekly hours. Absent to keep the present
    /// number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly_minutes: Option<WeeklyMinutes>,
    /// The days with other hours, each once. Past days are dropped.
    #[serde(default)]
    #[schema(max_items = 366)]
    pub exceptions: Vec<DatedHours>,
}

/// The days of an absence, without its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AbsenceDays {
    /// Identifies the absence.
    pub id: AbsenceId,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
    /// The hours of a single day; whole days if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// When a person works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "person_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8",
    "weekly": [{ "weekday": "sat", "window": { "start": 540, "end": 720 } }],
    "weekly_minutes": 120, "exceptions": [{ "day": "2026-10-01" }], "duty": "on",
    "absences": [], "version": 3
}))]
pub struct PersonAvailability {
    /// The person.
    pub person_id: PersonId,
    /// The weekly hours, Monday first.
    #[schema(max_items = 7)]
    pub weekly: Vec<WeeklyHours>,
    /// Minutes offered per week.
    pub weekly_minutes: WeeklyMinutes,
    /// The coming days with other hours, in order.
    #[schema(max_items = 400)]
    pub exceptions: Vec<DatedHours>,
    /// Whether the person takes new tasks at present.
    pub duty: Duty,
    /// The present and coming absences, in order.
    #[schema(max_items = 1000)]
    pub absences: Vec<AbsenceDays>,
    /// The version of the person, incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// Whether the caller takes new tasks.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "duty": "off" }))]
pub struct DutyChange {
    /// On or off duty.
    pub duty: Duty,
}

/// An absence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0198a3b0-0000-7000-8000-000000000001",
    "person_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8",
    "first_day": "2026-10-08", "last_day": "2026-10-12", "reason": "leave",
    "created_by_id": "018cc7af-06c6-75e0-82a8-eee14b60d3d8",
    "created_at": "2026-10-01T09:00:00+08:00"
}))]
pub struct Absence {
    /// Identifies the absence.
    pub id: AbsenceId,
    /// The person.
    pub person_id: PersonId,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
    /// The hours of a single day; whole days if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The reason.
    pub reason: AbsenceReason,
    /// The note; in lists only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<CommandReason>)]
    pub note: Option<String>,
    /// The person who entered it.
    pub created_by_id: PersonId,
    /// When it was entered.
    pub created_at: DateTime<FixedOffset>,
}
