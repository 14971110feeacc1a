//! Ties between the visits of tasks: one person for all of them, or two people at once.

use diesel::prelude::*;
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;
use gridward_domain::task::Phase;
use gridward_domain::visibility::View;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::row::TaskRow;
use super::task_tie::{TaskTie, TieType, TiedTask};
use crate::crypto::SealingKey;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::person;
use crate::tx::Tx;

/// The most tasks for one person.
const MOST_TIED: usize = 20;

/// The tie of a new task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[schema(example = json!({ "type": "two_people" }))]
pub enum NewTie {
    /// Two people make the visit together: a second task like the new one is created.
    TwoPeople,
    /// The person of another task makes this visit as well.
    SamePerson {
        /// An unfinished task in the caller's area.
        task_id: TaskId,
    },
}

/// Ties the row of a new task to the unfinished task `other`, which one person then makes both.
///
/// # Errors
/// 422 for a task that the principal does not direct, that has ended, that two people make, or that
/// 20 tasks are tied to; [`DbError`].
pub(super) fn to_other(
    tx: &mut Tx<'_>,
    principal: &Principal,
    other: TaskId,
) -> Result<TaskTie, Problem> {
    let invalid = |detail: &str| Problem::invalid("/tie/task_id", detail);
    let row = tx.find::<TaskRow>(other)?.filter(|row| principal.area.contains(&row.grid));
    let row = row.ok_or_else(|| invalid("no task in your area has this id"))?;
    if !Phase::UNFINISHED.contains(&row.state) {
        return Err(invalid("has ended"));
    }
    let tie = match row.tie() {
        Some(TaskTie { r#type: TieType::TwoPeople, .. }) => {
            return Err(invalid("is made by two people"));
        }
        Some(tie) => tie,
        None => TaskTie { r#type: TieType::SamePerson, id: row.id },
    };
    if tied(tx, &row)?.len() + 1 >= MOST_TIED {
        return Err(invalid("is tied to 20 tasks already"));
    }
    if row.tie().is_none() {
        let now = tx.now.naive_utc();
        let next = TaskRow { version: row.version + 1, updated_at: now, ..row.clone() }.tied(tie);
        let event = Event::new("task.edit", Subject::Task, row.id, row.grid, next.version);
        let event = event.assignees(row.assignee, row.assignee).by(principal.person);
        tx.record(event.with(json!({ "fields": ["tie"] })));
        tx.replace(&row, next);
    }
    Ok(tie)
}

/// The other tasks of the tie; none without a tie.
///
/// # Errors
/// [`DbError`].
pub(crate) fn tied(tx: &mut Tx<'_>, row: &TaskRow) -> Result<Vec<TaskRow>, DbError> {
    match row.tie() {
        None => Ok(Vec::new()),
        Some(_) => others(tx.read()?, row),
    }
}

/// The other tasks of the tie, as they are in the database; none without a tie.
///
/// # Errors
/// [`DbError`].
fn others(conn: &mut Conn, row: &TaskRow) -> Result<Vec<TaskRow>, DbError> {
    let Some(tie) = row.tie() else { return Ok(Vec::new()) };
    let those = tasks::table
        .filter(tasks::district.eq(row.district))
        .filter(tasks::tie_id.eq(tie.id))
        .filter(tasks::id.ne(row.id))
        .order(tasks::id)
        .select(TaskRow::as_select());
    Ok(those.load(conn)?)
}

/// The other tasks of the tie, as a view shows them.
///
/// # Errors
/// [`DbError`].
pub(super) fn shown(
    conn: &mut Conn,
    key: &SealingKey,
    row: &TaskRow,
    view: View,
) -> Result<Vec<TiedTask>, DbError> {
    let others = others(conn, row)?;
    let people = others.iter().filter_map(|other| other.assignee);
    let people = people.filter(|_| view.shows_masked_name()).collect();
    let names = person::store::names(conn, key, &row.district.range(), people)?;
    let shown = |other: TaskRow| TiedTask {
        id: other.id,
        state: other.state,
        assignee_id: other.assignee,
        assignee_name: other.assignee.and_then(|id| names.get(&id).cloned()),
    };
    Ok(others.into_iter().map(shown).collect())
}

impl TaskRow {
    /// What ties the task to others.
    pub const fn tie(&self) -> Option<TaskTie> {
        TaskTie::of(self.tie, self.tie_id)
    }

    /// The row with a tie.
    #[must_use]
    pub(super) fn tied(self, tie: TaskTie) -> Self {
        Self { tie: Some(tie.r#type), tie_id: Some(tie.id), ..self }
    }
}
