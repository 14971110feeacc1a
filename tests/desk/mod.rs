//! The ordinary jobs of a supervisor, each with the number of its calls.

mod bulk;
mod lists;
mod words;
