//! Simulates the visits of a district over weeks, under several ways to assign them.
//!
//! [`simulate`] lets tasks arise by the rules of the district, lets people accept, decline and fall
//! ill and beneficiaries be away, and measures what one [`Policy`] makes of it. The crate reads no
//! clock, file or socket; every random decision is a hash of the seed, of who or what it is about
//! and of the day. So all policies meet the same demand and the same luck.
//!
//! - [`district`]: what is simulated. [`demand`]: the tasks of a day. [`need`]: needs of households
//!   that are unknown at first.
//! - [`people`]: what people do, each with a stated probability. [`luck`]: the random decisions.
//! - [`policy`]: the ways to assign tasks. `diary` and `route`: whose visits are on which day.
//! - `state`, `day`: the district in the course of a simulation, and the steps of one day.
//! - [`measures`], [`run`]: the result. [`table`], [`plot`]: how it is shown.

mod day;
pub mod demand;
mod diary;
pub mod district;
pub mod luck;
pub mod measures;
pub mod need;
pub mod people;
pub mod plot;
pub mod policy;
mod route;
pub mod run;
mod state;
pub mod table;
#[cfg(test)]
mod tests;

pub use district::{Beneficiary, District, Person, Segment};
pub use measures::{Measures, Outcome, Week};
pub use people::Habits;
pub use policy::Policy;
pub use run::{Scenario, simulate};
