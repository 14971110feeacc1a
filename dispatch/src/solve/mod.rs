//! Plans a district: assigns visits to volunteers and times.
//!
//! [`plan`] turns a [`DispatchProblem`] into a [`Plan`], which gives for every visit the volunteer
//! and the time, or the reason why it is unserved. It is a pure function: the same problem and
//! options give the same plan, on any number of threads and in whatever order the volunteers and
//! visits are listed.
//!
//! The modules, in the order in which a plan is computed:
//!
//! 1. `problem`: the input and its validation. `ties`: groups and pairs of visits. `unfit_pins`: pinned
//!    visits that do not fit, for callers whose pins are promises. `former`: visits that keep what they
//!    had in a former plan. `make_room`: the places of single visits beside them.
//! 2. `travel`: the estimate of travel times. `options`: weights and length of the search.
//! 3. `split`: independent parts; nearly every grid is one, and they are planned in parallel.
//! 4. `search`: a part as an instance of [`crate::routing`], which searches it.
//!    `construct`: the result, and insertion of calls and of visits that still fit.
//!    `overflow`: unserved visits offered to neighbours. `late`: late visits offered to them. `help`: what
//!    both have in common.
//!    `idle`: a visit for volunteers who have had nothing to do for long.
//!    `alike`: visits that are of one kind.
//! 5. `team`: the volunteers of a part. `limit`: the most that one carries. `timeline`: the times of one shift, by the arithmetic
//!    of [`crate::routing`]. `units`: between minutes and seconds.
//! 6. `trial`: a visit at every position of a day. `reason`, `day_reason`, `remedy`: explanations, translated
//!    from [`crate::routing`]. `record`: a team as routes and unserved visits.
//! 7. `plan` and `answer`: the output. `measure`: its quality. `bound`, `bound_load`: how good a plan can be at most.
//! 8. `candidates`: ranks the volunteers for one visit, the rest of a plan unchanged.
//! 9. `check`: an independent checker of plans.
//!
//! One thread plans one part, so the time for a part grows with its size.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::NaiveDate;
use rayon::prelude::*;

mod alike;
mod answer;
mod bound;
mod bound_load;
mod candidates;
mod check;
mod construct;
mod day_reason;
mod evenness;
mod former;
mod help;
mod idle;
mod late;
mod limit;
mod make_room;
mod measure;
mod member;
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
mod trial;
mod unfit_pins;
mod units;

use gridward_domain::area::Level;
use gridward_domain::id::{PersonId, TaskId};
use thiserror::Error;

use crate::interrupt::{Interrupt, Interrupted};
use crate::routing::InstanceError;

pub use answer::{Alternative, Cost, DayReason, Reason, Remedy, Verdict, Why};
pub use bound::{Bounds, bounds, bounds_in};
pub use candidates::{Candidate, Hindrance, candidates};
pub use check::{Violation, check};
pub use evenness::gini;
pub use former::keep_former;
pub use make_room::make_room;
pub use measure::measures_in;
pub use options::Options;
pub use plan::{Measures, Plan, Route, Stop, Unserved};
pub use problem::{
    DispatchProblem, DispatchProblemError, Lending, Pin, Shift, Visit, Volunteer, WeekOffer,
};
pub use ties::{Pair, Tie};
pub use travel::Mode;
pub use unfit_pins::block_unfit_pins;

/// Why a problem has no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// The problem contradicts itself.
    #[error(transparent)]
    Problem(#[from] DispatchProblemError),
    /// A number of the problem, such as a day, is out of the range of the search.
    #[error("a part of the problem cannot be searched: {0}")]
    Instance(#[from] InstanceError),
    /// The observer ended the computation.
    #[error("the computation was cancelled")]
    Cancelled,
}

impl From<Interrupted> for PlanError {
    fn from(_: Interrupted) -> Self {
        Self::Cancelled
    }
}

/// Follows a computation, and may end it.
pub trait Observer: Sync {
    /// Called whenever a part has been planned: `done` of `total`.
    fn advanced(&self, done: usize, total: usize);

    /// Asked very often, also while a part is planned, on any thread: [`ControlFlow::Break`] ends the
    /// computation at once. It is not asked again afterwards.
    fn proceed(&self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Follows nothing.
impl Observer for () {
    fn advanced(&self, _: usize, _: usize) {}
}

impl<O: Observer + Send> Observer for Arc<O> {
    fn advanced(&self, done: usize, total: usize) {
        self.as_ref().advanced(done, total);
    }

    fn proceed(&self) -> ControlFlow<()> {
        self.as_ref().proceed()
    }
}

/// What all parts of a computation have in common, besides their problem.
#[derive(Clone, Copy)]
struct Context<'c> {
    ties: &'c ties::Ties,
    /// As in [`DispatchProblem`].
    former: &'c HashMap<TaskId, (PersonId, NaiveDate)>,
    options: &'c Options,
    interrupt: &'c Interrupt<'c>,
}

/// Plans `problem`: gives for every visit the volunteer and the time, or why it is unserved.
///
/// # Errors
/// [`PlanError`]. An unserved visit is no error.
pub fn plan(problem: &DispatchProblem, options: &Options) -> Result<Plan, PlanError> {
    plan_observed(problem, options, &())
}

/// As [`plan`], with an observer; what it observes does not change the plan.
///
/// # Errors
/// As [`plan`], and [`PlanError::Cancelled`].
pub fn plan_observed(
    problem: &DispatchProblem,
    options: &Options,
    observer: &impl Observer,
) -> Result<Plan, PlanError> {
    problem.validate()?;
    let is_cancelled = || observer.proceed().is_break();
    let interrupt = Interrupt::when(&is_cancelled);
    let ties = ties::Ties::of(&problem.ties);
    let parts = split::split(problem);
    let (done, total) = (AtomicUsize::new(0), parts.len());
    let context = Context { ties: &ties, former: &problem.former, options, interrupt: &interrupt };
    let planned = |part: split::Part<'_>| {
        let planned = construct::construct(&part, context, |_| true)?;
        observer.advanced(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        Ok(planned)
    };
    let parts: Vec<_> = parts.into_par_iter().map(planned).collect::<Result<_, PlanError>>()?;
    let (mut routes, mut left, mut unserved) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        routes.extend(part.routes);
        left.extend(part.left);
        unserved.extend(part.unserved);
    }
    if options.reach < Level::Grid {
        unserved = overflow::overflow(problem, context, &mut routes, left)?;
    }
    unserved.sort_unstable_by_key(|left| left.visit);
    let wide;
    let problem = match options.reach {
        Level::Grid => problem,
        reach => {
            wide = problem.reaching(reach);
            &wide
        }
    };
    if options.alternatives {
        day_reason::give(problem, context, &mut routes)?;
    }
    routes.sort_unstable_by_key(|route| (route.day, route.volunteer));
    let measures = measure::measure(problem, &routes, &unserved);
    interrupt.check()?;
    let plan = Plan { routes, unserved, measures };
    debug_assert_eq!(check(problem, &plan), Ok(()), "a plan keeps the rules");
    Ok(plan)
}
