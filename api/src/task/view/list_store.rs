//! Queries for lists of tasks.

use chrono::NaiveDate;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::range::Priority;

use super::facts::FactsRow;
use super::filter::Filter;
use super::names::NamedIds;
use super::sort::{SortColumns, SortKey, TaskSort, sorted};
use super::summary_row::SummaryRow;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;

/// A task in a list: its sort key, its version, and the columns that determine its visible fields.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub struct Listed {
    /// Identifies the task.
    pub id: TaskId,
    /// The due day.
    pub due_on: NaiveDate,
    /// The day of the planned visit.
    pub planned_on: Option<NaiveDate>,
    /// The priority.
    pub priority: Priority,
    /// The beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
    /// The version.
    pub version: i64,
    /// The columns that determine its visible fields.
    #[diesel(embed)]
    pub visibility: FactsRow,
}

impl Listed {
    /// Its position in an order.
    pub fn sort_key(&self, sort: TaskSort) -> SortKey {
        let Self { id, due_on, planned_on, priority, .. } = *self;
        let updated_at = self.visibility.updated_at;
        SortKey::of(sort, &SortColumns { id, due_on, planned_on, priority, updated_at })
    }

    /// Its ids that have names.
    pub const fn ids(&self) -> NamedIds {
        let FactsRow { grid, assignee, .. } = self.visibility;
        NamedIds { grid, beneficiary: self.beneficiary, assignee }
    }
}

/// A page of the tasks of a district, in the order of the filter.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    district: AreaCode,
    filter: &Filter,
    wanted: &Wanted<SortKey>,
) -> Result<Vec<Listed>, DbError> {
    let sort = filter.query.sort.unwrap_or_default();
    let query = sorted(filter.query(district), sort, wanted.after);
    Ok(query.limit(wanted.rows()).select(Listed::as_select()).load(conn)?)
}

/// The number of the tasks of a district that the filter shows.
///
/// # Errors
/// [`DbError`].
pub fn count(conn: &mut Conn, district: AreaCode, filter: &Filter) -> Result<i64, DbError> {
    Ok(filter.query(district).count().get_result(conn)?)
}

/// The rows of the summaries of the tasks with these ids.
///
/// # Errors
/// [`DbError`].
pub(in crate::task) fn summaries(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[TaskId],
) -> Result<Vec<SummaryRow>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::id.eq_any(ids))
        .select(SummaryRow::as_select())
        .load(conn)?)
}
