//! Returns the planned hand-outs of a beneficiary who has ended, and plans them again if the end is
//! taken back.

use diesel::prelude::*;
use gridward_domain::area::AreaCode;
use gridward_domain::goods::{HandoutState, ReturnReason};
use gridward_domain::id::{BeneficiaryId, HandoutId, PersonId};
use serde_json::json;

use super::handout_store::{self as store, HandoutRow};
use crate::beneficiary::EndCause;
use crate::db::DbError;
use crate::db::schema::handouts;
use crate::log::{Event, Subject};
use crate::tx::Tx;

/// Returns the planned hand-outs of the beneficiary, whose goods have not left the stocks.
///
/// # Errors
/// [`DbError`].
pub fn give_back(
    tx: &mut Tx<'_>,
    actor: PersonId,
    (district, beneficiary): (AreaCode, BeneficiaryId),
    because: EndCause,
) -> Result<Vec<HandoutId>, DbError> {
    let planned: Vec<HandoutRow> = handouts::table
        .filter(handouts::district.eq(district))
        .filter(handouts::beneficiary.eq(beneficiary))
        .filter(handouts::state.eq(HandoutState::Planned))
        .order(handouts::id)
        .select(HandoutRow::as_select())
        .load(tx.read_unbatched())?;
    let reason = match because {
        EndCause::Deceased => ReturnReason::Deceased,
        EndCause::MovedAway => ReturnReason::Moved,
        _ => ReturnReason::Other,
    };
    for row in &planned {
        let (state, reason) = (HandoutState::Returned, Some(reason));
        let next = HandoutRow { state, reason, version: row.version + 1, ..row.clone() };
        replace(tx, actor, "handout.return", (row, &next))?;
    }
    Ok(planned.into_iter().map(|row| row.id).collect())
}

/// Plans those of these hand-outs again that no person has decided on since, at the home of the
/// beneficiary.
///
/// # Errors
/// [`DbError`].
pub fn plan_again(
    tx: &mut Tx<'_>,
    actor: PersonId,
    (grid, beneficiary): (AreaCode, BeneficiaryId),
    ids: &[HandoutId],
) -> Result<(), DbError> {
    let returned: Vec<HandoutRow> = handouts::table
        .filter(handouts::district.eq(grid.district()))
        .filter(handouts::beneficiary.eq(beneficiary))
        .filter(handouts::id.eq_any(ids))
        .filter(handouts::state.eq(HandoutState::Returned))
        .filter(handouts::person.is_null())
        .order(handouts::id)
        .select(HandoutRow::as_select())
        .load(tx.read_unbatched())?;
    for row in returned {
        let (state, version) = (HandoutState::Planned, row.version + 1);
        let next = HandoutRow { state, reason: None, grid, version, ..row.clone() };
        replace(tx, actor, "handout.plan_again", (&row, &next))?;
    }
    Ok(())
}

/// Stores the hand-out as it is now, with an event.
fn replace(
    tx: &mut Tx<'_>,
    actor: PersonId,
    action: &'static str,
    (before, row): (&HandoutRow, &HandoutRow),
) -> Result<(), DbError> {
    store::put(tx.write_unbatched(), Some(before), row)?;
    let event = Event::new(action, Subject::Handout, row.id, row.grid, row.version);
    let body = json!({
        "item": row.item, "occasion": row.occasion, "beneficiary": row.beneficiary, "reason": row.reason
    });
    tx.record(event.by(actor).moved_from(before.grid).with(body));
    Ok(())
}
