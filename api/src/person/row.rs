//! The row of a person; name and phone number are encrypted.

use chrono::NaiveDateTime;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::language::SpokenLanguage;
use gridward_domain::place::Place;
use gridward_domain::range::{BirthYear, WeeklyMinutes};
use gridward_domain::skill::Skill;
use serde::{Deserialize, Serialize};

use super::{Availability, Gender, Person, PersonState, Role};
use crate::crypto::{SealingKey, mask};
use crate::db::DbError;
use crate::db::column::{Hash, SetColumn};

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
        key.open_row((district, "people", id), sealed)
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

/// The phone index of a person who left: the number is unique, and another person may have it
/// from now on.
pub fn no_phone(key: &SealingKey, id: PersonId) -> Hash {
    key.index(&format!("inactive {id}"))
}
