//! Documents of a case, as far as its steps require them.

use std::collections::BTreeSet;

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::WordCode;
use gridward_domain::id::CaseId;

use super::row::PlacedCase;
use super::{CaseKind, CaseWord};
use crate::db::schema::attachments;
use crate::db::{Conn, DbError};

/// Which documents of the case are stored as a whole.
///
/// # Errors
/// [`DbError`].
pub(crate) fn stored(
    conn: &mut Conn,
    district: AreaCode,
    case: CaseId,
) -> Result<BTreeSet<WordCode>, DbError> {
    let codes: Vec<WordCode> = attachments::table
        .filter(attachments::district.eq(district))
        .filter(attachments::case_id.is_not_null())
        .filter(attachments::case_id.eq(case))
        .filter(attachments::complete.eq(true))
        .filter(attachments::document.is_not_null())
        .select(attachments::document.assume_not_null())
        .distinct()
        .load(conn)?;
    Ok(codes.into_iter().collect())
}

/// The documents that the present step of the case requires and that are not among `stored`.
pub(crate) fn missing(
    kind: &CaseKind,
    placed: &PlacedCase,
    stored: &BTreeSet<WordCode>,
) -> Vec<CaseWord> {
    let (row, path) = (&placed.row, kind.path());
    let missing = path.step(&row.step).map(|step| step.missing(row.urgent, stored));
    let missing = missing.unwrap_or_default();
    let words = kind.step(&row.step).map(|step| step.documents.as_slice()).unwrap_or_default();
    let words = words.iter().filter(|word| missing.contains(&word.code));
    words
        .map(|word| CaseWord {
            code: word.code.clone(),
            name: word.name.clone(),
            name_en: word.name_en.clone(),
        })
        .collect()
}
