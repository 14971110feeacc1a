//! Why a plan left a task without a visitor, in one word.

use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why the last applied plan left a task without a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<UnservedWhy>)]
pub enum UnservedWhy {
    /// The person or the time that the order of the plan asked for is not possible.
    PinDoesNotFit,
    /// No person serves the grid, or those who do must not or would not make the visit.
    NoVolunteer,
    /// No one has all required skills.
    NoSkill,
    /// No one with the skills has hours on the days.
    NoShift,
    /// The hours of the task and those of the people do not meet.
    NoWindow,
    /// The offered minutes of the people do not suffice.
    NoMinutes,
    /// The other visits of the people leave no gap.
    NoRoom,
    /// No one could make it together with the tasks that it is tied to.
    NotTogether,
}

text_column!(UnservedWhy);
