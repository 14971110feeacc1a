//! Which cases a principal sees.

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::code::CaseKindCode;
use gridward_domain::id::CaseId;

use super::store::{self, PlacedCase};
use super::{CaseKind, kind_store};
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;

/// The kinds of the district that a role does not see.
///
/// # Errors
/// [`DbError`].
pub(super) fn hidden(
    conn: &mut Conn,
    district: AreaCode,
    role: Role,
) -> Result<Vec<CaseKindCode>, DbError> {
    let kinds = kind_store::all(conn, district)?;
    Ok(kinds.into_iter().filter(|kind| !kind.is_shown_to(role)).map(|kind| kind.code).collect())
}

/// The case and the version of its kind, if the principal may perform `action` on it. A kind that is
/// confidential by now hides its earlier cases too.
///
/// # Errors
/// 404, also for a confidential kind; 403.
pub fn visible(
    conn: &mut Conn,
    principal: &Principal,
    id: CaseId,
    action: Action,
) -> Result<(PlacedCase, CaseKind), Problem> {
    let district = principal.district();
    let placed = store::one(conn, district, id)?.ok_or_else(Problem::not_found)?;
    let row = &placed.row;
    let current = kind_store::one(conn, district, &row.kind)?.ok_or_else(Problem::not_found)?;
    if !current.is_shown_to(principal.role) {
        return Err(Problem::not_found());
    }
    principal.authorize(action, &placed.area)?;
    let kind = if current.version == row.kind_version {
        current
    } else {
        let earlier = kind_store::at(conn, district, &row.kind, row.kind_version)?;
        earlier.ok_or_else(|| DbError::corrupt("case_kind_versions", "a version is missing"))?
    };
    Ok((placed, kind))
}
