//! Queries for kinds of case.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::CaseKindCode;

use super::{CaseKind, defaults};
use crate::db::schema::{case_kind_versions, case_kinds};
use crate::db::{Conn, DbError};

const TABLE: &str = "case_kinds";

/// The content of a kind that no role is kept from.
pub(super) const OPEN_TO_ALL: &str = "%\"confidential_to\":[]%";

fn read(text: &str) -> Result<CaseKind, DbError> {
    CaseKind::parse(text).map_err(|error| DbError::corrupt(TABLE, error))
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
    let default = || defaults::kinds().iter().find(|kind| kind.code == *code).cloned();
    Ok(stored(conn, district, code)?.or_else(default))
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
        Some(current) if current.version != version => {
            let earlier: Option<String> = case_kind_versions::table
                .find((district, code, version))
                .select(case_kind_versions::content)
                .first(conn)
                .optional()?;
            earlier.as_deref().map(read).transpose()
        }
        current => Ok(current),
    }
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
    if diesel::update(current).set(content).execute(conn)? != 1 {
        return Err(DbError::Collision);
    }
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
