//! Opens tasks that a leaver or a suspended person got in the last moment, for instance by a claim that
//! another server had admitted before.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::task::Phase;
use serde_json::json;

use super::{ASSIGNEE_LEFT, ASSIGNEE_SUSPENDED, GIVEN_BACK};
use crate::db::schema::{people, tasks};
use crate::db::{Conn, DbError};
use crate::person::PersonState;
use crate::task::commands::release::release;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Opens up to `limit` unfinished tasks of people who have left, and up to `limit` of people who are
/// suspended, of these but for visits that have started; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn open(tx: &mut Tx<'_>, limit: i64) -> Result<usize, DbError> {
    let mut opened = 0;
    for (state, phases, because) in [
        (PersonState::Left, &Phase::UNFINISHED_ASSIGNED[..], ASSIGNEE_LEFT),
        (PersonState::Suspended, &GIVEN_BACK, ASSIGNEE_SUSPENDED),
    ] {
        let district = tx.district;
        let rows = rows(tx.read()?, district, (state, phases), limit)?;
        for row in &rows {
            let about = json!({ "because": because, "was": row.state });
            release(tx, row, None, about)?;
        }
        opened += rows.len();
    }
    Ok(opened)
}

fn rows(
    conn: &mut Conn,
    district: AreaCode,
    (state, phases): (PersonState, &[Phase]),
    limit: i64,
) -> Result<Vec<TaskRow>, DbError> {
    let people = people::table
        .filter(people::district.eq(district))
        .filter(people::state.eq(state))
        .select(people::id.nullable());
    Ok(tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.eq_any(people))
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::state.eq_any(phases))
        .order(tasks::id)
        .limit(limit)
        .select(TaskRow::as_select())
        .load(conn)?)
}
