//! The refusal of what the state of a plan does not allow. Of a plan that is still being computed it says
//! how to wait.

use crate::http::problem::{FieldError, Problem, ProblemCode};
use crate::plan::model::{Plan, PlanState};

/// What a client does with a plan that is not computed yet.
const COMPUTING: &str = "is still being computed: repeat the request with `Prefer: wait=30`, or follow \
                         the `progress` of the plan, until it is a `draft`";

/// The refusal, with the plan.
pub(in crate::plan) fn refused(plan: &Plan) -> Problem {
    let problem = Problem::from(ProblemCode::PlanState).showing(plan);
    match plan.state {
        PlanState::Computing => problem.with(FieldError::new("id", COMPUTING)),
        _ => problem,
    }
}

/// The plan, if it is computed.
///
/// # Errors
/// 409 while it is computed or waits for it.
pub(in crate::plan) fn computed(plan: Plan) -> Result<Plan, Problem> {
    if plan.state == PlanState::Computing { Err(refused(&plan)) } else { Ok(plan) }
}
