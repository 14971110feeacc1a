//! Queries for people; name and phone number are encrypted.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::authority::Principal;
use gridward_domain::id::PersonId;
use gridward_domain::language::SpokenLanguage;
use gridward_domain::place::Place;
use gridward_domain::range::{BirthYear, WeeklyMinutes};
use gridward_domain::skill::Skill;
use serde::{Deserialize, Serialize};

use super::{Availability, Gender, Person, PersonState, Role};
use crate::crypto::{SealingKey, aad, mask};
use crate::db::column::{Hash, SetColumn};
use crate::db::schema::people;
use crate::db::{Conn, DbError, batches, in_batches};
use crate::in_range;

crate::table_row! {
    /// A row of `people`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct PersonRow in people {
        district: AreaCode,
        key {
            id: PersonId,
        }
        fixed {
            role: Role,
            area: AreaCode,
            state: PersonState,
            gender: Gender,
            birth_year: BirthYear,
            lat: f64,
            lon: f64,
            skills: SetColumn<Skill>,
            weekly_minutes: WeeklyMinutes,
            availability: Availability,
            phone_index: Hash,
            sealed: Vec<u8>,
            version: i64,
            tokens_not_before: Option<NaiveDateTime>,
            languages: SetColumn<SpokenLanguage>,
        }
    }
}

/// The encrypted part of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Particulars {
    /// Family and given name.
    pub name: String,
    /// Digits only.
    pub phone: String,
}

impl Particulars {
    /// Decrypts the sealed column of a row.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn open(
        key: &SealingKey,
        district: AreaCode,
        id: PersonId,
        sealed: &[u8],
    ) -> Result<Self, DbError> {
        key.open_value(&aad(district, "people", id), sealed)
            .map_err(|error| DbError::corrupt("people", error))
    }
}

impl PersonRow {
    /// Decrypts the personal data.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn particulars(&self, key: &SealingKey) -> Result<Particulars, DbError> {
        Particulars::open(key, self.district, self.id, &self.sealed)
    }

    /// The public representation, with the masked phone number.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn person(&self, key: &SealingKey) -> Result<Person, DbError> {
        let Particulars { name, phone } = self.particulars(key)?;
        Ok(Person {
            id: self.id,
            name,
            phone: mask::phone(&phone),
            role: self.role,
            area: self.area,
            state: self.state,
            gender: self.gender,
            birth_year: self.birth_year,
            cell: self.home()?.map(|home| home.cell()),
            skills: self.skills.members().clone(),
            languages: self.languages.members().clone(),
            weekly_minutes: self.weekly_minutes,
            availability: self.availability.to_string(),
            version: self.version,
        })
    }

    /// The home, if it is known. After [`start::at_areas`](super::start::at_areas) it is the start point.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn home(&self) -> Result<Option<Place>, DbError> {
        Ok(self.start()?.known())
    }

    /// The start point of the person's routes: the home, or for a person without one the point that
    /// [`start::at_areas`](super::start::at_areas) has set.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn start(&self) -> Result<Place, DbError> {
        Place::new(self.lat, self.lon).map_err(|error| DbError::corrupt("people", error))
    }

    /// Sets the home, or removes it.
    pub fn set_home(&mut self, home: Option<Place>) {
        (self.lat, self.lon) = coordinates(home);
    }
}

/// The columns `lat` and `lon` of a person with this home. A home at 0, 0 is none.
pub fn coordinates(home: Option<Place>) -> (f64, f64) {
    let home = home.unwrap_or(Place::UNKNOWN);
    (home.lat(), home.lon())
}

/// The person `id`, if in the range.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    key: &SealingKey,
    scope: &AreaRange,
    id: PersonId,
) -> Result<Option<Person>, DbError> {
    row(conn, scope, id)?.map(|row| row.person(key)).transpose()
}

/// The row of the person `id`, if in the range.
///
/// # Errors
/// [`DbError`].
pub fn row(conn: &mut Conn, scope: &AreaRange, id: PersonId) -> Result<Option<PersonRow>, DbError> {
    Ok(people::table
        .find((scope.area().district(), id))
        .filter(in_range!(people::area, scope))
        .select(PersonRow::as_select())
        .first(conn)
        .optional()?)
}

/// The rows of those of these people, at most 500, who are in the range.
///
/// # Errors
/// [`DbError`].
pub fn rows(
    conn: &mut Conn,
    scope: &AreaRange,
    ids: &[PersonId],
) -> Result<Vec<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(scope.area().district()))
        .filter(people::id.eq_any(ids))
        .filter(in_range!(people::area, scope))
        .select(PersonRow::as_select())
        .load(conn)?)
}

