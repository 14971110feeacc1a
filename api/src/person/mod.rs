//! Someone who works in the system: a role, an area, what they can do and when.
//!
//! A grid has exactly one manager at every moment: the database refuses a
//! second, and the only way to change one is [`appoint`], which swaps them.

pub mod appoint;
pub mod availability;
pub mod me;
pub mod model;
pub mod routes;
pub mod store;

pub use availability::Availability;
pub use model::{Gender, Person, Role, Weekday};
