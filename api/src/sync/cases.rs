//! The cases at whose step a grid acts on the phone of its manager. One that moves on, ends or goes to
//! another grid is removed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use gridward_domain::authority::Action;
use gridward_domain::id::{BeneficiaryId, CaseId};

use super::change_set::ChangedCases;
use super::model::Change;
use super::row_type::RowType;
use super::scope::Scope;
use crate::case::scope::{VisibleCase, once_shown, shown};
use crate::case::waiting::{self, WaitingCase};
use crate::db::{Conn, DbError};

/// All cases at whose step the grid of the scope acts.
pub(super) fn all(
    conn: &mut Conn,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Vec<Change>, DbError> {
    if !scope.has_cases() {
        return Ok(Vec::new());
    }
    let waiting = waiting::all(conn, scope.viewer(), scope.area(), now)?;
    waiting.iter().map(change).collect()
}

fn change(case: &WaitingCase) -> Result<Change, DbError> {
    Change::new(RowType::Case, case.id, case.version, case)
}

/// The current content of the changed cases and of those of changed beneficiaries, and the ids of those
/// that the phone may no longer have.
pub(super) fn changed(
    conn: &mut Conn,
    scope: &Scope,
    changed: &ChangedCases,
    homes: &BTreeSet<BeneficiaryId>,
) -> Result<(Vec<Change>, BTreeSet<CaseId>), DbError> {
    let grid = scope.area();
    if !scope.has_cases() {
        return Ok((Vec::new(), BTreeSet::new()));
    }
    let mut all = waiting::of_beneficiaries(conn, grid.district(), homes)?;
    all.extend(&changed.exchanged);
    if changed.kinds {
        all.extend(waiting::ids(conn, grid)?);
    }
    // Of a case that was never sent the phone learns nothing.
    let mut ids = once_shown(conn, scope.viewer(), &all)?;
    for id in &changed.ids {
        // The event of a confidential case names no grid: of a case elsewhere it learns nothing either.
        let case = shown(conn, scope.viewer(), *id)?;
        let may_read = |case: VisibleCase| {
            scope.viewer().authorize(Action::ReadCases, &case.placed.area).is_ok()
        };
        if case.is_some_and(may_read) {
            ids.insert(*id);
        }
    }
    ids.extend(&changed.deleted);
    if ids.is_empty() {
        return Ok((Vec::new(), BTreeSet::new()));
    }
    let waiting = waiting::these(conn, scope.viewer(), grid, &ids)?;
    let rows = waiting.iter().map(change).collect::<Result<Vec<_>, _>>()?;
    let there: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    ids.retain(|id| !there.contains(id.to_string().as_str()));
    Ok((rows, ids))
}
