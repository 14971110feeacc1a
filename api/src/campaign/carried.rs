//! The work that people have beside a campaign: open tasks where they are to be made, and tasks with an assignee
//! where the assignee works.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::sum;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::Role;
use gridward_domain::code::KindCode;
use gridward_domain::id::PersonId;
use gridward_domain::other_work::OtherWork;
use gridward_domain::task::Phase;

use super::store::CampaignRow;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::in_range;
use crate::person::offers;

/// The minutes of other tasks on the days of the campaign from `first` on, by grid of the scope, with the role of the
/// assignee; without one, those of open tasks. Tasks that the campaign has created are none; those of another one for
/// the same occasion are.
///
/// # Errors
/// [`DbError`].
pub(super) fn carried(
    conn: &mut Conn,
    row: &CampaignRow,
    scope: &AreaRange,
    first: NaiveDate,
) -> Result<Vec<(AreaCode, Option<Role>, u64)>, DbError> {
    type Open = (AreaCode, NaiveDate, NaiveDate, Option<i64>);
    type Held = (Option<PersonId>, NaiveDate, NaiveDate, Option<NaiveDate>, Option<i64>);
    let last = row.last_day;
    let occasion = row.occasion()?;
    let kind = row.kind.as_ref().map_or("", KindCode::as_str);
    let is_other = tasks::occasion
        .is_null()
        .or(tasks::occasion.assume_not_null().ne(occasion))
        .or(tasks::kind.ne(kind));
    let others = tasks::table
        .filter(tasks::district.eq(row.district))
        .filter(tasks::not_before.le(last))
        .filter(is_other);
    let open: Vec<Open> = others
        .clone()
        .filter(in_range!(tasks::grid, scope))
        .filter(tasks::state.eq(Phase::Open))
        .group_by((tasks::grid, tasks::not_before, tasks::due_on))
        .select((tasks::grid, tasks::not_before, tasks::due_on, sum(tasks::minutes)))
        .load(conn)?;
    let days = (tasks::assignee, tasks::not_before, tasks::due_on, tasks::planned_on);
    let held: Vec<Held> = others
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        // SQLite uses the partial index only if the query repeats the index's condition.
        .filter(tasks::assignee.is_not_null())
        .group_by(days)
        .select((
            tasks::assignee,
            tasks::not_before,
            tasks::due_on,
            tasks::planned_on,
            sum(tasks::minutes),
        ))
        .load(conn)?;
    let people = offers::visitors(conn, scope)?.into_iter();
    let people: HashMap<PersonId, (AreaCode, Role)> =
        people.map(|(id, grid, role)| (id, (grid, role))).collect();
    let within = |not_before, due_on, planned_on, minutes: Option<i64>| {
        let minutes = minutes.unwrap_or_default().unsigned_abs();
        OtherWork { not_before, due_on, planned_on, minutes }.within(first, last)
    };
    let open = open.into_iter().map(|(grid, not_before, due_on, minutes)| {
        (grid, None, within(not_before, due_on, None, minutes))
    });
    let held = held.into_iter().filter_map(|(person, not_before, due_on, planned_on, minutes)| {
        let (grid, role) = *people.get(&person?)?;
        Some((grid, Some(role), within(not_before, due_on, planned_on, minutes)))
    });
    Ok(open.chain(held).collect())
}
