//! The commands to tasks: their arguments, the rows that they read, the rules that refuse them, and the transition that they write.

pub mod actions;
pub mod command;
pub mod edit;
pub mod origin;
pub mod perform;
pub mod read_set;
pub mod refusal;
pub mod release;
pub(super) mod reschedule;
pub mod transition;
pub mod write;
