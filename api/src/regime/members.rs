//! The members of regimes, with their days in the cycle.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::OccasionCode;
use gridward_domain::id::{BeneficiaryId, RegimeId, TaskId};
use gridward_domain::range::CadenceDays;
use gridward_domain::regime::{MemberDays, OccasionDays, Phase, Spread};

use super::store::RegimeRow;
use crate::db::column::JsonColumn;
use crate::db::schema::{beneficiaries, regime_members};
use crate::db::{Conn, DbError, batches, in_batches};
use crate::tx::row::{RowChange, write_versioned};

/// The last visit of a member at each occasion that the regime has followed: its day and its task.
pub type OccasionVisits = BTreeMap<OccasionCode, (NaiveDate, TaskId)>;

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
            occasions: JsonColumn<OccasionVisits>,
            version: i64,
        }
    }
}

impl MemberRow {
    /// The day in the cycle.
    pub fn phase(&self) -> Phase {
        Phase::try_from(self.phase).unwrap_or_default()
    }

    /// The row at the next version.
    #[must_use]
    pub fn next(self) -> Self {
        Self { version: self.version + 1, ..self }
    }
}

/// The column of these visits.
///
/// # Errors
/// None in practice: all visits have a JSON form.
pub(super) fn column(occasions: OccasionVisits) -> Result<JsonColumn<OccasionVisits>, DbError> {
    JsonColumn::of(occasions).map_err(|error| DbError::corrupt("regime_members", error))
}

/// The number of beneficiaries whom one transaction removes.
const AT_A_TIME: i64 = 500;

/// A beneficiary who belongs to the audience of a regime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The beneficiary.
    pub id: BeneficiaryId,
    /// The grid of the home.
    pub grid: AreaCode,
    /// The day of the entry or of a need that the visits follow, if they follow one: it is read by a run and
    /// not stored.
    pub anchor: Option<NaiveDate>,
    /// The last contact that satisfies a visit.
    pub contact: Option<NaiveDate>,
}

impl Candidate {
    /// The days that decide the visits of the beneficiary, as this member.
    pub fn days(&self, member: &MemberRow) -> MemberDays {
        MemberDays { phase: member.phase(), anchor: self.anchor, contact: self.contact }
    }
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

/// These members as they are.
///
/// # Errors
/// [`DbError`].
fn some(
    conn: &mut Conn,
    (district, regime): (AreaCode, RegimeId),
    ids: &[BeneficiaryId],
) -> Result<BTreeMap<BeneficiaryId, MemberRow>, DbError> {
    let rows: Vec<MemberRow> = regime_members::table
        .filter(regime_members::district.eq(district))
        .filter(regime_members::regime.eq(regime))
        .filter(regime_members::beneficiary.eq_any(ids))
        .select(MemberRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.beneficiary, row)).collect())
}

/// The members of all regimes of the district who are these beneficiaries and have a last visit.
///
/// # Errors
/// [`DbError`].
pub fn with_visits(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<Vec<MemberRow>, DbError> {
    in_batches(ids, |ids| {
        regime_members::table
            .filter(regime_members::district.eq(district))
            .filter(regime_members::beneficiary.eq_any(ids))
            .filter(regime_members::task.is_not_null())
            .select(MemberRow::as_select())
            .load(conn)
    })
}

/// What makes the members those of the audience.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// The members of today, in the order of the candidates.
    pub members: Vec<MemberRow>,
    /// Those to write: new ones, and those with another grid or day.
    pub changed: Vec<MemberRow>,
    /// Those who no longer belong to the audience.
    pub gone: Vec<MemberRow>,
}

/// The day in the cycle of a member of a regime that spreads no visits.
const NO_PHASE: i32 = -1;

/// Compares the members with the candidates. A new member, and one whose day the cycle no longer has,
/// gets a day that keeps the visits of the grid and of the district evenly spread; a member who moves
/// keeps the day. The last visit of a member stays known in each case.
///
/// # Errors
/// [`DbError::Corrupt`].
pub fn reconcile(
    regime: &RegimeRow,
    mut known: BTreeMap<BeneficiaryId, MemberRow>,
    candidates: &[Candidate],
) -> Result<Reconciliation, DbError> {
    let cycle = regime.cadence()?.spread_over();
    let mut spread = cycle.map(Spread::new);
    let no_occasions = column(OccasionVisits::new())?;
    let mut new: BTreeMap<AreaCode, Vec<usize>> = BTreeMap::new();
    let mut result = Reconciliation::default();
    for (n, candidate) in candidates.iter().enumerate() {
        let member = known.remove(&candidate.id);
        let in_cycle = |cycle: CadenceDays, phase: i32| (0..cycle.get()).contains(&phase);
        let keeps = |phase: i32| cycle.is_none_or(|cycle| in_cycle(cycle, phase));
        let has_day = member.as_ref().is_some_and(|member| keeps(member.phase));
        let was = member.unwrap_or_else(|| MemberRow {
            district: regime.district,
            regime: regime.id,
            beneficiary: candidate.id,
            grid: candidate.grid,
            phase: NO_PHASE,
            slot: None,
            task: None,
            occasions: no_occasions.clone(),
            version: 0,
        });
        let phase = if cycle.is_some() { was.phase } else { NO_PHASE };
        let moved = MemberRow { grid: candidate.grid, phase, ..was.clone() };
        if !has_day {
            new.entry(candidate.grid).or_default().push(n);
            result.members.push(moved.next());
            continue;
        }
        if let Some(spread) = &mut spread {
            spread.count(candidate.grid, was.phase());
        }
        if moved == was {
            result.members.push(was);
        } else {
            result.changed.push(moved.clone().next());
            result.members.push(moved.next());
        }
    }
    for (grid, numbers) in new {
        let days = spread.as_mut().map(|spread| spread.add(grid, numbers.len()));
        for (place, n) in numbers.into_iter().enumerate() {
            let phase = days.as_ref().and_then(|days| days.get(place).copied());
            result.members[n].phase = phase.map_or(NO_PHASE, i32::from);
            result.changed.push(result.members[n].clone());
        }
    }
    result.gone = known.into_values().collect();
    Ok(result)
}

