//! Writes of beneficiaries: new rows, and changes of rows that still have the version that was read.

use diesel::prelude::*;
use diesel::sql_types::Bool;
use gridward_domain::area::AreaCode;
use gridward_domain::id::BeneficiaryId;

use super::ends::Contacted;
use super::model::Particulars;
use super::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::db::column::Hash;
use crate::db::schema::beneficiaries;
use crate::db::{Conn, DbError, changed_one};

/// The personal data, encrypted for the row of this id.
///
/// # Errors
/// Only for a value without a JSON form.
pub fn sealed(
    key: &SealingKey,
    district: AreaCode,
    id: BeneficiaryId,
    particulars: &Particulars,
) -> Result<Vec<u8>, DbError> {
    key.seal_row((district, "beneficiaries", id), particulars)
}

/// Inserts the row.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, row: &BeneficiaryRow) -> Result<(), DbError> {
    BeneficiaryRow::insert_all(conn, &[row])
}

/// Replaces `was` by `is`, except the last contact, which reports change at any time.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub fn replace(conn: &mut Conn, was: &BeneficiaryRow, is: &BeneficiaryRow) -> Result<(), DbError> {
    let unchanged = beneficiaries::table
        .find((was.district, was.id))
        .filter(beneficiaries::version.eq(was.version));
    let changed = diesel::update(unchanged)
        .set((
            beneficiaries::grid.eq(is.grid),
            (
                beneficiaries::categories.eq(&is.categories),
                beneficiaries::tags.eq(&is.tags),
                beneficiaries::household.eq(&is.household),
            ),
            (beneficiaries::gender.eq(is.gender), beneficiaries::birth_year.eq(is.birth_year)),
            (beneficiaries::lat.eq(is.lat), beneficiaries::lon.eq(is.lon)),
            (
                beneficiaries::lives_alone.eq(is.lives_alone),
                beneficiaries::mobility.eq(is.mobility),
                beneficiaries::contact.eq(is.contact),
                beneficiaries::plaque.eq(&is.plaque),
            ),
            (beneficiaries::id_index.eq(is.id_index), beneficiaries::sealed.eq(&is.sealed)),
            (
                beneficiaries::valid_to.eq(is.valid_to),
                beneficiaries::ended_because.eq(is.ended_because),
                beneficiaries::successor.eq(is.successor),
            ),
            (
                beneficiaries::stay_grid.eq(is.stay_grid),
                beneficiaries::stay_from.eq(is.stay_from),
                beneficiaries::stay_to.eq(is.stay_to),
            ),
            beneficiaries::version.eq(is.version),
        ))
        .execute(conn)?;
    changed_one(changed)
}

/// Sets the last contact, its visitor and the last visit, if they differ from those of `was`.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if a report has changed them since they were read.
pub fn set_contact(
    conn: &mut Conn,
    was: &BeneficiaryRow,
    Contacted { day, visitor, visit }: Contacted,
) -> Result<(), DbError> {
    use beneficiaries::{last_contact, last_visit, last_visitor};

    if was.contacted() == (Contacted { day, visitor, visit }) {
        return Ok(());
    }
    // An absent value equals an absent one.
    let no_day = was.last_contact.is_none().into_sql::<Bool>();
    let no_visitor = was.last_visitor.is_none().into_sql::<Bool>();
    let same_day = last_contact.eq(was.last_contact).or(last_contact.is_null().and(no_day));
    let same_visitor = last_visitor.eq(was.last_visitor).or(last_visitor.is_null().and(no_visitor));
    let unchanged =
        beneficiaries::table.find((was.district, was.id)).filter(same_day).filter(same_visitor);
    let changed = diesel::update(unchanged)
        .set((last_contact.eq(day), last_visitor.eq(visitor), last_visit.eq(visit)))
        .execute(conn)?;
    changed_one(changed)
}

/// The rows with the ID number of this index, the current one first.
///
/// # Errors
/// [`DbError`].
pub fn with_id_number(
    conn: &mut Conn,
    district: AreaCode,
    id_index: Hash,
) -> Result<Vec<BeneficiaryRow>, DbError> {
    let mut rows: Vec<BeneficiaryRow> = beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::id_index.eq(id_index))
        .order(beneficiaries::id)
        .select(BeneficiaryRow::as_select())
        .load(conn)?;
    rows.sort_by_key(|row| !row.is_current());
    Ok(rows)
}

/// The current beneficiaries with a temporary stay, now, later, or just over.
///
/// # Errors
/// [`DbError`].
pub fn staying(conn: &mut Conn, district: AreaCode) -> Result<Vec<BeneficiaryRow>, DbError> {
    let rows: Vec<BeneficiaryRow> = beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::stay_to.is_not_null())
        .order(beneficiaries::id)
        .select(BeneficiaryRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().filter(BeneficiaryRow::is_current).collect())
}
