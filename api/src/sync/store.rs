//! What sync asks the database.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::id::{BeneficiaryId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::word::Word as _;

use super::scope::{Scope, TaskVisibility};
use crate::db::schema::{beneficiaries, events, tasks};
use crate::db::{Conn, DbError, parsed};
use crate::task::row::TaskRow;

/// An event, as far as a pull looks at it.
#[derive(Clone, Debug, Queryable, QueryableByName)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct EventRef {
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    #[diesel(sql_type = Text)]
    pub subject: String,
    #[diesel(sql_type = Text)]
    pub subject_id: String,
    #[diesel(sql_type = Text)]
    pub area: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub area_before: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub person: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub person_before: Option<String>,
}

/// One look into the log by each way in which an event can touch a grid or a
/// person, each along an index; a text, so that it stays prepared.
const TOUCHES: &str = "\
    SELECT seq, subject, subject_id, area, area_before, person, person_before FROM events \
    WHERE district = $1 AND area IN ($2, $3, $4, $5) AND seq > $6 AND seq <= $7 \
    UNION SELECT seq, subject, subject_id, area, area_before, person, person_before FROM events \
    WHERE district = $1 AND area_before = $5 AND seq > $6 AND seq <= $7 \
    UNION SELECT seq, subject, subject_id, area, area_before, person, person_before FROM events \
    WHERE district = $1 AND person = $8 AND seq > $6 AND seq <= $7 \
    UNION SELECT seq, subject, subject_id, area, area_before, person, person_before FROM events \
    WHERE district = $1 AND person_before = $8 AND seq > $6 AND seq <= $7 \
    ORDER BY 1 LIMIT $9";

/// The events after number `after`, up to `head`, that may touch the scope, in
/// order; at most `limit` are looked at. For a scope above a grid the log itself
/// is read and others' events come too.
///
/// # Errors
/// [`DbError`].
pub fn touches(
    conn: &mut Conn,
    scope: &Scope,
    after: i64,
    head: i64,
    limit: i64,
) -> Result<Vec<EventRef>, DbError> {
    let district = scope.area().district().to_string();
    if !scope.is_grid() {
        return log(conn, &district, after, head, limit);
    }
    let mut around = scope.around().into_iter().rev().map(|area| area.to_string());
    let mut next = || around.next().unwrap_or_default();
    Ok(diesel::sql_query(TOUCHES)
        .bind::<Text, _>(district)
        .bind::<Text, _>(next())
        .bind::<Text, _>(next())
        .bind::<Text, _>(next())
        .bind::<Text, _>(next())
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(head)
        .bind::<Text, _>(scope.person().to_string())
        .bind::<BigInt, _>(limit)
        .load(conn)?)
}

/// The events of the district after number `after`, up to `head`, in order.
///
/// # Errors
/// [`DbError`].
pub fn log(
    conn: &mut Conn,
    district: &str,
    after: i64,
    head: i64,
    limit: i64,
) -> Result<Vec<EventRef>, DbError> {
    let columns = (
        events::seq,
        events::subject,
        events::subject_id,
        events::area,
        events::area_before,
        events::person,
        events::person_before,
    );
    let log = events::table.filter(events::district.eq(district)).select(columns);
    let part = log.filter(events::seq.gt(after)).filter(events::seq.le(head));
    Ok(part.order(events::seq).limit(limit).load(conn)?)
}

/// The tasks of these ids.
///
/// # Errors
/// [`DbError`].
pub fn tasks(conn: &mut Conn, district: &str, ids: &[String]) -> Result<Vec<TaskRow>, DbError> {
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

impl TaskVisibility {
    /// Of a task's row.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn of(row: &TaskRow) -> Result<Self, DbError> {
        let life = row.life()?;
        let (phase, holder) = (life.state.phase(), life.state.holder());
        Ok(Self { grid: life.grid, phase, holder, archived: row.archived })
    }
}

/// Where a task stands in the order of a snapshot, and which version it is.
#[derive(Clone, Debug, Queryable)]
pub struct TaskKey {
    /// Its grid.
    pub grid: String,
    /// The day it is due.
    pub due_on: NaiveDate,
    /// Names it.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// Whom it is for.
    pub beneficiary: Option<String>,
}

