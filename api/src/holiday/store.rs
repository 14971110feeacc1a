//! Queries for holidays.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;

use super::{Calendar, Holiday, HolidayId};
use crate::db::schema::holidays;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::tx::row::{RowChange, write_versioned};

crate::table_row! {
    /// A row of `holidays`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct HolidayRow in holidays {
        district: AreaCode,
        key {
            date: NaiveDate,
            code: String,
        }
        fixed {}
        changing {
            name: String,
            calendar: Calendar,
            lunar_date: String,
            version: i64,
            valid_to: Option<NaiveDate>,
        }
    }
}

impl HolidayRow {
    /// Identifies it.
    pub fn id(&self) -> HolidayId {
        HolidayId { date: self.date, code: self.code.clone() }
    }

    /// The public representation.
    pub fn holiday(self) -> Holiday {
        Holiday {
            id: self.id().to_string(),
            date: self.date,
            code: self.code,
            name: self.name,
            calendar: self.calendar,
            lunar_date: self.lunar_date,
            version: self.version,
        }
    }
}

/// The row of the holiday, current or ended.
///
/// # Errors
/// [`DbError`].
pub fn row(
    conn: &mut Conn,
    district: AreaCode,
    id: &HolidayId,
) -> Result<Option<HolidayRow>, DbError> {
    let found = holidays::table.find((district, id.date, &id.code));
    Ok(found.select(HolidayRow::as_select()).first(conn).optional()?)
}

/// The days of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Days {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
}

/// A page of the current holidays of the district, ordered by day and code.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    district: AreaCode,
    days: Days,
    wanted: &Wanted<HolidayId>,
) -> Result<Vec<Holiday>, DbError> {
    let mut query = holidays::table
        .filter(holidays::district.eq(district))
        .filter(holidays::valid_to.is_null())
        .select(HolidayRow::as_select())
        .into_boxed();
    if let Some(from) = days.from {
        query = query.filter(holidays::date.ge(from));
    }
    if let Some(to) = days.to {
        query = query.filter(holidays::date.le(to));
    }
    if let Some(HolidayId { date, code }) = &wanted.after {
        let same_day = holidays::date.eq(*date).and(holidays::code.gt(code.clone()));
        query = query.filter(holidays::date.gt(*date).or(same_day));
    }
    let page = query.order((holidays::date, holidays::code)).limit(wanted.rows());
    Ok(page.load(conn)?.into_iter().map(HolidayRow::holiday).collect())
}

/// All current holidays of the district.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, district: AreaCode) -> Result<Vec<Holiday>, DbError> {
    let rows = holidays::table
        .filter(holidays::district.eq(district))
        .filter(holidays::valid_to.is_null())
        .order((holidays::date, holidays::code))
        .select(HolidayRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(HolidayRow::holiday).collect())
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn put(conn: &mut Conn, old: Option<&HolidayRow>, new: &HolidayRow) -> Result<(), DbError> {
    let change = RowChange { old, new };
    write_versioned(
        conn,
        &[change],
        |row| row.version,
        HolidayRow::insert_all,
        HolidayRow::update_all,
    )
}
