//! The minutes that visitors offer in a week, by grid.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::Role;
use gridward_domain::id::PersonId;

use crate::db::schema::people;
use crate::db::{Conn, DbError};
use crate::in_range;
use crate::person::PersonState;

#[derive(QueryableByName)]
struct OfGrid {
    #[diesel(sql_type = Text)]
    area: AreaCode,
    #[diesel(sql_type = BigInt)]
    minutes: i64,
}

/// A text, since its conditions must repeat those of the index `people_offers_by_area`.
const BY_GRID: &str = "\
    SELECT area, SUM(weekly_minutes) AS minutes FROM people \
    WHERE district = $1 AND area >= $2 AND area < $3 \
    AND state = 'active' AND role IN ('manager', 'volunteer') GROUP BY area";

/// The weekly minutes of the active managers and volunteers of the range, by grid.
///
/// # Errors
/// [`DbError`].
pub fn by_grid(conn: &mut Conn, range: &AreaRange) -> Result<Vec<(AreaCode, i64)>, DbError> {
    let rows: Vec<OfGrid> = diesel::sql_query(BY_GRID)
        .bind::<Text, _>(range.area().district())
        .bind::<Text, _>(range.from())
        .bind::<Text, _>(range.to())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.area, row.minutes)).collect())
}

#[derive(QueryableByName)]
struct OfGridAndRole {
    #[diesel(sql_type = Text)]
    area: AreaCode,
    #[diesel(sql_type = Text)]
    role: Role,
    #[diesel(sql_type = BigInt)]
    minutes: i64,
}

const BY_GRID_AND_ROLE: &str = "\
    SELECT area, role, SUM(weekly_minutes) AS minutes FROM people \
    WHERE district = $1 AND area >= $2 AND area < $3 \
    AND state = 'active' AND role IN ('manager', 'volunteer') GROUP BY area, role";

/// As [`by_grid`], for managers and volunteers apart.
///
/// # Errors
/// [`DbError`].
pub fn by_grid_and_role(
    conn: &mut Conn,
    range: &AreaRange,
) -> Result<Vec<(AreaCode, Role, i64)>, DbError> {
    let rows: Vec<OfGridAndRole> = diesel::sql_query(BY_GRID_AND_ROLE)
        .bind::<Text, _>(range.area().district())
        .bind::<Text, _>(range.from())
        .bind::<Text, _>(range.to())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.area, row.role, row.minutes)).collect())
}

/// The active managers and volunteers of the range, with their grids and roles.
///
/// # Errors
/// [`DbError`].
pub fn visitors(
    conn: &mut Conn,
    range: &AreaRange,
) -> Result<Vec<(PersonId, AreaCode, Role)>, DbError> {
    Ok(people::table
        .filter(people::district.eq(range.area().district()))
        .filter(in_range!(people::area, range))
        .filter(people::state.eq(PersonState::Active))
        .filter(people::role.eq_any([Role::Manager, Role::Volunteer]))
        .select((people::id, people::area, people::role))
        .load(conn)?)
}
