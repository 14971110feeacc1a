//! The days off and shifted working days of 2026, by the State Council's notice of November 2025.

use chrono::{Days, NaiveDate};
use gridward_domain::area::AreaCode;
use gridward_domain::range::CalendarYear;

use crate::db::{Conn, DbError};
use crate::workday::model::{WorkCalendar, WorkCalendarContent};
use crate::workday::store;

const YEAR: CalendarYear = CalendarYear::of::<2026>();

/// The first day of each holiday, by month and day, and the number of its days.
const DAYS_OFF: [(u32, u32, u64); 7] =
    [(1, 1, 3), (2, 15, 9), (4, 4, 3), (5, 1, 5), (6, 19, 3), (9, 25, 3), (10, 1, 7)];
/// The weekend days on which staff work.
const WORKING_DAYS: [(u32, u32); 6] = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)];

fn content() -> WorkCalendarContent {
    let day = |month, day| NaiveDate::from_ymd_opt(YEAR.get(), month, day);
    let off = DAYS_OFF.iter().flat_map(|(month, first, days)| {
        let first = day(*month, *first);
        (0..*days).filter_map(move |n| first?.checked_add_days(Days::new(n)))
    });
    WorkCalendarContent {
        days_off: off.collect(),
        working_days: WORKING_DAYS.iter().filter_map(|(month, at)| day(*month, *at)).collect(),
    }
}

/// Enters the calendar of the year.
///
/// # Errors
/// [`DbError`].
pub fn enter(conn: &mut Conn, district: AreaCode) -> Result<(), DbError> {
    let before = WorkCalendar::initial(YEAR).version;
    store::replace(conn, district, YEAR, &content(), before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_has_33_days_off_and_six_shifted_days() {
        let content = content();
        assert_eq!((content.days_off.len(), content.working_days.len()), (33, 6));
        assert_eq!(content.faults(YEAR), []);
    }
}
