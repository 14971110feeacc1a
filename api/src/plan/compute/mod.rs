//! The queue of orders, and their computation on the threads of the planner.

pub(super) mod computation;
pub mod computed;
pub(super) mod dry;
pub mod dry_result;
pub mod enqueue;
pub(super) mod moving;
pub mod planner;
pub mod progress_stream;
pub mod queue;
pub mod run;
pub mod run_error;
pub(super) mod solver_problem;
pub(super) mod solving;
pub mod thread_pool;
