//! Queries for the calendars of years.

use chrono::{Datelike as _, NaiveDate};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::range::CalendarYear;

use super::days::{DayKind, WorkDays};
use super::model::{WorkCalendar, WorkCalendarContent};
use crate::db::schema::work_calendars;
use crate::db::{Conn, DbError};

const TABLE: &str = "work_calendars";

fn read(days: &str) -> Result<WorkCalendarContent, DbError> {
    serde_json::from_str(days).map_err(|error| DbError::corrupt(TABLE, error))
}

/// The calendar of a year.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: AreaCode,
    year: CalendarYear,
) -> Result<WorkCalendar, DbError> {
    let row: Option<(String, i64)> = work_calendars::table
        .find((district, year))
        .select((work_calendars::days, work_calendars::version))
        .first(conn)
        .optional()?;
    let Some((days, version)) = row else { return Ok(WorkCalendar::initial(year)) };
    let WorkCalendarContent { days_off, working_days } = read(&days)?;
    Ok(WorkCalendar { year, days_off, working_days, version })
}

/// The days off and shifted working days of the district from the year of `first` on, to that of
/// `last` if given.
///
/// # Errors
/// [`DbError`].
pub fn days(
    conn: &mut Conn,
    district: AreaCode,
    first: NaiveDate,
    last: Option<NaiveDate>,
) -> Result<WorkDays, DbError> {
    let mut query = work_calendars::table
        .filter(work_calendars::district.eq(district))
        .filter(work_calendars::year.ge(first.year()))
        .select(work_calendars::days)
        .into_boxed();
    if let Some(last) = last {
        query = query.filter(work_calendars::year.le(last.year()));
    }
    let mut all = Vec::new();
    for days in query.load::<String>(conn)? {
        let WorkCalendarContent { days_off, working_days } = read(&days)?;
        all.extend(days_off.into_iter().map(|day| (day, DayKind::Off)));
        all.extend(working_days.into_iter().map(|day| (day, DayKind::Working)));
    }
    Ok(all.into_iter().collect())
}

/// Writes the calendar of a year in place of its version `before`.
///
/// # Errors
/// [`DbError::Collision`] if that is no longer the current version.
pub fn replace(
    conn: &mut Conn,
    district: AreaCode,
    year: CalendarYear,
    content: &WorkCalendarContent,
    before: i64,
) -> Result<(), DbError> {
    let days = serde_json::to_string(content).map_err(|error| DbError::corrupt(TABLE, error))?;
    let row = work_calendars::table.find((district, year));
    let current = row.filter(work_calendars::version.eq(before));
    let changes = (work_calendars::days.eq(&days), work_calendars::version.eq(before + 1));
    if diesel::update(current).set(changes).execute(conn)? == 1 {
        return Ok(());
    }
    // The first calendar of this year, unless another process has written one since.
    let there: i64 = row.count().get_result(conn)?;
    if there > 0 {
        return Err(DbError::Collision);
    }
    diesel::insert_into(work_calendars::table)
        .values((
            work_calendars::district.eq(district),
            work_calendars::year.eq(year),
            work_calendars::days.eq(&days),
            work_calendars::version.eq(before + 1),
        ))
        .execute(conn)
        .map_err(DbError::unless_unique)?;
    Ok(())
}
