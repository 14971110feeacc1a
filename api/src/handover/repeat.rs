//! The answer to a repeated departure: that of the first, from the log.

use gridward_domain::id::{PersonId, TaskId};
use serde::Deserialize;

use super::model::{HandedTask, Handover, Obstacle, Succession, TaskOutcome};
use super::situation::Decider;
use super::{ASSIGNEE_LEFT, regimes};
use crate::db::{Conn, DbError, parsed};
use crate::http::problem::Problem;
use crate::log::store::{EventRow, Filter};
use crate::log::{self, Subject};
use crate::person::store::PersonRow;

/// The maximum number of events of a person that are read.
const MOST: i64 = 10_000;

/// The details of the event of a task that was handed over.
#[derive(Deserialize)]
struct TaskDetails {
    because: String,
    was: gridward_domain::task::Phase,
    planned_on: Option<chrono::NaiveDate>,
    obstacle: Option<Obstacle>,
    #[serde(default)]
    cancelled: bool,
}

/// The details of the departure.
#[derive(Default, Deserialize)]
struct Details {
    successor: Option<PersonId>,
}

/// The outcome of the departure of the person of `row`, who has left. Tasks whose events are in the
/// log's archive are missing.
///
/// # Errors
/// [`Problem`] of the database.
pub fn shown(conn: &mut Conn, by: Decider, row: &PersonRow) -> Result<Handover, Problem> {
    let district = row.district.range();
    let about = Filter {
        action: Some("person.leave".to_owned()),
        subject: Some(Subject::Person),
        subject_id: Some(row.id.to_string()),
        ..Filter::default()
    };
    let left = log::store::list(conn, &district, &about, 0, MOST)?.pop();
    let mut shown = Handover {
        preview: false,
        person_id: row.id,
        state: row.state,
        role: row.role,
        area: row.area,
        version: row.version,
        succession: None,
        tasks: Vec::new(),
        tasks_elsewhere: 0,
        regimes: regimes::of(conn, by, row)?,
        loads: Vec::new(),
        plan_id: None,
    };
    let Some(left) = left else { return Ok(shown) };
    let details: Details = serde_json::from_str(&left.body).unwrap_or_default();
    let succession = details.successor;
    shown.succession = succession.map(|manager_id| Succession { grid: left.area, manager_id });
    for event in log::store::taken_from(conn, row.district, row.id, left.at)? {
        let Some(handed) = handed(&event)? else { continue };
        if by.scope().contains(&handed.grid) {
            shown.tasks.push(handed);
        } else {
            shown.tasks_elsewhere += 1;
        }
    }
    shown.tasks.sort_by_key(|task| task.task_id);
    Ok(shown)
}

/// The task of an event of the departure.
fn handed(event: &EventRow) -> Result<Option<HandedTask>, DbError> {
    let details: Option<TaskDetails> = serde_json::from_str(&event.body).ok();
    let Some(details) = details.filter(|details| details.because == ASSIGNEE_LEFT) else {
        return Ok(None);
    };
    let task_id: TaskId = parsed("events", &event.subject_id)?;
    Ok(Some(HandedTask {
        task_id,
        grid: event.area,
        was: details.was,
        planned_on: details.planned_on,
        outcome: match event.person {
            Some(_) => TaskOutcome::Given,
            None if details.cancelled => TaskOutcome::Cancelled,
            None => TaskOutcome::Opened,
        },
        person_id: event.person,
        obstacle: details.obstacle,
    }))
}
