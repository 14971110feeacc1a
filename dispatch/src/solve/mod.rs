//! Who visits whom: the problem, how to weigh it, and the plan.

mod options;
mod plan;
mod problem;
mod travel;

pub use options::Options;
pub use plan::{Measures, Plan, Reason, Route, Stop, Unserved, Why};
pub use problem::{Pin, Priority, PriorityError, Problem, ProblemError, Shift, Visit, Volunteer};
pub use travel::{DetourError, Mode, Travel};
