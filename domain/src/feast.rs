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

    /// The published days of 2024 to 2030, with which a demo begins.
    const PUBLISHED: &str = include_str!("../../api/src/demo/holidays.csv");

    #[test]
    fn the_days_are_those_that_were_published() {
        let mut compared = 0;
        for line in PUBLISHED.lines().skip(1) {
            let mut fields = line.split(',');
            let (published, code) = (fields.next().expect("a day"), fields.next().expect("a code"));
            let year = published[..4].parse().expect("a year");
            let feast: Feast = code.parse().expect("a feast");
            assert_eq!(day(feast, year), published, "{code}");
            compared += 1;
        }
        assert_eq!(compared, 7 * Feast::VARIANTS.len(), "each feast of seven years");
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
