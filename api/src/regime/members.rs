//! The members of regimes, with their days in the cycle.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::audience::Filter;
use gridward_domain::channel::Channel;
use gridward_domain::id::{BeneficiaryId, RegimeId, TaskId};
use gridward_domain::range::CadenceDays;
use gridward_domain::regime::{MemberDays, Phase, RegimeSubject, SatisfiedBy, Spread};

use super::anchor::Anchors;
use super::sites;
use super::store::RegimeRow;
use crate::audience::members as audience;
use crate::beneficiary::store::{BeneficiaryRow, after};
use crate::catalogue;
use crate::crypto::SealingKey;
use crate::db::schema::{beneficiaries, regime_members};
use crate::db::{Conn, DbError, batches};
use crate::task::last_visits;
use crate::tx::row::{RowChange, write_versioned};

/// The number of entries that are read at a time.
const PAGE: i64 = 1_000;

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

/// The beneficiaries who belong to the audience on the day, in the order of their ids.
///
/// # Errors
/// [`DbError`].
pub fn candidates(
    conn: &mut Conn,
    key: &SealingKey,
    regime: &RegimeRow,
    today: NaiveDate,
) -> Result<Vec<Candidate>, DbError> {
    type Columns = (BeneficiaryId, AreaCode, Option<NaiveDate>, Option<NaiveDate>);
    if regime.subject == RegimeSubject::Memorials {
        return sites::candidates(conn, regime.area);
    }
    let known = KnownVisits::read(conn, regime)?;
    let filter = regime.filter()?;
    if let Some(anchors) = Anchors::read(conn, key, regime, today)? {
        let of = |row: BeneficiaryRow| {
            let anchor = anchors.of(&row, key, today)?;
            let of_entry = known.last(row.id, row.last_contact, row.last_visit);
            let contact = anchors.contact(&row, of_entry);
            Ok(Candidate { id: row.id, grid: row.grid, anchor, contact })
        };
        return anchored(conn, (regime, &filter), today, of);
    }
    let query = audience::query(regime.area, &filter, today).order(beneficiaries::id);
    let columns = (
        beneficiaries::id,
        beneficiaries::grid,
        beneficiaries::last_contact,
        beneficiaries::last_visit,
    );
    let rows: Vec<Columns> = query.select(columns).load(conn)?;
    let of = |(id, grid, last_contact, last_visit)| {
        let contact = known.last(id, last_contact, last_visit);
        Candidate { id, grid, anchor: None, contact }
    };
    Ok(rows.into_iter().map(of).collect())
}

/// The visits that satisfy one of a regime.
enum KnownVisits {
    /// Contacts that reach as far as the channel.
    Contacts(Channel),
    /// The day of the last completed visit of the kind, by beneficiary.
    OfKind(HashMap<BeneficiaryId, NaiveDate>),
}

impl KnownVisits {
    fn read(conn: &mut Conn, regime: &RegimeRow) -> Result<Self, DbError> {
        if regime.satisfied_by == SatisfiedBy::Contact {
            let kind = catalogue::store::one(conn, regime.district, regime.kind.as_str())?;
            return Ok(Self::Contacts(kind.map(|kind| kind.channel).unwrap_or_default()));
        }
        Ok(Self::OfKind(last_visits::of_kind(conn, regime.district, &regime.kind)?))
    }

    /// The last one of a beneficiary with this last contact and visit.
    fn last(
        &self,
        id: BeneficiaryId,
        contact: Option<NaiveDate>,
        visit: Option<NaiveDate>,
    ) -> Option<NaiveDate> {
        match self {
            Self::Contacts(channel) => channel.satisfied_by(contact, visit),
            Self::OfKind(days) => days.get(&id).copied(),
        }
    }
}

/// The candidates of entries that are opened one after another, a page in memory at a time.
fn anchored(
    conn: &mut Conn,
    (regime, filter): (&RegimeRow, &Filter),
    today: NaiveDate,
    of: impl Fn(BeneficiaryRow) -> Result<Candidate, DbError>,
) -> Result<Vec<Candidate>, DbError> {
    let mut candidates: Vec<Candidate> = Vec::new();
    loop {
        let (query, last) =
            (audience::query(regime.area, filter, today), candidates.last().map(|last| last.id));
        let rows = after(conn, query, last, PAGE)?;
        if rows.is_empty() {
            return Ok(candidates);
        }
        for row in rows {
            candidates.push(of(row)?);
        }
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
    let mut new: BTreeMap<AreaCode, Vec<usize>> = BTreeMap::new();
    let mut result = Reconciliation::default();
    for (n, candidate) in candidates.iter().enumerate() {
        let member = known.remove(&candidate.id);
        let in_cycle = |cycle: CadenceDays, phase: i32| (0..cycle.get()).contains(&phase);
        let keeps = |phase: i32| cycle.is_none_or(|cycle| in_cycle(cycle, phase));
        let has_day = member.as_ref().is_some_and(|member| keeps(member.phase));
        let was = member.unwrap_or(MemberRow {
            district: regime.district,
            regime: regime.id,
            beneficiary: candidate.id,
            grid: candidate.grid,
            phase: NO_PHASE,
            slot: None,
            task: None,
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

/// Removes deleted beneficiaries from all regimes.
///
/// # Errors
/// [`DbError`].
pub fn forget(conn: &mut Conn, district: AreaCode, ids: &[BeneficiaryId]) -> Result<(), DbError> {
    for ids in batches(ids) {
        let those = regime_members::table
            .filter(regime_members::district.eq(district))
            .filter(regime_members::beneficiary.eq_any(ids));
        diesel::delete(those).execute(conn)?;
    }
    Ok(())
}
