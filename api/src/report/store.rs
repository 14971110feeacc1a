//! Queries of the register.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::{Principal, Role};
use gridward_domain::id::BeneficiaryId;
use gridward_domain::range::PageLimit;

use super::filter::{Position, ReportSort, Selection};
use super::model::ReportSummary;
use crate::clock::{self, china};
use crate::crypto::SealingKey;
use crate::db::schema::reports;
use crate::db::{Conn, DbError};
use crate::task::beneficiary::visits;
use crate::task::reports::report_row::ReportRow;
use crate::task::reports::report_sealed::Sealed;
use crate::task::view::projection::MaskedNames;
use crate::{area, person};

/// The reports that a filter by needs opens at a time.
const AT_A_TIME: i64 = 500;

/// The reports that a page with a filter by needs opens at most; then it ends early.
const MOST_OPENED: usize = 5_000;

/// A report and its decrypted content.
pub(super) struct Opened {
    pub(super) row: ReportRow,
    pub(super) sealed: Sealed,
}

impl Opened {
    fn of(key: &SealingKey, row: ReportRow) -> Result<Self, DbError> {
        Ok(Self { sealed: Sealed::of(key, &row)?, row })
    }

    fn position(&self, sort: ReportSort) -> Position {
        let at = self.row.created_at.and_utc().with_timezone(&china());
        Position { sort, at, id: self.row.id }
    }
}

/// Up to `limit` reports after the position, in the order.
fn read(
    conn: &mut Conn,
    selection: &Selection,
    sort: ReportSort,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<ReportRow>, DbError> {
    let mut query = reports::table.filter(selection.in_days()).into_boxed();
    if let Some(after) = after {
        query = query.filter(after.precedes());
    }
    query = match sort {
        ReportSort::Latest => query.order((reports::created_at.desc(), reports::id.desc())),
        ReportSort::Earliest => query.order((reports::created_at, reports::id)),
    };
    Ok(query.limit(limit).select(ReportRow::as_select()).load(conn)?)
}

/// A page of the register: its reports, and the position after which more may follow.
pub(super) type ReportPage = (Vec<Opened>, Option<Position>);

/// The page after the position. With a filter by needs it may have fewer reports than `limit`,
/// though more follow.
///
/// # Errors
/// [`DbError`].
pub(super) fn page(
    conn: &mut Conn,
    key: &SealingKey,
    selection: &Selection,
    (sort, after): (ReportSort, Option<Position>),
    limit: PageLimit,
) -> Result<ReportPage, DbError> {
    let most = usize::from(limit);
    let at_a_time = match selection.query.need {
        Some(_) => AT_A_TIME,
        None => i64::from(limit.get()) + 1,
    };
    let (mut found, mut last, mut opened) = (Vec::new(), after, 0);
    loop {
        let rows = read(conn, selection, sort, last, at_a_time)?;
        let is_full = i64::try_from(rows.len()) == Ok(at_a_time);
        for row in rows {
            if found.len() == most {
                return Ok((found, last));
            }
            let one = Opened::of(key, row)?;
            last = Some(one.position(sort));
            opened += 1;
            if selection.finds(&one.sealed.content.needs) {
                found.push(one);
            }
        }
        if !is_full {
            return Ok((found, None));
        }
        if opened >= MOST_OPENED {
            return Ok((found, last));
        }
    }
}

/// Visits each selected report that found the needs of the filter.
///
/// # Errors
/// [`DbError`].
pub(super) fn each(
    conn: &mut Conn,
    key: &SealingKey,
    selection: &Selection,
    mut visit: impl FnMut(&Opened),
) -> Result<(), DbError> {
    let (sort, mut after) = (ReportSort::Earliest, None);
    loop {
        let rows = read(conn, selection, sort, after, AT_A_TIME)?;
        let is_full = i64::try_from(rows.len()) == Ok(AT_A_TIME);
        for row in rows {
            let one = Opened::of(key, row)?;
            after = Some(one.position(sort));
            if selection.finds(&one.sealed.content.needs) {
                visit(&one);
            }
        }
        if !is_full {
            return Ok(());
        }
    }
}

/// The number of the selected reports.
///
/// # Errors
/// [`DbError`].
pub(super) fn count(
    conn: &mut Conn,
    key: &SealingKey,
    selection: &Selection,
) -> Result<i64, DbError> {
    if selection.query.need.is_some() {
        let mut count = 0;
        each(conn, key, selection, |_| count += 1)?;
        return Ok(count);
    }
    Ok(reports::table.filter(selection.in_days()).select(count_star()).first(conn)?)
}

/// The number of the selected reports of each day from `from` to `to` and each outcome, as the
/// column has it; without the filter by needs.
///
/// # Errors
/// [`DbError`].
pub(super) fn by_day(
    conn: &mut Conn,
    selection: &Selection,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(NaiveDate, String, i64)>, DbError> {
    Ok(reports::table
        .group_by((reports::received_on, reports::outcome))
        .filter(selection.condition())
        .filter(reports::received_on.between(from, to))
        .select((reports::received_on, reports::outcome, count_star()))
        .load(conn)?)
}

/// The summaries of these reports, with the names that the principal may know.
///
/// # Errors
/// [`DbError`].
pub(super) fn summaries(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    reports: Vec<Opened>,
) -> Result<Vec<ReportSummary>, DbError> {
    let district = principal.district();
    let rows = || reports.iter().map(|one| &one.row);
    let grids: BTreeSet<AreaCode> = rows().map(|row| row.grid).collect();
    let grids = area::store::names_of(conn, district, &grids)?;
    let people = rows().flat_map(|row| [Some(row.person), row.written_by]).flatten().collect();
    let people = person::store::names(conn, key, &district.range(), people)?;
    let visited: BTreeSet<BeneficiaryId> = rows()
        .filter_map(|row| row.beneficiary)
        .filter(|_| principal.role != Role::Volunteer)
        .collect();
    let visited: Vec<BeneficiaryId> = visited.into_iter().collect();
    let visited = MaskedNames::read(conn, key, district, &visited)?;
    let summary = |Opened { row, sealed }: Opened| {
        let received_at = row.created_at.and_utc();
        ReportSummary {
            grid_name: grids.get(&row.grid).cloned(),
            beneficiary_name: row.beneficiary.and_then(|id| visited.of(id)).map(ToOwned::to_owned),
            person_name: people.get(&row.person).cloned(),
            written_by_name: row.written_by.and_then(|id| people.get(&id)).cloned(),
            received_at: received_at.with_timezone(&china()),
            version: row.version,
            amended_at: row.amended_at.map(|at| at.and_utc().with_timezone(&china())),
            visited_on: clock::day(visits::visited_at(&sealed, received_at)),
            outcome: sealed.content.outcome,
            needs: sealed.content.needs,
            flags: row.flags.members().iter().copied().collect(),
            id: row.id,
            task_id: row.task,
            kind: row.kind,
            grid: row.grid,
            beneficiary_id: row.beneficiary,
            person_id: row.person,
            written_by_id: row.written_by,
            attempt: row.attempt,
            recorded: row.recorded,
        }
    };
    Ok(reports.into_iter().map(summary).collect())
}
