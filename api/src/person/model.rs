//! The words a person is described by.

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use gridward_domain::authority::Role;

/// As registered.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    diesel::AsExpression,
    diesel::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Gender>)]
pub enum Gender {
    /// 女
    Female,
    /// 男
    Male,
}

text_column!(Gender);

/// A day of the week, Monday first (ISO 8601).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Weekday>)]
pub enum Weekday {
    /// 周一
    Mon,
    /// 周二
    Tue,
    /// 周三
    Wed,
    /// 周四
    Thu,
    /// 周五
    Fri,
    /// 周六
    Sat,
    /// 周日
    Sun,
}

/// Someone who works in the system.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    /// Names the person.
    pub id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    pub name: String,
    /// Masked.
    #[schema(max_length = 20, example = "138****1234")]
    pub phone: String,
    /// What the person does.
    pub role: Role,
    /// The grid of a manager or volunteer, the area a supervisor oversees.
    pub area: AreaCode,
    /// Whether the person works in the system now.
    pub active: bool,
    /// What the person can do.
    #[schema(max_items = 32, value_type = Vec<Skill>)]
    pub skills: Skills,
    /// Minutes offered in a week.
    #[schema(minimum = 0, maximum = 10080, example = 240)]
    pub weekly_minutes: u32,
    /// When, as `mon 0900-1200;sat 0900-1700`, in the district's time.
    #[schema(max_length = 128, example = "mon 0900-1200;sat 0900-1700")]
    pub availability: String,
    /// How often the person's entry has changed.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 1)]
    pub version: i64,
}
