//! The cases of merged beneficiaries: they go to the entry that stays, and back when the merge is undone.

use gridward_domain::area::AreaCode;
use gridward_domain::id::{BeneficiaryId, CaseId, PersonId};

use super::event::event;
use super::{kind_store, store};
use crate::db::DbError;
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
        let is_confidential =
            kind_store::of_case(tx.read_unbatched(), &placed.row)?.is_confidential();
        let event = event(EXCHANGE, is_confidential, &placed, []).by(by);
        tx.record(if is_confidential { event } else { event.moved_from(before) });
    }
    Ok(ids)
}
