//! The planned hand-outs on the phone of a grid's manager, and those to the beneficiaries of a volunteer's
//! unfinished visits. One that is handed out or returned, whose beneficiary has ended, that goes to another
//! grid or whose visit is no longer the volunteer's is removed.

use std::collections::BTreeSet;

use diesel::prelude::*;
use gridward_domain::id::{BeneficiaryId, HandoutId, TaskId};
use gridward_domain::task::Phase;

use super::change_set::ChangedHandouts;
use super::model::Change;
use super::row_type::RowType;
use super::scope::Scope;
use super::store;
use crate::db::schema::tasks;
use crate::db::{Conn, DbError};
use crate::goods::handout_store::HandoutRow;
use crate::goods::planned::{self, Planned};

/// The beneficiaries of the person's unfinished visits.
fn visited(conn: &mut Conn, scope: &Scope) -> Result<BTreeSet<BeneficiaryId>, DbError> {
    let homes: Vec<BeneficiaryId> = tasks::table
        .filter(tasks::district.eq(scope.area().district()))
        .filter(tasks::assignee.eq(scope.person()))
        .filter(tasks::assignee.is_not_null())
        .filter(tasks::state.eq_any(Phase::UNFINISHED_ASSIGNED))
        .filter(tasks::beneficiary.is_not_null())
        .select(tasks::beneficiary.assume_not_null())
        .load(conn)?;
    Ok(homes.into_iter().collect())
}

/// The planned hand-outs of the scope.
fn of(conn: &mut Conn, scope: &Scope) -> Result<Planned, DbError> {
    let homes = scope.helps().then(|| visited(conn, scope)).transpose()?;
    Ok(Planned { grid: scope.area(), homes })
}

/// The number of planned hand-outs of the scope.
pub(super) fn count(conn: &mut Conn, scope: &Scope) -> Result<usize, DbError> {
    let of = of(conn, scope)?;
    planned::count(conn, &of)
}

/// The next planned hand-outs of the scope.
pub(super) fn page(
    conn: &mut Conn,
    scope: &Scope,
    after: Option<HandoutId>,
    limit: i64,
) -> Result<Vec<HandoutRow>, DbError> {
    let of = of(conn, scope)?;
    planned::page(conn, &of, after, limit)
}

/// The row of a hand-out.
pub(super) fn change(row: &HandoutRow) -> Result<Change, DbError> {
    Change::new(RowType::Handout, row.id, row.version, &row.shown())
}

/// The current content of the changed hand-outs and of those of changed beneficiaries, and the ids of
/// those that the phone may no longer have.
pub(super) fn changed(
    conn: &mut Conn,
    scope: &Scope,
    changed: &ChangedHandouts,
    beneficiaries: &BTreeSet<BeneficiaryId>,
) -> Result<(Vec<Change>, BTreeSet<HandoutId>), DbError> {
    let ChangedHandouts { planned: is_planned, ids, visits } = changed;
    let is_quiet = !is_planned && ids.is_empty() && visits.is_empty() && beneficiaries.is_empty();
    if is_quiet || !scope.has_handouts() {
        return Ok((Vec::new(), BTreeSet::new()));
    }
    let of = of(conn, scope)?;
    let mut gone = if let Some(visited) = &of.homes {
        on_volunteers_phone(conn, scope, changed, (visited, beneficiaries))?
    } else {
        let theirs = planned::of_beneficiaries(conn, of.grid.district(), beneficiaries)?;
        ids | &theirs
    };
    let rows = if *is_planned {
        planned::page(conn, &of, None, i64::MAX)?
    } else {
        planned::these(conn, &of, &gone)?
    };
    for row in &rows {
        gone.remove(&row.id);
    }
    Ok((rows.iter().map(change).collect::<Result<_, _>>()?, gone))
}

/// The changed hand-outs that the phone of a volunteer may have, or have had: of those to others it learns
/// nothing, not even their ids.
fn on_volunteers_phone(
    conn: &mut Conn,
    scope: &Scope,
    changed: &ChangedHandouts,
    (visited, beneficiaries): (&BTreeSet<BeneficiaryId>, &BTreeSet<BeneficiaryId>),
) -> Result<BTreeSet<HandoutId>, DbError> {
    let (grid, district) = (scope.area(), scope.area().district());
    let visits: Vec<TaskId> = changed.visits.iter().copied().collect();
    let visits = store::tasks(conn, district, &visits)?;
    let of_visits: BTreeSet<BeneficiaryId> =
        visits.iter().filter_map(|task| task.beneficiary).collect();
    let mut known = visited | &of_visits;
    if !visits.is_empty() {
        // A merge has given the visits of a duplicate to the other entry.
        known.extend(beneficiaries);
    }
    let theirs = planned::of_beneficiaries(conn, district, &known)?;
    let mut ids = &changed.ids & &theirs;
    ids.extend(planned::of_beneficiaries(conn, district, &(beneficiaries & &known))?);
    let of_visits = Planned { grid, homes: Some(of_visits) };
    ids.extend(planned::page(conn, &of_visits, None, i64::MAX)?.iter().map(|row| row.id));
    Ok(ids)
}
