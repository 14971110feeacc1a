//! Queries for kinds of case.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Role;
use gridward_domain::code::CaseKindCode;

use super::row::CaseRow;
use super::{CaseKind, defaults};
use crate::db::schema::{case_kind_versions, case_kinds};
use crate::db::{Conn, DbError, changed_one};

const TABLE: &str = "case_kinds";

/// The content of a kind that no role is kept from.
pub(super) const OPEN_TO_ALL: &str = "%\"confidential_to\":[]%";

fn read(text: &str) -> Result<CaseKind, DbError> {
    serde_json::from_str(text).map_err(|error| DbError::corrupt(TABLE, error))
}

fn write(kind: &CaseKind) -> Result<String, DbError> {
    kind.text().map_err(|error| DbError::corrupt(TABLE, error))
}

/// The kind with this code, current or archived; a default that the district has not changed too.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: AreaCode,
    code: &CaseKindCode,
) -> Result<Option<CaseKind>, DbError> {
    Ok(stored(conn, district, code)?.or_else(|| defaults::of(code).cloned()))
}

fn stored(
    conn: &mut Conn,
    district: AreaCode,
    code: &CaseKindCode,
) -> Result<Option<CaseKind>, DbError> {
    let found: Option<String> = case_kinds::table
        .find((district, code))
        .select(case_kinds::content)
        .first(conn)
        .optional()?;
    found.as_deref().map(read).transpose()
}

/// The version `version` of the kind.
///
/// # Errors
/// [`DbError`].
pub fn at(
    conn: &mut Conn,
    district: AreaCode,
    code: &CaseKindCode,
    version: i64,
) -> Result<Option<CaseKind>, DbError> {
    match one(conn, district, code)? {
        Some(current) if current.version != version => earlier(conn, district, code, version),
        current => Ok(current),
    }
}

fn earlier(
    conn: &mut Conn,
    district: AreaCode,
    code: &CaseKindCode,
    version: i64,
) -> Result<Option<CaseKind>, DbError> {
    let found: Option<String> = case_kind_versions::table
        .find((district, code, version))
        .select(case_kind_versions::content)
        .first(conn)
        .optional()?;
    found.as_deref().map(read).transpose()
}

/// The kind of a case.
pub struct KindOfCase {
    /// The version with which the case was opened.
    pub own: CaseKind,
    /// The current one, if it is another.
    current: Option<CaseKind>,
}

impl KindOfCase {
    /// Whether some roles do not see the case: a kind that is confidential by now hides its earlier cases too, and
    /// one that was confidential when the case was opened hides it still.
    pub fn is_confidential(&self) -> bool {
        self.own.is_confidential() || self.current.as_ref().is_some_and(CaseKind::is_confidential)
    }

    /// Whether a person of this role sees the case.
    pub(super) fn is_shown_to(&self, role: Role) -> bool {
        let is_shown = |kind: &CaseKind| kind.is_shown_to(role);
        is_shown(&self.own) && self.current.as_ref().is_none_or(is_shown)
    }
}

/// The kind of the case.
///
/// # Errors
/// [`DbError::Corrupt`] without one, since no version is ever deleted.
pub fn of_case(conn: &mut Conn, row: &CaseRow) -> Result<KindOfCase, DbError> {
    let missing = || DbError::corrupt(TABLE, "a version is missing");
    let current = one(conn, row.district, &row.kind)?.ok_or_else(missing)?;
    if current.version == row.kind_version {
        return Ok(KindOfCase { own: current, current: None });
    }
    let own = earlier(conn, row.district, &row.kind, row.kind_version)?.ok_or_else(missing)?;
    Ok(KindOfCase { own, current: Some(current) })
}

/// The earlier versions of kinds that are confidential.
///
/// # Errors
/// [`DbError`].
pub(super) fn confidential_versions(
    conn: &mut Conn,
    district: AreaCode,
) -> Result<Vec<CaseKind>, DbError> {
    let rows: Vec<String> = case_kind_versions::table
        .filter(case_kind_versions::district.eq(district))
        .filter(case_kind_versions::content.not_like(OPEN_TO_ALL))
        .select(case_kind_versions::content)
        .load(conn)?;
    rows.iter().map(|text| read(text)).collect()
}

/// All kinds of the district, defaults too, ordered by code.
///
/// # Errors
/// [`DbError`].
pub fn all(conn: &mut Conn, district: AreaCode) -> Result<Vec<CaseKind>, DbError> {
    let rows: Vec<String> = case_kinds::table
        .filter(case_kinds::district.eq(district))
        .order(case_kinds::code)
        .select(case_kinds::content)
        .load(conn)?;
    let mut kinds = rows.iter().map(|text| read(text)).collect::<Result<Vec<_>, _>>()?;
    let defaults = defaults::kinds().iter();
    let missing: Vec<CaseKind> = defaults
        .filter(|default| !kinds.iter().any(|kind| kind.code == default.code))
        .cloned()
        .collect();
    kinds.extend(missing);
    kinds.sort_by(|one, other| one.code.cmp(&other.code));
    Ok(kinds)
}

/// Adds a kind.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, district: AreaCode, kind: &CaseKind) -> Result<(), DbError> {
    diesel::insert_into(case_kinds::table)
        .values((
            case_kinds::district.eq(district),
            case_kinds::code.eq(&kind.code),
            case_kinds::version.eq(kind.version),
            case_kinds::content.eq(write(kind)?),
        ))
        .execute(conn)
        .map_err(DbError::unless_unique)?;
    Ok(())
}

/// Writes `next` in place of `before`, which becomes an earlier version.
///
/// # Errors
/// [`DbError::Collision`] if `before` is no longer the current version.
pub fn replace(
    conn: &mut Conn,
    district: AreaCode,
    before: &CaseKind,
    next: &CaseKind,
    now: NaiveDateTime,
) -> Result<(), DbError> {
    keep(conn, district, before)?;
    let current = case_kinds::table
        .find((district, &before.code))
        .filter(case_kinds::version.eq(before.version));
    let content = (case_kinds::version.eq(next.version), case_kinds::content.eq(write(next)?));
    changed_one(diesel::update(current).set(content).execute(conn)?)?;
    diesel::insert_into(case_kind_versions::table)
        .values((
            case_kind_versions::district.eq(district),
            case_kind_versions::code.eq(&before.code),
            case_kind_versions::version.eq(before.version),
            case_kind_versions::content.eq(write(before)?),
            case_kind_versions::replaced_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Keeps a default as the district's own, so that its cases follow this path from now on.
///
/// # Errors
/// [`DbError::Collision`] if another transaction keeps it at the same time.
pub fn keep(conn: &mut Conn, district: AreaCode, kind: &CaseKind) -> Result<(), DbError> {
    if stored(conn, district, &kind.code)?.is_some() {
        return Ok(());
    }
    insert(conn, district, kind)
}
