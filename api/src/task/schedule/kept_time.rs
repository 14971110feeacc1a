//! The time of a planned visit that passes to another person, who keeps it if free then.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use gridward_domain::time::TimeOfDay;

use super::commitments::{Commitments, Conflict};
use crate::availability::calendar::Calendar;
use crate::clock;
use crate::db::DbError;
use crate::person::store::PersonRow;
use crate::task::assignment::breach::Breach;
use crate::task::commands::command::{NewTimes, VisitTime};
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The time of the visit of the task, if it has one that has not passed.
pub fn planned(row: &TaskRow, now: DateTime<Utc>) -> Option<VisitTime> {
    let (day, start) = row.planned_on.zip(row.planned_start)?;
    (!clock::has_passed((day, start), now)).then_some(VisitTime { day, start })
}

/// The task as it passes to another person: without a planned time that has passed, so that it counts in the week of
/// its due day.
pub fn passing(row: &TaskRow, now: DateTime<Utc>) -> TaskRow {
    let mut passing = row.clone();
    if planned(row, now).is_none() {
        passing.unplan();
    }
    passing
}

/// The time that the visit of the task keeps with the person of `to`, who is locked: the planned one, if
/// nothing keeps the person from it.
///
/// # Errors
/// [`DbError`].
pub fn of(tx: &mut Tx<'_>, row: &TaskRow, to: &PersonRow) -> Result<NewTimes, DbError> {
    let Some(time) = planned(row, tx.now) else { return Ok(NewTimes::default()) };
    let (people, days) = (BTreeSet::from([to.id]), (time.day, time.day));
    // The visits that are given in the same transaction count too.
    let held = Commitments::read(tx.read()?, (row.district, None), &people, days)?;
    let is_kept = breach(row, time, to, &held)?.is_none();
    Ok(NewTimes { planned: is_kept.then_some(time), ..NewTimes::default() })
}

/// The rule that the person of `to`, with these commitments, would break by making the visit of the task at
/// this time: to be there, to have no other visit then, with the ways between both, and to have hours.
///
/// # Errors
/// [`DbError::Corrupt`].
pub fn breach(
    row: &TaskRow,
    VisitTime { day, start }: VisitTime,
    to: &PersonRow,
    held: &Commitments,
) -> Result<Option<Breach>, DbError> {
    let works =
        |calendar: &Calendar| works(to, calendar, (day, start, row.minutes.get().unsigned_abs()));
    Ok(match held.conflict(to.id, &held.visit(row, (day, start))?) {
        Some(Conflict::Away) => Some(Breach::Absence),
        Some(Conflict::Busy) => Some(Breach::Overlap),
        None => (!held.calendar(to.id).is_none_or(works)).then_some(Breach::Window),
    })
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
