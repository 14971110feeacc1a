//! New days of a task, and a time of its visit.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::task::Command;
use gridward_domain::time::{TimeOfDay, Window};

use super::command::{NewDays, VisitTime};
use crate::clock;
use crate::http::problem::Problem;
use crate::task::assignment::assignee_away;
use crate::task::row::TaskRow;
use crate::task::schedule::overlap;
use crate::tx::Tx;

/// The command to give the task new days, given at `given`.
///
/// # Errors
/// 422 for days out of reach, in the past, or that do not suit each other, and for a time at which the
/// visit cannot be.
pub(in crate::task) fn command(
    row: &TaskRow,
    new: &NewDays,
    given: DateTime<Utc>,
) -> Result<Command, Problem> {
    let given_on = clock::day(given);
    if new.due_on.is_some_and(|day| day < given_on) {
        let detail = format!("must not be before {given_on}");
        return Err(Problem::invalid("/due_on", detail));
    }
    let not_before = new.not_before.unwrap_or(row.not_before);
    // An earliest day after the due day moves the due day along.
    let due_on = new.due_on.unwrap_or(row.due_on.max(not_before));
    for (pointer, day) in [("/not_before", not_before), ("/due_on", due_on)] {
        clock::within_reach(&day).map_err(|error| Problem::invalid(pointer, error))?;
    }
    if let Some(time) = new.planned {
        let window = new.window.map_or_else(|| row.window(), Ok)?;
        let fault = fault(row, time, (not_before.max(given_on), due_on), (window, given));
        if let Some((pointer, detail)) = fault {
            return Err(Problem::invalid(pointer, detail));
        }
    }
    Ok(Command::Reschedule { not_before, due_on })
}

/// Checks that the task's assignee, and the second person if the task of that one moves too, can make
/// the visit at the new time, or is there on one of the new days.
///
/// # Errors
/// 409 for a person who is away or has another visit; [`DbError`](crate::db::DbError).
pub(in crate::task) fn check_people(
    tx: &mut Tx<'_>,
    principal: &Principal,
    row: &TaskRow,
    new: &NewDays,
    command: &Command,
) -> Result<(), Problem> {
    match (new.planned, *command) {
        (Some(time), _) => overlap::check_moved(tx, principal, row, time),
        // Days in the wrong order have a refusal of their own.
        (None, Command::Reschedule { not_before, due_on }) if not_before <= due_on => {
            let first = not_before.max(clock::day(tx.now));
            let window = new.window.map_or_else(|| row.window(), Ok)?;
            assignee_away::check(tx, principal, row, (first, due_on.max(first)), window)
        }
        _ => Ok(()),
    }
}

/// What is wrong with the time of a visit, which is possible from the first of these days until the
/// last, within the window, and not before `given`: the pointer and the detail.
fn fault(
    row: &TaskRow,
    VisitTime { day, start }: VisitTime,
    (first, last): (NaiveDate, NaiveDate),
    (window, given): (Option<Window>, DateTime<Utc>),
) -> Option<(&'static str, String)> {
    let end = i32::from(start.minutes()) + row.minutes.get();
    let is_within = |part: Window| part.start() <= start && end <= i32::from(part.end().minutes());
    // The present minute has not passed.
    let passes = clock::midnight(day) + TimeDelta::minutes(i64::from(start.minutes()) + 1);
    Some(if row.assignee.is_none() {
        ("/planned", "must be absent: the task has no assignee".to_owned())
    } else if day < first {
        ("/planned/day", format!("must not be before {first}"))
    } else if day > last {
        ("/planned/day", format!("must not be after {last}, the due day"))
    } else if passes <= given {
        ("/planned/start", "must not be in the past".to_owned())
    } else if end > TimeOfDay::LAST.minutes().into() {
        ("/planned/start", "must leave time for the visit on the same day".to_owned())
    } else if !window.is_none_or(is_within) {
        ("/planned/start", "must leave the visit within the time window".to_owned())
    } else {
        return None;
    })
}
