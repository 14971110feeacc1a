//! Queries for areas.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange, Level};
use gridward_domain::authority::Role;
use gridward_domain::person_state::PersonState;
use gridward_domain::place::Place;
use gridward_domain::task::Phase;
use gridward_domain::word::VariantArray as _;

use super::{Area, Counts};
use crate::db::schema::{areas, beneficiaries, outlines, people, tasks};
use crate::db::{Conn, DbError, batches, in_batches};
use crate::http::page::Wanted;
use crate::in_range;

crate::table_row! {
    /// A row of `areas`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct AreaRow in areas {
        district: AreaCode,
        key {
            code: AreaCode,
        }
        fixed {
            level: Level,
            parent: Option<AreaCode>,
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
        Ok(Area {
            code: self.code,
            level: self.level,
            name: self.name,
            parent: self.parent,
            place: Place::new(self.lat, self.lon)
                .map_err(|error| DbError::corrupt("areas", error))?,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            version: self.version,
        })
    }
}

/// The area with this code, current or closed, if it exists.
///
/// # Errors
/// [`DbError`].
pub fn one(conn: &mut Conn, code: &AreaCode) -> Result<Option<Area>, DbError> {
    let area = areas::table.find((code.district(), *code)).select(AreaRow::as_select());
    let row = area.first(conn).optional()?;
    row.map(AreaRow::area).transpose()
}

/// The area with this code, if it exists and is current.
///
/// # Errors
/// [`DbError`].
pub fn current(conn: &mut Conn, code: &AreaCode) -> Result<Option<Area>, DbError> {
    Ok(one(conn, code)?.filter(|area| area.valid_to.is_none()))
}

/// The name of the area, or its code if it is not current.
///
/// # Errors
/// [`DbError`].
pub fn name_or_code(conn: &mut Conn, code: &AreaCode) -> Result<String, DbError> {
    Ok(current(conn, code)?.map_or_else(|| code.to_string(), |area| area.name))
}

/// All areas of the district, current and former, ordered by code.
///
/// # Errors
/// [`DbError`].
pub fn every(conn: &mut Conn, district: AreaCode) -> Result<Vec<Area>, DbError> {
    let rows = areas::table
        .filter(areas::district.eq(district))
        .order(areas::code)
        .select(AreaRow::as_select())
        .load(conn)?;
    rows.into_iter().map(AreaRow::area).collect()
}

/// The names from the district down to the area.
///
/// # Errors
/// [`DbError`].
pub fn path(conn: &mut Conn, code: &AreaCode) -> Result<Vec<String>, DbError> {
    let codes = Level::VARIANTS.iter().copied().filter_map(|level| code.ancestor(level));
    Ok(areas::table
        .filter(areas::district.eq(code.district()))
        .filter(areas::code.eq_any(codes))
        .order(areas::code)
        .select(areas::name)
        .load(conn)?)
}

/// A page of the current areas in the range, ordered by code.
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
        .filter(areas::district.eq(scope.area().district()))
        .filter(in_range!(areas::code, scope))
        .filter(areas::valid_to.is_null())
        .select(AreaRow::as_select())
        .into_boxed();
    if let Some(level) = level {
        query = query.filter(areas::level.eq(level));
    }
    if let Some(parent) = parent {
        query = query.filter(areas::parent.eq(parent));
    }
    if let Some(code) = wanted.after {
        query = query.filter(areas::code.gt(code));
    }
    let rows = query.order(areas::code).limit(wanted.rows()).load(conn)?;
    rows.into_iter().map(AreaRow::area).collect()
}

/// The codes and names of the current areas of `level` in the range, ordered by code.
///
/// # Errors
/// [`DbError`].
pub fn names(
    conn: &mut Conn,
    range: &AreaRange,
    level: Level,
) -> Result<Vec<(AreaCode, String)>, DbError> {
    Ok(areas::table
        .filter(areas::district.eq(range.area().district()))
        .filter(areas::level.eq(level))
        .filter(in_range!(areas::code, range))
        .filter(areas::valid_to.is_null())
        .order(areas::code)
        .select((areas::code, areas::name))
        .load(conn)?)
}

