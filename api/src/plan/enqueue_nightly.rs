//! Puts the plan of the night into the queue.

use gridward_domain::area::AreaCode;
use gridward_domain::id::PlanId;
use uuid::Uuid;

use super::computed::Request;
use super::draft::{self, Unordered};
use super::model::PlanOrigin;
use super::nightly::PlanMode;
use super::order::PlanOrder;
use super::settings;
use super::store;
use crate::db::DbError;
use crate::tx::Tx;

/// Puts the plan of the night into the queue, if it is due and the night has none; answers the
/// number of new plans.
///
/// # Errors
/// [`DbError`]; [`DbError::Collision`] if another server does it at the same time.
pub fn enqueue_due(tx: &mut Tx<'_>, district: AreaCode) -> Result<usize, DbError> {
    let (settings, _) = settings::read(tx.read_unbatched(), district)?;
    let Some(nightly) = settings.nightly_plan else { return Ok(0) };
    let Some(due) = nightly.due(tx.now) else { return Ok(0) };
    let Some(span) = nightly.span(due.first_day) else { return Ok(0) };
    if store::is_planned(tx.read_unbatched(), district, due.night)? {
        return Ok(0);
    }
    let (id, order) = (PlanId(Uuid::now_v7()), PlanOrder::of(district, span));
    let request = Request { id, order, now: tx.now, by: None };
    let unordered = Unordered {
        origin: PlanOrigin::Nightly,
        is_applied_at_once: nightly.mode == PlanMode::Apply,
        night: Some(due.night),
    };
    draft::insert_unordered(tx, &request, unordered)?;
    Ok(1)
}
