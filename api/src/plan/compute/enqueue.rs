//! Puts a plan into the queue, after checks of its order.

use std::time::Duration;

use gridward_domain::authority::Principal;
use gridward_domain::id::PlanId;

use super::computed::Request;
use crate::http::problem::{FieldError, Problem, RateLimit};
use crate::plan::drafts::{draft, subjects};
use crate::plan::model::{Plan, PlanOrigin, PlanState};
use crate::plan::request::order::PlanOrder;
use crate::plan::store;
use crate::tx::Tx;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The most plans of a person that wait or are computed: a server computes each for up to a minute.
const MOST_WAITING: u32 = 20;
/// The most plans of a person that are kept without having been applied.
const MOST_KEPT: u32 = 500;

/// Stores the plan `id` of the order, which is to be computed.
///
/// # Errors
/// 403 for volunteers; 422 that names the members of the order; 409 without a necessary confirmation; 429 for a
/// person with too many plans.
pub fn enqueue(
    tx: &mut Tx<'_>,
    principal: &Principal,
    (id, origin): (PlanId, PlanOrigin),
    order: &PlanOrder,
) -> Result<Plan, Problem> {
    order.authorized(principal)?;
    check_number(tx, principal)?;
    let now = tx.now;
    subjects::check(tx.read_unbatched(), order, now)?;
    let order = order.clone();
    let request = Request { id, order, now, by: Some(principal.person) };
    Ok(draft::insert(tx, &request, origin)?)
}

/// Checks that the person may have one more plan: each keeps its order, which may name thousands of tasks.
fn check_number(tx: &mut Tx<'_>, principal: &Principal) -> Result<(), Problem> {
    use PlanState as S;
    let kept = [S::Computing, S::Draft, S::Undone, S::Discarded, S::Failed];
    let waiting = "of your plans wait or are computed: wait for them, or discard some";
    let ended = "of your plans are kept without an effect: discarded ones are deleted after a week, undone \
                 ones after 90 days";
    for (policy, states, most, wait, detail) in [
        ("plans_waiting", &kept[..1], MOST_WAITING, MINUTE, waiting),
        ("plans_kept", &kept[..], MOST_KEPT, DAY, ended),
    ] {
        let (conn, district, me) = (tx.read_unbatched(), principal.district(), principal.person);
        if store::count_of_author(conn, district, me, states)? >= i64::from(most) {
            let limit = RateLimit { policy, quota: most, window: wait, wait };
            let problem = Problem::rate_limited(limit);
            return Err(problem.with(FieldError::new("", format!("{most} {detail}"))));
        }
    }
    Ok(())
}
