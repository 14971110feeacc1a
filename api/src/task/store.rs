//! Tasks in the database.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use gridward_dispatch::area::{AreaCode, AreaRange, Level};
use gridward_dispatch::id::{BeneficiaryId, PersonId, PlanId, TaskId};
use gridward_dispatch::place::Place;
use gridward_dispatch::task::{self as life, Phase, State};

use super::Task;
use super::model::{DayWindow, PlannedFor};
use crate::clock::china;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError, parsed};
use crate::in_range;
use crate::page::Wanted;
use crate::person::store::skills;

const TABLE: &str = "tasks";
/// The states of a task that is in somebody's hands.
const HELD: [Phase; 3] = [Phase::Assigned, Phase::Accepted, Phase::InProgress];

/// A row of `tasks`.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = tasks)]
#[expect(missing_docs, reason = "the columns are described in the migrations")]
pub struct TaskRow {
    pub district: String,
    pub id: String,
    pub grid: String,
    pub kind: String,
    pub beneficiary: Option<String>,
    pub lat: f64,
    pub lon: f64,
    pub minutes: i32,
    pub priority: i32,
    pub skills: String,
    pub not_before: NaiveDate,
    pub due_on: NaiveDate,
    pub window_start: Option<i32>,
    pub window_end: Option<i32>,
    pub state: String,
    pub assignee: Option<String>,
    pub planned_on: Option<NaiveDate>,
    pub planned_start: Option<i32>,
    pub planned_minutes: Option<i32>,
    pub plan: Option<String>,
    pub created_by: Option<String>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    pub version: i64,
}

impl TaskRow {
    /// What its life turns on.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn life(&self) -> Result<life::Task, DbError> {
        let phase: Phase = parsed(TABLE, &self.state)?;
        let holder = self.assignee.as_deref().map(|id| parsed(TABLE, id)).transpose()?;
        Ok(life::Task {
            grid: parsed(TABLE, &self.grid)?,
            state: State::of(phase, holder).map_err(|error| DbError::corrupt(TABLE, error))?,
            version: self.version,
        })
    }

    /// The task as it is shown.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn task(&self) -> Result<Task, DbError> {
        let number = |error: std::num::TryFromIntError| DbError::corrupt(TABLE, error);
        let minute = |minute: i32| u16::try_from(minute).map_err(number);
        let state = self.life()?.state;
        let local = |at: NaiveDateTime| at.and_utc().with_timezone(&china());
        Ok(Task {
            id: parsed(TABLE, &self.id)?,
            kind: self.kind.clone(),
            grid: parsed(TABLE, &self.grid)?,
            beneficiary_id: self.beneficiary.as_deref().map(|id| parsed(TABLE, id)).transpose()?,
            place: Place::new(self.lat, self.lon)
                .map_err(|error| DbError::corrupt(TABLE, error))?,
            minutes: u32::try_from(self.minutes).map_err(number)?,
            priority: u8::try_from(self.priority).map_err(number)?,
            skills: skills(TABLE, &self.skills)?,
            not_before: self.not_before,
            due_on: self.due_on,
            window: match (self.window_start, self.window_end) {
                (Some(start), Some(end)) => {
                    Some(DayWindow { start: minute(start)?, end: minute(end)? })
                }
                _ => None,
            },
            state: state.phase(),
            assignee_id: state.holder(),
            planned_for: match (self.planned_on, self.planned_start, &self.plan) {
                (Some(on), Some(start), Some(plan)) => {
                    Some(PlannedFor { on, start: minute(start)?, plan_id: parsed(TABLE, plan)? })
                }
                _ => None,
            },
            created_at: local(self.created_at),
            updated_at: local(self.updated_at),
            version: self.version,
        })
    }
}

/// Which tasks a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those where they stand so.
    pub state: Option<Phase>,
    /// Only those of this kind.
    pub kind: Option<String>,
    /// Only those in this person's hands.
    pub assignee: Option<PersonId>,
    /// Only those due before this day.
    pub due_before: Option<NaiveDate>,
    /// Only those for this beneficiary.
    pub beneficiary: Option<BeneficiaryId>,
}

/// The task's row, wherever it lies in the district.
///
/// # Errors
/// [`DbError`].
pub fn row(conn: &mut Conn, district: &str, id: TaskId) -> Result<Option<TaskRow>, DbError> {
    Ok(tasks::table.find((district, id.to_string())).first(conn).optional()?)
}

/// A page of the tasks in `area` (everywhere in the district if `None`), those
/// due first before the others.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    district: &str,
    area: Option<AreaCode>,
    filter: &Filter,
    wanted: &Wanted<(NaiveDate, String)>,
) -> Result<Vec<TaskRow>, DbError> {
    let mut query = tasks::table.filter(tasks::district.eq(district.to_owned())).into_boxed();
    // Each level asks in the way that an index answers in the order of the list.
    match area {
        Some(area) if area.level() == Level::Grid => {
            query = query.filter(tasks::grid.eq(area.to_string()));
        }
        Some(area) if area.level() != Level::District => {
            query = query.filter(in_range!(tasks::grid, area.range()));
        }
        _ => {}
    }
    if let Some(state) = filter.state {
        query = query.filter(tasks::state.eq(state.word()));
    }
    if let Some(kind) = &filter.kind {
        query = query.filter(tasks::kind.eq(kind.clone()));
    }
    if let Some(assignee) = filter.assignee {
        query = query.filter(tasks::assignee.eq(assignee.to_string()));
    }
    if let Some(day) = filter.due_before {
        query = query.filter(tasks::due_on.lt(day));
    }
    if let Some(beneficiary) = filter.beneficiary {
        query = query.filter(tasks::beneficiary.eq(beneficiary.to_string()));
    }
    if let Some((due_on, id)) = wanted.after.clone() {
        let same_day = tasks::due_on.eq(due_on).and(tasks::id.gt(id));
        query =
            query.filter(tasks::due_on.ge(due_on)).filter(tasks::due_on.gt(due_on).or(same_day));
    }
    Ok(query.order((tasks::due_on, tasks::id)).limit(wanted.rows()).load(conn)?)
}

