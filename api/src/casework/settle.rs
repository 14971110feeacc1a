//! What casework does by itself as days pass: visits go to a temporary stay when it begins and
//! return after it, and no end leaves an open task behind.

use serde_json::json;

use super::follow::{Destination, follow};
use super::model::TaskFate;
use super::stay::staying;
use super::{case, leftover};
use crate::area::successors;
use crate::beneficiary::stay::Stay;
use crate::beneficiary::store::BeneficiaryRow;
use crate::beneficiary::write;
use crate::clock;
use crate::crypto::SealingKey;
use crate::db::DbError;
use crate::task::of_beneficiary;
use crate::tx::Tx;

/// Brings the stays and the ended beneficiaries of the district up to date; returns the number of
/// rows that changed.
///
/// # Errors
/// [`DbError`].
pub fn settle(tx: &mut Tx<'_>, key: &SealingKey) -> Result<usize, DbError> {
    let district = tx.district;
    let mut changed = 0;
    for row in write::staying(tx.read_unbatched(), district)? {
        changed += settle_stay(tx, key, &row)?;
    }
    changed += leftover::settle(tx, key)?;
    Ok(changed)
}

/// Ends a stay that is over, follows a grid that was split or merged, and places the visits.
fn settle_stay(tx: &mut Tx<'_>, key: &SealingKey, row: &BeneficiaryRow) -> Result<usize, DbError> {
    let today = clock::day(tx.now);
    let mut particulars = row.particulars(key)?;
    let Some(stay) = row.stay(&particulars) else { return Ok(0) };
    let grid = successors::current(tx.read_unbatched(), stay.grid, stay.at.place)?;
    let now = grid.filter(|_| !stay.is_over(today)).map(|grid| Stay { grid, ..stay.clone() });
    let mut next = row.clone();
    let changes = now.as_ref() != Some(&stay);
    if changes {
        particulars.stay = now.as_ref().map(|stay| stay.at.clone());
        let is = staying(row, now.as_ref());
        next = case::replace(tx, key, row, is, Some(&particulars))?;
    }
    let rows = of_beneficiary::unfinished(tx.read()?, row.district, row.id)?;
    let to = Destination::of(&next, &particulars)?;
    let tasks = follow(tx, None, &rows, &to, "beneficiary_stay")?;
    if changes {
        let action = if now.is_some() { "beneficiary.stay" } else { "beneficiary.stay_end" };
        case::record(tx, None, action, (row, &next), json!({}))?;
    }
    let moved = tasks.iter().filter(|task| task.fate != TaskFate::Kept);
    Ok(usize::from(changes) + moved.count())
}
