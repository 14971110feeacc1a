//! Days in words, in both languages.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

use crate::clock;

/// The year in which a text is read: its days are written without a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentYear(i32);

impl PresentYear {
    /// The year of this moment.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(clock::day(now).year())
    }

    /// A day.
    pub(super) fn zh_date(self, day: NaiveDate) -> String {
        let date = format!("{}月{}日", day.month(), day.day());
        if day.year() == self.0 { date } else { format!("{}年{date}", day.year()) }
    }

    /// The same in English.
    pub(super) fn en_date(self, day: NaiveDate) -> String {
        let form = if day.year() == self.0 { "%-d %b" } else { "%-d %b %Y" };
        day.format(form).to_string()
    }

    /// A day with its weekday.
    pub(super) fn zh_day(self, day: NaiveDate) -> String {
        const DAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
        let weekday = usize::try_from(day.weekday().num_days_from_monday()).unwrap_or_default();
        format!("{}（周{}）", self.zh_date(day), DAYS[weekday % DAYS.len()])
    }

    /// The same in English.
    pub(super) fn en_day(self, day: NaiveDate) -> String {
        format!("{} {}", day.format("%a"), self.en_date(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_another_year_has_its_year() {
        let day = |text: &str| -> NaiveDate { text.parse().expect("a day") };
        // In China, the next year has begun.
        let year = PresentYear::at("2026-12-31T17:00:00Z".parse().expect("a moment"));
        assert_eq!(year.zh_day(day("2027-01-04")), "1月4日（周一）");
        assert_eq!(year.en_day(day("2027-01-04")), "Mon 4 Jan");
        assert_eq!(year.zh_day(day("2028-12-01")), "2028年12月1日（周五）");
        assert_eq!(year.en_day(day("2028-12-01")), "Fri 1 Dec 2028");
    }
}
