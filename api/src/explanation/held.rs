//! The work of some people around a day, for the ranking of candidates.

use std::collections::HashMap;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::task::Phase;
use gridward_domain::time::Minutes;

use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::plan::span::Span;
use crate::task::row::TaskRow;

/// How many people one statement names.
const AT_A_TIME: usize = 500;

/// The work of people.
#[derive(Default)]
pub(super) struct Held {
    /// Their unfinished tasks, in any area.
    pub(super) tasks: Vec<TaskRow>,
    /// Their minutes in the week of the day that finished tasks, or tasks planned for other days,
    /// take up.
    pub(super) carried: HashMap<PersonId, Minutes>,
}

/// Reads the work of these people around the days of `span`.
///
/// # Errors
/// [`DbError`].
pub(super) fn of(
    conn: &mut Conn,
    district: AreaCode,
    people: &[PersonId],
    span: Span,
) -> Result<Held, DbError> {
    let (mut held, weeks) = (Held::default(), span.weeks());
    for people in people.chunks(AT_A_TIME) {
        let theirs = tasks::table
            .filter(tasks::district.eq(district))
            // The index by assignee is partial.
            .filter(tasks::assignee.is_not_null())
            .filter(tasks::assignee.eq_any(people));
        held.tasks.extend(
            theirs
                .clone()
                .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
                .select(TaskRow::as_select())
                .load(conn)?,
        );
        let over: Vec<(Option<PersonId>, Option<i32>)> = theirs
            .filter(tasks::state.eq_any([Phase::Done, Phase::Failed]))
            .filter(tasks::planned_on.ge(weeks.first()))
            .filter(tasks::planned_on.le(weeks.last()))
            .select((tasks::assignee, tasks::planned_minutes))
            .load(conn)?;
        for (person, minutes) in over {
            held.carry(person, minutes);
        }
    }
    let elsewhere: Vec<(Option<PersonId>, Option<i32>)> = held
        .tasks
        .iter()
        .filter(|task| {
            task.planned_on.is_some_and(|day| weeks.contains(day) && !span.contains(day))
        })
        .map(|task| (task.assignee, task.planned_minutes))
        .collect();
    for (person, minutes) in elsewhere {
        held.carry(person, minutes);
    }
    Ok(held)
}

impl Held {
    fn carry(&mut self, person: Option<PersonId>, minutes: Option<i32>) {
        if let Some(person) = person {
            let minutes = u32::try_from(minutes.unwrap_or_default()).unwrap_or_default();
            *self.carried.entry(person).or_default() += Minutes(minutes);
        }
    }
}
