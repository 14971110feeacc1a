//! A task as the table keeps it, and how it becomes what is shown.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_dispatch::place::Place;
use gridward_dispatch::task::{self as life, Phase, State};

use super::Task;
use super::model::{DayWindow, PlannedFor, TaskSummary};
use crate::clock::china;
use crate::db::schema::tasks;
use crate::db::{DbError, parsed};
use crate::person::store::skills;

const TABLE: &str = "tasks";

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
            window: window(self.window_start, self.window_end)?,
            state: state.phase(),
            assignee_id: state.holder(),
            planned_for: match (self.planned_on, self.planned_start, &self.plan) {
                (Some(day), Some(start), Some(plan)) => {
                    Some(PlannedFor { day, start: minute(start)?, plan_id: parsed(TABLE, plan)? })
                }
                _ => None,
            },
            created_at: local(self.created_at),
            updated_at: local(self.updated_at),
            version: self.version,
        })
    }
}

/// What a list reads of a row: fewer columns, and no times to parse.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub(super) struct SummaryRow {
    id: String,
    kind: String,
    grid: String,
    beneficiary: Option<String>,
    lat: f64,
    lon: f64,
    minutes: i32,
    priority: i32,
    not_before: NaiveDate,
    due_on: NaiveDate,
    window_start: Option<i32>,
    window_end: Option<i32>,
    state: String,
    assignee: Option<String>,
    planned_on: Option<NaiveDate>,
    version: i64,
}

impl SummaryRow {
    pub(super) fn summary(self) -> Result<TaskSummary, DbError> {
        let place = Place::new(self.lat, self.lon);
        Ok(TaskSummary {
            place: place.map_err(|error| DbError::corrupt(TABLE, error))?,
            window: window(self.window_start, self.window_end)?,
            id: self.id,
            kind: self.kind,
            grid: self.grid,
            beneficiary_id: self.beneficiary,
            minutes: self.minutes,
            priority: self.priority,
            not_before: self.not_before,
            due_on: self.due_on,
            state: self.state,
            assignee_id: self.assignee,
            planned_on: self.planned_on,
            version: self.version,
        })
    }
}

fn minute(minute: i32) -> Result<u16, DbError> {
    u16::try_from(minute).map_err(|error| DbError::corrupt(TABLE, error))
}

fn window(start: Option<i32>, end: Option<i32>) -> Result<Option<DayWindow>, DbError> {
    match (start, end) {
        (Some(start), Some(end)) => {
            Ok(Some(DayWindow { start: minute(start)?, end: minute(end)? }))
        }
        _ => Ok(None),
    }
}
