//! Beneficiaries: veterans, their families and other entitled people.
//!
//! Names, numbers, addresses and hardships are encrypted in the database; lists and details
//! show them masked, and every reveal is recorded.

pub mod contacts;
pub mod model;
pub mod routes;
pub mod store;

pub use model::{Beneficiary, Contact, Mobility};
