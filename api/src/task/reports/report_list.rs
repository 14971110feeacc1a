//! The reports of an area, in the order of their ids.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::code::{KindCode, Need};
use gridward_domain::id::{ReportId, TaskId};
use gridward_domain::range::Attempts;
use gridward_domain::task::Outcome;

use super::report_flag::ReportFlag;
use super::report_row::ReportRow;
use super::report_sealed::Sealed;
use crate::clock::china;
use crate::crypto::SealingKey;
use crate::db::schema::reports;
use crate::db::{Conn, DbError};
use crate::in_range;

/// The reports that one statement reads.
const AT_A_TIME: i64 = 500;

/// Selects reports.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only reports on tasks of this kind.
    pub kind: Option<KindCode>,
    /// Only reports with this outcome.
    pub outcome: Option<Outcome>,
    /// Only reports that arrived at or after this time.
    pub since: Option<DateTime<Utc>>,
    /// Only reports that arrived before this time.
    pub until: Option<DateTime<Utc>>,
}

/// What a list shows of a report: neither its author nor its texts.
#[derive(Clone, Debug)]
pub struct ListedReport {
    /// Identifies the report.
    pub id: ReportId,
    /// The task.
    pub task: TaskId,
    /// The kind of the task.
    pub kind: KindCode,
    /// The grid of the task.
    pub grid: AreaCode,
    /// When the report arrived.
    pub received_at: DateTime<FixedOffset>,
    /// The outcome, if readable.
    pub outcome: Option<Outcome>,
    /// The needs found.
    pub needs: BTreeSet<Need>,
    /// The number of the attempt.
    pub attempt: Attempts,
    /// Whether it was stored as evidence only.
    pub recorded: bool,
    /// Flags of doubtful values.
    pub flags: BTreeSet<ReportFlag>,
}

/// The next reports of the area that the filter selects, after this one, and the position from
/// which more may follow.
///
/// # Errors
/// [`DbError`].
pub fn page(
    conn: &mut Conn,
    key: &SealingKey,
    area: &AreaCode,
    filter: &Filter,
    after: Option<ReportId>,
) -> Result<(Vec<ListedReport>, Option<ReportId>), DbError> {
    let rows = read(conn, area, filter, after)?;
    let is_full = i64::try_from(rows.len()) == Ok(AT_A_TIME);
    let next = rows.last().filter(|_| is_full).map(|row| row.id);
    let listed = rows.into_iter().map(|row| listed(key, row));
    Ok((listed.collect::<Result<_, _>>()?, next))
}

fn read(
    conn: &mut Conn,
    area: &AreaCode,
    filter: &Filter,
    after: Option<ReportId>,
) -> Result<Vec<ReportRow>, DbError> {
    let mut query = reports::table
        .filter(reports::district.eq(area.district()))
        .filter(in_range!(reports::grid, area.range()))
        .into_boxed();
    if let Some(kind) = &filter.kind {
        query = query.filter(reports::kind.eq(kind));
    }
    if let Some(id) = after {
        query = query.filter(reports::id.gt(id));
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(reports::outcome.eq(<&str>::from(outcome)));
    }
    if let Some(since) = filter.since {
        query = query.filter(reports::created_at.ge(since.naive_utc()));
    }
    if let Some(until) = filter.until {
        query = query.filter(reports::created_at.lt(until.naive_utc()));
    }
    let page = query.order(reports::id).limit(AT_A_TIME).select(ReportRow::as_select());
    Ok(page.load(conn)?)
}

fn listed(key: &SealingKey, row: ReportRow) -> Result<ListedReport, DbError> {
    let sealed = Sealed::of(key, &row)?;
    Ok(ListedReport {
        id: row.id,
        task: row.task,
        kind: row.kind,
        grid: row.grid,
        received_at: row.created_at.and_utc().with_timezone(&china()),
        outcome: sealed.content.outcome,
        needs: sealed.content.needs,
        attempt: row.attempt,
        recorded: row.recorded,
        flags: row.flags.members().clone(),
    })
}
