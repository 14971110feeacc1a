//! The days of an occasion: those of the district's table, else the computed ones of a feast. Campaigns, hand-outs and
//! regimes know its days from here alone.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{Datelike as _, NaiveDate};
use diesel::dsl::exists;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::OccasionCode;
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
    let year = year.get();
    Ok(days(conn, district, code, year..=year)?.first().copied())
}

/// The days of [`day`] in these years, one in each that has a known day.
///
/// # Errors
/// [`DbError`].
pub fn days(
    conn: &mut Conn,
    district: AreaCode,
    code: &str,
    years: RangeInclusive<i32>,
) -> Result<BTreeSet<NaiveDate>, DbError> {
    let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1);
    let last = NaiveDate::from_ymd_opt(*years.end(), 12, 31);
    let Some((first, last)) = first.zip(last) else { return Ok(BTreeSet::new()) };
    let entered: Vec<NaiveDate> = holidays::table
        .filter(holidays::district.eq(district))
        .filter(holidays::date.between(first, last))
        .filter(holidays::code.eq(code))
        .filter(holidays::valid_to.is_null())
        .order(holidays::date)
        .select(holidays::date)
        .load(conn)?;
    let feast = code.parse::<Feast>().ok();
    let of_year = |year: i32| {
        let entered = entered.iter().find(|day| day.year() == year).copied();
        let computed = || feast?.day(i64::from(year).try_into().ok()?);
        entered.or_else(computed)
    };
    Ok(years.filter_map(of_year).collect())
}

/// Whether the code is that of a feast, or of a holiday that the district has entered for any year.
///
/// # Errors
/// [`DbError`].
pub fn is_known(conn: &mut Conn, district: AreaCode, code: &OccasionCode) -> Result<bool, DbError> {
    if code.as_str().parse::<Feast>().is_ok() {
        return Ok(true);
    }
    let entered = holidays::table
        .filter(holidays::district.eq(district))
        .filter(holidays::code.eq(code.as_str()))
        .filter(holidays::valid_to.is_null());
    Ok(diesel::select(exists(entered)).get_result(conn)?)
}