/// Whether the person has a task under way at the beneficiary's.
///
/// # Errors
/// [`DbError`].
pub fn holds_at(
    conn: &mut Conn,
    district: &str,
    person: PersonId,
    beneficiary: BeneficiaryId,
) -> Result<bool, DbError> {
    let held = tasks::table
        .filter(tasks::district.eq(district))
        .filter(tasks::beneficiary.eq(beneficiary.to_string()))
        .filter(tasks::assignee.eq(person.to_string()))
        .filter(tasks::state.eq_any(HELD.map(Phase::word)));
    let one: Option<String> = held.select(tasks::id).first(conn).optional()?;
    Ok(one.is_some())
}

/// Writes a new task.
///
/// # Errors
/// [`DbError`].
pub fn insert(conn: &mut Conn, row: &TaskRow) -> Result<(), DbError> {
    diesel::insert_into(tasks::table).values(row).execute(conn)?;
    Ok(())
}

/// Moves a task to where its life now stands. In other hands, or nobody's, what
/// a plan said of it no longer holds.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if the task changed since it was read.
pub fn advance(
    conn: &mut Conn,
    row: &TaskRow,
    to: &life::Task,
    now: DateTime<Utc>,
) -> Result<TaskRow, DbError> {
    let mut next = row.clone();
    next.state = to.state.phase().word().to_owned();
    next.assignee = to.state.holder().map(|person| person.to_string());
    next.updated_at = now.naive_utc();
    next.version = to.version;
    if next.assignee != row.assignee {
        next.planned_on = None;
        next.planned_start = None;
        next.planned_minutes = None;
        next.plan = None;
    }
    let unchanged =
        tasks::table.find((&row.district, &row.id)).filter(tasks::version.eq(row.version));
    let changed = diesel::update(unchanged)
        .set((
            tasks::state.eq(&next.state),
            tasks::assignee.eq(&next.assignee),
            tasks::planned_on.eq(next.planned_on),
            tasks::planned_start.eq(next.planned_start),
            tasks::planned_minutes.eq(next.planned_minutes),
            tasks::plan.eq(&next.plan),
            tasks::updated_at.eq(next.updated_at),
            tasks::version.eq(next.version),
        ))
        .execute(conn)?;
    if changed == 1 { Ok(next) } else { Err(DbError::Collision) }
}

/// When a plan wants a task to be done, and how long it keeps somebody.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// The day.
    pub on: NaiveDate,
    /// The start, in minutes from midnight.
    pub start: i32,
    /// Service and the travel it adds.
    pub minutes: i32,
    /// Which plan.
    pub plan: PlanId,
}

/// Gives an open task to `person` for `slot`; says whether it was still as `row`.
///
/// # Errors
/// [`DbError`].
pub fn assign(
    conn: &mut Conn,
    row: &TaskRow,
    person: PersonId,
    slot: &Slot,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let unchanged =
        tasks::table.find((&row.district, &row.id)).filter(tasks::version.eq(row.version));
    let changed = diesel::update(unchanged)
        .set((
            tasks::state.eq(Phase::Assigned.word()),
            tasks::assignee.eq(person.to_string()),
            tasks::planned_on.eq(slot.on),
            tasks::planned_start.eq(slot.start),
            tasks::planned_minutes.eq(slot.minutes),
            tasks::plan.eq(slot.plan.to_string()),
            tasks::updated_at.eq(now.naive_utc()),
            tasks::version.eq(row.version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// What dispatch looks at: the open tasks of the range that may be done by
/// `last`, and those in somebody's hands.
///
/// # Errors
/// [`DbError`].
pub fn for_dispatch(
    conn: &mut Conn,
    range: &AreaRange,
    last: NaiveDate,
) -> Result<Vec<TaskRow>, DbError> {
    let states = [Phase::Open, Phase::Assigned, Phase::Accepted, Phase::InProgress];
    Ok(tasks::table
        .filter(tasks::district.eq(range.area().district().to_string()))
        .filter(in_range!(tasks::grid, range))
        .filter(tasks::state.eq_any(states.map(Phase::word)))
        .filter(tasks::not_before.le(last))
        .order((tasks::grid, tasks::due_on, tasks::id))
        .load(conn)?)
}

/// Writes many new tasks.
///
/// # Errors
/// [`DbError`].
pub fn insert_all(conn: &mut Conn, rows: &[TaskRow]) -> Result<(), DbError> {
    Ok(crate::insert_all!(conn, tasks::table, rows, columns = 24)?)
}
