//! Moves a beneficiary to another home, also in another grid.

use gridward_domain::authority::{Action, Principal};
use gridward_domain::id::BeneficiaryId;
use gridward_domain::text::is_blank;
use serde_json::json;

use super::affected_tasks::{Destination, move_to};
use super::answer::ChangedBeneficiary;
use super::case::{self, Case};
use super::checks;
use super::model::NewHome;
use crate::area::map::Map;
use crate::beneficiary::store::BeneficiaryRow;
use crate::crypto::SealingKey;
use crate::goods::handout_store;
use crate::http::IfMatch;
use crate::http::problem::Problem;
use crate::task::beneficiary::of_beneficiary;
use crate::tx::Tx;

/// As [`relocate`], based on the present version.
///
/// # Errors
/// 403; 404; 409 for an ended one; 422.
pub fn relocate_now(
    tx: &mut Tx<'_>,
    key: &SealingKey,
    principal: &Principal,
    map: &Map,
    id: BeneficiaryId,
    new: &NewHome,
) -> Result<ChangedBeneficiary, Problem> {
    let mut case = Case { tx, key, principal };
    let version = case.row(id, Action::EditBeneficiaries)?.version;
    relocate(&mut case, map, id, new, &IfMatch(vec![version]))
}

/// Moves the beneficiary; unfinished tasks follow. A beneficiary who lives there already stays as
/// it is.
///
/// # Errors
/// 403; 404; 409 for an ended one; 412 or 428 if the move is not based on the current version; 422.
pub(super) fn relocate(
    case: &mut Case<'_, '_>,
    map: &Map,
    id: BeneficiaryId,
    new: &NewHome,
    base: &IfMatch,
) -> Result<ChangedBeneficiary, Problem> {
    let row = case.row(id, Action::EditBeneficiaries)?;
    let mut particulars = row.particulars(case.key)?;
    let address = new.address.as_str().trim_matches(is_blank);
    let lives_there = row.grid == new.grid
        && row.home()? == new.place
        && particulars.address == address
        && row.is_current();
    let mut next = row.clone();
    if !lives_there {
        row.check_current(case.key)?;
        case.based_on(&row, base)?;
        let conn = case.tx.read_unbatched();
        let errors = checks::location(conn, map, case.principal, new.grid, new.place)?;
        Problem::refuse(errors)?;
        address.clone_into(&mut particulars.address);
        let (lat, lon) = (new.place.lat(), new.place.lon());
        let moved = BeneficiaryRow { grid: new.grid, lat, lon, ..row.clone() };
        next = case.replace(&row, moved, Some(&particulars))?;
        handout_store::move_to(case.tx.write_unbatched(), row.district, &[id], new.grid)?;
    }
    let rows = of_beneficiary::unfinished(case.tx.read()?, row.district, id)?;
    let to = Destination::of(&next, &particulars)?;
    let tasks = move_to(case.tx, case.actor(), &rows, &to, "beneficiary_moved")?;
    if !lives_there {
        let mut body = json!({});
        if let Some(reason) = case.sealed_reason(id, new.reason.as_ref())? {
            body["reason"] = json!(reason);
        }
        case::record(case.tx, case.actor(), "beneficiary.move", (&row, &next), body)?;
    }
    Ok(case.changed(&next, tasks)?)
}
