//! Working days.

use chrono::NaiveDate;

use crate::range::StepDays;

/// Whether a day is a working day.
pub type Calendar<'a> = &'a dyn Fn(NaiveDate) -> bool;

/// The most days of a span, so that a calendar without working days ends too.
const LONGEST: usize = 3 * 366;

/// The last of the `days` working days that follow `day`.
///
/// A calendar that has fewer within three years gives a day of the end of that span.
pub fn after(day: NaiveDate, days: StepDays, is_working: Calendar<'_>) -> NaiveDate {
    let following = day.iter_days().skip(1).take(LONGEST);
    let mut left = u64::from(days);
    let mut last = day;
    for next in following {
        if left == 0 {
            break;
        }
        last = next;
        if is_working(next) {
            left -= 1;
        }
    }
    last
}
