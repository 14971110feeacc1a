//! The database queries of sync for tasks and beneficiaries.

use chrono::NaiveDate;
use diesel::dsl::{count, count_star};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{BeneficiaryId, PersonId, TaskId};
use gridward_domain::task::Phase;

use super::scope::Scope;
use crate::db::schema::{beneficiaries, tasks};
use crate::db::{Conn, DbError};
use crate::in_range;
use crate::task::assignment::task_tie::TieType;
use crate::task::row::TaskRow;
use crate::task::view::facts::FactsRow;

/// The tasks of these ids.
///
/// # Errors
/// [`DbError`].
pub fn tasks(conn: &mut Conn, district: AreaCode, ids: &[TaskId]) -> Result<Vec<TaskRow>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::id.eq_any(ids))
        .order(tasks::id)
        .select(TaskRow::as_select())
        .load(conn)?)
}

/// The sort key of a task in a snapshot, its version, and the columns that determine its visible
/// fields.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub struct TaskKey {
    /// The day it is due.
    pub due_on: NaiveDate,
    /// Its id.
    pub id: TaskId,
    /// Its version.
    pub version: i64,
    /// Its beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
    /// Its words, encrypted.
    pub words: Option<Vec<u8>>,
    /// The columns that determine its visible fields, with its grid.
    #[diesel(embed)]
    pub visibility: FactsRow,
}

type After = Option<(AreaCode, NaiveDate, TaskId)>;

/// The tasks of the scope's area that a snapshot pages through, and their beneficiaries.
#[derive(Clone, Copy, Debug)]
pub struct TaskCount {
    /// Number of tasks.
    pub tasks: usize,
    /// Number of different beneficiaries.
    pub beneficiaries: usize,
}

/// Counts the tasks of the scope's area and their beneficiaries.
///
/// # Errors
/// [`DbError`].
pub fn count_tasks(conn: &mut Conn, scope: &Scope) -> Result<TaskCount, DbError> {
    let area = scope.area();
    let mut query = tasks::table
        .filter(tasks::district.eq(area.district()))
        .filter(tasks::archived.eq(false))
        .filter(in_range!(tasks::grid, area.range()))
        .select((count_star(), count(tasks::beneficiary).aggregate_distinct()))
        .into_boxed();
    if scope.helps() {
        let open = tasks::state.eq(Phase::Open);
        let own = tasks::assignee.eq(scope.person()).assume_not_null();
        query = query.filter(open.or(tasks::assignee.is_not_null().and(own)));
    }
    let (tasks, beneficiaries): (i64, i64) = query.first(conn)?;
    let number = |count| usize::try_from(count).unwrap_or_default();
    Ok(TaskCount { tasks: number(tasks), beneficiaries: number(beneficiaries) })
}

/// The number of current beneficiaries of the scope's area.
///
/// # Errors
/// [`DbError`].
pub fn count_beneficiaries(conn: &mut Conn, scope: &Scope) -> Result<usize, DbError> {
    let area = scope.area();
    let count: i64 = beneficiaries::table
        .filter(beneficiaries::district.eq(area.district()))
        .filter(in_range!(beneficiaries::grid, area.range()))
        .filter(beneficiaries::valid_to.is_null())
        .count()
        .get_result(conn)?;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// The next tasks of the scope's area, by grid, due day and id.
///
/// # Errors
/// [`DbError`].
pub fn area_tasks(
    conn: &mut Conn,
    scope: &Scope,
    after: After,
    limit: i64,
) -> Result<Vec<TaskKey>, DbError> {
    let area = scope.area();
    let mut query = tasks::table
        .filter(tasks::district.eq(area.district()))
        .filter(tasks::archived.eq(false))
        .select(TaskKey::as_select())
        .into_boxed();
    // One lower bound: with two, SQLite may begin every page at the area's own.
    let from = after.map_or(area, |(grid, ..)| grid.max(area));
    query = match area.level() {
        Level::Grid => query.filter(tasks::grid.eq(area)),
        _ => query.filter(tasks::grid.ge(from)).filter(tasks::grid.lt(area.range().to())),
    };
    if scope.helps() {
        let open = tasks::state.eq(Phase::Open);
        let own = tasks::assignee.eq(scope.person()).assume_not_null();
        query = query.filter(open.or(tasks::assignee.is_not_null().and(own)));
    }
    if let Some((grid, due_on, id)) = after {
        let same_day = tasks::due_on.eq(due_on).and(tasks::id.gt(id));
        let later = tasks::due_on.gt(due_on).or(same_day);
        query = match area.level() {
            Level::Grid => query.filter(tasks::due_on.ge(due_on)).filter(later),
            _ => query.filter(tasks::grid.gt(grid).or(tasks::grid.eq(grid).and(later))),
        };
    }
    Ok(query.order((tasks::grid, tasks::due_on, tasks::id)).limit(limit).load(conn)?)
}

/// The person's tasks outside the person's area.
///
/// # Errors
/// [`DbError`].
pub fn tasks_elsewhere(conn: &mut Conn, scope: &Scope) -> Result<Vec<TaskKey>, DbError> {
    Ok(tasks::table
        .filter(tasks::district.eq(scope.area().district()))
        .filter(tasks::assignee.eq(scope.person()))
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::grid.ne(scope.area()))
        .filter(tasks::archived.eq(false))
        .select(TaskKey::as_select())
        // The order of the index by assignee; by id alone SQLite would read the district.
        .order((tasks::due_on, tasks::id))
        .load(conn)?)
}

