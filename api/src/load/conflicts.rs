//! What a load would break: a grid has exactly one manager, before and after.
//!
//! The files agree among themselves, but an ordinary load leaves the rows that
//! they lack, and the two together may not. That is found before anything is
//! written.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use thiserror::Error;

use super::record::DistrictRecords;
use crate::db::schema::people;
use crate::db::{Conn, DbError, parsed};
use crate::person::Role;

/// A grid that would not have exactly one manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Conflict {
    /// The manager in the database stays, and the files bring another.
    #[error(
        "the grid {grid} would have two managers: {person} is in the database and not in \
         people.csv; name that person there in another role, or import with --whole"
    )]
    TwoManagers {
        /// The grid.
        grid: AreaCode,
        /// The manager in the database.
        person: PersonId,
    },
    /// The files take the manager away and lack the grid.
    #[error(
        "the grid {grid} would have no manager: it is in the database and not in areas.csv, and \
         people.csv moves its manager {person}; add the grid there, or import with --whole"
    )]
    NoManager {
        /// The grid.
        grid: AreaCode,
        /// Its manager.
        person: PersonId,
    },
}

/// The conflicts of an ordinary load of `records`. A load of the whole district
/// has none: who is not in the files leaves, and so does a grid that is not.
pub(super) fn find(
    conn: &mut Conn,
    district: AreaCode,
    records: &DistrictRecords,
) -> Result<Vec<Conflict>, DbError> {
    let rows: Vec<(String, String)> = people::table
        .filter(people::district.eq(district.as_str()))
        .filter(people::role.eq(Role::Manager.word()))
        .filter(people::active.eq(true))
        .order(people::area)
        .select((people::id, people::area))
        .load(conn)?;
    let present =
        rows.iter().map(|(id, area)| Ok((parsed("people", id)?, parsed("people", area)?)));
    Ok(among(&present.collect::<Result<Vec<_>, DbError>>()?, records))
}

/// The conflicts between the managers of the database and the records.
fn among(present: &[(PersonId, AreaCode)], records: &DistrictRecords) -> Vec<Conflict> {
    let people: HashMap<PersonId, (Role, AreaCode)> =
        records.people.iter().map(|person| (person.id, (person.role, person.area))).collect();
    let managed: HashSet<AreaCode> =
        people.values().filter(|(role, _)| *role == Role::Manager).map(|(_, grid)| *grid).collect();
    let conflict = |(person, grid): &(PersonId, AreaCode)| {
        let (person, grid) = (*person, *grid);
        match people.get(&person) {
            None if managed.contains(&grid) => Some(Conflict::TwoManagers { grid, person }),
            Some(now) if *now != (Role::Manager, grid) && !managed.contains(&grid) => {
                Some(Conflict::NoManager { grid, person })
            }
            _ => None,
        }
    };
    present.iter().filter_map(conflict).collect()
}
