//! Areas in the database.

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::authority::Role;
use gridward_domain::place::Place;
use gridward_domain::task::Phase;
use gridward_domain::word::VariantArray as _;
use gridward_domain::word::Word as _;

use super::{Area, Counts};
use crate::db::schema::{areas, beneficiaries, outlines, people, tasks};
use crate::db::{Conn, DbError, parsed};
use crate::http::page::Wanted;
use crate::in_range;

crate::table_row! {
    /// A row of `areas`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct AreaRow in areas {
        district: String,
        key {
            code: String,
        }
        fixed {
            level: String,
            parent: Option<String>,
            name: String,
            lat: f64,
            lon: f64,
            valid_from: NaiveDate,
            valid_to: Option<NaiveDate>,
            version: i64,
        }
    }
}

impl AreaRow {
    fn area(self) -> Result<Area, DbError> {
        let code: AreaCode = parsed("areas", &self.code)?;
        Ok(Area {
            code,
            level: code.level(),
            name: self.name,
            parent: code.parent(),
            place: Place::new(self.lat, self.lon)
                .map_err(|error| DbError::corrupt("areas", error))?,
            version: self.version,
        })
    }
}

/// The area, if there is one of this code.
///
/// # Errors
/// [`DbError`].
pub fn one(conn: &mut Conn, code: &AreaCode) -> Result<Option<Area>, DbError> {
    let key = (code.district().to_string(), code.to_string());
    let row: Option<AreaRow> = areas::table.find(key).first(conn).optional()?;
    row.map(AreaRow::area).transpose()
}

/// The names from the district down to the area.
///
/// # Errors
/// [`DbError`].
pub fn path(conn: &mut Conn, code: &AreaCode) -> Result<Vec<String>, DbError> {
    let codes = Level::VARIANTS.iter().copied().filter_map(|level| code.ancestor(level));
    let codes: Vec<String> = codes.map(String::from).collect();
    Ok(areas::table
        .filter(areas::district.eq(code.district().to_string()))
        .filter(areas::code.eq_any(codes))
        .order(areas::code)
        .select(areas::name)
        .load(conn)?)
}

/// A page of the areas in the range, by code.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    scope: &AreaRange,
    level: Option<Level>,
    parent: Option<AreaCode>,
    wanted: &Wanted<AreaCode>,
) -> Result<Vec<Area>, DbError> {
    let mut query = areas::table
        .filter(areas::district.eq(scope.area().district().to_string()))
        .filter(in_range!(areas::code, scope))
        .into_boxed();
    if let Some(level) = level {
        query = query.filter(areas::level.eq(level.as_str()));
    }
    if let Some(parent) = parent {
        query = query.filter(areas::parent.eq(parent.to_string()));
    }
    if let Some(code) = wanted.after {
        query = query.filter(areas::code.gt(code.to_string()));
    }
    let rows: Vec<AreaRow> = query.order(areas::code).limit(wanted.rows()).load(conn)?;
    rows.into_iter().map(AreaRow::area).collect()
}

/// What the area holds; tasks count as overdue that were due before `today`.
///
/// # Errors
/// [`DbError`].
pub fn counts(conn: &mut Conn, code: &AreaCode, today: NaiveDate) -> Result<Counts, DbError> {
    let range = code.range();
    let district = code.district().to_string();
    let levels: Vec<(String, i64)> = areas::table
        .filter(areas::district.eq(&district))
        .filter(in_range!(areas::code, range))
        .group_by(areas::level)
        .select((areas::level, count_star()))
        .load(conn)?;
    let roles: Vec<(String, i64)> = people::table
        .filter(people::district.eq(&district))
        .filter(in_range!(people::area, range))
        .filter(people::active.eq(true))
        .group_by(people::role)
        .select((people::role, count_star()))
        .load(conn)?;
    let beneficiaries: i64 = beneficiaries::table
        .filter(beneficiaries::district.eq(&district))
        .filter(in_range!(beneficiaries::grid, range))
        .select(count_star())
        .first(conn)?;
    let mine =
        tasks::table.filter(tasks::district.eq(&district)).filter(in_range!(tasks::grid, range));
    let phases: Vec<(String, i64)> =
        mine.clone().group_by(tasks::state).select((tasks::state, count_star())).load(conn)?;
    let live = [Phase::Open, Phase::Assigned, Phase::Accepted, Phase::InProgress];
    let overdue_tasks: i64 = mine
        .filter(tasks::state.eq_any(live.map(Phase::as_str)))
        .filter(tasks::due_on.lt(today))
        .select(count_star())
        .first(conn)?;
    let of = |counts: &[(String, i64)], word: &str| {
        counts.iter().find(|(counted, _)| counted == word).map_or(0, |(_, count)| *count)
    };
    Ok(Counts {
        towns: of(&levels, Level::Town.as_str()),
        villages: of(&levels, Level::Village.as_str()),
        grids: of(&levels, Level::Grid.as_str()),
        managers: of(&roles, Role::Manager.as_str()),
        volunteers: of(&roles, Role::Volunteer.as_str()),
        beneficiaries,
        open_tasks: of(&phases, Phase::Open.as_str()),
        held_tasks: live[1..].iter().map(|phase| of(&phases, phase.as_str())).sum(),
        overdue_tasks,
    })
}

/// The outer ring of a polygon: points of `[lon, lat]`, the last equal to the first.
pub type Ring = Vec<[f64; 2]>;

/// The outlines of all grids in the range: code and ring of `[lon, lat]`.
///
/// # Errors
/// [`DbError`].
pub fn rings(conn: &mut Conn, range: &AreaRange) -> Result<Vec<(AreaCode, Ring)>, DbError> {
    let rows: Vec<(String, String)> = outlines::table
        .filter(outlines::district.eq(range.area().district().to_string()))
        .filter(in_range!(outlines::grid, range))
        .order(outlines::grid)
        .select((outlines::grid, outlines::ring))
        .load(conn)?;
    rows.into_iter()
        .map(|(grid, ring)| {
            let ring = serde_json::from_str(&ring);
            let ring = ring.map_err(|error| DbError::corrupt("outlines", error))?;
            Ok((parsed("outlines", &grid)?, ring))
        })
        .collect()
}
