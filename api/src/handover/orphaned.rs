//! Opens tasks that a leaver got in the last moment, for instance by a claim that another server
//! had admitted before the departure.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::task::Phase;
use serde_json::json;

use super::ASSIGNEE_LEFT;
use crate::db::schema::{people, tasks};
use crate::db::{Conn, DbError};
use crate::person::PersonState;
use crate::task::release::release;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// Opens up to `limit` unfinished tasks of people who have left; returns their number.
///
/// # Errors
/// [`DbError`].
pub fn open(tx: &mut Tx<'_>, limit: i64) -> Result<usize, DbError> {
    let district = tx.district;
    let rows = rows(tx.read()?, district, limit)?;
    for row in &rows {
        let about = json!({ "because": ASSIGNEE_LEFT, "was": row.state });
        release(tx, row, None, about)?;
    }
    Ok(rows.len())
}

fn rows(conn: &mut Conn, district: AreaCode, limit: i64) -> Result<Vec<TaskRow>, DbError> {
    let leavers = people::table
        .filter(people::district.eq(district))
        .filter(people::state.eq(PersonState::Left))
        .select(people::id.nullable());
    Ok(tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.eq_any(leavers))
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .order(tasks::id)
        .limit(limit)
        .select(TaskRow::as_select())
        .load(conn)?)
}
