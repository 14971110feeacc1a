//! The table row of a report.

use gridward_domain::area::AreaCode;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, PersonId, ReportId, TaskId};
use gridward_domain::range::Attempts;
use gridward_domain::task::Outcome;
use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use uuid::Uuid;

use super::report_authors::Authors;
use super::report_flag::ReportFlag;
use crate::db::column::SetColumn;
use crate::db::schema::{reports, tasks};
use crate::db::{Conn, DbError};
use crate::task::row::TaskRow;
use crate::tx::row::{Row, RowChange, write_versioned};

crate::table_row! {
    /// A row of `reports`.
    #[derive(Clone, Debug)]
    pub struct ReportRow in reports {
        district: AreaCode,
        key {
            id: ReportId,
        }
        fixed {
            task: TaskId,
            person: PersonId,
            created_at: NaiveDateTime,
            attempt: Attempts,
            recorded: bool,
            grid: AreaCode,
            kind: KindCode,
            beneficiary: Option<BeneficiaryId>,
            received_on: NaiveDate,
            made_on: Option<NaiveDate>,
            written_by: Option<PersonId>,
        }
        changing {
            outcome: String,
            sealed: Vec<u8>,
            flags: SetColumn<ReportFlag>,
            version: i64,
            amended_at: Option<NaiveDateTime>,
        }
    }
}

/// The key of a report within its district.
pub const fn key(id: Uuid) -> ReportId {
    ReportId(id)
}

impl ReportRow {
    /// The person who wrote the report, and may amend it.
    pub fn writer(&self) -> PersonId {
        self.written_by.unwrap_or(self.person)
    }

    /// Whether the report is of these authors.
    pub fn is_by(&self, authors: &Authors) -> bool {
        self.person == authors.visitor.person && self.written_by == authors.written_by()
    }
}

/// Whether the task of the report was reported again later.
///
/// # Errors
/// [`DbError`].
pub fn has_later(conn: &mut Conn, row: &ReportRow) -> Result<bool, DbError> {
    let later: Option<ReportId> = reports::table
        .filter(reports::district.eq(row.district))
        .filter(reports::task.eq(row.task))
        .filter(reports::id.ne(row.id))
        .filter(reports::created_at.gt(row.created_at))
        .filter(reports::recorded.eq(false))
        .select(reports::id)
        .first(conn)
        .optional()?;
    Ok(later.is_some())
}

/// How the last visit of each of these tasks ended, as far as it has a readable report.
///
/// # Errors
/// [`DbError`].
pub fn last_outcomes(
    conn: &mut Conn,
    district: AreaCode,
    tasks: &[TaskId],
) -> Result<HashMap<TaskId, Outcome>, DbError> {
    let rows: Vec<(TaskId, String)> = reports::table
        .filter(reports::district.eq(district))
        .filter(reports::task.eq_any(tasks))
        .filter(reports::recorded.eq(false))
        .order((reports::created_at, reports::id))
        .select((reports::task, reports::outcome))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(task, outcome)| Some((task, outcome.parse().ok()?))).collect())
}

/// The reports of the visits of the site at which the task is.
///
/// # Errors
/// [`DbError`].
pub(super) fn of_site(conn: &mut Conn, task: &TaskRow) -> Result<Vec<ReportId>, DbError> {
    let of_task = reports::district.eq(tasks::district).and(reports::task.eq(tasks::id));
    Ok(reports::table
        .inner_join(tasks::table.on(of_task))
        .filter(reports::district.eq(task.district))
        .filter(reports::grid.eq(task.grid))
        .filter(reports::beneficiary.is_null())
        .filter(tasks::lat.eq(task.lat))
        .filter(tasks::lon.eq(task.lon))
        .select(reports::id)
        .load(conn)?)
}

/// Moves the reports of a task with it: `was` becomes `is`.
///
/// # Errors
/// [`DbError`].
pub fn move_with_task(conn: &mut Conn, was: &TaskRow, is: &TaskRow) -> Result<(), DbError> {
    if (was.grid, was.beneficiary) == (is.grid, is.beneficiary) {
        return Ok(());
    }
    let of_task =
        reports::table.filter(reports::district.eq(is.district)).filter(reports::task.eq(is.id));
    let place = (reports::grid.eq(is.grid), reports::beneficiary.eq(is.beneficiary));
    diesel::update(of_task).set(place).execute(conn)?;
    Ok(())
}

impl Row for ReportRow {
    type Key = ReportId;
    const ORDER: u8 = 20;

    fn key(&self) -> ReportId {
        self.id
    }

    fn one(conn: &mut Conn, district: AreaCode, id: &ReportId) -> Result<Option<Self>, DbError> {
        let found = reports::table.find((district, id)).select(Self::as_select());
        Ok(found.first(conn).optional()?)
    }

    fn many(
        conn: &mut PgConnection,
        district: AreaCode,
        ids: &BTreeSet<ReportId>,
    ) -> Result<Vec<Self>, DbError> {
        let of_ids = reports::table
            .filter(reports::district.eq(district))
            .filter(reports::id.eq_any(ids))
            .select(Self::as_select());
        Ok(of_ids.load(conn)?)
    }

    fn write(conn: &mut Conn, _: AreaCode, changes: &[RowChange<'_, Self>]) -> Result<(), DbError> {
        write_versioned(conn, changes, |row| row.version, Self::insert_all, Self::update_all)
    }
}
