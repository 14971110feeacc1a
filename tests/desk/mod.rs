//! The ordinary jobs of a supervisor, each with the number of its calls.

mod assigning;
mod bulk;
mod lists;
mod on_behalf;
mod reports;
mod words;
