//! The people who direct others: managers, supervisors and admins.

use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;

use super::row::PersonRow;
use super::{PersonState, Role};
use crate::db::schema::people;
use crate::db::{Conn, DbError};

/// The manager of the grid, if there is one.
///
/// # Errors
/// [`DbError`].
pub fn manager(conn: &mut Conn, grid: &AreaRange) -> Result<Option<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(grid.area().district()))
        .filter(people::area.eq(grid.area()))
        .filter(people::role.eq(Role::Manager))
        .filter(people::state.ne(PersonState::Left))
        .select(PersonRow::as_select())
        .first(conn)
        .optional()?)
}

/// The nearest active supervisor of an area above `area`.
///
/// # Errors
/// [`DbError`].
pub fn supervisor_above(conn: &mut Conn, area: &AreaCode) -> Result<Option<PersonRow>, DbError> {
    let above = std::iter::successors(area.parent(), AreaCode::parent);
    Ok(people::table
        .filter(people::district.eq(area.district()))
        .filter(people::area.eq_any(above))
        .filter(people::role.eq(Role::Supervisor))
        .filter(people::state.eq(PersonState::Active))
        // The code of an area follows those of the areas around it.
        .order((people::area.desc(), people::id))
        .select(PersonRow::as_select())
        .first(conn)
        .optional()?)
}

/// The active supervisors of the area or else of the nearest one around it, or else the active admins.
///
/// # Errors
/// [`DbError`].
pub fn supervisors_of(conn: &mut Conn, area: &AreaCode) -> Result<Vec<PersonId>, DbError> {
    let around = std::iter::successors(Some(*area), AreaCode::parent);
    let rows: Vec<(PersonId, AreaCode, Role)> = people::table
        .filter(people::district.eq(area.district()))
        .filter(people::area.eq_any(around))
        .filter(people::role.eq_any([Role::Supervisor, Role::Admin]))
        .filter(people::state.eq(PersonState::Active))
        .order(people::id)
        .select((people::id, people::area, people::role))
        .load(conn)?;
    let rank = |(_, area, role): &(PersonId, AreaCode, Role)| (*role == Role::Supervisor, *area);
    let nearest = rows.iter().map(rank).max();
    Ok(rows.into_iter().filter(|row| Some(rank(row)) == nearest).map(|(id, ..)| id).collect())
}

/// The nearest active supervisor of an area above the principal's, or else an active admin.
///
/// # Errors
/// [`DbError`].
pub fn superior(conn: &mut Conn, principal: &Principal) -> Result<Option<PersonRow>, DbError> {
    if let Some(supervisor) = supervisor_above(conn, &principal.area)? {
        return Ok(Some(supervisor));
    }
    Ok(people::table
        .filter(people::district.eq(principal.district()))
        .filter(people::role.eq(Role::Admin))
        .filter(people::state.eq(PersonState::Active))
        .filter(people::id.ne(principal.person))
        .order(people::id)
        .select(PersonRow::as_select())
        .first(conn)
        .optional()?)
}
