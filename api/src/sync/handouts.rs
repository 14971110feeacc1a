//! The planned hand-outs on the phone of a grid's manager, and those to the beneficiaries of a person's
//! unfinished visits, wherever these live. One that is handed out or returned, whose beneficiary has ended, that goes
//! to another grid or whose visit is no longer the person's is removed.

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
    let homes = if scope.visits() { visited(conn, scope)? } else { BTreeSet::new() };
    let grid = Some(scope.area()).filter(|_| !scope.helps());
    Ok(Planned { district: scope.area().district(), grid, homes })
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
    let of_visits = beneficiaries_of(conn, scope, visits)?;
    let mut gone = if scope.helps() {
        on_volunteers_phone(conn, scope, (changed, &of_visits), (&of.homes, beneficiaries))?
    } else {
        ids | &planned::of_beneficiaries(conn, of.district, beneficiaries)?
    };
    // Of hand-outs in other grids the phone follows no event but those of its visits.
    gone.extend(planned::elsewhere(conn, scope.area(), &of_visits)?);
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

/// The beneficiaries of these visits.
fn beneficiaries_of(
    conn: &mut Conn,
    scope: &Scope,
    visits: &BTreeSet<TaskId>,
) -> Result<BTreeSet<BeneficiaryId>, DbError> {
    let visits: Vec<TaskId> = visits.iter().copied().collect();
    let visits = store::tasks(conn, scope.area().district(), &visits)?;
    Ok(visits.iter().filter_map(|task| task.beneficiary).collect())
}

/// The changed hand-outs that the phone of a volunteer may have, or have had: of those to others it learns
/// nothing, not even their ids.
fn on_volunteers_phone(
    conn: &mut Conn,
    scope: &Scope,
    (changed, of_visits): (&ChangedHandouts, &BTreeSet<BeneficiaryId>),
    (visited, beneficiaries): (&BTreeSet<BeneficiaryId>, &BTreeSet<BeneficiaryId>),
) -> Result<BTreeSet<HandoutId>, DbError> {
    let district = scope.area().district();
    let mut known = visited | of_visits;
    if !changed.visits.is_empty() {
        // A merge has given the visits of a duplicate to the other entry.
        known.extend(beneficiaries);
    }
    let theirs = planned::of_beneficiaries(conn, district, &known)?;
    let mut ids = &changed.ids & &theirs;
    ids.extend(planned::of_beneficiaries(conn, district, &(beneficiaries & &known))?);
    let of_visits = Planned { district, grid: None, homes: of_visits.clone() };
    ids.extend(planned::page(conn, &of_visits, None, i64::MAX)?.iter().map(|row| row.id));
    Ok(ids)
}
