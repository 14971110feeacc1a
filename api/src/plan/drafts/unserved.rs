//! The open tasks that a plan left without a visitor, by grid.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Text};
use gridward_domain::area::{AreaCode, AreaRange};

use crate::db::{Conn, DbError};

#[derive(QueryableByName)]
struct OfGrid {
    #[diesel(sql_type = Text)]
    grid: AreaCode,
    #[diesel(sql_type = BigInt)]
    tasks: i64,
}

/// From the plans to their unserved visits (the index `plan_visits_unserved`) to the tasks:
/// CROSS JOIN keeps SQLite to that order.
const BY_GRID: &str = "\
    SELECT t.grid AS grid, COUNT(DISTINCT t.id) AS tasks \
    FROM plans p CROSS JOIN plan_visits v CROSS JOIN tasks t \
    WHERE p.district = $1 AND p.last_day >= $2 AND p.state = 'applied' \
    AND v.district = $1 AND v.plan = p.id AND v.person IS NULL \
    AND t.district = $1 AND t.id = v.task AND t.state = 'open' \
    AND t.grid >= $3 AND t.grid < $4 GROUP BY t.grid";

/// The open tasks of the range that a plan whose days are not over could not assign, counted by
/// grid. A task that is assigned since is not open.
///
/// # Errors
/// [`DbError`].
pub fn by_grid(
    conn: &mut Conn,
    range: &AreaRange,
    today: NaiveDate,
) -> Result<Vec<(AreaCode, i64)>, DbError> {
    let rows: Vec<OfGrid> = diesel::sql_query(BY_GRID)
        .bind::<Text, _>(range.area().district())
        .bind::<Date, _>(today)
        .bind::<Text, _>(range.from())
        .bind::<Text, _>(range.to())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.grid, row.tasks)).collect())
}
