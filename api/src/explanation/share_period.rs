//! The weeks of which a load is a share, in words.

use chrono::NaiveDate;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PlanId;

use super::day_words::{en_date, zh_date};
use crate::db::{Conn, DbError};
use crate::plan::request::span::Span;
use crate::plan::{settings, store};

/// The weeks over which a district shares work fairly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharePeriod {
    /// Their number.
    pub weeks: u8,
    /// Their last day, which is that of a plan.
    pub last: NaiveDate,
}

impl SharePeriod {
    /// The weeks that end with the plan, which has a visit on `day`.
    ///
    /// # Errors
    /// [`DbError`].
    pub(super) fn of_plan(
        conn: &mut Conn,
        district: AreaCode,
        (plan, day): (PlanId, NaiveDate),
    ) -> Result<Self, DbError> {
        let (settings, _) = settings::read(conn, district)?;
        let row = store::row(conn, &district.range(), plan)?;
        let last = row.map_or(day, |row| row.last_day);
        Ok(Self { weeks: settings.fairness_weeks, last })
    }

    /// The weeks that end with these days.
    pub(super) const fn of(span: Span, weeks: u8) -> Self {
        Self { weeks, last: span.last() }
    }

    /// In Chinese.
    pub(super) fn zh(self) -> String {
        const NUMBERS: [&str; 12] =
            ["一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
        format!("近{}周（至{}）", number(self.weeks, &NUMBERS), zh_date(self.last))
    }

    /// In English, within a sentence.
    pub(super) fn en(self) -> String {
        const NUMBERS: [&str; 12] = [
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve",
        ];
        let weeks = match self.weeks {
            1 => "week".to_owned(),
            weeks => format!("{} weeks", number(weeks, &NUMBERS)),
        };
        format!("in the {weeks} to {}", en_date(self.last))
    }
}

/// A number in words, as far as there is one.
fn number(number: u8, words: &[&str; 12]) -> String {
    let word = usize::from(number).checked_sub(1).and_then(|n| words.get(n));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weeks_of_a_share_end_with_a_date() {
        let last = NaiveDate::from_ymd_opt(2026, 12, 6).expect("a day");
        let four = SharePeriod { weeks: 4, last };
        assert_eq!(
            (four.zh().as_str(), four.en().as_str()),
            ("近四周（至12月6日）", "in the four weeks to 6 Dec")
        );
        assert_eq!(SharePeriod { weeks: 1, last }.en(), "in the week to 6 Dec");
        assert_eq!(SharePeriod { weeks: 2, last }.zh(), "近两周（至12月6日）");
    }
}
