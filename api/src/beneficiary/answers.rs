//! The last answers of beneficiaries to filterable fields, in plain words: audiences filter by them.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::{KindCode, WordCode};
use gridward_domain::id::BeneficiaryId;

use crate::db::schema::beneficiary_answers;
use crate::db::{Conn, DbError};

/// Puts these answers to fields of the kind in the place of earlier ones to the same fields.
///
/// # Errors
/// [`DbError`].
pub fn replace(
    conn: &mut Conn,
    (district, beneficiary): (AreaCode, BeneficiaryId),
    kind: &KindCode,
    answers: &BTreeMap<WordCode, BTreeSet<WordCode>>,
) -> Result<(), DbError> {
    for (field, words) in answers {
        let earlier = beneficiary_answers::table
            .filter(beneficiary_answers::district.eq(district))
            .filter(beneficiary_answers::beneficiary.eq(beneficiary))
            .filter(beneficiary_answers::kind.eq(kind))
            .filter(beneficiary_answers::field.eq(field));
        diesel::delete(earlier).execute(conn)?;
        for word in words {
            diesel::insert_into(beneficiary_answers::table)
                .values((
                    beneficiary_answers::district.eq(district),
                    beneficiary_answers::beneficiary.eq(beneficiary),
                    beneficiary_answers::kind.eq(kind),
                    beneficiary_answers::field.eq(field),
                    beneficiary_answers::word.eq(word),
                ))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// Deletes the answers to these fields of the kind, which no longer are filterable.
///
/// # Errors
/// [`DbError`].
pub fn forget_fields(
    conn: &mut Conn,
    district: AreaCode,
    kind: &KindCode,
    fields: &BTreeSet<WordCode>,
) -> Result<(), DbError> {
    if fields.is_empty() {
        return Ok(());
    }
    let those = beneficiary_answers::table
        .filter(beneficiary_answers::district.eq(district))
        .filter(beneficiary_answers::kind.eq(kind))
        .filter(beneficiary_answers::field.eq_any(fields));
    diesel::delete(those).execute(conn)?;
    Ok(())
}

/// Deletes the answers of deleted beneficiaries.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, district: AreaCode, ids: &[BeneficiaryId]) -> Result<(), DbError> {
    let those = beneficiary_answers::table
        .filter(beneficiary_answers::district.eq(district))
        .filter(beneficiary_answers::beneficiary.eq_any(ids));
    diesel::delete(those).execute(conn)?;
    Ok(())
}
