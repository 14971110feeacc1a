//! Ties between the visits of tasks: one person for all of them, or two people at once.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::authority::Principal;
use gridward_domain::id::{PersonId, TaskId};
use gridward_domain::task::Phase;
use gridward_domain::time::TimeOfDay;
use serde::{Deserialize, Serialize};
use serde_json::json;
use thiserror::Error;
use utoipa::ToSchema;

use super::task_tie::{TaskTie, TieType, TiedTask};
use crate::crypto::SealingKey;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError, in_batches};
use crate::http::problem::Problem;
use crate::log::{Event, Subject};
use crate::person;
use crate::task::row::TaskRow;
use crate::tx::Tx;

/// The most tasks for one person.
const MOST_TIED: usize = 20;

/// The tie of a new task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields, try_from = "SentTie")]
#[schema(example = json!({ "type": "two_people" }))]
pub enum NewTie {
    /// Two people make the visit together: a second task like the new one is created.
    TwoPeople {},
    /// The person of another task makes this visit as well.
    SamePerson {
        /// An unfinished task in the caller's area.
        task_id: TaskId,
    },
}

/// A tie as it is sent: an object, where an enumeration with a tag would take an array as well.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentTie {
    r#type: TieType,
    task_id: Option<TaskId>,
}

/// Why a tie is refused, in the words of a deserializer.
#[derive(Clone, Copy, Debug, Error)]
enum TieError {
    /// It has no other task.
    #[error("missing field `task_id`")]
    Missing,
    /// It has another task and two people.
    #[error("unknown field `task_id`, expected `type`")]
    Unknown,
}

impl TryFrom<SentTie> for NewTie {
    type Error = TieError;

    fn try_from(sent: SentTie) -> Result<Self, TieError> {
        match (sent.r#type, sent.task_id) {
            (TieType::TwoPeople, None) => Ok(Self::TwoPeople {}),
            (TieType::TwoPeople, Some(_)) => Err(TieError::Unknown),
            (TieType::SamePerson, Some(task_id)) => Ok(Self::SamePerson { task_id }),
            (TieType::SamePerson, None) => Err(TieError::Missing),
        }
    }
}

