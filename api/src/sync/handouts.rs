//! The planned hand-outs on the phone of a grid's manager, and those to the beneficiaries of a person's
//! unfinished visits, wherever these live. One that is handed out or returned, whose beneficiary has ended, that goes
//! to another grid or whose visit is no longer the person's is removed.

use std::collections::BTreeSet;

use gridward_domain::id::{BeneficiaryId, HandoutId, TaskId};

use super::change_set::ChangedHandouts;
use super::model::Change;
use super::row_type::RowType;
use super::scope::Scope;
use super::{event_store, store};
use crate::db::{Conn, DbError};
use crate::goods::hand_out::BACKDATED;
use crate::goods::handout_store::HandoutRow;
use crate::goods::planned::{self, Planned};
use crate::task::beneficiary::visitors::visited_by;

/// The planned hand-outs of the scope.
fn of(conn: &mut Conn, scope: &Scope) -> Result<Planned, DbError> {
    let district = scope.area().district();
    let homes =
        if scope.visits() { visited_by(conn, district, scope.person())? } else { BTreeSet::new() };
    let grid = Some(scope.area()).filter(|_| !scope.helps());
    Ok(Planned { district, grid, homes })
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
/// those that the phone may no longer have. It follows no event of hand-outs in other grids but those that name its
/// person, which may lack one whose visit was assigned at the same moment: those of its visits there are read again with
/// the next news of a hand-out, a visit or a beneficiary.
pub(super) fn changed(
    conn: &mut Conn,
    scope: &Scope,
    changed: &ChangedHandouts,
    beneficiaries: &BTreeSet<BeneficiaryId>,
) -> Result<(Vec<Change>, BTreeSet<HandoutId>), DbError> {
    let ChangedHandouts { first, planned: is_planned, ids, named, visits } = changed;
    let has_news =
        *is_planned || !(ids.is_empty() && visits.is_empty() && beneficiaries.is_empty());
    let Some(first) = first.filter(|_| has_news && scope.has_handouts()) else {
        return Ok((Vec::new(), BTreeSet::new()));
    };
    let of = of(conn, scope)?;
    let of_visits = beneficiaries_of(conn, scope, visits)?;
    let (mut homes, mut gone) = (beneficiaries.clone(), ids.clone());
    if scope.helps() {
        // Of hand-outs to beneficiaries whom the person does not visit, the phone of a volunteer learns not even the ids.
        let visited = &of.homes | &of_visits;
        homes = &homes & &visited;
        gone = planned::among(conn, of.district, ids, &visited)?;
    }
    homes.extend(&of_visits);
    gone.extend(named);
    gone.extend(of_homes(conn, scope, &homes, first)?);
    let rows = if *is_planned {
        planned::page(conn, &of, None, i64::MAX)?
    } else {
        planned::these(conn, &of, scope.area(), &gone)?
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

/// The hand-outs to these homes that the phone may have: the planned ones, and in other grids those that were handed out
/// or returned after the event `first`, by the clock of a phone some days before it. They may have been planned until
/// then, and the visit over, so that no event of them names the person.
fn of_homes(
    conn: &mut Conn,
    scope: &Scope,
    homes: &BTreeSet<BeneficiaryId>,
    first: i64,
) -> Result<BTreeSet<HandoutId>, DbError> {
    if homes.is_empty() {
        return Ok(BTreeSet::new());
    }
    let recorded = event_store::recorded_at(conn, scope.area().district(), first)?;
    planned::of_beneficiaries(conn, scope.area(), homes, recorded.map(|at| at - BACKDATED))
}
