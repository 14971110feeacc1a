//! The visits of a plan with what a reader needs beside the ids: names, windows and due days.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::id::{PlanId, TaskId};
use gridward_domain::visibility::View;

use super::model::PlanVisit;
use super::store::{self, VisitFilter};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::http::page::Wanted;
use crate::http::problem::Problem;
use crate::person;
use crate::task;
use crate::task::names::{NamedIds, Names};
use crate::task::row::TaskRow;

/// A page of the visits of the plan, ordered by task, as the principal sees them.
///
/// # Errors
/// 404 for a plan outside the principal's area; [`DbError`].
pub fn list(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    id: PlanId,
    filter: VisitFilter,
    (wanted, now): (&Wanted<TaskId>, DateTime<Utc>),
) -> Result<Vec<PlanVisit>, Problem> {
    store::one(conn, &principal.scope(), id)?.ok_or_else(Problem::not_found)?;
    let visits = store::visits(conn, principal.district(), id, filter, wanted)?;
    Ok(with_names(conn, key, principal, visits, now)?)
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
    let seen = |row: &TaskRow| row.facts().view(principal, now);
    let in_view = rows.iter().filter_map(|row| Some((ids_of(row), seen(row)?)));
    let names = Names::read(conn, key, district, in_view)?;
    let goers: BTreeSet<_> = visits.iter().filter_map(|visit| visit.person_id).collect();
    let people = person::store::names(conn, key, &district.range(), goers)?;
    let rows: HashMap<TaskId, &TaskRow> = rows.iter().map(|row| (row.id, row)).collect();
    let completed = |visit: PlanVisit| {
        let Some((row, view)) = rows.get(&visit.task_id).and_then(|row| Some((*row, seen(row)?)))
        else {
            return Ok(visit);
        };
        let ids = ids_of(row);
        let shown = names.of(&ids, view);
        let person = visit.person_id.filter(|_| view != View::Audit);
        Ok(PlanVisit {
            person_name: person.and_then(|id| people.get(&id)).cloned(),
            grid_name: shown.grid_name.map(ToOwned::to_owned),
            beneficiary_id: row.beneficiary,
            beneficiary_name: shown.beneficiary_name.map(ToOwned::to_owned),
            kind: Some(row.kind.clone()),
            minutes: Some(row.minutes),
            due_on: Some(row.due_on),
            window: row.window()?,
            ..visit
        })
    };
    visits.into_iter().map(completed).collect()
}

/// The ids with names, without the assignee: the person of a visit is that of the plan.
const fn ids_of(row: &TaskRow) -> NamedIds {
    NamedIds { grid: row.grid, beneficiary: row.beneficiary, assignee: None }
}
