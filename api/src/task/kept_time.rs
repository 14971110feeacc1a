//! The time of a planned visit that passes to another person, who keeps it if free then.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Timelike as _, Utc};
use gridward_domain::time::TimeOfDay;

use super::command::{NewTimes, VisitTime};
use super::commitments::Commitments;
use super::row::TaskRow;
use crate::availability::calendar::{Calendar, Hours};
use crate::availability::store as availability;
use crate::clock;
use crate::db::DbError;
use crate::person::store::PersonRow;
use crate::tx::Tx;

/// The time that the visit of the task keeps with the person of `to`, who is locked: the planned one, if
/// the person works then and is neither absent nor at another visit. A time that has passed is not kept.
///
/// # Errors
/// [`DbError`].
pub fn of(tx: &mut Tx<'_>, row: &TaskRow, to: &PersonRow) -> Result<NewTimes, DbError> {
    let Some((day, start)) = row.planned_on.zip(row.planned_start) else {
        return Ok(NewTimes::default());
    };
    let (people, days) = (BTreeSet::from([to.id]), (day, day));
    let minutes = row.minutes.get();
    if has_passed((day, start), tx.now) {
        return Ok(NewTimes::default());
    }
    // The visits that are given in the same transaction count too.
    let conn = tx.read()?;
    let held = Commitments::read(conn, (row.district, None), &people, days)?;
    let calendars = availability::calendars_from(conn, row.district, &[to.id], day)?;
    let is_kept = works(to, calendars.of(to.id), (day, start, minutes))
        && held.conflict(to.id, day, start, minutes).is_none();
    Ok(NewTimes { planned: is_kept.then_some(VisitTime { day, start }), ..NewTimes::default() })
}

/// Whether the day and the time are before now.
fn has_passed((day, start): (NaiveDate, TimeOfDay), now: DateTime<Utc>) -> bool {
    let now = now.with_timezone(&clock::china());
    (day, u32::from(start.minutes()) * 60) < (now.date_naive(), now.num_seconds_from_midnight())
}

/// Whether the person works at the time of a visit. People without any weekly hours have not said when.
fn works(
    person: &PersonRow,
    calendar: &Calendar,
    (day, start, minutes): (NaiveDate, TimeOfDay, i32),
) -> bool {
    let hours = calendar.hours_on(person.role, &person.availability, day);
    match hours {
        Some(hours) => contain(&hours, start, minutes),
        None => person.availability.days().next().is_none(),
    }
}

/// Whether the whole service is within the hours, outside their breaks.
fn contain(hours: &Hours, start: TimeOfDay, minutes: i32) -> bool {
    let (from, to) = (i32::from(start.minutes()), i32::from(start.minutes()) + minutes);
    let (opens, closes) = (hours.window.start().minutes(), hours.window.end().minutes());
    let mut breaks = hours.breaks.iter();
    i32::from(opens) <= from
        && to <= i32::from(closes)
        && breaks.all(|part| {
            to <= i32::from(part.start().minutes()) || i32::from(part.end().minutes()) <= from
        })
}

#[cfg(test)]
mod tests {
    use gridward_domain::time::Window;

    use super::*;

    fn at(hour: u16, minute: u16) -> TimeOfDay {
        TimeOfDay::new(hour * 60 + minute).expect("a time")
    }

    #[test]
    fn a_visit_is_in_the_hours_of_a_person_as_a_whole_and_outside_breaks() {
        let window = |from, to| Window::new(at(from, 0), at(to, 0)).expect("hours");
        let hours = Hours { window: window(9, 17), breaks: vec![window(12, 13)] };
        for (start, minutes, is_in) in [
            (at(9, 0), 180, true),
            (at(8, 59), 30, false),
            (at(11, 30), 31, false),
            (at(13, 0), 240, true),
            (at(13, 0), 241, false),
        ] {
            assert_eq!(contain(&hours, start, minutes), is_in, "{start:?} {minutes}");
        }
    }

    #[test]
    fn a_time_has_passed_by_the_clock_of_the_district() {
        let now: DateTime<Utc> = "2026-12-01T01:00:30Z".parse().expect("a time");
        let day = |n| NaiveDate::from_ymd_opt(2026, 12, n).expect("a day");
        assert!(has_passed((day(1), at(9, 0)), now), "it is half a minute after nine");
        assert!(!has_passed((day(1), at(9, 1)), now));
        assert!(!has_passed((day(2), at(8, 0)), now));
    }
}
