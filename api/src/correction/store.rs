//! Queries for corrections.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, AreaRange};
use gridward_domain::id::{BeneficiaryId, CorrectionId, PersonId};

use super::model::Sealed;
use super::{Correction, CorrectionState};
use crate::beneficiary::entry_field::EntryField;
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::column::SetColumn;
use crate::db::schema::{beneficiaries, corrections};
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::in_range;
use crate::tx::row::{RowChange, write_versioned};

const TABLE: &str = "corrections";

/// How long a phone keeps a decided correction of its user.
const SHOWN_FOR: TimeDelta = TimeDelta::days(90);

crate::table_row! {
    /// A row of `corrections`.
    #[derive(Clone, Debug, PartialEq)]
    pub struct CorrectionRow in corrections {
        district: AreaCode,
        key {
            id: CorrectionId,
        }
        fixed {
            beneficiary: BeneficiaryId,
            proposed_by: PersonId,
            created_at: NaiveDateTime,
            fields: SetColumn<EntryField>,
        }
        changing {
            state: CorrectionState,
            decided_by: Option<PersonId>,
            decided_at: Option<NaiveDateTime>,
            sealed: Vec<u8>,
            version: i64,
        }
    }
}

impl CorrectionRow {
    /// Decrypts the values.
    pub(super) fn opened(&self, key: &SealingKey) -> Result<Sealed, DbError> {
        key.open_row((self.district, TABLE, self.id), &self.sealed)
    }

    /// The encrypted values of the correction `id`.
    pub(super) fn sealed(
        key: &SealingKey,
        district: AreaCode,
        id: CorrectionId,
        content: &Sealed,
    ) -> Result<Vec<u8>, DbError> {
        key.seal_row((district, TABLE, id), content)
    }

    /// The correction of a beneficiary in `grid`, without its values and the reason.
    pub(super) fn correction(&self, grid: AreaCode) -> Correction {
        let local = |at: NaiveDateTime| at.and_utc().with_timezone(&china());
        Correction {
            id: self.id,
            beneficiary_id: self.beneficiary,
            grid,
            fields: self.fields.members().iter().copied().collect(),
            state: self.state,
            proposed_by: self.proposed_by,
            created_at: local(self.created_at),
            decided_by: self.decided_by,
            decided_at: self.decided_at.map(local),
            reason: None,
            version: self.version,
        }
    }

    /// The same, with the reason of a rejection.
    pub(super) fn with_reason(
        &self,
        key: &SealingKey,
        grid: AreaCode,
    ) -> Result<Correction, DbError> {
        let reason = match self.state {
            CorrectionState::Rejected => self.opened(key)?.reason,
            CorrectionState::Pending | CorrectionState::Approved => None,
        };
        Ok(Correction { reason, ..self.correction(grid) })
    }
}

/// The correction, and the grid of its beneficiary.
///
/// # Errors
/// [`DbError`].
pub fn one(
    conn: &mut Conn,
    district: AreaCode,
    id: CorrectionId,
) -> Result<Option<(CorrectionRow, AreaCode)>, DbError> {
    let found = corrections::table
        .inner_join(
            beneficiaries::table.on(beneficiaries::district
                .eq(corrections::district)
                .and(beneficiaries::id.eq(corrections::beneficiary))),
        )
        .filter(corrections::district.eq(district))
        .filter(corrections::id.eq(id))
        .select((CorrectionRow::as_select(), beneficiaries::grid));
    Ok(found.first(conn).optional()?)
}

/// Whether there is a correction of this id, even of a deleted beneficiary.
///
/// # Errors
/// [`DbError`].
pub fn exists(conn: &mut Conn, district: AreaCode, id: CorrectionId) -> Result<bool, DbError> {
    let one = corrections::table.find((district, id)).select(corrections::version);
    Ok(one.first::<i64>(conn).optional()?.is_some())
}

/// The filter of a list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only corrections of beneficiaries in this range.
    pub scope: Option<AreaRange>,
    /// Only corrections in this state.
    pub state: Option<CorrectionState>,
    /// Only corrections of this beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
    /// Only corrections by this person.
    pub proposed_by: Option<PersonId>,
}

/// The position in a list.
pub type Key = (DateTime<Utc>, CorrectionId);

