//! Days in words, in both languages.

use chrono::{Datelike as _, NaiveDate};

/// A day.
pub(super) fn zh_date(day: NaiveDate) -> String {
    format!("{}月{}日", day.month(), day.day())
}

/// The same in English.
pub(super) fn en_date(day: NaiveDate) -> String {
    format!("{}", day.format("%-d %b"))
}

/// A day with its weekday.
pub(super) fn zh_day(day: NaiveDate) -> String {
    const DAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
    let weekday = usize::try_from(day.weekday().num_days_from_monday()).unwrap_or_default();
    format!("{}（周{}）", zh_date(day), DAYS[weekday % DAYS.len()])
}

/// The same in English.
pub(super) fn en_day(day: NaiveDate) -> String {
    format!("{} {}", day.format("%a"), en_date(day))
}
