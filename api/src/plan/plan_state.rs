//! The refusal of what the state of a plan does not allow. Of a plan that is still being computed it says
//! how to wait.

use gridward_domain::area::AreaRange;
use gridward_domain::id::PlanId;

use super::model::{Plan, PlanState};
use super::store;
use crate::db::Conn;
use crate::http::problem::{FieldError, Problem, ProblemCode};

/// What a client does with a plan that is not computed yet.
const COMPUTING: &str = "is still being computed: read the plan with `Prefer: wait=30`, or follow its \
                         `progress`, until it is a `draft`";

/// The refusal, with the plan.
pub(super) fn refused(plan: &Plan) -> Problem {
    let problem = Problem::from(ProblemCode::PlanState).showing(plan);
    match plan.state {
        PlanState::Computing => problem.with(FieldError::new("id", COMPUTING)),
        _ => problem,
    }
}

/// The plan in the scope, if it is computed.
///
/// # Errors
/// 404; 409 while it is computed or waits for it; [`DbError`](crate::db::DbError).
pub fn computed(conn: &mut Conn, scope: &AreaRange, id: PlanId) -> Result<Plan, Problem> {
    let plan = store::one(conn, scope, id)?.ok_or_else(Problem::not_found)?;
    if plan.state == PlanState::Computing { Err(refused(&plan)) } else { Ok(plan) }
}
