//! The columns of a task that a list reads, and their conversion to the public representation.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use gridward_domain::area::{AreaCode, Level};
use gridward_domain::bounded_text::TaskTitle;
use gridward_domain::code::KindCode;
use gridward_domain::id::{BeneficiaryId, OriginId, PersonId, TaskId};
use gridward_domain::place::Place;
use gridward_domain::range::{Attempts, Priority, ServiceMinutes};
use gridward_domain::skill::Skill;
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;
use gridward_domain::visibility::View;

use super::projection::Projection;
use crate::clock::china;
use crate::db::DbError;
use crate::db::column::SetColumn;
use crate::db::schema::tasks;
use crate::task::assignment::task_tie::{TaskTie, TieType};
use crate::task::creation::task_origin::{TaskOrigin, TaskOriginType};
use crate::task::model::TaskSummary;
use crate::task::row::window;

/// The columns that a list reads: fewer than a row.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub(in crate::task) struct SummaryRow {
    pub(in crate::task) id: TaskId,
    kind: KindCode,
    title: Option<TaskTitle>,
    grid: AreaCode,
    beneficiary: Option<BeneficiaryId>,
    lat: f64,
    lon: f64,
    minutes: ServiceMinutes,
    priority: Priority,
    skills: SetColumn<Skill>,
    not_before: NaiveDate,
    due_on: NaiveDate,
    window_start: Option<TimeOfDay>,
    window_end: Option<TimeOfDay>,
    state: Phase,
    assignee: Option<PersonId>,
    planned_on: Option<NaiveDate>,
    version: i64,
    attempt: Attempts,
    escalation_level: Level,
    origin: Option<TaskOriginType>,
    origin_id: Option<OriginId>,
    origin_person: Option<PersonId>,
    tie: Option<TieType>,
    tie_id: Option<TaskId>,
    updated_at: NaiveDateTime,
}

impl SummaryRow {
    const fn origin(&self) -> Option<TaskOrigin> {
        TaskOrigin::of(self.origin, self.origin_id, self.origin_person)
    }

    pub(in crate::task) fn summary(self, view: View) -> Result<TaskSummary, DbError> {
        let place = Place::new(self.lat, self.lon);
        let place = place.map_err(|error| DbError::corrupt("tasks", error))?;
        let seen = Projection::new(view, self.beneficiary, place);
        let origin = self.origin().filter(|_| seen.purpose);
        let tie = TaskTie::of(self.tie, self.tie_id);
        Ok(TaskSummary {
            beneficiary_name: None,
            grid_name: None,
            assignee_name: None,
            place: seen.place,
            cell: seen.cell,
            skills: self.skills.members().clone(),
            window: window(self.window_start, self.window_end)?,
            id: self.id,
            kind: self.kind,
            title: self.title.filter(|_| seen.purpose),
            grid: self.grid,
            beneficiary_id: self.beneficiary,
            minutes: self.minutes,
            priority: self.priority,
            not_before: self.not_before,
            due_on: self.due_on,
            state: self.state,
            assignee_id: self.assignee,
            planned_on: self.planned_on,
            attempt: self.attempt,
            escalation_level: self.escalation_level,
            origin,
            tie,
            updated_at: self.updated_at.and_utc().with_timezone(&china()),
            version: self.version,
        })
    }
}
