//! The district's days off and shifted working days of each year, as the State Council announces
//! them.
//!
//! On a day off no person works by the weekly hours; on a shifted working day at a weekend, managers
//! have the hours of a weekday. Dated hours of a person say otherwise for that person.

pub mod days;
pub mod model;
pub mod replace;
pub mod routes;
pub mod store;

pub use days::{DayKind, WorkDays};