/// A page of corrections, newest first, with the reasons of rejections.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    filter: &Filter,
    wanted: &Wanted<Key>,
) -> Result<Vec<Correction>, DbError> {
    let mut query = corrections::table
        .inner_join(
            beneficiaries::table.on(beneficiaries::district
                .eq(corrections::district)
                .and(beneficiaries::id.eq(corrections::beneficiary))),
        )
        .filter(corrections::district.eq(district))
        .select((CorrectionRow::as_select(), beneficiaries::grid))
        .into_boxed();
    if let Some(scope) = filter.scope {
        query = query.filter(in_range!(beneficiaries::grid, scope));
    }
    if let Some(state) = filter.state {
        query = query.filter(corrections::state.eq(state));
    }
    if let Some(beneficiary) = filter.beneficiary {
        query = query.filter(corrections::beneficiary.eq(beneficiary));
    }
    if let Some(person) = filter.proposed_by {
        query = query.filter(corrections::proposed_by.eq(person));
    }
    if let Some((at, id)) = wanted.after {
        let at = at.naive_utc();
        let before = corrections::created_at.eq(at).and(corrections::id.lt(id));
        query = query
            .filter(corrections::created_at.le(at))
            .filter(corrections::created_at.lt(at).or(before));
    }
    let rows: Vec<(CorrectionRow, AreaCode)> = query
        .order((corrections::created_at.desc(), corrections::id.desc()))
        .limit(wanted.rows())
        .load(conn)?;
    rows.iter().map(|(row, grid)| row.with_reason(key, *grid)).collect()
}

/// The pending corrections of the beneficiary.
pub(super) fn pending(
    conn: &mut Conn,
    district: AreaCode,
    beneficiary: BeneficiaryId,
) -> Result<Vec<CorrectionRow>, DbError> {
    Ok(corrections::table
        .filter(corrections::district.eq(district))
        .filter(corrections::beneficiary.eq(beneficiary))
        .filter(corrections::state.eq(CorrectionState::Pending))
        .order(corrections::created_at)
        .select(CorrectionRow::as_select())
        .load(conn)?)
}

/// A correction of the person, as the person's phone has it, unless it was decided long ago.
///
/// # Errors
/// [`DbError`].
pub fn on_phone(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    person: PersonId,
    id: CorrectionId,
    now: DateTime<Utc>,
) -> Result<Option<Correction>, DbError> {
    let found = one(conn, district, id)?;
    let oldest = (now - SHOWN_FOR).naive_utc();
    let shown = |row: &CorrectionRow| {
        row.proposed_by == person && row.decided_at.is_none_or(|at| at > oldest)
    };
    let found = found.filter(|(row, _)| shown(row));
    found.map(|(row, grid)| row.with_reason(key, grid)).transpose()
}

/// The corrections of the person that the person's phone has: newer ones, pending or decided.
///
/// # Errors
/// [`DbError`].
pub fn all_on_phone(
    conn: &mut Conn,
    key: &SealingKey,
    district: AreaCode,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<Correction>, DbError> {
    let filter = Filter { proposed_by: Some(person), ..Filter::default() };
    let limit = gridward_domain::range::PageLimit::MAX;
    let all = list(conn, key, district, &filter, &Wanted { limit, after: None })?;
    let oldest = now - SHOWN_FOR;
    Ok(all.into_iter().filter(|one| one.decided_at.is_none_or(|at| at > oldest)).collect())
}

/// Replaces `old` by `new`; inserts it if there is no old row.
///
/// # Errors
/// [`DbError::Collision`] if the row has changed since it was read.
pub fn put(
    conn: &mut Conn,
    old: Option<&CorrectionRow>,
    new: &CorrectionRow,
) -> Result<(), DbError> {
    write_versioned(
        conn,
        &[RowChange { old, new }],
        |row| row.version,
        CorrectionRow::insert_all,
        CorrectionRow::update_all,
    )
}

/// Deletes the corrections of deleted beneficiaries.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, district: AreaCode, ids: &[BeneficiaryId]) -> Result<(), DbError> {
    let those = corrections::table
        .filter(corrections::district.eq(district))
        .filter(corrections::beneficiary.eq_any(ids));
    diesel::delete(those).execute(conn)?;
    Ok(())
}
