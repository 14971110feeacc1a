//! Queries for cases.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::max;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::CaseKindCode;
use gridward_domain::id::{BeneficiaryId, CaseId, ReportId};

use super::row::{CaseRow, Columns, PlacedCase};
use crate::db::schema::{beneficiaries, case_entries, cases, reports};
use crate::db::{Conn, DbError, changed_one, in_batches};
use crate::tx::row::{RowChange, write_versioned};

/// The cases of a district beside their beneficiaries.
macro_rules! joined {
    ($district:expr) => {
        cases::table
            .left_join(
                beneficiaries::table.on(beneficiaries::district
                    .eq(cases::district)
                    .and(beneficiaries::id.nullable().eq(cases::beneficiary))),
            )
            .filter(cases::district.eq($district))
    };
}

/// The cases of a district with the grids of their beneficiaries.
macro_rules! placed {
    ($district:expr) => {
        joined!($district).select((
            CaseRow::as_select(),
            beneficiaries::grid.nullable(),
            beneficiaries::valid_to.nullable(),
        ))
    };
}

pub(super) use {joined, placed};

/// The case, anywhere in the district.
///
/// # Errors
/// [`DbError`].
pub fn one(conn: &mut Conn, district: AreaCode, id: CaseId) -> Result<Option<PlacedCase>, DbError> {
    let found: Option<Columns> =
        placed!(district).filter(cases::id.eq(id)).first(conn).optional()?;
    Ok(found.and_then(PlacedCase::of))
}

/// These cases, as far as they exist, with their kinds and the versions of these.
///
/// # Errors
/// [`DbError`].
pub fn kinds_of(
    conn: &mut Conn,
    district: AreaCode,
    ids: &BTreeSet<CaseId>,
) -> Result<Vec<(CaseId, CaseKindCode, i64)>, DbError> {
    let ids: Vec<CaseId> = ids.iter().copied().collect();
    in_batches(&ids, |ids| {
        cases::table
            .filter(cases::district.eq(district))
            .filter(cases::id.eq_any(ids))
            .select((cases::id, cases::kind, cases::kind_version))
            .load(conn)
    })
}

