//! The companions of the person's visits by two people: their names are read for each answer, since
//! they change without the task.
//!
//! Only visits in the scope's area have them, as its phones learn of every change there.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use gridward_domain::id::TaskId;
use serde::Serialize;

use super::model::Change;
use super::row_cache::RowCache;
use super::row_type::RowType;
use super::scope::Scope;
use super::store;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::task::assignment::task_tie::TiedTask;
use crate::task::assignment::tie;
use crate::task::words::appended;

/// The field of a task row.
#[derive(Serialize)]
struct Companions {
    tied: Vec<TiedTask>,
}

/// Adds the companions to the tasks of the person among `to`, and the tasks whose companion has
/// changed: those of the ties in `pairs`.
///
/// # Errors
/// [`DbError`].
pub(super) fn add(
    conn: &mut Conn,
    (key, rows): (&SealingKey, &RowCache),
    scope: &Scope,
    now: DateTime<Utc>,
    pairs: &BTreeSet<TaskId>,
    to: &mut Vec<Change>,
) -> Result<(), DbError> {
    let is_task = |change: &Change| change.r#type == RowType::Task;
    if !scope.visits() || pairs.is_empty() && !to.iter().any(is_task) {
        return Ok(());
    }
    for row in store::own_pairs(conn, scope)? {
        let id = row.id.to_string();
        let at = to.iter().position(|change| is_task(change) && change.id == id);
        let has_changed = row.pair().is_some_and(|tie| pairs.contains(&tie));
        let mut change = match (at, scope.view(&row, now)) {
            (Some(at), _) => to.swap_remove(at),
            (None, Some(view)) if has_changed => rows.task(key, &row, view)?,
            _ => continue,
        };
        let tied = tie::shown(conn, key, &row, (scope.viewer(), now))?;
        if !tied.is_empty() {
            change.data = appended(change.data.get(), &Companions { tied })?.into();
        }
        to.push(change);
    }
    Ok(())
}
