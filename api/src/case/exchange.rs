//! The cases of merged beneficiaries: they go to the entry that stays, and back when the merge is undone.

use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId};

use super::CaseKind;
use super::event::event;
use super::kind_store;
use super::store::{self, PlacedCase};
use crate::db::{Conn, DbError};
use crate::tx::Tx;

/// The action of the event of each case.
pub const EXCHANGE: &str = "case.exchange";

/// Gives the cases of one beneficiary, whose grid is `before`, to another, all of them or those of
/// `these`; returns their ids.
///
/// # Errors
/// [`DbError`].
pub fn exchange(
    tx: &mut Tx<'_>,
    by: PersonId,
    (from, before): (BeneficiaryId, AreaCode),
    to: BeneficiaryId,
    these: Option<&[CaseId]>,
) -> Result<Vec<CaseId>, DbError> {
    let district = before.district();
    let ids = store::give(tx.write_unbatched(), district, (from, to), these)?;
    for id in &ids {
        let Some(placed) = store::one(tx.read_unbatched(), district, *id)? else { continue };
        let is_confidential = is_confidential(tx.read_unbatched(), &placed)?;
        let event = event(EXCHANGE, is_confidential, &placed, []).by(by);
        tx.record(if is_confidential { event } else { event.moved_from(before) });
    }
    Ok(ids)
}

/// Whether some roles do not see the case, by its version of the kind or by the current one.
fn is_confidential(conn: &mut Conn, placed: &PlacedCase) -> Result<bool, DbError> {
    let row = &placed.row;
    let own = kind_store::at(conn, row.district, &row.kind, row.kind_version)?;
    let current = kind_store::one(conn, row.district, &row.kind)?;
    Ok([own, current].iter().any(|kind| kind.as_ref().is_none_or(CaseKind::is_confidential)))
}
