//! Who visits whom.
//!
//! [`plan`] turns a [`Problem`] into a [`Plan`] that says, for every visit, who
//! goes and when, or what stands in the way. It is a pure function: the same
//! problem and options give the same plan, on any number of threads and in
//! whatever order the volunteers and visits are listed.
//!
//! The chapters, in the order in which a plan comes to be:
//!
//! 1. `problem`: what is to be planned, and what makes a problem senseless.
//! 2. `travel`: how long a journey takes. `options`: how to weigh.
//! 3. `split`: the parts that have nothing to do with each other; nearly every
//!    grid is one, and they are solved in parallel.
//! 4. `route`: the timeline of one shift. `team`: the people of a part. `ties`: which
//!    visits belong together.
//! 5. `search`: the part by number, as [`crate::routing`] searches it.
//!    `construct`: what it finds, and whatever still fits.
//!    `spill`: what is left, offered to neighbours.
//! 6. `reason`: why this person, why nobody. `relief`: what would change that. `record`:
//!    what the team has been given, written down.
//! 7. `plan` and `answer`: what comes out. `measure`: how good it is.
//! 8. `check`: the rules of a plan, told a second time and apart from all of
//!    the above, to hold any plan against, whoever drew it up.
//!
//! One part is planned by one thread, so a part pooled over a whole town takes
//! the longer the more people it has.

use rayon::prelude::*;

mod answer;
mod check;
mod construct;
mod measure;
mod options;
mod overflow;
mod plan;
mod problem;
mod reason;
mod record;
mod remedy;
mod search;
mod split;
mod team;
#[cfg(test)]
mod tests;
mod ties;
mod timeline;
mod travel;
mod units;

use gridward_domain::area::Level;
use thiserror::Error;

use crate::routing::InstanceError;

pub use answer::{Alternative, Cost, Reason, Remedy, Verdict, Why};
pub use check::{Violation, check};
pub use options::Options;
pub use plan::{Measures, Plan, Route, Stop, Unserved};
pub use problem::{
    DispatchProblem, DispatchProblemError, Pin, Priority, PriorityError, Shift, Visit, Volunteer,
};
pub use ties::{Pair, Tie};
pub use travel::{DetourError, Mode, Travel};

/// Why a problem has no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// The problem contradicts itself.
    #[error(transparent)]
    Problem(#[from] DispatchProblemError),
    /// A number of the problem, such as a day, is out of the range of the search.
    #[error("a part of the problem cannot be searched: {0}")]
    Instance(#[from] InstanceError),
}

/// Says, for every visit of `problem`, who goes and when, or what stands in the way.
///
/// # Errors
/// When no plan can be drawn up from the problem; see [`ProblemError`]. A visit
/// that nobody can do is no error: it is among the plan's unserved.
pub fn plan(problem: &DispatchProblem, options: &Options) -> Result<Plan, PlanError> {
    problem.validate()?;
    let ties = ties::Ties::of(&problem.ties);
    let parts: Vec<_> = split::split(problem)
        .into_par_iter()
        .map(|part| construct::construct(problem, &ties, &part, options, |_| true))
        .collect::<Result<_, _>>()?;
    let (mut routes, mut unserved) = (Vec::new(), Vec::new());
    for (some_routes, some_unserved) in parts {
        routes.extend(some_routes);
        unserved.extend(some_unserved);
    }
    overflow::overflow(problem, &ties, options, &mut routes, &mut unserved)?;
    routes.sort_unstable_by_key(|route| (route.day, route.volunteer));
    unserved.sort_unstable_by_key(|left| left.visit);
    let wide;
    let problem = match options.reach {
        Level::Grid => problem,
        reach => {
            wide = problem.reaching(reach);
            &wide
        }
    };
    let measures = measure::measure(problem, &routes, &unserved);
    let plan = Plan { routes, unserved, measures };
    debug_assert_eq!(check(problem, &plan), Ok(()), "a plan keeps the rules");
    Ok(plan)
}
