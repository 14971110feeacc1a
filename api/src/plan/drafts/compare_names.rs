//! The names beside the ids of a comparison, as the principal sees them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use gridward_domain::authority::Principal;
use gridward_domain::id::TaskId;
use gridward_domain::visibility::View;

use super::compare::{ComparedVisit, DifferentVisit};
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::task;
use crate::task::row::TaskRow;
use crate::task::view::names::{NamedIds, Names};
use crate::task::view::projection::Projection;

/// The tasks with the names of their grids, beneficiaries and visitors; a task that is outside the
/// principal's view stays as it is.
///
/// # Errors
/// [`DbError`].
pub fn named(
    conn: &mut Conn,
    key: &SealingKey,
    principal: &Principal,
    different: Vec<DifferentVisit>,
    now: DateTime<Utc>,
) -> Result<Vec<DifferentVisit>, DbError> {
    let ids: Vec<TaskId> = different.iter().map(|one| one.task_id).collect();
    let rows = task::store::rows(conn, principal.district(), &ids)?.into_iter();
    let rows = rows.filter_map(|row| row.facts().view(principal, now).map(|view| (row, view)));
    let rows: HashMap<TaskId, (TaskRow, View)> =
        rows.map(|(row, view)| (row.id, (row, view))).collect();
    let of_task = |one: &DifferentVisit| {
        let (row, view) = rows.get(&one.task_id)?;
        Some([&one.visit, &one.other].map(|visit| (ids_of(row, visit.as_ref()), *view)))
    };
    let in_view = different.iter().filter_map(of_task).flatten();
    let names = Names::read(conn, key, principal.district(), in_view)?;
    let completed = |one: DifferentVisit| {
        let Some((row, view)) = rows.get(&one.task_id) else { return Ok(one) };
        let with_name = |visit: Option<ComparedVisit>| {
            let visit = visit?;
            let name = names.of(&ids_of(row, Some(&visit)), *view).assignee_name;
            Some(ComparedVisit { person_name: name.map(ToOwned::to_owned), ..visit })
        };
        let ids = ids_of(row, None);
        let shown = names.of(&ids, *view);
        let purpose = Projection::new(*view, row.beneficiary, row.place()?).purpose;
        Ok(DifferentVisit {
            grid_name: shown.grid_name.map(ToOwned::to_owned),
            kind: Some(row.kind.to_string()),
            title: row.title.clone().filter(|_| purpose),
            beneficiary_id: row.beneficiary,
            beneficiary_name: shown.beneficiary_name.map(ToOwned::to_owned),
            visit: with_name(one.visit),
            other: with_name(one.other),
            ..one
        })
    };
    different.into_iter().map(completed).collect()
}

/// The ids of the task, with the person of the visit as its assignee.
fn ids_of(row: &TaskRow, visit: Option<&ComparedVisit>) -> NamedIds {
    let assignee = visit.map(|visit| visit.person_id);
    NamedIds { grid: row.grid, beneficiary: row.beneficiary, assignee }
}
