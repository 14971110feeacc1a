//! The work of some people around a day, for the ranking of candidates.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::Phase;

use crate::db::schema::tasks;
use crate::db::{Conn, DbError, batches};
use crate::plan::problem::carried::Carried;
use crate::plan::request::span::Span;
use crate::task::row::TaskRow;
use crate::task::schedule::work_time::{finished, work_columns};

/// The work of people.
pub(super) struct Held {
    /// Their unfinished tasks, in any area.
    pub(super) tasks: Vec<TaskRow>,
    /// Their committed minutes.
    pub(super) carried: Carried,
}

/// Reads the work of these people, without the task `without`, around the days of `span`, and on the days
/// over which work is shared fairly.
///
/// # Errors
/// [`DbError`].
pub(super) fn of(
    conn: &mut Conn,
    district: AreaCode,
    (people, without): (&[PersonId], TaskId),
    span: Span,
    fairness_weeks: u8,
) -> Result<Held, DbError> {
    let days = span.of_work(fairness_weeks);
    let (mut unfinished, mut counted) = (Vec::new(), Vec::new());
    for people in batches(people) {
        let theirs = tasks::table
            .filter(tasks::district.eq(district))
            // The index by assignee is partial.
            .filter(tasks::assignee.is_not_null())
            .filter(tasks::assignee.eq_any(people))
            .filter(tasks::id.ne(without))
            .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED));
        unfinished.extend(theirs.select(TaskRow::as_select()).load::<TaskRow>(conn)?);
        counted.extend(finished(conn, district, people, (days.first(), days.last()))?);
    }
    counted.extend(unfinished.iter().map(work_columns));
    Ok(Held { carried: Carried::of(counted, span, fairness_weeks), tasks: unfinished })
}
