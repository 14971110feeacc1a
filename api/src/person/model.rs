//! The types that describe a person.

use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::language::{SpokenLanguage, SpokenLanguages};
use gridward_domain::place::Place;
use gridward_domain::range::{BirthYear, Version, WeeklyMinutes};
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use gridward_domain::authority::Role;
pub use gridward_domain::entry::Gender;
pub use gridward_domain::person_state::PersonState;

/// A day of the week, Monday first (ISO 8601).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
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

/// A member of staff or a volunteer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    /// Identifies the person.
    pub id: PersonId,
    /// Family and given name.
    #[schema(max_length = 64, example = "王小明")]
    pub name: String,
    /// The masked phone number.
    #[schema(max_length = 20, example = "138****1234")]
    pub phone: String,
    /// The person's role.
    pub role: Role,
    /// The grid of a manager or volunteer; the area of responsibility of other roles.
    pub area: AreaCode,
    /// Whether the person may use the service.
    pub state: PersonState,
    /// The registered gender.
    pub gender: Gender,
    /// Year of birth, four digits.
    pub birth_year: BirthYear,
    /// The centre of the home's cell of about 500 m, WGS-84; absent without a home: the person's routes
    /// start at the point of the grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<Place>,
    /// The person's skills, words of the vocabulary `skills`.
    #[schema(max_items = 32, value_type = Vec<Skill>)]
    pub skills: Skills,
    /// The languages that the person speaks, words of the vocabulary `languages`.
    #[schema(max_items = 16, value_type = Vec<SpokenLanguage>)]
    pub languages: SpokenLanguages,
    /// Minutes offered per week.
    pub weekly_minutes: WeeklyMinutes,
    /// Availability as `mon 0900-1200;sat 0900-1700`, in the district's time zone.
    #[schema(max_length = 128, example = "mon 0900-1200;sat 0900-1700")]
    pub availability: String,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}
