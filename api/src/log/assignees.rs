//! The assignees of tasks by the log. A former assignee may report a task and attach photos, so the
//! names outlast the archiving of the events.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};

use super::Subject;
use crate::db::schema::{archived_assignees, events};
use crate::db::{Conn, DbError};

/// Copies the assignees and reporters of tasks in the events up to number `$2`.
const COPY: &str = "INSERT INTO archived_assignees (district, task, person) \
    SELECT district, subject_id, person FROM events \
    WHERE district = $1 AND seq <= $2 AND subject = 'task' AND person IS NOT NULL \
    UNION SELECT district, subject_id, actor FROM events \
    WHERE district = $1 AND seq <= $2 AND action = 'task.report' AND actor IS NOT NULL \
    ON CONFLICT DO NOTHING";

/// Keeps the assignees and reporters of tasks in the events up to number `last`, which are about
/// to be deleted.
///
/// # Errors
/// [`DbError`].
pub fn keep(conn: &mut Conn, district: AreaCode, last: i64) -> Result<(), DbError> {
    let copy = diesel::sql_query(COPY).bind::<Text, _>(district).bind::<BigInt, _>(last);
    copy.execute(conn)?;
    Ok(())
}

/// The assignee of the task at `moment`, by the log; `None` also if those events are archived.
///
/// # Errors
/// [`DbError`].
pub fn assignee_at(
    conn: &mut Conn,
    district: AreaCode,
    task: TaskId,
    moment: DateTime<Utc>,
) -> Result<Option<PersonId>, DbError> {
    let person: Option<Option<PersonId>> = events::table
        .filter(events::district.eq(district))
        .filter(events::subject_id.eq(task.to_string()))
        .filter(events::subject.eq(Subject::Task))
        .filter(events::at.le(moment.naive_utc()))
        .order(events::seq.desc())
        .select(events::person)
        .first(conn)
        .optional()?;
    Ok(person.flatten())
}

/// Whether the log, with its archived events, has the person as assignee or reporter of the task at
/// any time.
///
/// # Errors
/// [`DbError`].
pub fn was_assignee(
    conn: &mut Conn,
    district: AreaCode,
    task: TaskId,
    person: PersonId,
) -> Result<bool, DbError> {
    let reported = events::actor.eq(person).and(events::action.eq("task.report"));
    let one: Option<i64> = events::table
        .filter(events::district.eq(district))
        .filter(events::subject_id.eq(task.to_string()))
        .filter(events::subject.eq(Subject::Task))
        .filter(events::person.eq(person).or(reported.assume_not_null()))
        .select(events::seq)
        .first(conn)
        .optional()?;
    if one.is_some() {
        return Ok(true);
    }
    is_archived(conn, district, task, person)
}

/// Whether archived events have the person as assignee or reporter of the task.
///
/// # Errors
/// [`DbError`].
pub fn is_archived(
    conn: &mut Conn,
    district: AreaCode,
    task: TaskId,
    person: PersonId,
) -> Result<bool, DbError> {
    let archived = archived_assignees::table.find((district, task, person));
    let archived: Option<TaskId> =
        archived.select(archived_assignees::task).first(conn).optional()?;
    Ok(archived.is_some())
}