/// Whether there is a case of this id, even of a deleted beneficiary.
///
/// # Errors
/// [`DbError`].
pub fn exists(conn: &mut Conn, district: AreaCode, id: CaseId) -> Result<bool, DbError> {
    let one = cases::table.find((district, id)).select(cases::version);
    Ok(one.first::<i64>(conn).optional()?.is_some())
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError::Collision`] if the row has changed since it was read.
pub fn put(conn: &mut Conn, old: Option<&CaseRow>, new: &CaseRow) -> Result<(), DbError> {
    write_versioned(
        conn,
        &[RowChange { old, new }],
        |row| row.version,
        CaseRow::insert_all,
        CaseRow::update_all,
    )
}

/// Has the case rise no more. Nothing that is shown changes, so the version stays.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the row has changed since it was read.
pub(super) fn never_rises(conn: &mut Conn, row: &CaseRow) -> Result<(), DbError> {
    let this = cases::table.find((row.district, row.id)).filter(cases::version.eq(row.version));
    let never = cases::escalates_on.eq(None::<NaiveDate>);
    changed_one(diesel::update(this).set(never).execute(conn)?)
}

/// Notes that the register follows the decision of the case; `false` if it did before: a case decides once. Nothing that
/// is shown changes, so the version stays.
///
/// # Errors
/// [`DbError`].
pub fn carry_out(
    conn: &mut Conn,
    (district, id): (AreaCode, CaseId),
    at: NaiveDateTime,
) -> Result<bool, DbError> {
    let this = cases::table.find((district, id)).filter(cases::carried_out_at.is_null());
    Ok(diesel::update(this).set(cases::carried_out_at.eq(at)).execute(conn)? == 1)
}

/// When the register last followed the decision of a case of the beneficiary; `None` if it never did.
///
/// # Errors
/// [`DbError`].
pub fn last_carried_out(
    conn: &mut Conn,
    (district, beneficiary): (AreaCode, BeneficiaryId),
) -> Result<Option<NaiveDateTime>, DbError> {
    Ok(cases::table
        .filter(cases::district.eq(district))
        .filter(cases::beneficiary.eq(beneficiary))
        .select(max(cases::carried_out_at))
        .first(conn)?)
}

/// The first `limit` cases that rise to the next level by `today`; those of beneficiaries who have ended
/// do not.
///
/// # Errors
/// [`DbError`].
pub(super) fn due(
    conn: &mut Conn,
    district: AreaCode,
    today: NaiveDate,
    limit: i64,
) -> Result<Vec<PlacedCase>, DbError> {
    let has_home = beneficiaries::id.nullable().is_not_null();
    let is_current = has_home.and(beneficiaries::valid_to.nullable().is_null());
    let rows: Vec<Columns> = placed!(district)
        .filter(cases::escalates_on.le(today))
        .filter(cases::beneficiary.is_null().or(is_current))
        .order((cases::escalates_on, cases::id))
        .limit(limit)
        .load(conn)?;
    Ok(rows.into_iter().filter_map(PlacedCase::of).collect())
}

/// The beneficiary that a report is about.
///
/// # Errors
/// [`DbError`].
pub(super) fn beneficiary_of(
    conn: &mut Conn,
    district: AreaCode,
    report: ReportId,
) -> Result<Option<BeneficiaryId>, DbError> {
    let found: Option<Option<BeneficiaryId>> = reports::table
        .filter(reports::district.eq(district))
        .filter(reports::id.eq(report))
        .select(reports::beneficiary)
        .first(conn)
        .optional()?;
    Ok(found.flatten())
}

/// Those of these beneficiaries that have a case, ended or not.
///
/// # Errors
/// [`DbError`].
pub fn with_cases(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<Vec<BeneficiaryId>, DbError> {
    let those: Vec<Option<BeneficiaryId>> = cases::table
        .filter(cases::district.eq(district))
        .filter(cases::beneficiary.eq_any(ids))
        .select(cases::beneficiary)
        .distinct()
        .load(conn)?;
    Ok(those.into_iter().flatten().collect())
}

/// Deletes the cases of deleted beneficiaries, with their history.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, district: AreaCode, ids: &[BeneficiaryId]) -> Result<(), DbError> {
    let those =
        cases::table.filter(cases::district.eq(district)).filter(cases::beneficiary.eq_any(ids));
    let gone: Vec<CaseId> = those.select(cases::id).load(conn)?;
    delete_history(conn, district, &gone)?;
    let those = cases::table.filter(cases::district.eq(district)).filter(cases::id.eq_any(&gone));
    diesel::delete(those).execute(conn)?;
    Ok(())
}

fn delete_history(conn: &mut Conn, district: AreaCode, ids: &[CaseId]) -> Result<(), DbError> {
    let history = case_entries::table
        .filter(case_entries::district.eq(district))
        .filter(case_entries::case_id.eq_any(ids));
    diesel::delete(history).execute(conn)?;
    Ok(())
}

/// Deletes those of these cases that are still at the version, with their history; returns them.
///
/// # Errors
/// [`DbError`].
pub(super) fn delete(
    conn: &mut Conn,
    district: AreaCode,
    versions: &[(CaseId, i64)],
) -> Result<Vec<(CaseId, i64)>, DbError> {
    let mut gone = Vec::with_capacity(versions.len());
    for (id, version) in versions {
        let this = cases::table.find((district, id)).filter(cases::version.eq(version));
        if diesel::delete(this).execute(conn)? == 1 {
            gone.push((*id, *version));
        }
    }
    let ids: Vec<CaseId> = gone.iter().map(|(id, _)| *id).collect();
    delete_history(conn, district, &ids)?;
    Ok(gone)
}

/// Gives the cases of one beneficiary to another, all of them or those of `these`; returns their
/// ids.
///
/// # Errors
/// [`DbError`].
pub fn give(
    conn: &mut Conn,
    district: AreaCode,
    (from, to): (BeneficiaryId, BeneficiaryId),
    these: Option<&[CaseId]>,
) -> Result<Vec<CaseId>, DbError> {
    let mut ids: Vec<CaseId> = cases::table
        .filter(cases::district.eq(district))
        .filter(cases::beneficiary.eq(from))
        .select(cases::id)
        .load(conn)?;
    ids.retain(|id| these.is_none_or(|these| these.contains(id)));
    let given = cases::table.filter(cases::district.eq(district)).filter(cases::id.eq_any(&ids));
    diesel::update(given)
        .set((cases::beneficiary.eq(to), cases::version.eq(cases::version + 1)))
        .execute(conn)?;
    Ok(ids)
}

/// The cases of the district that are no beneficiary's.
///
/// # Errors
/// [`DbError`].
pub fn of_areas(conn: &mut Conn, district: AreaCode) -> Result<Vec<CaseRow>, DbError> {
    Ok(cases::table
        .filter(cases::district.eq(district))
        .filter(cases::beneficiary.is_null())
        .order(cases::id)
        .select(CaseRow::as_select())
        .load(conn)?)
}

/// The versions of the kind with which open cases began.
///
/// # Errors
/// [`DbError`].
pub(super) fn open_versions(
    conn: &mut Conn,
    district: AreaCode,
    kind: &CaseKindCode,
) -> Result<Vec<i64>, DbError> {
    Ok(cases::table
        .filter(cases::district.eq(district))
        .filter(cases::kind.eq(kind))
        .filter(cases::result.is_null())
        .select(cases::kind_version)
        .distinct()
        .load(conn)?)
}

/// The case of the beneficiary of this kind that has not ended.
///
/// # Errors
/// [`DbError`].
pub(super) fn open_case(
    conn: &mut Conn,
    district: AreaCode,
    (beneficiary, kind): (BeneficiaryId, &CaseKindCode),
) -> Result<Option<CaseId>, DbError> {
    Ok(cases::table
        .filter(cases::district.eq(district))
        .filter(cases::beneficiary.eq(beneficiary))
        .filter(cases::kind.eq(kind))
        .filter(cases::result.is_null())
        .order(cases::id)
        .select(cases::id)
        .first(conn)
        .optional()?)
}
