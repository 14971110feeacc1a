//! The life cycle of a task: its states, its commands, and the function [`life::apply`]
//! with every rule.

pub mod life;
pub mod overdue;
pub mod state;
#[expect(clippy::module_inception, reason = "it holds the type `Task`, as every module its own")]
pub mod task;
pub mod verb;

#[cfg(test)]
mod tests;

pub use life::{Agent, Command, Rejection, Transition, apply};
pub use state::{Outcome, Phase, State};
pub use task::{Overdue, Task, Terms};
pub use verb::Verb;
