//! Where the members of an audience live, by grid.

use chrono::NaiveDate;
use diesel::dsl::{avg, count_star, max, min};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::audience::Filter;

use super::condition;
use crate::beneficiary::home::Home;
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError};
use crate::in_range;

/// The members of a grid and the box around their homes, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GridSpread {
    /// The grid.
    pub grid: AreaCode,
    /// The number of members.
    pub members: i64,
    /// South and north.
    pub lat: (f64, f64),
    /// West and east.
    pub lon: (f64, f64),
}

impl GridSpread {
    /// The grid of the home, without a member.
    pub const fn around(home: &Home) -> Self {
        let (lat, lon) = ((home.lat, home.lat), (home.lon, home.lon));
        Self { grid: home.grid, members: 0, lat, lon }
    }

    /// Adds the member who lives there.
    pub const fn add(&mut self, home: &Home) {
        self.members += 1;
        self.lat = (self.lat.0.min(home.lat), self.lat.1.max(home.lat));
        self.lon = (self.lon.0.min(home.lon), self.lon.1.max(home.lon));
    }
}

/// The members of all these grids.
pub fn total(grids: &[GridSpread]) -> i64 {
    grids.iter().map(|grid| grid.members).sum()
}

/// A grid, the number of its members, and the least and greatest latitude and longitude.
type Bounds = (AreaCode, i64, Option<f64>, Option<f64>, Option<f64>, Option<f64>);

/// The current beneficiaries of the area that belong to the audience, by grid.
///
/// # Errors
/// [`DbError`].
pub fn by_grid(
    conn: &mut Conn,
    area: AreaCode,
    filter: &Filter,
    today: NaiveDate,
) -> Result<Vec<GridSpread>, DbError> {
    let range = area.range();
    let rows: Vec<Bounds> = beneficiaries::table
        .filter(beneficiaries::district.eq(area.district()))
        .filter(beneficiaries::valid_to.is_null())
        .filter(in_range!(beneficiaries::grid, range))
        .filter(condition::expression(filter, area.district(), today))
        .group_by(beneficiaries::grid)
        .select((
            beneficiaries::grid,
            count_star(),
            min(beneficiaries::lat),
            max(beneficiaries::lat),
            min(beneficiaries::lon),
            max(beneficiaries::lon),
        ))
        .load(conn)?;
    let spreads = rows.into_iter().filter_map(|(grid, members, south, north, west, east)| {
        Some(GridSpread { grid, members, lat: (south?, north?), lon: (west?, east?) })
    });
    Ok(spreads.collect())
}

/// The mean latitude and longitude of the homes of each grid of the range, and their number.
///
/// # Errors
/// [`DbError`].
pub fn middles(
    conn: &mut Conn,
    range: &AreaRange,
) -> Result<Vec<(AreaCode, i64, f64, f64)>, DbError> {
    let rows: Vec<(AreaCode, i64, Option<f64>, Option<f64>)> = beneficiaries::table
        .filter(beneficiaries::district.eq(range.area().district()))
        .filter(beneficiaries::valid_to.is_null())
        .filter(in_range!(beneficiaries::grid, range))
        .group_by(beneficiaries::grid)
        .select((
            beneficiaries::grid,
            count_star(),
            avg(beneficiaries::lat),
            avg(beneficiaries::lon),
        ))
        .load(conn)?;
    let means = rows.into_iter();
    Ok(means.filter_map(|(grid, count, lat, lon)| Some((grid, count, lat?, lon?))).collect())
}
