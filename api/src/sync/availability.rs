//! The availability of people on a phone: one's own, and for a manager that of the people of the
//! grid, without the reasons of absences.

use std::collections::BTreeSet;

use gridward_domain::id::PersonId;

use super::model::{Change, RowType};
use super::pull::{Pull, Pulled};
use super::row_cache::json;
use crate::availability::PersonAvailability;
use crate::availability::store;
use crate::db::{Conn, DbError};
use crate::person::store::{self as people, PersonRow};
use crate::{clock, person};

fn change(row: &PersonAvailability) -> Result<Change, DbError> {
    let (r#type, id) = (RowType::Availability, row.person_id.to_string());
    Ok(Change { r#type, id, version: row.version, data: json(row)? })
}

/// Whether the phone may have the availability of the person of `row`.
fn is_shown(pull: &Pull<'_>, row: &PersonRow) -> bool {
    let own = row.id == pull.scope.person();
    let of_grid = pull.scope.manages_grid() && row.area == pull.scope.area();
    (own || of_grid && row.role.visits()) && row.state != person::PersonState::Left
}

/// All rows of the scope.
pub(super) fn all(pull: &Pull<'_>, conn: &mut Conn) -> Result<Vec<Change>, DbError> {
    let range = pull.scope.area().range();
    let rows = if pull.scope.manages_grid() {
        people::all(conn, &range)?
    } else {
        people::row(conn, &range, pull.scope.person())?.into_iter().collect()
    };
    let rows: Vec<PersonRow> = rows.into_iter().filter(|row| is_shown(pull, row)).collect();
    store::of(conn, &rows, clock::day(pull.now))?.iter().map(change).collect()
}

/// Adds the current availability of these people, and the removal of those who left the scope.
pub(super) fn changed(
    pull: &Pull<'_>,
    conn: &mut Conn,
    ids: &BTreeSet<PersonId>,
    to: &mut Pulled,
) -> Result<(), DbError> {
    let range = pull.scope.area().range();
    for &id in ids {
        let row = people::row(conn, &range, id)?.filter(|row| is_shown(pull, row));
        let shown = store::of(conn, row.as_slice(), clock::day(pull.now))?.pop();
        let shown = shown.as_ref().map(change).transpose()?;
        to.put(RowType::Availability, id.to_string(), shown);
    }
    Ok(())
}
