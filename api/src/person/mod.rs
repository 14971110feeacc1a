//! Someone who works in the system: a role, an area, what they can do and when.
//!
//! A grid has exactly one manager at every moment: the database refuses a
//! second, and the only way to change one is [`appoint`] which swaps them.

pub mod model;

pub use model::{Gender, Role, Weekday};