/// Ties the row of a new task to the unfinished task `other`, which one person then makes both.
///
/// # Errors
/// 422 for a task that the principal does not direct, that has ended, that two people make, or that
/// is one of 20 tied tasks; [`DbError`].
pub(in crate::task) fn to_other(
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
        return Err(invalid("belongs to 20 tied tasks already"));
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

/// On PostgreSQL locks all tasks of the tie until the end of the transaction, so that no other server assigns
/// one of them meanwhile; of two that wait for each other, one is run again.
///
/// # Errors
/// [`DbError`].
pub(crate) fn lock(conn: &mut Conn, district: AreaCode, tie: TaskId) -> Result<(), DbError> {
    // On SQLite a write transaction is already exclusive.
    if let Conn::Pg(conn) = conn {
        let all = tasks::table
            .filter(tasks::district.eq(district))
            .filter(tasks::tie_id.eq(tie))
            .order(tasks::id)
            .select(tasks::id);
        all.for_no_key_update().load::<TaskId>(conn)?;
    }
    Ok(())
}

/// The other tasks of the tie, all of which are locked; none without a tie.
///
/// # Errors
/// [`DbError`].
pub(crate) fn tied(tx: &mut Tx<'_>, row: &TaskRow) -> Result<Vec<TaskRow>, DbError> {
    let Some(tie) = row.tie() else { return Ok(Vec::new()) };
    let conn = tx.read()?;
    lock(conn, row.district, tie.id)?;
    let mut others = binding(conn, row.district, &BTreeSet::from([tie.id]))?;
    others.retain(|other| other.id != row.id);
    Ok(others)
}

/// When the other person makes the visit of the task, if these tied tasks have a time for it.
pub(crate) fn time_of_other(row: &TaskRow, tied: &[TaskRow]) -> Option<(NaiveDate, TimeOfDay)> {
    row.pair()?;
    let mut held = tied.iter().filter(|other| Phase::UNFINISHED_ASSIGNED.contains(&other.state));
    held.find_map(|other| other.planned_on.zip(other.planned_start))
}

/// The tasks of these ties that bind others: all but those made by a person who has left since.
///
/// # Errors
/// [`DbError`].
pub(crate) fn binding(
    conn: &mut Conn,
    district: AreaCode,
    ties: &BTreeSet<TaskId>,
) -> Result<Vec<TaskRow>, DbError> {
    let mut rows = of_ties(conn, district, ties)?;
    let made = rows.iter().filter(|row| row.state == Phase::Done);
    let left = person::store::left(conn, district, &made.filter_map(|row| row.assignee).collect())?;
    let is_left = |row: &TaskRow| row.assignee.is_some_and(|person| left.contains(&person));
    rows.retain(|row| row.state != Phase::Done || !is_left(row));
    Ok(rows)
}

/// The tasks of these ties.
///
/// # Errors
/// [`DbError`].
fn of_ties(
    conn: &mut Conn,
    district: AreaCode,
    ties: &BTreeSet<TaskId>,
) -> Result<Vec<TaskRow>, DbError> {
    let ties: Vec<TaskId> = ties.iter().copied().collect();
    in_batches(&ties, |ties| {
        tasks::table
            .filter(tasks::district.eq(district))
            .filter(tasks::tie_id.eq_any(ties))
            .order(tasks::id)
            .select(TaskRow::as_select())
            .load(conn)
    })
}

/// The other tasks of the tie that the principal may see at `now`, as their views show them.
///
/// # Errors
/// [`DbError`].
pub(crate) fn shown(
    conn: &mut Conn,
    key: &SealingKey,
    row: &TaskRow,
    (principal, now): (&Principal, DateTime<Utc>),
) -> Result<Vec<TiedTask>, DbError> {
    let Some(tie) = row.tie() else { return Ok(Vec::new()) };
    let mut seen: Vec<(TaskRow, bool)> = Vec::new();
    for other in of_ties(conn, row.district, &BTreeSet::from([tie.id]))? {
        let is_second = tie.r#type == TieType::TwoPeople && row.assignee == Some(principal.person);
        match other.facts().view(principal, now) {
            Some(view) if other.id != row.id => seen.push((other, view.shows_masked_name())),
            // The two people of a visit know each other's names.
            None if other.id != row.id && is_second => seen.push((other, true)),
            _ => {}
        }
    }
    let shown = seen.iter().filter(|(_, is_named)| *is_named);
    let people = shown.filter_map(|(other, _)| other.assignee).collect();
    let names = person::store::names(conn, key, &row.district.range(), people)?;
    let shown = |(other, is_named): (TaskRow, bool)| {
        let assignee_id = other.assignee.filter(|_| is_named);
        TiedTask {
            id: other.id,
            state: other.state,
            assignee_name: assignee_id.and_then(|id| names.get(&id).cloned()),
            assignee_id,
        }
    };
    Ok(seen.into_iter().map(shown).collect())
}

impl TiedTask {
    /// The task of the row, without the name of its assignee.
    pub(in crate::task) fn unnamed(row: &TaskRow) -> Self {
        Self { id: row.id, state: row.state, assignee_id: row.assignee, assignee_name: None }
    }
}

impl TaskRow {
    /// What ties the task to others.
    pub const fn tie(&self) -> Option<TaskTie> {
        TaskTie::of(self.tie, self.tie_id)
    }

    /// The id of the tie, if two people make the visit.
    pub fn pair(&self) -> Option<TaskId> {
        let tie = self.tie().filter(|tie| tie.r#type == TieType::TwoPeople)?;
        Some(tie.id)
    }

    /// What the tasks have in common that one person gets together: the id of their tie; a task that is not tied so has its own.
    pub fn group(&self) -> TaskId {
        let tie = self.tie().filter(|tie| tie.r#type == TieType::SamePerson);
        tie.map_or(self.id, |tie| tie.id)
    }

    /// Who makes or has made the visit.
    pub fn maker(&self) -> Option<PersonId> {
        let is_made = self.state == Phase::Done || Phase::UNFINISHED_ASSIGNED.contains(&self.state);
        self.assignee.filter(|_| is_made)
    }

    /// The row, as it passes to another person, as if it was assigned to this one: the minutes of a plan were those of the
    /// former assignee.
    pub(in crate::task) fn given(&self, to: PersonId) -> Self {
        let (assignee, state) = (Some(to), Phase::Assigned);
        Self { assignee, state, planned_minutes: None, ..self.clone() }
    }

    /// The row with a tie.
    #[must_use]
    pub(crate) fn tied(self, tie: TaskTie) -> Self {
        Self { tie: Some(tie.r#type), tie_id: Some(tie.id), ..self }
    }
}
