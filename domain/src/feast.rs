//! The days of feasts and of national days, by the Gregorian calendar, the Chinese lunar calendar
//! and the solar terms. Working days that the State Council shifts cannot be computed.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tyme4rs::tyme::lunar::LunarDay;
use tyme4rs::tyme::solar::{SolarDay, SolarTerm};

use crate::range::CalendarYear;
use crate::word::{UnknownWord, unknown};

/// A day of the year with a computable date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[cfg_attr(
    feature = "diesel",
    derive(diesel::AsExpression, diesel::FromSqlRow),
    diesel(sql_type = diesel::sql_types::Text)
)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownWord, parse_err_fn = unknown::<Feast>)]
pub enum Feast {
    /// 元旦
    NewYear,
    /// 除夕: the day before the Spring Festival, whatever its number in the last month.
    LunarNewYearEve,
    /// 春节
    SpringFestival,
    /// 清明节
    Qingming,
    /// 端午节
    DragonBoat,
    /// 建军节
    ArmyDay,
    /// 中秋节
    MidAutumn,
    /// 烈士纪念日
    MartyrsDay,
    /// 国庆节
    NationalDay,
    /// 重阳节
    DoubleNinth,
}

/// The solar term 清明, counted from the winter solstice before the year.
const QINGMING: isize = 7;

impl Feast {
    /// The day of the feast that falls in the Gregorian year, or for a lunar one in the lunar year
    /// that begins in it.
    pub fn day(self, year: CalendarYear) -> Option<NaiveDate> {
        let solar = |month, day| NaiveDate::from_ymd_opt(year.get(), month, day);
        match self {
            Self::NewYear => solar(1, 1),
            Self::ArmyDay => solar(8, 1),
            Self::MartyrsDay => solar(9, 30),
            Self::NationalDay => solar(10, 1),
            Self::SpringFestival => lunar(year, 1, 1),
            Self::LunarNewYearEve => lunar(year, 1, 1)?.pred_opt(),
            Self::DragonBoat => lunar(year, 5, 5),
            Self::MidAutumn => lunar(year, 8, 15),
            Self::DoubleNinth => lunar(year, 9, 9),
            Self::Qingming => {
                let year = isize::try_from(year.get()).ok()?;
                gregorian(&SolarTerm::from_index(year, QINGMING).get_solar_day())
            }
        }
    }
}

/// A day of a month of the lunar year, of the month itself and not of a leap month after it.
fn lunar(year: CalendarYear, month: isize, day: usize) -> Option<NaiveDate> {
    let year = isize::try_from(year.get()).ok()?;
    gregorian(&LunarDay::new(year, month, day).ok()?.get_solar_day())
}

fn gregorian(day: &SolarDay) -> Option<NaiveDate> {
    let year = i32::try_from(day.get_year()).ok()?;
    let (month, day) = (u32::try_from(day.get_month()).ok()?, u32::try_from(day.get_day()).ok()?);
    NaiveDate::from_ymd_opt(year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::VariantArray as _;

    fn day(feast: Feast, year: i64) -> String {
        let year = CalendarYear::try_from(year).expect("a year");
        feast.day(year).expect("a day").to_string()
    }

    /// The published days of 2024 to 2030.
    const PUBLISHED: &[(Feast, [&str; 7])] = &[
        (
            Feast::NewYear,
            [
                "2024-01-01",
                "2025-01-01",
                "2026-01-01",
                "2027-01-01",
                "2028-01-01",
                "2029-01-01",
                "2030-01-01",
            ],
        ),
        (
            Feast::LunarNewYearEve,
            [
                "2024-02-09",
                "2025-01-28",
                "2026-02-16",
                "2027-02-05",
                "2028-01-25",
                "2029-02-12",
                "2030-02-02",
            ],
        ),
        (
            Feast::SpringFestival,
            [
                "2024-02-10",
                "2025-01-29",
                "2026-02-17",
                "2027-02-06",
                "2028-01-26",
                "2029-02-13",
                "2030-02-03",
            ],
        ),
        (
            Feast::Qingming,
            [
                "2024-04-04",
                "2025-04-04",
                "2026-04-05",
                "2027-04-05",
                "2028-04-04",
                "2029-04-04",
                "2030-04-05",
            ],
        ),
        (
            Feast::DragonBoat,
            [
                "2024-06-10",
                "2025-05-31",
                "2026-06-19",
                "2027-06-09",
                "2028-05-28",
                "2029-06-16",
                "2030-06-05",
            ],
        ),
        (
            Feast::ArmyDay,
            [
                "2024-08-01",
                "2025-08-01",
                "2026-08-01",
                "2027-08-01",
                "2028-08-01",
                "2029-08-01",
                "2030-08-01",
            ],
        ),
        (
            Feast::MidAutumn,
            [
                "2024-09-17",
                "2025-10-06",
                "2026-09-25",
                "2027-09-15",
                "2028-10-03",
                "2029-09-22",
                "2030-09-12",
            ],
        ),
        (
            Feast::MartyrsDay,
            [
                "2024-09-30",
                "2025-09-30",
                "2026-09-30",
                "2027-09-30",
                "2028-09-30",
                "2029-09-30",
                "2030-09-30",
            ],
        ),
        (
            Feast::NationalDay,
            [
                "2024-10-01",
                "2025-10-01",
                "2026-10-01",
                "2027-10-01",
                "2028-10-01",
                "2029-10-01",
                "2030-10-01",
            ],
        ),
        (
            Feast::DoubleNinth,
            [
                "2024-10-11",
                "2025-10-29",
                "2026-10-18",
                "2027-10-08",
                "2028-10-26",
                "2029-10-16",
                "2030-10-05",
            ],
        ),
    ];

    #[test]
    fn the_days_are_those_that_were_published() {
        for (feast, days) in PUBLISHED {
            let computed: Vec<String> = (2024..=2030).map(|year| day(*feast, year)).collect();
            assert_eq!(computed, days, "{feast}");
        }
    }

    #[test]
    fn a_leap_month_repeats_no_feast_and_the_last_day_of_the_year_moves() {
        // 2025 has a second sixth month, 2028 a second fifth one.
        assert_eq!(day(Feast::MidAutumn, 2025), "2025-10-06");
        assert_eq!(day(Feast::DragonBoat, 2028), "2028-05-28");
        // The last month of the lunar year has 29 or 30 days.
        assert_eq!(day(Feast::LunarNewYearEve, 2025), "2025-01-28");
        assert_eq!(day(Feast::LunarNewYearEve, 2024), "2024-02-09");
    }

    #[test]
    fn every_feast_has_a_day_in_every_year() {
        for year in 2000..=2200 {
            let year = CalendarYear::try_from(year).expect("a year");
            assert!(Feast::VARIANTS.iter().all(|feast| feast.day(year).is_some()), "{year}");
        }
    }
}
