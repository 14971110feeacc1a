//! Why a plan chose the assignee of a task, in one word: the decisive reason.

use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The decisive reason for an assignee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<PlannedWhy>)]
pub enum PlannedWhy {
    /// A person chose the assignee.
    ByHand,
    /// The beneficiary knows the person.
    Known,
    /// No one else whom the plan considered, such as those who serve the grid, could make the visit on its days.
    OnlyOne,
    /// The visit is close to the others of the day.
    OnTheWay,
    /// The person has the lighter load.
    LighterLoad,
    /// It is a phone call, which takes no travel.
    ByPhone,
    /// The best balance of the ways, days and loads of all.
    BestFit,
}

text_column!(PlannedWhy);
