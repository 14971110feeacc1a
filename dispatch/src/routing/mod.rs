//! Who goes where, by number: the search behind [`crate::solve`].
//!
//! [`plan`] turns an [`Instance`] into a [`Solution`]. It is a pure function of
//! the instance, the weights, the seed and the number of iterations; given a
//! clock instead of a number it stops when the clock says so.
//!
//! The chapters, in the order in which a plan comes to be:
//!
//! 1. [`instance`]: what is to be planned. [`travel`]: how long journeys take.
//!    [`weights`]: what a plan costs. [`budget`]: how long to search.
//! 2. `model`: the instance in flat arrays. `timeline`: the arithmetic of hours.
//!    `tour`: one shift's route. `draft`: all of them, and how to undo. `gaps`: where
//!    a visit goes best, remembered.
//! 3. `ruin`, `turn`, `recreate`, `pairs`: the step of the search. `anneal`: many steps.
//!    `pool`: the routes met, put together anew. `search`: all of it.
//! 4. [`solution`]: what comes out, and what it is worth tier by tier.
//!    `replan`: the same from a plan that stands, which `standing` reads in.
//! 5. [`explain`]: why this person, why nobody. [`relief`]: what would change it.
//! 6. [`bound`]: what no plan can go below.
//! 7. [`check`]: the rules, told a second time, to hold any plan against.

mod anneal;
pub mod bound;
pub mod budget;
pub mod check;
mod draft;
pub mod explain;
mod gaps;
mod insertion_order;
pub mod instance;
pub(crate) mod misses;
mod model;
mod pairs;
mod pool;
mod recreate;
pub mod relaxation;
mod replan;
mod rng;
mod ruin;
mod search;
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
pub use explain::{Reasons, explain};
pub use instance::{Instance, InstanceError};
pub use relaxation::Relaxation;
pub use replan::replan;
pub use solution::{Solution, Tiers};
pub use weights::{WeightError, Weights};

/// The best plan that was found within the budget.
///
/// # Errors
/// When the instance makes no sense; see [`InstanceError`]. A visit that nobody
/// can do is no error: it is among the unserved.
pub fn plan(
    instance: &Instance,
    weights: Weights,
    budget: &Budget<'_>,
    seed: u64,
) -> Result<Solution, InstanceError> {
    instance.validate()?;
    let model = model::Model::new(instance, weights);
    let plan = Solution::of(&model, &search::search(&model, None, budget, seed));
    debug_assert_eq!(check(instance, &plan), Ok(()), "a plan keeps the rules");
    Ok(plan)
}
