//! What casework does by itself as days pass and areas change: visits go to a temporary stay when it
//! begins and return after it, a stay follows its grid, and no end leaves an open task behind.

use std::collections::BTreeSet;

use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, PersonId};
use serde_json::json;

use super::affected_tasks::{Destination, move_to};
use super::answer::TaskFate;
use super::stay::staying;
use super::{case, leftover};
use crate::area::successors;
use crate::beneficiary::stay::Stay;
use crate::beneficiary::store::{self, BeneficiaryRow};
use crate::beneficiary::{ends, write};
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::{Conn, DbError};
use crate::task::beneficiary::of_beneficiary;
use crate::tx::Tx;

/// The beneficiaries that may have to be brought up to date: those with a stay, and the ended ones
/// that may have left tasks.
///
/// # Errors
/// [`DbError`].
pub fn due(conn: &mut Conn, district: AreaCode) -> Result<Vec<BeneficiaryId>, DbError> {
    let staying = write::staying(conn, district)?.into_iter().map(|row| row.id);
    let mut due: BTreeSet<BeneficiaryId> = staying.collect();
    due.extend(ends::unsettled(conn, district)?.into_iter().map(|(id, _)| id));
    Ok(due.into_iter().collect())
}

/// Brings the stays and the ends of these beneficiaries up to date; returns the number of rows that
/// changed.
///
/// # Errors
/// [`DbError`].
pub fn settle(tx: &mut Tx<'_>, key: &SealingKey, ids: &[BeneficiaryId]) -> Result<usize, DbError> {
    let district = tx.district;
    let mut changed = 0;
    let rows = store::rows(tx.read_unbatched(), district, ids)?;
    for row in rows.iter().filter(|row| row.is_current()) {
        changed += settle_stay(tx, key, row, None)?;
    }
    changed += leftover::settle(tx, key, ids)?;
    Ok(changed)
}

/// Moves the stays in these grids, which a change of areas by `actor` has ended or divided, to the
/// grids that contain them now.
///
/// # Errors
/// [`DbError`].
pub fn follow_areas(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    actor: PersonId,
    grids: &BTreeSet<AreaCode>,
) -> Result<(), DbError> {
    let district = tx.district;
    for row in write::staying(tx.read_unbatched(), district)? {
        if row.stay_grid.is_some_and(|grid| grids.contains(&grid)) {
            settle_stay(tx, key, &row, Some(actor))?;
        }
    }
    Ok(())
}

/// Ends a stay that is over, follows a grid that was split or merged, and places the visits. A
/// change of areas by `actor` also moves a stay out of a grid that was divided.
fn settle_stay(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    row: &BeneficiaryRow,
    actor: Option<PersonId>,
) -> Result<usize, DbError> {
    let today = clock::day(tx.now);
    let mut particulars = row.particulars(key)?;
    let Some(stay) = row.stay(&particulars) else { return Ok(0) };
    let (conn, place) = (tx.read_unbatched(), stay.at.place);
    let grid = match actor {
        Some(_) => successors::divided(conn, stay.grid, place)?,
        None => successors::current(conn, stay.grid, place)?,
    };
    let now = grid.filter(|_| !stay.is_over(today)).map(|grid| Stay { grid, ..stay.clone() });
    let mut next = row.clone();
    let changes = now.as_ref() != Some(&stay);
    if changes {
        match &now {
            Some(stay) => particulars.stay = Some(stay.at.clone()),
            None => particulars.leave(&stay, today),
        }
        let is = staying(row, now.as_ref());
        next = case::replace(tx, key, row, is, Some(&particulars))?;
    }
    let rows = of_beneficiary::unfinished(tx.read()?, row.district, row.id)?;
    let to = Destination::of(&next, &particulars)?;
    let tasks = move_to(tx, actor, &rows, &to, "beneficiary_stay")?;
    if changes {
        let action = if now.is_some() { "beneficiary.stay" } else { "beneficiary.stay_end" };
        let body = now.map_or_else(|| json!({}), |stay| json!({ "grid": stay.grid }));
        case::record(tx, actor, action, (row, &next), body)?;
    }
    let moved = tasks.iter().filter(|task| task.fate != TaskFate::Kept);
    Ok(usize::from(changes) + moved.count())
}
