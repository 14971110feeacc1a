//! The current time, injected, and the calendar day in a district.

use chrono::{DateTime, FixedOffset, Months, NaiveDate, NaiveTime, SubsecRound, TimeDelta, Utc};
use gridward_domain::range::KeptYears;
use gridward_domain::time::TimeOfDay;

/// Returns the time. The server injects [`system`], a test its own clock.
pub type Clock = fn() -> DateTime<Utc>;

/// The machine's clock, to the millisecond: the precision that both databases store.
pub fn system() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

/// The time zone of China: eight hours ahead of UTC, all year round.
pub fn china() -> FixedOffset {
    /// In seconds.
    const EIGHT_HOURS: i32 = 8 * 3600;
    FixedOffset::east_opt(EIGHT_HOURS).unwrap_or_else(|| chrono::Offset::fix(&Utc))
}

/// The name of that time zone (IANA).
pub const TIME_ZONE: &str = "Asia/Shanghai";

/// The day that `moment` falls on in a district.
pub fn day(moment: DateTime<Utc>) -> NaiveDate {
    moment.with_timezone(&china()).date_naive()
}

/// The moment at which a day within the valid years begins in a district.
pub fn midnight(day: NaiveDate) -> DateTime<Utc> {
    let ahead = TimeDelta::seconds(china().local_minus_utc().into());
    day.and_time(NaiveTime::MIN).and_utc() - ahead
}

/// The moment these years before the day: what ended before it is kept no longer; `None` beyond the calendar.
pub fn years_before(day: NaiveDate, years: KeptYears) -> Option<DateTime<Utc>> {
    let months = years.get().unsigned_abs().checked_mul(12)?;
    day.checked_sub_months(Months::new(months)).map(midnight)
}

/// Whether the time of a day within the valid years has come before `now` in a district.
pub fn has_passed((day, time): (NaiveDate, TimeOfDay), now: DateTime<Utc>) -> bool {
    midnight(day) + TimeDelta::minutes(time.minutes().into()) < now
}

/// The valid years of external dates: wide enough for every plan and record,
/// narrow enough for both databases.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// A day or moment outside the valid years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be in the years 1900 to 2200")]
pub struct DateOutOfRange;

/// Whether a day or moment is in the valid years.
///
/// # Errors
/// [`DateOutOfRange`].
pub fn within_reach(when: &impl chrono::Datelike) -> Result<(), DateOutOfRange> {
    if YEARS.contains(&when.year()) { Ok(()) } else { Err(DateOutOfRange) }
}

/// The day, or the nearest valid one if it is out of range; as an upper bound of
/// a filter both select the same tasks.
pub fn nearest_within_reach(day: NaiveDate) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(*YEARS.start(), 1, 1).unwrap_or(day);
    let last = NaiveDate::from_ymd_opt(*YEARS.end(), 12, 31).unwrap_or(day);
    day.clamp(first, last)
}

/// The moment, or the nearest valid one, as [`nearest_within_reach`].
pub fn nearest_moment(moment: DateTime<FixedOffset>) -> DateTime<Utc> {
    let utc = moment.with_timezone(&Utc);
    let day = nearest_within_reach(utc.date_naive());
    if day == utc.date_naive() { utc } else { day.and_time(chrono::NaiveTime::MIN).and_utc() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_ends_at_the_midnight_of_its_day() {
        let day = |text: &str| text.parse().expect("a day");
        let years = |n: i64| KeptYears::try_from(n).expect("years");
        let end = years_before(day("2028-02-29"), years(1)).expect("a moment");
        assert_eq!(end.to_rfc3339(), "2027-02-27T16:00:00+00:00", "28 February");
        let end = years_before(day("2026-12-01"), years(10)).expect("a moment");
        assert_eq!(end.to_rfc3339(), "2016-11-30T16:00:00+00:00");
    }

    #[test]
    fn a_day_out_of_reach_is_taken_for_the_nearest_within() {
        let near = |text: &str| nearest_within_reach(text.parse().expect("a day")).to_string();
        assert_eq!(near("5289-05-21"), "2200-12-31");
        assert_eq!(near("-9999-01-01"), "1900-01-01");
        assert_eq!(near("2026-08-01"), "2026-08-01");
        assert_eq!(within_reach(&NaiveDate::MAX), Err(DateOutOfRange));
    }

    #[test]
    fn a_time_has_passed_by_the_clock_of_the_district() {
        let now: DateTime<Utc> = "2026-12-01T01:00:30Z".parse().expect("a time");
        let has_passed = |day: &str, minutes| {
            let time = TimeOfDay::new(minutes).expect("a time");
            has_passed((day.parse().expect("a day"), time), now)
        };
        assert!(has_passed("2026-12-01", 540), "it is half a minute after nine");
        assert!(!has_passed("2026-12-01", 541));
        assert!(!has_passed("2026-12-02", 480));
    }

    #[test]
    fn a_day_begins_at_its_midnight_in_the_district() {
        let first: NaiveDate = "2026-08-01".parse().expect("a day");
        assert_eq!(midnight(first).to_rfc3339(), "2026-07-31T16:00:00+00:00");
        assert_eq!(day(midnight(first)), first);
        assert_eq!(Some(day(midnight(first) - TimeDelta::milliseconds(1))), first.pred_opt());
    }
}
