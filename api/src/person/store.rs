//! People in the database; name and phone lie sealed.

use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::PersonId;
use gridward_domain::place::Place;
use gridward_domain::skill::{Skill, Skills};
use gridward_domain::time::Minutes;
use gridward_domain::word::Word as _;
use serde::{Deserialize, Serialize};

use super::{Availability, Person, Role};
use crate::crypto::{SealingKey, mask, place};
use crate::db::schema::people;
use crate::db::{Conn, DbError, parsed};
use crate::http::page::Wanted;
use crate::in_range;

crate::table_row! {
    /// A row of `people`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct PersonRow in people {
        district: String,
        key {
            id: String,
        }
        fixed {
            role: String,
            area: String,
            active: bool,
            gender: String,
            birth_year: i32,
            lat: f64,
            lon: f64,
            skills: String,
            weekly_minutes: i32,
            availability: String,
            phone_index: Vec<u8>,
            sealed: Vec<u8>,
            version: i64,
        }
    }
}

/// What of a person lies sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Particulars {
    /// Family and given name.
    pub name: String,
    /// Digits only.
    pub phone: String,
}

impl PersonRow {
    /// Opens what lies sealed.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn particulars(&self, key: &SealingKey) -> Result<Particulars, DbError> {
        key.open_value(&place(&self.district, "people", &self.id), &self.sealed)
            .map_err(|error| DbError::corrupt("people", error))
    }

    fn person(&self, key: &SealingKey) -> Result<Person, DbError> {
        let Particulars { name, phone } = self.particulars(key)?;
        Ok(Person {
            id: parsed("people", &self.id)?,
            name,
            phone: mask::phone(&phone),
            role: parsed("people", &self.role)?,
            area: parsed("people", &self.area)?,
            active: self.active,
            skills: skills("people", &self.skills)?,
            weekly_minutes: u32::try_from(self.weekly_minutes).unwrap_or_default(),
            availability: self.availability.clone(),
            version: self.version,
        })
    }

    /// When the person has time.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn availability(&self) -> Result<Availability, DbError> {
        parsed("people", &self.availability)
    }

    /// Where the person sets out from.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn home(&self) -> Result<Place, DbError> {
        Place::new(self.lat, self.lon).map_err(|error| DbError::corrupt("people", error))
    }

    /// Minutes offered in a week.
    pub fn offered(&self) -> Minutes {
        Minutes(u32::try_from(self.weekly_minutes).unwrap_or_default())
    }
}

/// Reads skills as the tables keep them: words joined by `;`.
///
/// # Errors
/// [`DbError::Corrupt`].
pub fn skills(table: &'static str, text: &str) -> Result<Skills, DbError> {
    text.split(';').filter(|word| !word.is_empty()).map(|word| parsed(table, word)).collect()
}

/// Writes skills as the tables keep them.
pub fn skills_text(skills: &Skills) -> String {
    let words: Vec<&str> = skills.iter().map(Skill::as_str).collect();
    words.join(";")
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
    let district = scope.area().district().to_string();
    Ok(people::table
        .find((district, id.to_string()))
        .filter(in_range!(people::area, scope))
        .first(conn)
        .optional()?)
}

/// A page of the people in the range, by area and id.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    key: &SealingKey,
    scope: &AreaRange,
    role: Option<Role>,
    wanted: &Wanted<(AreaCode, PersonId)>,
) -> Result<Vec<Person>, DbError> {
    let mut query = people::table
        .filter(people::district.eq(scope.area().district().to_string()))
        .filter(in_range!(people::area, scope))
        .into_boxed();
    if let Some(role) = role {
        query = query.filter(people::role.eq(role.as_str()));
    }
    if let Some((area, id)) = wanted.after.map(|(area, id)| (area.to_string(), id.to_string())) {
        query = query
            .filter(people::area.gt(area.clone()).or(people::area.eq(area).and(people::id.gt(id))));
    }
    let rows: Vec<PersonRow> =
        query.order((people::area, people::id)).limit(wanted.rows()).load(conn)?;
    rows.iter().map(|row| row.person(key)).collect()
}

/// The active managers and volunteers of the range: those who visit.
///
/// # Errors
/// [`DbError`].
pub fn visitors(conn: &mut Conn, scope: &AreaRange) -> Result<Vec<PersonRow>, DbError> {
    let roles = [Role::Manager.as_str(), Role::Volunteer.as_str()];
    Ok(people::table
        .filter(people::district.eq(scope.area().district().to_string()))
        .filter(in_range!(people::area, scope))
        .filter(people::active.eq(true))
        .filter(people::role.eq_any(roles))
        .order((people::area, people::id))
        .load(conn)?)
}

/// The manager of the grid, if there is one.
///
/// # Errors
/// [`DbError`].
pub fn manager(conn: &mut Conn, grid: &AreaRange) -> Result<Option<PersonRow>, DbError> {
    Ok(people::table
        .filter(people::district.eq(grid.area().district().to_string()))
        .filter(people::area.eq(grid.area().to_string()))
        .filter(people::role.eq(Role::Manager.as_str()))
        .filter(people::active.eq(true))
        .first(conn)
        .optional()?)
}

/// Gives a person another role and area; answers the new version.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row changed since it was read.
pub fn place_in(conn: &mut Conn, row: &PersonRow, role: Role, area: &str) -> Result<i64, DbError> {
    let version = row.version + 1;
    let unchanged =
        people::table.find((&row.district, &row.id)).filter(people::version.eq(row.version));
    let changed = diesel::update(unchanged)
        .set((people::role.eq(role.as_str()), people::area.eq(area), people::version.eq(version)))
        .execute(conn)?;
    if changed == 1 { Ok(version) } else { Err(DbError::Collision) }
}

/// Writes a new person.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, row: &PersonRow) -> Result<(), DbError> {
    diesel::insert_into(people::table).values(row).execute(conn)?;
    Ok(())
}
