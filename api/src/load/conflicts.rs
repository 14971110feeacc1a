//! Conflicts between the records and the rows: a grid must have exactly one manager, before and
//! after a load, and nobody belongs to a former area.
//!
//! The records are consistent among themselves, but an ordinary load leaves rows without
//! a record, and both together may be inconsistent. Conflicts are found before anything is
//! written.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use thiserror::Error;

use super::numbers::{self, Loading, Number, Taken};
use super::record::PersonRecord;
use super::step::Target;
use crate::db::DbError;
use crate::db::schema::people;
use crate::person::{self, PersonState, Role};

/// A contradiction between the records and the rows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Conflict {
    /// The manager in the database stays, and the records contain another.
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
    /// The records move the manager to another place and do not contain the grid.
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
    /// People or beneficiaries of the files are in an area that has ended since.
    #[error(
        "the area {area} has ended, and not in favour of a single area: give its people and \
         beneficiaries their new areas in the files"
    )]
    FormerArea {
        /// The former area.
        area: AreaCode,
    },
    /// A row that the load leaves has the number of a record.
    #[error("the {} of {record} in {} is that of {other} in the register", .number.column(), .number.file())]
    Taken {
        /// The number.
        number: Number,
        /// The id of the record.
        record: String,
        /// The id of the row.
        other: String,
    },
}

/// The conflicts of a load. One of the whole district has none of managers, because it removes
/// people and grids without a record.
pub(super) fn find(to: &mut Target<'_>) -> Result<Vec<Conflict>, DbError> {
    let lost = to.newest.lost.iter();
    let mut conflicts: Vec<Conflict> =
        lost.map(|area| Conflict::FormerArea { area: *area }).collect();
    if !to.options.whole {
        conflicts.extend(of_managers(to)?);
    }
    let is_whole = |kind: &str| to.options.whole && !to.options.absent.contains(&kind);
    let loading = Loading {
        key: to.key,
        district: to.district,
        records: &to.newest.records,
        readmit: to.options.readmit,
        all_people: is_whole("people"),
        all_beneficiaries: is_whole("beneficiaries"),
    };
    let taken = numbers::taken(to.conn, loading)?.into_iter();
    conflicts.extend(taken.map(|Taken { number, record, other }| Conflict::Taken {
        number,
        record,
        other,
    }));
    Ok(conflicts)
}

/// The conflicts between the managers of the database and the records.
fn of_managers(to: &mut Target<'_>) -> Result<Vec<Conflict>, DbError> {
    let present: Vec<(PersonId, AreaCode)> = people::table
        .filter(people::district.eq(to.district))
        .filter(people::role.eq(Role::Manager))
        .filter(people::state.ne(PersonState::Left))
        .order(people::area)
        .select((people::id, people::area))
        .load(to.conn)?;
    // Who has left stays so, whatever the files say.
    let leavers: HashSet<PersonId> = if to.options.readmit {
        HashSet::new()
    } else {
        person::store::leavers(to.conn, to.district)?.into_iter().map(|row| row.id).collect()
    };
    let records = to.newest.records.people.iter().filter(|record| !leavers.contains(&record.id));
    Ok(among(&present, records))
}

/// The conflicts between the managers of the database and the records.
fn among<'r>(
    present: &[(PersonId, AreaCode)],
    records: impl Iterator<Item = &'r PersonRecord>,
) -> Vec<Conflict> {
    let people: HashMap<PersonId, (Role, AreaCode)> =
        records.map(|person| (person.id, (person.role, person.area))).collect();
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

#[cfg(test)]
mod tests {
    use gridward_domain::place::Place;
    use gridward_domain::range::{BirthYear, WeeklyMinutes};
    use uuid::Uuid;

    use super::*;
    use crate::person::Gender;

    fn id(n: u128) -> PersonId {
        PersonId(Uuid::from_u128(n))
    }

    fn grid(n: u8) -> AreaCode {
        format!("50011600100200{n}").parse().expect("a code")
    }

    fn records(people: &[(u128, Role, u8)]) -> Vec<PersonRecord> {
        let person = |(n, role, at): &(u128, Role, u8)| PersonRecord {
            id: id(*n),
            role: *role,
            area: grid(*at),
            name: "周".to_owned(),
            gender: Gender::Female,
            birth_year: BirthYear::of::<1980>(),
            phone: "12345".to_owned(),
            home: Place::new(29.0, 106.0).ok(),
            skills: std::iter::empty().collect(),
            weekly_minutes: WeeklyMinutes::MIN,
            availability: vec![],
        };
        people.iter().map(person).collect()
    }

    #[test]
    fn managers_may_stay_swap_and_be_replaced_by_name() {
        let present = [(id(1), grid(1)), (id(2), grid(2))];
        for people in [
            &[(1, Role::Manager, 1), (2, Role::Manager, 2)][..],
            &[(1, Role::Manager, 2), (2, Role::Manager, 1)],
            &[(1, Role::Volunteer, 1), (3, Role::Manager, 1), (2, Role::Manager, 2)],
            &[(1, Role::Manager, 1)],
        ] {
            assert_eq!(among(&present, records(people).iter()), []);
        }
    }

    #[test]
    fn a_grid_with_two_managers_or_none_is_a_conflict() {
        let present = [(id(1), grid(1)), (id(2), grid(2))];
        assert_eq!(
            among(&present, records(&[(3, Role::Manager, 1), (1, Role::Volunteer, 1)]).iter()),
            []
        );
        assert_eq!(
            among(&present, records(&[(3, Role::Manager, 1), (2, Role::Volunteer, 1)]).iter()),
            [
                Conflict::TwoManagers { grid: grid(1), person: id(1) },
                Conflict::NoManager { grid: grid(2), person: id(2) },
            ]
        );
    }
}
