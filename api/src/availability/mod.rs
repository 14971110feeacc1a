//! When people work: weekly hours, days with other hours, absences, and whether they are on duty.
//!
//! A plan gives work only to people who are there: [`calendar`] decides the hours of a day. An
//! absence names the visits that it affects: a started visit stays, the others stay assigned or
//! are opened, as the command says. Nothing counts how long somebody was on duty.

pub mod absences;
pub mod affected;
pub mod calendar;
pub mod edit;
pub mod model;
mod person_ref;
pub mod record;
pub mod routes;
pub mod span;
pub mod store;

pub use model::{Duty, PersonAvailability};
