//! The tasks that wait for something, counted by grid.

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Text};
use gridward_domain::area::{AreaCode, AreaRange};

use crate::db::{Conn, DbError};

/// The days until "soon", today included.
const SOON: Days = Days::new(3);
/// The days of the coming week, today included.
const WEEK: Days = Days::new(7);

/// The numbers of a grid's tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct WaitingTasks {
    #[diesel(sql_type = BigInt)]
    pub open: i64,
    #[diesel(sql_type = BigInt)]
    pub held: i64,
    #[diesel(sql_type = BigInt)]
    pub overdue: i64,
    #[diesel(sql_type = BigInt)]
    pub due_in_3_days: i64,
    #[diesel(sql_type = BigInt)]
    pub due_in_7_days: i64,
    #[diesel(sql_type = BigInt)]
    pub on_grid: i64,
    #[diesel(sql_type = BigInt)]
    pub on_village: i64,
    #[diesel(sql_type = BigInt)]
    pub on_town: i64,
    #[diesel(sql_type = BigInt)]
    pub on_district: i64,
    #[diesel(sql_type = BigInt)]
    pub planned_minutes: i64,
}

#[derive(QueryableByName)]
struct OfGrid {
    #[diesel(sql_type = Text)]
    grid: AreaCode,
    #[diesel(embed)]
    tasks: WaitingTasks,
}

/// A text, since its conditions must repeat those of the index `tasks_waiting_by_grid`; SQLite
/// numbers its parameters by their first occurrence.
const BY_GRID: &str = "\
    SELECT grid, COUNT(*) FILTER (WHERE state = 'open') AS open, \
    COUNT(*) FILTER (WHERE state IN ('assigned', 'accepted', 'in_progress')) AS held, \
    COUNT(*) FILTER (WHERE state <> 'failed' AND due_on < $1) AS overdue, \
    COUNT(*) FILTER (WHERE state <> 'failed' AND due_on >= $1 AND due_on < $2) AS due_in_3_days, \
    COUNT(*) FILTER (WHERE state <> 'failed' AND due_on >= $1 AND due_on < $3) AS due_in_7_days, \
    COUNT(*) FILTER (WHERE escalation_level = 'grid') AS on_grid, \
    COUNT(*) FILTER (WHERE escalation_level = 'village') AS on_village, \
    COUNT(*) FILTER (WHERE escalation_level = 'town') AS on_town, \
    COUNT(*) FILTER (WHERE escalation_level = 'district') AS on_district, \
    COALESCE(SUM(planned_minutes) FILTER \
        (WHERE state <> 'failed' AND planned_on >= $1 AND planned_on < $3), 0) AS planned_minutes \
    FROM tasks WHERE district = $4 AND grid >= $5 AND grid < $6 \
    AND state IN ('open', 'assigned', 'accepted', 'in_progress', 'failed') GROUP BY grid";

/// The unfinished and the failed tasks of the range, counted by grid.
///
/// # Errors
/// [`DbError`].
pub fn by_grid(
    conn: &mut Conn,
    range: &AreaRange,
    today: NaiveDate,
) -> Result<Vec<(AreaCode, WaitingTasks)>, DbError> {
    // A day that the calendar does not have is after every due day.
    let after = |days| today.checked_add_days(days).unwrap_or(NaiveDate::MAX);
    let rows: Vec<OfGrid> = diesel::sql_query(BY_GRID)
        .bind::<Date, _>(today)
        .bind::<Date, _>(after(SOON))
        .bind::<Date, _>(after(WEEK))
        .bind::<Text, _>(range.area().district())
        .bind::<Text, _>(range.from())
        .bind::<Text, _>(range.to())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.grid, row.tasks)).collect())
}
