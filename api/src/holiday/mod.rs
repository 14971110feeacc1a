//! The holidays to which campaigns and due dates refer: national days, days of the lunar calendar,
//! solar terms. Admins edit them; everybody in the district has them, on phones too.

pub mod edit;
pub mod occasion;
pub mod routes;
pub mod store;

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use gridward_domain::bounded_text::{LunarDate, RegisterName};
use gridward_domain::range::Version;
use gridward_domain::text_column;
use gridward_domain::word::{UnknownWord, unknown};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// The calendar that determines the date of a holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[derive(diesel::AsExpression, diesel::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Calendar>)]
pub enum Calendar {
    /// The same day of the Gregorian calendar each year.
    Solar,
    /// A day of the Chinese lunar calendar.
    Lunar,
    /// One of the twenty-four solar terms.
    SolarTerm,
}

text_column!(Calendar);

/// Identifies a holiday: its day and its code, as `2027-02-06.lunar_new_year`. A day may have
/// several holidays, and a holiday recurs each year.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HolidayId {
    /// The day.
    pub date: NaiveDate,
    /// The code.
    pub code: String,
}

/// A text that does not identify a holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a day, a point and a code of 1 to 48 characters, as 2027-02-06.lunar_new_year")]
pub struct HolidayIdError;

/// The maximum length of a code in characters.
const LONGEST_CODE: usize = 48;

impl FromStr for HolidayId {
    type Err = HolidayIdError;

    fn from_str(text: &str) -> Result<Self, HolidayIdError> {
        let (date, code) = text.split_once('.').ok_or(HolidayIdError)?;
        let fits = (1..=LONGEST_CODE).contains(&code.chars().count())
            && !code.chars().any(char::is_control);
        let date = date.parse().ok().filter(|_| fits && date.len() == 10).ok_or(HolidayIdError)?;
        Ok(Self { date, code: code.to_owned() })
    }
}

impl TryFrom<String> for HolidayId {
    type Error = HolidayIdError;

    fn try_from(text: String) -> Result<Self, HolidayIdError> {
        text.parse()
    }
}

impl From<HolidayId> for String {
    fn from(id: HolidayId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for HolidayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.date, self.code)
    }
}

/// A holiday.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Holiday {
    /// Identifies the holiday: its day, a point and its code.
    #[schema(max_length = 64, example = "2027-02-06.lunar_new_year")]
    pub id: String,
    /// The day.
    pub date: NaiveDate,
    /// Its code, the same each year.
    #[schema(max_length = 64, example = "lunar_new_year")]
    pub code: String,
    /// Its name.
    #[schema(max_length = 100, example = "春节")]
    pub name: String,
    /// The calendar that determines its date.
    pub calendar: Calendar,
    /// The lunar date in words; empty for a solar one.
    #[schema(max_length = 100, example = "正月初一")]
    pub lunar_date: String,
    /// Incremented with every change.
    #[schema(value_type = Version)]
    pub version: i64,
}

/// The content of a holiday.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "春节", "calendar": "lunar", "lunar_date": "正月初一" }))]
pub struct HolidayContent {
    /// Its name.
    pub name: RegisterName,
    /// The calendar that determines its date.
    pub calendar: Calendar,
    /// The lunar date in words; absent for a solar one.
    pub lunar_date: Option<LunarDate>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holiday_is_identified_by_its_day_and_its_code() {
        let id: HolidayId = "2027-02-06.lunar_new_year".parse().expect("an id");
        assert_eq!(
            (id.date.to_string().as_str(), id.code.as_str()),
            ("2027-02-06", "lunar_new_year")
        );
        assert_eq!(id.to_string(), "2027-02-06.lunar_new_year");
        for wrong in
            ["", "2027-02-06", "2027-02-30.x", "2027-2-6.x", "2027-02-06.", "2027-02-06.\n", "x.y"]
        {
            assert_eq!(wrong.parse::<HolidayId>(), Err(HolidayIdError), "{wrong}");
        }
    }
}
