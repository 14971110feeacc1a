//! Where the routes of people start: at home, or, if the home is not known, at the point of their grid.

use std::collections::{BTreeSet, HashSet};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::place::Place;
use serde::Serialize;
use utoipa::ToSchema;

use super::store::PersonRow;
use crate::area;
use crate::db::schema::people;
use crate::db::{Conn, DbError};

/// Where the routes of a person start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteStart {
    /// At the home.
    Home,
    /// At the point of the grid: the home is not known.
    Grid,
}

impl RouteStart {
    /// Of a person with or without a home.
    pub const fn of(has_home: bool) -> Self {
        if has_home { Self::Home } else { Self::Grid }
    }
}

/// Has the routes of those of these people who have no home start at the point of their area; the rows
/// do not say any more whether they have one.
///
/// # Errors
/// [`DbError`].
pub fn at_areas(
    conn: &mut Conn,
    district: AreaCode,
    people: &mut [PersonRow],
) -> Result<(), DbError> {
    let mut without = Vec::new();
    for person in people {
        if person.home()?.is_none() {
            without.push(person);
        }
    }
    let codes: BTreeSet<AreaCode> = without.iter().map(|person| person.area).collect();
    let places = area::store::places_of(conn, district, &codes)?;
    for person in without {
        if let Some(place) = places.get(&person.area) {
            (person.lat, person.lon) = (place.lat(), place.lon());
        }
    }
    Ok(())
}

/// Those of these people who have no home.
///
/// # Errors
/// [`DbError`].
pub fn without_home(
    conn: &mut Conn,
    district: AreaCode,
    ids: &BTreeSet<PersonId>,
) -> Result<HashSet<PersonId>, DbError> {
    let (mut found, ids) = (HashSet::new(), ids.iter().copied().collect::<Vec<PersonId>>());
    for ids in ids.chunks(500) {
        let those = people::table
            .filter(people::district.eq(district))
            .filter(people::id.eq_any(ids))
            .filter(people::lat.eq(Place::UNKNOWN.lat()))
            .filter(people::lon.eq(Place::UNKNOWN.lon()))
            .select(people::id);
        found.extend(those.load::<PersonId>(conn)?);
    }
    Ok(found)
}
