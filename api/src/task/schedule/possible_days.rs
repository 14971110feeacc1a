//! The days on which a visit can be made, by which candidates are ranked and assignments are checked.

use chrono::{Days, NaiveDate};

use crate::http::problem::Problem;
use crate::task::row::TaskRow;

/// A plan that begins later than this many days from today needs a confirmation, and no visit is asked for later than
/// this many days after today and its due day.
pub const NEAR_DAYS: i64 = 31;

/// The number of days that count of an overdue task, and of which a candidate has the cheapest.
const MOST_DAYS: u64 = 7;

/// The first and the last day on which the visit of the task can be made from `today` on: up to the due day, or
/// some days of a task that is overdue.
pub fn possible_days(row: &TaskRow, today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = row.not_before.max(today);
    (first, if row.due_on < first { last_of_most(first) } else { row.due_on })
}

/// The last of the most days from `first` of which candidates have the cheapest.
pub fn last_of_most(first: NaiveDate) -> NaiveDate {
    first.checked_add_days(Days::new(MOST_DAYS - 1)).unwrap_or(first)
}

/// Checks that the day that is named for the visit of the task by `pointer` is not mistyped by years.
///
/// # Errors
/// 422 for a day that is far away.
pub fn check_near(
    row: &TaskRow,
    (pointer, day): (&str, NaiveDate),
    today: NaiveDate,
) -> Result<(), Problem> {
    if (day - row.due_on.max(today)).num_days() > NEAR_DAYS {
        let detail = format!("must be at most {NEAR_DAYS} days after today and the due day");
        return Err(Problem::invalid(pointer, detail));
    }
    Ok(())
}

/// Checks that the visit of the task can be on the day that is named for it, also after the due day.
///
/// # Errors
/// 422 for a day before the first possible one, and for one that is far away.
pub fn check_possible(
    row: &TaskRow,
    (pointer, day): (&str, NaiveDate),
    today: NaiveDate,
) -> Result<(), Problem> {
    let (first, _) = possible_days(row, today);
    if day < first {
        return Err(Problem::invalid(pointer, format!("must not be before {first}")));
    }
    check_near(row, (pointer, day), today)
}
