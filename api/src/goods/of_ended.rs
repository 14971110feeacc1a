//! Returns the planned hand-outs of a beneficiary who has ended, and plans them again if the end is
//! taken back.

use gridward_domain::area::AreaCode;
use gridward_domain::goods::{HandoutState, ReturnReason, stock};
use gridward_domain::id::{BeneficiaryId, HandoutId, PersonId};

use super::give_back;
use super::hand_out::event;
use super::handout_store::{self as store, HandoutRow};
use super::visitors;
use crate::beneficiary::EndCause;
use crate::db::DbError;
use crate::tx::Tx;
use crate::tx::row::RowChange;

/// Returns the planned hand-outs of the beneficiary, whose goods have not left the stocks; `actor` is `None` for
/// the system.
///
/// # Errors
/// [`DbError`].
pub fn give_back(
    tx: &mut Tx<'_>,
    actor: Option<PersonId>,
    (district, beneficiary): (AreaCode, BeneficiaryId),
    because: EndCause,
) -> Result<Vec<HandoutId>, DbError> {
    let mut planned = store::all_of_beneficiary(tx.read_unbatched(), district, beneficiary)?;
    planned.retain(|row| row.state == HandoutState::Planned);
    let reason = match because {
        EndCause::Deceased => ReturnReason::Deceased,
        EndCause::MovedAway => ReturnReason::Moved,
        _ => ReturnReason::Other,
    };
    return_planned(tx, actor, &planned, reason)?;
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
    let mut own = store::all_of_beneficiary(tx.read_unbatched(), grid.district(), beneficiary)?;
    own.retain(|row| {
        ids.contains(&row.id) && row.state == HandoutState::Returned && row.person.is_none()
    });
    let again = |row: &HandoutRow| {
        let (state, version) = (HandoutState::Planned, row.version + 1);
        let station = stock::station_for(row.station, &grid);
        HandoutRow { state, reason: None, at: None, grid, station, version, ..row.clone() }
    };
    replace(tx, Some(actor), "handout.plan_again", &own, again)
}

/// Returns planned hand-outs, whose goods have not left the stock; `actor` is `None` for the system.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if one has changed since it was read.
pub(super) fn return_planned(
    tx: &mut Tx<'_>,
    actor: Option<PersonId>,
    planned: &[HandoutRow],
    reason: ReturnReason,
) -> Result<(), DbError> {
    // The years for which the item keeps it begin now.
    let at = Some(tx.now.naive_utc());
    let returned = |row: &HandoutRow| {
        let (state, reason) = (HandoutState::Returned, Some(reason));
        HandoutRow { state, reason, at, version: row.version + 1, ..row.clone() }
    };
    replace(tx, actor, give_back::ACTION, planned, returned)
}

/// Stores hand-outs as `next` has them, each with an event.
fn replace(
    tx: &mut Tx<'_>,
    actor: Option<PersonId>,
    action: &'static str,
    rows: &[HandoutRow],
    next: impl Fn(&HandoutRow) -> HandoutRow,
) -> Result<(), DbError> {
    let next: Vec<HandoutRow> = rows.iter().map(next).collect();
    let changes = || rows.iter().zip(&next);
    let written: Vec<_> = changes().map(|(old, new)| RowChange { old: Some(old), new }).collect();
    store::put_all(tx.write_unbatched(), &written)?;
    let events = changes().map(|(before, row)| {
        (row.beneficiary, event(action, row).by(actor).moved_from(before.grid))
    });
    let events = events.collect();
    visitors::record(tx, events)
}
