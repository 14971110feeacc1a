//! Changes of the rows of people.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;

use super::Role;
use super::row::PersonRow;
use crate::db::schema::people;
use crate::db::{Conn, DbError, batches, changed_one};

/// Inserts a person.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if another person has the id, the phone number or the grid
/// as manager.
pub fn insert(conn: &mut Conn, row: &PersonRow) -> Result<(), DbError> {
    diesel::insert_into(people::table).values(row).execute(conn).map_err(DbError::unless_unique)?;
    Ok(())
}

/// Changes a person's role and area; returns the new version.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn place_in(
    conn: &mut Conn,
    row: &PersonRow,
    role: Role,
    area: AreaCode,
) -> Result<i64, DbError> {
    place_at(conn, row, role, area, row.version + 1)
}

/// As [`place_in`], with a new `version`, which must be greater than the row's.
///
/// # Errors
/// As [`place_in`].
pub fn place_at(
    conn: &mut Conn,
    row: &PersonRow,
    role: Role,
    area: AreaCode,
    version: i64,
) -> Result<i64, DbError> {
    let unchanged =
        people::table.find((row.district, row.id)).filter(people::version.eq(row.version));
    let changed = diesel::update(unchanged)
        .set((people::role.eq(role), people::area.eq(area), people::version.eq(version)))
        .execute(conn)?;
    changed_one(changed)?;
    Ok(version)
}

/// Stores the weekly availability and minutes under the next version, which it returns.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn set_availability(conn: &mut Conn, row: &PersonRow) -> Result<i64, DbError> {
    let version = row.version + 1;
    let unchanged =
        people::table.find((row.district, row.id)).filter(people::version.eq(row.version));
    let changed = diesel::update(unchanged)
        .set((
            people::availability.eq(&row.availability),
            people::weekly_minutes.eq(row.weekly_minutes),
            people::version.eq(version),
        ))
        .execute(conn)?;
    changed_one(changed)?;
    Ok(version)
}

/// Makes these managers volunteers until [`place_in`] gives each a new role and area, so that no
/// grid has two managers meanwhile; their versions stay.
///
/// # Errors
/// [`DbError`].
pub fn demote(conn: &mut Conn, district: AreaCode, ids: &[PersonId]) -> Result<(), DbError> {
    for ids in batches(ids) {
        let those = people::table
            .filter(people::district.eq(district))
            .filter(people::id.eq_any(ids))
            .filter(people::role.eq(Role::Manager));
        diesel::update(those).set(people::role.eq(Role::Volunteer)).execute(conn)?;
    }
    Ok(())
}

/// Stores the state, role and phone index of `next`.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn set_state(conn: &mut Conn, row: &PersonRow, next: &PersonRow) -> Result<(), DbError> {
    let unchanged =
        people::table.find((row.district, row.id)).filter(people::version.eq(row.version));
    let values = (
        people::state.eq(next.state),
        people::role.eq(next.role),
        people::phone_index.eq(next.phone_index),
        people::version.eq(next.version),
    );
    let changed = diesel::update(unchanged).set(values).execute(conn)?;
    changed_one(changed)
}

/// Stores the content of `next`: all that a superior edits, with the version.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read, or another person
/// has the phone number.
pub fn edit(conn: &mut Conn, row: &PersonRow, next: &PersonRow) -> Result<(), DbError> {
    let unchanged =
        people::table.find((row.district, row.id)).filter(people::version.eq(row.version));
    let values = (
        people::gender.eq(next.gender),
        people::birth_year.eq(next.birth_year),
        people::lat.eq(next.lat),
        people::lon.eq(next.lon),
        people::skills.eq(&next.skills),
        people::languages.eq(&next.languages),
        people::weekly_minutes.eq(next.weekly_minutes),
        people::availability.eq(&next.availability),
        people::phone_index.eq(next.phone_index),
        people::sealed.eq(&next.sealed),
        people::version.eq(next.version),
    );
    let changed =
        diesel::update(unchanged).set(values).execute(conn).map_err(DbError::unless_unique)?;
    changed_one(changed)
}
