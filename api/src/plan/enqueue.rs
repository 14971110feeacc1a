//! Puts a plan into the queue, after checks of its order.

use gridward_domain::authority::Principal;
use gridward_domain::id::PlanId;

use super::computed::Request;
use super::model::Plan;
use super::order::PlanOrder;
use super::{draft, subjects};
use crate::http::problem::Problem;
use crate::tx::Tx;

/// Stores the plan `id` of the order, which is to be computed.
///
/// # Errors
/// 403 for volunteers; 422 that names the member of the order; 409 without a necessary confirmation.
pub fn enqueue(
    tx: &mut Tx<'_>,
    principal: &Principal,
    id: PlanId,
    order: &PlanOrder,
) -> Result<Plan, Problem> {
    order.authorized(principal)?;
    order.check(tx.now)?;
    let now = tx.now;
    subjects::check(tx.read_unbatched(), order, now)?;
    let order = order.clone();
    let request = Request { id, order, now, by: Some(principal.person) };
    Ok(draft::insert(tx, &request)?)
}
