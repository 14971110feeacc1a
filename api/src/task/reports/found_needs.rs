//! The needs that reports found of beneficiaries, the contacts that they had meanwhile, and the needs that regimes visit for.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::Need;
use gridward_domain::id::{BeneficiaryId, ReportId};
use gridward_domain::task::Outcome;

use super::report_row::ReportRow;
use super::report_sealed::Sealed;
use super::report_versions;
use crate::crypto::SealingKey;
use crate::db::column::SetColumn;
use crate::db::schema::{regimes, reports};
use crate::db::{Conn, DbError};
use crate::task::beneficiary::visits::visited_at;
use crate::{audience, clock};

/// The reports that one statement reads.
const AT_A_TIME: i64 = 1_000;

/// What the reports of some time say about a beneficiary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The days on which one of the needs was found.
    pub needs: BTreeSet<NaiveDate>,
    /// The day of the last contact that counts, by the time of the visit: a report that arrives late answers no need
    /// that was found after its visit.
    pub contact: Option<NaiveDate>,
}

/// What the reports that have arrived since the day say about each beneficiary of the district, with the contacts of
/// the kinds that count. Needs are encrypted, so each report since then is opened.
///
/// # Errors
/// [`DbError`].
pub fn since(
    conn: &mut Conn,
    key: &SealingKey,
    (district, first_day): (AreaCode, NaiveDate),
    needs: &BTreeSet<Need>,
    counts: impl Fn(&str) -> bool,
) -> Result<HashMap<BeneficiaryId, Found>, DbError> {
    let (mut found, mut after) = (HashMap::<_, Found>::new(), None::<ReportId>);
    loop {
        let mut query = reports::table
            .filter(reports::district.eq(district))
            .filter(reports::received_on.ge(first_day))
            .filter(reports::beneficiary.is_not_null())
            .select(ReportRow::as_select())
            .into_boxed();
        if let Some(id) = after {
            query = query.filter(reports::id.gt(id));
        }
        let rows = query.order(reports::id).limit(AT_A_TIME).load::<ReportRow>(conn)?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = Some(last.id);
        for row in rows {
            let Some(beneficiary) = row.beneficiary else { continue };
            let of = found.entry(beneficiary).or_default();
            let sealed = Sealed::of(key, &row)?;
            if !sealed.content.needs.is_disjoint(needs) {
                of.needs.extend(days_found(conn, key, &row, needs)?);
            }
            if counts(row.kind.as_str()) && is_contact(&row) {
                of.contact = of.contact.max(Some(visited_on(&row, &sealed)));
            }
        }
    }
}

/// The needs for which active regimes visit the beneficiary in the grid, if they are found today: a regime has begun by
/// the day of its visit.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn visited(
    conn: &mut Conn,
    (grid, beneficiary): (AreaCode, BeneficiaryId),
    today: NaiveDate,
) -> Result<BTreeSet<Need>, DbError> {
    let around = std::iter::successors(Some(grid), AreaCode::parent);
    let rows: Vec<(SetColumn<Need>, String, NaiveDate, i32)> = regimes::table
        .filter(regimes::district.eq(grid.district()))
        .filter(regimes::area.eq_any(around))
        .filter(regimes::active.eq(true))
        .select((regimes::needs, regimes::filter, regimes::starts_on, regimes::cadence_days))
        .load(conn)?;
    let mut visited = BTreeSet::new();
    for (needs, filter, starts_on, days) in rows {
        let has_begun = (starts_on - today).num_days() <= i64::from(days);
        if needs.members().is_subset(&visited) || !has_begun {
            continue;
        }
        let filter = audience::store::filter_of("regimes", &filter)?;
        if audience::preview::includes(conn, (grid.district(), beneficiary), &filter, today)? {
            visited.extend(needs.members().iter().cloned());
        }
    }
    Ok(visited)
}

/// Whether the report is that of a visit that has completed its task.
fn is_contact(row: &ReportRow) -> bool {
    !row.recorded && row.outcome.parse().is_ok_and(Outcome::completes)
}

/// The day of the visit, not after the report has arrived.
fn visited_on(row: &ReportRow, sealed: &Sealed) -> NaiveDate {
    clock::day(visited_at(sealed, row.created_at.and_utc())).min(row.received_on)
}

/// The days on which the report found those of the needs that it has: that of its arrival, or that of the amendment
/// that added the need.
fn days_found(
    conn: &mut Conn,
    key: &SealingKey,
    row: &ReportRow,
    needs: &BTreeSet<Need>,
) -> Result<BTreeSet<NaiveDate>, DbError> {
    if row.version == 1 {
        return Ok(BTreeSet::from([row.received_on]));
    }
    let versions = report_versions::all(conn, key, row)?;
    let Some(present) = versions.last() else { return Ok(BTreeSet::new()) };
    let days = present.sealed.content.needs.intersection(needs).filter_map(|need| {
        let first = versions.iter().find(|one| one.sealed.content.needs.contains(need))?;
        let is_arrival = first.version == 1;
        Some(if is_arrival { row.received_on } else { clock::day(first.written_at) })
    });
    Ok(days.collect())
}
