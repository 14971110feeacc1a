//! Which cases a principal sees.

use std::collections::{BTreeMap, BTreeSet};

use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Action, Principal, Role};
use gridward_domain::code::CaseKindCode;
use gridward_domain::id::CaseId;

use super::row::PlacedCase;
use super::{CaseKind, kind_store, store};
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;

/// What a role does not see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    /// The kinds.
    pub(super) kinds: Vec<CaseKindCode>,
    /// Earlier versions of other kinds, whose cases stay confidential.
    pub(super) versions: Vec<(CaseKindCode, i64)>,
}

/// The kinds of the district, and the versions, that a role does not see.
///
/// # Errors
/// [`DbError`].
pub(super) fn hidden(conn: &mut Conn, district: AreaCode, role: Role) -> Result<Hidden, DbError> {
    let is_hidden = |kind: &CaseKind| !kind.is_shown_to(role);
    let kinds = kind_store::all(conn, district)?.into_iter().filter(is_hidden);
    let kinds: Vec<CaseKindCode> = kinds.map(|kind| kind.code).collect();
    let versions = kind_store::confidential_versions(conn, district)?.into_iter();
    let versions = versions.filter(is_hidden).filter(|kind| !kinds.contains(&kind.code));
    let versions = versions.map(|kind| (kind.code, kind.version)).collect();
    Ok(Hidden { kinds, versions })
}

/// Whether some roles do not see the case.
///
/// # Errors
/// [`DbError`].
pub fn is_confidential(conn: &mut Conn, district: AreaCode, id: CaseId) -> Result<bool, DbError> {
    let Some(placed) = store::one(conn, district, id)? else { return Ok(true) };
    Ok(kind_store::of_case(conn, &placed.row)?.is_confidential())
}

/// Whether there are cases that do not exist for the principal's role.
///
/// # Errors
/// [`DbError`].
pub fn hides_any(conn: &mut Conn, principal: &Principal) -> Result<bool, DbError> {
    let Hidden { kinds, versions } = hidden(conn, principal.district(), principal.role)?;
    Ok(!kinds.is_empty() || !versions.is_empty())
}

/// Those of these cases that do not exist for the principal's role. Of deleted ones it is not known any more
/// what they were: they exist for roles that see every kind.
///
/// # Errors
/// [`DbError`].
pub fn hidden_among(
    conn: &mut Conn,
    principal: &Principal,
    ids: &BTreeSet<CaseId>,
) -> Result<BTreeSet<CaseId>, DbError> {
    let district = principal.district();
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let Hidden { kinds, versions } = hidden(conn, district, principal.role)?;
    if kinds.is_empty() && versions.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut hidden = ids.clone();
    for (id, kind, version) in store::kinds_of(conn, district, ids)? {
        if !kinds.contains(&kind) && !versions.contains(&(kind, version)) {
            hidden.remove(&id);
        }
    }
    Ok(hidden)
}

/// Those of these cases that the principal's role saw when they were opened: then a phone may have them.
///
/// # Errors
/// [`DbError`].
pub fn once_shown(
    conn: &mut Conn,
    principal: &Principal,
    ids: &BTreeSet<CaseId>,
) -> Result<BTreeSet<CaseId>, DbError> {
    let district = principal.district();
    let mut by_kind: BTreeMap<(CaseKindCode, i64), Vec<CaseId>> = BTreeMap::new();
    for (id, kind, version) in store::kinds_of(conn, district, ids)? {
        by_kind.entry((kind, version)).or_default().push(id);
    }
    let mut shown = BTreeSet::new();
    for ((code, version), ids) in by_kind {
        let kind = kind_store::at(conn, district, &code, version)?;
        if kind.is_some_and(|kind| kind.is_shown_to(principal.role)) {
            shown.extend(ids);
        }
    }
    Ok(shown)
}

/// A case that a principal sees.
#[derive(Clone, Debug)]
pub struct VisibleCase {
    /// The case.
    pub placed: PlacedCase,
    /// Its version of the kind.
    pub kind: CaseKind,
    /// Whether some roles do not see it.
    pub is_confidential: bool,
}

/// The case, if the principal may perform `action` on it.
///
/// # Errors
/// 404, also for a confidential kind; 403.
pub fn visible(
    conn: &mut Conn,
    principal: &Principal,
    id: CaseId,
    action: Action,
) -> Result<VisibleCase, Problem> {
    let case = shown(conn, principal, id)?.ok_or_else(Problem::not_found)?;
    principal.authorize(action, &case.placed.area)?;
    Ok(case)
}

/// The case, if the principal's role sees it, wherever it is.
///
/// # Errors
/// [`DbError`].
pub fn shown(
    conn: &mut Conn,
    principal: &Principal,
    id: CaseId,
) -> Result<Option<VisibleCase>, DbError> {
    let Some(placed) = store::one(conn, principal.district(), id)? else { return Ok(None) };
    let kind = kind_store::of_case(conn, &placed.row)?;
    let is_confidential = kind.is_confidential();
    let shown = kind.is_shown_to(principal.role);
    Ok(shown.then_some(VisibleCase { placed, kind: kind.own, is_confidential }))
}
