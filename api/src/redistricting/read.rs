//! Reads the situation that changes concern.

use std::collections::BTreeSet;

use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::PersonId;
use gridward_domain::place::Place;

use super::model::AreaChange;
use super::situation::{AreaFacts, Located, PersonFacts, Situation, StationFacts};
use crate::area;
use crate::beneficiary;
use crate::db::{Conn, DbError};
use crate::memorial;
use crate::person::store::PersonRow;
use crate::person::{self, PersonState};
use crate::station;
use crate::task;

/// The areas whose people and contents the changes move.
fn affected(changes: &[AreaChange]) -> BTreeSet<AreaCode> {
    let mut areas = BTreeSet::new();
    for change in changes {
        match change {
            AreaChange::Rename(_) | AreaChange::Add(_) => {}
            AreaChange::Recode(change) => areas.extend([change.area]),
            AreaChange::End(change) => areas.extend([change.area]),
            AreaChange::Merge(change) => areas.extend(change.grids.iter().copied()),
            AreaChange::Split(change) => areas.extend([change.grid]),
        }
    }
    // An area inside another affected one is read with it.
    let inside = |area: &AreaCode| {
        std::iter::successors(area.parent(), AreaCode::parent).any(|outer| areas.contains(&outer))
    };
    areas.iter().copied().filter(|area| !inside(area)).collect()
}

/// The people named as managers.
fn named(changes: &[AreaChange]) -> BTreeSet<PersonId> {
    let ids = changes.iter().flat_map(|change| match change {
        AreaChange::Merge(change) => change.manager_id.into_iter().collect::<Vec<_>>(),
        AreaChange::Split(change) => {
            change.into.iter().filter_map(|part| part.manager_id).collect()
        }
        _ => vec![],
    });
    ids.collect()
}

/// The situation of `district` as far as the changes concern it.
///
/// # Errors
/// [`DbError`].
pub fn situation(
    conn: &mut Conn,
    district: AreaCode,
    changes: &[AreaChange],
) -> Result<Situation, DbError> {
    let mut situation = Situation::default();
    for area in area::store::every(conn, district)? {
        if area.valid_to.is_some() {
            situation.former.insert(area.code);
        } else {
            let facts = AreaFacts { name: area.name, place: area.place };
            situation.areas.insert(area.code, facts);
        }
    }
    for area in affected(changes).into_iter().filter(|area| area.district() == district) {
        contents(conn, area, &mut situation)?;
    }
    for id in named(changes) {
        let row = person::store::row(conn, &district.range(), id)?;
        if let Some(row) = row {
            situation.people.insert(id, facts(&row)?);
        }
    }
    places(conn, district, &mut situation)?;
    Ok(situation)
}

fn facts(row: &PersonRow) -> Result<PersonFacts, DbError> {
    Ok(PersonFacts {
        role: row.role,
        area: row.area,
        stays: row.state != PersonState::Left,
        is_active: row.state == PersonState::Active,
        home: row.home()?,
    })
}

fn located(table: &'static str, grid: AreaCode, lat: f64, lon: f64) -> Result<Located, DbError> {
    let place = Place::new(lat, lon).map_err(|error| DbError::corrupt(table, error))?;
    Ok(Located { grid, place })
}

/// Adds the people, beneficiaries, tasks and outlines of an area.
fn contents(conn: &mut Conn, area: AreaCode, to: &mut Situation) -> Result<(), DbError> {
    let range = area.range();
    for row in person::store::all(conn, &range)? {
        to.people.insert(row.id, facts(&row)?);
    }
    for (id, grid, lat, lon, valid_to) in beneficiary::store::homes(conn, &range)? {
        to.beneficiaries.insert(id, located("beneficiaries", grid, lat, lon)?);
        to.ended.extend(valid_to.map(|_| id));
    }
    for (id, grid, lat, lon, beneficiary) in task::store::located(conn, &range)? {
        to.tasks.insert(id, (located("tasks", grid, lat, lon)?, beneficiary));
    }
    let rings = area::store::rings(conn, &range)?;
    to.outlines.extend(rings.into_iter().filter(|(grid, _)| grid.level() == Level::Grid));
    Ok(())
}

/// Adds the stations and the memorial sites of the district.
fn places(conn: &mut Conn, district: AreaCode, to: &mut Situation) -> Result<(), DbError> {
    for row in station::store::all(conn, &district.range())? {
        let at = Located { grid: row.grid, place: row.place };
        to.stations.insert(row.id, StationFacts { area: row.area, at });
    }
    for row in memorial::store::all(conn, &district.range())? {
        to.memorials.insert(row.id, Located { grid: row.grid, place: row.place });
    }
    Ok(())
}
