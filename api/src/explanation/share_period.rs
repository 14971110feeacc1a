//! The weeks of which a load is a share, in words.

use chrono::NaiveDate;

use super::day_words::PresentYear;
use crate::plan::request::span::Span;

/// The weeks over which a district shares work fairly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharePeriod {
    /// Their number.
    pub weeks: u8,
    /// Their last day, which is that of a plan.
    pub last: NaiveDate,
}

impl SharePeriod {
    /// The weeks that end with these days.
    pub(super) const fn of(span: Span, weeks: u8) -> Self {
        Self { weeks, last: span.last() }
    }

    /// In Chinese.
    pub(super) fn zh(self, year: PresentYear) -> String {
        const NUMBERS: [&str; 12] =
            ["一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
        format!("近{}周（至{}）", number(self.weeks, &NUMBERS), year.zh_date(self.last))
    }

    /// In English, within a sentence.
    pub(super) fn en(self, year: PresentYear) -> String {
        const NUMBERS: [&str; 12] = [
            "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve",
        ];
        let weeks = match self.weeks {
            1 => "week".to_owned(),
            weeks => format!("{} weeks", number(weeks, &NUMBERS)),
        };
        format!("in the {weeks} to {}", year.en_date(self.last))
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
    use crate::explanation::fixture::period;

    #[test]
    fn the_weeks_of_a_share_end_with_a_date() {
        let (four, year) = period();
        assert_eq!(
            (four.zh(year).as_str(), four.en(year).as_str()),
            ("近四周（至12月6日）", "in the four weeks to 6 Dec")
        );
        assert_eq!(SharePeriod { weeks: 1, ..four }.en(year), "in the week to 6 Dec");
        assert_eq!(SharePeriod { weeks: 2, ..four }.zh(year), "近两周（至12月6日）");
    }
}
