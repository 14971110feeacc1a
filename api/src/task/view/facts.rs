//! The columns that determine the visible fields of a task, for every query that needs them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::id::PersonId;
use gridward_domain::task::Phase;
use gridward_domain::visibility::TaskFacts;

use crate::db::schema::tasks;

/// The columns of [`TaskFacts`].
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tasks)]
pub struct FactsRow {
    /// Column `grid`.
    pub grid: AreaCode,
    /// Column `state`.
    pub state: Phase,
    /// Column `assignee`.
    pub assignee: Option<PersonId>,
    /// Column `updated_at`.
    pub updated_at: NaiveDateTime,
}

impl FactsRow {
    /// The properties that determine the visible fields of the task.
    pub const fn facts(&self) -> TaskFacts {
        let Self { grid, state, assignee, updated_at } = *self;
        TaskFacts { grid, phase: state, assignee, updated_at: updated_at.and_utc() }
    }
}
