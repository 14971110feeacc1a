//! The search behind [`crate::solve`]: plans one part, by number.
//!
//! [`plan`] turns an [`Instance`] into a [`Solution`]. It is a pure function of the instance, the
//! weights, the seed and the number of iterations; with a clock instead of a number, the clock
//! decides when it stops.
//!
//! The modules, in the order in which a plan is computed:
//!
//! 1. [`instance`]: the input. [`travel`]: travel times. [`weights`]: the cost of a plan.
//!    [`budget`]: the length of a search.
//! 2. `model`: the instance prepared for the search. `timeline`: the arithmetic of times.
//!    `misses`: how much an insertion violates them. `tour`: the route of one shift.
//!    `draft`: all routes, with undo. `gaps`: a cache of best positions. `near_shifts`: where a
//!    visit is tried.
//! 3. `ruin`, `insertion_order`, `recreate`, `pairs`: one step of the search. `anneal`: a run of
//!    steps. `pool`: routes found, recombined. `complete`: what still fits at the end. `search`: the
//!    sequence of runs.
//! 4. [`solution`]: the output and its value. `replan`: repair of a previous plan, which
//!    `warm_start` loads.
//! 5. [`explain`]: explanations. `feasibility`: whether a volunteer could make a visit. `shortage`: what
//!    keeps it out of a tour. [`relaxation`]: the least change that serves a visit.
//! 6. [`bound`]: lower bounds.
//! 7. [`check`]: an independent checker of plans.

mod anneal;
pub mod bound;
pub mod budget;
pub mod check;
mod complete;
mod draft;
pub mod explain;
mod feasibility;
mod gaps;
mod hours;
mod insertion;
mod insertion_order;
pub mod instance;
pub(crate) mod misses;
mod model;
mod near_shifts;
mod neighbours;
mod pairs;
mod pool;
mod quota;
mod recreate;
pub mod relaxation;
mod replan;
mod rng;
mod ruin;
mod search;
pub(crate) mod shortage;
pub mod solution;
#[cfg(test)]
mod tests;
pub(crate) mod timeline;
mod tour;
pub mod travel;
mod warm_start;
pub mod weights;

pub use bound::{Bounds, Effort, bounds};
pub use budget::Budget;
pub use check::{Violation, check};
pub use explain::{Detail, Reasons, explain};
pub use instance::{Instance, InstanceError};
pub use relaxation::Relaxation;
pub use replan::replan;
pub use solution::{Solution, Tiers};
pub use weights::{WeightError, Weights};

/// A plan with its explanations and bounds.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The plan.
    pub plan: Solution,
    /// The explanations.
    pub reasons: Reasons,
    /// Lower bounds on the tiers of any plan.
    pub bounds: Bounds,
}

/// As [`plan`], [`explain`] and [`bounds`] one after the other, in less time and memory: the instance
/// is prepared once.
///
/// # Errors
/// As [`plan`].
pub fn answer(
    instance: &Instance,
    weights: Weights,
    budget: &Budget<'_>,
    seed: u64,
    (detail, effort): (Detail, Effort),
) -> Result<Answer, InstanceError> {
    instance.validate()?;
    let model = model::Model::new(instance, weights);
    let draft = search::search(&model, None, budget, seed);
    let plan = Solution::of(&model, &draft);
    debug_assert_eq!(check(instance, &plan), Ok(()), "a plan keeps the rules");
    let bounds = bound::of(&model, &plan, effort);
    Ok(Answer { plan, reasons: explain::reasons(&model, draft, detail), bounds })
}

/// Returns the best plan found within the budget.
///
/// # Errors
/// [`InstanceError`]. An unserved visit is no error.
pub fn plan(
    instance: &Instance,
    weights: Weights,
    budget: &Budget<'_>,
    seed: u64,
) -> Result<Solution, InstanceError> {
    instance.validate()?;
    let model = model::Model::interruptible(instance, weights, budget.interrupt());
    let plan = Solution::of(&model, &search::search(&model, None, budget, seed));
    debug_assert_eq!(check(instance, &plan), Ok(()), "a plan keeps the rules");
    Ok(plan)
}
