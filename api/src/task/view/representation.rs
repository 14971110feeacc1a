//! The public representation of a task's row in a view.

use chrono::NaiveDateTime;
use gridward_domain::visibility::{TaskFacts, View};

use super::facts::FactsRow;
use super::projection::Projection;
use crate::clock::china;
use crate::db::DbError;
use crate::task::Task;
use crate::task::creation::task_origin::TaskOrigin;
use crate::task::model::PlannedFor;
use crate::task::row::TaskRow;

impl TaskRow {
    /// The properties that determine the visible fields of the task.
    pub fn facts(&self) -> TaskFacts {
        let Self { grid, state, assignee, updated_at, .. } = *self;
        FactsRow { grid, state, assignee, updated_at }.facts()
    }

    /// The representation with the fields that depend on the view.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn seen(&self, view: View, task: Task) -> Result<Task, DbError> {
        let Projection { place, cell, purpose } =
            Projection::new(view, self.beneficiary, self.place()?);
        Ok(Task {
            place,
            cell,
            title: self.title.clone().filter(|_| purpose),
            occasion: self.occasion.clone().filter(|_| purpose),
            origin: TaskOrigin::of(self.origin, self.origin_id, self.origin_person)
                .filter(|_| purpose),
            ..task
        })
    }

    /// The public representation in a view, without the names beside the ids.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn task(&self, view: View) -> Result<Task, DbError> {
        let life = self.life()?;
        let state = life.state;
        let local = |at: NaiveDateTime| at.and_utc().with_timezone(&china());
        let task = Task {
            id: self.id,
            kind: self.kind.clone(),
            kind_version: self.kind_version,
            title: None,
            occasion: None,
            instructions: None,
            amount_fen: None,
            goods: Vec::new(),
            guest: None,
            grid: self.grid,
            grid_name: None,
            beneficiary_id: self.beneficiary,
            beneficiary_name: None,
            place: None,
            cell: None,
            minutes: self.minutes,
            priority: self.priority,
            skills: self.skills.members().clone(),
            not_before: self.not_before,
            due_on: self.due_on,
            window: self.window()?,
            state: state.phase(),
            assignee_id: state.assignee(),
            assignee_name: None,
            attempt: life.attempt,
            outcome: None,
            escalation_level: life.escalation_level,
            planned_for: match (self.planned_on, self.planned_start) {
                (Some(day), Some(start)) => {
                    let (why, travel) = (self.planned_why, self.planned_travel);
                    let order = self.planned_order;
                    Some(PlannedFor { day, start, plan_id: self.plan, why, travel, order })
                }
                _ => None,
            },
            unserved_why: self.unserved_why,
            origin: None,
            tie: self.tie(),
            tied: Vec::new(),
            created_at: local(self.created_at),
            updated_at: local(self.updated_at),
            version: self.version,
        };
        self.seen(view, task)
    }
}
