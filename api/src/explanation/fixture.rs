//! The days of the tests of sentences.

use chrono::NaiveDate;

use super::day_words::PresentYear;
use super::share_period::SharePeriod;

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

pub fn year() -> PresentYear {
    PresentYear::at("2026-11-30T00:00:00Z".parse().expect("a moment"))
}

pub fn period() -> (SharePeriod, PresentYear) {
    (SharePeriod { weeks: 4, last: day("2026-12-06") }, year())
}
