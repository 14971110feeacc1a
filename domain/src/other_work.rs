//! The work that people have on the days of a campaign besides its visits.

use chrono::NaiveDate;

/// Unfinished work beside the campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherWork {
    /// Its first possible day.
    pub not_before: NaiveDate,
    /// The day until which it is done.
    pub due_on: NaiveDate,
    /// The day for which it is planned.
    pub planned_on: Option<NaiveDate>,
    /// Its minutes.
    pub minutes: u64,
}

impl OtherWork {
    /// The minutes that it takes of the days from `first` to `last`: all of what is overdue, due by the last day, or
    /// planned for one of them, and an even share of what may be done after them.
    pub fn within(&self, first: NaiveDate, last: NaiveDate) -> u64 {
        let days = |from: NaiveDate, to: NaiveDate| {
            u64::try_from(to.signed_duration_since(from).num_days() + 1).unwrap_or_default()
        };
        if let Some(day) = self.planned_on.filter(|day| *day >= first) {
            return if day <= last { self.minutes } else { 0 };
        }
        if self.due_on <= last || self.due_on < first {
            return self.minutes;
        }
        let from = self.not_before.max(first);
        (self.minutes * days(from, last)).div_ceil(days(from, self.due_on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_work_takes_its_days_of_a_campaign() {
        let day = |n| NaiveDate::from_ymd_opt(2027, 2, n).expect("a day");
        let work = |from, to, planned: Option<u32>| OtherWork {
            not_before: day(from),
            due_on: day(to),
            planned_on: planned.map(day),
            minutes: 100,
        };
        let within = |work: OtherWork| work.within(day(8), day(12));
        assert_eq!((within(work(1, 7, None)), within(work(10, 12, None))), (100, 100));
        assert_eq!((within(work(8, 17, None)), within(work(13, 17, None))), (50, 0));
        assert_eq!((within(work(1, 20, Some(9))), within(work(8, 20, Some(13)))), (100, 0));
        assert_eq!(within(work(1, 9, Some(5))), 100, "not done on its day");
        let past = |work: OtherWork| work.within(day(25), day(7));
        assert_eq!(
            (past(work(3, 20, None)), past(work(3, 27, None))),
            (100, 0),
            "the days are over"
        );
    }
}