type After = Option<(AreaCode, NaiveDate, TaskId)>;

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
        .filter(tasks::district.eq(area.district().to_string()))
        .filter(tasks::archived.eq(false))
        .select((tasks::grid, tasks::due_on, tasks::id, tasks::version, tasks::beneficiary))
        .into_boxed();
    // One lower bound: with two, SQLite may begin every page at the area's own.
    let begin = area.range().from().to_owned();
    let from = after.map_or(begin.clone(), |(grid, ..)| grid.to_string().max(begin));
    query = match area.level() {
        Level::Grid => query.filter(tasks::grid.eq(area.to_string())),
        _ => query.filter(tasks::grid.ge(from)).filter(tasks::grid.lt(area.range().to())),
    };
    if scope.helps() {
        let open = tasks::state.eq(Phase::Open.as_str());
        let own = tasks::assignee.eq(scope.person().to_string()).assume_not_null();
        query = query.filter(open.or(tasks::assignee.is_not_null().and(own)));
    }
    if let Some((grid, due_on, id)) = after {
        let grid = grid.to_string();
        let same_day = tasks::due_on.eq(due_on).and(tasks::id.gt(id.to_string()));
        let later = tasks::due_on.gt(due_on).or(same_day);
        query = match area.level() {
            Level::Grid => query.filter(tasks::due_on.ge(due_on)).filter(later),
            _ => query.filter(tasks::grid.gt(grid.clone()).or(tasks::grid.eq(grid).and(later))),
        };
    }
    Ok(query.order((tasks::grid, tasks::due_on, tasks::id)).limit(limit).load(conn)?)
}

/// The tasks in the person's hands outside the person's area.
///
/// # Errors
/// [`DbError`].
pub fn tasks_elsewhere(conn: &mut Conn, scope: &Scope) -> Result<Vec<TaskKey>, DbError> {
    Ok(tasks::table
        .filter(tasks::district.eq(scope.area().district().to_string()))
        .filter(tasks::assignee.eq(scope.person().to_string()))
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::grid.ne(scope.area().to_string()))
        .filter(tasks::archived.eq(false))
        .select((tasks::grid, tasks::due_on, tasks::id, tasks::version, tasks::beneficiary))
        // The order of the index by assignee; by id alone SQLite would read the district.
        .order((tasks::due_on, tasks::id))
        .load(conn)?)
}

/// What decides on whose phone each task of these beneficiaries belongs, as far
/// as the person may hold it.
///
/// # Errors
/// [`DbError`].
pub fn tasks_at(
    conn: &mut Conn,
    scope: &Scope,
    beneficiaries: &[String],
) -> Result<Vec<(String, TaskVisibility)>, DbError> {
    if beneficiaries.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Option<String>, String, String, Option<String>)> = tasks::table
        .filter(tasks::district.eq(scope.area().district().to_string()))
        .filter(tasks::beneficiary.eq_any(beneficiaries))
        // SQLite takes the partial index only when it is told that it may.
        .filter(tasks::beneficiary.is_not_null())
        .filter(tasks::archived.eq(false))
        .select((tasks::beneficiary, tasks::grid, tasks::state, tasks::assignee))
        .load(conn)?;
    let whose = |(at, grid, state, assignee): (Option<String>, String, String, Option<String>)| {
        let holder = assignee.map(|id| parsed("tasks", &id)).transpose()?;
        let (grid, phase) = (parsed("tasks", &grid)?, parsed("tasks", &state)?);
        Ok((at.unwrap_or_default(), TaskVisibility { grid, phase, holder, archived: false }))
    };
    rows.into_iter().map(whose).collect()
}

/// Where a beneficiary stands in the order of a snapshot, and which version it is.
#[derive(Clone, Debug, Queryable)]
pub struct BeneficiaryKey {
    /// The grid.
    pub grid: String,
    /// Names the beneficiary.
    pub id: String,
    /// Its version.
    pub version: i64,
}

/// The next beneficiaries of the scope's area, by grid and id.
///
/// # Errors
/// [`DbError`].
pub fn area_beneficiaries(
    conn: &mut Conn,
    scope: &Scope,
    after: Option<(AreaCode, BeneficiaryId)>,
    limit: i64,
) -> Result<Vec<BeneficiaryKey>, DbError> {
    let range = scope.area().range();
    let begin = range.from().to_owned();
    let from = after.map_or(begin.clone(), |(grid, _)| grid.to_string().max(begin));
    let mut query = beneficiaries::table
        .filter(beneficiaries::district.eq(scope.area().district().to_string()))
        .filter(beneficiaries::grid.ge(from))
        .filter(beneficiaries::grid.lt(range.to()))
        .select((beneficiaries::grid, beneficiaries::id, beneficiaries::version))
        .into_boxed();
    if let Some((grid, id)) = after.map(|(grid, id)| (grid.to_string(), id.to_string())) {
        let later = beneficiaries::grid.eq(grid.clone()).and(beneficiaries::id.gt(id));
        query = query.filter(beneficiaries::grid.gt(grid).or(later));
    }
    Ok(query.order((beneficiaries::grid, beneficiaries::id)).limit(limit).load(conn)?)
}

/// The keys of these beneficiaries, wherever they lie in the district.
///
/// # Errors
/// [`DbError`].
pub fn households(
    conn: &mut Conn,
    district: &str,
    ids: &[String],
) -> Result<Vec<BeneficiaryKey>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(beneficiaries::table
        .filter(beneficiaries::district.eq(district))
        .filter(beneficiaries::id.eq_any(ids))
        .select((beneficiaries::grid, beneficiaries::id, beneficiaries::version))
        .order(beneficiaries::id)
        .load(conn)?)
}
