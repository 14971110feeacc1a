//! The planned hand-outs on the phone of a grid's manager. One that is handed out or returned, whose
//! beneficiary has ended or that goes to another grid is removed.

use std::collections::BTreeSet;

use gridward_domain::id::{BeneficiaryId, HandoutId};

use super::model::Change;
use super::row_cache::json;
use super::row_type::RowType;
use super::scope::Scope;
use crate::db::{Conn, DbError};
use crate::goods::handout_store::HandoutRow;
use crate::goods::planned;

/// The hand-outs that may have changed.
#[derive(Default)]
pub(super) struct ChangedHandouts {
    /// Those of a campaign were planned: any of the grid may be new.
    pub(super) planned: bool,
    /// Those that were handed out, returned or given to another entry.
    pub(super) ids: BTreeSet<HandoutId>,
}

/// The number of planned hand-outs of the scope.
pub(super) fn count(conn: &mut Conn, scope: &Scope) -> Result<usize, DbError> {
    planned::count(conn, scope.area())
}

/// The next planned hand-outs of the scope.
pub(super) fn page(
    conn: &mut Conn,
    scope: &Scope,
    after: Option<HandoutId>,
    limit: i64,
) -> Result<Vec<HandoutRow>, DbError> {
    planned::page(conn, scope.area(), after, limit)
}

/// The row of a hand-out.
pub(super) fn change(row: &HandoutRow) -> Result<Change, DbError> {
    let (r#type, id) = (RowType::Handout, row.id.to_string());
    Ok(Change { r#type, id, version: row.version, data: json(&row.shown())? })
}

/// The current content of the changed hand-outs and of those of changed beneficiaries, and the ids of
/// those that the phone may no longer have.
pub(super) fn changed(
    conn: &mut Conn,
    scope: &Scope,
    changed: &ChangedHandouts,
    beneficiaries: &BTreeSet<BeneficiaryId>,
) -> Result<(Vec<Change>, BTreeSet<HandoutId>), DbError> {
    if !scope.has_handouts() {
        return Ok((Vec::new(), BTreeSet::new()));
    }
    let grid = scope.area();
    let mut gone = changed.ids.clone();
    let beneficiaries: Vec<BeneficiaryId> = beneficiaries.iter().copied().collect();
    gone.extend(planned::of_beneficiaries(conn, grid.district(), &beneficiaries)?);
    let rows = if changed.planned {
        planned::page(conn, grid, None, i64::MAX)?
    } else {
        let ids: Vec<HandoutId> = gone.iter().copied().collect();
        planned::these(conn, grid, &ids)?
    };
    for row in &rows {
        gone.remove(&row.id);
    }
    Ok((rows.iter().map(change).collect::<Result<_, _>>()?, gone))
}
