//! The remedies of a draft that changes of a plan based on it accept.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use gridward_dispatch::solve::Pin;
use gridward_domain::area::AreaCode;
use gridward_domain::id::{PersonId, PlanId, TaskId};
use serde::Deserialize;

use crate::db::{Conn, DbError};
use crate::plan::drafts::visit_store::{self, VisitRow};
use crate::plan::request::changes::PlanChanges;

/// The person and the day of the remedies that the plan has for the visits that it left and for which a change of the
/// same sort accepts them.
///
/// # Errors
/// [`DbError`].
pub(in crate::plan) fn read(
    conn: &mut Conn,
    (district, plan): (AreaCode, PlanId),
    changes: &PlanChanges,
) -> Result<Vec<(TaskId, Pin)>, DbError> {
    let tasks: BTreeSet<TaskId> = changes.remedied().map(|(task, ..)| task).collect();
    let tasks: Vec<(PlanId, TaskId)> = tasks.into_iter().map(|task| (plan, task)).collect();
    let rows = visit_store::of_tasks(conn, district, &tasks)?;
    let mut remedied = BTreeMap::new();
    for (task, person, code) in changes.remedied() {
        let Some(row) = rows.get(&task).filter(|row| row.person.is_none()) else { continue };
        let pin = place_of_remedy(row, code)?;
        let pin = pin.filter(|pin| person.is_none_or(|person| person == pin.volunteer));
        remedied.extend(pin.map(|pin| (task, pin)));
    }
    Ok(remedied.into_iter().collect())
}

/// The person and the day of the remedy of the visit, if it has this code; some remedies of plans of earlier versions
/// have no day.
fn place_of_remedy(row: &VisitRow, code: &str) -> Result<Option<Pin>, DbError> {
    #[derive(Deserialize)]
    struct Stored {
        remedy: Option<Place>,
    }
    #[derive(Deserialize)]
    struct Place {
        code: String,
        volunteer: Option<PersonId>,
        day: Option<NaiveDate>,
    }
    let stored = serde_json::from_str::<Stored>(&row.reason);
    let Stored { remedy } = stored.map_err(|error| DbError::corrupt("plan_visits", error))?;
    let place = remedy.filter(|remedy| remedy.code == code);
    let place = place.and_then(|Place { volunteer, day, .. }| volunteer.zip(day));
    Ok(place.map(|(volunteer, day)| Pin { volunteer, day, start: None }))
}
