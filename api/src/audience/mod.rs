//! Audiences: the beneficiaries whom a filter on their plain fields selects, counted, listed, and
//! saved by name.
//!
//! The filter is a pure value of the domain. Here it becomes a condition of a query, to which the
//! caller's area is always added.

mod answers;
pub mod check;
pub mod condition;
pub mod members;
pub mod model;
pub mod names;
pub mod preview;
mod reading;
pub mod routes;
pub mod save;
pub mod spread;
pub mod store;

pub use model::SavedAudience;
