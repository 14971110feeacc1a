//! The members of regimes, with their days in the cycle.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, RegimeId, TaskId};
use gridward_domain::regime::{Phase, Spread};

use super::store::RegimeRow;
use crate::audience::members as audience;
use crate::db::schema::{beneficiaries, regime_members};
use crate::db::{Conn, DbError};

/// The maximum number of ids in a query.
const CHUNK: usize = 500;

crate::table_row! {
    /// A row of `regime_members`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MemberRow in regime_members {
        district: AreaCode,
        key {
            regime: RegimeId,
            beneficiary: BeneficiaryId,
        }
        fixed {
        }
        changing {
            grid: AreaCode,
            phase: i32,
            slot: Option<NaiveDate>,
            task: Option<TaskId>,
        }
    }
}

impl MemberRow {
    /// The day in the cycle.
    pub fn phase(&self) -> Phase {
        Phase::try_from(self.phase).unwrap_or_default()
    }
}

/// A beneficiary who belongs to the audience of a regime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The beneficiary.
    pub id: BeneficiaryId,
    /// The grid of the home.
    pub grid: AreaCode,
    /// The last contact.
    pub last_contact: Option<NaiveDate>,
}

/// The beneficiaries who belong to the audience on the day, in the order of their ids.
///
/// # Errors
/// [`DbError`].
pub fn candidates(
    conn: &mut Conn,
    regime: &RegimeRow,
    today: NaiveDate,
) -> Result<Vec<Candidate>, DbError> {
    let rows = audience::query(regime.area, &regime.filter()?, today)
        .order(beneficiaries::id)
        .select((beneficiaries::id, beneficiaries::grid, beneficiaries::last_contact))
        .load::<(BeneficiaryId, AreaCode, Option<NaiveDate>)>(conn)?;
    let of = |(id, grid, last_contact)| Candidate { id, grid, last_contact };
    Ok(rows.into_iter().map(of).collect())
}

/// The members as they were last.
///
/// # Errors
/// [`DbError`].
pub fn all(
    conn: &mut Conn,
    district: AreaCode,
    regime: RegimeId,
) -> Result<BTreeMap<BeneficiaryId, MemberRow>, DbError> {
    let rows: Vec<MemberRow> = regime_members::table
        .filter(regime_members::district.eq(district))
        .filter(regime_members::regime.eq(regime))
        .select(MemberRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.beneficiary, row)).collect())
}

/// What makes the members those of the audience.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// The members of today, in the order of the candidates.
    pub members: Vec<MemberRow>,
    /// Those to write: new ones, and those who have moved.
    pub changed: Vec<MemberRow>,
    /// Those who no longer belong to the audience.
    pub gone: Vec<BeneficiaryId>,
}

/// Compares the members with the candidates. A new member gets a day that keeps the visits of the
/// grid and of the district evenly spread; a member who moves keeps the day.
pub fn reconcile(
    regime: &RegimeRow,
    mut known: BTreeMap<BeneficiaryId, MemberRow>,
    candidates: &[Candidate],
) -> Reconciliation {
    let cycle = regime.cadence_days.get();
    let mut spread = Spread::new(regime.cadence_days);
    let mut new: BTreeMap<AreaCode, Vec<usize>> = BTreeMap::new();
    let mut result = Reconciliation::default();
    for (n, candidate) in candidates.iter().enumerate() {
        let member = known.remove(&candidate.id).filter(|member| member.phase < cycle);
        if let Some(member) = member {
            spread.count(candidate.grid, member.phase());
            let moved = MemberRow { grid: candidate.grid, ..member.clone() };
            if moved != member {
                result.changed.push(moved.clone());
            }
            result.members.push(moved);
        } else {
            new.entry(candidate.grid).or_default().push(n);
            result.members.push(MemberRow {
                district: regime.district,
                regime: regime.id,
                beneficiary: candidate.id,
                grid: candidate.grid,
                phase: 0,
                slot: None,
                task: None,
            });
        }
    }
    for (grid, numbers) in new {
        for (n, phase) in numbers.iter().zip(spread.add(grid, numbers.len())) {
            result.members[*n].phase = phase.into();
            result.changed.push(result.members[*n].clone());
        }
    }
    result.gone = known.into_keys().collect();
    result
}

/// Writes these members, in whatever state they were.
///
/// # Errors
/// [`DbError`].
pub fn write(conn: &mut Conn, rows: &[MemberRow]) -> Result<(), DbError> {
    for rows in rows.chunks(CHUNK) {
        let Some(first) = rows.first() else { continue };
        let ids: Vec<BeneficiaryId> = rows.iter().map(|row| row.beneficiary).collect();
        remove(conn, (first.district, first.regime), &ids)?;
        MemberRow::insert_all(conn, &rows.iter().collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Removes these members.
///
/// # Errors
/// [`DbError`].
pub fn remove(
    conn: &mut Conn,
    (district, regime): (AreaCode, RegimeId),
    ids: &[BeneficiaryId],
) -> Result<(), DbError> {
    for ids in ids.chunks(CHUNK) {
        let those = regime_members::table
            .filter(regime_members::district.eq(district))
            .filter(regime_members::regime.eq(regime))
            .filter(regime_members::beneficiary.eq_any(ids));
        diesel::delete(those).execute(conn)?;
    }
    Ok(())
}
