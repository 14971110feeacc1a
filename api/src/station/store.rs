//! Queries for stations.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::place::Place;

use super::Station;
use crate::db::schema::stations;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::in_range;
use crate::tx::row::{RowChange, write_versioned};

crate::table_row! {
    /// A row of `stations`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct StationRow in stations {
        district: AreaCode,
        key {
            id: String,
        }
        fixed {}
        changing {
            area: AreaCode,
            name: String,
            grid: AreaCode,
            lat: f64,
            lon: f64,
            phone: String,
            hours: String,
            version: i64,
            valid_to: Option<NaiveDate>,
            lawyer: Option<Vec<u8>>,
        }
    }
}

impl StationRow {
    /// Whether the station serves people of `area`: it belongs to the area, to one in it or to one
    /// around it.
    pub fn serves(&self, area: &AreaCode) -> bool {
        self.area.contains(area) || area.contains(&self.area)
    }

    /// The public representation, without the lawyer.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn station(self) -> Result<Station, DbError> {
        Ok(Station {
            place: Place::new(self.lat, self.lon)
                .map_err(|error| DbError::corrupt("stations", error))?,
            id: self.id,
            area: self.area,
            name: self.name,
            grid: self.grid,
            phone: self.phone,
            hours: self.hours,
            lawyer: None,
            version: self.version,
        })
    }
}

/// The row of the station, current or ended.
///
/// # Errors
/// [`DbError`].
pub fn row(conn: &mut Conn, district: AreaCode, id: &str) -> Result<Option<StationRow>, DbError> {
    let found = stations::table.find((district, id)).select(StationRow::as_select());
    Ok(found.first(conn).optional()?)
}

/// The first current station of the area itself that has a lawyer, by id.
///
/// # Errors
/// [`DbError`].
pub fn with_lawyer(conn: &mut Conn, area: AreaCode) -> Result<Option<StationRow>, DbError> {
    let stations = stations::table
        .filter(stations::district.eq(area.district()))
        .filter(stations::area.eq(area))
        .filter(stations::valid_to.is_null())
        .filter(stations::lawyer.is_not_null())
        .order(stations::id)
        .select(StationRow::as_select());
    Ok(stations.first(conn).optional()?)
}

/// A page of the current stations that serve an area of the range or one around it, ordered by
/// id.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    range: &AreaRange,
    wanted: &Wanted<String>,
) -> Result<Vec<Station>, DbError> {
    let area = range.area();
    let around = std::iter::successors(area.parent(), AreaCode::parent);
    let mut query = stations::table
        .filter(stations::district.eq(area.district()))
        .filter(stations::valid_to.is_null())
        .filter(in_range!(stations::area, range).or(stations::area.eq_any(around)))
        .select(StationRow::as_select())
        .into_boxed();
    if let Some(id) = &wanted.after {
        query = query.filter(stations::id.gt(id.clone()));
    }
    let rows = query.order(stations::id).limit(wanted.rows()).load(conn)?;
    rows.into_iter().map(StationRow::station).collect()
}

/// All current stations that serve an area of the range or one around it.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, range: &AreaRange) -> Result<Vec<Station>, DbError> {
    let area = range.area();
    let around = std::iter::successors(area.parent(), AreaCode::parent);
    let rows = stations::table
        .filter(stations::district.eq(area.district()))
        .filter(stations::valid_to.is_null())
        .filter(in_range!(stations::area, range).or(stations::area.eq_any(around)))
        .order(stations::id)
        .select(StationRow::as_select())
        .load(conn)?;
    rows.into_iter().map(StationRow::station).collect()
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn put(conn: &mut Conn, old: Option<&StationRow>, new: &StationRow) -> Result<(), DbError> {
    let change = RowChange { old, new };
    write_versioned(
        conn,
        &[change],
        |row| row.version,
        StationRow::insert_all,
        StationRow::update_all,
    )
}
