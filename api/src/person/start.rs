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
use crate::db::{Conn, DbError, in_batches};

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

/// Those of these people who have no home.
///
/// # Errors
/// [`DbError::Corrupt`].
pub fn without_home<'r>(
    rows: impl IntoIterator<Item = &'r PersonRow>,
) -> Result<HashSet<PersonId>, DbError> {
    let mut without = HashSet::new();
    for row in rows {
        if row.home()?.is_none() {
            without.insert(row.id);
        }
    }
    Ok(without)
}

/// Has the routes of those of these people who have no home start at the point of their area, and answers
/// who they are: the rows do not say any more whether they have one.
///
/// # Errors
/// [`DbError`].
pub fn at_areas(
    conn: &mut Conn,
    district: AreaCode,
    people: &mut [PersonRow],
) -> Result<HashSet<PersonId>, DbError> {
    let without = without_home(&*people)?;
    let starting = people.iter().filter(|person| without.contains(&person.id));
    let codes: BTreeSet<AreaCode> = starting.map(|person| person.area).collect();
    let places = area::store::places_of(conn, district, &codes)?;
    for person in people.iter_mut().filter(|person| without.contains(&person.id)) {
        if let Some(place) = places.get(&person.area) {
            (person.lat, person.lon) = (place.lat(), place.lon());
        }
    }
    Ok(without)
}

/// Those of the people with these ids who have no home.
///
/// # Errors
/// [`DbError`].
pub fn ids_without_home(
    conn: &mut Conn,
    district: AreaCode,
    ids: &BTreeSet<PersonId>,
) -> Result<HashSet<PersonId>, DbError> {
    let ids: Vec<PersonId> = ids.iter().copied().collect();
    let found = in_batches(&ids, |ids| {
        people::table
            .filter(people::district.eq(district))
            .filter(people::id.eq_any(ids))
            .filter(people::lat.eq(Place::UNKNOWN.lat()))
            .filter(people::lon.eq(Place::UNKNOWN.lon()))
            .select(people::id)
            .load::<PersonId>(conn)
    })?;
    Ok(found.into_iter().collect())
}
