//! How many members a regime has.

use chrono::NaiveDate;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::audience::Filter;
use gridward_domain::regime::{Cadence, RegimeSubject};

use super::sites;
use super::store::RegimeRow;
use crate::audience::preview;
use crate::clock;
use crate::db::{Conn, DbError};
use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::tx::Tx;

/// Checks that the regime has members, and that visits to all beneficiaries of the district or of a
/// town are confirmed, if they have to be.
///
/// # Errors
/// 409; 422.
pub(super) fn check(tx: &mut Tx<'_>, row: &RegimeRow, unconfirmed: bool) -> Result<(), Problem> {
    let (today, filter) = (clock::day(tx.now), row.filter()?);
    let conn = tx.read_unbatched();
    let count = size(conn, row.area, (row.subject, &filter), today)?;
    if count == 0 {
        return Err(Problem::invalid("/filter", EMPTY));
    }
    let is_wide = matches!(row.area.level(), Level::District | Level::Town)
        && row.subject == RegimeSubject::Beneficiaries;
    if !unconfirmed || !is_wide || count < preview::size(conn, row.area)? {
        return Ok(());
    }
    let detail = match row.cadence()? {
        Cadence::AfterNeed { .. } => format!(
            "visits those of all {count} beneficiaries of the area of whom a report finds a need"
        ),
        Cadence::AfterHospital { .. } => {
            format!("visits those of all {count} beneficiaries of the area who were in hospital")
        }
        _ => format!("creates visits to all {count} beneficiaries of the area"),
    };
    let problem = Problem::from(ProblemCode::ConfirmationRequired);
    Err(problem.with(FieldError::new("confirm", detail)))
}

/// The number of the members in the area.
///
/// # Errors
/// [`DbError`].
pub(super) fn size(
    conn: &mut Conn,
    area: AreaCode,
    (subject, filter): (RegimeSubject, &Filter),
    today: NaiveDate,
) -> Result<i64, DbError> {
    match subject {
        RegimeSubject::Beneficiaries => preview::count(conn, area, filter, today),
        RegimeSubject::Memorials => sites::count(conn, area),
    }
}

/// Why an audience, or an area without memorial sites, is refused.
pub(super) const EMPTY: &str = "selects nothing that could be visited";
