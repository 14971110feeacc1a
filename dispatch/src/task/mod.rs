//! The life of a task: its states, the commands that move it, and the one
//! function [`life::apply`] that holds every rule.

pub mod life;
pub mod state;

pub use life::{Command, Rejection, Transition, apply};
pub use state::{Outcome, Phase, State, Task};
