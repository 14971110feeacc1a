//! When people work: weekly hours, days with other hours, absences, and whether they are on duty.
//!
//! A plan gives work only to people who are there: [`calendar`] decides the hours of a day. The server
//! does not count how long a person was on duty.

pub mod calendar;
pub mod duty;
pub mod edit;
pub mod model;
pub mod person_ref;
pub mod routes;
pub mod span;
pub mod store;

pub use model::{Duty, PersonAvailability};
