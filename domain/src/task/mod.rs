//! The life cycle of a task: its states, the commands of people with their function
//! [`apply`], and the automatic commands with [`apply_automatic`]. Nothing else changes the
//! state of a task.

pub mod automatic;
pub mod life;
pub mod overdue;
pub mod rules;
pub mod state;
#[expect(clippy::module_inception, reason = "it holds the type `Task`, as every module its own")]
pub mod task;
pub mod verb;

#[cfg(test)]
mod tests;

pub use automatic::{AutomaticCommand, apply_automatic};
pub use life::{Command, apply};
pub use rules::{Candidate, Rejection, Transition};
pub use state::{Outcome, Phase, State};
pub use task::{Overdue, Task, Terms};
pub use verb::Verb;
