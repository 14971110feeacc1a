//! Beneficiaries in the database; all that is personal lies sealed.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::{BeneficiaryId, PersonId};
use gridward_domain::place::Place;
use gridward_domain::word::Word as _;

use super::model::Particulars;
use super::{Beneficiary, Category};
use crate::crypto::{SealingKey, mask, place};
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError, parsed};
use crate::http::page::Wanted;
use crate::in_range;

const TABLE: &str = "beneficiaries";

crate::table_row! {
    /// A row of `beneficiaries`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct BeneficiaryRow in beneficiaries {
        district: String,
        key {
            id: String,
        }
        fixed {
            grid: String,
            category: String,
            gender: String,
            birth_year: i32,
            lat: f64,
            lon: f64,
            lives_alone: bool,
            mobility: String,
            contact: String,
            plaque: String,
            last_contact: Option<NaiveDate>,
            last_visitor: Option<String>,
            id_index: Vec<u8>,
            sealed: Vec<u8>,
            version: i64,
        }
    }
}

impl BeneficiaryRow {
    /// Opens what lies sealed.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn particulars(&self, key: &SealingKey) -> Result<Particulars, DbError> {
        key.open_value(&place(&self.district, TABLE, &self.id), &self.sealed)
            .map_err(|error| DbError::corrupt(TABLE, error))
    }

    /// The home.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn home(&self) -> Result<Place, DbError> {
        Place::new(self.lat, self.lon).map_err(|error| DbError::corrupt(TABLE, error))
    }

    fn masked(&self, key: &SealingKey) -> Result<Beneficiary, DbError> {
        let Particulars { name, phone, .. } = self.particulars(key)?;
        Ok(Beneficiary {
            id: parsed(TABLE, &self.id)?,
            grid: parsed(TABLE, &self.grid)?,
            name: mask::name(&name),
            phone: mask::phone(&phone),
            category: parsed(TABLE, &self.category)?,
            gender: parsed(TABLE, &self.gender)?,
            birth_year: self.birth_year,
            place: self.home()?,
            lives_alone: self.lives_alone,
            mobility: parsed(TABLE, &self.mobility)?,
            contact: parsed(TABLE, &self.contact)?,
            plaque: parsed(TABLE, &self.plaque)?,
            last_contact: self.last_contact,
            version: self.version,
        })
    }
}

/// The row of the beneficiary `id`, if in the range.
///
/// # Errors
/// [`DbError`].
pub fn row(
    conn: &mut Conn,
    scope: &AreaRange,
    id: BeneficiaryId,
) -> Result<Option<BeneficiaryRow>, DbError> {
    let district = scope.area().district().to_string();
    Ok(beneficiaries::table
        .find((district, id.to_string()))
        .filter(in_range!(beneficiaries::grid, scope))
        .first(conn)
        .optional()?)
}

/// The beneficiary `id`, masked, if in the range.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    key: &SealingKey,
    scope: &AreaRange,
    id: BeneficiaryId,
) -> Result<Option<Beneficiary>, DbError> {
    row(conn, scope, id)?.map(|row| row.masked(key)).transpose()
}

/// A page of the beneficiaries in the range, masked, by grid and id.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    key: &SealingKey,
    scope: &AreaRange,
    category: Option<Category>,
    wanted: &Wanted<(AreaCode, BeneficiaryId)>,
) -> Result<Vec<Beneficiary>, DbError> {
    let mut query = beneficiaries::table
        .filter(beneficiaries::district.eq(scope.area().district().to_string()))
        .filter(in_range!(beneficiaries::grid, scope))
        .into_boxed();
    if let Some(category) = category {
        query = query.filter(beneficiaries::category.eq(category.as_str()));
    }
    if let Some((grid, id)) = wanted.after.map(|(grid, id)| (grid.to_string(), id.to_string())) {
        let later = beneficiaries::grid.eq(grid.clone()).and(beneficiaries::id.gt(id));
        query = query.filter(beneficiaries::grid.gt(grid).or(later));
    }
    let rows: Vec<BeneficiaryRow> =
        query.order((beneficiaries::grid, beneficiaries::id)).limit(wanted.rows()).load(conn)?;
    rows.iter().map(|row| row.masked(key)).collect()
}

/// Notes that `visitor` was in touch on `day`. That follows from the report on
/// the log and is no change of the entry, whose version stays.
///
/// # Errors
/// [`DbError`].
pub fn was_in_touch(
    conn: &mut Conn,
    district: &str,
    id: &str,
    visitor: PersonId,
    day: NaiveDate,
) -> Result<(), DbError> {
    diesel::update(beneficiaries::table.find((district, id)))
        .set((
            beneficiaries::last_contact.eq(Some(day)),
            beneficiaries::last_visitor.eq(Some(visitor.to_string())),
        ))
        .execute(conn)?;
    Ok(())
}

/// The rows of these ids, wherever they lie in the district.
///
/// # Errors
/// [`DbError`].
pub fn rows(conn: &mut Conn, district: &str, ids: &[&str]) -> Result<Vec<BeneficiaryRow>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::id.eq_any(ids.iter().copied()))
        .load(conn)?)
}