/// Writes these members, each if it is still as it was read: at the version before.
///
/// # Errors
/// [`DbError`].
pub fn write(conn: &mut Conn, rows: &[MemberRow]) -> Result<(), DbError> {
    for rows in batches(rows) {
        let Some(first) = rows.first() else { continue };
        let ids: Vec<BeneficiaryId> = rows.iter().map(|row| row.beneficiary).collect();
        let current = some(conn, (first.district, first.regime), &ids)?;
        let changes = rows.iter().filter_map(|new| {
            let old = current.get(&new.beneficiary);
            let version = old.map_or(0, |old| old.version);
            (version + 1 == new.version).then_some(RowChange { old, new })
        });
        let insert = |conn: &mut Conn, rows: &[&MemberRow]| {
            // Another server has added the member meanwhile.
            MemberRow::insert_all(conn, rows).map_err(DbError::unless_unique)
        };
        let changes: Vec<_> = changes.collect();
        write_versioned(conn, &changes, |row| row.version, insert, MemberRow::update_all)?;
    }
    Ok(())
}

/// Forgets the days of the last visits of members that are none of these days: the regime follows an occasion with these
/// days now, whose visits those are not. The tasks stay known: the next run withdraws those that wait, and makes none
/// beside one that a person has. The last visit of each occasion stays known too.
///
/// # Errors
/// [`DbError`].
pub fn forget_slots_but(
    conn: &mut Conn,
    (district, regime): (AreaCode, RegimeId),
    days: &OccasionDays,
) -> Result<(), DbError> {
    let members = regime_members::table
        .filter(regime_members::district.eq(district))
        .filter(regime_members::regime.eq(regime))
        .filter(regime_members::slot.is_not_null())
        .filter(regime_members::slot.ne_all(days.iter().copied()));
    let version = regime_members::version.eq(regime_members::version + 1);
    diesel::update(members)
        .set((regime_members::slot.eq(None::<NaiveDate>), version))
        .execute(conn)?;
    Ok(())
}

/// Forgets the days of the last visits as [`forget_slots_but`]: the regime follows no occasion any more. Members with a
/// day in a cycle keep theirs, which no run by the occasion has prepared.
///
/// # Errors
/// [`DbError`].
pub fn forget_slots(conn: &mut Conn, district: AreaCode, regime: RegimeId) -> Result<(), DbError> {
    let members = regime_members::table
        .filter(regime_members::district.eq(district))
        .filter(regime_members::regime.eq(regime))
        .filter(regime_members::slot.is_not_null())
        .filter(regime_members::phase.eq(NO_PHASE));
    let version = regime_members::version.eq(regime_members::version + 1);
    diesel::update(members)
        .set((regime_members::slot.eq(None::<NaiveDate>), version))
        .execute(conn)?;
    Ok(())
}

/// Those of these members that are still as they were read.
///
/// # Errors
/// [`DbError`].
pub fn unchanged(conn: &mut Conn, rows: &[MemberRow]) -> Result<BTreeSet<BeneficiaryId>, DbError> {
    let Some(first) = rows.first() else { return Ok(BTreeSet::new()) };
    let ids: Vec<BeneficiaryId> = rows.iter().map(|row| row.beneficiary).collect();
    let current = some(conn, (first.district, first.regime), &ids)?;
    let same = rows.iter().filter(|row| current.get(&row.beneficiary) == Some(*row));
    Ok(same.map(|row| row.beneficiary).collect())
}

/// Removes these members, each if it is still as it was read.
///
/// # Errors
/// [`DbError`].
pub fn remove(conn: &mut Conn, rows: &[MemberRow]) -> Result<(), DbError> {
    for row in rows {
        let this = regime_members::table.find((row.district, row.regime, row.beneficiary));
        let this = this.filter(regime_members::version.eq(row.version));
        diesel::delete(this).execute(conn)?;
    }
    Ok(())
}

/// Removes a number of beneficiaries who ended before the day from all regimes, also from those that are paused, whose
/// members no run compares with the audience. Returns the number of members; 0 if none is left.
///
/// # Errors
/// [`DbError`].
pub fn forget_ended(
    conn: &mut Conn,
    district: AreaCode,
    before: NaiveDate,
) -> Result<usize, DbError> {
    let ended = beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::valid_to.lt(before))
        .select(beneficiaries::id);
    let ids: Vec<BeneficiaryId> = regime_members::table
        .filter(regime_members::district.eq(district))
        .filter(regime_members::beneficiary.eq_any(ended))
        .select(regime_members::beneficiary)
        .distinct()
        .limit(AT_A_TIME)
        .load(conn)?;
    forget(conn, district, &ids)
}

/// Removes these beneficiaries from all regimes; returns the number of members.
///
/// # Errors
/// [`DbError`].
pub fn forget(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<usize, DbError> {
    let mut removed = 0;
    for ids in batches(ids) {
        let those = regime_members::table
            .filter(regime_members::district.eq(district))
            .filter(regime_members::beneficiary.eq_any(ids));
        removed += diesel::delete(those).execute(conn)?;
    }
    Ok(removed)
}
