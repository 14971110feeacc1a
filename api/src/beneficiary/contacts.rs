//! The beneficiaries without a recent contact, by grid.

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Text};
use gridward_domain::area::{AreaCode, AreaRange};

use crate::db::{Conn, DbError};

/// A contact before the last this many days is not recent.
const RECENT: Days = Days::new(90);

/// The first day on which a contact is recent.
pub fn recent_since(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(RECENT).unwrap_or(NaiveDate::MIN)
}

/// The numbers of a grid's current beneficiaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct Contacts {
    /// All of them.
    #[diesel(sql_type = BigInt)]
    pub beneficiaries: i64,
    /// Those without a contact in the last 90 days.
    #[diesel(sql_type = BigInt)]
    pub not_contacted: i64,
}

#[derive(QueryableByName)]
struct OfGrid {
    #[diesel(sql_type = Text)]
    grid: AreaCode,
    #[diesel(embed)]
    contacts: Contacts,
}

/// A text, since its conditions must repeat those of the index `beneficiaries_by_contact`.
const BY_GRID: &str = "\
    SELECT grid, COUNT(*) AS beneficiaries, \
    COUNT(*) FILTER (WHERE last_contact IS NULL OR last_contact < $1) AS not_contacted \
    FROM beneficiaries WHERE district = $2 AND grid >= $3 AND grid < $4 AND valid_to IS NULL \
    GROUP BY grid";

/// The current beneficiaries of the range, counted by grid.
///
/// # Errors
/// [`DbError`].
pub fn by_grid(
    conn: &mut Conn,
    range: &AreaRange,
    today: NaiveDate,
) -> Result<Vec<(AreaCode, Contacts)>, DbError> {
    let rows: Vec<OfGrid> = diesel::sql_query(BY_GRID)
        .bind::<Date, _>(recent_since(today))
        .bind::<Text, _>(range.area().district())
        .bind::<Text, _>(range.from())
        .bind::<Text, _>(range.to())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.grid, row.contacts)).collect())
}
