//! How the last visits of failed tasks ended, for the phone of the grid's manager, who decides what
//! follows: read for each answer, since it is content of their reports.

use gridward_domain::id::TaskId;
use gridward_domain::task::{Outcome, Phase};
use serde::{Deserialize, Serialize};

use super::model::Change;
use super::row_type::RowType;
use super::scope::Scope;
use crate::db::{Conn, DbError};
use crate::task::reports::report_row;
use crate::task::words::appended;

/// The fields of a sent task that say whether it failed.
#[derive(Deserialize)]
struct Sent {
    id: TaskId,
    state: Phase,
}

/// The field of a task row.
#[derive(Serialize)]
struct Ended {
    outcome: Outcome,
}

/// Adds the outcome to the failed tasks among `to`.
///
/// # Errors
/// [`DbError`].
pub(super) fn add(conn: &mut Conn, scope: &Scope, to: &mut [Change]) -> Result<(), DbError> {
    if !scope.manages_grid() {
        return Ok(());
    }
    let mut failed = Vec::new();
    for change in to.iter_mut().filter(|change| change.r#type == RowType::Task) {
        let sent: Sent = serde_json::from_str(change.data.get())
            .map_err(|error| DbError::corrupt("tasks", error))?;
        if sent.state == Phase::Failed {
            failed.push((sent.id, change));
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let ids: Vec<TaskId> = failed.iter().map(|(id, _)| *id).collect();
    let outcomes = report_row::last_outcomes(conn, scope.area().district(), &ids)?;
    for (id, change) in failed {
        if let Some(&outcome) = outcomes.get(&id) {
            change.data = appended(change.data.get(), &Ended { outcome })?.into();
        }
    }
    Ok(())
}
