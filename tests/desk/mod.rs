//! The ordinary jobs of a supervisor, each with the number of its calls.

mod amendments;
mod assigning;
mod bulk;
mod findings;
mod lists;
mod on_behalf;
pub mod reports;
mod words;
