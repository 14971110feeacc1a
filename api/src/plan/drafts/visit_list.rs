//! The visits of a plan with what a reader needs beside the ids: names, windows and due days.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::id::{PlanId, TaskId};

use super::changed_visits::{self, Present};
use super::visit_store::{self, VisitFilter};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::plan::model::PlanVisit;
use crate::task;
use crate::task::row::TaskRow;
use crate::task::view::names::{NamedIds, Names};
use crate::task::view::projection::Projection;

/// A page of the visits of the plan, which is computed, ordered by task, as the principal sees them.
///
/// # Errors
/// [`DbError`].
pub fn list(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    id: PlanId,
    filter: VisitFilter,
    (wanted, now): (&Wanted<TaskId>, DateTime<Utc>),
) -> Result<Vec<PlanVisit>, DbError> {
    let visits = visit_store::visits(conn, principal.district(), id, filter, wanted)?;
    with_names(conn, key, principal, visits, now)
}

fn with_names(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    visits: Vec<PlanVisit>,
    now: DateTime<Utc>,
) -> Result<Vec<PlanVisit>, DbError> {
    let district = principal.district();
    let ids: Vec<TaskId> = visits.iter().map(|visit| visit.task_id).collect();
    let rows = task::store::rows(conn, district, &ids)?;
    let declined = task::assignment::refusals::of_tasks(conn, district, &ids)?;
    let rows: HashMap<TaskId, TaskRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let seen = |visit: &PlanVisit| {
        let row = rows.get(&visit.task_id)?;
        Some((row, ids_of(row, visit), row.facts().view(principal, now)?))
    };
    let in_view = visits.iter().filter_map(seen).map(|(_, ids, view)| (ids, view));
    let names = Names::read(conn, key, district, in_view)?;
    let completed = |visit: PlanVisit| {
        let Some((row, ids, view)) = seen(&visit) else { return Ok(visit) };
        let shown = names.of(&ids, view);
        let Projection { place, cell, purpose } =
            Projection::new(view, row.beneficiary, row.place()?);
        let now = Present {
            state: row.state,
            person: row.assignee,
            day: row.planned_on,
            start: row.planned_start,
        };
        let planned = (visit.person_id, visit.day, visit.start);
        Ok(PlanVisit {
            change: Some(changed_visits::changed(planned, &now)),
            person_name: shown.assignee_name.map(ToOwned::to_owned),
            declined_by_ids: declined.get(&row.id).cloned().unwrap_or_default(),
            grid_name: shown.grid_name.map(ToOwned::to_owned),
            beneficiary_id: row.beneficiary,
            beneficiary_name: shown.beneficiary_name.map(ToOwned::to_owned),
            kind: Some(row.kind.to_string()),
            title: row.title.clone().filter(|_| purpose),
            place,
            cell,
            minutes: Some(row.minutes),
            due_on: Some(row.due_on),
            window: row.window()?,
            ..visit
        })
    };
    visits.into_iter().map(completed).collect()
}

/// The ids of the task, with the person of the visit as its assignee.
const fn ids_of(row: &TaskRow, visit: &PlanVisit) -> NamedIds {
    NamedIds { grid: row.grid, beneficiary: row.beneficiary, assignee: visit.person_id }
}
