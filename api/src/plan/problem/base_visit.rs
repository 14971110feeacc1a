//! A visit that a plan or a person has already, which another plan may keep.

use chrono::NaiveDate;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::time::TimeOfDay;

use crate::plan::drafts::visit_store::VisitRow;

/// Who makes a visit, and when, before a plan is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseVisit {
    /// The task.
    pub task: TaskId,
    /// The person.
    pub person: PersonId,
    /// The day.
    pub day: NaiveDate,
    /// The start.
    pub start: TimeOfDay,
}

impl BaseVisit {
    /// The visit of the row, if it has a person.
    pub(in crate::plan) fn of(row: &VisitRow) -> Option<Self> {
        Some(Self { task: row.task, person: row.person?, day: row.day?, start: row.start? })
    }
}