/// The unfinished tasks of the person in the scope's area that are half of a visit by two people.
///
/// # Errors
/// [`DbError`].
pub fn own_pairs(conn: &mut Conn, scope: &Scope) -> Result<Vec<TaskRow>, DbError> {
    let area = scope.area();
    Ok(tasks::table
        .filter(tasks::district.eq(area.district()))
        .filter(tasks::assignee.eq(scope.person()))
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .filter(tasks::tie.eq(TieType::TwoPeople))
        .filter(in_range!(tasks::grid, area.range()))
        .order((tasks::due_on, tasks::id))
        .select(TaskRow::as_select())
        .load(conn)?)
}

/// The sort key of a beneficiary in a snapshot, and what its content depends on.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = beneficiaries)]
pub struct BeneficiaryKey {
    /// The grid.
    pub grid: AreaCode,
    /// The beneficiary's id.
    pub id: BeneficiaryId,
    /// Its version.
    pub version: i64,
    /// The day of the last contact, which changes without the version.
    pub last_contact: Option<NaiveDate>,
    /// The day on which it ended.
    pub valid_to: Option<NaiveDate>,
}

/// The next current beneficiaries of the scope's area, by grid and id.
///
/// # Errors
/// [`DbError`].
pub fn area_beneficiaries(
    conn: &mut Conn,
    scope: &Scope,
    after: Option<(AreaCode, BeneficiaryId)>,
    limit: i64,
) -> Result<Vec<BeneficiaryKey>, DbError> {
    let area = scope.area();
    let from = after.map_or(area, |(grid, _)| grid.max(area));
    let mut query = beneficiaries::table
        .filter(beneficiaries::district.eq(area.district()))
        .filter(beneficiaries::grid.ge(from))
        .filter(beneficiaries::grid.lt(area.range().to()))
        .filter(beneficiaries::valid_to.is_null())
        .select(BeneficiaryKey::as_select())
        .into_boxed();
    if let Some((grid, id)) = after {
        let later = beneficiaries::grid.eq(grid).and(beneficiaries::id.gt(id));
        query = query.filter(beneficiaries::grid.gt(grid).or(later));
    }
    Ok(query.order((beneficiaries::grid, beneficiaries::id)).limit(limit).load(conn)?)
}

/// The sort keys of these beneficiaries, current or ended, regardless of their area within the
/// district.
///
/// # Errors
/// [`DbError`].
pub fn beneficiary_keys(
    conn: &mut Conn,
    district: AreaCode,
    ids: &[BeneficiaryId],
) -> Result<Vec<BeneficiaryKey>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // No condition on `valid_to`: in the statement it would invite PostgreSQL to scan the partial
    // index of the whole district instead of the keys.
    Ok(beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::id.eq_any(ids))
        .select(BeneficiaryKey::as_select())
        .order(beneficiaries::id)
        .load(conn)?)
}

/// The unfinished tasks of these people, each with its assignee.
///
/// # Errors
/// [`DbError`].
pub fn held_tasks(
    conn: &mut Conn,
    district: AreaCode,
    people: &[PersonId],
) -> Result<Vec<(PersonId, TaskId)>, DbError> {
    Ok(tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::assignee.eq_any(people))
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .order((tasks::due_on, tasks::id))
        .select((tasks::assignee.assume_not_null(), tasks::id))
        .load(conn)?)
}
