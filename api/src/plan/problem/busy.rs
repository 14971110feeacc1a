//! The people who had something to do lately, or have it now. Plans offer the others something.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::task::Phase;

use crate::db::schema::{reports, tasks};
use crate::db::{Conn, DbError};

/// The people of the district who reported a visit since a day, who hold a task that is planned for
/// it or a later day, or who hold an unfinished task without a day.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn since(
    conn: &mut Conn,
    district: AreaCode,
    day: NaiveDate,
) -> Result<HashSet<PersonId>, DbError> {
    let held = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.is_not_null())
        .select(tasks::assignee)
        .distinct();
    let planned: Vec<Option<PersonId>> = held.filter(tasks::planned_on.ge(day)).load(conn)?;
    let waiting: Vec<Option<PersonId>> = held
        .filter(tasks::state.eq_any(Phase::UNFINISHED))
        .filter(tasks::planned_on.is_null())
        .load(conn)?;
    let reported: Vec<PersonId> = reports::table
        .filter(reports::district.eq(district))
        .filter(reports::received_on.ge(day))
        .select(reports::person)
        .distinct()
        .load(conn)?;
    let held = planned.into_iter().chain(waiting).flatten();
    Ok(held.chain(reported).collect())
}