/// The rows of these people of the district, by person.
///
/// # Errors
/// [`DbError`].
pub fn many(
    conn: &mut Conn,
    district: AreaCode,
    ids: &BTreeSet<PersonId>,
) -> Result<HashMap<PersonId, PersonRow>, DbError> {
    let ids: Vec<PersonId> = ids.iter().copied().collect();
    let rows = in_batches(&ids, |ids| rows(conn, &district.range(), ids))?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The names of those of these people who are in the range.
///
/// # Errors
/// [`DbError`].
pub fn names(
    conn: &mut Conn,
    key: &SealingKey,
    scope: &AreaRange,
    ids: BTreeSet<PersonId>,
) -> Result<HashMap<PersonId, String>, DbError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<PersonRow> = people::table
        .filter(people::district.eq(scope.area().district()))
        .filter(people::id.eq_any(ids))
        .filter(in_range!(people::area, scope))
        .select(PersonRow::as_select())
        .load(conn)?;
    rows.iter().map(|row| Ok((row.id, row.particulars(key)?.name))).collect()
}

/// All people of the range, former ones included.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, scope: &AreaRange) -> Result<Vec<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(scope.area().district()))
        .filter(in_range!(people::area, scope))
        .order(people::id)
        .select(PersonRow::as_select())
        .load(conn)?)
}

/// The active managers and volunteers in the range: the visitors.
///
/// # Errors
/// [`DbError`].
pub fn visitors(conn: &mut Conn, scope: &AreaRange) -> Result<Vec<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(scope.area().district()))
        .filter(in_range!(people::area, scope))
        .filter(people::state.eq(PersonState::Active))
        .filter(people::role.eq_any(Role::VISITORS))
        .order((people::area, people::id))
        .select(PersonRow::as_select())
        .load(conn)?)
}

/// Those of these people who have left.
///
/// # Errors
/// [`DbError`].
pub fn left(
    conn: &mut Conn,
    district: AreaCode,
    ids: &BTreeSet<PersonId>,
) -> Result<HashSet<PersonId>, DbError> {
    let ids: Vec<PersonId> = ids.iter().copied().collect();
    let left = in_batches(&ids, |ids| {
        people::table
            .filter(people::district.eq(district))
            .filter(people::id.eq_any(ids))
            .filter(people::state.eq(PersonState::Left))
            .select(people::id)
            .load::<PersonId>(conn)
    })?;
    Ok(left.into_iter().collect())
}

/// The manager of the grid, if there is one.
///
/// # Errors
/// [`DbError`].
pub fn manager(conn: &mut Conn, grid: &AreaRange) -> Result<Option<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(grid.area().district()))
        .filter(people::area.eq(grid.area()))
        .filter(people::role.eq(Role::Manager))
        .filter(people::state.ne(PersonState::Left))
        .select(PersonRow::as_select())
        .first(conn)
        .optional()?)
}

/// The active volunteers of the grid.
///
/// # Errors
/// [`DbError`].
pub fn volunteers(conn: &mut Conn, grid: &AreaRange) -> Result<Vec<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(grid.area().district()))
        .filter(people::area.eq(grid.area()))
        .filter(people::role.eq(Role::Volunteer))
        .filter(people::state.eq(PersonState::Active))
        .order(people::id)
        .select(PersonRow::as_select())
        .load(conn)?)
}

/// The nearest active supervisor of an area above `area`.
///
/// # Errors
/// [`DbError`].
pub fn supervisor_above(conn: &mut Conn, area: &AreaCode) -> Result<Option<PersonRow>, DbError> {
    let above = std::iter::successors(area.parent(), AreaCode::parent);
    Ok(people::table
        .filter(people::district.eq(area.district()))
        .filter(people::area.eq_any(above))
        .filter(people::role.eq(Role::Supervisor))
        .filter(people::state.eq(PersonState::Active))
        // The code of an area follows those of the areas around it.
        .order((people::area.desc(), people::id))
        .select(PersonRow::as_select())
        .first(conn)
        .optional()?)
}

/// The active supervisors of the area or else of the nearest one around it, or else the active admins.
///
/// # Errors
/// [`DbError`].
pub fn supervisors_of(conn: &mut Conn, area: &AreaCode) -> Result<Vec<PersonId>, DbError> {
    let around = std::iter::successors(Some(*area), AreaCode::parent);
    let rows: Vec<(PersonId, AreaCode, Role)> = people::table
        .filter(people::district.eq(area.district()))
        .filter(people::area.eq_any(around))
        .filter(people::role.eq_any([Role::Supervisor, Role::Admin]))
        .filter(people::state.eq(PersonState::Active))
        .order(people::id)
        .select((people::id, people::area, people::role))
        .load(conn)?;
    let rank = |(_, area, role): &(PersonId, AreaCode, Role)| (*role == Role::Supervisor, *area);
    let nearest = rows.iter().map(rank).max();
    Ok(rows.into_iter().filter(|row| Some(rank(row)) == nearest).map(|(id, ..)| id).collect())
}

/// The nearest active supervisor of an area above the principal's, or else an active admin.
///
/// # Errors
/// [`DbError`].
pub fn superior(conn: &mut Conn, principal: &Principal) -> Result<Option<PersonRow>, DbError> {
    if let Some(supervisor) = supervisor_above(conn, &principal.area)? {
        return Ok(Some(supervisor));
    }
    Ok(people::table
        .filter(people::district.eq(principal.district()))
        .filter(people::role.eq(Role::Admin))
        .filter(people::state.eq(PersonState::Active))
        .filter(people::id.ne(principal.person))
        .order(people::id)
        .select(PersonRow::as_select())
        .first(conn)
        .optional()?)
}

