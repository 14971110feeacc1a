//! The time of a planned visit that passes to another person, who keeps it if free then.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gridward_domain::time::TimeOfDay;

use super::command::{NewTimes, VisitTime};
use super::commitments::Commitments;
use super::row::TaskRow;
use crate::availability::calendar::Calendar;
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
    let minutes = row.minutes.get().unsigned_abs();
    if clock::has_passed((day, start), tx.now) {
        return Ok(NewTimes::default());
    }
    // The visits that are given in the same transaction count too.
    let conn = tx.read()?;
    let held = Commitments::read(conn, (row.district, None), &people, days)?;
    let calendars = availability::calendars_from(conn, row.district, &[to.id], day)?;
    let is_kept = works(to, calendars.of(to.id), (day, start, minutes))
        && held.conflict(to.id, day, start, row.minutes.get()).is_none();
    Ok(NewTimes { planned: is_kept.then_some(VisitTime { day, start }), ..NewTimes::default() })
}

/// Whether the person works at the time of a visit. People without any weekly hours have not said when.
fn works(
    person: &PersonRow,
    calendar: &Calendar,
    (day, start, minutes): (NaiveDate, TimeOfDay, u32),
) -> bool {
    let hours = calendar.hours_on(person.role, &person.availability, day);
    match hours {
        Some(hours) => hours.fit_at(start, minutes),
        None => person.availability.days().next().is_none(),
    }
}
