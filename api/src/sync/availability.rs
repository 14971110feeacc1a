//! The availability of people on a phone: one's own, and for a manager that of the people of the
//! grid, without the reasons of absences.

use chrono::NaiveDate;

use super::model::Change;
use super::row_type::RowType;
use super::scope::Scope;
use crate::availability::PersonAvailability;
use crate::availability::store;
use crate::db::{Conn, DbError};
use crate::person;
use crate::person::store::{self as people, PersonRow};

fn change(row: &PersonAvailability) -> Result<Change, DbError> {
    Change::new(RowType::Availability, row.person_id, row.version, row)
}

/// Whether the phone may have the availability of the person of `row`.
fn is_shown(scope: &Scope, row: &PersonRow) -> bool {
    let own = row.id == scope.person();
    let of_grid = scope.manages_grid() && row.area == scope.area();
    (own || of_grid && row.role.visits()) && row.state != person::PersonState::Left
}

/// All rows of the scope.
pub(super) fn all(
    conn: &mut Conn,
    scope: &Scope,
    today: NaiveDate,
) -> Result<Vec<Change>, DbError> {
    let range = scope.own_area().range();
    let rows = if scope.manages_grid() {
        people::all(conn, &range)?
    } else {
        people::row(conn, &range, scope.person())?.into_iter().collect()
    };
    let rows: Vec<PersonRow> = rows.into_iter().filter(|row| is_shown(scope, row)).collect();
    store::of(conn, &rows, today)?.iter().map(change).collect()
}