/// The names of those of these areas that are known, ended ones included.
///
/// # Errors
/// [`DbError`].
pub fn names_of(
    conn: &mut Conn,
    district: AreaCode,
    codes: &BTreeSet<AreaCode>,
) -> Result<HashMap<AreaCode, String>, DbError> {
    let codes: Vec<AreaCode> = codes.iter().copied().collect();
    let names = in_batches(&codes, |codes| {
        areas::table
            .filter(areas::district.eq(district))
            .filter(areas::code.eq_any(codes))
            .select((areas::code, areas::name))
            .load(conn)
    })?;
    Ok(names.into_iter().collect())
}

/// A point inside each of those of these areas that are known, ended ones included.
///
/// # Errors
/// [`DbError`].
pub fn places_of(
    conn: &mut Conn,
    district: AreaCode,
    codes: &BTreeSet<AreaCode>,
) -> Result<HashMap<AreaCode, Place>, DbError> {
    let (mut found, codes) = (HashMap::new(), codes.iter().copied().collect::<Vec<AreaCode>>());
    for codes in batches(&codes) {
        let rows: Vec<(AreaCode, f64, f64)> = areas::table
            .filter(areas::district.eq(district))
            .filter(areas::code.eq_any(codes))
            .select((areas::code, areas::lat, areas::lon))
            .load(conn)?;
        for (code, lat, lon) in rows {
            let place = Place::new(lat, lon).map_err(|error| DbError::corrupt("areas", error))?;
            found.insert(code, place);
        }
    }
    Ok(found)
}

/// The totals of the area, of current areas and beneficiaries; a task is overdue if it was due before `today`.
///
/// # Errors
/// [`DbError`].
pub fn counts(conn: &mut Conn, code: &AreaCode, today: NaiveDate) -> Result<Counts, DbError> {
    let range = code.range();
    let district = code.district();
    let levels: Vec<(Level, i64)> = areas::table
        .filter(areas::district.eq(district))
        .filter(in_range!(areas::code, range))
        .filter(areas::valid_to.is_null())
        .group_by(areas::level)
        .select((areas::level, count_star()))
        .load(conn)?;
    let roles: Vec<(Role, i64)> = people::table
        .filter(people::district.eq(district))
        .filter(in_range!(people::area, range))
        .filter(people::state.eq(PersonState::Active))
        .group_by(people::role)
        .select((people::role, count_star()))
        .load(conn)?;
    let beneficiaries: i64 = beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(in_range!(beneficiaries::grid, range))
        .filter(beneficiaries::valid_to.is_null())
        .select(count_star())
        .first(conn)?;
    let mine =
        tasks::table.filter(tasks::district.eq(district)).filter(in_range!(tasks::grid, range));
    let phases: Vec<(Phase, i64)> =
        mine.clone().group_by(tasks::state).select((tasks::state, count_star())).load(conn)?;
    let overdue_tasks: i64 = mine
        .filter(tasks::state.eq_any(Phase::UNFINISHED))
        .filter(tasks::due_on.lt(today))
        .select(count_star())
        .first(conn)?;
    Ok(Counts {
        towns: count_of(&levels, Level::Town),
        villages: count_of(&levels, Level::Village),
        grids: count_of(&levels, Level::Grid),
        managers: count_of(&roles, Role::Manager),
        volunteers: count_of(&roles, Role::Volunteer),
        beneficiaries,
        open_tasks: count_of(&phases, Phase::Open),
        held_tasks: Phase::UNFINISHED_ASSIGNED.map(|phase| count_of(&phases, phase)).iter().sum(),
        overdue_tasks,
    })
}

/// The count of `value`; zero if absent.
fn count_of<T: PartialEq>(counts: &[(T, i64)], value: T) -> i64 {
    counts.iter().find(|(counted, _)| *counted == value).map_or(0, |(_, count)| *count)
}

/// The outer ring of a polygon: points of `[lon, lat]`, where the last equals the first.
pub type Ring = Vec<[f64; 2]>;

/// The outlines of all grids in the range: code and ring of `[lon, lat]`.
///
/// # Errors
/// [`DbError`].
pub fn rings(conn: &mut Conn, range: &AreaRange) -> Result<Vec<(AreaCode, Ring)>, DbError> {
    let rows: Vec<(AreaCode, String)> = outlines::table
        .filter(outlines::district.eq(range.area().district()))
        .filter(in_range!(outlines::grid, range))
        .order(outlines::grid)
        .select((outlines::grid, outlines::ring))
        .load(conn)?;
    rows.into_iter()
        .map(|(grid, ring)| {
            let ring = serde_json::from_str(&ring);
            let ring = ring.map_err(|error| DbError::corrupt("outlines", error))?;
            Ok((grid, ring))
        })
        .collect()
}
