//! The time that tasks take, or took, of their assignees.

use chrono::{NaiveDate, Weekday};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::range::ServiceMinutes;
use gridward_domain::task::Phase;

use crate::clock;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::task::row::TaskRow;

/// The columns of a task that count as work: its assignee, its planned day and minutes, and its state.
pub type WorkColumns = (Option<PersonId>, Option<NaiveDate>, Option<i32>, Phase);

/// These columns of the task.
pub const fn work_columns(row: &TaskRow) -> WorkColumns {
    (row.assignee, row.planned_on, row.planned_minutes, row.state)
}

/// The minutes that a task takes of its assignee: as planned, with the travel that the visit adds to its day, or
/// else as usual.
pub fn minutes_of(planned: Option<i32>, service: ServiceMinutes) -> i32 {
    planned.unwrap_or_else(|| service.get())
}

/// The time that an unfinished task takes of its assignee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldTime {
    /// The assignee.
    pub assignee: PersonId,
    /// The day of the planned visit.
    pub planned_on: Option<NaiveDate>,
    /// The due day.
    pub due_on: NaiveDate,
    /// The duration in minutes, as planned, or else as usual.
    pub minutes: i32,
}

impl HeldTime {
    /// The time that the task takes, if it is unfinished and has an assignee.
    pub fn of(row: &TaskRow) -> Option<Self> {
        let assignee = row.assignee.filter(|_| Phase::UNFINISHED_ASSIGNED.contains(&row.state))?;
        let minutes = minutes_of(row.planned_minutes, row.minutes);
        Some(Self { assignee, planned_on: row.planned_on, due_on: row.due_on, minutes })
    }

    /// The time that the task would take of this person: the minutes of a plan are those of the former assignee.
    pub fn taken(row: &TaskRow, assignee: PersonId) -> Self {
        let minutes = row.minutes.get();
        Self { assignee, planned_on: row.planned_on, due_on: row.due_on, minutes }
    }

    /// The day to whose week the task counts: the planned or else the due day.
    pub fn day(&self) -> NaiveDate {
        self.planned_on.unwrap_or(self.due_on)
    }
}

/// The minutes of those of these tasks that count to the calendar week of the day.
pub fn held_in_week(held: &[HeldTime], day: NaiveDate) -> u32 {
    let week = clock::nearest_within_reach(day).week(Weekday::Mon).days();
    let of_week = held.iter().filter(|task| week.contains(&task.day()));
    of_week.map(|task| task.minutes.unsigned_abs()).sum()
}

/// The unfinished tasks of these people.
///
/// # Errors
/// [`DbError`].
pub fn held_time(
    conn: &mut Conn,
    district: AreaCode,
    people: &[PersonId],
) -> Result<Vec<HeldTime>, DbError> {
    type Columns = (Option<PersonId>, Option<NaiveDate>, NaiveDate, Option<i32>, ServiceMinutes);
    let rows: Vec<Columns> = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.eq_any(people))
        // SQLite uses the partial index only if the query repeats the index's condition.
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .select((
            tasks::assignee,
            tasks::planned_on,
            tasks::due_on,
            tasks::planned_minutes,
            tasks::minutes,
        ))
        .load(conn)?;
    let time = |(assignee, planned_on, due_on, planned, service): Columns| {
        let minutes = minutes_of(planned, service);
        Some(HeldTime { assignee: assignee?, planned_on, due_on, minutes })
    };
    Ok(rows.into_iter().filter_map(time).collect())
}

/// The work of the finished tasks of these people that were planned for the days from `first` to `last`.
///
/// # Errors
/// [`DbError`].
pub fn finished(
    conn: &mut Conn,
    district: AreaCode,
    people: &[PersonId],
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Vec<WorkColumns>, DbError> {
    Ok(tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.eq_any(people))
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::state.eq_any([Phase::Done, Phase::Failed]))
        .filter(tasks::planned_on.ge(first))
        .filter(tasks::planned_on.le(last))
        .select((tasks::assignee, tasks::planned_on, tasks::planned_minutes, tasks::state))
        .load(conn)?)
}
