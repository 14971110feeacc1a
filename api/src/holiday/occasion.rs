//! The day of an occasion in a year.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::feast::Feast;
use gridward_domain::range::CalendarYear;

use crate::db::schema::holidays;
use crate::db::{Conn, DbError};

/// The day of the holiday with this code in the year, as the district has entered it; else its
/// computed day, if it is a known feast.
///
/// # Errors
/// [`DbError`].
pub fn day(
    conn: &mut Conn,
    district: AreaCode,
    code: &str,
    year: CalendarYear,
) -> Result<Option<NaiveDate>, DbError> {
    let first = NaiveDate::from_ymd_opt(year.get(), 1, 1);
    let last = NaiveDate::from_ymd_opt(year.get(), 12, 31);
    let Some((first, last)) = first.zip(last) else { return Ok(None) };
    let entered: Option<NaiveDate> = holidays::table
        .filter(holidays::district.eq(district))
        .filter(holidays::date.between(first, last))
        .filter(holidays::code.eq(code))
        .filter(holidays::valid_to.is_null())
        .order(holidays::date)
        .select(holidays::date)
        .first(conn)
        .optional()?;
    let computed = || code.parse::<Feast>().ok()?.day(year);
    Ok(entered.or_else(computed))
}