/// The people of the district who have left.
///
/// # Errors
/// [`DbError`].
pub fn leavers(conn: &mut Conn, district: AreaCode) -> Result<Vec<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(district))
        .filter(people::state.eq(PersonState::Left))
        .order(people::id)
        .select(PersonRow::as_select())
        .load(conn)?)
}

/// Changes a person's role and area; returns the new version.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn place_in(
    conn: &mut Conn,
    row: &PersonRow,
    role: Role,
    area: AreaCode,
) -> Result<i64, DbError> {
    place_at(conn, row, role, area, row.version + 1)
}

/// As [`place_in`], with a new `version`, which must be greater than the row's.
///
/// # Errors
/// As [`place_in`].
pub fn place_at(
    conn: &mut Conn,
    row: &PersonRow,
    role: Role,
    area: AreaCode,
    version: i64,
) -> Result<i64, DbError> {
    let unchanged =
        people::table.find((row.district, row.id)).filter(people::version.eq(row.version));
    let changed = diesel::update(unchanged)
        .set((people::role.eq(role), people::area.eq(area), people::version.eq(version)))
        .execute(conn)?;
    if changed == 1 { Ok(version) } else { Err(DbError::Collision) }
}

/// Stores the weekly availability and minutes under the next version, which it returns.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn set_availability(conn: &mut Conn, row: &PersonRow) -> Result<i64, DbError> {
    let version = row.version + 1;
    let unchanged =
        people::table.find((row.district, row.id)).filter(people::version.eq(row.version));
    let changed = diesel::update(unchanged)
        .set((
            people::availability.eq(&row.availability),
            people::weekly_minutes.eq(row.weekly_minutes),
            people::version.eq(version),
        ))
        .execute(conn)?;
    if changed == 1 { Ok(version) } else { Err(DbError::Collision) }
}

/// Makes these managers volunteers until [`place_in`] gives each a new role and area, so that no
/// grid has two managers meanwhile; their versions stay.
///
/// # Errors
/// [`DbError`].
pub fn demote(conn: &mut Conn, district: AreaCode, ids: &[PersonId]) -> Result<(), DbError> {
    for ids in batches(ids) {
        let those = people::table
            .filter(people::district.eq(district))
            .filter(people::id.eq_any(ids))
            .filter(people::role.eq(Role::Manager));
        diesel::update(those).set(people::role.eq(Role::Volunteer)).execute(conn)?;
    }
    Ok(())
}

/// Stores the state, role and phone index of `next`.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn set_state(conn: &mut Conn, row: &PersonRow, next: &PersonRow) -> Result<(), DbError> {
    let unchanged =
        people::table.find((row.district, row.id)).filter(people::version.eq(row.version));
    let values = (
        people::state.eq(next.state),
        people::role.eq(next.role),
        people::phone_index.eq(next.phone_index),
        people::version.eq(next.version),
    );
    let changed = diesel::update(unchanged).set(values).execute(conn)?;
    if changed == 1 { Ok(()) } else { Err(DbError::Collision) }
}

/// Stores the content of `next`: all that a superior edits, with the version.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read, or another person
/// has the phone number.
pub fn edit(conn: &mut Conn, row: &PersonRow, next: &PersonRow) -> Result<(), DbError> {
    let unchanged =
        people::table.find((row.district, row.id)).filter(people::version.eq(row.version));
    let values = (
        people::gender.eq(next.gender),
        people::birth_year.eq(next.birth_year),
        people::lat.eq(next.lat),
        people::lon.eq(next.lon),
        people::skills.eq(&next.skills),
        people::languages.eq(&next.languages),
        people::weekly_minutes.eq(next.weekly_minutes),
        people::availability.eq(&next.availability),
        people::phone_index.eq(next.phone_index),
        people::sealed.eq(&next.sealed),
        people::version.eq(next.version),
    );
    let changed =
        diesel::update(unchanged).set(values).execute(conn).map_err(DbError::unless_unique)?;
    if changed == 1 { Ok(()) } else { Err(DbError::Collision) }
}

/// The phone index of a person who left: the number is unique, and another person may have it
/// from now on.
pub fn no_phone(key: &SealingKey, id: PersonId) -> Hash {
    key.index(&format!("inactive {id}"))
}

/// The person with this phone index, unless that person left.
///
/// # Errors
/// [`DbError`].
pub fn with_phone(
    conn: &mut Conn,
    district: AreaCode,
    phone_index: Hash,
) -> Result<Option<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(district))
        .filter(people::phone_index.eq(phone_index))
        .select(PersonRow::as_select())
        .first(conn)
        .optional()?)
}

/// Inserts a person.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if another person has the id, the phone number or the grid
/// as manager.
pub fn insert(conn: &mut Conn, row: &PersonRow) -> Result<(), DbError> {
    diesel::insert_into(people::table).values(row).execute(conn).map_err(DbError::unless_unique)?;
    Ok(())
}
