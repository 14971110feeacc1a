//! What of many entries a choice among them needs: no personal data.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::bounded_text::Household;
use gridward_domain::code::{Category, PlaqueState};
use gridward_domain::id::BeneficiaryId;

use super::filter::Query;
use super::store::BeneficiaryRow;
use crate::db::column::SetColumn;
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError};

/// Where a beneficiary lives, and what decides who of a household gets something.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = beneficiaries)]
pub struct Home {
    /// Column `id`.
    pub id: BeneficiaryId,
    /// Column `grid`.
    pub grid: AreaCode,
    /// Column `lat`.
    pub lat: f64,
    /// Column `lon`.
    pub lon: f64,
    /// Column `household`.
    pub household: Option<Household>,
    /// Column `plaque`.
    pub plaque: PlaqueState,
    /// Column `categories`.
    pub categories: SetColumn<Category>,
}

impl Home {
    /// All of the query, in the order of their ids.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn all(conn: &mut Conn, query: Query<'_>) -> Result<Vec<Self>, DbError> {
        Ok(query.order(beneficiaries::id).select(Self::as_select()).load(conn)?)
    }
}

impl From<&BeneficiaryRow> for Home {
    fn from(row: &BeneficiaryRow) -> Self {
        Self {
            id: row.id,
            grid: row.grid,
            lat: row.lat,
            lon: row.lon,
            household: row.household.clone(),
            plaque: row.plaque.clone(),
            categories: row.categories.clone(),
        }
    }
}
